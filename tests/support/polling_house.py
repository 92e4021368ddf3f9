"""The benchmark's house: one room in closed form, its meter with the cloud's copy of it, and the tick's port to both.

All instants in here are seconds since the run's begin. The room follows C·dT/dt = (T_out - T)/R + P between breaks: the
cells of the weather, the ends of an airing, the edges of a window, a command, the source's own stop and restart. It is
reckoned only as far as somebody asks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, floor, inf, log

from switchbot_dashboard.domain.record import Call, Catalogue, Device, Receipt
from switchbot_dashboard.simulator.house import after, seconds_to
from switchbot_dashboard.tick.ports import Dispatch, Status

from .polling_draws import CELL, DAY, MINUTE, Draws

METER, AIRCON = "METER01", "02-AIRCON"
TIME_CONSTANT, AIRING_TIME_CONSTANT = 20 * 3600.0, 3600.0  # s
HEATING = 3.0 / 3600.0  # K/s
STOPS, RESTARTS = 23.5, 23.2  # °C: the source's own thermostat
LOW, HIGH = 20.0, 22.0  # °C: the band in which nobody is uncomfortable
FIRST = 20.0  # °C at the begin

Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time with one weather, one state of the window that is aired, and inside or outside the heating windows."""

    ends: float
    outdoor: float
    time_constant: float
    inside: bool


def stretches(outdoor: Sequence[float], draws: Draws, windows: Spans) -> tuple[Stretch, ...]:
    """The run cut at every break that is known beforehand."""
    end = float(draws.days * DAY)
    breaks = {float(CELL * cell) for cell in range(1, len(outdoor) + 1)}
    breaks |= {at for span in (*draws.airings, *windows) for at in span if 0.0 < at < end}
    found, begins = [], 0.0
    for ends in sorted(breaks):
        time_constant = AIRING_TIME_CONSTANT if _within(begins, draws.airings) else TIME_CONSTANT
        found.append(Stretch(ends, outdoor[int(begins // CELL)], time_constant, _within(begins, windows)))
        begins = ends
    return tuple(found)


def _within(at: float, spans: Spans) -> bool:
    place = bisect_right(spans, (at, inf))
    return any(opens <= at < closes for opens, closes in spans[max(0, place - 2) : place])


@dataclass(frozen=True, slots=True)
class Sent:
    """A command that the cloud took: when, on or off, whether infrared lost it, and whether the unit was on before."""

    at: float
    on: bool
    lost: bool
    was_on: bool


class Room:
    """The room, and what is measured of it as it lives: discomfort in kelvin-seconds, seconds of heating, starts."""

    def __init__(self, course: Sequence[Stretch], draws: Draws, windows: Spans) -> None:
        self.at, self.temperature, self.on, self.heating = 0.0, FIRST, False, False
        self.discomfort = self.discomfort_of_first_day = self.heated_inside = self.heated_outside = 0.0
        self.starts = 0
        self.shown: list[int] = []  # tenths, one an upload
        self.sent: list[Sent] = []
        self._course, self._place = course, 0
        self._draws = draws
        self._closes = [closes for _, closes in windows]
        self._counts: dict[tuple[int, bool], int] = {}

    def live(self, until: float) -> None:
        """Let the room come to an instant."""
        while self.at < until and self._place < len(self._course):
            stretch = self._course[self._place]
            self._through(stretch, min(stretch.ends, until))
            if self.at >= stretch.ends:
                self._place += 1

    def hear(self, at: float, on: bool) -> None:
        """A command reaches the room, unless infrared loses it."""
        self.live(at)
        section = bisect_right(self._closes, at)
        nth = self._counts[section, on] = self._counts.get((section, on), 0) + 1
        lost = self._draws.loses(section, on, nth)
        self.sent.append(Sent(at, on, lost, self.on))
        if not lost:
            self.starts += on and not self.on
            self.on = on
            self.heating = on and self.temperature < STOPS

    def _through(self, stretch: Stretch, end: float) -> None:
        """On to `end`, in pieces cut where the source stops or begins again by itself."""
        time_constant = stretch.time_constant
        while self.at < end:
            rest = stretch.outdoor + (HEATING * time_constant if self.heating else 0.0)
            limit = STOPS if self.heating else RESTARTS
            way = seconds_to(limit, self.temperature, rest, time_constant) if self.on else inf
            turned = way < end - self.at
            length, until = (way, self.at + way) if turned else (end - self.at, end)
            last = limit if turned else after(self.temperature, rest, time_constant, length)
            self._upload(until, rest, time_constant)
            if self.heating:
                if stretch.inside:
                    self.heated_inside += length
                else:
                    self.heated_outside += length
            if stretch.inside:
                outside = _outside_band(self.temperature, last, rest, time_constant, length)
                self.discomfort += outside
                self.discomfort_of_first_day += outside if self.at < DAY else 0.0
            self.at, self.temperature = until, last
            self.heating ^= turned

    def _upload(self, until: float, rest: float, time_constant: float) -> None:
        """The meter's uploads from `self.at` up to `until`, excluded: rounded to tenths, each with its own error."""
        shown, errors = self.shown, self._draws.errors
        at = self._draws.phase + MINUTE * len(shown)
        above = self.temperature - rest
        while at < until:
            true = rest + above * exp((self.at - at) / time_constant)
            shown.append(floor((true + errors[len(shown)]) * 10 + 0.5))
            at += MINUTE


def _outside_band(first: float, last: float, rest: float, time_constant: float, length: float) -> float:
    """The kelvin-seconds outside the band of a piece that goes from `first` to `last`."""
    found = 0.0
    if first < LOW or last < LOW:
        found += _beyond(LOW, first, last, rest, time_constant, length, below=True)
    if first > HIGH or last > HIGH:
        found += _beyond(HIGH, first, last, rest, time_constant, length, below=False)
    return found


def _beyond(
    limit: float, first: float, last: float, rest: float, time_constant: float, length: float, *, below: bool
) -> float:
    """∫|T - limit| over the part of a piece that lies on one side of a limit, exactly."""
    if (first < limit) != (last < limit):
        reached = time_constant * log((first - rest) / (limit - rest))
        starts_beyond = first < limit if below else first > limit
        length, first, last = (reached, first, limit) if starts_beyond else (length - reached, limit, last)
    return abs((limit - rest) * length - time_constant * (first - last))


class Devices:
    """The tick's port to the house: a copy in the cloud that is `age` seconds old, and an account with two devices."""

    def __init__(self, room: Room, phase: int, age: int, begins: datetime, clock: Callable[[], datetime]) -> None:
        self.calls = {"read": 0, "command": 0, "catalogue": 0}
        self._room, self._offset = room, age + phase
        self._begins, self._clock = begins.timestamp(), clock
        self._counted: dict[str, int] = {}

    def read(self, device_ids: Sequence[str], until: datetime) -> Mapping[str, Status]:
        """The meter's last upload that the cloud shows by now."""
        now = self._clock().timestamp() - self._begins
        upload = int((now - self._offset) // MINUTE)
        if upload >= len(self._room.shown):
            self._room.live(now)
        celsius = self._room.shown[upload] / 10 if upload >= 0 else FIRST
        self._count("read", len(device_ids))
        return {device: {"temperature": celsius, "humidity": 45, "battery": 100} for device in device_ids}

    def send(self, dispatches: Sequence[Dispatch], until: datetime) -> Sequence[Receipt]:
        """Every command is taken; infrared may lose it."""
        receipts = []
        for dispatch in dispatches:
            leaves = max(self._clock(), dispatch.leave_at)
            self._room.hear(leaves.timestamp() - self._begins, dispatch.step.command != "turnOff")
            receipts.append(Receipt(True, leaves))
        self._count("command", len(receipts))
        return receipts

    def catalogue(self, until: datetime) -> Catalogue:
        """The account's devices and scenes: two calls."""
        self._count("catalogue", 2)
        remote = Device(AIRCON, "Air conditioner", "Air Conditioner", True)
        return Catalogue((Device(METER, "Meter", "Meter", False), remote), {}, self._clock())

    def spent(self) -> Sequence[Call]:
        """The calls since the last asking."""
        if not self._counted:
            return ()
        hour = int(self._clock().timestamp()) // 3600
        found = [Call(hour, purpose, "status", count) for purpose, count in self._counted.items()]
        self._counted.clear()
        return found

    def _count(self, purpose: str, calls: int) -> None:
        self.calls[purpose] += calls
        self._counted[purpose] = self._counted.get(purpose, 0) + calls
