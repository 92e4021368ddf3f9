"""Old messages with their attempts, old deeds, alerts that are over and reminders that are done go, in blocks.

What is on its way stays, however old: a message that is pending, being sent or to be tried again, an alert that lasts,
a reminder that is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Table, and_, delete, exists, func, or_, select

from .engine import reading
from .repository import MOVE_SERIAL
from .schema_people import activity, alerts, attempts, deliveries, messages, reminders

ROWS_AT_ONCE = 2000  # messages bring their deliveries, attempts and pictures along
ON_ITS_WAY = ("pending", "sending")


@dataclass(frozen=True, slots=True)
class OldPeople:
    """What is removed when it is older than these instants. `over` is for alerts and reminders."""

    messages: datetime
    cancelled: datetime
    activity: datetime
    over: datetime


def people_counted(engine: Engine, old: OldPeople) -> dict[str, tuple[int, int]]:
    """How many rows there are of each kind, and how many of them are to go."""
    with reading(engine) as connection:

        def count(table: Table, which: ColumnElement[bool] | None = None) -> int:
            wanted = select(func.count()).select_from(table)
            return connection.execute(wanted if which is None else wanted.where(which)).scalar() or 0

        found = {name: (count(table), count(table, which)) for name, (table, which) in _rules(old).items()}
        going = attempts.c.message_id.in_(select(messages.c.id).where(_old_message(old)))
        found["attempts"] = (count(attempts), count(attempts, going))
    return found


def people_cleaned(engine: Engine, old: OldPeople) -> dict[str, int]:
    """Remove what is old. How many rows of each kind went."""
    gone = {name: _removed(engine, table, which) for name, (table, which) in _rules(old).items()}
    if any(gone.values()):
        with engine.begin() as connection:
            connection.execute(MOVE_SERIAL)
    return gone


def _rules(old: OldPeople) -> Mapping[str, tuple[Table, ColumnElement[bool]]]:
    done = func.coalesce(reminders.c.done_at, reminders.c.due_at, reminders.c.created_at)
    return {
        "messages": (messages, _old_message(old)),
        "activity": (activity, activity.c.at < old.activity),
        "alerts": (alerts, and_(alerts.c.state == "resolved", alerts.c.resolved_at < old.over)),
        "reminders": (
            reminders,
            and_(reminders.c.status != "open", done < old.over, reminders.c.created_at < old.over),
        ),
    }


def _old_message(old: OldPeople) -> ColumnElement[bool]:
    """Written and due long ago, nothing of it on its way, and no try of late; cancelled ones sooner."""
    of_it = deliveries.c.message_id == messages.c.id
    moving = exists().where(of_it, deliveries.c.status.in_(ON_ITS_WAY))
    tried = exists().where(attempts.c.message_id == messages.c.id, attempts.c.at >= old.messages)
    aged = and_(messages.c.scheduled_at < old.messages, messages.c.created_at < old.messages, ~moving, ~tried)
    cancelled = and_(messages.c.status == "cancelled", messages.c.cancelled_at < old.cancelled, ~moving)
    return and_(messages.c.status.not_in(ON_ITS_WAY), or_(aged, cancelled))


def _removed(engine: Engine, table: Table, which: ColumnElement[bool]) -> int:
    some: Any = select(table.c.id).where(which).limit(ROWS_AT_ONCE)
    gone = 0
    while True:
        with engine.begin() as connection:
            ids = list(connection.execute(some).scalars())
            gone += connection.execute(delete(table).where(table.c.id.in_(ids), which)).rowcount if ids else 0
        if len(ids) < ROWS_AT_ONCE:
            return gone
