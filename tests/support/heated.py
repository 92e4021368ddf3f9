"""A home with a room that answers: what the tick sends heats or cools it, and its meter shows it late and rounded."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from switchbot_dashboard.domain.record import Receipt, Step, ZoneState
from switchbot_dashboard.store.memory import MemoryStore
from switchbot_dashboard.tick.ports import Dispatch, Ports

from .pretend import METER, Cloud, Home, at

STEP = 30  # s
TWO_WINDOWS = [
    {"days": [0, 1, 2, 3, 4, 5, 6], "start": "06:30", "end": "08:30"},
    {"days": [0, 1, 2, 3, 4, 5, 6], "start": "17:30", "end": "23:00"},
]
FORESIGHT: dict[str, Any] = {
    "predictive_polling_enabled": True,
    "optimal_start_enabled": True,
    "time_windows": TWO_WINDOWS,
    "api_daily_limit": 30000,
}

Celsius = Callable[[datetime], float]


class Room:
    """C·dT/dt = (T_out - T)/R + P in steps of half a minute; `rate` is P/C in K/h, `drive` its sign at present."""

    def __init__(self, begins: datetime, first: float, outdoor: Celsius, rate: float, time_constant: float) -> None:
        self.begins, self.outdoor, self.rate, self.time_constant = begins, outdoor, rate, time_constant
        self.course = [first]
        self.drive = 0
        self.aired: list[tuple[datetime, datetime]] = []

    def live(self, until: datetime) -> None:
        """On to an instant."""
        steps = int((until - self.begins).total_seconds()) // STEP
        while len(self.course) <= steps:
            now = self.begins + timedelta(seconds=STEP * len(self.course))
            constant = 1.0 if any(opens <= now < closes for opens, closes in self.aired) else self.time_constant
            here = self.course[-1]
            slope = (self.outdoor(now) - here) / constant + self.drive * self.rate
            self.course.append(here + slope * STEP / 3600)

    def at(self, instant: datetime) -> float:
        """The true temperature at an instant that was lived."""
        return self.course[max(0, min(int((instant - self.begins).total_seconds()) // STEP, len(self.course) - 1))]


class HeatedCloud(Cloud):
    """A cloud with a `room` behind it. `lost` says by count (from 1) which commands infrared loses, or all if `deaf`.

    The meter shows what was `lag` ago, rounded to a tenth; from `frozen_at` on, nothing new.
    """

    def __init__(self, now: Callable[[], datetime], room: Room, lag: timedelta, seed: int) -> None:
        super().__init__(now)
        self.room, self.lag = room, lag
        self.lost: Collection[int] = ()
        self.deaf = False
        self.scripted: dict[str, Any] | None = None  # takes the room's place
        self.frozen_at: datetime | None = None
        self.thawed_at: datetime | None = None
        self.heard: list[tuple[datetime, int]] = []
        self._seed = seed

    def _status(self, device: str) -> Any:
        if device != METER:
            return super()._status(device)
        if self.scripted is not None:
            return self.scripted
        now = self.now()
        self.room.live(now)
        if self.frozen_at is not None and now >= self.frozen_at and (self.thawed_at is None or now < self.thawed_at):
            now = self.frozen_at
        uploaded = int((now - self.lag).timestamp()) // 60
        noise = random.Random(uploaded * 1000 + self._seed).gauss(0, 0.03)
        shown = self.room.at(now - self.lag) + noise
        return {"temperature": round(shown, 1), "humidity": 45, "battery": 100}

    def send(self, dispatches: Sequence[Dispatch], until: datetime) -> Sequence[Receipt]:
        receipts = super().send(dispatches, until)
        for dispatch in dispatches:
            if not self.deaf and len(self.sent) not in self.lost:
                self.room.live(self.now())
                self.room.drive = _drive(dispatch.step)
                self.heard.append((self.now(), self.room.drive))
        return receipts


def _drive(step: Step) -> int:
    if step.command == "turnOff":
        return 0
    if step.command != "setAll":
        return 1
    return {"5": 1, "2": -1}.get(step.parameter.split(",")[1], 0)


class HeatedHome(Home):
    """A home whose room answers: `rate` in K/h, `lag` in minutes, `outdoor` in °C or a course of it."""

    def __init__(
        self,
        now: str,
        *,
        rate: float = 3.0,
        lag: float = 2.0,
        outdoor: float | Celsius = 5.0,
        first: float = 20.0,
        time_constant: float = 20.0,
        seed: int = 1,
        **keys: Any,
    ) -> None:
        super().__init__(now, **{**FORESIGHT, **keys})
        course = outdoor if callable(outdoor) else lambda _: float(outdoor)
        self.room = Room(at(now), first, course, rate, time_constant)
        self.cloud: HeatedCloud = HeatedCloud(lambda: self.time, self.room, timedelta(minutes=lag), seed)
        self.store = MemoryStore()
        self.ports = Ports(lambda: self.time, lambda: self.settings, self.cloud, self.store)

    def begin_with(self, state: ZoneState) -> None:
        """Let the zone be known so before its first tick."""
        self.store._states[state.zone] = state  # as a database would have loaded it

    @property
    def zone_state(self) -> ZoneState:
        """What is known of the zone."""
        return self.store.load(self.time).states["home"]

    def temperature(self, when: str) -> float:
        """The true temperature at an instant that was lived."""
        self.room.live(at(when))
        return self.room.at(at(when))

    def commands_between(self, begins: str, ends: str) -> list[tuple[datetime, str]]:
        """What was sent in a time, in short."""
        told = zip(self.cloud.sent, self.cloud.commands, strict=True)
        return [(when, what) for (when, _), what in told if at(begins) <= when < at(ends)]


def taught(**how: Any) -> HeatedHome:
    """A home on its third day, at 04:00: its unit is known and at rest. Optimal start is off unless asked for."""
    home = HeatedHome("2026-01-05 00:00", **{"optimal_start_enabled": False, **how})
    home.walk("2026-01-07 04:00")
    return home
