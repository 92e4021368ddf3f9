"""How many requests a second the pages answer, as a share of what a one-line Flask application does beside them.

Both run under the same `gunicorn.conf.py`, in turns, asked over kept connections by a client that does nothing else.
This is a WSGI module, too: `support.bench_web:bare_app()` is that application.
"""

from __future__ import annotations

import re
import socket
import statistics
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import requests
from flask import Flask
from support.bench_service import SERVICE, gunicorn, prepare, wait_for

from switchbot_dashboard.app import EXTENSION, utc_now
from switchbot_dashboard.people import People, Role
from switchbot_dashboard.store.engine import open_engine

BARE = "support.bench_web:bare_app()"
PASSWORD = "correct horse battery"
CONNECTIONS, SECONDS, ROUNDS = 4, 1.5, 3


@dataclass(frozen=True)
class Share:
    """What an address answers in a second, and what share of the bare application's that is."""

    name: str
    bound: float
    per_second: float
    share: float


def bare_app() -> Flask:
    """One line of Flask, with a heart that the server may start and stop."""
    app = Flask("bare")
    app.add_url_rule("/", view_func=lambda: "ok")
    app.extensions[EXTENSION] = SimpleNamespace(
        start=lambda: None, stop=lambda: None, source=SimpleNamespace(stop=lambda: None)
    )
    return app


def shares(folder: Path) -> tuple[Share, ...]:
    """The shares of `/healthz`, `/api/state` answered 200 and 304, and `/` with a session."""
    prepare(folder / "service")
    (folder / "bare").mkdir()
    token = let_in(folder / "service")
    with gunicorn(folder / "service", SERVICE) as (process, url), gunicorn(folder / "bare", BARE) as (other, bare_url):
        wait_for(process, url)
        wait_for(other, bare_url, path="/")
        bearer = {"Authorization": f"Bearer {token}"}
        tag = requests.get(f"{url}/api/state", headers=bearer, timeout=10).headers["ETag"]
        wanted = {
            ("/healthz", 0.6): ("/healthz", {}),
            ("/api/state, 200", 0.4): ("/api/state", bearer),
            ("/api/state, 304", 0.5): ("/api/state", {**bearer, "If-None-Match": tag}),
            ("/, logged in", 0.2): ("/", {"Cookie": session_of(url)}),
        }
        counted: dict[tuple[str, float], list[tuple[float, float]]] = {key: [] for key in wanted}
        for _ in range(ROUNDS):
            for key, (path, headers) in wanted.items():
                plain = _per_second(bare_url, "/", {})
                counted[key].append((_per_second(url, path, headers), plain))
    return tuple(_share(*key, found) for key, found in counted.items())


def _share(name: str, bound: float, found: list[tuple[float, float]]) -> Share:
    mine, share = (pair for pair in ([each for each, _ in found], [each / plain for each, plain in found]))
    return Share(name, bound, statistics.median(mine), statistics.median(share))


def let_in(folder: Path) -> str:
    """Makes an administrator with a password, and a token that is looked up with each request."""
    engine = open_engine(f"sqlite:///{folder / 'switchbot.db'}")
    people = People(engine, utc_now)
    people.add("bench", PASSWORD, Role.ADMIN)
    _, text = people.create_token("bench", Role.ADMIN)
    engine.dispose()
    return text


def session_of(url: str) -> str:
    """The cookies of that administrator, logged in."""
    with requests.Session() as session:
        page = session.get(f"{url}/login", timeout=10).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        form = {"name": "bench", "password": PASSWORD, "csrf_token": found[1]}
        session.post(f"{url}/login", data=form, timeout=10).raise_for_status()
        session.get(f"{url}/", timeout=10).raise_for_status()
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)


def _per_second(url: str, path: str, headers: Mapping[str, str]) -> float:
    place = urlsplit(url)
    lines = [f"GET {path} HTTP/1.1", f"Host: {place.netloc}", *(f"{name}: {value}" for name, value in headers.items())]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    address = (place.hostname or "", place.port or 0)
    _ask(address, request, time.perf_counter() + 0.2, [])
    counts: list[int] = []
    begun = time.perf_counter()
    ends = begun + SECONDS
    threads = [threading.Thread(target=_ask, args=(address, request, ends, counts)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begun)


def _ask(address: tuple[str, int], request: bytes, ends: float, counts: list[int]) -> None:
    """Asks over and over on one connection, and counts the answers."""
    count = 0
    with socket.create_connection(address) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.perf_counter() < ends:
            link.sendall(request)
            _read_answer(link)
            count += 1
    counts.append(count)


def _read_answer(link: socket.socket) -> None:
    data = link.recv(65536)
    while b"\r\n\r\n" not in data:
        data += link.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")):
        raise RuntimeError(head.decode(errors="replace").splitlines()[0])
    length = re.search(rb"(?i)content-length: (\d+)", head)
    left = int(length[1]) - len(body) if length and not head.startswith(b"HTTP/1.1 304") else 0
    while left > 0:
        left -= len(link.recv(65536))
