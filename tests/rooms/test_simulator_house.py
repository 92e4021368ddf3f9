"""The room: its closed form, its own thermostat, its energy."""

from __future__ import annotations

from math import inf, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchbot_dashboard.simulator.aircon import Unit, set_all, switched_off, switched_on
from switchbot_dashboard.simulator.house import Envelope, Room, after, live, saturation, seconds_to

AIR = Envelope()
MONDAY = 1_768_176_000.0  # 00:00 UTC, on the grid


def cold(cell: int) -> tuple[float, float]:
    return 2.0, 600.0


def hot(cell: int) -> tuple[float, float]:
    return 34.0, 1800.0


def room(temperature: float, unit: Unit | None = None, **wishes) -> Room:
    return Room(MONDAY, temperature, 900.0, unit or Unit(), **wishes)


def running(parameter: str, temperature: float) -> Room:
    return room(temperature, set_all(Unit(), parameter, temperature))


def euler(temperature: float, outdoor: float, rate: float, time_constant: float, seconds: int) -> float:
    for _ in range(seconds):
        temperature += (outdoor - temperature) / time_constant + rate
    return temperature


@pytest.mark.parametrize(
    ("parameter", "rate"), [("30,5,3,on", AIR.heating), ("16,2,3,on", AIR.cooling), ("20,4,3,on", 0)]
)
def test_the_closed_form_agrees_with_steps_of_a_second(parameter: str, rate: float) -> None:
    start = running(parameter, 21.0)
    stepped = euler(21.0, 2.0, rate, AIR.time_constant, 3600)
    assert live(start, MONDAY + 3600, AIR, cold).temperature == pytest.approx(stepped, abs=2e-3)


def test_an_open_window_empties_the_room_twenty_times_as_fast() -> None:
    open_room = live(room(21.0, airing_until=MONDAY + 1000), MONDAY + 3600, AIR, cold)
    stepped = euler(euler(21.0, 2.0, 0, AIR.airing_time_constant, 1000), 2.0, 0, AIR.time_constant, 2600)
    assert open_room.temperature == pytest.approx(stepped, abs=5e-3)


@given(st.lists(st.floats(1, 4000), min_size=1, max_size=12), st.sampled_from(["23,5,3,on", "20,2,3,on", "22,1,1,on"]))
def test_looking_more_often_changes_nothing(lengths: list[float], parameter: str) -> None:
    often = start = running(parameter, 21.3)
    for length in lengths:
        often = live(often, often.at + length, AIR, cold)
    once = live(start, often.at, AIR, cold)
    assert isclose(once.temperature, often.temperature, abs_tol=1e-6)
    assert once.unit == often.unit
    assert isclose(once.use.kwh, often.use.kwh, abs_tol=1e-6)


def test_heating_stops_above_the_set_point_and_begins_again_below() -> None:
    warm = live(running("23,5,3,on", 22.9), MONDAY + 1800, AIR, cold)
    seen = [live(warm, MONDAY + at, AIR, cold) for at in range(1800, 40_000, 60)]
    assert 22.49 < min(now.temperature for now in seen) < 22.6
    assert 23.4 < max(now.temperature for now in seen) < 23.51
    assert {now.unit.direction for now in seen} == {0, 1}


def test_cooling_keeps_a_hot_day_out() -> None:
    start = running("24,2,3,on", 29.0)
    cooled = live(start, MONDAY + 6 * 3600, AIR, hot)
    assert 23.4 < cooled.temperature < 24.6
    assert cooled.vapour < live(room(29.0), MONDAY + 6 * 3600, AIR, hot).vapour


def test_auto_heats_a_cold_room_and_cools_a_hot_one() -> None:
    assert set_all(Unit(), "22,1,1,on", 18.0).direction == 1
    assert set_all(Unit(), "22,0,1,on", 27.0).direction == -1
    assert live(running("22,1,1,on", 18.0), MONDAY + 36_000, AIR, hot).unit.direction <= 0


def test_a_fan_moves_air_and_no_heat() -> None:
    blowing, still = running("23,4,3,on", 21.0), room(21.0)
    later = MONDAY + 7200
    assert live(blowing, later, AIR, cold).temperature == live(still, later, AIR, cold).temperature
    assert live(blowing, later, AIR, cold).use.kwh == pytest.approx(0.06)


def test_energy_is_used_only_while_something_runs() -> None:
    heated, left = (
        live(running("23,5,3,on", 18.0), MONDAY + 3600, AIR, cold),
        live(room(18.0), MONDAY + 3600, AIR, cold),
    )
    assert heated.temperature > 18.0 > left.temperature
    assert heated.use.kwh == pytest.approx(0.8)
    assert left.use.kwh == 0.0


def test_the_minutes_of_today_begin_anew_at_midnight() -> None:
    start = Room(MONDAY - 600, 20.0, 900.0, switched_on(Unit(), 20.0))
    assert live(start, MONDAY - 1, AIR, cold).use.on_today == 599
    assert live(start, MONDAY + 120, AIR, cold).use.on_today == 120
    assert live(start, MONDAY + 120, AIR, cold).use.on_seconds == 720


def test_a_year_of_silence_is_made_up_for_at_once() -> None:
    found = live(room(25.0), MONDAY + 365 * 86_400, AIR, cold)
    assert found.at == MONDAY + 365 * 86_400
    assert found.temperature == pytest.approx(2.0, abs=0.01)


@given(st.floats(-20, 40), st.floats(-20, 40), st.floats(-20, 100))
def test_the_way_to_a_limit_ends_at_the_limit(start: float, limit: float, rest: float) -> None:
    way = seconds_to(limit, start, rest, 3600.0)
    assert way == inf or after(start, rest, 3600.0, way) == pytest.approx(limit, abs=1e-3)


@given(
    st.floats(-20, 45),
    st.floats(-10, 40),
    st.floats(100, 3000),
    st.sampled_from(["30,5,1,on", "16,2,4,on", "20,3,2,on"]),
)
def test_a_room_stays_within_reason(start: float, outdoor: float, vapour: float, parameter: str) -> None:
    found = live(running(parameter, start), MONDAY + 86_400, AIR, lambda cell: (outdoor, vapour))
    assert min(start, outdoor, 15.0) - 0.1 <= found.temperature <= max(start, outdoor, 31.0) + 0.1
    assert 5.0 <= found.humidity <= 99.0


def test_air_at_twenty_degrees_holds_23_hectopascal() -> None:
    assert saturation(20.0) == pytest.approx(2333, abs=10)


@pytest.mark.parametrize(
    "parameter",
    ["", "23", "23,5,3", "23.5,5,3,on", "15,5,3,on", "31,5,3,on", "23,6,3,on", "23,5,0,on", "23,5,3,ON", "²3,5,3,on"],
)
def test_a_command_of_no_use_says_what_was_expected(parameter: str) -> None:
    with pytest.raises(ValueError, match=r"^expected"):
        set_all(Unit(), parameter, 20.0)


def test_off_remembers_what_the_unit_was_set_to() -> None:
    off = switched_off(set_all(Unit(), "26,2,4,on", 30.0))
    assert (off.power, off.direction) == (False, 0)
    assert switched_on(off, 30.0) == set_all(Unit(), "26,2,4,on", 30.0)
