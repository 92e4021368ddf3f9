"""The figures of the benchmark: runs over many seeds added up to figures a day, and what the bounds say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import median

from .polling_crossings import Crossing
from .polling_runs import ADAPTIVE, OPTIMAL, PREDICTED, REFERENCE, Run

ENOUGH = 200  # crossings that a percentile should rest on
LATE = {False: 180.0, True: 720.0}  # s from a crossing, undisturbed and disturbed, from which a command counts as late


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from crossing to command of one class; None where nothing crossed."""

    count: int
    p50: float | None
    p95: float | None
    late: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a policy comes to under one weather and age, a day where it can be: kelvin-minutes, hours, counts."""

    policy: str
    weather: str
    age: int
    days: int
    calls: float
    calls_by_purpose: Mapping[str, float]
    ticks: float
    discomfort: float
    discomfort_later: float  # from the second day on, when there is something to have learned from
    starts: float
    hours_inside: float
    hours_outside: float
    commands: float
    lost: float
    resent: float
    needless: float
    undisturbed: Delays
    disturbed: Delays
    crossing_days: int
    seconds_a_day: float
    cpu_seconds_a_day: float


def figures_of(runs: Sequence[Run], more: Sequence[Run] = ()) -> Figures:
    """The figures of the runs of one policy, weather and age; of the runs in `more` only the crossings are taken."""
    task, days = runs[0].task, sum(run.task.days for run in runs)
    crossed = [crossing for run in (*runs, *more) for crossing in run.crossings]
    purposes = {purpose: sum(run.calls[purpose] for run in runs) / days for purpose in runs[0].calls}
    return Figures(
        policy=task.policy,
        weather=task.weather,
        age=task.age,
        days=days,
        calls=sum(purposes.values()),
        calls_by_purpose=purposes,
        ticks=sum(run.ticks for run in runs) / days,
        discomfort=sum(run.discomfort for run in runs) / days,
        discomfort_later=sum(run.discomfort - run.discomfort_of_first_day for run in runs) / days,
        starts=sum(run.starts for run in runs) / days,
        hours_inside=sum(run.heated_inside for run in runs) / days / 3600,
        hours_outside=sum(run.heated_outside for run in runs) / days / 3600,
        commands=sum(run.commands for run in runs) / days,
        lost=sum(run.lost for run in runs) / days,
        resent=sum(run.resent for run in runs) / days,
        needless=sum(run.needless for run in runs) / days,
        undisturbed=_delays(crossed, disturbed=False),
        disturbed=_delays(crossed, disturbed=True),
        crossing_days=sum(run.task.days for run in (*runs, *more)),
        seconds_a_day=median(run.seconds / run.task.days for run in runs),
        cpu_seconds_a_day=median(run.cpu_seconds / run.task.days for run in runs),
    )


def _delays(crossed: Iterable[Crossing], *, disturbed: bool) -> Delays:
    mine = [crossing for crossing in crossed if crossing.disturbed is disturbed]
    delays = sorted(crossing.delay for crossing in mine)
    late = sum(delay > LATE[disturbed] for delay in delays)
    unanswered = sum(not crossing.answered for crossing in mine)
    return Delays(len(mine), percentile(delays, 0.5), percentile(delays, 0.95), late, unanswered)


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest of the ordered figures that is not below `share` of them."""
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None


@dataclass(frozen=True, slots=True)
class Bound:
    """One line of what should hold: what was measured, the most it may be, and a word where few cases stand behind it.

    `measured` is None where nothing was measured.
    """

    name: str
    most: float
    measured: float | None
    unit: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """Held or missed, in words."""
        if self.measured is None:
            return "not measured"
        return ("held" if self.measured <= self.most else "MISSED") + (f" ({self.note})" if self.note else "")


Results = Mapping[tuple[str, str, int], Figures]
"""Figures by policy, weather and age."""

FRESH = 60  # s, the usual age of the cloud's copy
ALLOWED_WHEN_OLD = 1.15  # the shares with an older copy may be so many times the bound


def bounds_of(results: Results, weather: str, age: int) -> list[Bound]:
    """The bounds under one weather and age, as far as their policies were run."""
    adaptive = results.get((ADAPTIVE, weather, age))
    predicted, optimal = results.get((PREDICTED, weather, age)), results.get((OPTIMAL, weather, age))
    shares = _share_bounds(results, weather, age)
    if age > FRESH:
        found = [replace(bound, most=bound.most * ALLOWED_WHEN_OLD) for bound in _compared(shares, results, weather)]
        wasted = [(figures.policy, figures.needless) for figures in (predicted, optimal) if figures]
        return found + [Bound(f"{policy}: needless re-sends a day", 0.1, needless) for policy, needless in wasted]
    starts = [
        Bound(f"{figures.policy}: starts a day, above adaptive's", 3, figures.starts - adaptive.starts)
        for figures in (predicted, optimal)
        if figures and adaptive
    ]
    delays = _delay_bounds(predicted, (3, 12)) + _delay_bounds(optimal, (10, 14))
    return shares + starts + delays + _cost(adaptive)


def _share_bounds(results: Results, weather: str, age: int) -> list[Bound]:
    adaptive, reference = results.get((ADAPTIVE, weather, age)), results.get((REFERENCE, weather, age))
    predicted, optimal = results.get((PREDICTED, weather, age)), results.get((OPTIMAL, weather, age))
    found: list[Bound] = []
    for figures, calls, discomfort in ((predicted, 1 / 12, 1.02), (optimal, 1 / 7, 1 / 14)):
        if figures is None or adaptive is None:
            continue
        name, shares = figures.policy, "share of adaptive's"
        found.append(Bound(f"{name}: calls a day, {shares}", calls, ratio(figures.calls, adaptive.calls)))
        share = ratio(figures.discomfort, adaptive.discomfort)
        found.append(Bound(f"{name}: discomfort, {shares}", discomfort, share))
        if figures is optimal and reference is not None:
            times = ratio(optimal.hours_outside, reference.hours_outside)
            words = f"{name}: heating outside windows, times {REFERENCE}'s"
            found.append(Bound(words, 1.15, times))
    return found


def _compared(shares: Sequence[Bound], results: Results, weather: str) -> list[Bound]:
    """The shares with an old copy, each with a note of how it stands to the same share with a fresh one."""
    fresh = {bound.name: bound.measured for bound in _share_bounds(results, weather, FRESH)}
    found = []
    for bound in shares:
        before = fresh.get(bound.name)
        note = f"{bound.measured / before:.2f} times that with a fresh copy" if before and bound.measured else ""
        found.append(replace(bound, note=note))
    return found


def _delay_bounds(figures: Figures | None, minutes: tuple[float, float]) -> list[Bound]:
    if figures is None:
        return []
    found = []
    for name, delays, most in zip(
        ("undisturbed", "disturbed"), (figures.undisturbed, figures.disturbed), minutes, strict=True
    ):
        note = f"on {delays.count} crossings" + (f", fewer than {ENOUGH}" if delays.count < ENOUGH else "")
        measured = None if delays.p95 is None else delays.p95 / 60
        found.append(Bound(f"{figures.policy}: crossing to command, 95 %, {name}", most, measured, "min", note))
    return found


def _cost(figures: Figures | None) -> list[Bound]:
    if figures is None:
        return []
    note = f"{figures.cpu_seconds_a_day:.2f} s of it processor time"
    return [Bound(f"a simulated day of {figures.ticks:.0f} ticks, wall time", 0.3, figures.seconds_a_day, "s", note)]


def ratio(figure: float, base: float) -> float | None:
    """How many times the base; None where the base is nothing."""
    return figure / base if base else None
