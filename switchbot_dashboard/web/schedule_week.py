"""The schedule's coming week: a line and a sentence for each day. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from flask_babel import gettext as _

from ..domain.foreseen import Forecast, Planned
from .i18n import clock, day
from .schedule_line import Shape, place, span_shapes
from .words import calls as calls_words


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of the week to come; `gone` is how much of it is over, `windows` says the same as the shapes."""

    name: str
    gone: str
    lanes: Sequence[tuple[str, Sequence[Shape]]]
    windows: str
    calls: int
    told: str


def week_words(week: Forecast, *, foreseen: bool) -> str:
    """The week's calls; `foreseen` tells that the temperature's course is reckoned with."""
    told = calls_words(week.calls_total)
    if foreseen:
        return str(_("Seven days take about %(calls)s, as far as the temperature's course is known.", calls=told))
    return str(
        _(
            "Seven days take about %(calls)s while the temperature stays in its band; every switching adds one.",
            calls=told,
        )
    )


def week_rows(week: Forecast, names: dict[str, str], tz: tzinfo) -> Iterator[DayRow]:
    """Today and the six days after it, by the home's clock; `names` are the zones' by their ids."""
    today = week.start.astimezone(tz).date()
    for nth in range(7):
        begin, end = (
            datetime.combine(today + timedelta(days=after), time(), tz).astimezone(week.start.tzinfo)
            for after in (nth, nth + 1)
        )
        shown = [
            window for window in week.windows if (window.opens_at or begin) < end and (window.closes_at or end) > begin
        ]
        lanes = [
            (name, tuple(span_shapes([window for window in shown if window.zone == zone], begin, end)))
            for zone, name in names.items()
        ]
        calls = week.calls_between(max(begin, week.start), end)
        begun = [window for window in shown if window.opens_at is None or window.opens_at >= begin or nth == 0]
        gone = place(week.start, begin, end) if nth == 0 else ""
        told = calls_words(calls)
        yield DayRow(day(begin), gone, lanes, _windows_by_zone(begun, names), calls, told)


def _windows_by_zone(windows: Sequence[Planned], names: dict[str, str]) -> str:
    if len(names) == 1:
        return windows_words(windows)
    parts = [(name, [window for window in windows if window.zone == zone]) for zone, name in names.items()]
    return " · ".join(_("%(zone)s: %(windows)s", zone=name, windows=windows_words(mine)) for name, mine in parts)


def windows_words(windows: Sequence[Planned]) -> str:
    """`06:30 to 08:30, 17:30 to 23:00`."""
    if not windows:
        return str(_("no window"))
    return ", ".join(_window_words(window) for window in windows)


def _window_words(window: Planned) -> str:
    if window.opens_at is None or window.closes_at is None:
        return str(_("open all the time"))
    return str(_("%(begin)s to %(end)s", begin=clock(window.opens_at), end=clock(window.closes_at)))
