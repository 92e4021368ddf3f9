"""Times as people type them: `7:30`, `0730`, `7h30`, `7.30`; and ranges of the history. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime, timedelta, tzinfo

from flask_babel import gettext as _

CLOCK = re.compile(r"([0-9]{1,2})(?:\s*[:.,h]\s*([0-9]{2})|\s*h|([0-9]{2}))?", re.IGNORECASE)
SECONDS = re.compile(r"(?<=:[0-9]{2}):[0-5][0-9]$")
PLUS_LOST = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")  # "+01:00" in an address arrives as " 01:00"
LONGEST = timedelta(days=3660)
FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

Faults = MutableMapping[str, str]


def clock_typed(text: str) -> str:
    """A time of day as the settings have it, `07:30`; what cannot be read as one as it was typed."""
    plain = text.strip()
    found = CLOCK.fullmatch(plain)
    if found is None:
        return plain
    hour, minute = int(found[1]), int(found[2] or found[3] or 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else plain


def is_clock(text: str) -> bool:
    """Whether a text is a time of day, written `07:30`."""
    return re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) is not None


def day_and_time_typed(day: str, time: str, name: str, faults: Faults) -> str | None:
    """A day and a time of two fields as one text, `2026-03-01T17:30`, with seconds where they were typed.

    Nothing where neither was typed; what is wrong with them is in `faults` under `name`.
    """
    date, clock = day.strip()[:40], clock_typed(time[:40])
    if not date and not clock:
        return None
    if not date:
        faults[name] = _("A date is missing here.")
    elif not clock:
        faults[name] = _("A time is missing here; write it like 17:30.")
    elif not is_clock(SECONDS.sub("", clock)):
        faults[name] = _("%(text)s is not a time; write it like 17:30.", text=repr(clock))
    return f"{date}T{clock}"


def instant_typed(text: str, tz: tzinfo) -> datetime | None:
    """An instant in UTC; without an offset it is meant in `tz`, a date alone is its first moment. None for no such."""
    try:
        found = datetime.fromisoformat(PLUS_LOST.sub("+", text.strip()))
        instant = (found if found.tzinfo else found.replace(tzinfo=tz)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if FIRST <= instant <= LAST else None


def range_typed(asked: Mapping[str, str], tz: tzinfo, faults: Faults) -> tuple[datetime, datetime] | None:
    """A range by its `start` and `end`, each with or without a `…_time` beside its date.

    None where neither is asked for, or where `faults` says by field why it is none.
    """
    if not any(asked.get(name) for name in ("start", "end", "start_time", "end_time")):
        return None
    start, end = (_end_typed(asked, name, tz, faults) for name in ("start", "end"))
    if start is None or end is None:
        return None
    fault = range_fault(start, end)
    if fault:
        faults["start"] = fault
    return None if fault else (start, end)


def range_fault(start: datetime, end: datetime) -> str:
    """Why two instants are no range; nothing where they are one."""
    if start >= end:
        return str(_("The start must be before the end."))
    return str(_("The range is longer than 10 years; choose a shorter one.")) if end - start > LONGEST else ""


def no_date(text: str) -> str:
    """What is said of a text that names no instant."""
    words = _("%(text)s is not a date that can be used; write it like 2026-03-01 or 2026-03-01T17:30.")
    return str(words % {"text": repr(text[:40])})


def _end_typed(asked: Mapping[str, str], name: str, tz: tzinfo, faults: Faults) -> datetime | None:
    day, time = asked.get(name, "").strip(), clock_typed(asked.get(f"{name}_time", ""))
    if not day:
        faults[name] = _("A date is missing here.")
        return None
    if time and not is_clock(time):
        faults[f"{name}_time"] = _("%(text)s is not a time; write it like 17:30.", text=repr(time[:40]))
        return None
    found = instant_typed(f"{day}T{time}" if time else day, tz)
    if found is None:
        faults[name] = no_date(day)
    return found
