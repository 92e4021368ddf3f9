"""The tick over the real cloud adapter, a stand-in on loopback and a database on disk, on a clock moved by hand.

In a test::

    with StandIn() as cloud, Account(cloud, tmp_path, "2026-01-05 06:00", poll_interval_seconds=60) as home:
        records = home.walk("2026-01-05 08:31")
        home.commands          # (instant, device or scene, what) as they left, from the signatures
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.cloud_faults import METER
from support.pretend import at, settings
from support.standin import AIRCON, StandIn

from switchbot_dashboard.domain.errors import CloudError
from switchbot_dashboard.domain.record import Call, Catalogue, Receipt, Record, ZoneState
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.migrate import migrate
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.steady import SteadyStore
from switchbot_dashboard.switchbot import Client, Cloud
from switchbot_dashboard.tick.ports import Dispatch, Ports, Status
from switchbot_dashboard.tick.rehearsal import PretendClock
from switchbot_dashboard.tick.run import Turned, run_tick

SERVED_AT_ONCE = 10  # ticks at one instant; more would be a loop that goes nowhere


class InTurn:
    """The cloud on a pretend clock: instead of waiting for a step's instant, the clock is moved to it."""

    def __init__(self, cloud: Cloud, clock: PretendClock) -> None:
        self.cloud, self.clock = cloud, clock

    def read(self, device_ids: Sequence[str], until: datetime) -> Mapping[str, Status | CloudError]:
        return self.cloud.read(device_ids, until)

    def send(self, dispatches: Sequence[Dispatch], until: datetime) -> Sequence[Receipt]:
        receipts: list[Receipt] = []
        for dispatch in dispatches:
            self.clock.now = max(self.clock.now, dispatch.leave_at)
            receipts += self.cloud.send([dispatch], max(until, self.clock.now + timedelta(seconds=1)))
        return receipts

    def catalogue(self, until: datetime) -> Catalogue | CloudError:
        return self.cloud.catalogue(until)

    def spent(self) -> Sequence[Call]:
        return self.cloud.spent()


class Account:
    """A home with credentials. `keys` change the settings; `url` is another address than the stand-in's."""

    def __init__(
        self,
        cloud: StandIn,
        folder: Path,
        now: str,
        *,
        url: str = "",
        attempts: int = 2,
        timeout: float = 0.6,
        **keys: Any,
    ) -> None:
        self.cloud, self.clock = cloud, PretendClock(at(now))
        cloud.clock = lambda: self.clock.now.timestamp()
        self.settings = settings(**({"meter_device_id": METER, "aircon_device_id": AIRCON} | keys))
        self.engine = open_engine(f"sqlite:///{folder / 'home.db'}")
        migrate(self.engine)
        self.queries = Queries(self.engine)
        client = Client(
            url or cloud.url,
            cloud.token,
            cloud.secret,
            clock=self.clock,
            attempts=attempts,
            first_delay=0.01,
            timeout=timeout,
        )
        self.devices = Cloud(client, clock=self.clock, spent_today=lambda: sum(self.ledger.values()))
        self.ports = Ports(
            self.clock,
            lambda: self.settings,
            InTurn(self.devices, self.clock),
            SteadyStore(Repository(self.engine)),
        )
        self.turned: Turned | None = None

    def __enter__(self) -> Account:
        return self

    def __exit__(self, *_: object) -> None:
        self.devices.close()
        self.engine.dispose()

    def tick(self, trigger: str = "scheduler", **how: Any) -> Sequence[Record]:
        """One tick now."""
        self.turned = run_tick(self.ports, trigger, **how)
        return self.turned.records

    def tick_at(self, now: str) -> Record:
        """One tick at an instant for all zones; its first record."""
        self.clock.now = at(now)
        return self.tick(every_zone=True)[0]

    def walk(self, until: str, each: Callable[[], None] = lambda: None) -> list[Record]:
        """Follow the wakes up to an instant, excluded; `each` comes before every tick but the first. The records."""
        records = [] if self.turned else list(self.tick("start", every_zone=True))
        assert self.turned is not None
        still = 0
        while self.turned.wake_at < at(until):
            still = still + 1 if self.turned.wake_at <= self.clock.now else 0
            assert still < SERVED_AT_ONCE, "the tick wakes itself again and again"
            self.clock.now = max(self.clock.now, self.turned.wake_at)
            each()
            records += self.tick()
        return records

    @property
    def commands(self) -> list[tuple[datetime, str, str]]:
        """Commands and scenes that arrived: the instant at which each was signed, its device or scene, and what."""
        return [
            (datetime.fromtimestamp(int(entry.stamp) / 1000, UTC), entry.target, _what(entry.body))
            for entry in self.cloud.seen()
            if entry.endpoint in ("commands", "scene")
        ]

    @property
    def ledger(self) -> dict[str, int]:
        """Calls of the day by purpose, as they are written down."""
        return dict(self.queries.calls_of_day(self.clock()))

    def state(self, zone: str = "home") -> ZoneState:
        """What is known of a zone."""
        return self.ports.store.load(self.clock()).states[zone]


def _what(body: Any) -> str:
    if not body:
        return "scene"
    return f"{body['command']} {body['parameter']}".removesuffix(" default")
