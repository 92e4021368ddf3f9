"""One room of the virtual home: an envelope, what heats it, and the air in it. Pure: no clock, no chance.

The room follows C·dT/dt = (outdoor - T)/R + P, solved in closed form between changes, with RC the time constant. The
outdoor air moves too, so time is cut into cells of five minutes on a fixed grid, each with the weather of its middle:
however often somebody looks, the room goes through the same temperatures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import exp, inf, log
from typing import TypeAlias

from .aircon import COOL, DRY, FAN, Unit, course, turns

CELL = 300  # s
DAY = 86_400  # s
MEMORY = 10 * DAY  # s; twelve time constants: what was before that no longer shows

Sky: TypeAlias = Callable[[int], tuple[float, float]]
"""The weather of a cell (its number since the epoch): outdoor °C, and outdoor vapour pressure in Pa."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a room holds its heat and what its unit can do; rates are K/s in a room that loses nothing."""

    time_constant: float = 20 * 3600.0  # s
    airing_time_constant: float = 3600.0  # s, while its window is open
    heating: float = 3.0 / 3600.0
    cooling: float = -3.0 / 3600.0
    drying: float = -1.0 / 3600.0
    running_watts: float = 800.0
    fan_watts: float = 30.0


@dataclass(frozen=True, slots=True)
class Use:
    """What the unit has used: seconds switched on (in all, and in the UTC day of the room's instant), and kWh."""

    on_seconds: float = 0.0
    on_today: float = 0.0
    kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class Room:
    """A room at the instant `at` (epoch seconds): °C, vapour pressure in Pa, its window open until `airing_until`."""

    at: float
    temperature: float
    vapour: float
    unit: Unit = field(default_factory=Unit)
    use: Use = field(default_factory=Use)
    airing_until: float = 0.0

    @property
    def humidity(self) -> float:
        """Relative humidity in percent."""
        return min(99.0, max(5.0, 100.0 * self.vapour / saturation(self.temperature)))


def saturation(temperature: float) -> float:
    """The vapour pressure in Pa of saturated air at `temperature` °C (Magnus)."""
    return 611.2 * exp(17.62 * temperature / (243.12 + temperature))


def after(temperature: float, rest: float, time_constant: float, seconds: float) -> float:
    """The temperature after `seconds` in a room that tends to `rest` °C."""
    return rest + (temperature - rest) * exp(-seconds / time_constant)


def seconds_to(limit: float, temperature: float, rest: float, time_constant: float) -> float:
    """How long a room that tends to `rest` °C takes from `temperature` to `limit`; infinite when it never arrives."""
    if (temperature - limit) * (limit - rest) <= 0.0:
        return inf
    return time_constant * log((temperature - rest) / (limit - rest))


def live(room: Room, until: float, envelope: Envelope, sky: Sky) -> Room:
    """The room at `until` (epoch seconds), never earlier than it is already."""
    if until - room.at > MEMORY:
        room = replace(room, at=until - MEMORY, use=replace(room.use, on_today=0.0))
    while room.at < until:
        cell = int(room.at // CELL)
        end = min(until, float((cell + 1) * CELL))
        airing = room.at < room.airing_until
        if airing:
            end = min(end, room.airing_until)
        room = _piece(room, end, airing, envelope, sky(cell))
    return room


def _piece(room: Room, end: float, airing: bool, envelope: Envelope, outside: tuple[float, float]) -> Room:
    """The room at `end`, with one weather and one state of its window all along."""
    outdoor, outdoor_vapour = outside
    unit, now, temperature, ran = room.unit, room.at, room.temperature, 0.0
    time_constant = envelope.airing_time_constant if airing else envelope.time_constant
    direction = unit.direction
    while now < end:
        direction = course(unit, direction, temperature)
        rest = outdoor + _rate(unit, direction, envelope) * time_constant
        length, reached = end - now, None
        for limit in turns(unit, direction):
            if (way := seconds_to(limit, temperature, rest, time_constant)) < length:
                length, reached = way, limit
        temperature = after(temperature, rest, time_constant, length) if reached is None else reached
        ran += length if direction else 0.0
        now = end if reached is None else now + length
    vapour = _vapour(room.vapour, outdoor_vapour, end - room.at, airing, dries=ran > 0 and direction < 0)
    use = _used(room, end, ran, envelope)
    return Room(end, temperature, vapour, replace(unit, direction=direction), use, room.airing_until)


def _rate(unit: Unit, direction: int, envelope: Envelope) -> float:
    """What the unit does to the room in K/s."""
    if direction > 0:
        return envelope.heating
    if direction < 0:
        return envelope.drying if unit.mode == DRY else envelope.cooling
    return 0.0


def _vapour(vapour: float, outdoor: float, seconds: float, airing: bool, dries: bool) -> float:
    """People add moisture, air that comes in takes it out, a cold coil holds it back."""
    rest = outdoor + (50.0 if airing else 250.0)
    if dries:
        rest = min(rest, 1100.0)
    return after(vapour, rest, 1800.0 if airing else 3600.0 if dries else 7200.0, seconds)


def _used(room: Room, end: float, ran: float, envelope: Envelope) -> Use:
    """The use after a piece that ends at `end`; cells end at midnight, so no piece lies in two days."""
    before, today = room.use, room.use.on_today if end % DAY else 0.0
    if not room.unit.power:
        return replace(before, on_today=today) if today != before.on_today else before
    seconds = end - room.at
    joules = ran * envelope.running_watts
    if room.unit.mode in (COOL, DRY, FAN):
        joules += (seconds - ran) * envelope.fan_watts
    return Use(before.on_seconds + seconds, today + seconds if end % DAY else 0.0, before.kwh + joules / 3.6e6)
