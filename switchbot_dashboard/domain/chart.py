"""How a stretch of the history is drawn: how fine, where its steps begin, and what each column says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import chain, pairwise
from zoneinfo import ZoneInfo

from .history import DAY, HOUR, MINUTE, SECOND, Sample, Stretch, Totals, held_until, stretches, stretches_of
from .windows import instant

ENOUGH_POINTS = 1500  # a chart shows no more on the widest screen
MOST_POINTS = 50_000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Value = float | int | None


class Granularity(StrEnum):
    """How fine; the names are part of the contract."""

    RAW = "raw"
    MINUTE = "minute"
    FIVE_MINUTES = "5min"
    QUARTER = "15min"
    HOUR = "hour"
    DAY = "day"


STEPS: Mapping[Granularity, int] = {
    Granularity.MINUTE: MINUTE,
    Granularity.FIVE_MINUTES: 5 * MINUTE,
    Granularity.QUARTER: 15 * MINUTE,
    Granularity.HOUR: HOUR,
    Granularity.DAY: DAY,
}


def _mean(total: int, length: int, scale: int, digits: int) -> float | None:
    return round(total / length / scale, digits) if length else None


def _tenths(value: int | None) -> float | None:
    return None if value is None else value / 10


def _beyond(value: int | None, slack: int | None) -> float | None:
    return None if value is None else (value + (slack or 0)) / 10


def _time(length: int, covered: int) -> float | None:
    """Seconds; unknown where nothing is known of the time."""
    return round(length / SECOND, 1) if covered else None


METRICS: Mapping[str, Callable[[Totals], Value]] = {
    "temperature": lambda of: _mean(of.temperature_sum, of.temperature_ms, 10, 2),
    "temperature_min": lambda of: _tenths(of.temperature_min),
    "temperature_max": lambda of: _tenths(of.temperature_max),
    "humidity": lambda of: _mean(of.humidity_sum, of.humidity_ms, 1, 1),
    "humidity_min": lambda of: of.humidity_min,
    "humidity_max": lambda of: of.humidity_max,
    "low": lambda of: _tenths(of.low),
    "high": lambda of: _tenths(of.high),
    "cold": lambda of: _beyond(of.low, None if of.slack is None else -of.slack),
    "warm": lambda of: _beyond(of.high, of.slack),
    "in_band": lambda of: _time(of.in_band_ms, of.band_ms),
    "heating": lambda of: _time(of.heating_ms, of.covered_ms),
    "cooling": lambda of: _time(of.cooling_ms, of.covered_ms),
    "fan": lambda of: _time(of.fan_ms, of.covered_ms),
    "covered": lambda of: round(of.covered_ms / SECOND, 1),
    "starts": lambda of: of.starts,
    "calls": lambda of: of.calls,
    "commands": lambda of: of.commands,
    "errors": lambda of: of.errors,
}
"""What can be drawn. Degrees and percent as they are read; times in seconds. `low` and `high` are the comfort band,
`cold` and `warm` the thresholds beyond it at which something is switched."""

USUAL = ("temperature", "humidity", "low", "high", "cold", "warm")
SPREAD = ("temperature_min", "temperature_max")


def usual_metrics(granularity: Granularity) -> tuple[str, ...]:
    """What is drawn when nothing is asked for: where a point stands for many readings, also how far they reach."""
    return USUAL if granularity is Granularity.RAW else USUAL + SPREAD


@dataclass(frozen=True, slots=True)
class Series:
    """Columns to draw: `times` in epoch seconds, and as many values in each column; None is a gap.

    A value stands for the time from its own to the next.
    """

    granularity: Granularity
    times: Sequence[float]
    columns: Mapping[str, Sequence[Value]]
    running: Sequence[Stretch]


def chosen(start: int, end: int, raw: int | None) -> Granularity:
    """The finest that a chart can show; `raw` counts the records of the range, None where some are gone."""
    if raw is not None and raw <= ENOUGH_POINTS:
        return Granularity.RAW
    steps = {step: size for step, size in STEPS.items() if step is not Granularity.MINUTE or raw is not None}
    return next((step for step, size in steps.items() if (end - start) / size <= ENOUGH_POINTS), Granularity.DAY)


def that_fits(start: int, end: int) -> Granularity:
    """The finest that can be asked for over a range."""
    return next(step for step, size in STEPS.items() if (end - start) / size <= MOST_POINTS)


def borders(granularity: Granularity, start: int, end: int, tz: ZoneInfo) -> list[int]:
    """Where the steps of a range begin, and where the last one ends. Days begin at midnight in the home's zone."""
    if granularity is not Granularity.DAY:
        size = STEPS[granularity]
        first, last = start - start % size, -(-end // size) * size
        return list(range(first, last + 1, size))
    day, found = at(start).astimezone(tz).date(), list[int]()
    while not found or found[-1] < end:
        found.append(ms(instant(day, time(0), tz, last=False)))
        day += timedelta(days=1)
    return found


def split_hours(edges: Iterable[int]) -> list[int]:
    """The hours within which a day begins: zones whose offset is no whole hour."""
    return [edge - edge % HOUR for edge in edges if edge % HOUR]


def raw_series(samples: Sequence[Sample], start: int, end: int, now: int, metrics: Sequence[str]) -> Series:
    """A point for each sample (as for `fold`), an empty one where a gap begins."""
    rows: list[tuple[int, Totals | None]] = []
    before: Sample | None = None
    for sample, following in pairwise(chain(samples, (None,))):
        assert sample is not None
        begins, until = max(sample.at, start), min(held_until(sample, following, now), end)
        own = start <= sample.at < end
        if own or begins < until:
            rows.append((begins, _alone(sample, before if own else None, max(0, until - begins), own=own)))
            gap = max(until, begins + SECOND)
            if gap < min(end, now if following is None else following.at):
                rows.append((gap, None))
        before = sample
    return _series(Granularity.RAW, rows, metrics, stretches(samples, start, end, now))


def _alone(sample: Sample, before: Sample | None, length: int, *, own: bool) -> Totals:
    """One sample as totals; a sample from before the range only holds, and one of no length still says its values."""
    totals = Totals()
    totals.hold(sample, length or 1)
    if not length:
        totals.heating_ms = totals.cooling_ms = totals.fan_ms = totals.in_band_ms = totals.covered_ms = 0
    if own:
        totals.count(sample, before)
    return totals


def step_series(
    granularity: Granularity, parts: Mapping[int, Totals], edges: Sequence[int], metrics: Sequence[str]
) -> Series:
    """A point for each step between the first and the last in which something is known."""
    known = [(begins, ends) for begins, ends in pairwise(edges) if begins in parts]
    if not known:
        return _series(granularity, [], metrics, [])
    first, last = known[0][0], known[-1][1]
    rows = [(begins, ends, parts.get(begins)) for begins, ends in pairwise(edges) if first <= begins < last]
    return _series(granularity, [(begins, totals) for begins, _, totals in rows], metrics, stretches_of(rows))


def _series(
    granularity: Granularity,
    rows: Sequence[tuple[int, Totals | None]],
    metrics: Sequence[str],
    running: Sequence[Stretch],
) -> Series:
    told = [(begins, None if totals is None or totals.silent else totals) for begins, totals in rows]
    columns = {name: _column(METRICS[name], told) for name in metrics}
    return Series(granularity, [epoch_seconds(begins) for begins, _ in told], columns, running)


def _column(value: Callable[[Totals], Value], rows: Iterable[tuple[int, Totals | None]]) -> list[Value]:
    return [None if totals is None else value(totals) for _, totals in rows]


def epoch_seconds(instant_ms: int) -> float:
    """Seconds since 1970; whole where they are."""
    whole, rest = divmod(instant_ms, SECOND)
    return instant_ms / SECOND if rest else whole


def ms(moment: datetime) -> int:
    """An instant as milliseconds since 1970, rounded down."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def at(instant_ms: int) -> datetime:
    """Milliseconds since 1970 as an instant in UTC."""
    return EPOCH + timedelta(milliseconds=instant_ms)
