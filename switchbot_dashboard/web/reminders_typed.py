"""A reminder as it comes in: JSON from a program, or a form as someone filled it in. Types alone; the rules follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unicodedata import category

from flask_babel import gettext as _

from ..domain.reminder import Kind
from .i18n import clock, day, home_zone
from .messages_api import home_instant
from .typed_times import FIRST, LAST, day_and_time_typed, no_date

TEXTS = ("title", "object", "device_id", "zone", "note")
TIMES = ("starts_at", "due_at")
NUMBERS = ("every_days", "every_hours")
SWITCHES = ("tell_created", "tell_done")
NAMES = frozenset((*TEXTS, *TIMES, *NUMBERS, *SWITCHES, "kind", "user"))
ENDS = {"starts_at": "start", "due_at": "due"}  # what a form calls them, each with `_day` and `_time`
MOST_TYPED = 3000  # characters of one field of a form


@dataclass
class Typed:
    """What was typed: `values` by the fields of a wish, `user` an id or a name, `faults` by field.

    `assumed` are times without a zone, which were read by the home's clock.
    """

    values: dict[str, Any] = field(default_factory=dict)
    user: int | str | None = None
    faults: dict[str, str] = field(default_factory=dict)
    assumed: dict[str, datetime] = field(default_factory=dict)

    def notes(self) -> list[str]:
        """What had to be assumed, in a sentence each."""
        zone = str(home_zone())
        words = _("%(name)s had no time zone; it was read as %(day)s %(time)s in the home's zone, %(zone)s.")
        return [words % {"name": name, "day": day(at), "time": clock(at), "zone": zone} for name, at in
                self.assumed.items()]  # fmt: skip


def read_json(body: Mapping[str, Any]) -> Typed:
    """A body, key by key; what it does not name is not in `values`."""
    typed = Typed(faults={name[:100]: _("There is no such field here.") for name in body if name not in NAMES})
    for name, value in body.items():
        if name in TEXTS:
            _text(typed, name, value)
        elif name in TIMES:
            _time(typed, name, value)
        elif name in NUMBERS:
            _number(typed, name, value)
        elif name in SWITCHES:
            _switch(typed, name, value)
        elif name == "kind":
            _kind(typed, value)
        elif name == "user":
            _user(typed, value)
    return typed


def read_until(body: Mapping[str, Any]) -> Typed:
    """The end of a snooze, as `until`."""
    typed = Typed(faults={name[:100]: _("There is no such field here.") for name in body if name != "until"})
    if body.get("until") is None:
        typed.faults["until"] = _("Say until when, like 2026-03-01T17:30.")
    else:
        _time(typed, "until", body["until"])
    return typed


def read_form(form: Mapping[str, str]) -> Typed:
    """A form: days and times apart, numbers as text, switches that are there when they are on."""
    body: dict[str, Any] = {name: form.get(name, "")[:MOST_TYPED] for name in (*TEXTS, "kind")}
    body["title"] = " ".join(body["title"].split())
    faults: dict[str, str] = {}
    for name, short in ENDS.items():
        body[name] = day_and_time_typed(form.get(f"{short}_day", ""), form.get(f"{short}_time", ""), name, faults)
    for name in NUMBERS:
        text = form.get(name, "").strip()
        body[name] = (int(text) if text.isascii() and text.isdigit() and len(text) < 7 else text) if text else None
    for name in SWITCHES:
        body[name] = name in form
    who = form.get("user", "")
    if who:
        body["user"] = int(who) if who.isascii() and who.isdigit() and len(who) < 19 else who
    typed = read_json(body)
    typed.faults |= faults
    return typed


def _text(typed: Typed, name: str, value: object) -> None:
    if value is None and name != "title":
        value = ""
    if not isinstance(value, str):
        typed.faults[name] = _("This must be a text.")
    elif any(category(character) == "Cc" and character not in "\r\n\t" for character in value):
        typed.faults[name] = _("This has a character that cannot be kept.")
    else:
        typed.values[name] = value.replace("\r\n", "\n").strip() if name == "note" else " ".join(value.split())


def _time(typed: Typed, name: str, value: object) -> None:
    if value is None:
        typed.values[name] = None
        return
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        at = None if found is None else found.astimezone(UTC) if found.tzinfo else home_instant(found)
    except (ValueError, OverflowError):
        at = found = None
    if at is None or found is None or not FIRST <= at <= LAST:
        typed.faults[name] = no_date(str(value))
        return
    typed.values[name] = at
    if not found.tzinfo:
        typed.assumed[name] = at


def _number(typed: Typed, name: str, value: object) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        typed.faults[name] = _("This must be a whole number, or nothing.")
    else:
        typed.values[name] = value


def _switch(typed: Typed, name: str, value: object) -> None:
    if isinstance(value, bool):
        typed.values[name] = value
    else:
        typed.faults[name] = _("This must be true or false.")


def _kind(typed: Typed, value: object) -> None:
    if isinstance(value, str) and value in list(Kind):
        typed.values["kind"] = Kind(value)
    else:
        typed.faults["kind"] = _("The kind is one of these words: %(words)s.", words=", ".join(Kind))


def _user(typed: Typed, value: object) -> None:
    if isinstance(value, int | str) and not isinstance(value, bool):
        typed.user = value
    else:
        typed.faults["user"] = _("A person is named by their number, or by their name.")
