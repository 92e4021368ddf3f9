"""A home on a pretend clock whose trouble is looked for: the real tick, the real rules and rows, a post that keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from switchbot_dashboard.alerts.rules import Facts, FailingChannel, Upkeep
from switchbot_dashboard.alerts.service import Alerts, Generated
from switchbot_dashboard.domain.alert import Alert, Kind, Wanted
from switchbot_dashboard.domain.message import Draft
from switchbot_dashboard.domain.sentence import Sentence
from switchbot_dashboard.store.alerts import AlertRows
from switchbot_dashboard.store.watch import Watch

from .pretend import Home, at


@dataclass(frozen=True)
class Person:
    """Someone who can be told."""

    id: int
    name: str
    admin: bool = False


ANNA, BEN = Person(1, "Anna", admin=True), Person(2, "Ben")


@dataclass
class Post:
    """Keeps drafts by their keys, as the outbox does; `handed` counts all that were handed in."""

    kept: dict[str, Draft] = field(default_factory=dict)
    handed: int = 0
    breaks: bool = False

    def put(self, drafts: Sequence[Draft]) -> Sequence[int]:
        if self.breaks:
            raise RuntimeError("the outbox does not answer")
        self.handed += len(drafts)
        for draft in drafts:
            self.kept.setdefault(draft.key, draft)
        return range(len(drafts))

    def to(self, person: Person) -> list[str]:
        """The titles of what this person was told, in order."""
        return [str(draft.title) for draft in self.kept.values() if draft.recipient == person.id]


class Watched:
    """A home, and its alerts. `step` is one tick over all zones and one look for trouble."""

    def __init__(self, engine: Engine, home: Home, people: Sequence[Person] = (ANNA, BEN)) -> None:
        self.home, self.people, self.post = home, people, Post()
        self.upkeep: Sequence[Upkeep] = ()
        self.channels: Sequence[FailingChannel] = ()
        self.fault: Sentence | None = None
        self.rows = AlertRows(engine, Watch(engine))
        self.alerts = Alerts(self.rows, self.facts, lambda: self.people, self.post, lambda: self.home.time)

    def facts(self) -> Facts:
        now = self.home.time
        known = self.home.store.load(now)
        faults = 1 if self.fault else 0
        return Facts(now, self.home.settings, known, self.fault, faults, self.upkeep, self.channels)

    def step(self, **span: float) -> Generated:
        """Let time pass, then one tick and one look."""
        self.home.after(**span)
        self.home.tick(every_zone=True)
        return self.alerts.generate()

    def go_on(self, every: float = 5, **span: float) -> None:
        """Steps until a time has passed, `every` so many minutes."""
        until = self.home.time + timedelta(**span)
        while self.home.time < until:
            self.step(minutes=every)

    def open(self, kind: Kind) -> Alert | None:
        """The open alert of a kind, pending or active."""
        return next((alert for alert in self.rows.standing() if alert.kind is kind), None)

    def over(self, kind: Kind) -> list[Alert]:
        """Those of a kind that are over, newest first."""
        return [alert for alert in self.rows.listed(Wanted(over=True)) if alert.kind is kind]

    def told(self, person: Person = ANNA) -> list[str]:
        """The titles of what someone was told, in order."""
        return self.post.to(person)


def meter(temperature: float = 21.0, humidity: int = 45, battery: int = 100) -> dict[str, Any]:
    """What a meter answers."""
    return {"temperature": temperature, "humidity": humidity, "battery": battery}


def instant(text: str) -> datetime:
    """An instant in UTC."""
    return at(text)


__all__ = ["ANNA", "BEN", "Person", "Post", "Watched", "instant", "meter"]
