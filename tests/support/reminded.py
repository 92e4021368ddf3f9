"""Reminders on a pretend clock over a real store, with a post that notes what it is handed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, insert

from switchbot_dashboard.domain.message import Draft
from switchbot_dashboard.domain.reminder import Author, Reminder, Wish
from switchbot_dashboard.reminders import Around, Reminders
from switchbot_dashboard.store.reminders import ReminderRows
from switchbot_dashboard.store.schema import users

PARIS = ZoneInfo("Europe/Paris")


def paris(text: str) -> datetime:
    """An instant by the clock in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    admin: bool = False


ANNA, BEN, CLEO = Person(1, "anna"), Person(2, "ben", admin=True), Person(3, "cleo")
MYSELF = Author(ANNA.id, ANNA.name)


@dataclass
class Post:
    """Keeps each draft once by its key, with the instant at which it was handed in; `broken` refuses them."""

    world: World
    drafts: dict[str, tuple[datetime, Draft]] = field(default_factory=dict)
    broken: bool = False

    def put(self, drafts: Sequence[Draft]) -> Sequence[int]:
        if self.broken:
            raise OSError("no room left")
        for draft in drafts:
            self.drafts.setdefault(draft.key, (self.world.now, draft))
        return [list(self.drafts).index(draft.key) for draft in drafts]


class World:
    """A home in Paris where Anna and Cleo are members and Ben is an administrator."""

    def __init__(self, engine: Engine, now: str = "2026-03-02 14:00", post: Any = None) -> None:
        self.now, self.post, self.engine, self.zone = paris(now), post or Post(self), engine, PARIS
        self.running: dict[str, list[tuple[datetime, datetime]]] = {"home": []}
        self.people = [ANNA, BEN, CLEO]
        around = Around(
            lambda: self.now, lambda: self.zone, lambda: self.people, lambda: list(self.running), self.run_for
        )
        self.shelf = ReminderRows(engine)
        self.each: Callable[[], None] = lambda: None  # after each look on a walk
        self.reminders = Reminders(self.shelf, self.post, around)

    def furnish(self) -> World:
        """Put the people into the database."""
        with self.engine.begin() as connection:
            for person in self.people:
                row = {"id": person.id, "name": person.name, "role": "member", "created_at": self.now}
                connection.execute(insert(users).values(session_version=1, **row))
        return self

    def run_for(self, zone: str, start: datetime, end: datetime) -> timedelta:
        spans = [(max(begins, start), min(ends, end)) for begins, ends in self.running[zone]]
        return sum((ends - begins for begins, ends in spans if ends > begins), timedelta(0))

    def make(self, starts: str, due: str | None, author: Author = MYSELF, **more: object) -> Reminder:
        """A reminder for Anna, by the clock in Paris."""
        wish = Wish("Filter", 1, paris(starts), paris(due) if due else None, **more)  # type: ignore[arg-type]
        return self.reminders.create(wish, author)

    def walk(self, until: datetime, down: tuple[datetime, datetime] | None = None) -> None:
        """Let time pass as the alarm and the job have it; nothing happens in the half-open span `down`."""
        following = self.reminders.ring(self.now)
        while following is not None and following <= until:
            begins, ends = down or (until, until)
            self.now = ends if begins <= following < ends else max(following, self.now)
            if self.now > until:
                break
            following = self.reminders.ring(self.now)
            self.each()
        self.now = until

    def told(self, reminder: Reminder, person: Person = ANNA) -> list[str]:
        """What someone was told of a reminder, by the clock in Paris: `left 0 Mon 02 15:00`."""
        found = []
        for key, (at, _) in self.post.drafts.items():
            _, number, _, kind, count, to = key.split(":")
            if (number, to) == (str(reminder.id), str(person.id)):
                found.append(f"{kind} {count} {at.astimezone(PARIS):%a %d %H:%M}")
        return found

    def story(self, reminder: Reminder) -> list[str]:
        """Its steps: `left 0 sent`."""
        steps = self.shelf.steps([reminder.id]).get(reminder.id, ())
        return [f"{step.plan.kind} {step.plan.number} {step.status}" for step in steps]
