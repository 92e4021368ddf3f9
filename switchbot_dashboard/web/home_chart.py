"""The small chart of the first page, as shapes for an SVG: temperature, comfort band, windows, running time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain, pairwise

from flask_babel import gettext as _

from ..domain.history import HOUR, MINUTE, Sample, held_until, stretches
from ..domain.settings import Zone
from ..domain.windows import Span
from .i18n import clock, degrees, span, temp

SHOWN = 6 * HOUR
WIDE, HIGH = 360, 100  # the drawing's own units; the page stretches it
POINTS = 180
LEAST_SPREAD = 20  # tenths: a steady room is not drawn as a mountain range
LABEL_EVERY = 2  # hours
ROOM_FOR_TWO = 34  # of the drawing's height
ROOM_FOR_ONE = 0.17  # of its height, as a share


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `kind` is a class, or a tone."""

    x: float
    width: float
    y: float = 0
    height: float = HIGH
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a place along an axis, in percent."""

    at: float
    words: str
    lift: int = 0  # pixels below its place


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the template draws; `name` says it in words."""

    name: str
    lines: Sequence[str]  # points of polylines; a gap begins a new one
    bands: Sequence[Box]
    windows: Sequence[Box]
    running: Sequence[Box]
    hours: Sequence[Label]
    levels: Sequence[Label]
    dot: tuple[float, float] | None  # the last value, in percent


@dataclass(frozen=True, slots=True)
class _Scale:
    start: int
    low: float
    high: float

    def x(self, at: float) -> float:
        return round(min(max((at - self.start) / SHOWN, 0), 1) * WIDE, 1)

    def y(self, tenths: float) -> float:
        return round((self.high - tenths) / (self.high - self.low) * HIGH, 1)


def chart_of(zone: Zone, samples: Sequence[Sample], windows: Sequence[Span], now: datetime, tz: tzinfo) -> Chart | None:
    """The last six hours of a zone; None while nothing of them is known."""
    end = round(now.timestamp() * 1000)
    start = end - SHOWN
    pieces = _pieces(samples, start, end)
    known = [tenths for piece in pieces for _at, tenths in piece]
    if not known:
        return None
    low, high = zone.profile.min_tenths, zone.profile.max_tenths
    scale = _with_room(_scale(start, min(*known, low), max(*known, high)), low, high)
    ran = stretches(samples, start, end, end)
    last_at, last = pieces[-1][-1]
    return Chart(
        name=_name(known, last, low, high, sum(part.active_ms for part in ran)),
        lines=[" ".join(f"{scale.x(at):g},{scale.y(tenths):g}" for at, tenths in piece) for piece in pieces],
        bands=_bands(zone, samples, scale, end),
        windows=[_box(scale, _ms(each.opens), _ms(each.closes), "window") for each in windows],
        running=[_box(scale, part.start, part.end, part.doing.value) for part in ran],
        hours=_hours(start, end, tz),
        levels=_levels(scale, low, high),
        dot=(round(scale.x(last_at) / WIDE * 100, 1), scale.y(last)),
    )


def _pieces(samples: Sequence[Sample], start: int, end: int) -> list[list[tuple[int, int]]]:
    """Runs of points without a gap between them, no more than can be seen; each ends where its last value did."""
    pieces: list[list[tuple[int, int]]] = []
    until = None
    for sample, following in pairwise(chain(samples, (None,))):
        assert sample is not None
        begins, ends = max(sample.at, start), held_until(sample, following, end)
        if sample.temperature is None or ends <= begins:
            until = None
            continue
        if until != begins:
            pieces.append([])
        pieces[-1].append((begins, sample.temperature))
        until = ends
        if following is None or following.at != ends or following.temperature is None:
            pieces[-1].append((ends, sample.temperature))
    return [_thinned(piece) for piece in pieces]


def _thinned(piece: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """One point for each step of the drawing, the first and the last kept."""
    step = SHOWN // POINTS
    kept = {at // step: (at, tenths) for at, tenths in piece}
    return [piece[0], *(point for point in kept.values() if point != piece[0])]


def _scale(start: int, low: int, high: int) -> _Scale:
    spare = max(0, LEAST_SPREAD - (high - low)) / 2 + 4
    return _Scale(start, low - spare, high + spare)


def _with_room(scale: _Scale, low: int, high: int) -> _Scale:
    """Room above and below a band too narrow for its names, which then stand outside it."""
    if scale.y(low) - scale.y(high) >= ROOM_FOR_TWO:
        return scale
    top = max(scale.high, (high - ROOM_FOR_ONE * scale.low) / (1 - ROOM_FOR_ONE))
    bottom = min(scale.low, (low - ROOM_FOR_ONE * top) / (1 - ROOM_FOR_ONE))
    return _Scale(scale.start, bottom, top)


def _bands(zone: Zone, samples: Sequence[Sample], scale: _Scale, end: int) -> list[Box]:
    """The comfort band as it was in force; where the records do not say, as it is now."""
    runs: list[tuple[int, int, int]] = []  # from, low, high
    for sample in samples:
        low = zone.profile.min_tenths if sample.low is None else sample.low
        high = zone.profile.max_tenths if sample.high is None else sample.high
        if not runs or runs[-1][1:] != (low, high):
            runs.append((max(sample.at, scale.start), low, high))
    ends = [begins for begins, _low, _high in runs[1:]] + [end]
    return [
        _box(scale, begins, until, "band", top=scale.y(high), bottom=scale.y(low))
        for (begins, low, high), until in zip(runs, ends, strict=True)
    ]


def _box(scale: _Scale, begins: int, until: int, kind: str, top: float = 0, bottom: float = HIGH) -> Box:
    left, right = scale.x(begins), scale.x(until)
    return Box(left, round(max(right - left, 0.5), 1), top, round(bottom - top, 1), kind)


def _hours(start: int, end: int, tz: tzinfo) -> list[Label]:
    """The full hours by the home's clock, every second one; not so near the borders that they would be cut."""
    local = datetime.fromtimestamp(start / 1000, UTC).astimezone(tz)
    hour = local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    labels = []
    for _step in range(SHOWN // HOUR + 2):
        at = _ms(hour)
        if start + 12 * MINUTE <= at <= end - 20 * MINUTE and hour.astimezone(tz).hour % LABEL_EVERY == 0:
            labels.append(Label(round((at - start) / SHOWN * 100, 1), clock(hour, tz)))
        hour += timedelta(hours=1)
    return labels


def _levels(scale: _Scale, low: int, high: int) -> list[Label]:
    """The borders of the comfort band, named within it, or outside where it is too narrow for two lines."""
    roomy = scale.y(low) - scale.y(high) >= ROOM_FOR_TWO
    lifts = (-4, 13) if roomy else (13, -4)
    return [
        Label(scale.y(tenths), f"{degrees(tenths, 0 if tenths % 10 == 0 else 1)}°", lift)
        for tenths, lift in zip((low, high), lifts, strict=True)
    ]


def _name(known: Sequence[int], last: int, low: int, high: int, ran_ms: int) -> str:
    """The chart in words, for those who do not see it."""
    figures = {"least": temp(min(known)), "most": temp(max(known)), "last": temp(last)}
    text = _("Temperature of the last 6 hours: between %(least)s and %(most)s, %(last)s at the end.", **figures)
    band = _("Comfort lies between %(low)s and %(high)s.", low=temp(low), high=temp(high))
    ran = _("The air conditioner ran for %(span)s.", span=span(ran_ms / 1000)) if ran_ms else _("It did not run.")
    return f"{text} {band} {ran}"


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)
