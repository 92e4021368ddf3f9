"""One run of the benchmark: the real tick over the benchmark's house, under one policy, one weather and one seed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from switchbot_dashboard.domain.record import Done, Origin, Record
from switchbot_dashboard.domain.settings import Settings, parse_settings
from switchbot_dashboard.domain.windows import spans_between
from switchbot_dashboard.store.memory import MemoryStore
from switchbot_dashboard.tick.ports import Ports, Saved
from switchbot_dashboard.tick.rehearsal import PretendClock, tick_by_wakes

from .polling_crossings import Crossing, crossings
from .polling_draws import BEGINS, DAY, LOST, draws_of, outdoor_of
from .polling_house import AIRCON, METER, Devices, Room, Sent, Spans, Stretch, stretches

COMMON: Mapping[str, object] = {
    "automation_enabled": True,
    "mode": "winter",
    "timezone": "Europe/Paris",
    "meter_device_id": METER,
    "aircon_device_id": AIRCON,
    "hysteresis_celsius": 0.3,
    "winter": {"min_temp": 20, "max_temp": 22, "target_temp": 23, "ac_mode": 5, "fan_speed": 3},
    "time_windows": [
        {"days": [0, 1, 2, 3, 4, 5, 6], "start": "06:30", "end": "08:30"},
        {"days": [0, 1, 2, 3, 4, 5, 6], "start": "17:30", "end": "23:00"},
    ],
    "turn_off_outside_windows": True,
    "api_daily_limit": 30000,
}
"""The settings of every policy. The limit is so high that no budget has a say, not even at 15 s."""

ADAPTIVE, PREDICTED, OPTIMAL, REFERENCE = "adaptive", "predicted", "predicted-optimal", "fixed-15-optimal"

TABLE: Mapping[str, object] = {
    "adaptive_polling_enabled": True,
    "poll_interval_seconds": 60,
    "idle_poll_interval_seconds": 300,
    "poll_warmup_minutes": 10,
}


def _fixed(seconds: int) -> Mapping[str, object]:
    return {"adaptive_polling_enabled": False, "poll_interval_seconds": seconds}


_OFF: Mapping[str, object] = {"predictive_polling_enabled": False, "optimal_start_enabled": False}

POLICIES: Mapping[str, Mapping[str, object]] = {
    **{f"fixed-{seconds}": {**_fixed(seconds), **_OFF} for seconds in (15, 60, 120, 300, 600)},
    REFERENCE: {**_fixed(15), **_OFF, "optimal_start_enabled": True},
    ADAPTIVE: {**TABLE, **_OFF},
    PREDICTED: {**TABLE, **_OFF, "predictive_polling_enabled": True},
    OPTIMAL: {**TABLE, "predictive_polling_enabled": True, "optimal_start_enabled": True},
}
"""What each policy adds to the common settings: nothing else differs."""


@dataclass(frozen=True, slots=True)
class Task:
    """Which run: a policy's name, a weather's, the age of the cloud's copy in seconds, a seed, and how many days.

    `lost_share` is the share of the commands that the infrared loses.
    """

    policy: str
    weather: str
    age: int
    seed: int
    days: int
    lost_share: float = LOST


@dataclass(frozen=True, slots=True)
class Run:
    """What a run came to, over all its days: kelvin-minutes, seconds of heating, counts, seconds it took."""

    task: Task
    digest: str
    calls: Mapping[str, int]
    ticks: int
    discomfort: float
    discomfort_of_first_day: float
    starts: int
    heated_inside: float
    heated_outside: float
    commands: int
    lost: int
    resent: int
    needless: int
    crossings: tuple[Crossing, ...]
    seconds: float
    cpu_seconds: float


class Watched(MemoryStore):
    """A memory that keeps of each tick only the orders that went out."""

    def __init__(self) -> None:
        super().__init__(keep=1)
        self.done: list[Done] = []

    def save(self, saved: Saved) -> Sequence[Record]:
        """Keep what was sent, too."""
        self.done += [record.action for record in saved.records if record.action is not None]
        return super().save(saved)


def policy_settings(policy: str) -> Settings:
    """The settings of a policy."""
    return parse_settings(json.dumps({**COMMON, **POLICIES[policy]}))


def run(task: Task) -> Run:
    """Drive one house through its days from wake to wake."""
    draws, windows = draws_of(task.seed, task.days, task.lost_share), windows_of(task.days)
    room = Room(_course(task.weather, task.seed, task.days), draws, windows)
    settings, clock, store = policy_settings(task.policy), PretendClock(BEGINS), Watched()
    devices = Devices(room, draws.phase, task.age, BEGINS, clock)
    begun, begun_cpu = time.perf_counter(), time.process_time()
    ticks = tick_by_wakes(Ports(clock, lambda: settings, devices, store), clock, BEGINS + timedelta(days=task.days))
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - begun_cpu
    room.live(task.days * DAY)
    crossed = crossings(room.shown, draws.phase + task.age, windows, room.sent, draws.airings)
    resent, needless = _resent(room.sent, store.done)
    return Run(
        task=task,
        digest=draws.digest,
        calls=devices.calls,
        ticks=ticks,
        discomfort=room.discomfort / 60,
        discomfort_of_first_day=room.discomfort_of_first_day / 60,
        starts=room.starts,
        heated_inside=room.heated_inside,
        heated_outside=room.heated_outside,
        commands=len(room.sent),
        lost=sum(sent.lost for sent in room.sent),
        resent=resent,
        needless=needless,
        crossings=tuple(crossed),
        seconds=seconds,
        cpu_seconds=cpu_seconds,
    )


@lru_cache(maxsize=4)
def windows_of(days: int) -> Spans:
    """The heating windows of a run, in seconds since its begin."""
    settings = policy_settings(ADAPTIVE)
    spans = spans_between(settings.all_zones[0].windows, settings.tz, BEGINS, BEGINS + timedelta(days=days))
    return tuple(((span.opens - BEGINS).total_seconds(), (span.closes - BEGINS).total_seconds()) for span in spans)


@lru_cache(maxsize=2)
def _course(weather: str, seed: int, days: int) -> tuple[Stretch, ...]:
    return stretches(outdoor_of(weather, days), draws_of(seed, days), windows_of(days))


def _resent(sent: Sequence[Sent], done: Sequence[Done]) -> tuple[int, int]:
    """How many commands asked for what the one before had asked for, and for how many of them the unit was so already.

    The repeats that the settings ask for and the offs of a window's end are neither.
    """
    resent = needless = 0
    for place, (command, order) in enumerate(zip(sent, done, strict=True)):
        routine = order.order.origin in (Origin.REPEAT, Origin.WINDOW_END)
        if place and not routine and sent[place - 1].on is command.on:
            resent += 1
            needless += command.was_on is command.on
    return resent, needless
