"""The rules applied: the home is looked over, people are told, and what came of it is written down."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ..domain.alert import Alert, Count, State, Wanted
from ..domain.message import Post, Recipient
from ..domain.record import Record
from ..domain.settings import Settings
from ..tick.ports import Clock
from .lifecycle import Changes, Pace, begun, due, look_over
from .rules import Facts, blind_for, findings

Author = tuple[int | None, str]
"""Who does something: a user's id, where it is one, and the name that is shown."""

log = logging.getLogger("switchbot_dashboard.alerts")


class AlertRows(Protocol):
    """Where alerts are kept. What another process did first is left as it is and not counted.

    `standing` are those that are pending or active. `write` is one transaction: new ones (one of a key is open at a
    time), changed ones (only what differs is written, and only where nobody else told or ended it meanwhile), and
    pending ones that did not last; it returns how many of each came about. The rest are what a person does, and reads.
    """

    def standing(self) -> Sequence[Alert]: ...
    def write(
        self, new: Sequence[Alert], moved: Sequence[tuple[Alert, Alert]], dropped: Sequence[Alert]
    ) -> tuple[int, int, int]: ...
    def get(self, alert_id: int) -> Alert | None: ...
    def listed(self, wanted: Wanted) -> Sequence[Alert]: ...
    def count(self) -> Count: ...
    def read(self, alert_id: int) -> bool: ...
    def acknowledge(self, alert_id: int, by: Author, now: datetime) -> bool: ...
    def silence(self, alert_id: int, until: datetime | None, by: Author, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class Generated:
    """What a look came to: alerts first noted, seen again, and over."""

    created: int = 0
    updated: int = 0
    resolved: int = 0


class Alerts:
    """Looks the home over, and does what people ask of an alert. Reading never looks anything over.

    `facts` gathers what is known, `people` are those who can be told.
    """

    def __init__(
        self,
        rows: AlertRows,
        facts: Callable[[], Facts],
        people: Callable[[], Sequence[Recipient]],
        post: Post,
        clock: Clock,
    ) -> None:
        self._rows, self._facts, self._people, self._post, self._clock = rows, facts, people, post, clock

    def generate(self) -> Generated:
        """Look the home over once. Drafts are handed in before anything is written, so that nothing told is lost.

        What is new is noted first, as pending and by its own id, and where no patience is asked for it becomes active
        in a second round. Safe beside another process: one alert of a key is open, and a draft's key is told once.
        """
        facts = self._facts()
        changes = self._over(facts)
        ended = [after for _, after in changes.moved if after.state is State.RESOLVED]
        created, moved, dropped = self._write(facts, changes)
        if any(due(finding, facts.now) for finding in changes.new):
            again = self._over(facts)
            again.new, again.dropped = [], []
            self._write(facts, again)
        if ended:
            log.info("[alerts] Over: %s", ", ".join(alert.key for alert in ended))
        if changes.new:
            log.info("[alerts] Noted: %s", ", ".join(finding.key for finding in changes.new))
        return Generated(created, max(0, moved - len(ended)), min(moved, len(ended)) + dropped)

    def get(self, alert_id: int) -> Alert | None:
        """One by its id; None where there is none that was ever active."""
        return self._rows.get(alert_id)

    def listed(self, wanted: Wanted) -> Sequence[Alert]:
        """Newest first."""
        return self._rows.listed(wanted)

    def count(self) -> Count:
        """How many last, and how many of those nobody has read."""
        return self._rows.count()

    def read(self, alert_id: int) -> bool:
        """Someone has read it. False where there is none."""
        return self._rows.read(alert_id)

    def acknowledge(self, alert_id: int, by: Author) -> bool:
        """Someone sees to it: nobody is told again until it gets worse. False where it does not last (any more)."""
        return self._rows.acknowledge(alert_id, by, self._clock())

    def silence(self, alert_id: int, minutes: int, by: Author) -> bool:
        """Nobody is told for so long; 0 ends that. False where it does not last (any more)."""
        now = self._clock()
        return self._rows.silence(alert_id, now + timedelta(minutes=minutes) if minutes else None, by, now)

    def _over(self, facts: Facts) -> Changes:
        pace = pace_of(facts.settings)
        found, people = findings(facts), self._people()
        return look_over(self._rows.standing(), found, facts.now, pace, people, blind_for(facts))

    def _write(self, facts: Facts, changes: Changes) -> tuple[int, int, int]:
        if changes.drafts:
            self._post.put(changes.drafts)
        new = [begun(finding, facts.now) for finding in changes.new]
        if not (new or changes.moved or changes.dropped):
            return 0, 0, 0
        return self._rows.write(new, changes.moved, changes.dropped)


def pace_of(settings: Settings | None) -> Pace:
    """How often people are told, by the settings; by the defaults while there are none."""
    wanted = (settings or Settings()).alerts
    repeat, escalate = timedelta(minutes=wanted.repeat_minutes), timedelta(minutes=wanted.escalate_minutes)
    return Pace(repeat or None, escalate or None)


class Noticed:
    """Tells of each turn whether it changed anything that an alert could be about, so that not each one is followed."""

    def __init__(self) -> None:
        self._last: dict[str, object] = {}

    def changed(self, records: Sequence[Record]) -> bool:
        """Whether outcome, trouble or what came of a command differs from the zone's last record."""
        marks = {record.zone: _mark(record) for record in records}
        changed = any(self._last.get(zone) != mark for zone, mark in marks.items())
        self._last.update(marks)
        return changed


def _mark(record: Record) -> object:
    trouble, action = record.trouble, record.action
    return (
        record.verdict.outcome,
        (trouble.outcome, trouble.code) if trouble else None,
        action.fate if action else None,
    )
