"""The state of the virtual home, and where it is kept.

The world is small and replaceable: what cannot be read is dropped and begun anew. Whoever reads and then writes it
holds the lock of the turn; this file has none of its own.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .aircon import Unit
from .house import Room, Use

log = logging.getLogger(__name__)

_EPOCH_END = 2e11  # s


@dataclass(frozen=True, slots=True)
class Sample:
    """What the cloud holds of a meter: °C in tenths, whole percent, and the instant (epoch seconds) of the upload."""

    at: float
    temperature: float
    humidity: int


@dataclass(frozen=True, slots=True)
class Place:
    """A room, and the copy of its meter's last upload."""

    room: Room
    shown: Sample


@dataclass(frozen=True, slots=True)
class World:
    """All places of the virtual home, by the id of the room."""

    places: Mapping[str, Place] = field(default_factory=dict)

    def having(self, name: str, place: Place) -> World:
        """This world with one place set."""
        return World({**self.places, name: place})


class Worlds(Protocol):
    """Where a world is kept between two calls."""

    def load(self) -> World: ...

    def save(self, world: World) -> None: ...


class MemoryWorld:
    """A world for one process: simulations, tests, the history before the first start."""

    def __init__(self, world: World | None = None) -> None:
        self._world = world or World()

    def load(self) -> World:
        """The world as last saved."""
        return self._world

    def save(self, world: World) -> None:
        """Keep this world."""
        self._world = world


class WorldFile:
    """A world in a file that several processes share. Where the disk refuses, it goes on in memory and says so once."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._world = World()
        self._seen: tuple[int, int, int] | None = None
        self._failing = False

    def load(self) -> World:
        """The world as last saved by any process; an empty one when there is none that can be read."""
        if self._failing:
            return self._world
        seen = _stamp(self._path)
        if seen is None or seen != self._seen:
            self._world = _read(self._path) if seen else World()
            self._seen = seen
        return self._world

    def save(self, world: World) -> None:
        """Replace the file in one move; a reader finds the old world or the new one."""
        self._world = world
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            beside.write_text(to_json(world), encoding="ascii")
            os.replace(beside, self._path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            if not self._failing:
                log.warning("The virtual home goes on in memory: %s cannot be written (%s)", self._path, error.strerror)
            self._failing = True
            return
        if self._failing:
            log.info("The virtual home is kept in %s again", self._path)
        self._failing = False
        self._seen = _stamp(self._path)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes whenever the file is replaced; None while there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path) -> World:
    try:
        return from_json(path.read_bytes())
    except OSError:
        return World()


def to_json(world: World) -> str:
    """The world as JSON text; every figure comes back exactly."""
    rooms = {name: _plain(place) for name, place in world.places.items()}
    return json.dumps({"version": 1, "rooms": rooms}, allow_nan=False)


def from_json(text: str | bytes) -> World:
    """The world in a JSON text. A room that is not whole is left out; a text that is not JSON is an empty world."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return World()
    rooms = value.get("rooms") if isinstance(value, dict) and value.get("version") == 1 else None
    if not isinstance(rooms, dict):
        return World()
    places = {name: place for name, item in rooms.items() if (place := _place(item)) is not None}
    return World(places)


def _plain(place: Place) -> dict[str, object]:
    room, unit, use, shown = place.room, place.room.unit, place.room.use, place.shown
    return {
        "at": room.at,
        "temperature": room.temperature,
        "vapour": room.vapour,
        "airing_until": room.airing_until,
        "unit": [unit.power, unit.mode, unit.set_point, unit.fan, unit.direction],
        "use": [use.on_seconds, use.on_today, use.kwh],
        "shown": [shown.at, shown.temperature, shown.humidity],
    }


def _place(item: object) -> Place | None:
    """A place from its JSON value; None when a figure is missing, of another kind or beyond all reason."""
    if not isinstance(item, dict):
        return None
    try:
        power, mode, set_point, fan, direction = item["unit"]
        on_seconds, on_today, kwh = item["use"]
        shown_at, shown_temperature, shown_humidity = item["shown"]
        unit = Unit(
            _flag(power),
            _whole(mode, 0, 5),
            _figure(set_point, 16, 30),
            _whole(fan, 1, 4),
            _whole(direction, -1, 1),
        )
        use = Use(_figure(on_seconds, 0, _EPOCH_END), _figure(on_today, 0, 86_400), _figure(kwh, 0, 1e9))
        room = Room(
            _figure(item["at"], 0, _EPOCH_END),
            _figure(item["temperature"], -60, 80),
            _figure(item["vapour"], 0, 50_000),
            unit,
            use,
            _figure(item["airing_until"], 0, _EPOCH_END),
        )
        shown = Sample(
            _figure(shown_at, 0, _EPOCH_END), _figure(shown_temperature, -60, 80), _whole(shown_humidity, 0, 100)
        )
    except (KeyError, TypeError, ValueError):
        return None
    return Place(room, shown)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _whole(value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError
    return value


def _figure(value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError
    return float(value)
