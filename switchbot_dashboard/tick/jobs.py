"""Jobs beside the tick: what they are called, when they run and what they do. `docs/jobs.md` shows how to add one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from ..domain.sentence import Sentence, say

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ANCHOR = datetime(2000, 1, 1, tzinfo=UTC)  # intervals are counted from here, so a job placed anew keeps its rhythm


def failed(why: Sentence | str) -> Sentence:
    """The outcome of a run that did not come to its end."""
    return say("failed: {why}", why=why)


@dataclass(frozen=True, slots=True)
class JobTime:
    """A weekly time on the home's clock; `day` is `mon` to `sun`, or `*` for every day. No `hour` means every one.

    `every_minutes`, where it is not 0, stands instead of day, hour and minute.
    """

    enabled: bool
    day: str = "*"
    hour: int | None = None
    minute: int = 0
    every_minutes: int = 0

    def trigger(self, zone: tzinfo) -> BaseTrigger:
        """The trigger that APScheduler runs by."""
        if self.every_minutes:
            return IntervalTrigger(minutes=self.every_minutes, start_date=ANCHOR, timezone=UTC)
        hour = "*" if self.hour is None else self.hour
        return CronTrigger(day_of_week=self.day, hour=hour, minute=self.minute, timezone=zone)


class Weekly(Protocol):
    """A weekly time as the settings have it."""

    @property
    def enabled(self) -> bool: ...
    @property
    def day(self) -> str: ...
    @property
    def hour(self) -> int: ...
    @property
    def minute(self) -> int: ...


class Partly(Protocol):
    """The same as far as the environment says it; None where it does not."""

    @property
    def enabled(self) -> bool | None: ...
    @property
    def day(self) -> str | None: ...
    @property
    def hour(self) -> int | None: ...
    @property
    def minute(self) -> int | None: ...


def merged(wanted: Weekly, ours: Partly) -> JobTime:
    """The time of a weekly job: the environment overrides the settings."""
    return JobTime(
        wanted.enabled if ours.enabled is None else ours.enabled,
        ours.day or wanted.day,
        wanted.hour if ours.hour is None else ours.hour,
        wanted.minute if ours.minute is None else ours.minute,
    )


@dataclass(frozen=True, slots=True)
class Job:
    """A job: `time` is asked at the start and after each change of the settings; `run` returns its outcome in words,
    None where there was nothing to do that is worth remembering.

    `at_start`: it also runs when a process begins to drive. `by_hand`, where given, runs instead when a person asks.
    `tries_again`: a run by the clock that raised is repeated some minutes later, and not only at its next time.
    """

    id: str
    name: str
    time: Callable[[], JobTime]
    run: Callable[[datetime], Sentence | None]
    grace_seconds: int = 600
    at_start: bool = False
    by_hand: Callable[[datetime], Sentence] | None = None
    also_called: tuple[str, ...] = ()
    tries_again: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """What must happen at instants that move. `ring` does what is due and returns the next instant, None for none.

    It is rung at the start, at that instant, and soon after anything was written by any process, so it is quick, and
    writes nothing when nothing is due. It is no job: nobody pauses it, and its runs are not listed.
    """

    id: str
    ring: Callable[[datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it is listed. `next_run_time` is None while it is paused or off."""

    id: str
    name: str
    next_run_time: datetime | None
    last_run_at: datetime | None
    last_outcome: Sentence | None
    enabled: bool
    last_duration_ms: int | None
    time: JobTime
