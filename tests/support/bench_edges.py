"""How late a command arrives after a window's edge: the real service in real time against a stand-in of the cloud."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from support.bench_ticks import quiet_dashboard
from support.cloud_faults import METER
from support.standin import AIRCON

from switchbot_dashboard.app import Dashboard
from switchbot_dashboard.config import Config

AHEAD, EARLIER = timedelta(seconds=1.5), timedelta(seconds=65)
PATIENCE = 6.0  # seconds after which a command counts as lost
TOKEN, SECRET = "token-of-the-bench", "secret-of-the-bench"


class ShiftedClock:
    """The machine's clock, moved by a constant: small enough for the stand-in to accept our signatures."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


class RemoteStandIn:
    """The stand-in in a process of its own, steered over HTTP."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "support.standin", "--token", TOKEN, "--secret", SECRET]
        self._process = subprocess.Popen(
            command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def tell(self, verb: str, **body: Any) -> Any:
        """One order; the answer holds `log` and `acted`."""
        return requests.post(f"{self.url}/_standin/{verb}", json=body, timeout=5).json()

    def acted(self) -> list[Any]:
        """What was carried out so far: instant in epoch seconds, device, command, parameter."""
        return list(requests.get(f"{self.url}/_standin/log", timeout=5).json()["acted"])

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()


def edge_delays(folder: Path, edges: int = 50) -> list[float]:
    """Seconds from each edge to the arrival of its command; infinity for one that never came.

    Openings and closings take turns. At every fifth edge the read before it hangs.
    """
    quiet_dashboard(folder / "template").stop()
    cloud, delays = RemoteStandIn(), []
    try:
        cloud.tell("device", id=METER, status={"temperature": 17.0})
        for number in range(edges):
            place = folder / str(number)
            shutil.copytree(folder / "template", place)
            delays.append(_one_edge(place, cloud, opening=number % 2 == 0, hanging=number % 5 == 4))
            shutil.rmtree(place, ignore_errors=True)
    finally:
        cloud.stop()
    return delays


def _one_edge(folder: Path, cloud: RemoteStandIn, *, opening: bool, hanging: bool) -> float:
    edge = (datetime.now(UTC) + timedelta(minutes=1)).replace(second=0, microsecond=0)
    clock = ShiftedClock()
    with _dashboard(folder, cloud.url, clock, edge, opening=opening) as dashboard:
        clock.offset = edge - AHEAD - EARLIER - datetime.now(UTC)
        dashboard.heart.run_once()  # the home as it stood a minute ago
        before = len(cloud.acted())
        if hanging:
            cloud.tell("misbehave", endpoint="status", fault={"hang": "released"}, times=1)
        clock.offset = edge - AHEAD - datetime.now(UTC)
        dashboard.start()
        came = _arrival(cloud, before, "setAll" if opening else "turnOff")
        cloud.tell("heal")
    return came - (edge - clock.offset).timestamp()


def _arrival(cloud: RemoteStandIn, before: int, command: str) -> float:
    """The epoch second in which the next command arrived."""
    ends = time.monotonic() + AHEAD.total_seconds() + PATIENCE
    while time.monotonic() < ends:
        for at, _device, what, _parameter in cloud.acted()[before:]:
            if what == command:
                return float(at)
        time.sleep(0.05)
    return math.inf


@contextmanager
def _dashboard(folder: Path, url: str, clock: ShiftedClock, edge: datetime, *, opening: bool) -> Iterator[Dashboard]:
    half_an_hour = timedelta(minutes=30)
    opens, closes = (edge, edge + half_an_hour) if opening else (edge - half_an_hour, edge)
    settings = {
        "automation_enabled": True,
        "timezone": "UTC",
        "meter_device_id": METER,
        "aircon_device_id": AIRCON,
        "turn_off_outside_windows": not opening,
        "time_windows": [{"days": list(range(7)), "start": f"{opens:%H:%M}", "end": f"{closes:%H:%M}"}],
    }
    path = folder / "settings.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    config = Config(
        token=TOKEN,
        secret=SECRET,
        api_base_url=url,
        data_dir=folder,
        settings_path=path,
        database_url=f"sqlite:///{folder / 'switchbot.db'}",
    )
    dashboard = Dashboard(config, clock=clock)
    try:
        yield dashboard
    finally:
        dashboard.stop()
