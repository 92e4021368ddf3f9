"""The view model of the schedule: what comes in the next day and week, as shapes and as words. Pure.

Places along a line of time are percent of its width, so that the page needs no measure of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import groupby

from flask_babel import gettext as _
from flask_babel import ngettext

from ..domain.foreseen import Forecast, Planned, Run
from ..domain.outlook import foresees, lacks
from ..domain.record import House, Mode, Pace, ZoneState
from ..domain.settings import Settings, Zone
from .i18n import SHORT_DAYS, clock, day, moment, number, sentence, span
from .schedule_crossings import CrossingMark, CrossingRow, marks, next_words, rows
from .terms import MODES, PACES
from .words import calls as calls_words
from .words import opened

DENSE = timedelta(minutes=12)  # looks closer than this are a band; others are single strokes
ROOM_FOR_CLOCKS, ROOM_FOR_PACE = 30.0, 11.0  # percent of the line that a label needs on a phone
WIDE = 3.0  # how many times a phone's line a wide page has
HIGHEST = 64  # pixels of the highest bar
TONES = {Mode.IN_WINDOW: "often", Mode.FIXED: "often", Mode.WARMUP: "warmup", Mode.OPTIMAL_START: "warmup"}


@dataclass(frozen=True, slots=True)
class Shape:
    """A stretch of time on the line: `x` and `width` in percent; `middle` is where its label stands, if it has one.

    A `wide` label has room on a wide page alone.
    """

    x: str
    width: str
    tone: str
    label: str = ""
    middle: str = ""
    wide: bool = False


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
class DayRow:
    """One day of the week to come; `gone` is how much of it is over, `windows` says the same as the shapes."""

    name: str
    gone: str
    lanes: Sequence[tuple[str, Sequence[Shape]]]
    windows: str
    calls: int
    told: str


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
        week=tuple(_week(week, names, settings.tz)),
        week_words=_week_words(week, foreseen=any(foresees(zone) for zone in zones)),
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
    groups = list(_groups([run for run in coming.runs if run.zone == zone.id], coming.end))
    crossings = [crossing for crossing in coming.crossings if crossing.zone == zone.id]
    notes = [next_words(crossings, zone.mode), *(sentence(lack) for lack in lacks(zone, state))]
    return Lane(
        name=zone.name,
        summary=_windows_words(windows),
        spans=(*_early(groups, coming), *_spans(windows, coming.start, coming.end)),
        looks=tuple(_look_shapes(groups, coming)),
        strokes=tuple(_strokes(groups, coming)),
        rows=tuple(_row(runs, begin, end) for begin, end, runs in groups),
        crossings=tuple(marks(crossings, coming, zone.mode)),
        crossing_rows=tuple(rows(crossings, zone.mode)),
        notes=tuple(note for note in notes if note),
    )


def _groups(runs: Sequence[Run], end: datetime) -> Iterator[tuple[datetime, datetime, list[Run]]]:
    """Runs of the same mode and pace that follow each other, with their beginning and the beginning of the next."""
    groups = [list(group) for _key, group in groupby(runs, key=lambda run: (run.mode, run.pace))]
    for nth, group in enumerate(groups):
        yield group[0].first, groups[nth + 1][0].first if nth + 1 < len(groups) else end, group


def _interval(runs: Sequence[Run]) -> timedelta | None:
    """The interval that most of the wakes keep; None where each stands by itself."""
    longest = max(runs, key=lambda run: run.count)
    return longest.every if longest.count > 1 else None


def _row(runs: Sequence[Run], begin: datetime, end: datetime) -> Row:
    every, mode, pace = _interval(runs), str(MODES[runs[0].mode]), runs[0].pace
    what = mode if every is None else _("%(mode)s, every %(span)s", mode=mode, span=span(every.total_seconds()))
    if pace is not Pace.TABLE:
        what = _("%(what)s, %(pace)s", what=what, pace=str(PACES[pace]))
    return Row(
        when=_("%(begin)s until %(end)s", begin=moment(begin), end=moment(end)),
        what=opened(what).removesuffix("."),
        wakes=number(sum(run.count for run in runs)),
        calls=number(sum(run.count * run.calls for run in runs)),
    )


def _look_shapes(groups: Sequence[tuple[datetime, datetime, list[Run]]], coming: Forecast) -> Iterator[Shape]:
    for begin, end, runs in groups:
        every = _interval(runs)
        if every is not None and every <= DENSE:
            tone = "budget" if runs[0].pace is Pace.BUDGET else TONES.get(runs[0].mode, "seldom")
            label = span(every.total_seconds())
            yield _shape(begin, end, coming.start, coming.end, tone, label, ROOM_FOR_PACE)


def _strokes(groups: Sequence[tuple[datetime, datetime, list[Run]]], coming: Forecast) -> Iterator[str]:
    """Where single looks stand: those far apart, and a repeat of off."""
    for _begin, _end, runs in groups:
        every = _interval(runs)
        if every is None or every > DENSE:
            yield from (_x(wake.at, coming.start, coming.end) for run in runs for wake in run.wakes())


def _early(groups: Sequence[tuple[datetime, datetime, list[Run]]], coming: Forecast) -> Iterator[Shape]:
    """The early starts that are expected."""
    for begin, end, runs in groups:
        if runs[0].mode is Mode.OPTIMAL_START:
            yield _shape(begin, end, coming.start, coming.end, "early")


def _spans(
    windows: Sequence[Planned], start: datetime, end: datetime, room: float = ROOM_FOR_CLOCKS
) -> Iterator[Shape]:
    """The windows and their warm-ups between two instants."""
    for window in windows:
        opens, closes = window.opens_at or start, window.closes_at or end
        if window.warmup_from is not None and window.warmup_from < end and opens > start:
            yield _shape(window.warmup_from, opens, start, end, "warmup")
        if opens < end and closes > start:
            label = f"{clock(opens)} – {clock(closes)}" if window.opens_at and window.closes_at else ""
            yield _shape(opens, closes, start, end, "window", label, room)


def _shape(
    begin: datetime, finish: datetime, start: datetime, end: datetime, tone: str, label: str = "", room: float = 100.0
) -> Shape:
    begin, finish = max(begin, start), min(finish, end)
    width = 100 * ((finish - begin) / (end - start))
    shown = label if width >= room / WIDE else ""
    middle = _x(begin + (finish - begin) / 2, start, end)
    return Shape(_x(begin, start, end), f"{width:.3f}%", tone, shown, middle, width < room)


def _x(instant: datetime, start: datetime, end: datetime) -> str:
    return f"{100 * ((instant - start) / (end - start)):.3f}%"


def _bars(coming: Forecast) -> Iterator[Bar]:
    hours = coming.calls_by_hour()
    most = max(1, *(calls for _hour, calls in hours))
    for hour, calls in hours:
        begin, finish = max(hour, coming.start), min(hour + timedelta(hours=1), coming.end)
        height = round(HIGHEST * calls / most) if calls else 0
        width = 100 * ((finish - begin) / (coming.end - coming.start))
        x = _x(begin, coming.start, coming.end)
        yield Bar(x, f"{width * 0.86:.3f}%", HIGHEST - height, height, moment(begin), number(calls))


def _marks(coming: Forecast, tz: tzinfo) -> Iterator[Mark]:
    """Every sixth hour of the home's clock, midnight by the name of its day; none where it would touch an end."""
    for hour, _calls in coming.calls_by_hour():
        local = (hour + timedelta(hours=1)).astimezone(tz)
        instant = local.replace(minute=0)
        share = (instant - coming.start) / (coming.end - coming.start)
        if local.hour % 6 == 0 and 0.15 < share < 0.93:
            label = str(SHORT_DAYS[local.weekday()]) if local.hour == 0 else clock(instant)
            yield Mark(_x(instant, coming.start, coming.end), label, near=share < 0.28)


# the week


def _week_words(week: Forecast, *, foreseen: bool) -> str:
    told = calls_words(week.calls_total)
    if foreseen:
        return str(_("Seven days take about %(calls)s, as far as the temperature's course is known.", calls=told))
    return str(
        _(
            "Seven days take about %(calls)s while the temperature stays in its band; every switching adds one.",
            calls=told,
        )
    )


def _week(week: Forecast, names: dict[str, str], tz: tzinfo) -> Iterator[DayRow]:
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
            (name, tuple(_spans([window for window in shown if window.zone == zone], begin, end)))
            for zone, name in names.items()
        ]
        calls = week.calls_between(max(begin, week.start), end)
        begun = [window for window in shown if window.opens_at is None or window.opens_at >= begin or nth == 0]
        gone = _x(week.start, begin, end) if nth == 0 else ""
        told = calls_words(calls)
        yield DayRow(day(begin), gone, lanes, _windows_by_zone(begun, names), calls, told)


def _windows_by_zone(windows: Sequence[Planned], names: dict[str, str]) -> str:
    if len(names) == 1:
        return _windows_words(windows)
    parts = [(name, [window for window in windows if window.zone == zone]) for zone, name in names.items()]
    return " · ".join(_("%(zone)s: %(windows)s", zone=name, windows=_windows_words(mine)) for name, mine in parts)


def _windows_words(windows: Sequence[Planned]) -> str:
    """`06:30 to 08:30, 17:30 to 23:00`."""
    if not windows:
        return str(_("no window"))
    return ", ".join(_window_words(window) for window in windows)


def _window_words(window: Planned) -> str:
    if window.opens_at is None or window.closes_at is None:
        return str(_("open all the time"))
    return str(_("%(begin)s to %(end)s", begin=clock(window.opens_at), end=clock(window.closes_at)))
