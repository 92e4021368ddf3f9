"""Cooldowns, repeats, retries, holds, scenes and toggles, on a pretend clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as how_hard
from hypothesis import strategies as st
from support.pretend import DIY, PLUG, Home, at

from switchbot_dashboard.domain.record import Fate, Outcome, Receipt
from switchbot_dashboard.domain.sentence import say

NIGHT = "2026-01-05 06:00"


def refused(**how) -> Receipt:
    return Receipt(False, at("2026-01-05 06:30"), error=say("The device is offline."), **how)


def test_a_cooldown_holds_back_a_reversal_and_ends_on_its_instant():
    home = Home("2026-01-05 06:31", action_on_cooldown_seconds=600)
    home.cloud.temperature = 19.0
    home.tick()
    home.cloud.temperature = 23.0
    records = home.walk("2026-01-05 06:45")
    held = [record for record in records if record.verdict.outcome is Outcome.COOLDOWN]
    off = next(record for record in records if record.verdict.outcome is Outcome.WINTER_OFF)
    assert held
    assert off.at == at("2026-01-05 06:41")
    assert "06:41:00" in str(held[0].verdict.sentence)


def test_the_cooldown_after_an_off_is_its_own():
    home = Home("2026-01-05 06:31", action_off_cooldown_seconds=60, action_on_cooldown_seconds=3600)
    home.cloud.temperature = 23.0
    home.tick()
    home.cloud.temperature = 19.0
    on = next(r for r in home.walk("2026-01-05 06:40") if r.verdict.outcome is Outcome.WINTER_ON)
    assert on.at == at("2026-01-05 06:32")


def test_a_cooldown_never_holds_back_a_windows_end():
    home = Home("2026-01-05 08:29", command_cooldown_seconds=3600)
    home.cloud.temperature = 19.0
    home.walk("2026-01-05 08:31")
    assert home.cloud.commands == ["setAll 23,5,3,on", "turnOff"]


@given(st.integers(2, 10), st.integers(1, 600))
@how_hard(max_examples=20, deadline=None)
def test_a_repeat_is_neither_early_nor_lost(count, interval):
    home = Home("2026-01-05 08:00", off_repeat_count=count, off_repeat_interval_seconds=interval)
    home.cloud.temperature = 19.0
    home.walk("2026-01-05 12:00")
    offs = [when for when, step in home.cloud.sent if step.command == "turnOff"]
    edge = at("2026-01-05 08:30")
    assert offs == [edge + timedelta(seconds=interval * nth) for nth in range(count)]


def test_an_on_ends_the_repeats_of_the_off_before_it():
    home = Home("2026-01-05 06:31", off_repeat_count=5, off_repeat_interval_seconds=60, command_cooldown_seconds=0)
    home.cloud.temperature = 23.0
    home.tick()
    home.after(seconds=30)
    home.press("winter")
    home.walk("2026-01-05 06:40")
    assert home.cloud.commands == ["turnOff", "setAll 23,5,3,on"]


def test_a_toggle_is_never_repeated_and_knows_only_on_and_off():
    home = Home("2026-01-05 06:31", aircon_device_id=DIY, off_repeat_count=5)
    home.cloud.temperature = 19.0
    home.walk("2026-01-05 09:00")
    assert home.cloud.commands == ["turnOn", "turnOff"]


def test_a_toggle_that_is_said_to_be_safe_is_repeated():
    home = Home("2026-01-05 06:31", aircon_device_id=DIY, off_repeat_count=2, repeat_safe=True)
    home.cloud.temperature = 19.0
    home.walk("2026-01-05 09:00")
    assert home.cloud.commands == ["turnOn", "turnOff", "turnOff"]


def test_a_plug_heats_with_on_and_off():
    home = Home("2026-01-05 06:31", aircon_device_id=PLUG)
    home.cloud.temperature = 19.0
    home.tick()
    assert home.cloud.commands == ["turnOn"]


def test_a_scene_goes_first_and_a_failed_one_falls_back_to_the_command():
    home = Home("2026-01-05 06:31", aircon_scenes={"winter": "S1"})
    home.cloud.temperature, home.cloud.scenes = 19.0, {"S1": "Warm"}
    home.cloud.refuse = {"S1": refused()}
    record = home.tick()
    assert home.cloud.commands == ["S1", "setAll 23,5,3,on"]
    assert record.action is not None
    assert record.action.fate is Fate.DONE
    assert record.action.errors == (say("The device is offline."),)
    assert record.calls == 3


def test_a_scene_that_the_account_does_not_have_costs_no_call():
    home = Home("2026-01-05 06:31", aircon_scenes={"winter": "GONE"})
    home.cloud.temperature = 19.0
    record = home.tick()
    assert home.cloud.commands == ["setAll 23,5,3,on"]
    assert record.action is not None
    assert "GONE" in str(record.action.order.skipped[0])
    assert record.calls == 2


def test_a_scene_of_unknown_fate_is_not_followed_by_a_toggle():
    home = Home("2026-01-05 06:31", aircon_device_id=DIY, aircon_scenes={"winter": "S1"})
    home.cloud.temperature, home.cloud.scenes = 19.0, {"S1": "Warm"}
    home.cloud.refuse = {"S1": refused(unknown=True)}
    home.tick()
    assert home.cloud.commands == ["S1"]
    assert home.state.aircon.power is True


def test_a_command_that_fails_is_tried_again_after_one_then_two_minutes():
    home = Home("2026-01-05 06:31", poll_interval_seconds=15)
    home.cloud.temperature = 19.0
    home.cloud.refuse = {"setAll": refused()}

    def stamped() -> None:
        home.cloud.refuse = {"setAll": Receipt(False, home.time, error=say("The device is offline."))}

    home.cloud.refuse = {"setAll": Receipt(False, home.time, error=say("The device is offline."))}
    home.walk("2026-01-05 06:40", stamped)
    assert [when for when, _ in home.cloud.sent] == [
        at("2026-01-05 06:31"),
        at("2026-01-05 06:32"),
        at("2026-01-05 06:34"),
        at("2026-01-05 06:38"),
    ]


def test_an_absolute_off_of_unknown_fate_is_sent_again():
    home = Home("2026-01-05 08:29")
    home.cloud.temperature = 19.0
    home.tick()
    home.cloud.refuse = {"turnOff": Receipt(False, at("2026-01-05 08:30"), error=say("No answer."), unknown=True)}

    def mended() -> None:
        if home.time > at("2026-01-05 08:30"):
            home.cloud.refuse = {}

    home.walk("2026-01-05 08:45", mended)
    offs = [when for when, step in home.cloud.sent if step.command == "turnOff"]
    assert offs == [at("2026-01-05 08:30"), at("2026-01-05 08:31")]
    assert home.state.aircon.power is False


def test_a_failed_command_says_so_in_the_record():
    home = Home("2026-01-05 06:31")
    home.cloud.temperature = 19.0
    home.cloud.refuse = {"setAll": refused()}
    record = home.tick()
    assert record.verdict.outcome is Outcome.API_ERROR
    assert "offline" in str(record.verdict.sentence)
    assert home.state.aircon.power is None


@pytest.mark.parametrize(
    ("minutes", "until"), [(30, "2026-01-05 07:31"), (120, "2026-01-05 08:30"), (0, "2026-01-05 08:30")]
)
def test_a_hold_ends_at_the_edge_or_after_its_minutes_whichever_is_first(minutes, until):
    home = Home("2026-01-05 07:01", manual_hold_minutes=minutes)
    home.press("off")
    assert home.state.hold.until == at(until)


@given(st.integers(1, 1440), st.floats(10, 35), st.sampled_from(["winter", "summer", "fan", "off"]))
@how_hard(max_examples=30, deadline=None)
def test_a_manual_choice_is_not_overruled_before_its_hold_ends(minutes, celsius, action):
    home = Home("2026-01-05 07:01", manual_hold_minutes=minutes)
    home.press(action)
    home.cloud.temperature = round(celsius, 1)
    until = home.state.hold.until
    home.walk("2026-01-05 12:00")
    assert all(when >= until for when, _ in home.cloud.sent[1:])


def test_resume_ends_a_hold_and_decides_at_once():
    home = Home("2026-01-05 07:01")
    home.cloud.temperature = 19.0
    home.press("off")
    home.after(minutes=10)
    record = home.press("resume")
    assert home.state.hold is None
    assert record.verdict.outcome is Outcome.WINTER_ON


def test_a_button_needs_no_window_and_no_reading():
    home = Home("2026-01-05 03:00")
    home.cloud.temperature = 200
    assert home.press("summer").verdict.outcome is Outcome.SUMMER_ON
    assert home.cloud.commands == ["setAll 24,2,3,on"]


def test_a_button_that_nothing_can_carry_out_says_what_to_set():
    record = Home("2026-01-05 03:00", aircon_device_id="").press("fan")
    assert record.verdict.outcome is Outcome.MISSING_DEVICE
    assert "Set aircon_device_id" in str(record.verdict.sentence)


def test_a_press_that_failed_is_tried_again_while_it_is_held():
    home = Home("2026-01-05 03:00")
    home.tick()
    home.cloud.refuse = {"setAll": Receipt(False, home.time, error=say("The device is offline."))}
    home.press("winter")
    home.cloud.refuse = {}
    home.walk("2026-01-05 03:10")
    assert home.cloud.commands[-1] == "setAll 23,5,3,on"
    assert home.cloud.sent[-1][0] == at("2026-01-05 03:01")


def test_an_order_cut_short_by_the_end_of_the_service_is_sent_at_once_by_the_next_start():
    home = Home("2026-01-05 06:31")
    home.tick()
    cut_short = Receipt(False, home.time, error=say("The service is stopping."), unknown=True, retry_at=home.time)
    home.cloud.refuse["turnOff"] = cut_short
    home.press("off")
    home.cloud.refuse.clear()
    home.after(seconds=5)
    home.tick("start", every_zone=True)
    assert home.cloud.commands == ["turnOff", "turnOff"]
    assert home.state.aircon.power is False
    assert home.state.retry is None
