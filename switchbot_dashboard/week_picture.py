"""Pictures of a week for a mail: the temperature with its band and what ran, and the calls of each day.

They are drawn on a ground of their own, twice as large as they are shown, so that they read well in the light, in the
dark and on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from .domain.sentence import say

if TYPE_CHECKING:
    from .domain.chart import Series, Value
    from .domain.windows import Span
    from .reports.letter import Reader
    from .reports.week import Week

WIDTH, COURSE_HEIGHT, DAYS_HEIGHT = 960, 400, 250  # px
LEFT, RIGHT, TOP, BOTTOM = 112, 20, 20, 50
STRIP, STRIP_GAP = 16, 10
GROUND, INK, MUTED, GRID = "#ffffff", "#1b1f24", "#57606a", "#e4e7eb"
WINDOW, BAND, LINE, RAN, BAR, BEFORE = "#eef2f6", "#cfe8e6", "#0b6e6e", "#b4480f", "#1f5fbf", "#c3d3ec"
LETTERS = 29  # px
LEAST_SPREAD = 4.0  # °C that the picture shows at least
GAP_SECONDS = 1800  # a line is not drawn across a longer silence
QUARTER_SECONDS = 900


class WeekPictures:
    """Draws weeks, the names of their days in the reader's language."""

    def course(self, week: Week, series: Series, windows: Sequence[Span], reader: Reader) -> bytes:
        """The temperature over the band, the windows behind it, and under it when the air conditioner ran. A PNG."""
        frame = _Frame(week, COURSE_HEIGHT, STRIP + STRIP_GAP)
        frame.fit([each for name in ("temperature", "low", "high") for each in series.columns.get(name, ())])
        for span in windows:
            frame.box(span.opens, span.closes, WINDOW)
        _bands(frame, series, windows)
        frame.grid(reader)
        _line(frame, series)
        strip = frame.bottom + STRIP_GAP
        frame.canvas.rectangle((LEFT, strip, WIDTH - RIGHT, strip + STRIP), GRID)
        for ran in series.running:
            if ran.doing in ("heat", "cool"):
                left, right = frame.x(ran.start / 1000), frame.x(ran.end / 1000)
                share = min(1.0, ran.active_ms / (ran.end - ran.start))
                frame.canvas.rectangle((left, strip, max(left + 1, left + (right - left) * share), strip + STRIP), RAN)
        return frame.png()

    def days(self, week: Week, now: Sequence[int], before: Sequence[int], reader: Reader) -> bytes:
        """A bar for the calls of each day, with the same day of the week before behind it. A PNG."""
        frame = _Frame(week, DAYS_HEIGHT, 0)
        most = max(*now, *before, 1)
        frame.label(frame.top, reader.sentence(say("{count:count}", count=most)))
        frame.label(frame.bottom - LETTERS, "0")
        frame.canvas.line((LEFT, frame.bottom, WIDTH - RIGHT, frame.bottom), MUTED, 2)
        for place in range(7):
            left, right = frame.x(frame.edges[place]), frame.x(frame.edges[place + 1])
            for count, colour, first, last in ((before[place], BEFORE, 0.18, 0.48), (now[place], BAR, 0.52, 0.82)):
                height = (frame.bottom - frame.top) * count / most
                box = (left + (right - left) * first, frame.bottom - height, left + (right - left) * last, frame.bottom)
                if height >= 1:
                    frame.canvas.rectangle(box, colour)
        frame.names(reader)
        return frame.png()


class _Frame:
    """A picture of one week: instants (epoch seconds) stand from left to right, values from bottom to top."""

    def __init__(self, week: Week, height: int, under: int) -> None:
        self.image = Image.new("RGB", (WIDTH, height), GROUND)
        self.canvas = ImageDraw.Draw(self.image)
        self.font = ImageFont.load_default(LETTERS)
        self.top, self.bottom = TOP, height - BOTTOM - under
        self.height, self.low, self.high = height, 0.0, 1.0
        self.edges = [midnight.timestamp() for midnight in week.midnights]

    def x(self, at: float) -> float:
        first, last = self.edges[0], self.edges[-1]
        return LEFT + (min(max(at, first), last) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def fit(self, values: Sequence[Value]) -> None:
        """Choose what the height stands for, in °C."""
        known = [float(value) for value in values if value is not None] or [20.0]
        middle, spread = (min(known) + max(known)) / 2, max(LEAST_SPREAD, max(known) - min(known) + 1)
        self.low, self.high = middle - spread / 2, middle + spread / 2

    def box(self, opens: datetime, closes: datetime, colour: str) -> None:
        self.canvas.rectangle((self.x(opens.timestamp()), self.top, self.x(closes.timestamp()), self.bottom), colour)

    def grid(self, reader: Reader) -> None:
        """The days, and some degrees."""
        step = next(step for step in (1, 2, 5, 10, 20) if (self.high - self.low) / step <= 6 or step == 20)
        for celsius in range(-(-round(self.low) // step) * step, round(self.high) + 1, step):
            if self.low <= celsius <= self.high:
                self.canvas.line((LEFT, self.y(celsius), WIDTH - RIGHT, self.y(celsius)), GRID, 2)
                self.label(self.y(celsius) - LETTERS / 2, reader.sentence(say("{level:level}", level=celsius * 10)))
        for edge in self.edges:
            self.canvas.line((self.x(edge), self.top, self.x(edge), self.bottom), GRID, 2)
        self.names(reader)

    def label(self, y: float, text: str) -> None:
        """At the left edge, its right end at the drawing."""
        plain = _drawable(text)
        self.canvas.text((LEFT - 12 - self.font.getlength(plain), y), plain, MUTED, self.font)

    def names(self, reader: Reader) -> None:
        """The days' names under the drawing."""
        for left, right in zip(self.edges, self.edges[1:], strict=False):
            text = _drawable(reader.sentence(say("{day:weekday}", day=round(left))))
            x = (self.x(left) + self.x(right) - self.font.getlength(text)) / 2
            self.canvas.text((x, self.height - BOTTOM + 8), text, INK, self.font)

    def png(self) -> bytes:
        file = BytesIO()
        self.image.quantize(64).save(file, "PNG", optimize=True)
        return file.getvalue()


def _drawable(text: str) -> str:
    """The font has no no-break spaces."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def _bands(frame: _Frame, series: Series, windows: Sequence[Span]) -> None:
    """The comfort band: within windows, or all the time where there are none."""
    spans = [(span.opens.timestamp(), span.closes.timestamp()) for span in windows]
    lows, highs = series.columns["low"], series.columns["high"]
    for at, low, high in zip(series.times, lows, highs, strict=True):
        if low is None or high is None:
            continue
        ends = at + QUARTER_SECONDS
        for opens, closes in spans or [(at, ends)]:
            left, right = max(at, opens), min(ends, closes)
            if left < right:
                frame.canvas.rectangle((frame.x(left), frame.y(high), frame.x(right), frame.y(low)), BAND)


def _line(frame: _Frame, series: Series) -> None:
    points: list[tuple[float, float]] = []
    last = 0.0
    for at, value in zip(series.times, series.columns["temperature"], strict=True):
        if value is None or (points and at - last > GAP_SECONDS):
            _stroke(frame, points)
            points = []
        if value is not None:
            points.append((frame.x(at), frame.y(value)))
            last = at
    _stroke(frame, points)


def _stroke(frame: _Frame, points: Sequence[tuple[float, float]]) -> None:
    if len(points) > 1:
        frame.canvas.line(list(points), LINE, 4, joint="curve")
