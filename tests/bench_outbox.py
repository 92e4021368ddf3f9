"""Measures the outbox under load: 10 000 mails due in one minute, to a server that drops one connection in ten.

`make bench-outbox` takes some minutes; `ARGS="--people 1000"` is a shorter one. Nothing fails here: a missed bound is
named in words.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from support.bench_outbox import Load, measured  # noqa: E402  (the path comes first)
from support.bench_table import HEADER, Figure, line  # noqa: E402


def figures(load: Load) -> Iterator[Figure]:
    """The rows of the table."""
    accepted = load.server["accepted"]
    yield Figure("mails that the server accepted", load.people, accepted, least=True)
    yield Figure("    of them twice or more", 0.5, load.server["twice"])
    yield Figure("connections dropped before acceptance", None, load.server["dropped"])
    yield Figure("    of connections", None, load.server["connections"])
    yield Figure("the first after the due instant", 2, load.first, "s")
    yield Figure("all after the due instant", 600, load.seconds, "s")
    yield Figure("    mails a second", None, accepted / max(load.seconds, 0.001), "/s")
    yield Figure("deliveries failed or of unknown fate", 0.5, load.people - load.statuses.get("sent", 0))
    yield Figure(f"lateness of ticks, largest of {len(load.late)}", 1, max(load.late, default=0.0), "s")
    yield Figure("    median", None, load.percentile(0.5, load.late), "s")
    yield Figure("/api/state while sending, 99th percentile", 0.3, load.percentile(0.99, load.asked), "s")
    yield Figure("    median", None, load.percentile(0.5, load.asked), "s")
    yield Figure("    median before", None, load.percentile(0.5, load.asked_before), "s")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description="Measures the outbox under load.")
    options.add_argument("--people", type=int, default=10_000, help="how many mails, one to each person")
    options.add_argument("--lead", type=float, default=45.0, help="how many seconds ahead they are scheduled")
    chosen = options.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        load = measured(Path(folder), chosen.people, lead=chosen.lead, ticks=2)
    print(HEADER)
    for figure in figures(load):
        print(line(figure))
    print("lateness of each tick, in s:", " ".join(f"{late:.2f}" for late in load.late))


if __name__ == "__main__":
    main()
