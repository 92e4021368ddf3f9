"""The table that `make bench` prints: a figure a row, its bound, and the ratio of the two."""

from __future__ import annotations

from dataclasses import dataclass

HEADER = f"{'figure':<50}{'bound':>10}{'measured':>12}{'ratio to bound':>16}"


@dataclass(frozen=True)
class Figure:
    """One line of the table; `bound` is the most it may be, in `unit`; None for a figure that explains another.

    With `least`, it is the least that it may be.
    """

    name: str
    bound: float | None
    measured: float
    unit: str = ""
    least: bool = False


def line(figure: Figure) -> str:
    """A row of the table, with words where the bound is missed."""
    unit = f" {figure.unit}".rstrip()
    measured = f"{figure.measured:.2f}{unit}" if figure.unit else f"{figure.measured:.0f}"
    if figure.bound is None:
        return f"{figure.name:<50}{'':>10}{measured:>12}"
    missed = "  over the bound" if figure.measured > figure.bound else ""
    if figure.least:
        missed = "  under the bound" if figure.measured < figure.bound else ""
    ratio = f"{figure.measured / figure.bound:.2f}"
    return f"{figure.name:<50}{f'{figure.bound:g}{unit}':>10}{measured:>12}{ratio:>16}{missed}"
