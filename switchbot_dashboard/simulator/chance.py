"""Chance that can be repeated: the same seed, the same question and the same instant draw the same lot."""

from __future__ import annotations

from hashlib import blake2b
from math import sqrt


def lot(*question: object) -> float:
    """A number from 0 (included) to 1 (excluded), spread evenly over all questions."""
    return int.from_bytes(_digest(question)) / 2**64


def noise(sigma: float, *question: object) -> float:
    """An error around 0 with standard deviation `sigma`, never beyond 3.5 times that."""
    digest = _digest(question)
    evens = sum(int.from_bytes(digest[at : at + 2]) for at in (0, 2, 4, 6)) / 2**16
    return (evens - 2.0) * sqrt(3.0) * sigma  # a sum of four even lots is close to a bell


def _digest(question: tuple[object, ...]) -> bytes:
    return blake2b(repr(question).encode(), digest_size=8).digest()
