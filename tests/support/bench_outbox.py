"""Many messages due in the same minute, to a mail server in a process of its own that drops connections.

The service runs as it does for anyone, with ticks every 15 s; people and their addresses are written into its database
before it starts, and the messages are scheduled through the API. The mail server counts what arrived.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import insert
from support.service import API_TOKEN, ROOT, Running, Service, instant, wait_until

from switchbot_dashboard.domain.channel import MailForm, Security
from switchbot_dashboard.notifications.channels import Channels
from switchbot_dashboard.notifications.secrets import Secrets
from switchbot_dashboard.people import derived_key
from switchbot_dashboard.people.preferences import Preferences
from switchbot_dashboard.store.channels import ChannelRows
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.migrate import migrate
from switchbot_dashboard.store.schema import users
from switchbot_dashboard.store.schema_people import channels, preferences

KEY = "a-secrets-key-of-thirty-two-signs-or-more"
SETTINGS = {
    "automation_enabled": True,
    "adaptive_polling_enabled": False,
    "poll_interval_seconds": 15,
    "channels_allowed_hosts": ["127.0.0.1"],
    "meter_device_id": "",
    "aircon_device_id": "",
}
A_CALL = 1000  # recipients
ASKS_EVERY = 0.1  # seconds


@dataclass(frozen=True)
class Load:
    """What came of it. `late` are the seconds by which ticks missed their wake, `asked` those of `/api/state`."""

    people: int
    server: Mapping[str, Any]
    seconds: float  # from the due instant to the last mail accepted
    first: float  # from the due instant to the first
    statuses: Mapping[str, int]
    late: Sequence[float]
    asked: Sequence[float]
    asked_before: Sequence[float]

    def percentile(self, share: float, of: Sequence[float]) -> float:
        """The value below which this share of them lies."""
        return sorted(of)[min(len(of) - 1, int(share * len(of)))] if of else 0.0


class MailServer:
    """The mail server as a process; `figures` are its counts so far."""

    def __init__(self, *options: str) -> None:
        line = [sys.executable, str(ROOT / "tests" / "support" / "mailbox.py"), *options]
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._line())

    def figures(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self._line())
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def measured(folder: Path, people: int, *, lead: float = 20.0, patience: float = 600.0, ticks: int = 0) -> Load:
    """Schedule one mail for each of so many people, all due at one instant, and watch until all have left.

    `lead` is how many seconds ahead they are scheduled; `ticks` how many ticks are waited for at least.
    """
    server = MailServer("--drop-at", "mix", "--drop-every", "10", "--ends-after", "5")
    service = Service(folder, settings=SETTINGS, SECRETS_KEY=KEY)
    try:
        ids = _populated(service, server.port, people)
        with service.started() as running, _asking(running) as asked:
            due = _scheduled(running, ids, lead)
            time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
            before = len(asked)
            wait_until(lambda: _open(running) == 0, patience, "the end of sending")
            wait_until(lambda: len(_late(running, due)) >= ticks, 15.0 * (ticks + 1), "the ticks")
            figures = server.figures()
            began = due.timestamp()
            return Load(
                people,
                figures,
                figures["last_at"] - began,
                figures["first_at"] - began,
                _statuses(running),
                _late(running, due),
                asked[before:],
                asked[:before],
            )
    finally:
        server.close()


def _populated(service: Service, port: int, people: int) -> list[int]:
    """People with a mail address each, and the mail settings, in the database that the service will open."""
    service.data.mkdir(parents=True, exist_ok=True)
    engine = open_engine(f"sqlite:///{service.data / 'switchbot.db'}")
    migrate(engine)
    now, secrets = datetime.now(UTC), Secrets(derived_key(KEY, "channels"))
    ids = list(range(1, people + 1))
    row = {"role": "member", "session_version": 1, "created_at": now}
    way = {"kind": "email", "hint": "p…@example.org", "enabled": True, "created_at": now}
    with engine.begin() as connection:
        connection.execute(insert(users), [{"id": each, "name": f"p{each}", **row} for each in ids])
        rows = [{"user_id": each, "address": secrets.seal(f"p{each}@example.org"), **way} for each in ids]
        connection.execute(insert(channels), rows)
        alone = Preferences(muted_kinds=("alert", "reminder", "report"))  # what is counted is what was scheduled
        body = json.dumps(asdict(alone))
        connection.execute(insert(preferences), [{"user_id": each, "body": body} for each in ids])
    book = Channels(ChannelRows(engine), lambda: secrets, lambda: now, lambda: ("127.0.0.1",))
    book.save_mail(MailForm("127.0.0.1", port, Security.NONE, sender="home@example.org"))
    engine.dispose()
    return ids


def _scheduled(running: Running, ids: Sequence[int], lead: float) -> datetime:
    due = datetime.now(UTC) + timedelta(seconds=lead)
    for start in range(0, len(ids), A_CALL):
        body = {
            "recipients": ids[start : start + A_CALL],
            "title": "The heater runs",
            "message": "It has run since this morning.",
            "scheduled_at": due.isoformat(),
        }
        answer = running.post("/api/notifications/schedule/", body)
        assert answer.status_code == 201, answer.text
    assert datetime.now(UTC) < due, "scheduling took longer than the lead"
    return due


@contextmanager
def _asking(running: Running) -> Iterator[list[float]]:
    """Asks for the state all the while, as a tab does; the seconds that each answer took."""
    taken: list[float] = []
    stop = threading.Event()

    def ask() -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {API_TOKEN}"
            while not stop.wait(ASKS_EVERY):
                began = time.perf_counter()
                session.get(f"{running.url}/api/state", timeout=30).raise_for_status()
                taken.append(time.perf_counter() - began)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join(30)


def _statuses(running: Running) -> dict[str, int]:
    """How many deliveries by mail have which status, read beside the service."""
    engine = open_engine(f"sqlite:///{running.service.data / 'switchbot.db'}")
    try:
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT status, count(*) FROM deliveries WHERE channel = 'email' GROUP BY status"
            )
            return {row[0]: row[1] for row in rows}
    finally:
        engine.dispose()


def _open(running: Running) -> int:
    time.sleep(0.5)
    found = _statuses(running)
    return found.get("pending", 0) + found.get("sending", 0)


def _late(running: Running, since: datetime) -> list[float]:
    """How late each tick of the heart was since an instant, in seconds."""
    records = running.records()
    return [
        (instant(after["at"]) - instant(before["next_wake_at"])).total_seconds()
        for before, after in pairwise(records)
        if after["trigger"] == "scheduler" and instant(after["at"]) >= since
    ]
