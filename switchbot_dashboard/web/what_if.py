"""The view model of a comparison: two settings side by side over the last days, and how far to believe it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import ngettext

from ..domain.comparison import Comparison, ZoneCompared
from ..domain.fit import Estimate, HouseFit
from ..domain.measures import Figures
from .i18n import FIXED, decimal, number, percent, sentence
from .settings_words import _


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, as it was and as it would have been; `better` is 1 for less discomfort, -1 for more."""

    label: str
    before: str
    after: str
    better: int = 0


@dataclass(frozen=True, slots=True)
class ZonePart:
    """A zone's rows and what is known of its house, or why there is nothing to show."""

    name: str
    rows: Sequence[Row]
    notes: Sequence[str]
    lack: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """The whole answer. `calls` is one row for the home; `notes` say what to bear in mind."""

    days: str
    zones: Sequence[ZonePart]
    calls: Sequence[Row]
    notes: Sequence[str]


def compared(found: Comparison, *, same: bool) -> Compared:
    """The answer in words. `same`: nothing that is typed differs from the file."""
    notes = [_("Nothing that is typed differs from the file yet.")] if same and found.days else []
    if 0 < found.days < found.asked:
        words = _(
            "Only the last %(days)s of %(asked)s days: with so many looks, more would keep the dashboard waiting.",
            days=found.days,
            asked=found.asked,
        )
        notes.append(words)
    days = ngettext("The last day", "The last %(num)s days", found.days) if found.days else _("Not known yet")
    zones = [_zone(zone, many=len(found.zones) > 1) for zone in found.zones]
    return Compared(days, zones, _calls(found), notes)


def _zone(zone: ZoneCompared, *, many: bool) -> ZonePart:
    name = zone.name if many else ""
    if zone.lack is not None or zone.wished is None:
        return ZonePart(name, (), (), sentence(zone.lack))
    notes = [_("Each side is held to the band of its own settings."), *(_house(zone.house) if zone.house else [])]
    return ZonePart(name, _rows(zone.in_force, zone.wished), notes)


def _rows(before: Figures | None, after: Figures) -> list[Row]:
    def row(label: str, words: Callable[[Figures], str], better: int = 0) -> Row:
        return Row(label, words(before) if before else "–", words(after), better)

    less = _better(before.discomfort, after.discomfort) if before else 0

    def minutes(value: float) -> str:
        return _("%(value)s °C·min", value=number(round(value)))

    def hours(value: float) -> str:
        return _("%(value)s h", value=decimal(value))

    rows = [
        row(_("Outside the band, in windows"), lambda each: minutes(each.discomfort), less),
        row(_("Time in the band, in windows"), lambda each: percent(round(100 * each.in_band))),
        row(_("Switched on or off"), lambda each: decimal(each.switches)),
        row(_("Running in windows"), lambda each: hours(each.hours_inside)),
        row(_("Running outside windows"), lambda each: hours(each.hours_outside)),
    ]
    if after.delays or (before and before.delays):
        rows.append(row(_("Crossings answered after more than 3 min"), _late))
    return rows


def _late(each: Figures) -> str:
    return _("%(late)s of %(all)s", late=each.late, all=len(each.delays))


def _better(before: float, after: float) -> int:
    """1 where it is clearly less, -1 where it is clearly more."""
    if abs(before - after) < max(2.0, 0.05 * before):
        return 0
    return 1 if after < before else -1


def _calls(found: Comparison) -> list[Row]:
    if found.calls is None:
        return []
    before, after = (number(round(sum(calls.values()))) for calls in found.calls)
    rows = [Row(_("Calls"), before, after)]
    first, second = found.calls
    return [*rows, Row(_("of them commands"), _of(first, "command"), _of(second, "command"))]


def _of(calls: Mapping[str, float], purpose: str) -> str:
    return decimal(calls.get(purpose, 0.0))


def _house(house: HouseFit) -> list[str]:
    """What was learned of the house, and how far off that was."""
    days = ngettext("from one day", "from %(num)s days", max(1, round(house.days)))
    learned = _(
        "Learned %(days)s of this home: in %(hours)s h two thirds of a difference to outdoors are gone.",
        days=days,
        hours=_told(house.time_constant),
    )
    drives = []
    if house.heating:
        drives.append(_("Heating brings %(rate)s °C an hour.", rate=_told(house.heating)))
    if house.cooling:
        drives.append(_("Cooling takes %(rate)s °C an hour.", rate=_told(house.cooling)))
    missed = _(
        "Looks one hour ahead were off by %(rmse)s °C on average; “it stays as it is” would have been off by "
        "%(other)s °C.",
        rmse=decimal(house.rmse, 2),
        other=decimal(house.persistence, 2),
    )
    hidden = (
        _(
            "Weather, sun and open windows are as the readings of these days tell of them; nothing was measured "
            "outdoors."
        )
        if not house.outdoor_known
        else ""
    )
    return [" ".join([learned, *drives]), " ".join(filter(None, [missed, hidden]))]


def _told(estimate: Estimate) -> str:
    """A figure with twice its standard error: where it most likely lies."""
    places = 0 if estimate.value >= 100 else 1
    return f"{decimal(estimate.value, places)}{FIXED}±{FIXED}{decimal(max(2 * estimate.error, 0.1), places)}"
