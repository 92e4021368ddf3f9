"""Times, lengths and counts as people say them, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..domain.record import Aircon, Fate, Record, Turn
from .i18n import at_moment, moment, number, sentence


def calls(least: int, most: int | None = None) -> str:
    """A cost: `1 call`, `1–3 calls`."""
    if most is None or most == least:
        return str(ngettext("%(count)s call", "%(count)s calls", least, count=number(least)))
    return str(_("%(least)s–%(most)s calls", least=least, most=most))


def listed(names: Sequence[str]) -> str:
    """`Home`, `Home and Office`, `Home, Office and Attic`."""
    if len(names) == 1:
        return names[0]
    return str(_("%(names)s and %(last)s", names=", ".join(names[:-1]), last=names[-1]))


def opened(text: str) -> str:
    """A sentence that begins with a capital and ends with a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".") if text else ""


AUTO = (_l("Running on auto"), "auto")
DOING = {0: AUTO, 1: AUTO, 2: (_l("Cooling"), "cool"), 3: (_l("Drying"), "cool"), 4: (_l("Fan running"), "fan")}
DOING |= {5: (_l("Heating"), "heat")}
RUNNING = (_l("On"), "auto")


def doing(aircon: Aircon, now: datetime, tz: tzinfo) -> tuple[str, str]:
    """What the air conditioner is assumed to do, in words and a tone: `heat`, `cool`, `fan`, `auto`, `off`, `none`."""
    if aircon.power is None:
        return str(_("It is not known whether the air conditioner runs")), "none"
    word, tone = (_l("Off"), "off") if not aircon.power else RUNNING
    if aircon.power and aircon.mode is not None:
        word, tone = DOING.get(aircon.mode, RUNNING)
    text = str(word)
    if aircon.since is not None:
        text = _("%(doing)s since %(when)s", doing=text, when=moment(aircon.since, tz, now))
    if aircon.power and aircon.temperature is not None and aircon.mode != 4:
        text = _("%(doing)s, set to %(degrees)s°", doing=text, degrees=aircon.temperature)
    return text, tone


SENT = {Turn.ON: _l("On sent at %(at)s."), Turn.OFF: _l("Off sent at %(at)s."), Turn.FAN: _l("Fan sent at %(at)s.")}
UNSURE = {
    Turn.ON: _l("On was sent at %(at)s, but no answer came: it may have happened."),
    Turn.OFF: _l("Off was sent at %(at)s, but no answer came: it may have happened."),
    Turn.FAN: _l("Fan was sent at %(at)s, but no answer came: it may have happened."),
}
FAILED = {
    Turn.ON: _l("On did not go through."),
    Turn.OFF: _l("Off did not go through."),
    Turn.FAN: _l("Fan did not go through."),
}


def came_of(
    records: Sequence[Record], spent: int, hold_until: datetime | None, now: datetime, tz: tzinfo
) -> tuple[str, str]:
    """What came of a button: a sentence or a few, and `ok` or `warn`."""
    said = [_sent(record, now, tz) for record in records]
    parts = [part for part in dict.fromkeys(said) if part]
    fates = [record.action.fate for record in records if record.action]
    if hold_until is not None and Fate.DONE in fates:
        parts.append(_("Holds until %(when)s or until you resume.", when=moment(hold_until, tz, now)))
    tone = "ok" if all(fate is Fate.DONE for fate in fates) else "warn"
    return " ".join([*parts, _("It cost %(calls)s.", calls=calls(spent))]), tone


def _sent(record: Record, now: datetime, tz: tzinfo) -> str:
    done = record.action
    if done is None:
        return opened(sentence(record.verdict.sentence, tz))
    turn, at = done.order.turn, at_moment(done.sent_at, tz, now)
    if done.fate is Fate.DONE:
        return str(SENT[turn]) % {"at": at}
    if done.fate is Fate.UNKNOWN:
        return str(UNSURE[turn]) % {"at": at}
    why = opened(sentence(done.errors[-1], tz)) if done.errors else ""
    return f"{FAILED[turn]} {why}".strip()
