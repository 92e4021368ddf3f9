"""Joins the outbox: its rows, the ways out of the house, and what people chose about being told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from .domain.delivery import RETRY_MINUTES, Wishes
from .domain.sentence import Sentence
from .domain.settings import Settings
from .notifications.channels import Channels
from .notifications.outbox import Outbox
from .notifications.ports import Around
from .store import StoreTrouble
from .store.outbox import OutboxRows
from .store.outbox_stories import OutboxStories
from .store.pages import UNWELL
from .tick.jobs import Alarm, Job, JobTime, failed
from .tick.ports import Clock
from .translations.voice import Voice

EVERY_MINUTES = 5
RESTING = timedelta(minutes=5)


@dataclass(frozen=True)
class Posting:
    """The outbox of a home. The alarm is what sends, to the second; the job is the net below it."""

    outbox: Outbox

    @property
    def job(self) -> Job:
        """Every five minutes, and at the start."""
        time = JobTime(True, every_minutes=EVERY_MINUTES)
        return Job("notifications", "Notifications", lambda: time, self._sweep, at_start=True)

    @property
    def alarm(self) -> Alarm:
        """At the instant at which something is due."""
        return Alarm("notifications-due", self._ring)

    def _sweep(self, now: datetime) -> Sentence:
        try:
            return self.outbox.sweep(now)
        except StoreTrouble:
            return failed(UNWELL)

    def _ring(self, now: datetime) -> datetime | None:
        try:
            return self.outbox.ring(now)
        except StoreTrouble:
            return now + RESTING  # the memory says by itself that it does not answer


def posting(
    engine: Engine,
    clock: Clock,
    settings: Callable[[], Settings | None],
    zone: Callable[[], tzinfo],
    wishes: Callable[[int], Wishes],
    channels: Channels,
    public_url: str,
) -> Posting:
    """The outbox over a database. `public_url` is where mails lead to; empty where nobody said it."""

    def home_zone() -> ZoneInfo:
        found = zone()
        return found if isinstance(found, ZoneInfo) else ZoneInfo("UTC")

    def read(said: Sentence | str, language: str) -> str:
        return Voice(language, zone()).sentence(said)

    def link(message_id: int) -> str:
        return f"{public_url.rstrip('/')}/notifications/{message_id}" if public_url else ""

    def pauses() -> Sequence[int]:
        current = settings()
        return RETRY_MINUTES if current is None else current.notifications.retry_minutes

    around = Around(
        clock, home_zone, wishes, channels.address, read, link, pauses, lambda: channels.carriers, StoreTrouble
    )
    return Posting(Outbox(OutboxRows(engine), OutboxStories(engine), around))
