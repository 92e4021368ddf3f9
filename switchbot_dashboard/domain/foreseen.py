"""What is foreseen, as values: wakes in runs, windows, and the calls that they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import merge

from .demand import HOUR as SECONDS
from .record import Mode, Pace, Turn
from .sentence import Sentence

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Expected:
    """One coming wake: `mode` and `pace` are those that its tick will choose, `reason` says why it comes then."""

    at: datetime
    zone: str
    mode: Mode
    pace: Pace
    reason: Sentence
    calls: int


@dataclass(frozen=True, slots=True)
class Run:
    """Wakes of one zone at equal distances, alike in everything; `calls` is what each of them costs."""

    zone: str
    first: datetime
    count: int
    every: timedelta
    mode: Mode
    pace: Pace
    reason: Sentence
    calls: int

    @property
    def last(self) -> datetime:
        """The last wake of the run."""
        return self.first + self.every * (self.count - 1)

    def before(self, instant: datetime) -> int:
        """How many of its wakes come before an instant."""
        if self.count == 1 or instant <= self.first:
            return int(instant > self.first)
        return min(self.count, -((self.first - instant) // self.every))

    def wakes(self) -> Iterator[Expected]:
        """Each wake by itself."""
        for nth in range(self.count):
            at = self.first + self.every * nth
            yield Expected(at, self.zone, self.mode, self.pace, self.reason, self.calls)


def joined(runs: Iterable[Run]) -> Iterator[Run]:
    """The same wakes in fewer runs: those of a zone that follow each other at one distance, and alike, are one."""
    open_runs: dict[str, Run] = {}
    for run in runs:
        before = open_runs.get(run.zone)
        longer = _longer(before, run) if before is not None else None
        if before is not None and longer is None:
            yield before
        open_runs[run.zone] = longer or run
    yield from open_runs.values()


def _longer(before: Run, run: Run) -> Run | None:
    gap = run.first - before.last
    if replace(before, first=run.first, count=run.count, every=run.every) != run:
        return None
    if (before.count > 1 and before.every != gap) or (run.count > 1 and run.every != gap):
        return None
    return replace(before, count=before.count + run.count, every=gap)


@dataclass(frozen=True, slots=True)
class Planned:
    """A window of a zone; None where it opened, or closes, more than two weeks away. `warmup_from` where it has one."""

    zone: str
    opens_at: datetime | None
    closes_at: datetime | None
    warmup_from: datetime | None


@dataclass(frozen=True, slots=True)
class ExpectedCrossing:
    """A threshold (tenths) that is expected to be reached at `at`, whereupon the thermostat orders `turn`.

    Nine times in ten it is reached from `earliest` to `latest`; `latest` is None where that may be after the window.
    """

    zone: str
    at: datetime
    earliest: datetime
    latest: datetime | None
    threshold: int
    turn: Turn
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to come from `start`, included, to `end`, excluded. `runs` are in the order of their first wakes.

    `quota_at_reset` is how many of the day's calls are left when the count begins anew, commands' reserve included.
    `crossings` are expected where enough is learned, in order of time.
    """

    start: datetime
    end: datetime
    runs: tuple[Run, ...]
    windows: tuple[Planned, ...]
    limit: int
    used: int
    resets_at: datetime
    quota_at_reset: int
    crossings: tuple[ExpectedCrossing, ...] = ()

    @property
    def wakes_total(self) -> int:
        """How many wakes there are."""
        return sum(run.count for run in self.runs)

    @property
    def calls_total(self) -> int:
        """How many calls they cost."""
        return sum(run.count * run.calls for run in self.runs)

    def wakes(self, until: datetime | None = None) -> Iterator[Expected]:
        """Every wake (up to `until`, excluded), in order of time."""
        for wake in merge(*(run.wakes() for run in self.runs), key=lambda wake: wake.at):
            if until is not None and wake.at >= until:
                return
            yield wake

    def calls_between(self, start: datetime, end: datetime) -> int:
        """The calls from `start`, included, to `end`, excluded."""
        return sum((run.before(end) - run.before(start)) * run.calls for run in self.runs)

    def calls_by_hour(self) -> tuple[tuple[datetime, int], ...]:
        """The calls of each full hour of UTC that the forecast touches, by the hour's beginning."""
        first = self.start.replace(minute=0, second=0, microsecond=0)
        hours = [first + HOUR * nth for nth in range(-((first - self.end) // HOUR))]
        return tuple((hour, self.calls_between(hour, hour + HOUR)) for hour in hours)


class Ledger:
    """The calls made and foreseen, by epoch hour. A run under way counts as far as it has come.

    `by_hour` are those of the last 24 hours at `now`; where only the day's count is known, `used` says it.
    """

    def __init__(self, by_hour: Mapping[int, int], used: int, now: datetime) -> None:
        self._hours = dict(by_hour)
        self._under_way: dict[str, tuple[Run, datetime]] = {}  # and up to when it is counted
        hour, part = _hour(now)
        if hour - 24 in self._hours:  # only what is not yet a day old is told; counted on as if the hour were whole
            self._hours[hour - 24] = round(self._hours[hour - 24] / max(1 - part, 0.02))
        self._hours[hour] = self._hours.get(hour, 0) + max(0, used - self.used(now))

    def add(self, now: datetime, calls: int) -> None:
        """Calls made at an instant."""
        hour, _part = _hour(now)
        self._hours[hour] = self._hours.get(hour, 0) + calls

    def begin(self, run: Run) -> None:
        """A zone's run is under way."""
        self._under_way[run.zone] = (run, run.first)

    def end(self, zone: str) -> None:
        """A zone's run is over."""
        known = self._under_way.pop(zone, None)
        if known is not None:
            self._count(*known, known[0].last + timedelta(milliseconds=1))

    def used(self, now: datetime) -> int:
        """The calls of the UTC day."""
        self._go_on(now)
        first = _hour(now)[0] // 24 * 24
        return sum(count for hour, count in self._hours.items() if hour >= first)

    def spent(self, now: datetime) -> dict[int, int]:
        """Those of the last 24 hours, each hour's as evenly spread."""
        self._go_on(now)
        hour, part = _hour(now)
        self._hours = {each: count for each, count in self._hours.items() if each >= hour - 24}
        spent = dict(self._hours)
        if hour - 24 in spent:
            spent[hour - 24] = round(spent[hour - 24] * (1 - part))
        return spent

    def _go_on(self, now: datetime) -> None:
        for zone, (run, since) in self._under_way.items():
            if since < now:
                self._count(run, since, now)
                self._under_way[zone] = (run, now)

    def _count(self, run: Run, since: datetime, until: datetime) -> None:
        """The calls of a run between two instants, hour by hour."""
        while since < until:
            ends = min(since.replace(minute=0, second=0, microsecond=0) + HOUR, until)
            self.add(since, (run.before(ends) - run.before(since)) * run.calls)
            since = ends


def _hour(now: datetime) -> tuple[int, float]:
    """The epoch hour, and how much of it is over."""
    hour, seconds = divmod(now.timestamp(), SECONDS)
    return int(hour), seconds / SECONDS
