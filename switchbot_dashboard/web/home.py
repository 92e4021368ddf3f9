"""The view model of the first page: is it fine, why is it so, what is next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..domain.record import Hold, Record, ZoneState
from ..domain.settings import Season, Zone
from ..domain.settings_faults import Fault
from ..domain.windows import opening_at
from .state import Known, held, zone_view
from .views import View, iso
from .words import ago, ahead, calls, doing, grouped, listed, opened, when

LATE = timedelta(minutes=2)  # a wake this long overdue is told
LOW_BATTERY = 20  # percent
CHOSEN = {"winter": "heat", "summer": "cool", "fan": "fan", "off": "off", "quick-off": "off"}
TONES = {"winter_on": "heat", "summer_on": "cool", "fan_on": "fan"}


@dataclass(frozen=True, slots=True)
class Button:
    """A form of one button; `cost` is said on it."""

    action: str
    label: str
    cost: str
    zone: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Banner:
    """A line above all else; `tone` is `quiet`, `warn` or `bad`."""

    tone: str
    text: str
    lines: Sequence[str] = ()
    button: Button | None = None


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
class Card:
    """One zone."""

    id: str
    name: str
    temperature: str
    humidity: str
    read: Moment | None
    warning: str
    doing: str
    tone: str
    aims: str
    notes: Sequence[str]
    why: str
    decided: Moment | None
    wake: Moment | None
    wake_reason: str
    bar: Bar | None
    window: str
    hold: str
    resume: Button
    buttons: Sequence[Button]


@dataclass(frozen=True, slots=True)
class Line:
    """One record in the list of what happened lately."""

    at: Moment
    zone: str
    temperature: str
    text: str
    tone: str


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
    """The whole first page."""

    title: str
    now: str
    virtual: bool
    banners: Sequence[Banner]
    cards: Sequence[Card]
    house_buttons: Sequence[Button]
    calls: Calls
    lately: Sequence[Line] = field(default=())


def home_page(
    known: Known, warnings: Sequence[str], lately: Sequence[Record], *, admin: bool, unwell: str | None = None
) -> HomePage:
    """The first page for someone who may change settings (`admin`) or not; `unwell` says why nothing can be kept."""
    zones = known.settings.all_zones if known.settings else ()
    names = {zone.id: zone.name for zone in zones}
    return HomePage(
        title=zones[0].name if len(zones) == 1 else "Home",
        now=iso(known.now) or "",
        virtual=known.source == "virtual_home",
        banners=(*_unwell(unwell), *_banners(known, warnings, admin)),
        cards=tuple(_card(known, zone) for zone in zones),
        house_buttons=_house_buttons(zones),
        calls=_calls(known),
        lately=tuple(_line(known, record, names) for record in lately),
    )


def _moment(instant: datetime, words: str, known: Known) -> Moment:
    return Moment(iso(instant) or "", words, when(instant, known.now, known.tz))


def _past(instant: datetime | None, known: Known) -> Moment | None:
    return _moment(instant, ago(instant, known.now), known) if instant else None


def _coming(instant: datetime, known: Known) -> Moment:
    return _moment(instant, ahead(instant, known.now), known)


# Banners


def _banners(known: Known, warnings: Sequence[str], admin: bool) -> list[Banner]:
    found = [_invalid(known), _late(known), _automation_off(known, admin), _few_calls(known)]
    return [banner for banner in found if banner] + [Banner("warn", opened(text)) for text in warnings]


def _unwell(why: str | None) -> list[Banner]:
    return [Banner("bad", opened(why))] if why else []


def _invalid(known: Known) -> Banner | None:
    if not known.faults:
        return None
    count = "one mistake" if len(known.faults) == 1 else f"{len(known.faults)} mistakes"
    rest = "The last good settings stay in force." if known.settings else "Nothing is driven until it is corrected."
    lines = [_fault(fault) for fault in known.faults]
    return Banner("bad", f"The settings file has {count}. {rest}", lines)


def _fault(fault: Fault) -> str:
    """`Line 12: …`; the key stands in front where the sentence does not begin with it."""
    where = f"Line {fault.line}: " if fault.line else ""
    named = not fault.key or fault.message.startswith(fault.key)
    return where + (fault.message if named else f"{fault.key}: {fault.message}")


def _late(known: Known) -> Banner | None:
    wake = known.wake
    if wake is None or known.now - wake[0] < LATE:
        return None
    due = when(wake[0], known.now, known.tz)
    return Banner(
        "bad", f"No look has been taken since one was due at {due}. Look into the log, or restart the service."
    )


def _automation_off(known: Known, admin: bool) -> Banner | None:
    zones = known.settings.all_zones if known.settings else ()
    off = [zone.name for zone in zones if not zone.automation_enabled]
    if not off:
        return None
    tone = "warn" if len(off) == len(zones) else "quiet"  # one zone of several may well be meant to be off
    text = f"The automation is off in {listed(off)}: the temperature is watched, nothing is switched by itself."
    if admin:
        return Banner(tone, text, button=Button("automation-on", "Turn the automation on", "1 call"))
    return Banner(tone, f"{text} An administrator can turn it on.")


def _few_calls(known: Known) -> Banner | None:
    if not known.quota["warning"]:
        return None
    left = grouped(known.quota["remaining"])
    return Banner(
        "warn", f"{left} of today's calls are left, the reserve for commands included: readings come less often."
    )


# Zones


def _card(known: Known, zone: Zone) -> Card:
    state = known.house.states.get(zone.id, ZoneState(zone.id))
    view = zone_view(known, zone)
    reading, verdict, wake = state.reading, state.verdict, state.wake
    words, tone = doing(state.aircon, known.now, known.tz)
    return Card(
        id=zone.id,
        name=zone.name,
        temperature=f"{reading.tenths / 10:.1f}" if reading else "–",
        humidity=f"{reading.humidity} %" if reading and reading.humidity is not None else "",
        read=_past(reading.read_at if reading else None, known),
        warning=_warning(known, state, view),
        doing=words,
        tone=tone,
        aims=_aims(zone),
        notes=tuple(_notes(known, state, view)),
        why=opened(verdict.sentence.text(known.tz)) if verdict else "The first look has not been taken yet.",
        decided=_past(verdict.at if verdict else None, known),
        wake=_coming(wake.at, known) if wake else None,
        wake_reason=opened(wake.reason.text(known.tz)) if wake else "",
        bar=_bar(known, zone),
        window=_window(known, zone),
        hold=_hold(known, state.hold) if state.hold and held(state, known.now) else "",
        resume=Button("resume", "Resume", "1 call", zone.id),
        buttons=_buttons(zone),
    )


def _warning(known: Known, state: ZoneState, view: View) -> str:
    """Why the figure should not be trusted, or why no newer one came."""
    parts = [view["reading"]["stale_reason"]] if view["reading"]["stale"] else []
    if state.trouble is not None:
        parts.append(opened(state.trouble.sentence.text(known.tz)))
        parts.append(f"So since {when(state.trouble.since, known.now, known.tz)}.")
    return " ".join(dict.fromkeys(parts))


def _aims(zone: Zone) -> str:
    profile = zone.profile
    season = "Winter" if zone.mode is Season.WINTER else "Summer"
    rounded = profile.target_temp != profile.set_point
    sent = f"{profile.set_point}°{f' ({profile.target_temp:g}° rounded)' if rounded else ''}"
    return f"{season}: {profile.min_temp:g} to {profile.max_temp:g} °C, set point {sent}"


def _notes(known: Known, state: ZoneState, view: View) -> list[str]:
    notes = []
    if state.retry is not None:
        notes.append(f"The last command did not go through; next try {when(state.retry.at, known.now, known.tz)}.")
    if state.repeat is not None:
        times = "once more" if state.repeat.remaining == 1 else f"{state.repeat.remaining} times more"
        notes.append(f"Off is sent {times}, next at {state.repeat.at.astimezone(known.tz):%H:%M:%S}.")
    if view["aircon"]["cooldown_until"]:
        until = datetime.fromisoformat(view["aircon"]["cooldown_until"])
        notes.append(f"Cooldown until {until.astimezone(known.tz):%H:%M:%S}.")
    battery = state.reading.battery if state.reading else None
    if battery is not None and battery <= LOW_BATTERY:
        notes.append(f"The meter's battery is at {battery} %: change it soon.")
    return notes


def _bar(known: Known, zone: Zone) -> Bar | None:
    assert known.settings is not None  # a zone comes from settings
    opening = opening_at(zone.windows, known.settings.tz, known.now)
    if opening.current is None or opening.closes_at is None:
        return None
    opens, closes = opening.current.opens, opening.closes_at
    done, whole = (known.now - opens).total_seconds(), (closes - opens).total_seconds()
    return Bar(_moment(opens, "", known), _coming(closes, known), round(done), round(whole))


def _window(known: Known, zone: Zone) -> str:
    assert known.settings is not None  # a zone comes from settings
    opening = opening_at(zone.windows, known.settings.tz, known.now)
    if not zone.windows:
        return "No window is set: the temperature is watched, nothing is switched."
    if opening.inside:
        ends = f"closes {when(opening.closes_at, known.now, known.tz)}" if opening.closes_at else "never closes"
        return f"The window is open and {ends}."
    if opening.opens_at is None:
        return "No window opens in the coming week."
    return f"The next window opens {when(opening.opens_at, known.now, known.tz)}."


def _hold(known: Known, hold: Hold) -> str:
    what = CHOSEN.get(hold.action, hold.action)
    until = f"until {when(hold.until, known.now, known.tz)}" if hold.until else "until you resume"
    return f"Chosen by hand: {what}, since {when(hold.since, known.now, known.tz)}. It is kept {until}."


def _buttons(zone: Zone) -> tuple[Button, ...]:
    scenes, device = zone.aircon_scenes, bool(zone.aircon_device_id)

    def cost(scene: str, repeats: int = 0) -> str:
        return calls(1, 1 + repeats + int(bool(scene) and device))

    return (
        Button("winter", "Heat", cost(scenes.winter), zone.id, "heat"),
        Button("summer", "Cool", cost(scenes.summer), zone.id, "cool"),
        Button("fan", "Fan", cost(scenes.fan), zone.id),
        Button("off", "Off", cost(scenes.off, zone.off_repeat_count - 1), zone.id),
    )


def _house_buttons(zones: Sequence[Zone]) -> tuple[Button, ...]:
    if not zones:
        return ()
    meters = max(1, len({zone.meter_device_id for zone in zones}))
    least, most = len(zones), sum(zone.off_repeat_count + int(bool(zone.aircon_scenes.off)) for zone in zones)
    everything = "All off and stay off" if len(zones) > 1 else "Off and stay off"
    return (
        Button("run-once", "Run now", calls(meters)),
        Button("quick-off", everything, calls(least, most)),
    )


# The day


def _calls(known: Known) -> Calls:
    quota = known.quota
    resets = datetime.fromisoformat(quota["resets_at"])
    names = {"read": "readings", "command": "commands", "catalogue": "lists of devices", "probe": "probes"}
    spent = [(names.get(purpose, purpose), count) for purpose, count in quota["by_purpose"].items() if count]
    return Calls(
        used=quota["used"],
        limit=quota["limit"],
        words=f"{grouped(quota['used'])} of {grouped(quota['limit'])} calls today",
        purposes=tuple(f"{grouped(count)} {name}" for name, count in spent),
        projected=f"About {grouped(quota['projected'])} by the end of the day.",
        resets=_coming(resets, known),
        tone="warn" if quota["warning"] else "",
    )


def _line(known: Known, record: Record, names: dict[str, str]) -> Line:
    return Line(
        at=_moment(record.at, ago(record.at, known.now), known),
        zone=names.get(record.zone, record.zone) if len(names) > 1 else "",
        temperature=f"{record.reading.tenths / 10:.1f}°" if record.looked and record.reading else "",
        text=opened(record.verdict.sentence.text(known.tz)),
        tone="warn" if record.trouble else TONES.get(record.verdict.outcome.value, "") if record.action else "",
    )
