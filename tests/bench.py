"""Measures the service against its bounds and prints one table. Nothing fails here: a missed bound is named in words.

`make bench` takes about five minutes. `python tests/bench.py --only tabs browser` measures these parts alone, and
`--hour` lets the memory be measured over a real hour.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from support import (  # noqa: E402  (the path comes first)
    bench_alerts,
    bench_edges,
    bench_history,
    bench_service,
    bench_ticks,
    bench_web,
)
from support.bench_table import HEADER, Figure, line  # noqa: E402
from support.bench_tabs import tab_figures  # noqa: E402


def _ticks(folder: Path, _: argparse.Namespace) -> Iterator[Figure]:
    median, high = bench_ticks.tick_costs(folder / "costs")
    yield Figure("CPU of one tick, median of 500", 3, median, "ms")
    yield Figure("CPU of one tick, 95th percentile", 3, high, "ms")
    uses = bench_ticks.store_uses(folder / "uses")
    yield Figure("reads of one tick", 4, uses.reads)
    yield Figure("write transactions of one tick", 1, uses.writes)
    yield Figure("write transactions with a command", 2, uses.writes_with_command)
    yield Figure("1 440 ticks in memory", 2, bench_ticks.day_in_memory(), "s")
    yield Figure("history of a first start", 5, bench_ticks.first_week(folder / "week"), "s")


def _start(folder: Path, _: argparse.Namespace) -> Iterator[Figure]:
    bench_service.prepare(folder / "start")
    starts = [bench_service.start_seconds(folder / "start") for _ in range(5)]
    yield Figure("start to the end of the first tick, median of 5", 1.5, statistics.median(starts), "s")


def _edges(folder: Path, chosen: argparse.Namespace) -> Iterator[Figure]:
    delays = bench_edges.edge_delays(folder / "edges", chosen.edges)
    yield Figure(f"command after an edge, largest of {chosen.edges}", 1, max(delays, key=abs), "s")
    yield Figure("    median", None, statistics.median(delays), "s")


def _web(folder: Path, _: argparse.Namespace) -> Iterator[Figure]:
    for share in bench_web.shares(folder / "shares"):
        name = f"{share.name}: share of a bare Flask's requests"
        yield Figure(name, share.bound, share.share, "×", least=True)
        yield Figure("    requests a second", None, share.per_second, "/s")


def _browser(folder: Path, _: argparse.Namespace) -> Iterator[Figure | str]:
    from support.bench_browser import browser_figures
    from support.browser import executable

    if executable() is None:
        yield "largest contentful paint, first visit: no Chromium here to measure them (apt-get install chromium)"
        return
    yield from browser_figures(folder)


def _memory(folder: Path, chosen: argparse.Namespace) -> Iterator[Figure]:
    measure = bench_service.memory_of_an_hour if chosen.hour else bench_service.memory_of_driven_ticks
    found, what = measure(folder / "memory"), "a real hour" if chosen.hour else "240 ticks"
    yield Figure(f"memory (PSS) after {what}", 120, found.total, "MB")
    yield Figure("    of it the master", None, found.whole[0], "MB")
    yield Figure("    of it the worker", None, found.whole[1], "MB")
    yield Figure(f"growth in the last half of {what}", 1, found.growth, "MB")


PARTS: Mapping[str, Callable[[Path, argparse.Namespace], Iterator[Figure | str]]] = {
    "ticks": _ticks,
    "start": _start,
    "edges": _edges,
    "memory": _memory,
    "web": _web,
    "browser": _browser,
    "tabs": lambda folder, _: tab_figures(folder / "tabs"),
    "history": lambda folder, _: bench_history.history_figures(folder / "history"),
    "alerts": lambda folder, _: bench_alerts.alert_figures(folder / "alerts"),
}


def main() -> None:
    """Measure and print; the exit status is 0 whatever the figures say."""
    options = argparse.ArgumentParser(description="Measures the service against its bounds.")
    options.add_argument("--hour", action="store_true", help="measure the memory over a real hour of ticks")
    options.add_argument("--edges", type=int, default=50, help="how many window edges are measured (2 s each)")
    options.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="measure these parts alone")
    chosen = options.parse_args()
    now = datetime.now(UTC)
    print(f"{now:%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}\n")
    print(HEADER)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        for part in chosen.only:
            for figure in PARTS[part](Path(folder), chosen):
                print(figure if isinstance(figure, str) else line(figure), flush=True)


if __name__ == "__main__":
    main()
