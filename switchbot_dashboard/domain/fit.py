"""How a home holds its warmth: fitted to a course of readings, and used to look an hour ahead. Pure arithmetic.

The home is taken for one room: dT/dt = (outdoors - T)/time constant + what runs + what else pulls (sun, people).
Integrated over an hour that is linear in all that is sought, with the readings' own integral in it, so least squares
find it at once. Hours in which something else happened (a window stood open, a command was lost) weigh less and are
left out in the end. The meter's delay enters as the change of what runs. Without an outdoor meter an equivalent outdoor
temperature takes its place, which moves slowly and swings with the hour of the day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, cos, pi, sin, sqrt
from statistics import fmean, median
from typing import NamedTuple

from .course import CELL, CELLS, DAY, EVERY, Cell, Point, Stretch, cells_of, hours_of, stretch_of
from .least_squares import Matrix, Solution, dot, solve
from .sentence import Sentence, say

LEAST_DAYS = 5
LEAST_RUNNING = 3  # h
WAYS = ("heats", "cools")
LATEST = 0.25  # h: readings that follow later are not believed
KNOT = DAY  # s between two values of the equivalent outdoor temperature
SWAY = 0.1  # K/h: how far its pull may move from one knot to the next
SWING_KNOWN, SWING_HIDDEN = 0.05, 0.3  # K/h: how far the pull swings over the day beside, and with, the weather
LOOSE = 3.0  # K/h, 1/h: an unknown of which nothing is believed beforehand
GENTLE, ROUNDS = 6, 10  # rounds in which strays weigh less, and in all
STRAY = 3.5  # standard deviations: hours beyond are left out in the last rounds
SLOWEST, FASTEST = 1 / 400, 1 / 2  # 1/h: beyond these a time constant says nothing
VAGUE = 0.5  # a time constant with a larger share of error is not told
MOSTLY = 0.7  # the share of a spell's hours that must fit
USUAL = 1 / 40  # 1/h: what is taken where the course does not tell
CERTAIN = 1e-6  # 1/h
OVERLAP = sqrt(CELLS / EVERY)  # hours that overlap tell less than their number
HALF_HOUR = 1800  # s: habits are kept by half hours of the day
HABIT_DAYS = 3  # days of a habit that weigh as much as having none


class Estimate(NamedTuple):
    """A figure, and its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class HouseFit:
    """A home as fitted. `time_constant` in h; `heating` and `cooling` in K/h, None where that never ran for long.

    `certain` is false where the course does not tell the time constant, and a usual one stands in its place. `delay` is
    how late the readings follow what runs, in h. `pull` is the rest of what moves the room, in K/h: its mean, and
    cosine and sine by the hour of the (UTC) day; with `outdoor_known` false the outdoor air is in it. `habits` are what
    each half hour of the day brings beside that, in K/h; `carry` is the share of what the model cannot explain in half
    an hour that goes on in the next hour. `rmse` is how far a look one hour ahead was off in these days (K),
    `persistence` how far "it stays as it is" was.
    """

    time_constant: Estimate
    heating: Estimate | None
    cooling: Estimate | None
    delay: float
    pull: tuple[float, float, float]
    outdoor_known: bool
    certain: bool
    days: float = 0.0
    habits: tuple[float, ...] = ()
    carry: float = 0.0
    rmse: float = 0.0
    persistence: float = 0.0

    def drive(self, stretch: Stretch) -> float:
        """What runs, in K/h; cooling is negative."""
        late = self.delay / stretch.hours
        heats = self.heating.value * (stretch.heats - late * stretch.more_heat) if self.heating else 0.0
        return heats - (self.cooling.value * (stretch.cools - late * stretch.more_cold) if self.cooling else 0.0)

    def rise(self, stretch: Stretch) -> float:
        """What a stretch should bring in K/h, by the model and the habits."""
        outside = (stretch.outdoor or 0.0) if self.outdoor_known else 0.0
        loss = (stretch.celsius - outside) / self.time_constant.value
        pull = dot(self.pull, (1.0, *_swing(stretch.middle)))
        return self.drive(stretch) - loss + pull + (self.habits[_half_hour(stretch)] if self.habits else 0.0)


@dataclass(frozen=True, slots=True)
class Lack:
    """Why there is no fit: what is missing, in a sentence."""

    sentence: Sentence


class Misses(NamedTuple):
    """How far looks one hour ahead were off, root mean square in K: the fit's, and those of "it stays as it is"."""

    rmse: float
    persistence: float
    looks: int


def fit(course: Sequence[Point]) -> HouseFit | Lack:
    """The home behind a course of readings, oldest first, or what is missing to tell."""
    cells = cells_of(course)
    days = len(cells) * CELL / DAY
    if days < LEAST_DAYS - 0.1:  # a missed hour or two does no harm
        words = (
            "To learn how this home holds its warmth takes readings of {need} days; there are {have} so far. "
            "Days still missing: {rest}."
        )
        return Lack(say(words, need=LEAST_DAYS, have=f"{days:.1f}", rest=max(1, ceil(LEAST_DAYS - days))))
    known = fmean(cell.outdoor is not None for cell in cells) > 0.9
    hours = [hour for hour in hours_of(cells) if hour.outdoor is not None or not known]
    house = _modelled(hours, known)
    house = replace(house, days=days, habits=_habits(house, hours))
    house = replace(house, carry=_carry(house, cells))
    missed = misses(house, cells)
    return replace(house, rmse=missed.rmse, persistence=missed.persistence)


def ahead(house: HouseFit, past: Stretch, now: Cell, heats: float, cools: float = 0.0) -> float:
    """The temperature in °C one hour after `now`, with these shares of running; `past` is the half hour up to `now`."""
    more = (heats - now.heats, cools - now.cools)
    hour = Stretch(now.number, 1.0, 0.0, now.celsius, heats, cools, now.outdoor, *more)
    goes_on = house.carry * (past.rise - house.rise(past))
    return now.celsius + (house.rise(hour) + goes_on) / (1 + 0.5 / house.time_constant.value)


def misses(house: HouseFit, cells: Sequence[Cell]) -> Misses:
    """How well the fit looks one hour ahead over a course, told what runs and no more."""
    by_number = {cell.number: cell for cell in cells}
    squares: list[tuple[float, float]] = []
    for past, hour in _neighbours(by_number):
        now, then = by_number[hour.at], by_number[hour.at + CELLS]
        guess = ahead(house, past, now, hour.heats, hour.cools)
        squares.append(((then.celsius - guess) ** 2, (then.celsius - now.celsius) ** 2))
    if not squares:
        return Misses(0.0, 0.0, 0)
    by_fit, by_standing = (sqrt(fmean(each)) for each in zip(*squares, strict=True))
    return Misses(by_fit, by_standing, len(squares))


def _neighbours(by_number: Mapping[int, Cell]) -> Iterator[tuple[Stretch, Stretch]]:
    """Each hour with the half hour before it."""
    for hour in hours_of(list(by_number.values())):
        if (past := stretch_of(by_number, hour.at - EVERY, EVERY)) is not None:
            yield past, hour


def _modelled(hours: Sequence[Stretch], known: bool) -> HouseFit:
    """The model's parameters; where its rate cannot be told, those that go with a usual one."""
    ways = tuple(sum(getattr(hour, way) for hour in hours) * EVERY / CELLS >= LEAST_RUNNING for way in WAYS)
    try:
        house = _solved(hours, known, ways, (0.0, LOOSE))
    except (ZeroDivisionError, OverflowError):
        house = None
    return house or replace(_solved(hours, known, ways, (USUAL, CERTAIN)) or _plain(known), certain=False)


def _plain(known: bool) -> HouseFit:
    return HouseFit(Estimate(1 / USUAL, 1 / USUAL), None, None, 0.0, (0.0, 0.0, 0.0), known, False)


def _solved(
    hours: Sequence[Stretch], known: bool, ways: tuple[bool, ...], rate: tuple[float, float]
) -> HouseFit | None:
    """The parameters, where `rate` (1/h) is believed beforehand to be so and so, give or take; None without sense."""
    start, end = hours[0].at, hours[-1].at
    knots = 1 if known else max(2, round((end - start) * CELL / KNOT) + 1)
    runs = [way for way, ran in zip(WAYS, ways, strict=True) if ran]

    def row(hour: Stretch) -> list[float]:
        outside = (hour.outdoor or 0.0) if known else 0.0
        running = [(1 if way == "heats" else -1) * getattr(hour, way) for way in runs]
        later = [hour.more_cold - hour.more_heat] * bool(runs)
        slow = _tents((hour.at - start) / max(1, end - start), knots)
        return [outside - hour.celsius, *running, *later, *_swing(hour.middle), *slow]

    rows, first = [row(hour) for hour in hours], 1 + len(runs) + bool(runs)
    belief = _belief(first, knots, SWING_KNOWN if known else SWING_HIDDEN)
    belief[0][0] = rate[1] ** -2
    rises = [hour.rise - rate[0] * line[0] for hour, line in zip(hours, rows, strict=True)]
    found = _robust(rows, rises, belief, _spells(hours))
    speed, error = rate[0] + found.values[0], OVERLAP * found.errors[0]
    if not SLOWEST <= speed <= FASTEST or error > VAGUE * speed:
        return None
    errors = [OVERLAP * each for each in found.errors]
    told = dict(zip(runs, map(Estimate, found.values[1:], errors[1:]), strict=False))
    drives = [each.value for each in told.values()]
    if any(each <= 0 for each in drives):
        return None
    delay = min(LATEST, max(0.0, found.values[first - 1] / fmean(drives))) if drives else 0.0
    pull = (fmean(found.values[-knots:]), found.values[first], found.values[first + 1])
    return HouseFit(
        Estimate(1 / speed, error / speed**2), told.get("heats"), told.get("cools"), delay, pull, known, True
    )


def _robust(rows: Sequence[Sequence[float]], rises: Sequence[float], belief: Matrix, spells: Sequence[int]) -> Solution:
    """The solution that most of the hours agree on. `spells` number the times in which the same is taken to run: one
    with too many strays is left out whole, since what is taken to run was not what ran.
    """
    weights, spread = [1.0] * len(rows), 0.1
    for turn in range(ROUNDS):
        found = solve(rows, rises, weights, belief, spread)
        sizes = [abs(left) for left in found.left]
        spread = max(0.01, 1.4826 * median(sizes))
        if turn < GENTLE:
            weights = [1.0 / max(1.0, size / spread) for size in sizes]
            continue
        fits = [size <= STRAY * spread for size in sizes]
        shares: defaultdict[int, list[bool]] = defaultdict(list)
        for spell, fitting in zip(spells, fits, strict=True):
            shares[spell].append(fitting)
        weights = [
            float(fitting and fmean(shares[spell]) > MOSTLY) for spell, fitting in zip(spells, fits, strict=True)
        ]
    return found


def _spells(hours: Sequence[Stretch]) -> list[int]:
    """The spell in which each hour ends: a new one begins with each change of what is taken to run."""
    spells, spell = [], 0
    for before, hour in pairwise([hours[0], *hours]):
        changes = hour.more_heat or hour.more_cold or (hour.heats, hour.cools) != (before.heats, before.cools)
        spell += bool(changes)
        spells.append(spell)
    return spells


def _belief(first: int, knots: int, swing: float) -> Matrix:
    """What is believed beforehand: a pull that swings a little over the day, and moves slowly from day to day."""
    size = first + 2 + knots
    belief = [[0.0] * size for _ in range(size)]
    for at in range(size):
        belief[at][at] = (swing if first <= at < first + 2 else LOOSE) ** -2
    for at in range(first + 2, size - 1):
        for one, other, sign in ((at, at, 1), (at + 1, at + 1, 1), (at, at + 1, -1), (at + 1, at, -1)):
            belief[one][other] += sign * SWAY**-2
    return belief


def _habits(house: HouseFit, hours: Sequence[Stretch]) -> tuple[float, ...]:
    """What each half hour of the day brought beside the model, in K/h; shy of what few days showed."""
    left: defaultdict[int, list[float]] = defaultdict(list)
    for hour in hours:
        left[_half_hour(hour)].append(hour.rise - house.rise(hour))
    return tuple(sum(left[slot]) / (len(left[slot]) + HABIT_DAYS) for slot in range(DAY // HALF_HOUR))


def _carry(house: HouseFit, cells: Sequence[Cell]) -> float:
    """The share of what is not explained in half an hour that goes on in the next hour, by least squares."""
    pairs = [
        (past.rise - house.rise(past), hour.rise - house.rise(hour))
        for past, hour in _neighbours({cell.number: cell for cell in cells})
    ]
    size = sum(before * before for before, _ in pairs)
    return min(1.0, max(0.0, sum(before * after for before, after in pairs) / size)) if size else 0.0


def _half_hour(stretch: Stretch) -> int:
    return int(stretch.middle % DAY // HALF_HOUR)


def _swing(at: float) -> tuple[float, float]:
    """Cosine and sine of the hour of the day."""
    angle = 2 * pi * (at % DAY) / DAY
    return cos(angle), sin(angle)


def _tents(share: float, knots: int) -> list[float]:
    """Weights of the knots around a place from 0 to 1."""
    if knots == 1:
        return [1.0]
    place = min(max(share, 0.0), 1.0) * (knots - 1)
    left = min(int(place), knots - 2)
    weights = [0.0] * knots
    weights[left], weights[left + 1] = 1.0 - (place - left), place - left
    return weights
