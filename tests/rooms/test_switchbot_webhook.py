"""What an event of the webhook says, in the shapes in which the cloud sends them, and in others."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchbot_dashboard.domain.push import Event
from switchbot_dashboard.switchbot.webhook import LARGEST_EVENT, event_of

MAC, STAMP = "B0E9FE000001", 1_767_600_000_123


def body(**context: Any) -> bytes:
    """A meter's event; a context key of None is left out."""
    whole = {
        "deviceType": "WoMeter", "deviceMac": MAC, "temperature": 21.4, "scale": "CELSIUS", "humidity": 45,
        "battery": 90, "timeOfSample": STAMP, **context,
    }  # fmt: skip
    context = {key: value for key, value in whole.items() if value is not None}
    return json.dumps({"eventType": "changeReport", "eventVersion": "1", "context": context}).encode()


def test_a_meters_event_is_a_temperature_with_its_time():
    sampled_at = datetime.fromtimestamp(STAMP / 1000, UTC)
    assert event_of(body()) == Event(MAC, 21.4, 45, 90, sampled_at)


@pytest.mark.parametrize("kind", ["WoMeterPlus", "WoIOSensor", "MeterPro(CO2)", "WoHub2", "climate Panel", None])
def test_the_kind_of_device_makes_no_difference(kind):
    found = event_of(body(deviceType=kind, CO2=800, lightLevel=3))
    assert found is not None
    assert found.device == MAC


@pytest.mark.parametrize("written", ["b0:e9:fe:00:00:01", "B0E9FE000001", "b0e9fe000001"])
def test_the_device_is_the_same_however_it_is_written(written):
    found = event_of(body(deviceMac=written))
    assert found is not None
    assert found.device == MAC


def test_fahrenheit_becomes_celsius_and_an_unknown_scale_nothing():
    found = event_of(body(temperature=68.0, scale="FAHRENHEIT"))
    assert found is not None
    assert found.celsius == pytest.approx(20.0)
    assert event_of(body(scale="KELVIN")) is None
    assert event_of(body(scale=7)) is None


def test_an_event_without_scale_or_time_or_battery_is_understood():
    found = event_of(body(scale=None, timeOfSample=None, battery=None))
    assert found == Event(MAC, 21.4, 45, None, None)


@pytest.mark.parametrize("stamp", ["1767600000123", True, 0, -5, 1e12, 10**15, 10**400, [], {}])
def test_a_time_without_sense_spoils_the_event(stamp):
    assert event_of(body(timeOfSample=stamp)) is None


@pytest.mark.parametrize("celsius", [None, "21.4", True, [], {}, 10**400])
def test_what_is_no_number_is_no_temperature(celsius):
    assert event_of(body(temperature=celsius)) is None


@pytest.mark.parametrize("device", [None, "", 7, [MAC], "A" * 51])
def test_what_is_no_device_is_none(device):
    assert event_of(body(deviceMac=device)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff\xfe", b"[" * 16_000, b'{"a":' * 3000, b"{}",
        b'{"eventType":"changeReport"}', b'{"eventType":"changeReport","context":[]}',
        b'{"eventType":"other","context":{"deviceMac":"A","temperature":20}}',
        b'{"eventType":"changeReport","context":{"deviceMac":"A","temperature":NaN}}',
        b'{"eventType":"changeReport","context":{"deviceMac":"A","temperature":1e999}}',
        body(padding="x" * LARGEST_EVENT),
    ],
)  # fmt: skip
def test_broken_deep_large_or_foreign_bodies_are_no_events(content):
    assert event_of(content) is None


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_body_whatsoever_raises(content):
    event_of(content)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
keys = st.sampled_from(["deviceMac", "temperature", "scale", "timeOfSample", "humidity", "battery", "deviceType"])


@given(st.dictionaries(keys, scalars | st.lists(scalars, max_size=3)))
def test_no_context_whatsoever_raises(context):
    event_of(json.dumps({"eventType": "changeReport", "context": context}).encode())
