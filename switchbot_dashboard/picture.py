"""A picture of simulated days: temperature, band and windows, what ran, and the calls of each hour; one panel a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from .domain.measures import Moment
    from .domain.settings import Settings, Zone
    from .simulation import Run, Stage

WIDTH, TOP, PANEL = 1600, 16, 400  # px
LEFT, RIGHT = 72, 16
COURSE, STRIP, CALLS = 236, 14, 60  # px: heights of the course, of what ran, of the calls
GROUND, INK, MUTED, GRID = "#ffffff", "#1b1f24", "#57606a", "#e4e7eb"
WINDOW, BAND, LINE, RAN, CALL = "#f1f4f8", "#cfe8e6", "#0b6e6e", "#b4480f", "#1f5fbf"
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class _Scale:
    """Where instants and temperatures stand: `left` and `right` are epoch seconds, `low` and `high` °C."""

    left: float
    right: float
    low: float
    high: float
    top: int

    def x(self, at: float) -> float:
        return LEFT + (at - self.left) / (self.right - self.left) * (WIDTH - LEFT - RIGHT)

    def y(self, celsius: float) -> float:
        return self.top + (self.high - celsius) / (self.high - self.low) * COURSE


def draw(path: Path, stage: Stage, runs: Sequence[tuple[str, Settings, Run]]) -> None:
    """Write the picture. Raises OSError where the file cannot be written."""
    panels = [(name, settings, run, zone) for name, settings, run in runs for zone in settings.all_zones]
    image = Image.new("RGB", (WIDTH, 2 * TOP + PANEL * len(panels)), GROUND)
    canvas = ImageDraw.Draw(image)
    small, bold = ImageFont.load_default(14), ImageFont.load_default(18)
    everything = [moment.celsius for _, _, run, zone in panels for moment in run.moments[zone.id]]
    bounds = [tenths / 10 for *_, zone in panels for tenths in (zone.profile.min_tenths, zone.profile.max_tenths)]
    low, high = min(everything + bounds) - 0.5, max(everything + bounds) + 0.5
    busiest = max((count for _, _, run, _ in panels for count in run.calls_by_hour.values()), default=1)
    for place, (name, settings, run, zone) in enumerate(panels):
        top = TOP + PANEL * place
        title = name if len(settings.all_zones) == 1 else f"{name}: {zone.name}"
        canvas.text((LEFT, top), title, INK, bold)
        scale = _Scale(stage.start.timestamp(), stage.end.timestamp(), low, high, top + 30)
        _course(canvas, scale, run.moments[zone.id], zone, settings, small)
        _calls(canvas, scale, run.calls_by_hour, busiest, small)
    image.save(path, "PNG", optimize=True)


def _course(
    canvas: ImageDraw.ImageDraw, scale: _Scale, moments: Sequence[Moment], zone: Zone, settings: Settings, font: Font
) -> None:
    """Windows with the band in them, the days, the temperature, and when the unit was on."""
    bottom, profile = scale.top + COURSE, zone.profile
    for begins, ends in _spells(moments, "inside"):
        canvas.rectangle((scale.x(begins), scale.top, scale.x(ends), bottom), WINDOW)
        edges = scale.y(profile.max_tenths / 10), scale.y(profile.min_tenths / 10)
        canvas.rectangle((scale.x(begins), edges[0], scale.x(ends), edges[1]), BAND)
    _grid(canvas, scale, settings, font)
    stride = max(1, len(moments) // (2 * WIDTH))
    canvas.line([(scale.x(each.at), scale.y(each.celsius)) for each in moments[::stride]], LINE, 2)
    strip = bottom + 6
    canvas.text((8, strip - 2), "on", MUTED, font)
    canvas.rectangle((LEFT, strip, WIDTH - RIGHT, strip + STRIP), GRID)
    for begins, ends in _spells(moments, "on"):
        canvas.rectangle((scale.x(begins), strip, scale.x(ends), strip + STRIP), RAN)


def _grid(canvas: ImageDraw.ImageDraw, scale: _Scale, settings: Settings, font: Font) -> None:
    bottom = scale.top + COURSE
    step = 1 if scale.high - scale.low < 8 else 2 if scale.high - scale.low < 16 else 5
    for celsius in range(round(scale.low) // step * step, round(scale.high) + 1, step):
        if scale.low <= celsius <= scale.high:
            canvas.line((LEFT, scale.y(celsius), WIDTH - RIGHT, scale.y(celsius)), GRID)
            canvas.text((8, scale.y(celsius) - 8), f"{celsius} °C", MUTED, font)
    days = max(1, round((scale.right - scale.left) / 86_400))
    day = datetime.fromtimestamp(scale.left, UTC).astimezone(settings.tz)
    for _ in range(days):
        x = scale.x(day.timestamp())
        canvas.line((x, scale.top, x, bottom + STRIP + CALLS + 16), GRID)
        if days <= 21 or day.day in (1, 11, 21):
            canvas.text(
                (x + 4, bottom + STRIP + CALLS + 18), f"{day:%a %d %b}" if days <= 14 else f"{day:%d %b}", MUTED, font
            )
        day += timedelta(days=1)


def _calls(canvas: ImageDraw.ImageDraw, scale: _Scale, by_hour: Mapping[int, int], busiest: int, font: Font) -> None:
    """A bar for the calls of each hour, on the same scale in every panel."""
    bottom = scale.top + COURSE + STRIP + CALLS + 14
    canvas.text((8, bottom - CALLS), "calls", MUTED, font)
    canvas.text((8, bottom - CALLS + 16), f"max {busiest}/h", MUTED, font)
    canvas.line((LEFT, bottom, WIDTH - RIGHT, bottom), GRID)
    for hour, count in by_hour.items():
        x, height = scale.x(hour * 3600), CALLS * count / busiest
        if LEFT <= x < WIDTH - RIGHT and height >= 0.5:
            canvas.rectangle((x, bottom - height, max(x, scale.x((hour + 1) * 3600) - 1), bottom), CALL)


def _spells(moments: Sequence[Moment], what: str) -> list[tuple[float, float]]:
    """The times in which something held, from its first moment to the one after its last."""
    step = moments[1].at - moments[0].at if len(moments) > 1 else 0.0
    found = []
    for holds, group in groupby(moments, key=lambda each: getattr(each, what)):
        if holds:
            spell = list(group)
            found.append((spell[0].at, spell[-1].at + step))
    return found
