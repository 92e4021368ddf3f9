"""Values and pure functions, in the order of a tick; see `docs/` and `memory-bank/systemPatterns.md`."""
