"""The history as it goes out: columns for the chart, sums, rows, lines of a file. Pure functions of what was read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ..domain.chart import METRICS, Granularity, Series, epoch_seconds, ms
from ..domain.history import SECOND
from ..domain.windows import Span
from .service import HistoryRow, MarkedRow, Summary
from .views import View, degrees, iso

COLUMNS = (
    *("at", "zone", "temperature", "humidity", "low", "high", "doing", "inside_window", "outcome", "mode", "pace"),
    *("trigger", "action", "error", "calls", "duration_ms", "id"),
)
SUMS = ("temperature_min", "temperature_max", "heating", "cooling", "fan", "commands", "errors")
EXPORTED = (*COLUMNS, "granularity", *SUMS)
IN_STEPS = ("temperature", "humidity", "low", "high", "calls", *SUMS)  # what an average says
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
LINES_AT_ONCE = 500


def data_view(series: Series, marks: Sequence[MarkedRow], windows: Sequence[Span]) -> View:
    """Columns of equal length: `times` in epoch seconds, a value or null for each; spans and marks in epoch seconds."""
    return {
        "times": series.times,
        **series.columns,
        "windows": [[epoch_seconds(ms(span.opens)), epoch_seconds(ms(span.closes))] for span in windows],
        "running": [
            {
                "start": epoch_seconds(stretch.start),
                "end": epoch_seconds(stretch.end),
                "doing": stretch.doing.value,
                "seconds": round(stretch.active_ms / SECOND, 1),
            }
            for stretch in series.running
        ],
        "marks": [
            {
                "id": mark.id,
                "at": epoch_seconds(ms(mark.at)),
                "kind": mark.mark,
                "turn": mark.turn,
                "outcome": mark.outcome,
            }
            for mark in reversed(marks)
        ],
    }


def aggregates_view(summary: Summary) -> View:
    """Sums over a time, weighted by time; a share is of the time in which its values were known."""
    totals = summary.totals
    told = {name: METRICS[name](totals) for name in METRICS}
    known, covered = totals.band_ms, totals.covered_ms
    length = ms(summary.end) - ms(summary.start)
    return {
        "start": iso(summary.start),
        "end": iso(summary.end),
        "covered_minutes": _minutes(covered),
        "covered_share": round(covered / length, 4) if length > 0 else None,
        "temperature": {"min": told["temperature_min"], "max": told["temperature_max"], "mean": told["temperature"]},
        "humidity": {"min": told["humidity_min"], "max": told["humidity_max"], "mean": told["humidity"]},
        "in_band_minutes": _minutes(totals.in_band_ms) if known else None,
        "in_band_share": round(totals.in_band_ms / known, 4) if known else None,
        "minutes_on": _minutes(totals.heating_ms + totals.cooling_ms) if covered else None,
        "minutes_heating": _minutes(totals.heating_ms) if covered else None,
        "minutes_cooling": _minutes(totals.cooling_ms) if covered else None,
        "minutes_fan": _minutes(totals.fan_ms) if covered else None,
        **{name: told[name] for name in ("starts", "calls", "commands", "errors")},
    }


def _minutes(length: int) -> float:
    return round(length / SECOND / 60, 1)


def row_view(row: HistoryRow) -> View:
    """A record in one flat object."""
    changed = {
        "at": iso(row.at),
        "temperature": degrees(row.temperature),
        "low": degrees(row.low),
        "high": degrees(row.high),
    }
    return {name: changed.get(name, getattr(row, name)) for name in COLUMNS}


def raw_export(row: HistoryRow) -> View:
    """A record as a line of an export."""
    return {**row_view(row), "granularity": Granularity.RAW.value, **dict.fromkeys(SUMS)}


def step_exports(zone: str, series: Series) -> Iterator[View]:
    """Averages as lines of an export: what only a record can say is empty. Times in seconds."""
    for place, begins in enumerate(series.times):
        told = {name: series.columns[name][place] for name in IN_STEPS}
        if any(value is not None for value in told.values()):
            head = {
                "at": iso(datetime.fromtimestamp(begins, UTC)),
                "zone": zone,
                "granularity": series.granularity.value,
            }
            yield {**dict.fromkeys(EXPORTED), **head, **told}


def csv_lines(views: Iterable[View]) -> Iterator[str]:
    """Lines of a CSV file, a header first. What a spreadsheet could take for a formula begins with an apostrophe."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(EXPORTED)
    for number, view in enumerate(views, 1):
        writer.writerow([harmless(view[name]) for name in EXPORTED])
        if number % LINES_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def harmless(value: Any) -> Any:
    """A cell: text that begins like a formula gets an apostrophe; numbers stay what they are."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return value


def json_lines(views: Iterable[View]) -> Iterator[str]:
    """One JSON array, a row a line."""
    begin, lines = "[\n", list[str]()
    for view in views:
        lines.append(json.dumps(view, ensure_ascii=False))
        if len(lines) == LINES_AT_ONCE:
            yield begin + ",\n".join(lines)
            begin, lines = ",\n", []
    yield (begin if lines or begin == "[\n" else "") + ",\n".join(lines) + "\n]\n"
