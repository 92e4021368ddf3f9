"""The view model of `/alerts`: what is wrong, what that means, what to do about it, and who knows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..domain.alert import TITLES, Alert, Kind, Severity
from .i18n import age, at_moment, moment, number, sentence
from .views import iso
from .words import opened

SILENCES = (60, 480, 1440)  # minutes

SEVERITIES: Mapping[Severity, tuple[object, str]] = {
    Severity.CRITICAL: (_l("Critical"), "bad"),
    Severity.WARNING: (_l("Warning"), "warn"),
    Severity.INFO: (_l("Note"), "quiet"),
}
FOR: Mapping[int, object] = {60: _l("1 hour"), 480: _l("8 hours"), 1440: _l("1 day")}

ADVICE: Mapping[Kind, object] = {
    Kind.TEMPERATURE: _l("Look at windows and doors, and whether the air conditioner does what it was told."),
    Kind.HUMIDITY: _l("Damp air that lasts lets mould grow, dry air irritates: air the room, or change the bounds."),
    Kind.METER_STALE: _l("Check the meter's battery, and whether its hub is online in the SwitchBot app."),
    Kind.METER_FROZEN: _l("Check the meter's battery and its hub. It is believed again as soon as its value changes."),
    Kind.DEVICE_OFFLINE: _l("Check that the hub has power and Wi-Fi, and that the meter is within its reach."),
    Kind.BATTERY_LOW: _l("Change the batteries before the meter falls silent: nothing is switched without it."),
    Kind.CALL_BUDGET: _l("Commands still go out. Longer intervals in the settings make the calls last."),
    Kind.CLOUD_FAILING: _l("The cloud is asked again by itself. If it goes on, check the internet connection."),
    Kind.CREDENTIALS_REFUSED: _l(
        "Take token and secret anew from the developer options of the SwitchBot app, set SWITCHBOT_TOKEN and "
        "SWITCHBOT_SECRET, and restart the service."
    ),
    Kind.AUTOMATION_OFF: _l("If that is not meant to be so, turn it on again on the first page."),
    Kind.COMMAND_WITHOUT_EFFECT: _l(
        "Check that the unit has power and that nothing stands between it and the hub, then send the command again."
    ),
    Kind.MAINTENANCE_DUE: _l("When it is done, say so on the page of reminders."),
    Kind.CHANNEL_FAILING: _l("Correct the address or the mail settings; a test message shows whether it works."),
    Kind.SETTINGS_INVALID: _l("Correct the file: a valid one takes effect within two seconds."),
}
WAYS: Mapping[Kind, tuple[str, object]] = {
    Kind.TEMPERATURE: ("/actions", _l("Open the actions")),
    Kind.HUMIDITY: ("/settings", _l("Open the settings")),
    Kind.METER_STALE: ("/devices", _l("Open the devices")),
    Kind.METER_FROZEN: ("/devices", _l("Open the devices")),
    Kind.DEVICE_OFFLINE: ("/devices", _l("Open the devices")),
    Kind.BATTERY_LOW: ("/devices", _l("Open the devices")),
    Kind.CALL_BUDGET: ("/quota", _l("Open the quota")),
    Kind.CLOUD_FAILING: ("/ticks", _l("See the last looks")),
    Kind.CREDENTIALS_REFUSED: ("/ticks", _l("See the last looks")),
    Kind.AUTOMATION_OFF: ("/", _l("Open the first page")),
    Kind.COMMAND_WITHOUT_EFFECT: ("/actions", _l("Open the actions")),
    Kind.MAINTENANCE_DUE: ("/reminders", _l("Open the reminders")),
    Kind.CHANNEL_FAILING: ("/users", _l("Open the users")),
    Kind.SETTINGS_INVALID: ("/settings", _l("Open the settings")),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One that lasts. `may_acknowledge` and `silenced` say which of its buttons there are."""

    id: int
    severity: str
    tone: str
    title: str
    message: str
    since: str
    since_iso: str
    seen: str
    known: Sequence[str]
    advice: str
    path: str
    link: str
    is_read: bool
    may_acknowledge: bool
    silenced: bool


@dataclass(frozen=True, slots=True)
class Past:
    """One that is over."""

    id: int
    severity: str
    title: str
    message: str
    when: str
    iso: str
    notes: str


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """What lasts, the worst first, and what is over, the newest first. `older` leads to more of those."""

    headline: str
    items: Sequence[Item]
    past: Sequence[Past]
    older: str
    paged: bool
    silences: Sequence[tuple[int, str]]
    every: int


def alerts_page(
    lasting: Sequence[Alert], over: Sequence[Alert], now: datetime, tz: tzinfo, *, older: str, paged: bool, every: int
) -> AlertsPage:
    """The page at `now`; `every` is how often (minutes) the home is looked over."""
    worst_first = sorted(lasting, key=lambda alert: (-alert.severity.rank, -alert.id))
    return AlertsPage(
        headline=_headline(lasting),
        items=[_item(alert, now, tz) for alert in worst_first],
        past=[_past(alert, now, tz) for alert in over],
        older=older,
        paged=paged,
        silences=[(minutes, str(FOR[minutes])) for minutes in SILENCES],
        every=every,
    )


def _headline(lasting: Sequence[Alert]) -> str:
    if not lasting:
        return str(_("All is well."))
    count = len(lasting)
    return str(ngettext("One alert lasts.", "%(count)s alerts last.", count, count=number(count)))


def title_of(kind: Kind) -> str:
    """What an alert of this kind is called."""
    return sentence(TITLES[kind])


def _item(alert: Alert, now: datetime, tz: tzinfo) -> Item:
    word, tone = SEVERITIES[alert.severity]
    path, link = WAYS[alert.kind]
    return Item(
        id=alert.id,
        severity=str(word),
        tone=tone,
        title=title_of(alert.kind),
        message=opened(sentence(alert.sentence, tz)),
        since=_("Since %(since)s", since=moment(alert.first_seen, tz, now)),
        since_iso=iso(alert.first_seen) or "",
        seen=_("last seen %(ago)s", ago=age(alert.last_seen, now)),
        known=_known(alert, now, tz),
        advice=str(ADVICE[alert.kind]),
        path=path,
        link=str(link),
        is_read=alert.is_read,
        may_acknowledge=alert.acknowledged_at is None,
        silenced=alert.silent(now),
    )


def _known(alert: Alert, now: datetime, tz: tzinfo) -> list[str]:
    """Who knows, and who is told no more."""
    found = []
    if alert.acknowledged_at is not None:
        who = alert.acknowledged_by or _("someone")
        at = moment(alert.acknowledged_at, tz, now)
        found.append(_("%(who)s sees to it, since %(at)s: nobody is told again.", who=who, at=at))
    elif alert.told_at is not None:
        words = ngettext(
            "People were told once, %(at)s.",
            "People were told %(num)s times, last %(at)s.",
            alert.told_count,
            at=at_moment(alert.told_at, tz, now),
        )
        found.append(words)
    if alert.escalated_at is not None and alert.acknowledged_at is None:
        words = _(
            "The administrators were told, since nobody saw to it (%(at)s).", at=moment(alert.escalated_at, tz, now)
        )
        found.append(words)
    if alert.silenced_until is not None and alert.silent(now):
        found.append(_("Silent until %(at)s.", at=moment(alert.silenced_until, tz, now)))
    return found


def _past(alert: Alert, now: datetime, tz: tzinfo) -> Past:
    over = alert.resolved_at or alert.last_seen
    notes = _("seen to by %(who)s", who=alert.acknowledged_by) if alert.acknowledged_by else ""
    begun = moment(alert.first_seen, tz, now)
    return Past(
        id=alert.id,
        severity=str(SEVERITIES[alert.severity][0]),
        title=title_of(alert.kind),
        message=opened(sentence(alert.sentence, tz)),
        when=_("%(begun)s to %(over)s", begun=begun, over=moment(over, tz, now)),
        iso=iso(over) or "",
        notes=notes,
    )
