"""Reminders and their steps in the database. Each write is one transaction that names what it read, and goes on only
where that still stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ..domain.reminder import Act, Author, Kind, Planned, Reminder, State, Step, StepKind, StepState, Wish
from .activity import deeds, note
from .engine import reading
from .repository import MOVE_SERIAL
from .schema_people import reminder_steps as steps
from .schema_people import reminders

WISHED = tuple(each.name for each in fields(Wish))
ABOUT = "reminder"  # what the log of deeds calls them
_PENDING = steps.c.status == StepState.PENDING.value
_OPEN = reminders.c.status == State.OPEN.value


class _OvertakenByAnother(Exception):
    """What was read no longer stands; the transaction is undone."""


class ReminderRows:
    """Fits `reminders.Shelf`. SQLAlchemyError when the database does not answer; nothing is half written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, wish: Wish, act: Act, planned: Sequence[Planned]) -> Reminder:
        """A new reminder with its first steps."""
        made = Reminder(0, wish, act.by, act.at)
        with self._engine.begin() as connection:
            key = connection.execute(insert(reminders).values(_row(made))).inserted_primary_key
            assert key is not None  # a single insert always tells its key
            number = int(key[0])
            _plan(connection, number, {made.round: planned})
            _note(connection, number, act)
            connection.execute(MOVE_SERIAL)
        found = self.one(number)
        assert found is not None  # nobody knows its number yet
        return found

    def one(self, reminder_id: int) -> Reminder | None:
        """The reminder of this id."""
        with reading(self._engine) as connection:
            row = connection.execute(select(reminders).where(reminders.c.id == reminder_id)).first()
        return None if row is None else _reminder(row)

    def some(
        self, *, people: Collection[int] | None, status: State | None, before: int | None, limit: int
    ) -> Sequence[Reminder]:
        """The newest reminders: those that these people promised or wrote down, older than the id `before`."""
        wanted = select(reminders).order_by(reminders.c.id.desc()).limit(limit)
        if people is not None:
            wanted = wanted.where(or_(reminders.c.user_id.in_(people), reminders.c.author_id.in_(people)))
        wanted = wanted if status is None else wanted.where(reminders.c.status == status.value)
        return self._all(wanted if before is None else wanted.where(reminders.c.id < before))

    def steps(self, reminder_ids: Collection[int]) -> Mapping[int, Sequence[Step]]:
        """The steps of each of these reminders, in the order of their instants."""
        wanted = select(steps).where(steps.c.reminder_id.in_(reminder_ids))
        wanted = wanted.order_by(steps.c.reminder_id, steps.c.at, steps.c.id)
        with reading(self._engine) as connection:
            found = [_step(row) for row in connection.execute(wanted)]
        return {key: list(each) for key, each in groupby(found, key=lambda step: step.reminder_id)}

    def replace(
        self, before: Reminder, after: Reminder, act: Act, planned: Mapping[int, Sequence[Planned]]
    ) -> bool:  # fmt: skip
        """Put `after` in the place of `before`; whether that still stood in its round and status."""
        still = (
            reminders.c.id == before.id,
            reminders.c.round == before.round,
            reminders.c.status == before.status.value,
        )
        goes_on = after.round == before.round and after.status is State.OPEN
        with self._engine.begin() as connection:
            if connection.execute(update(reminders).where(*still).values(_row(after))).rowcount != 1:
                return False
            if not goes_on:
                over = update(steps).where(steps.c.reminder_id == before.id, steps.c.round == before.round, _PENDING)
                connection.execute(over.values(status=StepState.CANCELLED.value))
            _plan(connection, before.id, planned)
            _note(connection, before.id, act)
            connection.execute(MOVE_SERIAL)
        return True

    def due(self, now: datetime) -> Sequence[tuple[Reminder, Sequence[Step]]]:
        """The pending steps up to an instant, with their reminders; those of one round together, in order."""
        wanted = select(steps).where(_PENDING, steps.c.at <= now)
        wanted = wanted.order_by(steps.c.reminder_id, steps.c.round, steps.c.at, steps.c.id)
        with reading(self._engine) as connection:
            waiting = [_step(row) for row in connection.execute(wanted)]
            ids = {step.reminder_id for step in waiting}
            rows = connection.execute(select(reminders).where(reminders.c.id.in_(ids))).all() if ids else ()
        known = {row.id: _reminder(row) for row in rows}
        rounds = groupby(waiting, key=lambda step: (step.reminder_id, step.round))
        return [(known[key], list(each)) for (key, _), each in rounds if key in known]

    def told(
        self, sent: Sequence[Step], skipped: Sequence[Step], following: Sequence[Step], at: datetime
    ) -> bool:  # fmt: skip
        """End steps that were pending, and keep new ones; False, and nothing done, where another did so before."""
        ends = [*((step, StepState.SKIPPED) for step in skipped), *((step, StepState.SENT) for step in sent)]
        try:
            with self._engine.begin() as connection:
                for step, state in ends:
                    _end(connection, step, state, at)
                for step in following:
                    _keep(connection, step, StepState.PENDING, None)
                connection.execute(MOVE_SERIAL)
        except (_OvertakenByAnother, IntegrityError):
            return False
        return True

    def move(self, step: Step, at: datetime | None) -> None:
        """Put a step at another instant, or cancel it (None), unless it was told or moved meanwhile."""
        values = {"status": StepState.CANCELLED.value} if at is None else {"at": at}
        mine = update(steps).where(steps.c.id == step.id, steps.c.at == step.plan.at, _PENDING)
        with self._engine.begin() as connection:
            if connection.execute(mine.values(values)).rowcount:
                connection.execute(MOVE_SERIAL)

    def acts(self, reminder_id: int) -> Sequence[Act]:
        """What was done to it, oldest first."""
        with reading(self._engine) as connection:
            found = deeds(connection, ABOUT, str(reminder_id))
        return [Act(deed.at, Author(deed.author_id, deed.author), deed.sentence) for deed in found]

    def next_at(self) -> datetime | None:
        """The instant of the first pending step."""
        with reading(self._engine) as connection:
            found: datetime | None = connection.execute(select(func.min(steps.c.at)).where(_PENDING)).scalar()
        return found

    def by_hours(self) -> Sequence[Reminder]:
        """The open ones that wait for hours of running."""
        return self._all(select(reminders).where(_OPEN, reminders.c.due_at.is_(None)).order_by(reminders.c.id))

    def upcoming(self, kind: Kind, until: datetime) -> Sequence[Reminder]:
        """The open ones of a kind that are due before an instant, the most urgent first."""
        wanted = select(reminders).where(_OPEN, reminders.c.kind == kind.value, reminders.c.due_at <= until)
        return self._all(wanted.order_by(reminders.c.due_at, reminders.c.id))

    def _all(self, wanted: Select[Any]) -> Sequence[Reminder]:
        with reading(self._engine) as connection:
            return [_reminder(row) for row in connection.execute(wanted)]


def _note(connection: Connection, reminder_id: int, act: Act) -> None:
    note(connection, act.at, (act.by.id, act.by.name), (ABOUT, str(reminder_id)), act.said)


def _plan(connection: Connection, reminder_id: int, planned: Mapping[int, Iterable[Planned]]) -> None:
    for number, each in planned.items():
        for plan in each:
            _keep(connection, Step(0, reminder_id, number, plan), StepState.PENDING, None)


def _keep(connection: Connection, step: Step, state: StepState, ended_at: datetime | None) -> None:
    row = {
        "reminder_id": step.reminder_id,
        "round": step.round,
        "kind": step.plan.kind.value,
        "number": step.plan.number,
        "at": step.plan.at,
        "status": state.value,
        "ended_at": ended_at,
    }
    connection.execute(insert(steps).values(row))


def _end(connection: Connection, step: Step, state: StepState, at: datetime) -> None:
    if not step.id:
        _keep(connection, step, state, at)
        return
    claim = update(steps).where(steps.c.id == step.id, _PENDING).values(status=state.value, ended_at=at)
    if connection.execute(claim).rowcount != 1:
        raise _OvertakenByAnother


def _row(reminder: Reminder) -> dict[str, Any]:
    return {
        **{name: getattr(reminder.wish, name) for name in WISHED},
        "kind": reminder.wish.kind.value,
        "author_id": reminder.author.id,
        "author": reminder.author.name,
        "status": reminder.status.value,
        "round": reminder.round,
        "snoozed_until": reminder.snoozed_until,
        "done_at": reminder.done_at,
        "done_by": reminder.done_by,
        "created_at": reminder.created_at,
    }


def _reminder(row: Row[Any]) -> Reminder:
    values = row._mapping
    wish = Wish(**{**{name: values[name] for name in WISHED}, "kind": Kind(row.kind)})
    return Reminder(
        row.id,
        wish,
        Author(row.author_id, row.author),
        row.created_at,
        State(row.status),
        row.round,
        row.snoozed_until,
        row.done_at,
        row.done_by or "",
    )


def _step(row: Row[Any]) -> Step:
    plan = Planned(row.at, StepKind(row.kind), row.number)
    return Step(row.id, row.reminder_id, row.round, plan, StepState(row.status), row.ended_at)
