"""The view model of the first page: is it fine, why is it so, what is next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..domain.history import Sample
from ..domain.outlook import lacks
from ..domain.record import Hold, Outcome, Pace, Record, ZoneState
from ..domain.sentence import Sentence
from ..domain.settings import Season, Zone
from ..domain.trend import STEADY, trend
from ..domain.windows import Opening, opening_at, spans_between
from .home_banners import Banner, Button, banners
from .home_chart import SHOWN, Chart, chart_of
from .home_lately import Line, lately
from .i18n import age, ahead, at_moment, clock, decimal, degrees, moment, number, percent, sentence, short
from .state import Known, held, zone_view
from .terms import PACES
from .views import View, iso
from .words import calls, doing, opened

__all__ = ["Banner", "Button", "Card", "HomePage", "home_page"]

LOW_BATTERY = 20  # percent
CHOSEN = {
    "winter": _l("Chosen by hand: heat, since %(since)s."),
    "summer": _l("Chosen by hand: cool, since %(since)s."),
    "fan": _l("Chosen by hand: fan, since %(since)s."),
    "off": _l("Chosen by hand: off, since %(since)s."),
}
PURPOSES = {
    "read": (_l("%(count)s reading"), _l("%(count)s readings")),
    "command": (_l("%(count)s command"), _l("%(count)s commands")),
    "catalogue": (_l("%(count)s list of devices"), _l("%(count)s lists of devices")),
    "probe": (_l("%(count)s probe"), _l("%(count)s probes")),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant with its words now; the page keeps them current."""

    iso: str
    words: str
    clock: str


@dataclass(frozen=True, slots=True)
class Bar:
    """An open window: `done` and `whole` in seconds, and its ends in words."""

    opened: Moment
    closes: Moment
    done: int
    whole: int


@dataclass(frozen=True, slots=True)
class Trend:
    """Where the temperature is going: an icon, its figure, and both in words."""

    icon: str
    figure: str
    words: str


@dataclass(frozen=True, slots=True)
class Card:
    """One zone."""

    id: str
    name: str
    temperature: str
    humidity: str
    trend: Trend | None
    read: Moment | None
    doubted: bool
    warning: str
    doing: str
    tone: str
    aims: str
    notes: Sequence[str]
    why: str
    record: int | None
    wake: Moment | None
    wake_reason: str
    pace: str
    bar: Bar | None
    window: str
    chart: Chart | None
    hold: str
    resume: Button
    buttons: Sequence[Button]
    seasons: Sequence[tuple[Button, bool]]
    automation: Button
    automatic: bool


@dataclass(frozen=True, slots=True)
class Calls:
    """The day's calls."""

    used: int
    limit: int
    words: str
    purposes: Sequence[str]
    projected: str
    resets: Moment
    tone: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """The whole first page. `admin` may switch the season and the automation."""

    title: str
    now: str
    virtual: bool
    admin: bool
    banners: Sequence[Banner]
    cards: Sequence[Card]
    house_buttons: Sequence[Button]
    calls: Calls
    lately: Sequence[Line] = field(default=())


def home_page(
    known: Known,
    warnings: Sequence[Sentence],
    records: Sequence[Record],
    samples: Mapping[str, Sequence[Sample]],
    *,
    admin: bool,
    unwell: Sentence | None = None,
) -> HomePage:
    """The first page for someone who may change settings (`admin`) or not.

    `records` are what happened lately, `samples` the last hours by zone; `unwell` says why nothing can be kept.
    """
    zones = known.settings.all_zones if known.settings else ()
    names = {zone.id: zone.name for zone in zones}
    newest = {record.zone: record for record in reversed(records)}
    return HomePage(
        title=zones[0].name if len(zones) == 1 and known.settings and known.settings.zones else _("Home"),
        now=iso(known.now) or "",
        virtual=known.source == "virtual_home",
        admin=admin,
        banners=banners(known, warnings, unwell, admin=admin),
        cards=tuple(
            _card(known, zone, samples.get(zone.id, ()), newest.get(zone.id), alone=len(zones) == 1) for zone in zones
        ),
        house_buttons=_house_buttons(zones),
        calls=_calls(known),
        lately=lately(known, records, names),
    )


def _moment(instant: datetime, words: str, known: Known) -> Moment:
    return Moment(iso(instant) or "", words, moment(instant, known.tz, known.now))


def _past(instant: datetime | None, known: Known) -> Moment | None:
    return _moment(instant, age(instant, known.now), known) if instant else None


def _coming(instant: datetime, known: Known) -> Moment:
    return _moment(instant, ahead(instant, known.now), known)


# Zones


def _card(known: Known, zone: Zone, samples: Sequence[Sample], newest: Record | None, *, alone: bool) -> Card:
    assert known.settings is not None  # a zone comes from settings
    state = known.house.states.get(zone.id, ZoneState(zone.id))
    view = zone_view(known, zone)
    reading, verdict, wake = state.reading, state.verdict, state.wake
    words, tone = doing(state.aircon, known.now, known.tz)
    opening = opening_at(zone.windows, known.settings.tz, known.now)
    told = verdict is not None and verdict.outcome is Outcome.OUTSIDE_WINDOW  # says when the next one opens
    same = newest is not None and verdict is not None and newest.at == verdict.at
    return Card(
        id=zone.id,
        name=zone.name,
        temperature=degrees(reading.tenths if reading else None),
        humidity=percent(reading.humidity) if reading and reading.humidity is not None else "",
        trend=None if view["reading"]["stale"] else _trend(samples, known.now),
        read=_past(reading.read_at if reading else None, known),
        doubted=bool(view["reading"]["stale"]),
        warning=_warning(known, state),
        doing=words,
        tone=tone,
        aims=_aims(zone),
        notes=tuple(_notes(known, zone, state, view)),
        why=opened(sentence(verdict.sentence, known.tz)) if verdict else _("The first look has not been taken yet."),
        record=newest.id if newest is not None and same else None,
        wake=_coming(wake.at, known) if wake else None,
        wake_reason=opened(sentence(wake.reason, known.tz)) if wake else "",
        pace=str(PACES[wake.pace]) if wake and wake.pace is not Pace.TABLE else "",
        bar=_bar(known, opening),
        window="" if told else _window(known, zone, opening),
        chart=_chart(known, zone, samples),
        hold=_hold(known, state.hold) if state.hold and held(state, known.now) else "",
        resume=Button("resume", _("Resume"), calls(1), zone.id),
        buttons=_buttons(zone, alone=alone),
        seasons=_seasons(zone),
        automation=Button("automation", _("Automation"), "", zone.id, value="off" if zone.automation_enabled else "on"),
        automatic=zone.automation_enabled,
    )


def _trend(samples: Sequence[Sample], now: datetime) -> Trend | None:
    slope = trend(samples, round(now.timestamp() * 1000))
    if slope is None:
        return None
    figure = _("%(degrees)s°/h", degrees=decimal(abs(slope) / 10))
    if abs(slope) < STEADY:
        return Trend("level", _("steady"), _("The temperature is steady."))
    if slope > 0:
        return Trend("up", figure, _("The temperature rises by %(figure)s.", figure=figure))
    return Trend("down", figure, _("The temperature falls by %(figure)s.", figure=figure))


def _chart(known: Known, zone: Zone, samples: Sequence[Sample]) -> Chart | None:
    assert known.settings is not None
    since = datetime.fromtimestamp(known.now.timestamp() - SHOWN / 1000, known.now.tzinfo)
    windows = spans_between(zone.windows, known.settings.tz, since, known.now)
    return chart_of(zone, samples, windows, known.now, known.tz)


def _warning(known: Known, state: ZoneState) -> str:
    """Why no newer figure came. That it is old stands in a banner."""
    trouble = state.trouble
    if trouble is None:
        return opened(_("The meter has not been read yet")) if state.reading is None else ""
    since = _("So since %(since)s.", since=moment(trouble.since, known.tz, known.now))
    return f"{opened(sentence(trouble.sentence, known.tz))} {since}"


def _aims(zone: Zone) -> str:
    profile = zone.profile
    figures = {"low": short(profile.min_temp), "high": short(profile.max_temp), "set": str(profile.set_point)}
    if zone.mode is Season.WINTER:
        text = _("Winter: %(low)s to %(high)s °C, set point %(set)s°", **figures)
    else:
        text = _("Summer: %(low)s to %(high)s °C, set point %(set)s°", **figures)
    if profile.target_temp == profile.set_point:
        return str(text)
    return f"{text} {_('(%(target)s° rounded)', target=short(profile.target_temp))}"


def _notes(known: Known, zone: Zone, state: ZoneState, view: View) -> list[str]:
    notes: list[str] = []
    if state.retry is not None:
        again = at_moment(state.retry.at, known.tz, known.now)
        notes.append(_("The last command did not go through; next try %(at)s.", at=again))
    if state.repeat is not None:
        words = ngettext(
            "Off is sent once more, at %(at)s.",
            "Off is sent %(num)s times more, next at %(at)s.",
            state.repeat.remaining,
            at=clock(state.repeat.at, known.tz, seconds=True),
        )
        notes.append(words)
    if view["aircon"]["cooldown_until"]:
        until = datetime.fromisoformat(view["aircon"]["cooldown_until"])
        notes.append(_("Cooldown until %(until)s.", until=clock(until, known.tz, seconds=True)))
    battery = state.reading.battery if state.reading else None
    if battery is not None and battery <= LOW_BATTERY:
        notes.append(_("The meter's battery is at %(level)s: change it soon.", level=percent(battery)))
    return notes + [sentence(lack, known.tz) for lack in lacks(zone, state)]


def _bar(known: Known, opening: Opening) -> Bar | None:
    if opening.current is None or opening.closes_at is None:
        return None
    opens, closes = opening.current.opens, opening.closes_at
    done, whole = (known.now - opens).total_seconds(), (closes - opens).total_seconds()
    return Bar(_moment(opens, "", known), _coming(closes, known), round(done), round(whole))


def _window(known: Known, zone: Zone, opening: Opening) -> str:
    if not zone.windows:
        return str(_("No window is set: the temperature is watched, nothing is switched."))
    if opening.inside and opening.closes_at is None:
        return str(_("The window is open and never closes."))
    if opening.inside and opening.closes_at is not None:
        closes = at_moment(opening.closes_at, known.tz, known.now)
        return str(_("The window is open and closes %(at)s.", at=closes))
    if opening.opens_at is None:
        return str(_("No window opens in the coming week."))
    return str(_("The next window opens %(at)s.", at=at_moment(opening.opens_at, known.tz, known.now)))


def _hold(known: Known, hold: Hold) -> str:
    action = "off" if hold.action == "quick-off" else hold.action
    chosen = str(CHOSEN.get(action, CHOSEN["off"])) % {"since": moment(hold.since, known.tz, known.now)}
    if hold.until is None:
        return f"{chosen} {_('It is kept until you resume.')}"
    return f"{chosen} {_('It is kept until %(until)s.', until=moment(hold.until, known.tz, known.now))}"


def _buttons(zone: Zone, *, alone: bool) -> tuple[Button, ...]:
    """Three choices by hand, and for an only zone the look at once."""
    scenes, device = zone.aircon_scenes, bool(zone.aircon_device_id)

    def cost(scene: str, repeats: int = 0) -> str:
        return calls(1, 1 + repeats + int(bool(scene) and device))

    if zone.mode is Season.WINTER:
        first = Button("winter", _("Heat"), cost(scenes.winter), zone.id, "heat")
    else:
        first = Button("summer", _("Cool"), cost(scenes.summer), zone.id, "cool")
    fan = Button("fan", _("Fan"), cost(scenes.fan), zone.id)
    off = Button("off", _("Off"), cost(scenes.off, zone.off_repeat_count - 1), zone.id)
    return (first, fan, off, Button("run-once", _("Run now"), calls(1))) if alone else (first, fan, off)


def _seasons(zone: Zone) -> tuple[tuple[Button, bool], ...]:
    winter = Button("season", _("Winter"), "", zone.id, "heat", Season.WINTER.value)
    summer = Button("season", _("Summer"), "", zone.id, "cool", Season.SUMMER.value)
    return (winter, zone.mode is Season.WINTER), (summer, zone.mode is Season.SUMMER)


def _house_buttons(zones: Sequence[Zone]) -> tuple[Button, ...]:
    if not zones:
        return ()
    least, most = len(zones), sum(zone.off_repeat_count + int(bool(zone.aircon_scenes.off)) for zone in zones)
    if len(zones) == 1:
        return (Button("quick-off", _("Off and stay off"), calls(least, most)),)
    meters = max(1, len({zone.meter_device_id for zone in zones}))
    everything = Button("quick-off", _("All off and stay off"), calls(least, most))
    return Button("run-once", _("Run now"), calls(meters)), everything


# The day


def _projected(known: Known) -> str:
    """The table's total; where looks follow the temperature's course, no more than that is to be expected."""
    count = number(known.quota["projected"])
    if known.settings and any(zone.predictive_polling_enabled for zone in known.settings.all_zones):
        return str(_("At most about %(count)s by the end of the day.", count=count))
    return str(_("About %(count)s by the end of the day.", count=count))


def _calls(known: Known) -> Calls:
    quota = known.quota
    used, limit = number(quota["used"]), number(quota["limit"])
    spent = [(PURPOSES.get(what, PURPOSES["probe"]), count) for what, count in quota["by_purpose"].items() if count]
    return Calls(
        used=quota["used"],
        limit=quota["limit"],
        words=_("%(used)s of %(limit)s calls today", used=used, limit=limit),
        purposes=tuple(str(names[count != 1]) % {"count": number(count)} for names, count in spent),
        projected=_projected(known),
        resets=_coming(known.resets_at, known),
        tone="warn" if quota["warning"] else "",
    )
