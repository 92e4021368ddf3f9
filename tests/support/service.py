"""The service as processes, for tests: started against the stand-in of the cloud or the virtual home, and always ended.

In a test::

    with StandIn() as cloud, Service(tmp_path, cloud).started() as service:
        service.post("/api/run-once"), service.state(), service.records(), service.log

Everything stands under the folder it is given. Leaving the block ends the processes and raises when any line of theirs
holds a secret, or a traceback that was not expected.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import requests
from support.cloud_faults import METER
from support.standin import AIRCON, StandIn

ROOT = Path(__file__).parents[2]
PASSWORD = "the-password-of-the-house"
PROMPT = 2.0  # seconds from SIGTERM to the end of the last process, as promised
API_TOKEN = "an-api-token-of-thirty-two-signs-or-more"
WHOLE_DAY = [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "00:00", "end": "00:00"}]
SETTINGS: Mapping[str, Any] = {
    "automation_enabled": True,
    "timezone": "UTC",
    "poll_interval_seconds": 15,
    "meter_device_id": METER,
    "aircon_device_id": AIRCON,
    "time_windows": WHOLE_DAY,
}
NO_DATABASE = b"This is no database, but long enough to be taken for one at first sight. " * 40
APP = "switchbot_dashboard:create_app()"
STARTS: Mapping[str, Sequence[str]] = {
    "serve": ("-m", "switchbot_dashboard", "serve"),
    "scheduler": ("-m", "switchbot_dashboard", "scheduler"),
    "gunicorn": ("-m", "gunicorn", APP, "--config", str(ROOT / "gunicorn.conf.py")),
    "flask": ("-m", "flask", "run", "--debug"),
}
DRIVES = "[scheduler] BackgroundScheduler started successfully"

Value = TypeVar("Value")


def wait_until(condition: Callable[[], Value], seconds: float = 15.0, what: str = "") -> Value:
    """The first true answer of a condition; AssertionError when none comes in time."""
    ends = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > ends:
            raise AssertionError(f"{what or 'the condition'} was not met within {seconds} s")
        time.sleep(0.05)
    return answer


def instant(text: str) -> datetime:
    """An instant of the API."""
    return datetime.fromisoformat(text)


@dataclass
class Ended:
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Service:
    """A data folder with its environment, and the processes on it."""

    def __init__(
        self, folder: Path, cloud: StandIn | None = None, settings: Mapping[str, Any] | None = None, **env: str
    ) -> None:
        self.folder, self.cloud = folder, cloud
        self.data, self.home, self.settings_path = folder / "data", folder / "home", folder / "settings.json"
        self.home.mkdir(parents=True, exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.secrets = {"the password": PASSWORD, "the API token": API_TOKEN}
        self.env = {"DASHBOARD_API_TOKEN": API_TOKEN, "LOG_LEVEL": "info"}
        if cloud is not None:
            self.env |= {"SWITCHBOT_TOKEN": cloud.token, "SWITCHBOT_SECRET": cloud.secret}
            self.env |= {"SWITCHBOT_API_BASE_URL": cloud.url, "SWITCHBOT_RETRY_ATTEMPTS": "1"}
            self.secrets |= {"the cloud's token": cloud.token, "the cloud's secret": cloud.secret}
        self.env |= env
        if cloud is not None or settings is not None:
            self.write_settings(**(settings or {}))

    def write_settings(self, **changes: Any) -> None:
        """Edit the settings by hand: those of the tests with these changes."""
        self.settings_path.write_text(json.dumps({**SETTINGS, **changes}, indent=2), encoding="utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV") if name in os.environ}
        ours = {"HOME": str(self.home), "PYTHONPATH": str(ROOT), "PORT": str(self.port)}
        flask = {"FLASK_APP": "switchbot_dashboard", "FLASK_RUN_PORT": str(self.port)}
        return {name: value for name, value in {**inherited, **ours, **flask, **self.env, **more}.items() if value}

    def started(self, how: str = "serve", *arguments: str, awaited: bool = True, **env: str) -> Running:
        """A process on this folder: `serve`, `gunicorn`, `scheduler` or `flask`; ready when `awaited`."""
        return Running(self, how, arguments, env, awaited)

    def command(self, *arguments: str, stdin: str = "", seconds: float = 20, **env: str) -> Ended:
        """Run a command of the command line to its end."""
        line = [sys.executable, "-m", "switchbot_dashboard", *arguments]
        done = subprocess.run(
            line, cwd=self.folder, env=self.environment(**env), input=stdin, capture_output=True, text=True,
            timeout=seconds, check=False,
        )  # fmt: skip
        self.assert_discreet(done.stdout + done.stderr)
        return Ended(done.returncode, done.stdout, done.stderr)

    def assert_discreet(self, text: str, tracebacks: bool = False) -> None:
        """No secret of this home stands in a text, nor (unless expected) a traceback."""
        for name, secret in self.secrets.items():
            assert secret not in text, f"{name} was printed"
        assert tracebacks or "Traceback" not in text, text

    @property
    def driver(self) -> int:
        """The process that holds the driver's lock, 0 when none does."""
        with contextlib.suppress(OSError):
            found = re.match(r"pid (\d+)", (self.data / "heart.lock").read_text(encoding="utf-8"))
            if found and Path(f"/proc/{found[1]}").exists():
                return int(found[1])
        return 0


class Running:
    """A started process with its children. A context manager; `log` is all they have printed so far."""

    def __init__(self, service: Service, how: str, arguments: Sequence[str], env: Mapping[str, str], awaited: bool):
        self.service, self.how, self.awaited = service, how, awaited
        self.url = f"http://127.0.0.1:{service.port}"
        self.tracebacks_expected = False
        self._lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, *STARTS[how], *arguments], cwd=service.folder, env=service.environment(**env),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Running:
        try:
            if self.awaited:
                wait_until(self.ready, 20, "the start")
        except BaseException:
            self.kill()
            raise AssertionError(f"{self.how} did not start:\n{self.log}") from None
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.kill()
        if kind is None:
            self.service.assert_discreet(self.log, self.tracebacks_expected)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        return "".join(self._lines)

    def ready(self) -> bool:
        """Whether it serves (pages), or drives or waits for its turn (the scheduler alone)."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.how} ended with {self.process.returncode}")
        if self.how == "scheduler":
            return DRIVES in self.log or "Another process drives" in self.log
        try:
            return self.get("/healthz").status_code in (200, 503)
        except requests.ConnectionError:
            return False

    def ended(self, seconds: float = 20) -> int:
        """The exit status, once it has ended by itself."""
        status = self.process.wait(seconds)
        self._reader.join(5)
        return status

    def terminate(self) -> float:
        """SIGTERM, and the seconds that the end took."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        self.process.wait(20)
        taken = time.monotonic() - began
        self._reader.join(5)
        return taken

    def kill(self) -> None:
        """End it with all its children, whatever they do."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(20)
        self._reader.join(5)
        if self.process.stdout is not None and not self._reader.is_alive():
            self.process.stdout.close()

    # asking it

    def ask(self, method: str, path: str, body: Any = None, *, token: str = API_TOKEN) -> requests.Response:
        """A request on a connection of its own, so that any worker may answer."""
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Connection": "close", **({"Authorization": f"Bearer {token}"} if token else {})}
            answer = session.request(method, self.url + path, json=body, headers=headers, timeout=90)
        self.service.assert_discreet(answer.text)
        return answer

    def get(self, path: str, *, token: str = API_TOKEN) -> requests.Response:
        return self.ask("GET", path, token=token)

    def post(self, path: str, body: Any = None, *, token: str = API_TOKEN) -> requests.Response:
        return self.ask("POST", path, body, token=token)

    def state(self) -> dict[str, Any]:
        return self.get("/api/state").json()

    def records(self) -> list[dict[str, Any]]:
        """The latest records, oldest first, without the first week of the virtual home."""
        found = self.get("/api/ticks?limit=300").json()
        return [record for record in reversed(found) if record["trigger"] != "rehearsal"]

    def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):
            for line in self.process.stdout:
                self._lines.append(line)


@contextlib.contextmanager
def in_background(call: Callable[[], Value]) -> Iterator[Callable[[], Value]]:
    """Runs a call in a thread of its own; what is yielded waits for its answer. The process may end under it."""
    answers: list[Value] = []

    def run() -> None:
        with contextlib.suppress(requests.RequestException):
            answers.append(call())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def answer() -> Value:
        thread.join(30)
        assert answers, "no answer came"
        return answers[0]

    yield answer


def assert_one_tick_per_wake(records: Sequence[Mapping[str, Any]], *, tolerance: float = 1.5) -> None:
    """Each tick of the heart falls on the wake that the tick before it planned; no two share an instant."""
    for before, after in pairwise(records):
        assert after["at"] > before["at"], (before, after)
        if after["trigger"] == "scheduler":
            late = (instant(after["at"]) - instant(before["next_wake_at"])).total_seconds()
            assert -0.05 <= late <= tolerance, f"{late} s after the planned wake: {before} {after}"
