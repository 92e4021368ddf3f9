"""What the polling table would read in the coming day, by rank: the shape that a short budget is laid out over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from itertools import accumulate

from .polling import interval_of
from .record import Mode
from .settings import Settings, Zone
from .windows import Span, spans_between

HOUR, QUARTER = 3600, 900  # seconds
HOURS = 26  # a day from any instant of an hour, and an hour more
QUARTERS = HOURS * HOUR // QUARTER


class Rank(IntEnum):
    """What a reading is for, the most important first; short of calls the last one gives way first."""

    INSIDE = 0
    WARMUP = 1
    IDLE = 2


Reads = tuple[float, float, float]
"""Numbers of reads, one for each rank."""

NONE: Reads = (0.0, 0.0, 0.0)


def rank_of(mode: Mode, *, inside: bool) -> Rank:
    """The rank of a reading in `mode`; with one interval for everything, what counts is whether a window is open."""
    if mode is Mode.IN_WINDOW or (mode is Mode.FIXED and inside):
        return Rank.INSIDE
    return Rank.WARMUP if mode in (Mode.WARMUP, Mode.OPTIMAL_START) else Rank.IDLE


@dataclass(frozen=True, slots=True)
class Demand:
    """Reads by the table from the beginning of an hour (`start`, epoch seconds) to the end of each quarter since.

    `sure` are those of zones that keep to the table, `foreseen` those of zones that predict, and need fewer.
    """

    start: int
    sure: tuple[Reads, ...]
    foreseen: tuple[Reads, ...]

    def between(self, now: float, until: float, share: float) -> Reads:
        """The reads between two instants in epoch seconds, with a share of what is foreseen."""
        x, w, i = _between(self.sure, now - self.start, until - self.start)
        if not share or self.foreseen[-1] == NONE:
            return x, w, i
        more = _between(self.foreseen, now - self.start, until - self.start)
        return x + share * more[0], w + share * more[1], i + share * more[2]


def _between(sums: Sequence[Reads], low: float, high: float) -> Reads:
    a, b = _up_to(sums, low), _up_to(sums, high)
    return b[0] - a[0], b[1] - a[1], b[2] - a[2]


def _up_to(sums: Sequence[Reads], seconds: float) -> Reads:
    """Evenly spread within a quarter."""
    place = min(max(seconds / QUARTER, 0.0), QUARTERS)
    nth = min(int(place), QUARTERS - 1)
    part, (x, w, i), (xx, ww, ii) = place - nth, sums[nth], sums[nth + 1]
    return x + part * (xx - x), w + part * (ww - w), i + part * (ii - i)


_kept: tuple[Settings, int, Demand] | None = None  # the last one: it holds for an hour of the same settings


def demand_of(settings: Settings, now: datetime) -> Demand:
    """The demand of all zones over the day that follows `now`."""
    global _kept
    start = int(now.timestamp()) // HOUR * HOUR
    known = _kept
    if known is not None and known[0] is settings and known[1] == start:
        return known[2]
    sure, foreseen = _sums(settings, start, predicts=False), _sums(settings, start, predicts=True)
    demand = Demand(start, sure, foreseen)
    _kept = (settings, start, demand)
    return demand


def _sums(settings: Settings, start: int, *, predicts: bool) -> tuple[Reads, ...]:
    totals = [[0.0, 0.0, 0.0] for _quarter in range(QUARTERS)]
    for zone in settings.all_zones:
        if zone.predictive_polling_enabled is predicts:
            _add(totals, settings, zone, start)
    columns = [list(accumulate((each[rank] for each in totals), initial=0.0)) for rank in Rank]
    return tuple(zip(*columns, strict=True))


def _add(totals: list[list[float]], settings: Settings, zone: Zone, start: int) -> None:
    """Add a zone's reads in each quarter."""
    adaptive = settings.adaptive_polling_enabled
    active, idle = _interval(Mode.IN_WINDOW, settings), _interval(Mode.IDLE if adaptive else Mode.FIXED, settings)
    inside = _seconds(_windows(settings, zone, start, 0), start)
    ahead = inside
    if adaptive:
        ahead = _seconds(_windows(settings, zone, start, 60 * settings.poll_warmup_minutes), start)
        if not zone.automation_enabled:
            inside = ahead = [0.0] * QUARTERS
    for nth, each in enumerate(totals):
        each[Rank.INSIDE] += inside[nth] / active
        each[Rank.WARMUP] += (ahead[nth] - inside[nth]) / active
        each[Rank.IDLE] += (QUARTER - ahead[nth]) / idle


def _interval(mode: Mode, settings: Settings) -> float:
    return interval_of(mode, settings).total_seconds()


def _windows(settings: Settings, zone: Zone, start: int, warmup: int) -> list[Span]:
    """The zone's windows in the hours from `start` on, each begun `warmup` seconds earlier."""
    if not zone.windows:
        return []
    begins, ends = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(start + HOURS * HOUR, UTC)
    spans = spans_between(zone.windows, settings.tz, begins, ends + timedelta(seconds=warmup))
    return [
        span if span.opens <= begins else Span(span.opens - timedelta(seconds=warmup), span.closes) for span in spans
    ]


def _seconds(spans: Sequence[Span], start: int) -> list[float]:
    """How much of each quarter lies within spans, which may overlap by their warm-ups."""
    found = [0.0] * QUARTERS
    covered = 0.0  # up to here, in seconds from `start`
    for span in spans:
        low, high = max(span.opens.timestamp() - start, covered), span.closes.timestamp() - start
        covered = max(covered, high)
        for nth in range(int(low // QUARTER), min(int(-(-high // QUARTER)), QUARTERS)):
            found[nth] += max(0.0, min(high, (nth + 1) * QUARTER) - max(low, nth * QUARTER))
    return found
