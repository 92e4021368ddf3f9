"""The history page: the frame of the chart, its ranges, and what a shown time adds up to. The chart asks the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..domain.history import SECOND, Totals
from ..domain.record import House, Outcome
from ..domain.settings import Settings, Zone
from .access import member, service
from .described import describes
from .errors import Refusal
from .i18n import FIXED, at_moment, decimal, degrees, french, language, number, percent, span, temp
from .shapes import RANGE_ASKED, ZONE_ASKED
from .terms import OUTCOMES, TURNS
from .typed_times import range_typed
from .views import iso

history = Blueprint("history", __name__)

Fact = tuple[str, str]
USUAL = "24h"
FIELDS = ("start", "start_time", "end", "end_time")
RANGES: Mapping[str, tuple[timedelta, object]] = {
    "1h": (timedelta(hours=1), _l("1 h")),
    "6h": (timedelta(hours=6), _l("6 h")),
    "24h": (timedelta(hours=24), _l("24 h")),
    "7d": (timedelta(days=7), _l("7 d")),
    "30d": (timedelta(days=30), _l("30 d")),
}


@dataclass(frozen=True, slots=True)
class RangeChoice:
    """A range that can be chosen by one press."""

    key: str
    words: str
    seconds: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The frame. `fields` hold the range by the home's clock, in dates and times; `words` are for the chart's script.

    `faults` say by field what cannot be shown of what was asked for.
    """

    zones: Sequence[tuple[str, str, bool]]
    zone: str
    ranges: Sequence[RangeChoice]
    own: bool
    fields: Mapping[str, str]
    faults: Mapping[str, str]
    start_at: str
    end_at: str
    timezone: str
    language: str
    coming: str
    words: Mapping[str, Any]


@history.get("/history")
@member
def shown() -> Response:
    """The page; without a script it offers the export. 422 where what is asked for is at fault: it shows a day then."""
    handed, now = service(), service().clock()
    settings = handed.settings.current
    page = history_page(request.args, settings, handed.memory.load(now), now)
    html = render_template("history/page.html", page=page)
    return Response(html, 422 if page.faults else 200, mimetype="text/html")


@history.get("/history/api/words")
@member
@describes("What a range adds up to, in the reader's words.", "Words", query=(*RANGE_ASKED, ZONE_ASKED))
def words() -> Response:
    """What a range adds up to, in the reader's words."""
    handed, now = service(), service().clock()
    settings = handed.settings.current
    faults: dict[str, str] = {}
    asked = range_typed(request.args, settings.tz if settings else UTC, faults)
    if asked is None:
        raise Refusal(422, _("Name a start and a later end, at most ten years apart."), fields=faults)
    start, end = asked
    zone = request.args.get("zone", "")[:100]
    summary = handed.memory.history.summary(zone, start, end, now=now)
    length = (min(end, now) - start) / timedelta(milliseconds=1)
    return jsonify({"facts": totals_words(summary.totals, length)})


def history_page(wanted: Mapping[str, str], settings: Settings | None, house: House, now: datetime) -> HistoryPage:
    """The frame for a query: `zone`, `range`, or `start` and `end` by the home's clock. What is at fault is told."""
    faults: dict[str, str] = {}
    zones = settings.all_zones if settings else ()
    zone = _zone(wanted, zones, faults)
    tz = settings.tz if settings else UTC
    own = range_typed(wanted, tz, faults)
    chosen = wanted.get("range") or USUAL
    if chosen not in RANGES:
        known = ", ".join(RANGES)
        faults["range"] = _("There is no range %(range)s; there are %(known)s.", range=repr(chosen[:40]), known=known)
        chosen = USUAL
    start, end = own or (now - RANGES[chosen][0], now)
    chosen = "" if own else chosen
    return HistoryPage(
        zones=[(each.id, each.name, each.id == zone) for each in zones] if len(zones) > 1 else (),
        zone=zone,
        ranges=[_choice(key, chosen) for key in RANGES],
        own=own is not None,
        fields=_fields(wanted, start, end, tz, bool(faults)),
        faults=faults,
        start_at=iso(start) or "",
        end_at=iso(end) or "",
        timezone=str(tz) if settings else "UTC",
        language=language(),
        coming=_coming(house, zone),
        words=_script_words(),
    )


def _zone(wanted: Mapping[str, str], zones: Sequence[Zone], faults: dict[str, str]) -> str:
    """The zone asked for, or the first one."""
    asked, known = wanted.get("zone", ""), [zone.id for zone in zones]
    if asked and asked not in known and known:
        text = _("There is no zone called %(zone)s; there are: %(zones)s.")
        faults["zone"] = text % {"zone": repr(asked[:40]), "zones": ", ".join(known)}
    return asked if asked in known else known[0] if known else "home"


def _choice(key: str, chosen: str) -> RangeChoice:
    length, words = RANGES[key]
    return RangeChoice(key, str(words), round(length.total_seconds()), key == chosen)


def _fields(wanted: Mapping[str, str], start: datetime, end: datetime, tz: tzinfo, faulty: bool) -> Mapping[str, str]:
    """What stands in the fields of the range: what was typed where it is at fault, else what is shown."""
    if faulty and any(wanted.get(name) for name in FIELDS):
        return {name: wanted.get(name, "")[:40] for name in FIELDS}
    both = {"start": start.astimezone(tz), "end": end.astimezone(tz)}
    return {
        **{name: f"{local:%Y-%m-%d}" for name, local in both.items()},
        **{f"{name}_time": f"{local:%H:%M}" for name, local in both.items()},
    }


def _coming(house: House, zone: str) -> str:
    """What an empty chart says."""
    state = house.states.get(zone)
    if state is not None and state.reading is not None:
        return str(_("Nothing is known of this time. Choose a longer range, or one closer to now."))
    if state is None or state.wake is None:
        return str(_("Nothing has been read yet. The first reading follows the start within seconds."))
    at = at_moment(state.wake.look_at)
    return str(_("Nothing has been read yet. The first reading is due %(time)s.", time=at))


def _script_words() -> dict[str, Any]:
    """What the chart's script says, in the reader's language."""
    return {
        "temperature": _("Temperature"),
        "humidity": _("Humidity"),
        "time": _("Time"),
        "band": _("Comfort band"),
        "running": _("Air conditioner"),
        "heat": _("heating"),
        "cool": _("cooling"),
        "fan": _("fan"),
        "off": _("off"),
        "unknown": _("not known"),
        "commands": _("%(count)s records lie close together here: look closer", count="{count}"),
        "failed": _("did not go through"),
        "lost": _(
            "The history does not answer. What is shown was known at %(time)s; it is asked again.", time="{time}"
        ),
        "chart": _(
            "Temperature from %(start)s to %(end)s. The table below says the same.", start="{start}", end="{end}"
        ),
        "turns": {turn.value: str(text) for turn, text in TURNS.items()},
        "outcomes": {outcome.value: str(OUTCOMES[outcome]) for outcome in Outcome},
        "least": _("Lowest"),
        "most": _("Highest"),
    }


def totals_words(totals: Totals, length: float) -> list[Fact]:
    """What a time of `length` milliseconds adds up to; what is not known is left out."""
    facts: list[Fact] = []
    if totals.temperature_ms:
        mean = totals.temperature_sum / totals.temperature_ms / 10
        facts.append((_("Mean"), f"{decimal(mean)}{FIXED if french() else ' '}°C"))
        facts.append((_("Lowest and highest"), f"{degrees(totals.temperature_min)} – {temp(totals.temperature_max)}"))
    if totals.humidity_ms:
        facts.append((_("Mean humidity"), percent(round(totals.humidity_sum / totals.humidity_ms))))
    if totals.band_ms:
        share = percent(round(100 * totals.in_band_ms / totals.band_ms))
        facts.append((_("In the comfort band"), f"{share} ({_length(totals.in_band_ms)})"))
    if totals.covered_ms:
        for name, ran in (
            (_("Heating"), totals.heating_ms),
            (_("Cooling"), totals.cooling_ms),
            (_("Fan"), totals.fan_ms),
        ):
            facts += [(name, _length(ran))] if ran else []
        if not totals.heating_ms + totals.cooling_ms:
            facts.append((_("Heating and cooling"), _("none")))
        facts.append((_("Starts"), number(totals.starts)))
    facts += [(_("Commands"), number(totals.commands)), (_("Calls"), number(totals.calls))]
    facts += [(_("Errors"), number(totals.errors))] if totals.errors else []
    if length > 0 and totals.covered_ms < 0.98 * length:
        facts.append((_("Known of this time"), percent(round(100 * totals.covered_ms / length))))
    return facts


def _length(milliseconds: int) -> str:
    return span(milliseconds / SECOND).replace(" ", FIXED)
