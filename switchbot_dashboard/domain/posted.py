"""What became of a message, as whoever scheduled, cancelled or received it may read; and what may be refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .errors import Told
from .message import Priority, Status, Way
from .sentence import Sentence, say


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `user_id` is None for a program's token that belongs to nobody; `name` is what stories call them."""

    user_id: int | None
    name: str
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message to one person. Title and body are sentences of a rule, or text as a person wrote it.

    `author` is empty for the service itself. `sent_at` is when it first reached the recipient, by whichever way.
    """

    id: int
    recipient_id: int
    author_id: int | None
    author: str
    title: Sentence | str
    body: Sentence | str
    kind: str
    priority: Priority
    breaks_quiet: bool
    related_type: str
    related_id: str
    data: Mapping[str, object]
    scheduled_at: datetime
    status: Status
    created_at: datetime
    sent_at: datetime | None = None
    read_at: datetime | None = None
    cancelled_at: datetime | None = None

    def open_to(self, viewer: Viewer | None) -> bool:
        """Whether someone may see and cancel it: recipient, author and administrators; None: the service itself."""
        if viewer is None or viewer.admin:
            return True
        return viewer.user_id is not None and viewer.user_id in (self.recipient_id, self.author_id)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try by one way. `result`: started, sent, failed, refused, unknown or skipped."""

    at: datetime
    ended_at: datetime | None
    channel: Way
    result: str
    detail: Sentence | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message by one way. `hint` is what may be shown of the address; `reason` why it waits, failed or was skipped.

    `due_at` is the next try, or the last one where there is no next.
    """

    id: int
    channel: Way
    channel_id: int | None
    hint: str
    status: Status
    due_at: datetime
    tries: int
    finished_at: datetime | None
    reason: Sentence | None

    @property
    def to_retry(self) -> bool:
        """Whether a person can have it tried again: it failed, for now or for good, or nobody knows its fate."""
        failed_for_now = self.status is Status.PENDING and self.tries > 0
        return failed_for_now or self.status in (Status.FAILED, Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done by someone; `author` is empty for the service itself."""

    id: int
    at: datetime
    author_id: int | None
    author: str
    object_type: str
    object_id: str
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of a message; attempts and activity are oldest first."""

    message: Message
    deliveries: Sequence[Delivery]
    attempts: Sequence[Attempt]
    activity: Sequence[Deed] = ()

    @property
    def is_sent(self) -> bool:
        """Whether everything that was to leave has left."""
        return self.message.status is Status.SENT

    @property
    def sent_at(self) -> datetime | None:
        """When the last of it left; None while it is not sent."""
        left = [each.finished_at for each in self.deliveries if each.status is Status.SENT and each.finished_at]
        return max(left, default=self.message.sent_at) if self.is_sent else None


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What was scheduled: an id for each recipient, in their order."""

    ids: Sequence[int]
    at: datetime


class Part(StrEnum):
    """Which messages a list holds."""

    ALL = "all"
    ARRIVED = "arrived"
    """What reached its recipient, in the dashboard at least."""
    COMING = "coming"
    """What is still to reach them."""
    ENDED = "ended"
    """What never reached them and is not to: cancelled, left out, or failed."""


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """How a way did: `late` ones left more than two seconds after they were due, not counting tries again."""

    channel: Way
    sent: int = 0
    failed: int = 0
    late: int = 0


class Refused(Told):
    """Base of what the outbox refuses; nothing was changed. The message says what to do next."""


class InThePast(Refused):
    """Nothing can be scheduled for an instant that is over."""


class NobodyNamed(Refused):
    """No recipients were given."""


class UnknownRecipients(Refused):
    """Some recipients do not exist: `ids`. Nothing was scheduled for the others either."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(
            say("There is nobody with the number {ids}; nothing was scheduled.", ids=", ".join(map(str, ids[:20])))
        )
        self.ids = tuple(ids)


class OnlyForOneself(Refused):
    """Members schedule for themselves, administrators for anyone."""


class UnknownMessage(Refused):
    """There is no such message, or whoever asks may not see it."""


class NotPending(Refused):
    """It is on its way or has left, so it can be neither cancelled nor sent ahead of its time."""


class NothingToRetry(Refused):
    """No part of it failed."""


class Unfit(Exception):
    """Fields that cannot be used, each with a sentence; nothing was changed."""

    def __init__(self, fields: Mapping[str, Sentence]) -> None:
        super().__init__("; ".join(f"{name}: {said}" for name, said in fields.items()))
        self.fields = fields
