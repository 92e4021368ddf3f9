"""The ways to people beside the dashboard, as they may be shown: never an address, never a password, only hints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .message import Way
from .posted import Refused
from .sentence import Sentence


class Security(StrEnum):
    """How the way to a mail server is closed to others."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


USUAL_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


class UnknownChannel(Refused):
    """There is no such channel, or it is not this person's."""

    def __init__(self) -> None:
        super().__init__("There is no such channel: reload the page to see which there are.")


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to someone. `hint` is what is shown of its address; a `problem` lasts until someone changes it."""

    id: int
    user_id: int
    way: Way
    hint: str
    enabled: bool
    created_at: datetime
    problem: Sentence | None = None
    problem_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailForm:
    """A mail server as someone entered it. `port` None: the usual one for its security.

    `password` is None to keep the one there is, and empty for none.
    """

    host: str
    port: int | None = None
    security: str = Security.STARTTLS
    user: str = ""
    password: str | None = field(default=None, repr=False)
    sender: str = ""
    sender_name: str = ""


@dataclass(frozen=True, slots=True)
class MailView:
    """The mail server as it may be shown: whether there is a password, and what is wrong since when."""

    host: str
    port: int
    security: Security
    user: str
    has_password: bool
    sender: str
    sender_name: str
    problem: Sentence | None = None
    problem_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a test message came to, in a sentence for who pressed the button."""

    delivered: bool
    said: Sentence


@dataclass(frozen=True, slots=True)
class StoredMail:
    """The mail settings as they are stored, the password sealed, and what was last wrong with them."""

    text: str = field(repr=False)
    problem: Sentence | None
    problem_at: datetime | None
