"""A long past, written at once: a record a minute of a home that heats in the morning and in the evening."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert
from support.home_values import a_record

from switchbot_dashboard.domain.record import Aircon, Band, Mode, Pace, Record, Wake
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.store.repository import record_row
from switchbot_dashboard.store.schema import records

MINUTE = timedelta(minutes=1)
AT_ONCE = 5000
COMMANDS = {(6, 30): "on", (8, 30): "off", (17, 30): "on", (23, 0): "off"}


def write_history(engine: Engine, start: datetime, days: float, *, step: timedelta = MINUTE, zone: str = "home") -> int:
    """Write a record each `step` for so many days; how many there are."""
    batch: list[dict[str, Any]] = []
    count = 0
    for row in _rows(start, days, step, zone):
        batch.append(row)
        count += 1
        if len(batch) == AT_ONCE:
            _write(engine, batch)
    _write(engine, batch)
    return count


def a_reading(
    at: datetime, tenths: int = 205, *, heating: bool = False, step: timedelta = MINUTE, zone: str = "home"
) -> Record:
    """A record that announces the next after `step`, in a band of 20.0 to 22.0 °C; heating means inside a window."""
    aircon = Aircon(True, 5, 23, 3, at) if heating else Aircon(False, since=at)
    wake = Wake(at + step, say("a window is open"), Mode.IN_WINDOW, Pace.TABLE, round(step.total_seconds()), at + step)
    plain = a_record(zone, at, tenths=tenths)
    return replace(plain, aircon=aircon, wake=wake, band=Band(200, 220, 3), inside_window=heating)


def _rows(start: datetime, days: float, step: timedelta, zone: str) -> Iterator[dict[str, Any]]:
    for number in range(int(timedelta(days=days) / step)):
        at = start + step * number
        hour = at.hour + at.minute / 60
        heating = 6.5 <= hour < 8.5 or 17.5 <= hour < 23
        tenths = round(195 + 15 * math.sin(hour * math.pi / 12) + 8 * math.sin(number / 7000))
        row = record_row(a_reading(at, tenths, heating=heating, step=step, zone=zone))
        turn = COMMANDS.get((at.hour, at.minute))
        yield {**row, "action": turn, "mark": "command" if turn else None}


def _write(engine: Engine, batch: list[dict[str, Any]]) -> None:
    if batch:
        with engine.begin() as connection:
            connection.execute(insert(records), batch)
        batch.clear()
