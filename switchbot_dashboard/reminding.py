"""Joins the reminders: their rows, the home they belong to, the history that counts hours of running, and the jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from .domain.message import Post, Recipient
from .domain.sentence import Sentence, say
from .domain.settings import Settings
from .reminders import Around, Reminders
from .store import StoreTrouble
from .store.history import History
from .store.pages import UNWELL
from .store.reminders import ReminderRows
from .tick.jobs import Alarm, Job, JobTime, failed
from .tick.ports import Clock

EVERY_MINUTES = 5
RESTING = timedelta(minutes=EVERY_MINUTES)


@dataclass(frozen=True)
class Reminding:
    """The reminders of a home. The alarm tells each step at its instant; the job is the net, and counts the hours."""

    reminders: Reminders

    @property
    def job(self) -> Job:
        """Every five minutes, and at the start."""
        return Job(
            "reminders", "Reminders", lambda: JobTime(True, every_minutes=EVERY_MINUTES), self._run, at_start=True
        )

    @property
    def alarm(self) -> Alarm:
        """At the instant of each step."""
        return Alarm("reminders-due", self._ring)

    def _ring(self, now: datetime) -> datetime | None:
        try:
            return self.reminders.ring(now)
        except StoreTrouble:
            return now + RESTING  # the memory says by itself that it does not answer

    def _run(self, now: datetime) -> Sentence:
        try:
            done = self.reminders.apply(now)
        except StoreTrouble:
            return failed(UNWELL)
        if done.failed:
            return failed(say("{count} reminders could not be told; see the log", count=done.failed))
        return say("{told} steps were told, {skipped} were overtaken", told=done.told, skipped=done.skipped)


def reminding(
    engine: Engine,
    clock: Clock,
    settings: Callable[[], Settings | None],
    people: Callable[[], Sequence[Recipient]],
    post: Post,
) -> Reminding:
    """The reminders over a database, handed to a post. While no settings are in force, 08:00 is that of UTC."""
    history = History(engine)

    def run_for(zone: str, start: datetime, end: datetime) -> timedelta:
        totals = history.summary(zone, start, end, now=clock()).totals
        return timedelta(milliseconds=totals.heating_ms + totals.cooling_ms + totals.fan_ms)

    def in_force() -> Settings:
        return settings() or Settings()

    def zone() -> ZoneInfo:
        current = settings()
        return current.tz if current is not None else ZoneInfo("UTC")

    def zones() -> Sequence[str]:
        return [each.id for each in in_force().all_zones]

    return Reminding(Reminders(ReminderRows(engine), post, Around(clock, zone, people, zones, run_for)))
