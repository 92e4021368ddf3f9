"""Linear least squares in plain Python: a few dozen unknowns, a few thousand rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

Matrix = list[list[float]]


class Solution(NamedTuple):
    """The unknowns, the standard error of each, and what each row leaves."""

    values: tuple[float, ...]
    errors: tuple[float, ...]
    left: tuple[float, ...]


def solve(
    rows: Sequence[Sequence[float]], wanted: Sequence[float], weights: Sequence[float], stiffness: Matrix, spread: float
) -> Solution:
    """The values whose products with `rows` come nearest to `wanted`.

    `spread` is the standard deviation of what a row of weight 1 leaves. `stiffness` is what is believed beforehand: the
    inverse squares of how far each unknown may be off. Raises ZeroDivisionError where the rows do not tell two unknowns
    apart.
    """
    size = len(stiffness)
    square: Matrix = [[spread**2 * value for value in line] for line in stiffness]
    side = [0.0] * size
    for row, want, weight in zip(rows, wanted, weights, strict=True):
        for at, value in enumerate(row):
            if value and weight:
                line, weighed = square[at], weight * value
                for other in range(at, size):
                    line[other] += weighed * row[other]
                side[at] += weighed * want
    for at in range(size):
        for other in range(at):
            square[at][other] = square[other][at]
    inverse = _inverted(square)
    values = tuple(dot(line, side) for line in inverse)
    errors = tuple(spread * sqrt(max(0.0, inverse[at][at])) for at in range(size))
    return Solution(values, errors, tuple(want - dot(row, values) for row, want in zip(rows, wanted, strict=True)))


def dot(row: Sequence[float], values: Sequence[float]) -> float:
    """The sum of products."""
    return sum(one * other for one, other in zip(row, values, strict=True))


def _inverted(square: Matrix) -> Matrix:
    """The inverse, by elimination with the greatest pivot."""
    size = len(square)
    work = [[*row, *(1.0 if at == place else 0.0 for at in range(size))] for place, row in enumerate(square)]
    for at in range(size):
        best = max(range(at, size), key=lambda place: abs(work[place][at]))
        work[at], work[best] = work[best], work[at]
        pivot = work[at][at]
        if abs(pivot) < 1e-12:
            raise ZeroDivisionError
        work[at] = [value / pivot for value in work[at]]
        for place in range(size):
            factor = work[place][at]
            if place != at and factor:
                line = work[at]
                work[place] = [value - factor * own for value, own in zip(work[place], line, strict=True)]
    return [row[size:] for row in work]
