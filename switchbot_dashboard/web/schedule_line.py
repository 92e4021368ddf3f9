"""The schedule's line of time: windows, warm-ups, early starts and looks as shapes on it. Pure.

Places along it are percent of its width, so that the page needs no measure of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from ..domain.foreseen import Forecast, Planned, Run
from ..domain.record import Mode, Pace
from .i18n import clock, span

DENSE = timedelta(minutes=12)  # looks closer than this are a band; others are single strokes
ROOM_FOR_CLOCKS, ROOM_FOR_PACE = 30.0, 11.0  # percent of the line that a label needs on a phone
WIDE = 3.0  # how many times a phone's line a wide page has
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


def groups_of(runs: Sequence[Run], end: datetime) -> Iterator[tuple[datetime, datetime, list[Run]]]:
    """Runs of the same mode and pace that follow each other, with their beginning and the beginning of the next."""
    groups = [list(group) for _key, group in groupby(runs, key=lambda run: (run.mode, run.pace))]
    for nth, group in enumerate(groups):
        yield group[0].first, groups[nth + 1][0].first if nth + 1 < len(groups) else end, group


def interval_of(runs: Sequence[Run]) -> timedelta | None:
    """The interval that most of the wakes keep; None where each stands by itself."""
    longest = max(runs, key=lambda run: run.count)
    return longest.every if longest.count > 1 else None


def look_shapes(groups: Sequence[tuple[datetime, datetime, list[Run]]], coming: Forecast) -> Iterator[Shape]:
    """Looks so close to each other that they are a band, with their interval."""
    for begin, end, runs in groups:
        every = interval_of(runs)
        if every is not None and every <= DENSE:
            tone = "budget" if runs[0].pace is Pace.BUDGET else TONES.get(runs[0].mode, "seldom")
            label = span(every.total_seconds())
            yield shape_of(begin, end, coming.start, coming.end, tone, label, ROOM_FOR_PACE)


def strokes(groups: Sequence[tuple[datetime, datetime, list[Run]]], coming: Forecast) -> Iterator[str]:
    """Where single looks stand: those far apart, and a repeat of off."""
    for _begin, _end, runs in groups:
        every = interval_of(runs)
        if every is None or every > DENSE:
            yield from (place(wake.at, coming.start, coming.end) for run in runs for wake in run.wakes())


def early_shapes(groups: Sequence[tuple[datetime, datetime, list[Run]]], coming: Forecast) -> Iterator[Shape]:
    """The early starts that are expected."""
    for begin, end, runs in groups:
        if runs[0].mode is Mode.OPTIMAL_START:
            yield shape_of(begin, end, coming.start, coming.end, "early")


def span_shapes(
    windows: Sequence[Planned], start: datetime, end: datetime, room: float = ROOM_FOR_CLOCKS
) -> Iterator[Shape]:
    """The windows and their warm-ups between two instants."""
    for window in windows:
        opens, closes = window.opens_at or start, window.closes_at or end
        if window.warmup_from is not None and window.warmup_from < end and opens > start:
            yield shape_of(window.warmup_from, opens, start, end, "warmup")
        if opens < end and closes > start:
            label = f"{clock(opens)} – {clock(closes)}" if window.opens_at and window.closes_at else ""
            yield shape_of(opens, closes, start, end, "window", label, room)


def shape_of(
    begin: datetime, finish: datetime, start: datetime, end: datetime, tone: str, label: str = "", room: float = 100.0
) -> Shape:
    """A stretch of time on the line from `start` to `end`; its label needs `room` percent on a phone."""
    begin, finish = max(begin, start), min(finish, end)
    width = 100 * ((finish - begin) / (end - start))
    shown = label if width >= room / WIDE else ""
    middle = place(begin + (finish - begin) / 2, start, end)
    return Shape(place(begin, start, end), f"{width:.3f}%", tone, shown, middle, width < room)


def place(instant: datetime, start: datetime, end: datetime) -> str:
    """Where an instant stands on the line, in percent."""
    return f"{100 * ((instant - start) / (end - start)):.3f}%"
