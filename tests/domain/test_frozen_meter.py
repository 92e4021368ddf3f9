"""A meter that stands still: found while the heating runs, and never seen where there is none."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.heated import HeatedHome, taught
from support.pretend import at

from switchbot_dashboard.domain.learned import Effect
from switchbot_dashboard.domain.reading import judge
from switchbot_dashboard.domain.record import Outcome, Reading, Suspect, ZoneState
from switchbot_dashboard.domain.truth import learned_from
from switchbot_dashboard.simulator.weather import STANDARD_TIME, WINTER_2016

MINUTE = timedelta(minutes=1)
TABLE: dict[str, Any] = {"predictive_polling_enabled": False, "optimal_start_enabled": False}
PREDICTED: dict[str, Any] = {"predictive_polling_enabled": True, "optimal_start_enabled": False}
OPTIMAL: dict[str, Any] = {"predictive_polling_enabled": True, "optimal_start_enabled": True}


def measured(room: str) -> list[tuple[datetime, float, float]]:
    with open(WINTER_2016, encoding="utf-8", newline="") as file:
        return [
            (
                datetime.fromisoformat(row["time"]).replace(tzinfo=STANDARD_TIME),
                float(row[f"{room}_c"]),
                float(row[f"{room}_rh"]),
            )
            for row in csv.DictReader(file)
        ]


def every(minutes: int, room: str) -> Iterator[tuple[datetime, dict[str, float]]]:
    """What a meter of 0.1 K and 1 % shows of a room, `minutes` apart."""
    rows = measured(room)
    for nth in range(0, 10 * (len(rows) - 1), minutes):
        (now, celsius, humid), (_, later, damp) = rows[nth // 10], rows[nth // 10 + 1]
        share = nth % 10 / 10
        here, wet = celsius + share * (later - celsius), humid + share * (damp - humid)
        yield now + nth % 10 * MINUTE, {"temperature": round(here, 1), "humidity": round(wet), "battery": 100}


@pytest.mark.parametrize("room", ["living_room", "bedroom"])
@pytest.mark.parametrize("minutes", [1, 15])
def test_of_42_measured_days_no_value_is_taken_for_a_frozen_meter(room, minutes):
    state, looks = ZoneState("home"), 0
    for now, status in every(minutes, room):
        found = judge(status, state.reading, now)
        assert isinstance(found, Reading)
        state = learned_from(replace(state, reading=found), found, now)
        assert state.doubt is None, f"{now}: {state.doubt}"
        looks += 1
    assert looks == 6047 * 10 // minutes + bool(6047 * 10 % minutes)
    assert state.learned.course is not None
    assert state.learned.course.effect is Effect.REST


def frozen(home: HeatedHome, hour: str, after: int) -> timedelta | None:
    """How long after its meter froze, `after` minutes into a heating, the zone stopped; None while it goes on."""
    home.walk(f"2026-01-07 {hour}")
    while home.room.drive != 1:
        home.walk((home.time + MINUTE).isoformat(" "))
    home.walk((home.time + after * MINUTE).isoformat(" "))
    begins, home.cloud.frozen_at = home.time, home.time
    assert home.room.drive == 1
    home.walk((begins + 61 * MINUTE).isoformat(" "))
    found = [record for record in home.store.records if record.at > begins and record.action is not None]
    offs = [record for record in found if record.action is not None and record.action.step.command == "turnOff"]
    return offs[0].at - begins if offs else None


@pytest.mark.parametrize("after", [0, 3, 12, 25])
@pytest.mark.parametrize("hour", ["05:00", "06:31", "17:31"])
@pytest.mark.parametrize("rate", [2.0, 4.0])
def test_a_meter_that_freezes_while_the_heating_runs_is_found_within_an_hour(rate, hour, after):
    home = taught(rate=rate, outdoor=2.0, **OPTIMAL)
    found = frozen(home, hour, after)
    assert found is not None
    assert found <= timedelta(minutes=60)
    doubt = home.zone_state.doubt
    assert doubt is not None
    assert doubt.suspect is Suspect.METER
    assert home.zone_state.verdict is not None
    assert home.zone_state.verdict.outcome in (Outcome.STALE_READING, Outcome.OUTSIDE_WINDOW)


@pytest.mark.parametrize("keys", [TABLE, PREDICTED, OPTIMAL], ids=["table", "predicted", "optimal"])
def test_of_a_frozen_meter_nothing_follows_but_one_off_until_it_moves(keys):
    home = taught(outdoor=2.0, **keys)
    assert frozen(home, "17:31", 12) is not None
    sent = len(home.cloud.sent)
    home.walk("2026-01-07 21:30")
    assert len(home.cloud.sent) == sent
    assert home.zone_state.verdict is not None
    assert home.zone_state.verdict.outcome is Outcome.STALE_READING
    words = home.zone_state.verdict.sentence.text()
    assert "is expected: it is not believed" in words
    home.cloud.thawed_at = home.time
    home.walk("2026-01-07 22:30")
    assert home.zone_state.doubt is None
    assert home.cloud.commands[-1] == "setAll 23,5,3,on"
    assert home.room.drive == 1


@pytest.mark.parametrize("keys", [TABLE, PREDICTED, OPTIMAL], ids=["table", "predicted", "optimal"])
def test_a_room_that_others_heat_has_no_frozen_meter_though_commands_go_out(keys):
    """The measured weeks through the tick: the unit that is told to heat is not there; the meter is not at fault."""
    rows = measured("living_room")
    home = HeatedHome("2016-02-14 00:00", **keys)

    def look() -> None:
        place = (home.time - at("2016-02-14 00:00")) / timedelta(minutes=10)
        index = min(int(place), len(rows) - 2)
        share = place - index
        celsius = rows[index][1] * (1 - share) + rows[index + 1][1] * share
        home.cloud.scripted = {"temperature": round(celsius, 1), "humidity": round(rows[index][2]), "battery": 100}

    look()
    home.walk("2016-03-26 00:00" if keys is PREDICTED else "2016-02-18 00:00", look)
    doubts = [state.doubt for saved in home.store.saved for state in saved.states if state.doubt is not None]
    assert not [str(doubt.sentence) for doubt in doubts if doubt.suspect is Suspect.METER]
