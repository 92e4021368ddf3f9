"""Alerts as rows. One of a kind and subject is open at a time, whoever notes it; a list is read by an index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Select, and_, case, delete, false, func, select, update

from ..domain.alert import Alert, Count, Kind, Severity, State, Wanted
from ..domain.sentence import Sentence, say
from .activity import note
from .codec import Codec
from .engine import insert_once, reading
from .repository import MOVE_SERIAL
from .schema_people import alerts
from .watch import Kept, Watch

SENTENCE = Codec(Sentence, "sentence of alert")
OPEN = (State.PENDING.value, State.ACTIVE.value)
LOST = Sentence("What this alert said cannot be read any more.")
LASTS = State.ACTIVE.value
Author = tuple[int | None, str]
FIELDS = tuple(name for name in Alert.__slots__ if name != "id")


class AlertRows:
    """Fits `alerts.service.AlertRows`. SQLAlchemyError when the database does not answer; nothing is half written."""

    def __init__(self, engine: Engine, watch: Watch) -> None:
        self._engine, self._kept = engine, Kept[Count](watch)
        self._add = insert_once(engine, alerts)

    # for the rules

    def standing(self) -> Sequence[Alert]:
        """Those that are pending or active, oldest first."""
        return self._read(select(alerts).where(alerts.c.state.in_(OPEN)).order_by(alerts.c.id))

    def write(
        self, new: Sequence[Alert], moved: Sequence[tuple[Alert, Alert]], dropped: Sequence[Alert]
    ) -> tuple[int, int, int]:
        """One transaction; how many were added, changed and forgotten. What another process did first stays."""
        with self._engine.begin() as connection:
            added = sum(connection.execute(self._add, _row(alert)).rowcount == 1 for alert in new)
            changed = sum(connection.execute(_change(*pair)).rowcount == 1 for pair in moved)
            gone = [alert.id for alert in dropped]
            still = and_(alerts.c.id.in_(gone), alerts.c.state == State.PENDING.value)
            forgotten = connection.execute(delete(alerts).where(still)).rowcount if gone else 0
            if added or changed or forgotten:
                connection.execute(MOVE_SERIAL)
        return added, changed, forgotten

    # for people

    def get(self, alert_id: int) -> Alert | None:
        """One that people have seen; None for one that is only pending, too."""
        wanted = select(alerts).where(alerts.c.id == alert_id, alerts.c.state != State.PENDING.value)
        found = self._read(wanted)
        return found[0] if found else None

    def listed(self, wanted: Wanted) -> Sequence[Alert]:
        """Newest first. Those that last are found by the index of states, all others backwards by their ids."""
        return self._read(statement_of(wanted))

    def count(self) -> Count:
        """How many last, and how many of those nobody has read: kept until anything is written."""
        return self._kept.get("count", self._counted)

    def _counted(self) -> Count:
        unread = func.coalesce(func.sum(case((alerts.c.is_read == false(), 1), else_=0)), 0)
        wanted = select(func.count(), unread).where(alerts.c.state == State.ACTIVE.value)
        with reading(self._engine) as connection:
            active, new = connection.execute(wanted).one()
        return Count(active, int(new))

    def read(self, alert_id: int) -> bool:
        """Note that someone has read it."""
        return self._by_person(alert_id, {"is_read": True}, None, alerts.c.state != State.PENDING.value)

    def acknowledge(self, alert_id: int, by: Author, now: datetime) -> bool:
        """Note who sees to it; the first one counts. Only while it lasts."""
        values = {"is_read": True, "acknowledged_at": now, "acknowledged_by": by[1]}
        deed = (by, say("Someone sees to it: nobody is told again."), now)
        if self._by_person(alert_id, values, deed, alerts.c.state == LASTS, alerts.c.acknowledged_at.is_(None)):
            return True
        found = self.get(alert_id)
        return found is not None and found.is_active

    def silence(self, alert_id: int, until: datetime | None, by: Author, now: datetime) -> bool:
        """Tell nobody until then, or (None) again from now on. Only while it lasts."""
        said = say("Nobody is told until {at:date}.", at=until) if until else say("The silence is over.")
        values = {"silenced_until": until, "is_read": True}
        return self._by_person(alert_id, values, (by, said, now), alerts.c.state == LASTS)

    def _by_person(
        self, alert_id: int, values: dict[str, Any], deed: tuple[Author, Sentence, datetime] | None, *where: Any
    ) -> bool:
        """Whether there was such an alert; the deed is written down with it."""
        with self._engine.begin() as connection:
            changed = connection.execute(update(alerts).where(alerts.c.id == alert_id, *where).values(**values))
            if changed.rowcount and deed is not None:
                by, said, now = deed
                note(connection, now, by, ("alert", str(alert_id)), said)
            if changed.rowcount:
                connection.execute(MOVE_SERIAL)
        return changed.rowcount == 1

    def _read(self, wanted: Select[Any]) -> Sequence[Alert]:
        with reading(self._engine) as connection:
            return [_alert(row._mapping) for row in connection.execute(wanted)]


def statement_of(wanted: Wanted) -> Select[Any]:
    """The one read that a list takes."""
    found = select(alerts).order_by(alerts.c.id.desc()).limit(wanted.limit)
    if wanted.over:
        found = found.where(alerts.c.state == State.RESOLVED.value)
    elif wanted.active:
        found = found.where(alerts.c.state == State.ACTIVE.value)
    else:
        found = found.where(alerts.c.state != State.PENDING.value)
    if wanted.unread:
        found = found.where(alerts.c.is_read == false())
    if wanted.severity is not None:
        found = found.where(alerts.c.severity == wanted.severity.value)
    return found if wanted.before is None else found.where(alerts.c.id < wanted.before)


def _alert(row: Any) -> Alert:
    values = {name: row[name] for name in FIELDS}
    values["kind"], values["severity"] = Kind(row["kind"]), Severity(row["severity"])
    values["state"], values["acknowledged_by"] = State(row["state"]), row["acknowledged_by"] or ""
    values["sentence"] = SENTENCE.read(row["id"], row["sentence"]) or LOST
    return Alert(id=row["id"], **values)


def _row(alert: Alert) -> dict[str, Any]:
    return {"key": alert.key} | {name: _plain(getattr(alert, name)) for name in FIELDS}


def _plain(value: Any) -> Any:
    return SENTENCE.write(value) if isinstance(value, Sentence) else value


def _change(before: Alert, after: Alert) -> Any:
    """Writes what differs, where nobody else told or ended it meanwhile: what a person did then stays."""
    values = {name: _plain(getattr(after, name)) for name in FIELDS if getattr(after, name) != getattr(before, name)}
    untouched = (
        alerts.c.id == before.id,
        alerts.c.state == before.state.value,
        alerts.c.told_count == before.told_count,
    )
    return update(alerts).where(*untouched).values(**values)
