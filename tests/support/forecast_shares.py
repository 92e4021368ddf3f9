"""How often the crossings that a forecast tells come within their stated time, along a run of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from switchbot_dashboard.domain.budget import quota_of
from switchbot_dashboard.domain.forecast import forecast_of
from switchbot_dashboard.domain.foreseen import ExpectedCrossing, Forecast
from switchbot_dashboard.domain.record import Turn
from switchbot_dashboard.store.memory import MemoryStore
from switchbot_dashboard.tick.ports import Ports
from switchbot_dashboard.tick.rehearsal import PretendClock, tick_by_wakes

from .polling_crossings import Crossing, crossings
from .polling_draws import BEGINS, DAY, draws_of, outdoor_of
from .polling_house import Devices, Room, Spans, stretches
from .polling_runs import Task, policy_settings, windows_of

LEARNS = timedelta(days=2)  # before the first forecast


@dataclass(frozen=True, slots=True)
class Told:
    """One crossing that a forecast told, and whether it came within its time.

    `next`: the first that the forecast tells, its window being open already. A window's start is none. `bounded`: both
    ends of its time are told, for one that will not wait for the window's end.
    """

    next: bool
    bounded: bool
    held: bool


def lived(task: Task, every: timedelta) -> Iterator[Told]:
    """What forecasts of a day told at each step of a run, against what came."""
    draws, windows = draws_of(task.seed, task.days, task.lost_share), windows_of(task.days)
    settings = policy_settings(task.policy)
    room = Room(stretches(outdoor_of(task.weather, task.days), draws, windows), draws, windows)
    clock, store = PretendClock(BEGINS), MemoryStore(keep=1)
    told: list[Forecast] = []
    devices = Devices(room, draws.phase, task.age, BEGINS, clock)
    ports = Ports(clock, lambda: settings, devices, store)
    at, ends = BEGINS + LEARNS, BEGINS + timedelta(days=task.days)
    while at < ends:
        tick_by_wakes(ports, clock, at)
        house = store.load(clock.now)
        told.append(forecast_of(settings, house, quota_of(settings, house.calls_today, clock.now), clock.now, 24))
        at += every
    tick_by_wakes(ports, clock, ends)
    room.live(task.days * DAY)
    crossed = crossings(room.shown, draws.phase + task.age, windows, room.sent, draws.airings)
    for forecast in told:
        if forecast.end <= ends:
            yield from _judged(forecast, crossed, windows)


def _judged(forecast: Forecast, crossed: Sequence[Crossing], windows: Spans) -> Iterator[Told]:
    """The n-th on or off told of a window against the n-th that came; one that never came is right where `latest` is
    open.
    """
    now = (forecast.start - BEGINS).total_seconds()
    first = True
    for opens, closes in windows:
        inside = [each for each in forecast.crossings if opens < (each.at - BEGINS).total_seconds() < closes]
        for turn in (Turn.ON, Turn.OFF):
            mine = [each for each in crossed if each.warm is (turn is Turn.OFF)]
            came = [each.at for each in mine if max(opens, now) < each.at < closes]
            for nth, told in enumerate(each for each in inside if each.turn is turn):
                near = first and opens <= now and told is inside[0]
                yield Told(near, told.latest is not None, _held(told, came[nth] if nth < len(came) else None))
        first = first and not inside


def _held(told: ExpectedCrossing, came: float | None) -> bool:
    if came is None or told.latest is None:
        return told.latest is None and (came is None or (told.earliest - BEGINS).total_seconds() <= came)
    return (told.earliest - BEGINS).total_seconds() <= came <= (told.latest - BEGINS).total_seconds()
