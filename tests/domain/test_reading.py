"""What the meter may say, and what is believed."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pretend import at

from switchbot_dashboard.domain.errors import QuotaSpent, Unreachable
from switchbot_dashboard.domain.reading import judge, lasting, plug_power, stale_reason, trouble_of
from switchbot_dashboard.domain.record import Outcome, Reading, Trouble

NOW = at("2026-01-05 07:00")


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"temperature": None},
        {"temperature": "21.5"},
        {"temperature": True},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"temperature": 200},
        {"temperature": -40.1},
        {"temperature": 85.1},
        {"temperature": [21]},
        {"temperature": 0, "humidity": 0, "battery": 0},
        {"temperature": 0.0, "humidity": 0},
    ],
)
def test_nonsense_is_a_trouble_with_a_sentence(status):
    found = judge(status, None, NOW)
    assert isinstance(found, Trouble)
    assert found.outcome is Outcome.INVALID_TEMPERATURE
    assert str(found.sentence).endswith(".")


@pytest.mark.parametrize("celsius", [-40, 0, 21, 21.5, 85])
def test_a_value_that_a_meter_can_measure_is_believed(celsius):
    found = judge({"temperature": celsius, "humidity": 40, "battery": 60}, None, NOW)
    assert isinstance(found, Reading)
    assert found.tenths == celsius * 10


def test_a_real_zero_is_believed_when_the_battery_lives():
    assert isinstance(judge({"temperature": 0, "humidity": 0, "battery": 80}, None, NOW), Reading)


@given(
    st.dictionaries(st.sampled_from(["temperature", "humidity", "battery"]), st.from_type(type).flatmap(st.from_type))
)
def test_no_status_body_whatsoever_raises(status):
    assert isinstance(judge(status, None, NOW), Reading | Trouble)


def test_the_moment_of_change_survives_an_equal_value():
    first = judge({"temperature": 21.0, "humidity": 40}, None, NOW)
    assert isinstance(first, Reading)
    later = NOW + timedelta(minutes=5)
    same = judge({"temperature": 21.0, "humidity": 40}, first, later)
    moved = judge({"temperature": 21.1, "humidity": 40}, first, later)
    assert isinstance(same, Reading)
    assert isinstance(moved, Reading)
    assert (same.changed_at, moved.changed_at) == (NOW, later)


def test_a_reading_is_stale_only_beyond_its_bound():
    reading = Reading(200, None, None, NOW, NOW)
    assert stale_reason(reading, 60, NOW + timedelta(minutes=60)) is None
    assert "61 min" in str(stale_reason(reading, 60, NOW + timedelta(minutes=61)))


def test_a_trouble_that_lasts_keeps_its_beginning():
    first = trouble_of(Unreachable("The hub does not answer."), NOW)
    later = trouble_of(Unreachable("Still not."), NOW + timedelta(minutes=9))
    assert lasting(later, first).since == NOW
    assert lasting(trouble_of(QuotaSpent("Spent."), NOW + timedelta(minutes=9)), first).since != NOW


@pytest.mark.parametrize(
    ("status", "power"),
    [
        ({"power": "ON"}, True),
        ({"power": "off"}, False),
        ({"switchStatus": 1}, True),
        ({"power": 12}, None),
        ({}, None),
    ],
)
def test_a_plug_says_its_power_in_several_ways(status, power):
    assert plug_power(status) is power
