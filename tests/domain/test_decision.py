"""The thermostat and what stands above it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pretend import at, settings

from switchbot_dashboard.domain.case import case_of
from switchbot_dashboard.domain.decision import consider, thermostat
from switchbot_dashboard.domain.record import Aircon, Catalogue, Outcome, Reading, Turn, ZoneState
from switchbot_dashboard.domain.settings import Season

NOON = at("2026-01-05 07:00")


def choose(celsius: float, power: bool | None = False, **keys):
    """The choice for a fresh reading inside a window."""
    house = settings(**keys)
    reading = Reading(round(celsius * 10), 45, 100, NOON, NOON)
    state = ZoneState("home", reading=reading, aircon=Aircon(power))
    return consider(case_of(house, house.all_zones[0], state, Catalogue((), {}, NOON), NOON), None)


@pytest.mark.parametrize(
    ("mode", "celsius", "turn"),
    [
        ("winter", 19.7, Turn.ON),
        ("winter", 19.8, None),
        ("winter", 22.2, None),
        ("winter", 22.3, Turn.OFF),
        ("summer", 26.3, Turn.ON),
        ("summer", 26.2, None),
        ("summer", 22.8, None),
        ("summer", 22.7, Turn.OFF),
    ],
)
def test_the_thermostat_turns_exactly_at_its_thresholds(mode, celsius, turn):
    assert choose(celsius, power=turn is Turn.OFF, mode=mode).turn is turn


def test_the_sentence_carries_the_figures():
    assert str(choose(19.4).sentence) == "19.4 °C is at or below 19.7 °C (20.0 less 0.3): heating on"


@given(st.sampled_from(Season), st.integers(-400, 850), st.floats(0, 5))
def test_the_thermostat_never_orders_on_and_off_for_the_same_reading(season, tenths, hysteresis):
    house = settings(hysteresis_celsius=hysteresis, mode=str(season))
    zone = house.all_zones[0]
    turns = {thermostat(season, zone.profile, zone.hysteresis_tenths, tenths)[0] for _ in range(2)}
    choices = {
        choose(tenths / 10, power, mode=str(season), hysteresis_celsius=hysteresis).turn for power in (True, False)
    }
    assert len(turns) == 1
    assert not {Turn.ON, Turn.OFF} <= choices


def test_the_fan_takes_the_place_of_off_within_a_window():
    assert choose(22.5, power=True, fan_mode_during_window=True).turn is Turn.FAN


def test_the_fan_starts_where_off_is_found_within_the_band():
    assert choose(21.0, power=False, fan_mode_during_window=True).outcome is Outcome.FAN_ON


def test_a_running_fan_is_left_alone():
    house = settings(fan_mode_during_window=True)
    reading = Reading(215, 45, 100, NOON, NOON)
    state = ZoneState("home", reading=reading, aircon=Aircon(True, 4, 23, 3, NOON))
    choice = consider(case_of(house, house.all_zones[0], state, Catalogue((), {}, NOON), NOON), None)
    assert choice.turn is None


def test_another_season_is_not_taken_for_already_on():
    house = settings(mode="summer")
    reading = Reading(270, 45, 100, NOON, NOON)
    state = ZoneState("home", reading=reading, aircon=Aircon(True, 5, 23, 3, NOON))
    choice = consider(case_of(house, house.all_zones[0], state, Catalogue((), {}, NOON), NOON), None)
    assert choice.outcome is Outcome.SUMMER_ON


def test_no_air_conditioner_is_said_and_nothing_is_ordered():
    choice = choose(15.0, aircon_device_id="")
    assert choice.outcome is Outcome.MISSING_DEVICE
    assert choice.turn is None
    assert "aircon_device_id" in str(choice.sentence)


def test_a_zone_that_is_switched_off_or_has_no_windows_orders_nothing():
    assert choose(15.0, automation_enabled=False).outcome is Outcome.DISABLED
    assert choose(15.0, time_windows=[]).outcome is Outcome.WATCHING
