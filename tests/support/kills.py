"""Ticks that are killed at a named point, and the start after that. Run as a program; `killed` in a test starts it.

The program imports everything once, lets the database's statements be compiled by the runs that prepare the home, and
forks a child for each case. The child runs one tick over the real store on a
file, with a scripted cloud that appends what it is sent to a log; at the point it says so through a pipe, blocks, and
is killed there. A second child is the next start: a tick for all zones, then the wakes of half a minute.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from support.pretend import AIRCON, DIY, METER, at

from switchbot_dashboard.domain.record import Call, Catalogue, Device, Receipt
from switchbot_dashboard.domain.settings import Settings
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.migrate import migrate
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.settings_file import SettingsFile
from switchbot_dashboard.store.steady import SteadyStore
from switchbot_dashboard.tick.ports import Dispatch, Ports, Saved
from switchbot_dashboard.tick.rehearsal import PretendClock
from switchbot_dashboard.tick.run import run_tick

CALLS = ("load", "catalogue", "read", "intend", "send", "save")
POINTS = tuple(f"{when} {call}" for call in CALLS for when in ("before", "after"))
YESTERDAY, NOW = at("2026-01-04 06:31"), at("2026-01-05 07:31")
NEXT_START = timedelta(seconds=4)
LONG_ENOUGH = timedelta(seconds=30)  # for the repeats

SETTINGS: dict[str, Any] = {
    "automation_enabled": True,
    "timezone": "UTC",
    "meter_device_id": METER,
    "aircon_device_id": AIRCON,
    "poll_interval_seconds": 60,
    "time_windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "06:30", "end": "08:30"}],
    "command_cooldown_seconds": 0,
    "unknown_key_of_the_user": "kept",
}
SCENARIOS: dict[str, dict[str, Any]] = {
    "absolute": {"first": 21.0, "then": 19.0},
    "toggle": {"first": 21.0, "then": 19.0, "aircon_device_id": DIY},
    "scene": {"first": 21.0, "then": 19.0, "aircon_scenes": {"winter": "WARM"}},
    "off with repeats": {"first": 19.0, "then": 23.0, "off_repeat_count": 3, "off_repeat_interval_seconds": 10},
    "repeat": {"first": 21.0, "then": 23.0, "begun": True, "off_repeat_count": 3, "off_repeat_interval_seconds": 10},
}


@dataclass
class Fallout:
    """What one case left: `sent` are instants and commands in order, records are counted before, between and after."""

    point: str
    reached: bool
    sent: list[tuple[float, str]]
    sent_before_the_kill: int
    open_at_the_kill: int
    records: tuple[int, int, int]
    open_at_the_end: int
    repeats_left: bool
    integrity: tuple[str, str]
    settings_whole: bool


@dataclass
class Home:
    """The folder of a home, the engine of its database (no connection of which outlives a fork), and today's °C."""

    folder: Path
    engine: Engine
    celsius: float


class Scripted:
    """The cloud and the store of one process, both at once; `pause` is called before and after each port call."""

    def __init__(
        self, home: Home, now: datetime, celsius: float, pause: Callable[[str], None] = lambda point: None
    ) -> None:
        self.clock, self.celsius, self.pause = PretendClock(now), celsius, pause
        self.file = SettingsFile(home.folder / "settings.json", home.folder / "backups", self.clock)
        self.log = os.open(home.folder / "sent.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.store = SteadyStore(Repository(home.engine))
        self.ports = Ports(self.clock, self.settings, self, self)

    def settings(self) -> Settings:
        assert self.file.current is not None
        return self.file.current

    def load(self, now: datetime) -> Any:
        return self._at("load", lambda: self.store.load(now))

    def intend(self, orders: Sequence[Any], calls: Sequence[Call]) -> None:
        self._at("intend", lambda: self.store.intend(orders, calls))

    def save(self, saved: Saved) -> Any:
        return self._at("save", lambda: self.store.save(saved))

    def read(self, device_ids: Sequence[str], until: datetime) -> Mapping[str, Any]:
        status = {"temperature": self.celsius, "humidity": 45, "battery": 100}
        return self._at("read", lambda: dict.fromkeys(device_ids, status))

    def send(self, dispatches: Sequence[Dispatch], until: datetime) -> Sequence[Receipt]:
        return self._at("send", lambda: [self._one(dispatch) for dispatch in dispatches])

    def catalogue(self, until: datetime) -> Catalogue:
        kinds = {AIRCON: "Air Conditioner", DIY: "DIY Air Conditioner"}
        devices = tuple(Device(remote, kind, kind, True) for remote, kind in kinds.items())
        return self._at("catalogue", lambda: Catalogue(devices, {"WARM": "Warm"}, self.clock()))

    def spent(self) -> Sequence[Call]:
        return ()

    def _one(self, dispatch: Dispatch) -> Receipt:
        self.clock.now = max(self.clock.now, dispatch.leave_at)
        what = dispatch.step.scene or dispatch.step.command
        os.write(self.log, f"{json.dumps([self.clock.now.timestamp(), what])}\n".encode())
        return Receipt(True, self.clock.now)

    def _at(self, call: str, act: Callable[[], Any]) -> Any:
        self.pause(f"before {call}")
        answer = act()
        self.pause(f"after {call}")
        return answer


def start(world: Scripted, until: datetime) -> None:
    """What a process does when it starts: a tick for all zones, then those of the wakes up to an instant."""
    turned = run_tick(world.ports, "start", every_zone=True)
    while turned.wake_at <= until:
        world.clock.now = max(world.clock.now, turned.wake_at)
        turned = run_tick(world.ports, "scheduler")


def in_a_child(act: Callable[[int], None]) -> tuple[int, int]:
    """Fork a child that acts and ends; its id, and the end of a pipe into which it may speak."""
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(ear)
            act(mouth)
            status = 0
        finally:
            os._exit(status)
    os.close(mouth)
    return child, ear


def kill_at(home: Home, point: str) -> bool:
    """Run a tick in a child and kill it at the point; whether it came there."""

    def act(mouth: int) -> None:
        def pause(here: str) -> None:
            if here == point:
                os.write(mouth, b"!")
                signal.pause()

        run_tick(Scripted(home, NOW, home.celsius, pause).ports, "start", every_zone=True)

    child, ear = in_a_child(act)
    reached = os.read(ear, 1) == b"!"
    os.close(ear)
    if reached:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert reached or status == 0, f"the tick itself failed at {point}"
    return reached


def start_again(home: Home) -> None:
    """The next start, in a child that ends by itself."""
    now = NOW + NEXT_START
    child, ear = in_a_child(lambda _: start(Scripted(home, now, home.celsius), now + LONG_ENOUGH))
    os.close(ear)
    _, status = os.waitpid(child, 0)
    assert status == 0, "the next start failed"


def prepare(folder: Path, scenario: Mapping[str, Any]) -> Home:
    """A home that ran yesterday, so that today's first tick lists the account, reads, and has something to send."""
    keys = {key: value for key, value in scenario.items() if key not in ("first", "then", "begun")}
    folder.mkdir()
    (folder / "settings.json").write_text(json.dumps(SETTINGS | keys, indent=2))
    home = Home(folder, open_engine(f"sqlite:///{folder / 'home.db'}"), scenario["then"])
    migrate(home.engine)
    world = Scripted(home, YESTERDAY, scenario["first"])
    run_tick(world.ports, "start", every_zone=True)
    if scenario.get("begun"):  # today's off has been sent, its first repeat is due
        world.clock.now, world.celsius = NOW - timedelta(seconds=10), scenario["then"]
        run_tick(world.ports, "start", every_zone=True)
    with home.engine.begin() as connection:
        connection.execute(text("DELETE FROM catalogue"))
    home.engine.dispose()
    os.close(world.log)
    (folder / "sent.log").write_text("")
    return home


def one_case(home: Home, template: Path, point: str) -> Fallout:
    """Kill at a point, start again, look at what is left. The home begins as in the template."""
    shutil.rmtree(home.folder)
    shutil.copytree(template, home.folder)
    before = look(template)
    reached = kill_at(home, point)
    sent, between = sent_in(home.folder), look(home.folder)
    start_again(home)
    after = look(home.folder)
    return Fallout(
        point=point,
        reached=reached,
        sent=sent_in(home.folder),
        sent_before_the_kill=len(sent),
        open_at_the_kill=between[1],
        records=(before[0], between[0], after[0]),
        open_at_the_end=after[1],
        repeats_left=after[3],
        integrity=(between[2], after[2]),
        settings_whole=(home.folder / "settings.json").read_text() == (template / "settings.json").read_text(),
    )


def look(folder: Path) -> tuple[int, int, str, bool]:
    """Records, open orders, whether the file is whole, and whether repeats are still to come."""
    database = sqlite3.connect(folder / "home.db")
    try:
        (integrity,) = database.execute("PRAGMA integrity_check").fetchone()
        (records,) = database.execute("SELECT count(*) FROM records").fetchone()
        (left_open,) = database.execute("SELECT count(*) FROM orders WHERE status = 'open'").fetchone()
        (body,) = database.execute("SELECT body FROM zone_states").fetchone()
    finally:
        database.close()
    return records, left_open, integrity, bool(json.loads(body).get("repeat"))


def sent_in(folder: Path) -> list[tuple[float, str]]:
    """What the log says was sent."""
    return [tuple(json.loads(line)) for line in (folder / "sent.log").read_text().splitlines()]


def killed(folder: Path, scenario: str, times: int) -> list[Fallout]:
    """Every point of a scenario, so many times each; in a process of its own, which forks."""
    program = [sys.executable, "-m", "support.kills", str(folder), scenario, str(times)]
    paths = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
    done = subprocess.run(program, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [Fallout(**fallout) for fallout in json.loads(done.stdout)]


def main() -> None:
    """`python -m support.kills FOLDER SCENARIO TIMES`: what each case left, as JSON."""
    folder, scenario, times = Path(sys.argv[1]), SCENARIOS[sys.argv[2]], int(sys.argv[3])
    home, template = prepare(folder / "home", scenario), folder / "template"
    shutil.copytree(home.folder, template)
    gc.freeze()  # pages that no child's collector touches need not be copied
    found: list[dict[str, Any]] = []
    for point in POINTS:
        for _ in range(times):
            fallout = one_case(home, template, point)
            found.append(asdict(fallout))
            if not fallout.reached:
                break
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
