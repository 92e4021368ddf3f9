"""Measures of the whole service under gunicorn: its start, and its memory after an hour of ticks.

This is a WSGI module, too: `support.bench_service:driven_app()` is the service with one address more, which runs ticks
as fast as they go.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from support.bench_ticks import SHIPPED, quiet_dashboard

from switchbot_dashboard import create_app
from switchbot_dashboard.app import EXTENSION
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.tick.heart import Busy, Heart

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
SERVICE = "switchbot_dashboard:create_app()"
DRIVEN = "support.bench_service:driven_app()"
DRIVE = "/_bench/ticks"
PAGES = ("/", "/api/state", "/api/ticks")
HALF = 120  # ticks of half an hour, one every 15 s


@dataclass(frozen=True)
class Memory:
    """Proportional set size in MB of master and worker after half an hour and after an hour."""

    half: tuple[float, float]
    whole: tuple[float, float]

    @property
    def total(self) -> float:
        """Both processes in the end."""
        return sum(self.whole)

    @property
    def growth(self) -> float:
        """By how much both grew in the last half hour."""
        return sum(self.whole) - sum(self.half)


def driven_app() -> Flask:
    """The service, whose worker runs ticks on request; the bench alone serves it."""
    app = create_app()
    pages, heart = app.wsgi_app, app.extensions[EXTENSION].heart

    def with_ticks(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != DRIVE:
            return pages(environ, start)
        while not _ticked(heart):
            time.sleep(0.01)
        start("204 No Content", [])
        return []

    app.wsgi_app = with_ticks  # type: ignore[method-assign]
    return app


def _ticked(heart: Heart) -> bool:
    try:
        heart.run_once()
    except Busy:  # its own beat is under way
        return False
    return True


def start_seconds(folder: Path) -> float:
    """From the start of gunicorn to the end of the first tick, on a data folder that is in place."""
    with _ticks_of(folder) as ticks_total:
        before = ticks_total()
        begun = time.perf_counter()
        with gunicorn(folder, SERVICE) as (process, _url):
            while ticks_total() == before:
                _check(process, begun)
                time.sleep(0.005)
            return time.perf_counter() - begun


def prepare(folder: Path, **changes: Any) -> None:
    """A data folder as a first start leaves it, on the project's settings with `changes`."""
    folder.mkdir(parents=True)
    text = json.dumps(json.loads(SHIPPED.read_text(encoding="utf-8")) | changes)
    (folder / "settings.json").write_text(text, encoding="utf-8")
    dashboard = quiet_dashboard(folder)
    dashboard.rehearse()
    dashboard.stop()


def memory_of_driven_ticks(folder: Path) -> Memory:
    """An hour's worth of ticks, driven as fast as they go, with page requests after each."""
    prepare(folder)
    with gunicorn(folder, DRIVEN) as (process, url):
        wait_for(process, url)
        return Memory(_after(process, lambda: _drive(url)), _after(process, lambda: _drive(url)))


def memory_of_an_hour(folder: Path) -> Memory:
    """A real hour inside a window, a tick every 15 s, with page requests as often."""
    prepare(folder, time_windows=[{"days": list(range(7)), "start": "00:00", "end": "00:00"}], api_daily_limit=1000000)
    with gunicorn(folder, SERVICE) as (process, url):
        wait_for(process, url)
        return Memory(_after(process, lambda: _watch(url)), _after(process, lambda: _watch(url)))


def _drive(url: str) -> None:
    with requests.Session() as session:
        for _ in range(HALF):
            session.post(url + DRIVE, timeout=PATIENCE).raise_for_status()
            _visit(session, url)


def _watch(url: str) -> None:
    ends = datetime.now(UTC) + timedelta(minutes=30)
    while datetime.now(UTC) < ends:
        with requests.Session() as session:
            _visit(session, url)
        time.sleep(15)


def _visit(session: requests.Session, url: str) -> None:
    for page in PAGES:
        session.get(url + page, timeout=PATIENCE).raise_for_status()


def _after(process: subprocess.Popen[bytes], work: Callable[[], None]) -> tuple[float, float]:
    """The memory of master and worker once the work is done."""
    work()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return _pss(process.pid), sum(_pss(int(child)) for child in children)


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def _ticks_of(folder: Path) -> Iterator[Callable[[], int]]:
    """Tells how many ticks the data folder has seen."""
    engine = open_engine(f"sqlite:///{folder / 'switchbot.db'}")
    try:
        yield lambda: Queries(engine).pulse().ticks_total
    finally:
        engine.dispose()


@contextmanager
def gunicorn(folder: Path, application: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The application under gunicorn with the project's configuration, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
        "SWITCHBOT_DATA_DIR": str(folder),
        "SWITCHBOT_SETTINGS_PATH": str(folder / "settings.json"),
        "PORT": str(port),
        "LOG_LEVEL": "error",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
    }
    command = [sys.executable, "-m", "gunicorn", application, "--config", str(ROOT / "gunicorn.conf.py")]
    process = subprocess.Popen(command, cwd=folder, env=env)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(process: subprocess.Popen[bytes], url: str, path: str = "/readyz") -> None:
    """Until the application answers."""
    begun = time.perf_counter()
    while True:
        _check(process, begun)
        try:
            if requests.get(url + path, timeout=PATIENCE).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)


def _check(process: subprocess.Popen[bytes], begun: float) -> None:
    if process.poll() is not None:
        raise RuntimeError(f"gunicorn ended with status {process.returncode}")
    if time.perf_counter() - begun > PATIENCE:
        raise RuntimeError(f"the service was not ready after {PATIENCE:.0f} s")
