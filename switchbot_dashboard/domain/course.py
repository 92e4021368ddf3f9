"""A course of readings, made even: means of ten minutes, and what each hour comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

CELL = 600  # s
HOUR, DAY = 3600, 86_400  # s
CELLS = HOUR // CELL
EVERY = 3  # cells between the starts of two hours
LONGEST_GAP = 65 * 60  # s between two readings that a line may join
WHOLE = 0.99  # the share of a cell that readings must cover


class Point(NamedTuple):
    """A reading: epoch seconds and °C; what ran from then on (1 heats, -1 cools, 0 neither), outdoor °C where known."""

    at: float
    celsius: float
    drive: int
    outdoor: float | None = None


class Cell(NamedTuple):
    """Ten minutes from `number * CELL` on: mean °C, the shares of heating and cooling, mean outdoor °C."""

    number: int
    celsius: float
    heats: float
    cools: float
    outdoor: float | None


class Stretch(NamedTuple):
    """From the middle of the cell `at` over `hours`: the change in K/h, the means, and by how much more runs at its end
    than at its start.
    """

    at: int
    hours: float
    rise: float
    celsius: float
    heats: float
    cools: float
    outdoor: float | None
    more_heat: float
    more_cold: float

    @property
    def middle(self) -> float:
        """Its middle in epoch seconds."""
        return (self.at + 0.5) * CELL + self.hours * HOUR / 2


def cells_of(course: Sequence[Point]) -> list[Cell]:
    """The ten minutes that the course covers; between two readings the temperature moves along a line."""
    sums: dict[int, list[float]] = {}
    for point, following in pairwise(course):
        if not 0 < following.at - point.at <= LONGEST_GAP:
            continue
        begins, slope = point.at, (following.celsius - point.celsius) / (following.at - point.at)
        while begins < following.at:
            number = int(begins // CELL)
            ends = min(following.at, (number + 1) * CELL)
            length, middle = ends - begins, (begins + ends) / 2
            cell = sums.setdefault(number, [0.0] * 6)
            cell[0] += length
            cell[1] += length * (point.celsius + slope * (middle - point.at))
            cell[2] += length * (point.drive > 0)
            cell[3] += length * (point.drive < 0)
            if point.outdoor is not None:
                cell[4] += length * point.outdoor
                cell[5] += length
            begins = ends
    return [_mean(number, sums[number]) for number in sorted(sums) if sums[number][0] >= WHOLE * CELL]


def _mean(number: int, cell: Sequence[float]) -> Cell:
    length, celsius, heats, cools, outdoor, told = cell
    outside = outdoor / told if told >= length / 2 else None
    return Cell(number, celsius / length, heats / length, cools / length, outside)


def hours_of(cells: Sequence[Cell]) -> Iterator[Stretch]:
    """Every half hour the hour that starts there, where no cell of it is missing."""
    by_number = {cell.number: cell for cell in cells}
    for first in (cell for cell in cells if cell.number % EVERY == 0):
        if (hour := stretch_of(by_number, first.number, CELLS)) is not None:
            yield hour


def stretch_of(by_number: Mapping[int, Cell], first: int, length: int) -> Stretch | None:
    """From the middle of a cell over `length` cells; None where one is missing."""
    found = [cell for number in range(first, first + length + 1) if (cell := by_number.get(number)) is not None]
    if len(found) <= length:
        return None
    outside = [cell.outdoor for cell in found if cell.outdoor is not None]
    hours = length * CELL / HOUR
    return Stretch(
        first,
        hours,
        (found[-1].celsius - found[0].celsius) / hours,
        _mean_of([cell.celsius for cell in found]),
        _mean_of([cell.heats for cell in found]),
        _mean_of([cell.cools for cell in found]),
        _mean_of(outside) if len(outside) == len(found) else None,
        found[-1].heats - found[0].heats,
        found[-1].cools - found[0].cools,
    )


def _mean_of(values: Sequence[float]) -> float:
    """The mean from the middle of the first cell to the middle of the last."""
    return (sum(values) - (values[0] + values[-1]) / 2) / (len(values) - 1)
