"""A reminder: what someone wishes, what is kept of it, and the steps of its story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .sentence import Sentence


class Kind(StrEnum):
    """What is promised: something to be looked after, something to be given back, or anything else."""

    MAINTENANCE = "maintenance"
    LOAN = "loan"
    OTHER = "other"


class State(StrEnum):
    """A reminder that comes back stays open when a round of it is done."""

    OPEN = "open"
    DONE = "done"
    STOPPED = "stopped"


class StepState(StrEnum):
    """What became of a step: `skipped` where a later one was due too, `cancelled` where it was no longer wanted."""

    PENDING = "pending"
    SENT = "sent"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class StepKind(StrEnum):
    """What a step tells."""

    CREATED = "created"
    LEFT = "left"
    TWO_DAYS = "two_days"
    ONE_DAY = "one_day"
    SAME_DAY = "same_day"
    SNOOZED = "snoozed"  # the end of a snooze that ends before the due instant
    OVERDUE = "overdue"
    DONE = "done"


ADMINISTRATORS_FROM = 2  # the number of the overdue step at 48 h


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """A step and its instant; `number` counts the overdue ones from 0."""

    at: datetime
    kind: StepKind
    number: int = 0

    @property
    def to_administrators(self) -> bool:
        """Whether administrators are told too: 48 h after the due instant and later."""
        return self.kind is StepKind.OVERDUE and self.number >= ADMINISTRATORS_FROM


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts: the id of a user, or None for a program or the virtual home's visitor; and how they are called."""

    id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What someone asks for. `due_at` may be None where the hours of running alone make it due.

    `every_hours` counts the hours in which the air conditioner of `zone` ran, since the start or the last done.
    """

    title: str
    user_id: int
    starts_at: datetime
    due_at: datetime | None
    kind: Kind = Kind.OTHER
    object: str = ""
    device_id: str = ""
    zone: str = ""
    note: str = ""
    every_days: int | None = None
    every_hours: int | None = None
    tell_created: bool = False
    tell_done: bool = False


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder as it is kept. `round` is one more each time it comes back, is snoozed or gets another due."""

    id: int
    wish: Wish
    author: Author
    created_at: datetime
    status: State = State.OPEN
    round: int = 1
    snoozed_until: datetime | None = None
    done_at: datetime | None = None
    done_by: str = ""

    @property
    def comes_back(self) -> bool:
        """Whether it begins anew once it is done."""
        return self.wish.every_days is not None or self.wish.every_hours is not None

    @property
    def counts_from(self) -> datetime | None:
        """The instant that overdue steps are counted from: the due one, or the end of a snooze beyond it."""
        due, snoozed = self.wish.due_at, self.snoozed_until
        return max(due, snoozed) if due is not None and snoozed is not None else due

    def overdue(self, now: datetime) -> bool:
        """Whether its due instant has passed and it still waits for someone."""
        return self.status is State.OPEN and self.wish.due_at is not None and self.wish.due_at <= now


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a reminder's story, as it is kept."""

    id: int
    reminder_id: int
    round: int
    plan: Planned
    status: StepState = StepState.PENDING
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What someone did to a reminder, for the log of who did what; an author without a name is the service itself."""

    at: datetime
    by: Author
    said: Sentence
