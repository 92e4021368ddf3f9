"""Times, lengths and counts as people say them. English; one place for what another language would say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from ..domain.record import Aircon, Fate, Record, Turn
from ..domain.sentence import english_span

THIN = "\u202f"  # a narrow no-break space


def when(instant: datetime, now: datetime, tz: tzinfo) -> str:
    """`17:30` today, `yesterday 17:30`, `tomorrow 06:30`, else `Mon 2 Mar 17:30`."""
    local, today = instant.astimezone(tz), now.astimezone(tz).date()
    day = {-1: "yesterday ", 0: "", 1: "tomorrow "}.get((local.date() - today).days)
    return f"{local:%a} {local.day} {local:%b %H:%M}" if day is None else f"{day}{local:%H:%M}"


def ago(instant: datetime, now: datetime) -> str:
    """How long ago: `just now`, `2 min ago`."""
    seconds = round((now - instant).total_seconds())
    return "just now" if seconds < 5 else f"{english_span(seconds)} ago"


def ahead(instant: datetime, now: datetime) -> str:
    """How long until: `now`, `in 45 s`, `in 6 min`."""
    seconds = round((instant - now) / timedelta(seconds=1))
    return "now" if seconds <= 0 else f"in {english_span(seconds)}"


def grouped(number: int) -> str:
    """`10 000`: digits by threes."""
    return f"{number:,}".replace(",", THIN)


def calls(least: int, most: int | None = None) -> str:
    """A cost: `1 call`, `1–3 calls`."""
    if most is None or most == least:
        return f"{grouped(least)} call" if least == 1 else f"{grouped(least)} calls"
    return f"{least}–{most} calls"


def listed(names: Sequence[str]) -> str:
    """`Home`, `Home and Office`, `Home, Office and Attic`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def opened(sentence: str) -> str:
    """A sentence that begins with a capital and ends with a full stop."""
    text = sentence.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".") if text else ""


DOING = {0: ("Running on auto", "auto"), 1: ("Running on auto", "auto"), 2: ("Cooling", "cool"), 3: ("Drying", "cool")}
DOING |= {4: ("Fan running", "fan"), 5: ("Heating", "heat")}


def doing(aircon: Aircon, now: datetime, tz: tzinfo) -> tuple[str, str]:
    """What the air conditioner is assumed to do, in words and a tone: `heat`, `cool`, `fan`, `auto`, `off`, `none`."""
    if aircon.power is None:
        return "It is not known whether the air conditioner runs", "none"
    since = f" since {when(aircon.since, now, tz)}" if aircon.since else ""
    if not aircon.power:
        return f"Off{since}", "off"
    word, tone = DOING.get(aircon.mode, ("On", "auto")) if aircon.mode is not None else ("On", "auto")
    degrees = aircon.temperature is not None and aircon.mode != 4
    return f"{word}{since}{f', set to {aircon.temperature}°' if degrees else ''}", tone


TURNS = {Turn.ON: "On", Turn.OFF: "Off", Turn.FAN: "Fan"}


def came_of(
    records: Sequence[Record], spent: int, hold_until: datetime | None, now: datetime, tz: tzinfo
) -> tuple[str, str]:
    """What came of a button: a sentence or a few, and `ok` or `warn`."""
    said = [_sent(record, now, tz) for record in records]
    parts = [part for part in dict.fromkeys(said) if part]
    fates = [record.action.fate for record in records if record.action]
    if hold_until is not None and Fate.DONE in fates:
        parts.append(f"Holds until {when(hold_until, now, tz)} or until you resume.")
    tone = "ok" if all(fate is Fate.DONE for fate in fates) else "warn"
    return " ".join([*parts, f"It cost {calls(spent)}."]), tone


def _sent(record: Record, now: datetime, tz: tzinfo) -> str:
    done = record.action
    if done is None:
        return opened(record.verdict.sentence.text(tz))
    word, at = TURNS[done.order.turn], when(done.sent_at, now, tz)
    if done.fate is Fate.DONE:
        return f"{word} sent at {at}."
    if done.fate is Fate.UNKNOWN:
        return f"{word} was sent at {at}, but no answer came: it may have happened."
    why = opened(done.errors[-1]) if done.errors else ""
    return f"{word} did not go through. {why}".strip()
