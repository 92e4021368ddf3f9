"""The truth of infrared: a command that the room does not follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.heated import HeatedHome, taught
from support.pretend import DIY, at

from switchbot_dashboard.domain.reading import judge
from switchbot_dashboard.domain.record import Aircon, Origin, Reading, Record, Suspect, ZoneState
from switchbot_dashboard.domain.truth import learned_from

MINUTE = timedelta(minutes=1)
PREDICTED: dict[str, Any] = {"predictive_polling_enabled": True, "optimal_start_enabled": False}
SCENES = {"winter": "SCENE-ON", "off": "SCENE-OFF"}


def orders(home: HeatedHome, origin: Origin, since: str = "2026-01-07 04:00") -> list[Record]:
    """The records of the orders of an origin."""
    found = [record for record in home.store.records if record.action is not None and record.at >= at(since)]
    return [record for record in found if record.action is not None and record.action.order.origin is origin]


def lose_next(home: HeatedHome, *places: int) -> None:
    """Infrared loses the coming commands: 1 is the next."""
    home.cloud.lost = {len(home.cloud.sent) + place for place in places}


# infrared


@pytest.mark.parametrize("lag", [1, 10, 20])
@pytest.mark.parametrize("rate", [2.0, 4.0])
def test_a_lost_on_is_sent_once_more_and_then_followed(rate, lag):
    home = taught(rate=rate, lag=lag)
    lose_next(home, 1)
    home.walk("2026-01-07 08:29")
    (again,) = orders(home, Origin.RESEND)
    assert again.action is not None
    assert again.action.step.parameter == "23,5,3,on"
    assert timedelta(minutes=lag) < again.at - at("2026-01-07 06:30") < timedelta(minutes=50 + lag)
    assert "sent once more" in again.verdict.sentence.text()
    assert home.room.drive == 1
    assert home.zone_state.doubt is None


def test_a_unit_that_never_hears_is_told_twice_a_command_and_then_doubted():
    home = taught()
    home.cloud.deaf = True
    home.walk("2026-01-07 08:29")
    assert len(orders(home, Origin.RESEND)) == 1
    doubt = home.zone_state.doubt
    assert doubt is not None
    assert doubt.suspect is Suspect.UNIT
    assert doubt.sentence.text().startswith("The room does not get warmer since heating was ordered at ")


def test_no_more_than_three_commands_a_day_are_sent_once_more():
    spans = [(f"{hour:02}:00", f"{hour + 1:02}:30") for hour in range(0, 24, 3)]
    windows = [{"days": list(range(7)), "start": start, "end": end} for start, end in spans]
    home = HeatedHome("2026-01-05 00:00", time_windows=windows, first=18.0, **PREDICTED)
    home.walk("2026-01-07 02:00")
    home.cloud.deaf = True
    home.walk("2026-01-09 02:00")
    again = [record.at for record in orders(home, Origin.RESEND)]
    assert len(again) >= 3
    for nth, first in enumerate(again):
        assert sum(first <= other < first + timedelta(hours=24) for other in again[nth:]) <= 3


def test_a_doubt_about_the_unit_goes_when_a_command_is_followed():
    home = taught()
    home.cloud.deaf = True
    home.walk("2026-01-07 08:29")
    assert home.zone_state.doubt is not None
    home.cloud.deaf = False
    home.walk("2026-01-07 20:00")
    assert home.zone_state.doubt is None


@pytest.mark.parametrize("lag", [1, 10])
def test_a_lost_off_is_judged_no_sooner_than_45_minutes(lag):
    home = taught(lag=lag)
    home.walk("2026-01-07 08:00")
    assert home.room.drive == 1
    lose_next(home, 1)
    home.walk("2026-01-07 12:00")
    (again,) = orders(home, Origin.RESEND)
    assert again.action is not None
    assert again.action.step.command == "turnOff"
    assert again.at - at("2026-01-07 08:30") >= timedelta(minutes=45)
    assert home.room.drive == 0


@pytest.mark.parametrize(("repeats", "expected"), [(1, 1), (3, 0)])
def test_at_night_no_off_that_was_repeated_is_sent_once_more(repeats, expected):
    home = taught(off_repeat_count=repeats, off_repeat_interval_seconds=30, outdoor=-5.0)
    home.walk("2026-01-07 22:30")
    if home.room.drive == 0:
        home.press("winter")
    home.cloud.deaf = True
    home.walk("2026-01-08 06:00")
    assert len(orders(home, Origin.RESEND, "2026-01-07 22:30")) == expected
    doubt = home.zone_state.doubt
    assert doubt is not None
    assert doubt.sentence.text().startswith("Off was ordered at ")


def test_a_toggle_is_never_sent_once_more():
    home = taught(aircon_device_id=DIY)
    home.begin_with(replace(home.zone_state, learned=taught().zone_state.learned))
    home.cloud.deaf = True
    home.walk("2026-01-07 12:00")
    assert home.cloud.sent
    assert not orders(home, Origin.RESEND)


@pytest.mark.parametrize("direct", [True, False])
def test_of_a_scene_only_the_direct_command_is_sent_once_more(direct):
    home = taught()
    learned = home.zone_state.learned
    keys = PREDICTED | {"aircon_scenes": SCENES} | ({} if direct else {"aircon_device_id": ""})
    home = HeatedHome("2026-01-07 04:00", first=16.5, **keys)
    home.cloud.scenes = {"SCENE-ON": "on", "SCENE-OFF": "off"}
    home.begin_with(ZoneState("home", aircon=Aircon(False, since=at("2026-01-06 23:00")), learned=learned))
    home.cloud.deaf = True
    home.walk("2026-01-07 08:29")
    assert "SCENE-ON" in home.cloud.commands
    again = [record.action.step for record in orders(home, Origin.RESEND) if record.action is not None]
    assert [(step.scene, step.command) for step in again] == ([("", "setAll")] if direct else [])
    assert home.zone_state.doubt is not None


@pytest.mark.parametrize("minutes", [2, 5, 10, 15, 20])
def test_an_opened_window_is_not_taken_for_a_command_not_heard(minutes):
    home = taught(rate=3.0)
    opened = at("2026-01-07 06:30") + minutes * MINUTE
    home.room.aired = [(opened, opened + 15 * MINUTE)]
    home.walk("2026-01-07 08:29")
    assert home.room.at(opened) - home.room.at(opened + 15 * MINUTE) > 1
    assert not orders(home, Origin.RESEND)
    assert home.zone_state.doubt is None


def test_in_summer_a_lost_cooling_is_sent_once_more():
    home = HeatedHome("2026-07-06 00:00", outdoor=35.0, first=27.0, mode="summer", **PREDICTED)
    home.walk("2026-07-08 04:00")
    lose_next(home, 1)
    home.walk("2026-07-08 08:29")
    (again,) = orders(home, Origin.RESEND, "2026-07-08 04:00")
    assert again.action is not None
    assert again.action.step.parameter == "24,2,3,on"
    assert again.verdict.sentence.text().startswith("Cooling was ordered at ")
    assert home.room.drive == -1


def test_what_a_person_chose_is_sent_once_more_as_it_was_chosen():
    """Cooling by hand in winter: not heard, it is cooling that is sent again."""
    home = HeatedHome("2026-07-06 00:00", outdoor=30.0, first=26.0, mode="summer", **PREDICTED)
    home.walk("2026-07-08 12:00")
    learned = home.zone_state.learned
    home = HeatedHome("2026-07-08 12:00", outdoor=30.0, first=26.0, **PREDICTED)
    home.begin_with(ZoneState("home", aircon=Aircon(False, since=home.time), learned=learned))
    home.walk("2026-07-08 13:00")
    home.cloud.deaf = True
    home.press("summer")
    home.walk("2026-07-08 16:00")
    assert [command for command in home.cloud.commands if command.startswith("setAll")][:2] == ["setAll 24,2,3,on"] * 2


def test_a_fan_that_was_sent_for_off_is_sent_once_more_as_a_fan():
    home = taught(fan_mode_during_window=True, outdoor=12.0)
    home.walk("2026-01-07 17:40")
    sent = len(home.cloud.sent)
    while home.room.drive == 1 or len(home.cloud.sent) == sent:
        sent = len(home.cloud.sent)
        if home.room.at(home.time) > 22.1:
            home.cloud.deaf = True
        home.walk((home.time + 2 * MINUTE).isoformat(" "))
        if home.cloud.deaf and len(home.cloud.sent) > sent:
            break
    home.walk((home.time + timedelta(hours=2)).isoformat(" "))
    again = [record.action.step for record in orders(home, Origin.RESEND) if record.action is not None]
    assert all(step.parameter.split(",")[1:2] == ["4"] for step in again)
    assert again


# a report seen twice


def test_a_wrong_report_that_is_seen_twice_is_not_confirmed_by_itself():
    state, now = ZoneState("home"), at("2026-01-05 00:00")

    def read(celsius: float, after: timedelta) -> None:
        nonlocal state, now
        now += after
        found = judge({"temperature": celsius, "humidity": 45, "battery": 100}, state.reading, now)
        assert isinstance(found, Reading)
        state = learned_from(replace(state, reading=found), found, now)

    for _ in range(6):
        read(20.0, 5 * MINUTE)
    before = state.learned.course
    read(25.0, MINUTE)
    for _ in range(2):
        read(25.0, timedelta(seconds=15))
    assert before is not None
    assert state.learned.course is not None
    assert (state.learned.course.level, state.learned.course.doubted) == (before.level, 25.0)
    read(20.0, timedelta(seconds=15))
    assert state.learned.course.doubted is None
    assert state.learned.course.level == pytest.approx(20.0, abs=0.05)


def test_before_anything_was_learned_a_command_without_effect_is_doubted_but_not_sent_once_more():
    home = HeatedHome("2026-01-05 05:00", first=19.0, **PREDICTED)
    home.cloud.deaf = True
    home.walk("2026-01-05 08:29")
    assert [command for command in home.cloud.commands if command != "turnOff"] == ["setAll 23,5,3,on"]
    assert home.zone_state.doubt is not None
    assert home.zone_state.doubt.suspect is Suspect.UNIT
