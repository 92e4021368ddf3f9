"""Measures fifty open tabs: each asks for the state every five seconds, as the first page does, while ticks run.

A tab keeps its connection while the server does, sends the tag it was last given, and fetches the parts of its page
when the state is new. The service is the one that is shipped, under gunicorn; all tabs share one person's session.
"""

from __future__ import annotations

import http.client
import json
import math
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from support.bench_service import SERVICE, gunicorn, prepare, wait_for
from support.bench_table import Figure
from support.bench_web import let_in, session_of

TABS, EVERY, SECONDS = 50, 5.0, 60.0
BESIDE = 0.5  # seconds between two questions of one who has no tab open
WHOLE_DAY = [{"days": list(range(7)), "start": "00:00", "end": "00:00"}]
PACE = {"poll_interval_seconds": 15, "predictive_polling_enabled": False, "api_daily_limit": 1000000}


@dataclass
class Tab:
    """One open page; `taken` has the seconds of each answer, by address and status."""

    place: str
    headers: dict[str, str]
    tag: str = ""
    taken: list[tuple[str, int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._link = http.client.HTTPConnection(self.place, timeout=30)

    def follow(self, starts: float, ends: float) -> None:
        """Ask every five seconds until the end."""
        while starts < ends:
            time.sleep(max(0.0, starts - time.monotonic()))
            status, _ = self.ask("/api/state", {"If-None-Match": self.tag} if self.tag else {})
            if status == 200:
                _, text = self.ask("/parts/home", {})
                self.tag = json.loads(text)["tag"]
            starts += EVERY
        self._link.close()

    def ask(self, path: str, more: dict[str, str]) -> tuple[int, bytes]:
        """The status and the content; a kept connection that the server has closed is opened anew, as browsers do."""
        began = time.monotonic()
        try:
            answer = self._asked(path, more)
        except (http.client.RemoteDisconnected, ConnectionError):
            self._link.close()
            answer = self._asked(path, more)
        self.taken.append((path, answer[0], time.monotonic() - began))
        if answer[0] not in (200, 304):
            raise RuntimeError(f"{path} was answered {answer[0]}")
        return answer

    def _asked(self, path: str, more: dict[str, str]) -> tuple[int, bytes]:
        self._link.request("GET", path, headers={**self.headers, **more})
        answer = self._link.getresponse()
        return answer.status, answer.read()


def tab_figures(folder: Path) -> Iterator[Figure]:
    """How long the tabs wait, and whether anything is held up by them."""
    prepare(folder, time_windows=WHOLE_DAY, **PACE)
    let_in(folder)
    with gunicorn(folder, SERVICE) as (process, url):
        wait_for(process, url)
        place, session = urlsplit(url).netloc, {"Cookie": session_of(url)}
        worker = _child(process.pid)
        before, ticks = _threads(worker), _ticks(place, session)
        tabs = [Tab(place, session) for _ in range(TABS)]
        beside = _minute(tabs, Tab(place, {"Connection": "close"}))
        after, ticks = _threads(worker), _ticks(place, session) - ticks
    taken = [seconds for tab in tabs for path, _, seconds in tab.taken if path == "/api/state"]
    parts = [seconds for tab in tabs for path, _, seconds in tab.taken if path == "/parts/home"]
    yield Figure(f"{TABS} tabs, {len(taken)} states: 99th percentile", 50, _percentile(taken, 99) * 1000, "ms")
    yield Figure("    largest", None, max(taken) * 1000, "ms")
    yield Figure(f"    parts of the page, largest of {len(parts)}", None, max(parts) * 1000, "ms")
    yield Figure(f"    /healthz beside them, largest of {len(beside)}", None, max(beside) * 1000, "ms")
    yield Figure("    ticks meanwhile", None, ticks)
    yield Figure("    threads of the worker, before them", None, before)
    yield Figure("    threads of the worker, with them", None, after)


def _minute(tabs: list[Tab], other: Tab) -> list[float]:
    """The tabs are opened at any instant of the first five seconds. The seconds that another visitor waited."""
    chance, done = random.Random(1), threading.Event()
    begins = time.monotonic() + 0.5
    with ThreadPoolExecutor(TABS) as people:
        following = [people.submit(tab.follow, begins + chance.uniform(0, EVERY), begins + SECONDS) for tab in tabs]
        threading.Timer(SECONDS, done.set).start()
        while not done.wait(BESIDE):
            other.ask("/healthz", {})
        for each in following:
            each.result()
    return [seconds for _, _, seconds in other.taken]


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def _ticks(place: str, session: dict[str, str]) -> int:
    _, text = Tab(place, session).ask("/api/state", {})
    return int(json.loads(text)["scheduler"]["ticks_total"])


def _child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))
