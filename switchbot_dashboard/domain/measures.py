"""What a stretch of days was worth: comfort, switches, running time, energy, and how late crossings were answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .decision import thermostat
from .history import FAN_MODE
from .record import Aircon, Fate, Origin, Record, Turn
from .settings import Zone
from .windows import Span

DAY, HOUR, MINUTE = 86_400.0, 3600.0, 60.0  # s
LATE = 180.0  # s: a crossing answered later than this was answered late


class Moment(NamedTuple):
    """A room as it truly is at an instant (epoch seconds): °C, if its unit is on; `shown` is what a reader gets."""

    at: float
    celsius: float
    shown: float
    on: bool
    inside: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Means a day, of one zone. `discomfort` is kelvin-minutes outside the band within windows, `in_band` the share of
    the windows' time within it. `switches` are changes between on and off, the hours those that the unit was on.
    `delays` are seconds from a crossing inside a window to the command that answered it, in order of their length.
    """

    discomfort: float
    in_band: float
    switches: float
    hours_inside: float
    hours_outside: float
    kwh: float
    delays: tuple[float, ...]

    @property
    def late(self) -> int:
        """How many crossings were answered late."""
        return sum(delay > LATE for delay in self.delays)

    def delay(self, share: float) -> float | None:
        """The delay in seconds that this share of crossings did not exceed; None where there was none."""
        if not self.delays:
            return None
        return self.delays[min(len(self.delays) - 1, int(share * len(self.delays)))]


@dataclass(slots=True)
class Tally:
    """Adds up one zone's days as they go by: moments at even steps, and the records of ticks in between."""

    zone: Zone
    spans: Sequence[Span]
    step: float  # s
    kept: list[Moment] | None = None
    _place: int = 0
    _aircon: Aircon = field(default_factory=Aircon)
    _due: tuple[Turn, float] | None = None
    _was_due: bool = True
    _was_inside: bool = False
    _on: bool | None = None
    _band: tuple[float, float] = (0.0, 0.0)
    _edges: Sequence[tuple[float, float]] = ()
    _sums: dict[str, float] = field(default_factory=dict)
    _delays: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        profile = self.zone.profile
        self._band = profile.min_tenths / 10, profile.max_tenths / 10
        self._edges = [(span.opens.timestamp(), span.closes.timestamp()) for span in self.spans]
        self._sums = dict.fromkeys(
            ("moments", "inside", "in_band", "discomfort", "on_inside", "on_outside", "flips"), 0.0
        )

    def pass_by(self, at: float, celsius: float, shown: float, on: bool) -> None:
        """Count a moment."""
        while self._place < len(self._edges) and self._edges[self._place][1] <= at:
            self._place += 1
        inside = self._place < len(self._edges) and self._edges[self._place][0] <= at
        sums = self._sums
        sums["moments"] += 1
        sums["on_inside" if inside else "on_outside"] += on
        sums["flips"] += self._on is not None and on is not self._on
        if inside:
            low, high = self._band
            away = max(low - celsius, celsius - high, 0.0)
            sums["inside"] += 1
            sums["in_band"] += away == 0.0
            sums["discomfort"] += away
        self._watch(at, shown, inside)
        self._on, self._was_inside = on, inside
        if self.kept is not None:
            self.kept.append(Moment(at, celsius, shown, on, inside))

    def take_in(self, records: Iterable[Record]) -> None:
        """Count what ticks did in this zone."""
        for record in records:
            if record.zone != self.zone.id:
                continue
            self._aircon = record.aircon
            done = record.action
            if done is None or done.fate is not Fate.DONE or done.order.origin is not Origin.THERMOSTAT:
                continue
            if self._due is not None:
                turn, since = self._due
                if (done.order.turn is Turn.ON) == (turn is Turn.ON):
                    self._delays.append(max(0.0, done.sent_at.timestamp() - since))
                    self._due = None
            elif self._was_inside and not self._was_due:  # answered before the next moment
                self._delays.append(0.0)

    def figures(self, kwh: float) -> Figures:
        """The means, for `kwh` used in all."""
        sums = self._sums
        days = max(sums["moments"], 1.0) * self.step / DAY
        return Figures(
            discomfort=sums["discomfort"] * self.step / MINUTE / days,
            in_band=sums["in_band"] / sums["inside"] if sums["inside"] else 1.0,
            switches=sums["flips"] / days,
            hours_inside=sums["on_inside"] * self.step / HOUR / days,
            hours_outside=sums["on_outside"] * self.step / HOUR / days,
            kwh=kwh / days,
            delays=tuple(sorted(self._delays)),
        )

    def _watch(self, at: float, shown: float, inside: bool) -> None:
        """Notice a crossing. One that stood before the window opened is the window's start, and is not counted."""
        turn = self._called_for(shown) if inside else None
        due = turn is not None
        if not inside or not due:
            self._due = None
        elif not self._was_due and self._was_inside and turn is not None:
            self._due = (turn, at)
        self._was_due = due if inside else True

    def _called_for(self, shown: float) -> Turn | None:
        """What the thermostat would send at this temperature."""
        turn, _ = thermostat(self.zone.mode, self.zone.profile, self.zone.hysteresis_tenths, round(shown * 10))
        runs = bool(self._aircon.power) and self._aircon.mode != FAN_MODE
        return turn if turn is not None and (turn is Turn.ON) is not runs else None
