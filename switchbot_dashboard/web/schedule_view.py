"""The view model of the schedule: what comes in the next day and week, as shapes and as words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from flask_babel import gettext as _
from flask_babel import ngettext

from ..domain.foreseen import Forecast, Run
from ..domain.outlook import foresees, lacks
from ..domain.record import House, Mode, Pace, ZoneState
from ..domain.settings import Settings, Zone
from .i18n import SHORT_DAYS, clock, moment, number, sentence, span
from .schedule_crossings import CrossingMark, CrossingRow, marks, next_words, rows
from .schedule_line import Shape, early_shapes, groups_of, interval_of, look_shapes, place, span_shapes, strokes
from .schedule_week import DayRow, week_rows, week_words, windows_words
from .terms import MODES, PACES
from .words import calls as calls_words
from .words import opened

HIGHEST = 64  # pixels of the highest bar


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of equal looks, in words."""

    when: str
    what: str
    wakes: str
    calls: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One zone's next day."""

    name: str
    summary: str
    spans: Sequence[Shape]
    looks: Sequence[Shape]
    strokes: Sequence[str]
    rows: Sequence[Row]
    crossings: Sequence[CrossingMark]
    crossing_rows: Sequence[CrossingRow]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour's calls: as a shape and in words."""

    x: str
    width: str
    y: int
    height: int
    when: str
    calls: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An hour named under the line; `near` the beginning it has no room beside "now" on a phone."""

    x: str
    label: str
    near: bool


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """The whole page but the jobs."""

    next_words: str
    next_why: str
    day_words: str
    budget_words: str
    budget_tone: str
    spent: int
    limit: int
    lanes: Sequence[Lane]
    early: bool
    bars: Sequence[Bar]
    busiest: str
    marks: Sequence[Mark]
    week: Sequence[DayRow]
    week_words: str


def schedule_page(settings: Settings, house: House, coming: Forecast, week: Forecast) -> SchedulePage:
    """The page from two forecasts of the same instant: of a day, and of a week; `house` tells what is learned."""
    zones = settings.all_zones
    names = {zone.id: zone.name for zone in zones}
    first = min(coming.runs, key=lambda run: run.first, default=None)
    bars = tuple(_bars(coming))
    busiest = max(coming.calls_by_hour(), key=lambda hour: hour[1])
    at_reset = coming.limit - coming.quota_at_reset
    return SchedulePage(
        next_words=_next(first, names) if first else _("No look is planned in the next 24 hours."),
        next_why=opened(sentence(first.reason)) if first else "",
        day_words=_(
            "The next 24 hours take %(wakes)s and %(calls)s.",
            wakes=_looks(coming.wakes_total),
            calls=calls_words(coming.calls_total),
        ),
        budget_words=_(
            "By %(reset)s, when the day's count begins anew, %(spent)s of %(limit)s calls will be used: "
            "%(used)s until now and %(more)s to come.",
            reset=moment(coming.resets_at),
            spent=number(at_reset),
            limit=number(coming.limit),
            used=number(coming.used),
            more=number(max(0, at_reset - coming.used)),
        ),
        budget_tone="warn" if any(run.pace is Pace.BUDGET for run in coming.runs) else "",
        spent=at_reset,
        limit=coming.limit,
        lanes=tuple(_lane(zone, house.states.get(zone.id) or ZoneState(zone.id), coming) for zone in zones),
        early=any(run.mode is Mode.OPTIMAL_START for run in coming.runs),
        bars=bars,
        busiest=_(
            "Most calls in an hour: %(calls)s, from %(hour)s.", calls=number(busiest[1]), hour=moment(busiest[0])
        ),
        marks=tuple(_marks(coming, settings.tz)),
        week=tuple(week_rows(week, names, settings.tz)),
        week_words=week_words(week, foreseen=any(foresees(zone) for zone in zones)),
    )


def _next(first: Run, names: dict[str, str]) -> str:
    if len(names) == 1:
        return str(_("Next look %(at)s", at=clock(first.first, seconds=True)))
    return str(_("Next look %(at)s, %(zone)s", at=clock(first.first, seconds=True), zone=names[first.zone]))


def _looks(count: int) -> str:
    return str(ngettext("%(count)s look", "%(count)s looks", count, count=number(count)))


# the next day


def _lane(zone: Zone, state: ZoneState, coming: Forecast) -> Lane:
    windows = [window for window in coming.windows if window.zone == zone.id]
    groups = list(groups_of([run for run in coming.runs if run.zone == zone.id], coming.end))
    crossings = [crossing for crossing in coming.crossings if crossing.zone == zone.id]
    notes = [next_words(crossings, zone.mode), *(sentence(lack) for lack in lacks(zone, state))]
    return Lane(
        name=zone.name,
        summary=windows_words(windows),
        spans=(*early_shapes(groups, coming), *span_shapes(windows, coming.start, coming.end)),
        looks=tuple(look_shapes(groups, coming)),
        strokes=tuple(strokes(groups, coming)),
        rows=tuple(_row(runs, begin, end) for begin, end, runs in groups),
        crossings=tuple(marks(crossings, coming, zone.mode)),
        crossing_rows=tuple(rows(crossings, zone.mode)),
        notes=tuple(note for note in notes if note),
    )


def _row(runs: Sequence[Run], begin: datetime, end: datetime) -> Row:
    every, mode, pace = interval_of(runs), str(MODES[runs[0].mode]), runs[0].pace
    what = mode if every is None else _("%(mode)s, every %(span)s", mode=mode, span=span(every.total_seconds()))
    if pace is not Pace.TABLE:
        what = _("%(what)s, %(pace)s", what=what, pace=str(PACES[pace]))
    return Row(
        when=_("%(begin)s until %(end)s", begin=moment(begin), end=moment(end)),
        what=opened(what).removesuffix("."),
        wakes=number(sum(run.count for run in runs)),
        calls=number(sum(run.count * run.calls for run in runs)),
    )


def _bars(coming: Forecast) -> Iterator[Bar]:
    hours = coming.calls_by_hour()
    most = max(1, *(calls for _hour, calls in hours))
    for hour, calls in hours:
        begin, finish = max(hour, coming.start), min(hour + timedelta(hours=1), coming.end)
        height = round(HIGHEST * calls / most) if calls else 0
        width = 100 * ((finish - begin) / (coming.end - coming.start))
        x = place(begin, coming.start, coming.end)
        yield Bar(x, f"{width * 0.86:.3f}%", HIGHEST - height, height, moment(begin), number(calls))


def _marks(coming: Forecast, tz: tzinfo) -> Iterator[Mark]:
    """Every sixth hour of the home's clock, midnight by the name of its day; none where it would touch an end."""
    for hour, _calls in coming.calls_by_hour():
        local = (hour + timedelta(hours=1)).astimezone(tz)
        instant = local.replace(minute=0)
        share = (instant - coming.start) / (coming.end - coming.start)
        if local.hour % 6 == 0 and 0.15 < share < 0.93:
            label = str(SHORT_DAYS[local.weekday()]) if local.hour == 0 else clock(instant)
            yield Mark(place(instant, coming.start, coming.end), label, near=share < 0.28)
