"""Measures the history: 400 days at one record a minute, each range of the page, the file and the clean-up.

`python tests/bench_history.py` makes the database (about two minutes) and prints one table.
"""

from __future__ import annotations

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from flask.testing import FlaskClient  # noqa: E402  (the path comes first)
from sqlalchemy import Engine, text  # noqa: E402
from support.databases import a_database  # noqa: E402
from support.long_history import write_history  # noqa: E402
from support.web_fakes import Home  # noqa: E402

from switchbot_dashboard.store.cleanup import cleaned  # noqa: E402
from switchbot_dashboard.store.history import History  # noqa: E402
from switchbot_dashboard.store.rollups import rolled_up  # noqa: E402
from switchbot_dashboard.web import build_web  # noqa: E402

NOW = datetime(2026, 3, 2, 16, 46, tzinfo=UTC)
RANGES = {"1 h": 1, "6 h": 6, "24 h": 24, "7 d": 7 * 24, "30 d": 30 * 24, "400 d": 400 * 24}
MEBIBYTE = 1 << 20

Result = TypeVar("Result")


@dataclass(frozen=True)
class Figure:
    """One line of the table; `bound` is the most it may be, in `unit`."""

    name: str
    bound: float
    measured: float
    unit: str = ""


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
    yield Figure(f"clean-up of {gone.records} records", 120, taken, "s")
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


def line(figure: Figure) -> str:
    """A row of the table, with a word where the bound is missed."""
    unit = f" {figure.unit}".rstrip()
    measured = f"{figure.measured:.2f}" if figure.unit else f"{figure.measured:.0f}"
    ratio = f"{figure.measured / figure.bound:.2f}"
    missed = "  over the bound" if figure.measured > figure.bound else ""
    return f"{figure.name:<50}{f'{figure.bound:g}{unit}':>10}{f'{measured}{unit}':>12}{ratio:>16}{missed}"


def main() -> None:
    """Measure and print; the exit status is 0 whatever the figures say."""
    print(f"{'figure':<50}{'bound':>10}{'measured':>12}{'ratio to bound':>16}")
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        for figure in history_figures(Path(folder)):
            print(line(figure), flush=True)


if __name__ == "__main__":
    main()
