"""Days in a virtual home under a plain thermostat, as the course of readings that a memory would hold of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from switchbot_dashboard.domain.course import Point
from switchbot_dashboard.domain.record import Step
from switchbot_dashboard.simulator import (
    AIRCON_ID,
    METER_ID,
    WINTER_2016,
    Envelope,
    RoomSpec,
    VirtualHome,
    Weather,
    temperate,
)
from switchbot_dashboard.tick.ports import Dispatch

MINUTE = timedelta(minutes=1)


def lived(
    *,
    seed: int = 2,
    days: float = 14,
    envelope: Envelope | None = None,
    weather: Weather | None = None,
    summer: bool = False,
    outdoors: bool = True,
    airing: bool = False,
    loss: float = 0.0,
) -> list[Point]:
    """A reading a minute in the windows (06:30 to 08:30, 17:30 to 23:00), every five minutes otherwise."""
    now = datetime(2026, 7 if summer else 1, 10, tzinfo=UTC)
    sky = weather or temperate(seed)
    room = RoomSpec("home", "Home", METER_ID, AIRCON_ID, envelope=envelope or Envelope())
    clock = [now]
    home = VirtualHome((room,), lambda: clock[0], seed=seed, weather=sky, infrared_loss=loss)
    course, runs, end = [], False, now + timedelta(days=days)
    while now < end:
        clock[0] = now
        if airing and (now.hour, now.minute) == (13 + now.day % 5, 0):
            home.open_window("home", now + timedelta(minutes=15))
        body = home.read([METER_ID], now + MINUTE)[METER_ID]
        celsius = float(body["temperature"])  # type: ignore[index, arg-type]
        wall = now.hour * 60 + now.minute
        inside = 390 <= wall < 510 or 1050 <= wall < 1380
        low, high = (22.7, 26.3) if summer else (19.7, 22.3)
        starts, stops = (celsius >= high, celsius <= low) if summer else (celsius <= low, celsius >= high)
        wanted = inside and (starts or (runs and not stops))
        if wanted != runs:
            parameter = "20,2,3,on" if summer else "23,5,3,on"
            step = Step(device=AIRCON_ID, command="setAll" if wanted else "turnOff", parameter=parameter)
            home.send([Dispatch(step, now)], now + MINUTE)
            runs = wanted
        drive = 0 if not runs else -1 if summer else 1
        course.append(Point(now.timestamp(), celsius, drive, sky(now)[0] if outdoors else None))
        now += MINUTE if inside else 5 * MINUTE
    return course


def measured(room: str, *, outdoors: bool = True) -> Sequence[Point]:
    """The six measured weeks in one room, rounded as a meter rounds; what heated there is not known."""
    zone = timezone(timedelta(hours=1))
    with WINTER_2016.open(encoding="utf-8") as file:
        return [
            Point(
                datetime.fromisoformat(row["time"]).replace(tzinfo=zone).timestamp(),
                round(float(row[f"{room}_c"]), 1),
                0,
                float(row["outdoor_c"]) if outdoors else None,
            )
            for row in csv.DictReader(file)
        ]
