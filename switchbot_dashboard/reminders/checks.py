"""What is wrong with what someone asks for: one sentence a field, and nothing is changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from ..domain.errors import Told
from ..domain.reminder import Wish
from ..domain.sentence import Sentence, say

LONGEST = {"title": 200, "object": 200, "device_id": 100, "zone": 100, "note": 2000}
MOST_DAYS, MOST_HOURS = 3660, 20_000
FURTHEST = timedelta(days=3660)

Faults = dict[str, Sentence]


class Unknown(Told, LookupError):
    """There is no such reminder."""


class NotOpen(Told):
    """It is done or stopped already, or was changed at the same moment; nothing was changed."""


class Invalid(Told, ValueError):
    """What was asked for cannot be done; `fields` says why, field by field."""

    def __init__(self, fields: Mapping[str, Sentence]) -> None:
        super().__init__(next(iter(fields.values())))
        self.fields = dict(fields)


def check(wish: Wish, now: datetime, zones: Collection[str], *, due_is_new: bool = True) -> None:
    """Raises Invalid. `due_is_new`: the due instant was chosen just now, so it must lie ahead."""
    faults = {**_texts(wish), **_returns(wish, zones), **_times(wish, now, due_is_new=due_is_new)}
    if faults:
        raise Invalid(faults)


def check_snooze(until: datetime, now: datetime) -> None:
    """Raises Invalid for an end that does not lie ahead, or too far."""
    if until <= now:
        raise Invalid({"until": say("The snooze would be over already; choose a time to come.")})
    if until - now > FURTHEST:
        raise Invalid({"until": _too_far()})


def _texts(wish: Wish) -> Faults:
    found: Faults = {}
    if not wish.title.strip():
        found["title"] = say("A title is missing: say in a few words what is to be done, or what is lent.")
    for name, most in LONGEST.items():
        length = len(getattr(wish, name))
        if length > most:
            words = "This has {length} characters; {most} fit."
            found[name] = say(words, length=length, most=most)
    return found


def _returns(wish: Wish, zones: Collection[str]) -> Faults:
    found: Faults = {}
    for name, most in (("every_days", MOST_DAYS), ("every_hours", MOST_HOURS)):
        value = getattr(wish, name)
        if value is not None and not 1 <= value <= most:
            found[name] = say("This must be a whole number from 1 to {most}.", most=most)
    if wish.every_days is not None and wish.every_hours is not None:
        found["every_hours"] = say("It comes back by days or by hours of running; leave one of them empty.")
    if wish.every_hours is not None and wish.zone not in zones:
        known = ", ".join(sorted(zones))
        found["zone"] = (
            say("The hours of which zone? There are: {known}.", known=known)
            if zones
            else say("No zone is set up, so no hours of running can be counted.")
        )
    return found


def _times(wish: Wish, now: datetime, *, due_is_new: bool) -> Faults:
    if wish.due_at is None:
        if wish.every_hours is None:
            return {"due_at": say("When is it due? Only a reminder by hours of running can do without a time.")}
        return {}
    if wish.due_at <= wish.starts_at:
        words = "It would be due {due:date}, before it starts {start:date}; choose a later time."
        return {"due_at": say(words, due=wish.due_at, start=wish.starts_at)}
    if due_is_new and wish.due_at <= now:
        return {"due_at": say("{due:date} is past; choose a time to come.", due=wish.due_at)}
    if wish.due_at - now > FURTHEST:
        return {"due_at": _too_far()}
    return {}


def _too_far() -> Sentence:
    return say("This is more than ten years away; choose an earlier time.")
