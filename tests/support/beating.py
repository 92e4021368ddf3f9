"""The real heart in real time: APScheduler, the cloud adapter, a stand-in, a database, and a clock that is set.

In a test::

    with StandIn() as cloud, Beating(cloud, tmp_path, "2026-01-05 06:28", ...) as home:
        home.tick()                             # what is known before the heart starts
        home.set_clock("2026-01-05 06:29:57.5")
        home.start()
        home.command_after("2026-01-05 06:30")  # seconds from the edge to its arrival; raises when none comes
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.cloud_faults import METER
from support.pretend import at, settings
from support.standin import AIRCON, Seen, StandIn

from switchbot_dashboard.domain.record import House, Record
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.lock import FileLock
from switchbot_dashboard.store.migrate import migrate
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.steady import SteadyStore
from switchbot_dashboard.switchbot import Client, Cloud
from switchbot_dashboard.tick.heart import Heart, Surroundings
from switchbot_dashboard.tick.joblist import JobList
from switchbot_dashboard.tick.jobs import Alarm
from switchbot_dashboard.tick.ports import Ports
from switchbot_dashboard.tick.run import run_tick

DEADLINE = 8.0  # seconds


def wait_until(condition: Callable[[], object], what: str, timeout: float = DEADLINE) -> None:
    """Return as soon as the condition holds; AssertionError with `what` after the time-out."""
    ends = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < ends, f"not within {timeout} s: {what}"
        time.sleep(0.01)


class FragileStore(SteadyStore):
    """A store that can be told to fail the next loads."""

    broken = 0

    def load(self, now: datetime) -> House:
        if self.broken:
            self.broken -= 1
            raise RuntimeError("the store is broken")
        return super().load(now)


class Beating:
    """A heart that drives one home; `net` is the interval of its job in seconds."""

    def __init__(
        self, cloud: StandIn, folder: Path, now: str, *, net: int = 300, alarms: Sequence[Alarm] = (), **keys: Any
    ) -> None:
        self.cloud, self.offset, self.edited = cloud, timedelta(0), False
        self.looks = 0  # how often the heart's watcher looked around
        self.set_clock(now)
        cloud.clock = lambda: self.clock().timestamp()
        self.settings = settings(**({"meter_device_id": METER, "aircon_device_id": AIRCON} | keys))
        self.engine = open_engine(f"sqlite:///{folder / 'home.db'}")
        migrate(self.engine)
        self.queries, self.store = Queries(self.engine), FragileStore(Repository(self.engine))
        client = Client(cloud.url, cloud.token, cloud.secret, clock=self.clock, first_delay=0.05)
        self.devices = Cloud(client, clock=self.clock)
        self.ports = Ports(self.clock, lambda: self.settings, self.devices, self.store)
        around = Surroundings(
            settings_changed=self._was_edited,
            interval_seconds=lambda: net,
            serial=lambda: self.queries.pulse().serial,
            took_over=lambda: None,
            give_way=self.devices.give_way,
            stop_calls=self.devices.close,
        )
        self.heart = Heart(
            self.ports,
            around,
            turn_lock=FileLock(folder / "turn.lock"),
            driver_lock=FileLock(folder / "heart.lock"),
            jobs=JobList([], self.queries, self.clock, lambda: UTC, alarms),
            drives=True,
        )

    def __enter__(self) -> Beating:
        return self

    def __exit__(self, *_: object) -> None:
        self.cloud.release()
        self.heart.stop()
        with contextlib.suppress(RuntimeError):  # it was never started
            self.heart._watcher.join(DEADLINE)
        self.engine.dispose()

    def clock(self) -> datetime:
        """The instant in the home: the machine's, moved by an offset."""
        return datetime.now(UTC) + self.offset

    def set_clock(self, now: str) -> None:
        """From now on it is this instant, and time goes on."""
        self.offset = at(now) - datetime.now(UTC)

    def jump(self, **span: float) -> None:
        """Set the clock forwards or backwards by a span."""
        self.offset += timedelta(**span)

    def tick(self) -> Sequence[Record]:
        """One tick for all zones before the heart starts, so that there is a catalogue and a reading."""
        return run_tick(self.ports, "start", every_zone=True).records

    def start(self) -> None:
        """Let it beat."""
        self.heart.start()

    def arrivals(self, since: str = "2000-01-01", device: str = "") -> list[tuple[datetime, Seen]]:
        """Commands that arrived at the stand-in after an instant of the home's clock, in order."""
        found = [(datetime.fromtimestamp(entry.at, UTC) + self.offset, entry) for entry in self.cloud.seen("commands")]
        return [(when, one) for when, one in found if when >= at(since) and device in ("", one.target)]

    def command_after(self, instant: str, device: str = "", count: int = 1) -> float:
        """Seconds from an instant to the arrival of the `count`-th command after it."""
        wait_until(lambda: len(self.arrivals(instant, device)) >= count, f"{count} commands after {instant}")
        return (self.arrivals(instant, device)[count - 1][0] - at(instant)).total_seconds()

    def triggers(self) -> list[str]:
        """What set off the ticks so far, oldest first; one entry a record of the zone `home`."""
        return [record.trigger for record in reversed(self.queries.records(zone="home", limit=1000))]

    def _was_edited(self) -> bool:
        self.looks += 1
        edited, self.edited = self.edited, False
        return edited
