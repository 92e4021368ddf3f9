"""What people are told: a draft by whoever decides that something is due, and the states of a message on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .sentence import Sentence

LONGEST_TITLE = 200
KINDS = ("alert", "reminder", "report", "system")
"""What people can choose to be told, or not; a kind that is not here counts as `system`."""


class Status(StrEnum):
    """Where a message, and each of its deliveries, is; the names are part of the contract."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Priority(StrEnum):
    """How much it matters; an `urgent` one whose fate is unknown is sent once more by itself."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Way(StrEnum):
    """How someone is reached: in the dashboard, by mail, or by an address that Apprise knows."""

    BELL = "bell"
    EMAIL = "email"
    APPRISE = "apprise"


@dataclass(frozen=True, slots=True)
class Piece:
    """What a mail carries beside its text: `html`, or a picture by its content id."""

    name: str
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to one person. Two drafts of one `key` are one message, so a rule may hand in the same one again.

    Title and body are sentences of a rule, read in the recipient's language, or plain text that a person wrote.
    `breaks_quiet`: quiet hours do not hold it back. `by_person`: a person chose this very instant.
    """

    key: str
    recipient: int
    title: Sentence | str
    body: Sentence | str
    at: datetime
    kind: str = "system"
    priority: Priority = Priority.NORMAL
    breaks_quiet: bool = False
    by_person: bool = False
    author_id: int | None = None
    author: str = ""
    related_type: str = ""
    related_id: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    pieces: Sequence[Piece] = ()


class Post(Protocol):
    """Where drafts go. Each is a row when `put` returns, and is on its way; the ids are those of the messages."""

    def put(self, drafts: Sequence[Draft]) -> Sequence[int]: ...


class Recipient(Protocol):
    """Someone who can be told something."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def admin(self) -> bool: ...
