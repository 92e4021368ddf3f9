"""Measures polling policies against each other on one house, and prints tables; the bounds are named in words.

`make bench-polling` is the whole; `--seeds`, `--days`, `--policy` and `--weather` make shorter forms. Nothing fails
here: the exit status is 0 whatever the figures say.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from support.polling_draws import LONGEST, LOST, WEATHERS  # noqa: E402  (the path comes first)
from support.polling_figures import ENOUGH, FRESH, Figures, figures_of  # noqa: E402
from support.polling_runs import ADAPTIVE, OPTIMAL, POLICIES, PREDICTED, REFERENCE, Run, Task, run  # noqa: E402
from support.polling_tables import json_line, report  # noqa: E402

AGES = (600, 1200)  # s, with --ages
SEEDS, MOST_SEEDS = 10, 300  # of the whole; and how many more may be run for their crossings
DOCUMENT = HERE.parent / "docs" / "polling.md"
BEGIN, END = "<!-- what `make bench-polling` wrote last -->", "<!-- end of what it wrote -->"
Key = tuple[str, str, int]  # policy, weather, age
HEAVY = {"fixed-15": 8, REFERENCE: 9, "fixed-60": 2}


def tasks_of(chosen: argparse.Namespace) -> list[Task]:
    """Every run that was asked for, the longest first; the adaptive table always, since ratios are to it."""
    policies = list(dict.fromkeys([ADAPTIVE, *(chosen.policy or POLICIES)]))
    weathers = WEATHERS if chosen.weather == "both" else (chosen.weather,)
    tasks = [
        Task(policy, weather, age, seed, chosen.days, 0.0 if chosen.no_loss else LOST)
        for age in (FRESH, *(AGES if chosen.ages else ()))
        for weather in weathers
        for policy in policies
        if age == FRESH or policy in (ADAPTIVE, PREDICTED, OPTIMAL, REFERENCE)
        for seed in range(1, chosen.seeds + 1)
    ]
    return sorted(tasks, key=lambda task: -HEAVY.get(task.policy, 1))


def runs_of(tasks: Sequence[Task], jobs: int) -> Iterator[Run]:
    """The runs as they are done."""
    if jobs == 1:
        yield from map(run, tasks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(run, task) for task in tasks]):
            yield done.result()


def gathered(tasks: Sequence[Task], jobs: int) -> dict[Key, list[Run]]:
    """The runs by policy, weather and age, in the order of their seeds, with a line of progress on a terminal."""
    found: dict[Key, list[Run]] = defaultdict(list)
    for number, done in enumerate(runs_of(tasks, jobs), 1):
        found[done.task.policy, done.task.weather, done.task.age].append(done)
        if sys.stderr.isatty():
            print(f"\r{number} of {len(tasks)} runs", end="\n" if number == len(tasks) else "", file=sys.stderr)
    return {key: sorted(runs, key=lambda run: run.task.seed) for key, runs in sorted(found.items())}


def all_figures(tasks: Sequence[Task], jobs: int, crossings: int) -> dict[Key, Figures]:
    """The figures; further seeds are run until the classes that have bounds hold `crossings` crossings each."""
    runs, more = gathered(tasks, jobs), defaultdict[Key, list[Run]](list)
    bounded = [key for key in runs if key[0] in (PREDICTED, OPTIMAL) and key[2] == FRESH]
    while True:
        figures = {key: figures_of(mine, more[key]) for key, mine in runs.items()}
        short = [key for key in bounded if _fewest(figures[key]) < crossings and len(more[key]) < MOST_SEEDS]
        if not short:
            return figures
        first = {key: runs[key][-1].task.seed + len(more[key]) + 1 for key in short}
        further = [replace(runs[key][0].task, seed=first[key] + nth) for key in short for nth in range(SEEDS)]
        for key, found in gathered(further, jobs).items():
            more[key] += found


def _fewest(figures: Figures) -> int:
    return min(figures.undisturbed.count, figures.disturbed.count)


def write(lines: Sequence[str], document: Path = DOCUMENT) -> None:
    """Put the report between its marks in the document."""
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    document.write_text(f"{before}{BEGIN}\n\n{chr(10).join(lines)}\n\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    options = argparse.ArgumentParser(description="Measures polling policies against each other on one house.")
    options.add_argument("--seeds", type=int, default=SEEDS, help=f"how many seeds, from 1 (default {SEEDS})")
    options.add_argument("--days", type=int, default=LONGEST, help=f"days of each run, up to {LONGEST} (default)")
    options.add_argument("--policy", action="append", choices=list(POLICIES), help="only this one; may be repeated")
    options.add_argument("--weather", default="both", choices=[*WEATHERS, "both"])
    options.add_argument("--ages", action="store_true", help="also with a cloud copy 10 and 20 minutes old")
    options.add_argument("--no-loss", action="store_true", help="infrared loses nothing, to see what a loss costs")
    options.add_argument(
        "--crossings", type=int, help=f"at least so many a class, on further seeds ({ENOUGH}; short: 0)"
    )
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    options.add_argument("--json", action="store_true", help="one line of JSON a policy, weather and age")
    options.add_argument("--write", action="store_true", help=f"put the report into docs/{DOCUMENT.name}")
    chosen = options.parse_args(arguments)
    if not 1 <= chosen.days <= LONGEST or chosen.seeds < 1 or chosen.jobs < 1:
        options.error(f"--days must be 1 to {LONGEST}, --seeds and --jobs 1 or more")
    if chosen.write and (
        chosen.days < LONGEST or chosen.seeds < SEEDS or chosen.policy or chosen.weather != "both" or chosen.no_loss
    ):
        options.error("--write takes the whole: ten seeds, all days, policies and weathers")
    return chosen


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for and print it."""
    chosen = _options(arguments)
    whole = chosen.seeds >= SEEDS and chosen.days == LONGEST
    crossings = chosen.crossings if chosen.crossings is not None else ENOUGH * whole
    results = all_figures(tasks_of(chosen), chosen.jobs, crossings)
    if chosen.json:
        for (_, weather, age), figures in results.items():
            print(json_line(figures, results.get((ADAPTIVE, weather, age))))
        return
    lines = list(report(results, range(1, chosen.seeds + 1), chosen.days))
    print("\n".join(lines))
    if chosen.write:
        write(lines)


if __name__ == "__main__":
    main()
