"""Jobs beside the tick: what they are called, when they run and what they do. `docs/jobs.md` shows how to add one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from ..domain.sentence import Sentence, say

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def failed(why: Sentence | str) -> Sentence:
    """The outcome of a run that did not come to its end."""
    return say("failed: {why}", why=why)


@dataclass(frozen=True, slots=True)
class JobTime:
    """A weekly time on the home's clock; `day` is `mon` to `sun`, or `*` for every day. No `hour` means every one."""

    enabled: bool
    day: str
    hour: int | None
    minute: int

    def trigger(self, zone: tzinfo) -> BaseTrigger:
        """The trigger that APScheduler runs by."""
        hour = "*" if self.hour is None else self.hour
        return CronTrigger(day_of_week=self.day, hour=hour, minute=self.minute, timezone=zone)


@dataclass(frozen=True, slots=True)
class Job:
    """A job: `time` is asked at the start and after each change of the settings; `run` returns its outcome in words."""

    id: str
    name: str
    time: Callable[[], JobTime]
    run: Callable[[datetime], Sentence]
    grace_seconds: int = 600


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
