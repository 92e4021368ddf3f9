"""What the history says of a stretch of time: means weighted by how long each value held, running times, counts.

Instants and lengths are whole milliseconds since 1970, in UTC: a year of records is half a million of them. A value
holds from its record until the next one of the zone. Where that comes later than the record had announced, the value
holds as long as was announced, and what follows is a gap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, pairwise
from typing import NamedTuple

from .record import Aircon, Fate, Outcome, Record

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
TOLERANCE = 2 * MINUTE  # a tick may come this much later than announced before it counts as a gap

COOLING_MODES, FAN_MODE, HEATING_MODE = (2, 3), 4, 5


class Doing(StrEnum):
    """What an air conditioner is assumed to do; drying is a kind of cooling."""

    HEAT = "heat"
    COOL = "cool"
    FAN = "fan"
    OFF = "off"


ACTIVE = (Doing.HEAT, Doing.COOL)


class Mark(StrEnum):
    """What a record is pointed out for."""

    COMMAND = "command"
    FAILED = "failed"  # a command that did not go through, or may not have
    ERROR = "error"  # a look that brought no reading


def doing(aircon: Aircon, season: str) -> Doing | None:
    """What an air conditioner does; on auto, and where only its power is known, what the season asks for."""
    if aircon.power is None:
        return None
    if not aircon.power:
        return Doing.OFF
    if aircon.mode == FAN_MODE:
        return Doing.FAN
    if aircon.mode == HEATING_MODE:
        return Doing.HEAT
    if aircon.mode in COOLING_MODES:
        return Doing.COOL
    return Doing.COOL if season == "summer" else Doing.HEAT


def mark_of(record: Record) -> Mark | None:
    """What a record is pointed out for; None for one in which nothing was sent and nothing went wrong."""
    if record.action is not None:
        return Mark.COMMAND if record.action.fate is Fate.DONE else Mark.FAILED
    return Mark.ERROR if record.trouble is not None or record.verdict.outcome is Outcome.INVALID_SETTINGS else None


class Sample(NamedTuple):
    """A record as the history counts it: tenths of a degree, percent. `holds` is how long it announced to stand.

    Temperature and humidity are None where the last look brought no reading: what was known before is not measured.
    """

    at: int
    holds: int
    temperature: int | None = None
    humidity: int | None = None
    low: int | None = None
    high: int | None = None
    slack: int | None = None
    doing: str | None = None
    mark: str | None = None
    calls: int = 0


@dataclass(slots=True)
class Totals:
    """What a stretch of time adds up to. Sums are value times milliseconds, so that parts add up exactly.

    `band_ms` is the time in which temperature and comfort band were both known; the band kept is the last one in force.
    """

    covered_ms: int = 0
    temperature_sum: int = 0
    temperature_ms: int = 0
    temperature_min: int | None = None
    temperature_max: int | None = None
    humidity_sum: int = 0
    humidity_ms: int = 0
    humidity_min: int | None = None
    humidity_max: int | None = None
    band_ms: int = 0
    in_band_ms: int = 0
    heating_ms: int = 0
    cooling_ms: int = 0
    fan_ms: int = 0
    starts: int = 0
    calls: int = 0
    commands: int = 0
    errors: int = 0
    low: int | None = None
    high: int | None = None
    slack: int | None = None

    def hold(self, sample: Sample, length: int) -> None:
        """Add a sample that holds for `length`."""
        self.covered_ms += length
        value, damp = sample.temperature, sample.humidity
        if value is not None:
            self.temperature_sum += value * length
            self.temperature_ms += length
            self.temperature_min, self.temperature_max = _widened(self.temperature_min, self.temperature_max, value)
        if damp is not None:
            self.humidity_sum += damp * length
            self.humidity_ms += length
            self.humidity_min, self.humidity_max = _widened(self.humidity_min, self.humidity_max, damp)
        if sample.low is not None and sample.high is not None:
            self.low, self.high, self.slack = sample.low, sample.high, sample.slack
            if value is not None:
                self.band_ms += length
                self.in_band_ms += length if sample.low <= value <= sample.high else 0
        if sample.doing == Doing.HEAT:
            self.heating_ms += length
        elif sample.doing == Doing.COOL:
            self.cooling_ms += length
        elif sample.doing == Doing.FAN:
            self.fan_ms += length

    def count(self, sample: Sample, before: Sample | None) -> None:
        """Add what happened at a sample; `before` is the zone's sample before it."""
        self.calls += sample.calls
        self.commands += sample.mark in (Mark.COMMAND, Mark.FAILED)
        self.errors += sample.mark in (Mark.FAILED, Mark.ERROR)
        self.starts += sample.doing in ACTIVE and before is not None and before.doing not in ACTIVE

    def add(self, later: Totals) -> None:
        """Add a part that comes after everything added so far."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(later, name))
        for low, high in EXTREMES:
            for end in (getattr(later, low), getattr(later, high)):
                if end is not None:
                    least, most = _widened(getattr(self, low), getattr(self, high), end)
                    setattr(self, low, least)
                    setattr(self, high, most)
        if later.low is not None:
            self.low, self.high, self.slack = later.low, later.high, later.slack

    @property
    def silent(self) -> bool:
        """Whether nothing is known of this time."""
        return not (self.covered_ms or self.calls or self.commands or self.errors)


EXTREMES = (("temperature_min", "temperature_max"), ("humidity_min", "humidity_max"))
SUMS = tuple(
    name
    for name in Totals.__slots__
    if name not in ("low", "high", "slack") and not any(name in extreme for extreme in EXTREMES)
)


def _widened(low: int | None, high: int | None, value: int) -> tuple[int, int]:
    return value if low is None or value < low else low, value if high is None or value > high else high


def held_until(sample: Sample, following: Sample | None, now: int) -> int:
    """Until when a sample's values hold, at most until `now`."""
    promised = sample.at + sample.holds
    following_at = now if following is None else following.at
    return min(now, following_at if following_at <= promised + TOLERANCE else promised)


def fold(samples: Iterable[Sample], size: int, start: int, end: int, now: int) -> dict[int, Totals]:
    """Totals by the start of each stretch of `size` in which something is known.

    `samples` are a zone's, oldest first: the last one before `start`, those up to `end`, the first one after it. `end`
    is at most `now`.
    """
    found: defaultdict[int, Totals] = defaultdict(Totals)
    before: Sample | None = None
    for sample, following in pairwise(chain(samples, (None,))):
        assert sample is not None
        if start <= sample.at < end:
            found[sample.at - sample.at % size].count(sample, before)
        before = sample
        begins, until = max(sample.at, start), min(held_until(sample, following, now), end)
        while begins < until:
            bucket = begins - begins % size
            upto = min(until, bucket + size)
            found[bucket].hold(sample, upto - begins)
            begins = upto
    return dict(found)


def summed(parts: Iterable[Totals]) -> Totals:
    """Parts, oldest first, as one."""
    total = Totals()
    for part in parts:
        total.add(part)
    return total


def regrouped(parts: Mapping[int, Totals], borders: Sequence[int]) -> dict[int, Totals]:
    """Parts by their starts, gathered between borders; a part lies between two of them. What is silent is left out."""
    found: dict[int, Totals] = {}
    place = 0
    for begins in sorted(parts):
        while place + 1 < len(borders) and borders[place + 1] <= begins:
            place += 1
        if place + 1 >= len(borders):
            break
        if begins >= borders[place]:
            found.setdefault(borders[place], Totals()).add(parts[begins])
    return found


class Stretch(NamedTuple):
    """A time in which the air conditioner did one thing. `active_ms` of it, where a chart's steps are coarser."""

    start: int
    end: int
    doing: Doing
    active_ms: int


def stretches(samples: Iterable[Sample], start: int, end: int, now: int) -> list[Stretch]:
    """When the air conditioner ran, from samples (as for `fold`); what touches is joined."""
    found: list[Stretch] = []
    for sample, following in pairwise(chain(samples, (None,))):
        assert sample is not None
        begins, until = max(sample.at, start), min(held_until(sample, following, now), end)
        if sample.doing in (None, Doing.OFF) or begins >= until:
            continue
        found.append(Stretch(begins, until, Doing(sample.doing), until - begins))
    return list(_touching(found))


def stretches_of(rows: Sequence[tuple[int, int, Totals | None]]) -> list[Stretch]:
    """When the air conditioner ran, from totals with their starts and ends, oldest first."""
    found: list[Stretch] = []
    for name, what in (("heating_ms", Doing.HEAT), ("cooling_ms", Doing.COOL), ("fan_ms", Doing.FAN)):
        ran = [(begins, ends, getattr(totals, name)) for begins, ends, totals in rows if totals is not None]
        found += _touching(Stretch(begins, ends, what, active) for begins, ends, active in ran if active)
    return sorted(found)


def _touching(parts: Iterable[Stretch]) -> Iterator[Stretch]:
    """Neighbours that touch and are equally full, joined."""
    last: Stretch | None = None
    for part in parts:
        if last is not None and last.end == part.start and last.doing is part.doing and _full(last) == _full(part):
            last = Stretch(last.start, part.end, part.doing, last.active_ms + part.active_ms)
            continue
        if last is not None:
            yield last
        last = part
    if last is not None:
        yield last


def _full(part: Stretch) -> int:
    """How full of running a stretch is, in tenths: enough for a shade."""
    return round(10 * part.active_ms / (part.end - part.start))
