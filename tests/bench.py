"""Measures the service against its bounds and prints one table. Nothing fails here: a missed bound is named in words.

`make bench` takes about three minutes; `python tests/bench.py --hour` lets the memory be measured over a real hour.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from support import bench_edges, bench_service, bench_ticks, bench_web  # noqa: E402  (the path comes first)


@dataclass(frozen=True)
class Figure:
    """One line of the table; `bound` is the most it may be, in `unit`; None for a figure that explains another.

    With `least`, it is the least that it may be.
    """

    name: str
    bound: float | None
    measured: float
    unit: str = ""
    least: bool = False


def figures(folder: Path, edges: int, *, hour: bool) -> Iterator[Figure]:
    """All figures, as each is measured."""
    median, high = bench_ticks.tick_costs(folder / "costs")
    yield Figure("CPU of one tick, median of 500", 3, median, "ms")
    yield Figure("CPU of one tick, 95th percentile", 3, high, "ms")
    uses = bench_ticks.store_uses(folder / "uses")
    yield Figure("reads of one tick", 4, uses.reads)
    yield Figure("write transactions of one tick", 1, uses.writes)
    yield Figure("write transactions with a command", 2, uses.writes_with_command)
    yield Figure("1 440 ticks in memory", 2, bench_ticks.day_in_memory(), "s")
    yield Figure("history of a first start", 5, bench_ticks.first_week(folder / "week"), "s")
    bench_service.prepare(folder / "start")
    starts = [bench_service.start_seconds(folder / "start") for _ in range(5)]
    yield Figure("start to the end of the first tick, median of 5", 1.5, statistics.median(starts), "s")
    delays = bench_edges.edge_delays(folder / "edges", edges)
    yield Figure(f"command after an edge, largest of {edges}", 1, max(delays, key=abs), "s")
    yield Figure("    median", None, statistics.median(delays), "s")
    yield from _memory(folder / "memory", hour=hour)
    yield from _web(folder / "web")


def _web(folder: Path) -> Iterator[Figure]:
    for share in bench_web.shares(folder / "shares"):
        name = f"{share.name}: share of a bare Flask's requests"
        yield Figure(name, share.bound, share.share, "×", least=True)
        yield Figure("    requests a second", None, share.per_second, "/s")
    yield Figure("first visit, all files as they are sent", 150, bench_web.first_visit(folder / "visit"), "KB")


def _memory(folder: Path, *, hour: bool) -> Iterator[Figure]:
    measure = bench_service.memory_of_an_hour if hour else bench_service.memory_of_driven_ticks
    found, what = measure(folder), "a real hour" if hour else "240 ticks"
    yield Figure(f"memory (PSS) after {what}", 120, found.total, "MB")
    yield Figure("    of it the master", None, found.whole[0], "MB")
    yield Figure("    of it the worker", None, found.whole[1], "MB")
    yield Figure(f"growth in the last half of {what}", 1, found.growth, "MB")


def line(figure: Figure) -> str:
    """A row of the table, with words where the bound is missed."""
    unit = f" {figure.unit}".rstrip()
    measured = f"{figure.measured:.2f}{unit}" if figure.unit else f"{figure.measured:.0f}"
    if figure.bound is None:
        return f"{figure.name:<50}{'':>10}{measured:>12}"
    missed = "  over the bound" if figure.measured > figure.bound else ""
    if figure.least:
        missed = "  under the bound" if figure.measured < figure.bound else ""
    ratio = f"{figure.measured / figure.bound:.2f}"
    return f"{figure.name:<50}{f'{figure.bound:g}{unit}':>10}{measured:>12}{ratio:>16}{missed}"


def main() -> None:
    """Measure and print; the exit status is 0 whatever the figures say."""
    options = argparse.ArgumentParser(description="Measures the service against its bounds.")
    options.add_argument("--hour", action="store_true", help="measure the memory over a real hour of ticks")
    options.add_argument("--edges", type=int, default=50, help="how many window edges are measured (2 s each)")
    chosen = options.parse_args()
    now = datetime.now(UTC)
    print(f"{now:%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}\n")
    print(f"{'figure':<50}{'bound':>10}{'measured':>12}{'ratio to bound':>16}")
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        for figure in figures(Path(folder), chosen.edges, hour=chosen.hour):
            print(line(figure), flush=True)


if __name__ == "__main__":
    main()
