"""What the rooms about people refuse, as an answer: its status, its code, and a sentence for each field."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from ..domain import posted
from ..domain.channel import UnknownChannel
from ..people import NameTaken, PeopleError, Unfit, UnknownToken, UnknownUser
from .errors import Refusal, answer
from .i18n import sentence

KINDS: Mapping[type[Exception], tuple[int, str]] = {
    UnknownUser: (404, "not_found"),
    UnknownToken: (404, "not_found"),
    NameTaken: (422, "invalid"),
    PeopleError: (422, "invalid"),
    posted.InThePast: (400, "in_the_past"),
    posted.NobodyNamed: (400, "no_recipients"),
    posted.UnknownRecipients: (404, "unknown_recipients"),
    posted.OnlyForOneself: (403, "forbidden"),
    posted.UnknownMessage: (404, "not_found"),
    posted.NotPending: (400, "not_pending"),
    posted.NothingToRetry: (400, "nothing_to_retry"),
    UnknownChannel: (404, "not_found"),
    posted.Refused: (400, "refused"),
}
FIELDS: Mapping[type[Exception], str] = {
    posted.InThePast: "scheduled_at",
    posted.NobodyNamed: "recipients",
    posted.UnknownRecipients: "recipients",
    posted.OnlyForOneself: "recipients",
}
LAST = "role"  # a fault of this field is the last administrator's


def register_people_errors(app: Flask) -> None:
    """They leave in the contract's shape."""
    for kind in (PeopleError, Unfit, posted.Refused, posted.Unfit):
        app.register_error_handler(kind, lambda error: answer(refusal_of(error) or Refusal(500)))


def refusal_of(error: Exception) -> Refusal | None:
    """The error as an answer; None for one that has nothing to do with people."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, Unfit | posted.Unfit):
        return Refusal(422, fields={name: sentence(said) for name, said in error.fields.items()})
    if not isinstance(error, PeopleError | posted.Refused):
        return None
    words = sentence(error.sentence)
    kind = next(kind for kind in type(error).__mro__ if kind in KINDS)
    status, code = KINDS[kind]
    field = FIELDS.get(kind, error.field if isinstance(error, PeopleError) else "")
    if isinstance(error, PeopleError) and field == LAST:
        return Refusal(409, words, code="last_administrator", fields={field: words})
    return Refusal(status, words, code=code, fields={field: words} if field else {})


def told_words(refusal: Refusal) -> str:
    """The refusal in one line: what is wrong with the fields says more than that something is."""
    return " ".join(dict.fromkeys(refusal.fields.values())) or refusal.message
