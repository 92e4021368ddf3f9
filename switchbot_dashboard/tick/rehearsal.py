"""The real tick on a pretend clock: the first week of the virtual home, simulations and benchmarks."""

from __future__ import annotations

from datetime import datetime, timedelta

from .ports import Ports
from .run import run_tick


class PretendClock:
    """A clock that is moved by hand; aware, in UTC."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def tick_every(step: timedelta, ports: Ports, clock: PretendClock, until: datetime, trigger: str) -> int:
    """One tick for all zones at each step up to `until`, excluded. Returns how many there were."""
    ticks = 0
    while clock.now < until:
        run_tick(ports, trigger, every_zone=True)
        clock.now += step
        ticks += 1
    return ticks


def tick_by_wakes(ports: Ports, clock: PretendClock, until: datetime, trigger: str = "scheduler") -> int:
    """Follow the wakes up to `until`, excluded. Returns how many ticks there were."""
    ticks = 0
    while clock.now < until:
        turned = run_tick(ports, trigger)
        ticks += 1
        clock.now = max(turned.wake_at, clock.now + timedelta(milliseconds=1))
    clock.now = until
    return ticks
