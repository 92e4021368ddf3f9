"""What a forecast expects of a temperature whose course is learned: early starts, crossings and how sure they are."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from support.pretend import at, settings

from switchbot_dashboard.domain.budget import quota_of
from switchbot_dashboard.domain.forecast import Forecast, forecast_of
from switchbot_dashboard.domain.learned import Course, Effect, Estimate, Learned
from switchbot_dashboard.domain.record import (
    Aircon,
    Catalogue,
    Doubt,
    House,
    Mode,
    Pace,
    Reading,
    Suspect,
    Turn,
    ZoneState,
)
from switchbot_dashboard.domain.sentence import say

NOW = at("2026-01-05 12:00")
WINDOWS = [
    {"days": [0, 1, 2, 3, 4, 5, 6], "start": "06:30", "end": "08:30"},
    {"days": [0, 1, 2, 3, 4, 5, 6], "start": "17:30", "end": "23:00"},
]
BOTH = {"predictive_polling_enabled": True, "optimal_start_enabled": True}
COOLS = Course(NOW, 20.0, -0.5, (0.0016, 0.0, 0.01), Effect.REST, NOW - timedelta(hours=3), count=20)
KNOWN = Learned(COOLS, heat=Estimate(3.0, 0.04, 9), lag=Estimate(120.0, 900.0, 9), resting=Estimate(-0.5, 0.01))


def state(learned: Learned = KNOWN, **known: Any) -> ZoneState:
    """A room of 20.0 °C at rest at noon, falling by half a degree an hour."""
    reading = Reading(200, 45, 90, NOW, NOW)
    off = Aircon(power=False, since=NOW - timedelta(hours=3))
    return replace(ZoneState("home", reading, looked_at=NOW, aircon=off, learned=learned), **known)


def foreseen(known: ZoneState, hours: int = 24, **keys: Any) -> Forecast:
    asked = settings(time_windows=WINDOWS, **{**BOTH, **keys})
    house = House({"home": known}, (), 0, 0, Catalogue((), {}, NOW))
    return forecast_of(asked, house, quota_of(asked, 0, NOW), NOW, hours)


def test_an_early_start_is_foreseen_where_the_units_work_is_known():
    early = [run for run in foreseen(state()).runs if run.mode is Mode.OPTIMAL_START]
    opens = at("2026-01-05 17:30")
    assert opens - timedelta(minutes=80) < early[0].first < opens - timedelta(minutes=50)  # 17.4 °C at 2.5 K an hour
    assert foreseen(state(replace(KNOWN, heat=None))).runs[0].mode is not Mode.OPTIMAL_START


def test_the_crossing_that_follows_is_told_with_its_time_and_what_is_done():
    first = foreseen(state()).crossings[0]
    assert (first.threshold, first.turn, first.zone) == (223, Turn.OFF, "home")
    assert at("2026-01-05 18:10") < first.at < at("2026-01-05 18:50")
    assert first.latest is not None
    assert timedelta(minutes=5) < first.at - first.earliest < timedelta(hours=1)
    assert str(first.reason) == "22.3 °C is at or above 22.3 °C (22.0 plus 0.3): heating off"


def test_what_is_farther_away_is_less_sure():
    in_window = replace(COOLS, level=22.0, slope=2.4, effect=Effect.HEAT)
    evening = at("2026-01-05 18:00") - NOW
    moved = replace(in_window, at=NOW + evening, since=NOW + evening)
    known = state(replace(KNOWN, course=moved), aircon=Aircon(power=True, since=NOW + evening))
    known = replace(known, reading=Reading(220, 45, 90, NOW + evening, NOW + evening), looked_at=NOW + evening)
    asked = settings(time_windows=WINDOWS, **BOTH)
    house = House({"home": known}, (), 0, 0, Catalogue((), {}, NOW + evening))
    told = forecast_of(asked, house, quota_of(asked, 0, NOW + evening), NOW + evening, 5).crossings
    assert [each.turn for each in told][:2] == [Turn.OFF, Turn.ON]
    assert told[0].latest is not None
    assert told[0].latest - told[0].earliest < timedelta(minutes=15)
    assert told[1].at - told[1].earliest > told[0].at - told[0].earliest


def test_looks_are_foreseen_at_the_predicted_pace():
    coming = foreseen(state())
    table = foreseen(state(), predictive_polling_enabled=False, optimal_start_enabled=False)
    assert Pace.PREDICTED in {run.pace for run in coming.runs}
    assert coming.calls_total * 8 < table.calls_total


def test_without_the_switches_nothing_is_expected_of_the_temperature():
    off = {"predictive_polling_enabled": False, "optimal_start_enabled": False}
    known, quiet = foreseen(state(), **off), foreseen(state(Learned()), **off)
    assert (known.runs, known.crossings) == (quiet.runs, ())


def test_where_nothing_is_learned_the_home_is_quiet():
    assert foreseen(state(Learned())).crossings == ()
    old = replace(COOLS, at=NOW - timedelta(days=3))
    assert foreseen(state(replace(KNOWN, course=old))).crossings == ()


def test_a_meter_that_is_not_believed_stays_so_and_brings_no_crossing():
    doubt = Doubt(Suspect.METER, say("The meter has shown the same for long."), NOW)
    coming = foreseen(state(reading=Reading(200, 45, 90, NOW, NOW - timedelta(hours=3)), doubt=doubt))
    assert coming.crossings == ()
    assert not [run for run in coming.runs if run.mode is Mode.OPTIMAL_START]


def test_summer_is_foreseen_like_winter():
    warms = replace(COOLS, level=25.0, slope=0.5)
    cools = Learned(warms, cool=Estimate(-3.0, 0.04, 9), lag=Estimate(120.0, 900.0, 9), resting=Estimate(0.5, 0.01))
    coming = foreseen(state(cools), mode="summer")
    assert coming.crossings[0].turn is Turn.OFF  # ready early, or cooled down within the window
    assert [run for run in coming.runs if run.mode is Mode.OPTIMAL_START]


def test_a_course_that_runs_away_is_not_followed_for_ever():
    hot = replace(COOLS, level=30.0, slope=30.0, effect=Effect.HEAT)
    held = state(replace(KNOWN, course=hot), aircon=Aircon(power=True, since=NOW))
    assert foreseen(held, 168, automation_enabled=False).crossings == ()


def test_a_week_at_the_shortest_interval_is_foreseen_in_a_moment():
    keys = {"poll_interval_seconds": 15, "predictive_polling_enabled": False, "api_daily_limit": 30000}
    for adaptive in (True, False):
        began = time.process_time()
        week = foreseen(state(), 168, adaptive_polling_enabled=adaptive, **keys)
        assert week.wakes_total > 10000
        assert week.crossings
        assert time.process_time() - began < 2.5
