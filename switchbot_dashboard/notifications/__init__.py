"""What people are told, on its way: the outbox, and the ways by which it reaches them."""
