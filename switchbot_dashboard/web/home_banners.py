"""What stands above all else on the first page: what is wrong, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from ..domain.alert import TITLES, Kind, Severity
from ..domain.record import Suspect, ZoneState
from ..domain.sentence import Sentence, say
from ..domain.settings_faults import Fault
from .i18n import at_moment, number, sentence
from .state import Known, zone_view
from .words import calls, listed, opened

MOST_ALERTS = 3  # told one by one
LATE = timedelta(minutes=2)  # a wake this long overdue is told


@dataclass(frozen=True, slots=True)
class Button:
    """A form of one button; `cost` is said on it, `value` goes with it."""

    action: str
    label: str
    cost: str = ""
    zone: str = ""
    tone: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Banner:
    """A line above all else; `tone` is `quiet`, `warn` or `bad`; `path` and `link` lead to where it is put right."""

    tone: str
    text: str
    lines: Sequence[str] = ()
    button: Button | None = None
    path: str = ""
    link: str = ""


def banners(known: Known, warnings: Sequence[Sentence], unwell: Sentence | None, *, admin: bool) -> tuple[Banner, ...]:
    """All of them, the worst first."""
    found = [
        _unwell(unwell),
        *_alerts(known),
        _invalid(known),
        _late(known),
        *_stale(known),
        *_deaf(known),
        _automation_off(known, admin),
    ]
    told = [banner for banner in (*found, _few_calls(known)) if banner is not None]
    return (*told, *(_to_settings("warn", opened(sentence(text, known.tz))) for text in warnings))


SHOWN_ELSEWHERE = {  # these stand on the first page in words of their own, with a button or more figures
    Kind.METER_STALE,
    Kind.METER_FROZEN,
    Kind.COMMAND_WITHOUT_EFFECT,
    Kind.SETTINGS_INVALID,
    Kind.AUTOMATION_OFF,
    Kind.CALL_BUDGET,
}


def _alerts(known: Known) -> list[Banner]:
    """Alerts to which nobody sees yet: each of the worst, and how many more there are."""
    left = [alert for alert in known.told if alert.acknowledged_at is None and not alert.silent(known.now)]
    told = sorted(
        (alert for alert in left if alert.kind not in SHOWN_ELSEWHERE), key=lambda alert: -alert.severity.rank
    )
    found = [
        Banner(
            "bad" if alert.severity is Severity.CRITICAL else "warn",
            sentence(say("{zone}: {what}.", zone=TITLES[alert.kind], what=alert.sentence), known.tz),
            path="/alerts",
            link=_("Open the alerts"),
        )
        for alert in told[:MOST_ALERTS]
    ]
    rest = len(left) - len(found)
    if rest:
        words = ngettext("Nobody sees to one alert yet.", "Nobody sees to %(num)s alerts yet.", rest)
        if found:
            words = ngettext("Nobody sees to one more alert yet.", "Nobody sees to %(num)s more alerts yet.", rest)
        found.append(Banner("quiet", words, path="/alerts", link=_("Open the alerts")))
    return found


def _to_settings(tone: str, text: str, lines: Sequence[str] = ()) -> Banner:
    return Banner(tone, text, lines, path="/settings", link=_("Open the settings"))


def _unwell(why: Sentence | None) -> Banner | None:
    return Banner("bad", opened(sentence(why))) if why else None


def _invalid(known: Known) -> Banner | None:
    if not known.faults:
        return None
    count = len(known.faults)
    text = ngettext("The settings file has one mistake.", "The settings file has %(num)s mistakes.", count)
    if known.settings:
        rest = _("The last good settings stay in force.")
    else:
        rest = _("Nothing is driven until it is corrected.")
    return _to_settings("bad", f"{text} {rest}", [_fault(fault) for fault in known.faults])


def _fault(fault: Fault) -> str:
    """`Line 12: …`; the key stands in front where the sentence does not begin with it."""
    message = sentence(fault.said)
    if fault.key and not message.startswith(fault.key):
        message = f"{fault.key}: {message}"
    return _("Line %(line)s: %(message)s", line=fault.line, message=message) if fault.line else message


def _late(known: Known) -> Banner | None:
    wake = known.wake
    if wake is None or known.now - wake[0] < LATE:
        return None
    due = at_moment(wake[0], known.tz, known.now)
    text = _("No look has been taken since one was due at %(due)s.", due=due)
    return Banner("bad", f"{text} {_('Look into the log, or restart the service.')}")


def _stale(known: Known) -> list[Banner]:
    """A meter that is not to be trusted, with what is known of the reason."""
    found = []
    zones = known.settings.all_zones if known.settings else ()
    for zone in zones:
        state = known.house.states.get(zone.id, ZoneState(zone.id))
        reading = zone_view(known, zone)["reading"]
        if not reading["stale"] or state.reading is None:
            continue
        text = sentence(known.stale(zone, state), known.tz)
        text = f"{zone.name}: {text}" if len(zones) > 1 else text
        what = _("Check the meter's battery, and whether its hub is online in the SwitchBot app.")
        if state.doubt is not None and state.doubt.suspect is Suspect.METER:
            what = f"{what} {_('It is believed again as soon as its value changes.')}"
        found.append(Banner("warn", f"{opened(text)} {what}", path="/devices", link=_("Open the devices")))
    return found


def _deaf(known: Known) -> list[Banner]:
    """An air conditioner that does not seem to follow, and what to do about it."""
    zones, found = known.settings.all_zones if known.settings else (), []
    for zone in zones:
        doubt = known.house.states.get(zone.id, ZoneState(zone.id)).doubt
        if doubt is None or doubt.suspect is not Suspect.UNIT:
            continue
        text = sentence(doubt.sentence, known.tz)
        text = f"{zone.name}: {text}" if len(zones) > 1 else text
        what = _("Check that it has power and that nothing stands between it and the hub, then send the command again.")
        found.append(Banner("warn", f"{opened(text)} {what}", path="/actions", link=_("Open the actions")))
    return found


def _automation_off(known: Known, admin: bool) -> Banner | None:
    zones = known.settings.all_zones if known.settings else ()
    off = [zone.name for zone in zones if not zone.automation_enabled]
    if not off:
        return None
    if len(zones) == 1:
        text = _("The automation is off: the temperature is watched, nothing is switched by itself.")
    else:
        where = listed(off)
        text = _("The automation is off in %(zones)s: the temperature is watched, nothing is switched.", zones=where)
    tone = "warn" if len(off) == len(zones) else "quiet"  # one zone of several may well be meant to be off
    if admin:
        return Banner(tone, text, button=Button("automation-on", _("Turn the automation on"), calls(1)))
    return Banner(tone, f"{text} {_('An administrator can turn it on.')}")


def _few_calls(known: Known) -> Banner | None:
    if not known.quota["warning"]:
        return None
    left = number(known.quota["remaining"])
    text = _("%(left)s of today's calls are left, those kept for commands included: readings are fewer.", left=left)
    what = _("Longer intervals in the settings make the calls last.")
    resets = _("The count begins anew at %(at)s.", at=at_moment(known.resets_at, known.tz, known.now))
    return _to_settings("warn", f"{text} {resets} {what}")
