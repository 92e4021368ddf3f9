"""What the weekly report asks of the memory, and to whom which week was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, Table, case, or_, select

from ..domain.chart import Granularity, Series
from ..domain.history import Totals, summed
from ..domain.record import Call
from ..domain.sentence import Sentence
from ..domain.settings import Settings
from ..domain.windows import Span
from .codec import SENTENCE
from .engine import reading, upsert
from .history import History
from .schema import calls, users
from .schema_people import alerts, reminders, weekly_reports

CLAIMED, SENT = "claimed", "sent"
HOUR = 3600  # s
DRAWN = ("temperature", "low", "high")


class Raised(NamedTuple):
    """An alert that became active: its severity, what it says, and since when."""

    severity: str
    sentence: Sentence
    at: datetime


class Overdue(NamedTuple):
    """An open reminder whose time is over, and who promised."""

    title: str
    due_at: datetime
    user_id: int
    author_id: int | None
    who: str


class ReportRows:
    """Reads of a range exclude its end; SQLAlchemyError when the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._history = History(engine)
        self._put = upsert(engine, weekly_reports, _unless_sent)

    def windows(self, zone: str, span: Span, now: datetime) -> Sequence[Span] | None:
        """When a window was open, by the records; None where those of the range are no longer all kept."""
        if self._history.raw_from() > span.opens:
            return None
        return self._history.inside(zone, span.opens, span.closes, now=now)

    def totals(self, zone: str, spans: Sequence[Span], now: datetime) -> Totals:
        """What a zone's spans add up to, oldest first."""
        return summed(self._history.summary(zone, span.opens, span.closes, now=now).totals for span in spans)

    def course(self, zone: str, span: Span, settings: Settings, now: datetime) -> Series:
        """The temperature and the band of each quarter of an hour, and when the air conditioner ran."""
        return self._history.series(
            zone, span.opens, span.closes, Granularity.QUARTER, DRAWN, now=now, tz=settings.tz
        )  # fmt: skip

    def calls(self, span: Span) -> Sequence[Call]:
        """The ledger's entries of the hours that begin within a span, oldest first."""
        wanted = select(calls.c.hour, calls.c.purpose, calls.c.endpoint, calls.c.count).order_by(*calls.primary_key)
        wanted = wanted.where(calls.c.hour >= _first_hour(span.opens), calls.c.hour < _first_hour(span.closes))
        with reading(self._engine) as connection:
            return [Call(*row) for row in connection.execute(wanted)]

    def raised(self, span: Span) -> Sequence[Raised]:
        """The alerts that became active within a span, oldest first."""
        began = alerts.c.active_since
        wanted = select(alerts.c.id, alerts.c.severity, alerts.c.sentence, began).order_by(began, alerts.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted.where(began >= span.opens, began < span.closes)).all()
        read = ((row, SENTENCE.read(f"alert {row.id}", row.sentence)) for row in rows)
        return [Raised(row.severity, said, row.active_since) for row, said in read if said is not None]

    def overdue(self, now: datetime) -> Sequence[Overdue]:
        """The open reminders whose time is over and which nobody put off, the oldest first."""
        late, off = reminders.c.due_at, reminders.c.snoozed_until
        columns = (reminders.c.title, late, reminders.c.user_id, reminders.c.author_id, users.c.name)
        wanted = select(*columns).join(users, users.c.id == reminders.c.user_id).order_by(late, reminders.c.id)
        wanted = wanted.where(reminders.c.status == "open", late <= now, or_(off.is_(None), off <= now))
        with reading(self._engine) as connection:
            return [Overdue(*row) for row in connection.execute(wanted)]

    def states(self, week: str) -> Mapping[int, str]:
        """What became of a week, by user: `claimed`, `sent` or `missed`."""
        wanted = select(weekly_reports.c.user_id, weekly_reports.c.state).where(weekly_reports.c.week == week)
        with reading(self._engine) as connection:
            return {row.user_id: row.state for row in connection.execute(wanted)}

    def claim(self, week: str, user_id: int, now: datetime) -> bool:
        """Note that a week is about to be sent to someone; false when it was."""
        self.close(week, user_id, CLAIMED, now)
        return self.states(week).get(user_id) == CLAIMED

    def close(self, week: str, user_id: int, state: str, now: datetime) -> None:
        """Note what became of a week; what was sent stays so."""
        with self._engine.begin() as connection:
            connection.execute(self._put, {"week": week, "user_id": user_id, "state": state, "at": now})


def _unless_sent(known: Table, offered: Mapping[str, ColumnElement[Any]]) -> Mapping[str, Any]:
    sent = known.c.state == SENT
    return {name: case((sent, known.c[name]), else_=offered[name]) for name in ("state", "at")}


def _first_hour(instant: datetime) -> int:
    """The first hour that begins at an instant or after it, in epoch hours."""
    return -(-int(instant.timestamp()) // HOUR)
