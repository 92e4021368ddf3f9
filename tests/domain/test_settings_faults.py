"""Mistakes in a settings file: all at once, each by key and line, in a sentence."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchbot_dashboard.domain.settings import DEFAULT_FILE, Fault, InvalidSettings, parse_settings

TEXT = """{
  "mode": "autumn",
  "poll_interval_seconds": 10,
  "hysteresis_celsius": true,
  "off_repeat_count": 20.5,
  "automation_enabled": "true",
  "time_windows": [
    {"days": [0], "start": "06:30", "end": "08:30"},
    {
      "days": [0, 7],
      "start": "24:00"
    }
  ],
  "winter": {
    "min_temp": 24
  }
}
"""


def faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(InvalidSettings) as caught:
        parse_settings(text)
    return caught.value.faults


def test_all_mistakes_are_told_at_once_by_key_and_line() -> None:
    assert [(fault.line, fault.key) for fault in faults(TEXT)] == [
        (2, "mode"),
        (3, "poll_interval_seconds"),
        (4, "hysteresis_celsius"),
        (5, "off_repeat_count"),
        (6, "automation_enabled"),
        (9, "time_windows[1].end"),
        (10, "time_windows[1].days[1]"),
        (11, "time_windows[1].start"),
        (15, "winter.min_temp"),
    ]


def test_a_sentence_names_key_value_and_bound() -> None:
    said = {fault.key: fault.message for fault in faults(TEXT)}
    assert said["poll_interval_seconds"] == (
        "poll_interval_seconds is 10; it must be a whole number from 15 to 3600 seconds."
    )
    assert said["mode"] == 'mode is "autumn"; it must be "winter" or "summer".'
    assert said["time_windows[1].end"].startswith("time_windows[1].end is missing;")
    assert said["winter.min_temp"] == "The lower limit winter.min_temp (24 °C) must be below the upper one (22 °C)."


def test_limits_are_compared_on_what_a_zone_inherits() -> None:
    (fault,) = faults(
        '{"summer": {"max_temp": 25}, "zones": [\n{"id": "a"},\n{"id": "b", "summer": {"min_temp": 25}}]}'
    )
    assert (fault.key, fault.line) == ("zones[1].summer.min_temp", 3)
    assert "(25 °C) must be below the upper one (25 °C)" in fault.message


def test_the_bounds_of_alerts_are_in_order() -> None:
    found = faults('{"alerts": {"temperature_low": 33,\n"humidity_low": 75}}')
    assert [fault.key for fault in found] == ["alerts.temperature_low", "alerts.humidity_low"]
    assert "(33 °C) must be below the upper one (32 °C)" in found[0].message
    assert "(75 %) must be below the upper one (75 %)" in found[1].message


def test_zone_ids_are_unique_and_plain() -> None:
    found = faults('{"zones": [{"id": "a"}, {"id": "a"}, {"id": "B"}, {}]}')
    assert [fault.key for fault in found] == ["zones[1].id", "zones[2].id", "zones[3].id"]
    assert [fault.key for fault in faults('{"zones": []}')] == ["zones"]


def test_the_reserve_is_at_most_the_limit() -> None:
    (fault,) = faults('{"api_daily_limit": 400}')
    assert fault.key == "api_reserved_for_commands"
    assert "is 500; it must be at most api_daily_limit, which is 400" in fault.message


@pytest.mark.parametrize(
    ("text", "key", "word"),
    [
        ("", "", "not JSON"),
        ('{"mode": "winter",}', "", "line 1, column"),
        ("[]", "", "not a list"),
        ("null", "", "not null"),
        ("[" * 100_000, "", "nested deeper"),
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", "", "nested deeper"),
        ('{"a": ' + "9" * 10_000 + "}", "a", "10000 digits"),
        ('{"a": 1' + " " * 600_000 + "}", "", "characters long"),
        ('{"a": NaN}', "a", "finite"),
        ('{"hysteresis_celsius": -Infinity}', "hysteresis_celsius", "finite"),
        ('{"a": 1e999}', "a", "finite"),
        ('{"mode": "winter",\n"mode": "summer"}', "mode", "twice, on lines 1 and 2"),
        ('{"winter": {"x": 1, "x": {"y": 2}}}', "winter.x", "twice"),
        ('{"a": "\\ud800"}', "a", "half a character"),
        ('{"\\ud800": 1}', "", "half a character"),
        ('{"automation_enabled": 1}', "automation_enabled", "true or false"),
        ('{"manual_hold_minutes": 10.0}', "manual_hold_minutes", "whole number"),
        ('{"manual_hold_minutes": null}', "manual_hold_minutes", "is null"),
        ('{"meter_device_id": "é"}', "meter_device_id", "letters"),
        ('{"meter_device_id": "A1\\n"}', "meter_device_id", "letters"),
        ('{"time_windows": {"0": 1}}', "time_windows", "is an object; it must be a list"),
    ],
)
def test_a_text_that_cannot_be_used_is_a_fault_and_never_a_crash(text: str, key: str, word: str) -> None:
    (fault,) = faults(text)
    assert fault.key == key
    assert word in fault.message
    assert fault.line is not None
    assert fault.line >= 1


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_settings('\ufeff{"mode": "summer"}').mode == "summer"


def test_a_whole_number_is_good_enough_for_degrees() -> None:
    assert parse_settings('{"hysteresis_celsius": 1}').all_zones[0].hysteresis_tenths == 10


KEYS = st.sampled_from([*DEFAULT_FILE, "zones", "reports", "cleanup", "id", "days", "start", "min_temp", "other"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.sampled_from([None, 1]))
def test_any_json_is_either_settings_or_faults_that_know_their_line(values: dict[str, object], indent: int) -> None:
    text = json.dumps(values, indent=indent)
    lines = text.count("\n") + 1
    assert all(fault.line and 1 <= fault.line <= lines for fault in found_in(text))


@given(st.text(alphabet='{}[]":,\\u0d8 \n1e-+.tfnN'))
def test_any_text_is_either_settings_or_faults(text: str) -> None:
    assert all(fault.message for fault in found_in(text))


def found_in(text: str) -> tuple[Fault, ...]:
    try:
        parse_settings(text)
    except InvalidSettings as error:
        return error.faults
    return ()


def test_the_shipped_file_is_read_in_well_under_five_milliseconds() -> None:
    text = json.dumps(DEFAULT_FILE, indent=2)
    parse_settings(text)
    best = min(_seconds(text) for _ in range(20))
    assert best < 0.005


def _seconds(text: str) -> float:
    start = time.perf_counter()
    parse_settings(text)
    return time.perf_counter() - start
