"""Step 2: is a window open, and when is the next. Wall-clock times become instants here and nowhere else.

Windows are half-open, belong to the day they open, may cross midnight, and mean the whole day when start equals end.
A start or an end in the gap of a clock change is the first instant after it; in a repeated hour a start is its first
occurrence and an end its last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from operator import attrgetter
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
FORTNIGHT = timedelta(days=15)  # a clock change can swallow a weekly edge, so the next may be two weeks away
HORIZON = timedelta(days=17)  # that, and a window of up to two days

_opens = attrgetter("opens")


@dataclass(frozen=True, slots=True)
class Window:
    """One weekly opening; across midnight it belongs to the day it opens."""

    days: frozenset[int]  # 0 is Monday
    opens: time
    closes: time  # the first moment outside; equal to opens means the whole day

    def span(self, day: date, zone: ZoneInfo) -> Span:
        """The instants it opens on `day` and closes, in UTC; empty when the clocks skip all of it."""
        last = day if self.closes > self.opens else day + DAY
        return Span(instant(day, self.opens, zone, last=False), instant(last, self.closes, zone, last=True))


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From an instant, included, to another, excluded."""

    opens: datetime
    closes: datetime

    def __contains__(self, now: datetime) -> bool:
        return self.opens <= now < self.closes


@dataclass(frozen=True, slots=True)
class Opening:
    """How the windows stand at one instant. `current` and `coming` join windows that touch or overlap.

    `closes_at` is None while a window is open that never closes; `opens_at` is the next start, None when there is none.
    """

    current: Span | None
    coming: Span | None
    closes_at: datetime | None
    opens_at: datetime | None

    @property
    def inside(self) -> bool:
        """Whether a window is open."""
        return self.current is not None

    @property
    def next_edge(self) -> datetime | None:
        """The next instant at which a window opens or closes."""
        return self.closes_at if self.inside else self.opens_at


def instant(day: date, wall: time, zone: ZoneInfo, *, last: bool) -> datetime:
    """The UTC instant of a wall-clock time; `last` picks the second occurrence in a repeated hour."""
    local = datetime.combine(day, wall, tzinfo=zone)
    before, after = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    if after is not None and before is not None and after > before:
        return _end_of_gap(local, zone)
    return local.replace(fold=int(last)).astimezone(UTC)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The clock change itself: the offset in force changes exactly once between the two readings of `local`."""
    low, high = local.replace(fold=1).astimezone(UTC), local.replace(fold=0).astimezone(UTC)
    late = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == late:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)


def opening_at(windows: Iterable[Window], zone: ZoneInfo, now: datetime) -> Opening:
    """How the windows stand at `now`."""
    spans = _spans(tuple(windows), zone, now.astimezone(zone).date())
    place = bisect_right(spans, now, key=_opens)
    current = spans[place - 1] if place and now in spans[place - 1] else None
    coming = spans[place] if place < len(spans) else None
    closes = current.closes if current and current.closes - now < FORTNIGHT else None
    return Opening(current, coming, closes, coming.opens if coming else None)


def spans_between(windows: Iterable[Window], zone: ZoneInfo, start: datetime, end: datetime) -> tuple[Span, ...]:
    """The times in which a window is open, joined where they touch, cut to `start` and `end`."""
    wanted = tuple(windows)
    found: set[Span] = set()
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last + DAY:
        found.update(_spans(wanted, zone, day))
        day += timedelta(days=7)
    cut = (Span(max(span.opens, start), min(span.closes, end)) for span in _joined(found))
    return tuple(span for span in cut if span.opens < span.closes)


@lru_cache(maxsize=256)
def _spans(windows: tuple[Window, ...], zone: ZoneInfo, today: date) -> tuple[Span, ...]:
    """The joined spans from two days before `today` to `HORIZON` after it."""
    days = [today + DAY * offset for offset in range(-2, HORIZON.days + 1)]
    return _joined(window.span(day, zone) for window in windows for day in days if day.weekday() in window.days)


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, those that touch or overlap made one, the empty ones left out."""
    joined: list[Span] = []
    for span in sorted(span for span in spans if span.opens < span.closes):
        if joined and span.opens <= joined[-1].closes:
            joined[-1] = Span(joined[-1].opens, max(joined[-1].closes, span.closes))
        else:
            joined.append(span)
    return tuple(joined)
