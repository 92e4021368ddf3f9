"""Measures the list of alerts: the same calls beside 200 and beside 10 000 that are kept, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import Engine, insert
from support.bench_table import Figure
from support.whole import whole

from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.store.alerts import SENTENCE
from switchbot_dashboard.store.schema_people import alerts

FEW, MANY = 200, 10_000
LASTING = 40  # of either; the others are over
ROUNDS = 200
CALLS = {"those that last": "/api/alerts", "all of them": "/api/alerts?active=0"}


def fill(engine: Engine, count: int) -> None:
    """So many alerts, the newest of which last."""
    now = datetime.now(UTC)
    said = SENTENCE.write(say("It is {now:temp}.", now=80))
    row = {"kind": "temperature", "severity": "WARNING", "sentence": said, "first_seen": now, "last_seen": now}
    rows = [
        {
            **row,
            "key": f"temperature:{number}",
            "subject": str(number),
            "state": "active" if number >= count - LASTING else "resolved",
            "is_read": number % 2 == 0,
            "told_count": 1,
        }
        for number in range(count)
    ]
    with engine.begin() as connection:
        connection.execute(insert(alerts), rows)


def alert_figures(folder: Path) -> Iterator[Figure]:
    """The median time of each call beside many alerts as a multiple of that beside few."""
    with ExitStack() as ends:
        clients: dict[int, FlaskClient] = {}
        for count in (FEW, MANY):
            home = ends.enter_context(whole(folder / str(count)))
            fill(home.dashboard.engine, count)
            clients[count] = home.client
        for name, path in CALLS.items():
            times: dict[int, list[float]] = {FEW: [], MANY: []}
            for _round in range(ROUNDS):
                for count, client in clients.items():
                    begun = time.perf_counter()
                    assert client.get(path).status_code == 200
                    times[count].append(time.perf_counter() - begun)
            few, many = statistics.median(times[FEW]), statistics.median(times[MANY])
            yield Figure(f"alerts, {name}: 10 000 against 200", 1.1, many / few, "×")
            yield Figure("    beside 10 000", None, many * 1000, "ms")
