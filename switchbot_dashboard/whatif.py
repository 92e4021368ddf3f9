"""What the last seven days would have been with other settings, in this home as its own history tells of it."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from .domain.case import machine_of
from .domain.comparison import Comparison, Occupied, ZoneCompared
from .domain.course import CELL, CELLS, EVERY, Cell, Point, cells_of, stretch_of
from .domain.fit import HouseFit, Lack, fit
from .domain.history import Doing, Sample
from .domain.record import Catalogue, House, ZoneState
from .domain.sentence import Sentence, say
from .domain.settings import Season, Settings, Zone
from .domain.windows import DAY
from .simulation import Run, Stage, room_for, run
from .simulator import Envelope, Kind, Place, Room, RoomSpec, Weather, World
from .simulator import Sample as Upload
from .store.lock import FileLock

LEARNED_FROM = timedelta(days=21)
ASKED = 7  # days
MOST_TICKS = 7000  # of all runs together: some two seconds
VAPOUR = 1100.0  # Pa
DRIVES = {Doing.HEAT: 1, Doing.COOL: -1}
UNKNOWN_RATE = say(
    "The readings do not tell how fast this home cools: other things than the air conditioner and the weather moved "
    "its temperature. More days in which it heats and rests will."
)


@dataclass(frozen=True)
class _Learned:
    """A zone's house, and what it felt of the weather."""

    house: HouseFit
    weather: Weather
    celsius: float


class WhatIf:
    """Answers one question at a time; the last answer is kept for an hour, so that asking twice costs nothing.

    `samples` gives a zone's readings between two instants, `known` what is known of the home, `catalogue` its devices.
    """

    def __init__(
        self,
        samples: Callable[[str, datetime, datetime], Sequence[Sample]],
        known: Callable[[datetime], House],
        clock: Callable[[], datetime],
        lock: Path,
    ) -> None:
        self._samples, self._known, self._clock = samples, known, clock
        self._lock = FileLock(lock, "what if")
        self._last: tuple[object, Comparison] | None = None
        self._guard = threading.Lock()

    def __call__(self, in_force: Settings, wished: Settings) -> Comparison:
        """Both settings over the same days. Raises Occupied while another question is answered."""
        now = self._clock().replace(minute=0, second=0, microsecond=0)
        question = (in_force.model_dump_json(), wished.model_dump_json(), now)
        with self._guard:
            if self._last is not None and self._last[0] == question:
                return self._last[1]
        if not self._lock.acquire():
            raise Occupied
        try:
            found = self._compared(in_force, wished, now)
        finally:
            self._lock.release()
        with self._guard:
            self._last = (question, found)
        return found

    def _compared(self, in_force: Settings, wished: Settings, now: datetime) -> Comparison:
        house = self._known(now)
        begins = now - DAY * ASKED
        learned: dict[str, _Learned | Sentence] = {}
        for zone in wished.all_zones:
            before = next((each for each in in_force.all_zones if each.id == zone.id), zone)
            learned[zone.id] = self._learned(zone, before, begins, now)
        fits = {zone: found for zone, found in learned.items() if isinstance(found, _Learned)}
        lacks = [
            ZoneCompared(zone.name, lack=lack)
            for zone in wished.all_zones
            if isinstance(lack := learned[zone.id], Sentence)
        ]
        if not fits:
            return Comparison(0, ASKED, lacks)
        stage = _stage(begins, fits, house)
        first, second, days = _runs(in_force, wished, stage)
        zones = [
            ZoneCompared(zone.name, first.zones.get(zone.id), second.zones[zone.id], fits[zone.id].house)
            for zone in wished.all_zones
            if zone.id in fits
        ]
        return Comparison(days, ASKED, [*zones, *lacks], (first.calls, second.calls))

    def _learned(self, zone: Zone, before: Zone, begins: datetime, now: datetime) -> _Learned | Sentence:
        """The zone's house by its history, or what is missing."""
        course = _course(self._samples(zone.id, now - LEARNED_FROM, now))
        house = fit(course)
        if isinstance(house, Lack):
            return house.sentence
        if not house.certain:
            return UNKNOWN_RATE
        for season in {zone.mode, before.mode}:
            if (house.heating if season is Season.WINTER else house.cooling) is None:
                return _never_ran(season)
        cells = cells_of(course)
        start = begins.timestamp() / CELL
        celsius = min(cells, key=lambda cell: abs(cell.number - start)).celsius
        return _Learned(house, _felt(house, cells), celsius)


def _never_ran(season: Season) -> Sentence:
    if season is Season.WINTER:
        return say("The air conditioner has not heated for 3 hours in all, so what its heating does is not known yet.")
    return say("The air conditioner has not cooled for 3 hours in all, so what its cooling does is not known yet.")


def _course(samples: Sequence[Sample]) -> list[Point]:
    """The readings of a memory as a course; what ran is what was assumed."""
    return [
        Point(sample.at / 1000, sample.temperature / 10, DRIVES.get(Doing(sample.doing), 0) if sample.doing else 0)
        for sample in samples
        if sample.temperature is not None
    ]


def _felt(house: HouseFit, cells: Sequence[Cell]) -> Weather:
    """The outdoor temperature that explains each hour with what ran in it: weather, sun, open windows, all in one."""
    by_number = {cell.number: cell for cell in cells}
    known: list[tuple[float, float]] = []
    for number in range(cells[0].number, cells[-1].number, EVERY):
        hour = stretch_of(by_number, number, CELLS)
        if hour is not None:
            known.append((hour.middle, hour.celsius + house.time_constant.value * (hour.rise - house.drive(hour))))
    times = [at for at, _ in known]

    def weather(at: datetime) -> tuple[float, float]:
        now = at.timestamp()
        place = min(max(bisect_right(times, now), 1), len(known) - 1)
        (begins, here), (ends, there) = known[place - 1], known[place]
        share = min(1.0, max(0.0, (now - begins) / (ends - begins)))
        return here + (there - here) * share, 60.0

    return weather


def _stage(begins: datetime, fits: Mapping[str, _Learned], house: House) -> Stage:
    """The days as they were, in the house as it is."""

    def rooms(settings: Settings) -> list[RoomSpec]:
        return [_room(zone, fits.get(zone.id), house.catalogue) for zone in settings.all_zones]

    at = begins.timestamp()
    places = {
        zone: Place(Room(at, found.celsius, VAPOUR), Upload(at, round(found.celsius, 1), 50))
        for zone, found in fits.items()
    }
    states = [_fresh(state) for state in house.states.values()]
    return Stage(begins, ASKED, rooms=rooms, world=World(places), states=states, infrared_loss=0.0)


def _room(zone: Zone, found: _Learned | None, catalogue: Catalogue | None) -> RoomSpec:
    room = room_for(zone)
    if machine_of(zone, catalogue).has_status:
        room = replace(room, kind=Kind.PLUG)
    if found is None:
        return room
    usual, fitted = Envelope(), found.house
    envelope = replace(
        usual,
        time_constant=fitted.time_constant.value * 3600.0,
        heating=fitted.heating.value / 3600.0 if fitted.heating else usual.heating,
        cooling=-fitted.cooling.value / 3600.0 if fitted.cooling else usual.cooling,
    )
    return replace(room, envelope=envelope, weather=found.weather)


def _fresh(state: ZoneState) -> ZoneState:
    """A zone of which nothing is known but what was learned over time."""
    return ZoneState(state.zone, learned=state.learned)


def _runs(in_force: Settings, wished: Settings, stage: Stage) -> tuple[Run, Run, int]:
    """Both runs over as many of the last days as can be afforded; the last day tells what a day costs."""
    last = replace(stage, start=stage.end - DAY, days=1)
    a_day = sum(run(settings, last, _give_way).ticks for settings in (in_force, wished))
    days = max(1, min(stage.days, MOST_TICKS // a_day - 1))
    shorter = replace(stage, start=stage.end - DAY * days, days=days)
    return run(in_force, shorter, _give_way), run(wished, shorter, _give_way), days


def _give_way(_now: datetime) -> None:
    """Let the other threads of the process go first: pages and ticks come before what is only asked."""
    time.sleep(0)
