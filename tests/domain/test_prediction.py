"""The predicted pace: its bounds for any history, and the table to the second where prediction is off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.heated import TWO_WINDOWS, HeatedHome, taught
from support.pretend import Home, at

from switchbot_dashboard.domain.case import Case, case_of
from switchbot_dashboard.domain.learned import Course, Effect, Estimate, Learned
from switchbot_dashboard.domain.prediction import crossing, plausible
from switchbot_dashboard.domain.record import Aircon, Mode, Pace, Reading, Record, ZoneState
from switchbot_dashboard.domain.windows import opening_at

MOST_INSIDE, MOST_OUTSIDE = timedelta(minutes=15), timedelta(minutes=60)
PREDICTED: dict[str, Any] = {"predictive_polling_enabled": True, "api_daily_limit": 1_000_000}
MODES = (Mode.IN_WINDOW, Mode.IDLE, Mode.WARMUP, Mode.OPTIMAL_START)

readings = st.one_of(
    st.floats(15, 27).map(lambda celsius: round(celsius, 1)),
    st.sampled_from([19.7, 22.3, -40.0, 85.0, 20.0, "warm", float("nan")]),
)


def walk_at_random(data: Any, home: Home, looks: int, temperatures: st.SearchStrategy[Any]) -> list[Record]:
    """So many wakes, each with a temperature that is drawn and now and then a button."""
    for _ in range(looks):
        home.cloud.temperature = data.draw(temperatures)
        if data.draw(st.integers(0, 9)) == 0:
            home.press(data.draw(st.sampled_from(["winter", "summer", "off", "fan", "resume"])))
        home.turned = home.turned or (home.tick() and home.turned)
        assert home.turned is not None
        home.time = max(home.time, home.turned.wake_at)
        home.tick()
    return home.store.records


def assert_within_bounds(record: Record, least: timedelta, windows: Home) -> None:
    """No predicted look sooner than the pace allows, none beyond 15 or 60 minutes, none past an edge."""
    assert windows.settings is not None
    wake, opening = record.wake, opening_at(windows.settings.all_zones[0].windows, windows.settings.tz, record.at)
    assert wake.at > record.at
    if opening.next_edge is not None:
        assert wake.at <= opening.next_edge
    if wake.pace is Pace.PREDICTED:
        most = MOST_INSIDE if wake.mode is Mode.IN_WINDOW else MOST_OUTSIDE
        assert least <= timedelta(seconds=wake.interval_seconds) <= max(most, least)
        assert wake.mode in (*MODES, Mode.PENDING_OFF_REPEAT)
        assert wake.at - record.at <= max(most, least)


@hypothesis_settings(max_examples=40)
@given(st.data(), st.sampled_from([15, 60, 300, 1200, 3600]), st.booleans(), st.sampled_from(["winter", "summer"]))
def test_for_any_history_the_predicted_pace_keeps_its_bounds(data, poll, optimal, mode):
    keys = PREDICTED | {"optimal_start_enabled": optimal, "mode": mode, "time_windows": TWO_WINDOWS}
    home = Home("2026-01-05 03:00", **keys, poll_interval_seconds=poll)
    home.tick("start", every_zone=True)
    for record in walk_at_random(data, home, 25, readings):
        assert_within_bounds(record, timedelta(seconds=poll), home)


@pytest.mark.parametrize("optimal", [False, True])
@pytest.mark.parametrize("lag", [1, 10])
def test_in_a_room_that_is_known_the_pace_is_mostly_predicted_and_within_its_bounds(lag, optimal):
    home = taught(lag=lag, optimal_start_enabled=optimal)
    records = home.walk("2026-01-08 04:00")
    for record in records:
        assert_within_bounds(record, timedelta(seconds=60), home)
    assert sum(record.wake.pace is Pace.PREDICTED for record in records) > 0.7 * len(records)
    assert len([record for record in records if record.looked]) < 110


def test_a_reading_that_disagrees_brings_the_next_look_at_once():
    home = HeatedHome("2026-01-05 00:00", optimal_start_enabled=False, outdoor=18.0, first=21.0)
    home.walk("2026-01-05 19:00")
    calm = home.store.records[-1]
    assert calm.wake.pace is Pace.PREDICTED
    assert calm.wake.interval_seconds > 600
    home.cloud.scripted = {"temperature": 24.0, "humidity": 45, "battery": 100}
    home.walk((calm.wake.at + timedelta(seconds=1)).isoformat(" "))
    upset = home.store.records[-1]
    assert upset.looked
    assert upset.wake.look_at - upset.at == timedelta(seconds=60)


def test_a_history_too_short_to_follow_behaves_as_the_table():
    paces = []
    for keys in (PREDICTED, {}):
        home = Home("2026-01-05 07:00", **keys)
        home.tick("start", every_zone=True)
        home.walk("2026-01-05 07:02")
        paces.append([(record.at, record.wake.at, record.wake.pace) for record in home.store.records[:2]])
    assert paces[0] == paces[1]
    assert {pace for _, _, pace in paces[0]} == {Pace.TABLE}


def test_with_adaptive_polling_off_the_one_interval_holds_though_prediction_is_on():
    home = HeatedHome("2026-01-05 00:00", adaptive_polling_enabled=False, poll_interval_seconds=120)
    home.walk("2026-01-05 16:00")
    home.cloud.frozen_at = home.time
    home.walk("2026-01-05 22:00")
    assert {record.wake.pace for record in home.store.records} == {Pace.TABLE}
    assert {record.wake.interval_seconds for record in home.store.records} == {120}


# the table


TABLE_KEYS = st.fixed_dictionaries(
    {
        "poll_interval_seconds": st.sampled_from([15, 60, 97, 300]),
        "idle_poll_interval_seconds": st.sampled_from([300, 601, 7200]),
        "poll_warmup_minutes": st.sampled_from([0, 10, 45]),
        "mode": st.sampled_from(["winter", "summer"]),
        "adaptive_polling_enabled": st.booleans(),
        "off_repeat_count": st.sampled_from([1, 3]),
    }
)


def interval_by_the_table(keys: Mapping[str, Any], mode: Mode) -> int:
    active = mode in (Mode.FIXED, Mode.IN_WINDOW, Mode.WARMUP)
    return int(keys["poll_interval_seconds" if active else "idle_poll_interval_seconds"])


@hypothesis_settings(max_examples=40)
@given(st.data(), TABLE_KEYS)
def test_with_the_new_switches_off_the_table_holds_to_the_second(data, keys):
    known = keys | {"time_windows": TWO_WINDOWS, "api_daily_limit": 1_000_000, "command_cooldown_seconds": 0}
    home = Home("2026-01-05 05:30", **known)
    home.tick("start", every_zone=True)
    numbers = st.floats(15, 27).map(lambda celsius: round(celsius, 1))
    for record in walk_at_random(data, home, 25, numbers):
        wake = record.wake
        assert wake.pace is Pace.TABLE
        assert wake.mode is not Mode.OPTIMAL_START
        if wake.mode is Mode.PENDING_OFF_REPEAT:
            continue
        assert wake.interval_seconds == interval_by_the_table(keys, wake.mode)
        if record.looked and wake.at == wake.look_at and record.aircon.since != record.at:
            assert wake.at - record.at <= timedelta(seconds=wake.interval_seconds)
            edges = edges_after(home, record.at, keys["poll_warmup_minutes"])
            exact = wake.at - record.at == timedelta(seconds=wake.interval_seconds)
            assert exact or any(timedelta(0) <= edge - wake.at <= timedelta(seconds=30) for edge in edges)


def edges_after(home: Home, now: datetime, warmup: int) -> list[datetime]:
    """The instants at which an interval may be cut short: an edge, a warm-up, a hold's or a cooldown's end."""
    assert home.settings is not None
    opening = opening_at(home.settings.all_zones[0].windows, home.settings.tz, now)
    found = [edge for edge in (opening.next_edge, opening.opens_at) if edge is not None]
    found += [edge - timedelta(minutes=warmup) for edge in list(found)]
    holds = [saved.hold.until for each in home.store.saved for saved in each.states if saved.hold and saved.hold.until]
    return found + holds


# crossings


def a_case(celsius: float, slope: float, heating: bool) -> Case:
    home = Home("2026-01-05 07:00", **PREDICTED)
    now = home.time
    effect = Effect.HEAT if heating else Effect.REST
    course = Course(now, celsius, slope, (0.001, 0.0, 0.01), effect, now, count=9)
    learned = Learned(course, Estimate(3.0, 0.1, 5), None, Estimate(120.0, 900.0, 5))
    reading = Reading(round(celsius * 10), 45, 90, now, now)
    assert home.settings is not None
    state = ZoneState("home", reading=reading, aircon=Aircon(heating, since=now), learned=learned)
    return case_of(home.settings, home.settings.all_zones[0], state, None, now)


@given(st.floats(15, 27), st.floats(-3, 3), st.booleans())
def test_a_crossing_lies_between_its_earliest_and_its_latest(celsius, slope, heating):
    case = a_case(celsius, slope, heating)
    found = crossing(case)
    if found is None:
        return
    assert case.now <= found.earliest <= found.at <= case.now + timedelta(hours=12)
    assert found.latest is None or found.at <= found.latest
    assert found.limit == (223 if heating else 197)


def test_a_crossing_is_where_the_slope_leads():
    found = crossing(a_case(20.7, -0.5, heating=False))
    assert found is not None
    assert found.at - at("2026-01-05 07:00") == pytest.approx(timedelta(hours=1.95), abs=timedelta(minutes=10))
    assert found.latest is None or found.latest - found.earliest > timedelta(minutes=20)


@given(st.floats(15, 27), st.floats(-3, 3), st.booleans())
def test_the_surer_one_wants_to_be_the_sooner_one_looks(celsius, slope, rising):
    course, now = a_case(celsius, slope, heating=False).state.learned.course, at("2026-01-05 07:00")
    assert course is not None
    span = (now, now + timedelta(hours=12))
    found = [plausible(course, 223 if rising else 197, rising, span, likely) for likely in (0.0, 0.8, 1.645)]
    for surer, bolder in ((found[2], found[1]), (found[1], found[0])):
        if bolder is not None:
            assert surer is not None
            assert surer <= bolder
