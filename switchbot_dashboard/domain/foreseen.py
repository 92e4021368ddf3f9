"""What is foreseen, as values: wakes in runs, windows, and the calls that they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import merge

from .record import Mode, Pace
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
class Forecast:
    """What is to come from `start`, included, to `end`, excluded. `runs` are in the order of their first wakes.

    `quota_at_reset` is how many of the day's calls are left when the count begins anew, commands' reserve included.
    """

    start: datetime
    end: datetime
    runs: tuple[Run, ...]
    windows: tuple[Planned, ...]
    limit: int
    used: int
    resets_at: datetime
    quota_at_reset: int

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
