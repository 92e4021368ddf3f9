"""Measures the history: 400 days at one record a minute, each range of the page, the file and the clean-up."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from support.bench_table import Figure
from support.databases import a_database
from support.long_history import write_history
from support.web_fakes import Home

from switchbot_dashboard.store.cleanup import cleaned
from switchbot_dashboard.store.history import History
from switchbot_dashboard.store.rollups import rolled_up
from switchbot_dashboard.web import build_web

NOW = datetime(2026, 3, 2, 16, 46, tzinfo=UTC)
RANGES = {"1 h": 1, "6 h": 6, "24 h": 24, "7 d": 7 * 24, "30 d": 30 * 24, "400 d": 400 * 24}
MEBIBYTE = 1 << 20

Result = TypeVar("Result")


def history_figures(folder: Path, days: int = 400) -> Iterator[Figure]:
    """All figures, as each is measured."""
    folder.mkdir(parents=True, exist_ok=True)
    with a_database(folder) as engine:
        count, _ = timed(lambda: write_history(engine, NOW - timedelta(days=days), days))
        yield Figure("bytes of a record, indexes included", 500, _file_size(engine) / count, "B")
        hours, taken = timed(lambda: rolled_up(engine, NOW))
        yield Figure(f"averages of {hours} hours made", 120, taken, "s")
        _, taken = timed(lambda: rolled_up(engine, NOW + timedelta(minutes=30)))
        yield Figure("averages made again an hour later", 1, taken, "s")
        yield Figure("database file, averages included", None, _file_size(engine) / MEBIBYTE, "MiB")
        yield from _ranges(engine, days)
        yield from _clean_up(engine)


def _ranges(engine: Engine, days: int) -> Iterator[Figure]:
    client = _client(engine)
    for name, hours in RANGES.items():
        start = NOW - timedelta(hours=min(hours, days * 24))
        address = f"/history/api/data?start={start:%Y-%m-%dT%H:%M:%SZ}"
        yield Figure(f"data of {name}, median of 9", 300, _median(client, address), "ms")
        yield Figure(f"sums of {name}, median of 9", 300, _median(client, _sums(hours)), "ms")
    for address in ("/history/api/latest?limit=1000", "/history/api/data?granularity=minute"):
        yield Figure(f"{address.removeprefix('/history/api/')}, median of 9", 300, _median(client, address), "ms")


def _sums(hours: int) -> str:
    return f"/history/api/aggregates?period_hours={hours}"


def _clean_up(engine: Engine) -> Iterator[Figure]:
    before = _file_size(engine)
    old = NOW - timedelta(days=30)
    gone, taken = timed(
        lambda: cleaned(engine, NOW, records_before=old, rollups_before=NOW - timedelta(days=400), calls_before=old)
    )
    yield Figure(f"clean-up of {gone.records} records", None, taken, "s")
    yield Figure("file after the clean-up, share of before", 1.02, _file_size(engine) / before, "x")
    yield Figure("of it in use", 60, _in_use(engine) / MEBIBYTE, "MiB")


def _client(engine: Engine) -> FlaskClient:
    home = Home(now=NOW)
    home.memory.history = History(engine)
    return build_web(home.service()).test_client()


def _median(client: FlaskClient, address: str) -> float:
    def once() -> float:
        gc.collect()
        answer, taken = timed(lambda: client.get(address))
        assert answer.status_code == 200, answer.text
        return taken * 1000

    return statistics.median(once() for _ in range(9))


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What the work returns, and how many seconds it took."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _file_size(engine: Engine) -> float:
    return _pragma(engine, "page_count") * _pragma(engine, "page_size")


def _in_use(engine: Engine) -> float:
    return (_pragma(engine, "page_count") - _pragma(engine, "freelist_count")) * _pragma(engine, "page_size")


def _pragma(engine: Engine, name: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"PRAGMA {name}")).scalar() or 0)
