"""A message on its way: by which ways it goes, what holds one back, and what follows each try. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from .message import Draft, Priority, Status, Way
from .sentence import Sentence, say

LATE = timedelta(seconds=2)  # what leaves later than this after it was due is counted as late
STUCK = timedelta(minutes=5)  # nobody is still sending something that was begun so long ago
RETRY_MINUTES = (5, 10, 20)

NO_ADDRESS = say("There is no other way to this person: a mail address can be entered on their page.")
MUTED = say("This person does not want to be told about this kind.")
REMOVED = say("This way was removed before it was due.")
SWITCHED_OFF = say("This way is switched off.")
OVERTAKEN = say("It was due before this backup was restored.")
LOST = say("The service ended while this was being sent, so nobody knows whether it arrived.")

_BY_WEIGHT = (Status.SENDING, Status.PENDING, Status.UNKNOWN, Status.FAILED, Status.SENT, Status.CANCELLED)


class Wishes(Protocol):
    """What someone chose about being told."""

    @property
    def language(self) -> str: ...
    def allows(self, kind: str, way: Way) -> bool: ...
    def quiet_until(self, now: datetime, zone: ZoneInfo) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Address:
    """A way to someone, as far as rules need it."""

    id: int
    way: Way
    enabled: bool


@dataclass(frozen=True, slots=True)
class Leg:
    """One way of a message: to be tried at `due_at`, or skipped from the start for a reason."""

    way: Way
    channel_id: int | None
    due_at: datetime
    reason: Sentence | None = None

    @property
    def status(self) -> Status:
        """Pending, unless there is a reason against it."""
        return Status.PENDING if self.reason is None else Status.SKIPPED


@dataclass(frozen=True, slots=True)
class Routed:
    """A draft with the ways it takes."""

    draft: Draft
    legs: Sequence[Leg]


@dataclass(frozen=True, slots=True)
class Case:
    """One way of one message, as it is read right before it is tried. `key` names it to servers at every try."""

    id: int
    message_id: int
    way: Way
    channel_id: int | None
    enabled: bool
    problem: Sentence | None
    status: Status
    due_at: datetime
    tries: int
    resent: bool
    key: str
    recipient: int
    kind: str
    priority: Priority
    breaks_quiet: bool
    title: Sentence | str
    body: Sentence | str
    author: str


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is due; `lane` names the place it goes to, as far as one is slow for all that go there."""

    id: int
    message_id: int
    due_at: datetime
    lane: str


@dataclass(frozen=True, slots=True)
class Bell:
    """A message that is due in the dashboard."""

    id: int
    message_id: int
    recipient: int
    kind: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A try that is this process's to make; `number` is what `tries` came to, `attempt` the row of the try."""

    delivery: int
    message: int
    number: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: at `until`, for a reason."""

    until: datetime
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a try leaves: the status, the next try if it is pending again, why, and what the channel is marked with."""

    status: Status
    result: str
    detail: Sentence
    due_at: datetime | None = None
    resent: bool = False
    mark: Sentence | None = None


def legs(kind: str, wishes: Wishes, addresses: Sequence[Address], at: datetime) -> list[Leg]:
    """The ways that a message of a kind takes to someone. The dashboard comes first, and always stands in its story."""
    bell = Leg(Way.BELL, None, at, None if wishes.allows(kind, Way.BELL) else MUTED)
    if not wishes.allows(kind, Way.EMAIL):
        return [bell]
    if not addresses:
        return [bell, Leg(Way.EMAIL, None, at, NO_ADDRESS)]
    return [bell, *(Leg(each.way, each.id, at) for each in addresses if each.enabled)]


def obstacle(case: Case, wishes: Wishes, now: datetime, zone: ZoneInfo) -> Wait | Sentence | None:
    """What stands against a try now: a reason never to send it, or a wait; None when it may leave."""
    if not wishes.allows(case.kind, case.way):
        return MUTED
    if case.way is Way.BELL:
        return None
    if case.channel_id is None:
        return REMOVED
    if not case.enabled:
        return SWITCHED_OFF
    if case.problem is not None:
        return say("This way does not work: {problem}.", problem=case.problem)
    until = None if case.breaks_quiet else wishes.quiet_until(now, zone)
    return None if until is None or until <= now else Wait(until, say("Quiet hours until {until:time}.", until=until))


def delivered(detail: Sentence) -> Verdict:
    """It was accepted."""
    return Verdict(Status.SENT, "sent", detail)


def refused(detail: Sentence, *, channel_at_fault: bool) -> Verdict:
    """It never will be; the channel is marked where it is at fault."""
    return Verdict(Status.FAILED, "refused", detail, mark=detail if channel_at_fault else None)


def failed(case: Case, detail: Sentence, now: datetime, pauses: Sequence[int]) -> Verdict:
    """It was not accepted this time: tried again after so many minutes, as long as there are pauses left."""
    if case.tries >= len(pauses):
        return Verdict(Status.FAILED, "failed", detail)
    return Verdict(Status.PENDING, "failed", detail, due_at=now + timedelta(minutes=pauses[case.tries]))


def lost(case: Case, detail: Sentence, now: datetime) -> Verdict:
    """Nobody knows its fate. What is urgent is sent once more under the same key, everything else waits for a person.

    In the dashboard nothing can arrive twice, so there it is simply done again.
    """
    again = case.way is Way.BELL or (case.priority is Priority.URGENT and not case.resent)
    status = Status.PENDING if again else Status.UNKNOWN
    return Verdict(status, "unknown", detail, due_at=now if again else None, resent=again)


def summed(statuses: Collection[Status]) -> Status:
    """What the ways of a message add up to."""
    return next((status for status in _BY_WEIGHT if status in statuses), Status.SKIPPED)
