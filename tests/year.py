"""`make year`: 365 days of a home that wants five times the calls there are, alone and beside other tools.

Prints each month as it goes by, then a table for each of the two; about half an hour on two cores. Ends with status 1
where a bound is missed. `--days N` runs fewer, `--start YYYY-MM-DD` others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from support.year import LIMIT, DayCount, Year, midnight, summary

SHARES = {0: "alone", 50: "other tools spend half of the limit (other_tools_share 50)"}
LEAST_USED = 0.9


def live(start: str, days: int, share: int) -> tuple[dict[date, DayCount], int, tuple[float, float]]:
    """A run of days: their counts, the home's own limit, and the steepest changes of an interval."""
    year, lived = Year(midnight(start), share), {}
    for day, count in year.days(days):
        lived[day] = count
        if day.day == 1 or len(lived) == days:
            print(f"share {share}: {len(lived)} days, up to {day}; {count.used(year.limit):.1%} used", flush=True)
    return lived, year.limit, year.steepest


def faults(days: Mapping[date, DayCount], limit: int, steepest: tuple[float, float]) -> list[str]:
    """Which bounds are missed, on which day."""
    found = []
    for day, count in days.items():
        if count.all > LIMIT or count.reads + count.commands > limit:
            found.append(f"{day}: the day passes the limit")
        if count.fullest_of_all > LIMIT:
            found.append(f"{day}: 24 hours pass the limit ({count.fullest_of_all:.0f})")
        if count.refused_commands:
            found.append(f"{day}: {count.refused_commands} commands refused")
        if count.used(limit) < LEAST_USED:
            found.append(f"{day}: only {count.used(limit):.1%} of the allowed reads used")
    if steepest[1] > 1.25 or steepest[0] < 0.5:
        found.append(f"an interval changed to {steepest[0]:.2f} and {steepest[1]:.2f} times the one before")
    return found


def main() -> int:
    """The two runs, side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--start", default="2026-01-01")
    asked = parser.parse_args()
    with ProcessPoolExecutor(len(SHARES)) as pool:
        runs = {share: pool.submit(live, asked.start, asked.days, share) for share in SHARES}
    missed = []
    for share, run in runs.items():
        days, limit, steepest = run.result()
        print(f"\n{SHARES[share]}")
        for name, figure in summary(days, limit).items():
            print(f"  {name:58}{figure:>24}")
        print(f"  {'an interval next to the one before: least, most':58}{f'{steepest[0]:.2f}, {steepest[1]:.2f}':>24}")
        missed += [f"share {share}, {fault}" for fault in faults(days, limit, steepest)]
    print("\n" + ("Every bound holds." if not missed else "\n".join(missed)))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
