"""Measures of ticks without a service: their CPU, their use of the store, a day on a pretend clock, the first week."""

from __future__ import annotations

import logging
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import event

from switchbot_dashboard.app import Dashboard
from switchbot_dashboard.config import Config
from switchbot_dashboard.domain.settings import Settings, parse_settings
from switchbot_dashboard.simulator import VirtualHome, WorldFile, aircon_id_for, meter_id_for, outdoor_id_for
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.memory import MemoryStore
from switchbot_dashboard.store.pages import prepared
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.steady import SteadyStore
from switchbot_dashboard.tick.ports import Ports
from switchbot_dashboard.tick.rehearsal import PretendClock, tick_every
from switchbot_dashboard.tick.run import run_tick

SHIPPED = Path(__file__).parents[2] / "settings.json"
BEGINS = datetime(2026, 1, 12, 5, 0, tzinfo=UTC)  # half an hour before the shipped file's first window opens


@dataclass
class Uses:
    """Largest number of reads, and of write transactions without and with a command, that one tick took."""

    reads: int = 0
    writes: int = 0
    writes_with_command: int = 0


def shipped_settings() -> Settings:
    """The file that the project ships, with the virtual home's devices."""
    settings = parse_settings(SHIPPED.read_text(encoding="utf-8"))
    return settings.with_devices(meter=meter_id_for, aircon=aircon_id_for, outdoor=outdoor_id_for)


def tick_costs(folder: Path, ticks: int = 500) -> tuple[float, float]:
    """Process CPU in milliseconds of one tick on SQLite and the world's file: median, and 95th percentile."""
    ports, clock = _at_home(folder)
    costs = []
    for number in range(ticks + 20):
        begun = time.process_time_ns()
        turned = run_tick(ports, "scheduler")
        if number >= 20:  # the first ones compile statements
            costs.append((time.process_time_ns() - begun) / 1e6)
        clock.now = turned.wake_at
    return statistics.median(costs), statistics.quantiles(costs, n=20)[18]


def store_uses(folder: Path, ticks: int = 500) -> Uses:
    """What single ticks ask of the database, counted by SQLAlchemy's events."""
    uses, now = Uses(), {"reads": 0, "writes": 0}
    ports, clock = _at_home(folder, now)
    for number in range(ticks):
        now.update(reads=0, writes=0)
        turned = run_tick(ports, "scheduler")
        clock.now = turned.wake_at
        if number == 0:
            continue  # reads the account's list of devices, too
        uses.reads = max(uses.reads, now["reads"])
        if any(record.action for record in turned.records):
            uses.writes_with_command = max(uses.writes_with_command, now["writes"])
        else:
            uses.writes = max(uses.writes, now["writes"])
    return uses


def day_in_memory() -> float:
    """Seconds for 1 440 ticks of one zone, one a minute, store and virtual home in memory."""
    settings, clock = shipped_settings(), PretendClock(BEGINS)
    ports = Ports(clock, lambda: settings, VirtualHome.for_zones(_zones(settings), clock), MemoryStore())
    begun = time.perf_counter()
    ticks = tick_every(timedelta(minutes=1), ports, clock, BEGINS + timedelta(days=1), "scheduler")
    assert ticks == 1440
    return time.perf_counter() - begun


def first_week(folder: Path) -> float:
    """Seconds in which a first start fills seven days of history, the saving included."""
    dashboard = quiet_dashboard(folder)
    try:
        begun = time.perf_counter()
        assert dashboard.rehearse() > 1000
        return time.perf_counter() - begun
    finally:
        dashboard.stop()


def quiet_dashboard(folder: Path) -> Dashboard:
    """The service over a data folder, not started: the database is made, the settings are those of the project."""
    logging.getLogger("switchbot_dashboard").setLevel(logging.CRITICAL)
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "settings.json"
    if not settings.exists():
        settings.write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    return Dashboard(
        Config(data_dir=folder, settings_path=settings, database_url=f"sqlite:///{folder / 'switchbot.db'}")
    )


def _zones(settings: Settings) -> list[tuple[str, str, str, str]]:
    return [(zone.id, zone.name, zone.meter_device_id, zone.aircon_device_id) for zone in settings.all_zones]


def _at_home(folder: Path, counts: dict[str, int] | None = None) -> tuple[Ports, PretendClock]:
    """The ports of a home on disk at a pretend time; `counts` gathers reads and write transactions."""
    folder.mkdir(parents=True)
    settings, clock = shipped_settings(), PretendClock(BEGINS)
    engine = open_engine(f"sqlite:///{folder / 'home.db'}")
    assert not prepared(engine)
    if counts is not None:
        _count(engine, counts)
    home = VirtualHome.for_zones(_zones(settings), clock, worlds=WorldFile(folder / "world.json"))
    return Ports(clock, lambda: settings, home, SteadyStore(Repository(engine))), clock


def _count(engine: object, counts: dict[str, int]) -> None:
    def executes(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        counts["reads"] += statement.lstrip().upper().startswith("SELECT")

    def commits(_connection: object) -> None:
        counts["writes"] += 1

    event.listen(engine, "before_cursor_execute", executes)
    event.listen(engine, "commit", commits)
