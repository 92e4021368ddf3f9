"""Trouble that lasts: what counts as such (`rules`), how an alert lives (`lifecycle`), and both applied (`service`)."""
