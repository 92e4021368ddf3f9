"""The benchmark in words and tables, the same for the terminal and for the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from .polling_draws import BEGINS, draws_of
from .polling_figures import ENOUGH, Bound, Delays, Figures, Results, bounds_of, ratio
from .polling_runs import ADAPTIVE, COMMON, POLICIES, REFERENCE

WEATHER_WORDS = {"winter": "Six measured weeks of winter", "sine": "A sine of 6 ± 4 °C, warmest at 15:00"}

COLUMNS = (
    "policy",
    "calls a day",
    "× adaptive",
    "discomfort, K·min a day",
    "× adaptive",
    "from day 2",
    "starts a day",
    "heating in windows, h",
    "outside, h",
    f"× {REFERENCE}",
    "undisturbed: p50, p95 (count)",
    "disturbed: p50, p95 (count)",
    "late a day",
    "needless re-sends a day",
)


def settings_lines(policies: Iterable[str]) -> Iterator[str]:
    """The settings of all policies, and what each adds to them."""
    yield f"settings of all: {json.dumps(COMMON)}"
    for policy in policies:
        yield f"{policy}: {json.dumps(POLICIES[policy])}"


def draws_table(seeds: Sequence[int], days: int) -> list[str]:
    """What was drawn for each seed, as a mark, and the first figures in plain view."""
    rows = []
    for seed in seeds:
        draws = draws_of(seed, days)
        airings = ", ".join(_clock(opens) for opens, _ in draws.airings[:3])
        errors = ", ".join(f"{error:+.3f}" for error in draws.errors[:3])
        rows.append([str(seed), draws.digest, f"{draws.phase} s", airings, errors])
    return table(("seed", "mark", "upload past the minute", "first airings", "first errors, K"), rows)


def _clock(seconds: float) -> str:
    minutes = int(seconds // 60) % 1440
    return f"{minutes // 60:02}:{minutes % 60:02}"


def figures_table(results: Results, weather: str, age: int) -> list[str]:
    """One row a policy."""
    mine = {policy: results[policy, weather, age] for policy in POLICIES if (policy, weather, age) in results}
    return table(COLUMNS, [_row(figures, mine.get(ADAPTIVE), mine.get(REFERENCE)) for figures in mine.values()])


def _row(figures: Figures, adaptive: Figures | None, reference: Figures | None) -> list[str]:
    late = (figures.undisturbed.late + figures.disturbed.late) / figures.crossing_days
    return [
        figures.policy,
        f"{figures.calls:.1f}",
        _share(figures.calls, adaptive.calls if adaptive else None),
        f"{figures.discomfort:.1f}",
        _share(figures.discomfort, adaptive.discomfort if adaptive else None),
        _share(figures.discomfort_later, adaptive.discomfort_later if adaptive else None),
        f"{figures.starts:.2f}",
        f"{figures.hours_inside:.2f}",
        f"{figures.hours_outside:.2f}",
        _share(figures.hours_outside, reference.hours_outside if reference else None),
        _delays(figures.undisturbed),
        _delays(figures.disturbed),
        f"{late:.2f}",
        f"{figures.needless:.3f}",
    ]


def _share(figure: float, base: float | None) -> str:
    share = ratio(figure, base) if base else None
    return "" if share is None else f"{share:.3f}"


def _delays(delays: Delays) -> str:
    if delays.p50 is None or delays.p95 is None:
        return "none"
    few = ", few" if delays.count < ENOUGH else ""
    return f"{delays.p50 / 60:.1f}, {delays.p95 / 60:.1f} min ({delays.count}{few})"


def bounds_table(bounds: Sequence[Bound]) -> list[str]:
    """Each bound with its figure, and whether it held."""
    rows = []
    for bound in bounds:
        measured = "" if bound.measured is None else f"{bound.measured:.4g} {bound.unit}".rstrip()
        part = "" if bound.measured is None else f"{bound.measured / bound.most:.2f}"
        rows.append([bound.name, f"{bound.most:.4g} {bound.unit}".rstrip(), measured, part, bound.verdict])
    return table(("figure", "at most", "measured", "× bound", "verdict"), rows)


def report(results: Results, seeds: Sequence[int], days: int) -> Iterator[str]:
    """The whole report, line by line, as Markdown."""
    policies = [policy for policy in POLICIES if any(key[0] == policy for key in results)]
    yield f"{len(seeds)} seeds ({', '.join(map(str, seeds))}), {days} days each from {BEGINS:%Y-%m-%dT%H:%MZ}."
    yield ""
    yield from draws_table(seeds, days)
    yield ""
    yield "```"
    yield from settings_lines(policies)
    yield "```"
    for weather, age in sorted({key[1:] for key in results}, key=lambda key: (key[1], key[0] != "winter")):
        yield ""
        yield f"### {WEATHER_WORDS[weather]}; cloud copy {age} s old"
        yield ""
        yield from figures_table(results, weather, age)
        if bounds := bounds_of(results, weather, age):
            yield ""
            yield from bounds_table(bounds)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table whose columns are lined up."""
    widths = [max(len(row[place]) for row in (header, *rows)) for place in range(len(header))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *rows)]
    rule = "|".join("-" * (width + 2) for width in widths)
    return [f"| {lines[0]} |", f"|{rule}|", *(f"| {line} |" for line in lines[1:])]


def json_line(figures: Figures, adaptive: Figures | None) -> str:
    """A policy's figures as one line of JSON, with its shares of the adaptive table's."""
    found = asdict(figures)
    found["calls_share"] = adaptive and ratio(figures.calls, adaptive.calls)
    found["discomfort_share"] = adaptive and ratio(figures.discomfort, adaptive.discomfort)
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}
    return json.dumps(rounded)
