"""One message on one way: what a carrier is handed, and what it says came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ..domain.message import Piece
from ..domain.sentence import Sentence, say


class Outcome(StrEnum):
    """What became of a try; the names are those of the table of attempts."""

    SENT = "sent"
    REFUSED = "refused"
    """For good: the same try will never succeed, so it is not repeated, and the channel is marked."""
    FAILED = "failed"
    """For now: it was not accepted, and may be tried again."""
    UNKNOWN = "unknown"
    """Nobody can know whether it was accepted."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message in the recipient's language, ready to leave. `address` is the plain one: never log it.

    `key` names it to the server (the Message-ID of a mail) and is the same at every try. `link` leads to the message
    on the dashboard, or is empty. `pieces` are for ways that can carry them.
    """

    key: str
    address: str = field(repr=False)
    title: str
    body: str
    link: str = ""
    language: str = "en"
    sender_name: str = ""
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a try: in a sentence for a person, and after how many goes at once (1 to 3).

    `channel_at_fault` is false where a refusal for good says nothing about the recipient's address.
    """

    outcome: Outcome
    detail: Sentence = field(default_factory=lambda: say("Delivered."))
    tries: int = 1
    channel_at_fault: bool = True


class Carrier(Protocol):
    """One way out of the house, used by several threads at once. Never raises, and returns within a minute.

    A connection refused or dropped before acceptance is tried again at once, up to three times, within one `carry`.
    """

    def carry(self, parcel: Parcel) -> Result: ...
