"""A tick at the edges of a window, on a pretend clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.pretend import DIY, PLUG, Home, at

from switchbot_dashboard.domain.errors import Unreachable
from switchbot_dashboard.domain.record import Mode, Outcome

HANG = Unreachable("The cloud has not answered within 30 s.")


def test_heating_starts_on_the_edge_from_a_reading_taken_before_it():
    home = Home("2026-01-05 06:00")
    home.cloud.temperature = 19.0
    home.walk("2026-01-05 06:30")
    assert home.cloud.sent[-1][0] == at("2026-01-05 06:30")
    assert home.cloud.commands[-1] == "setAll 23,5,3,on"
    assert home.cloud.reads[-1][0] == at("2026-01-05 06:29:30")


def test_the_start_is_exact_when_the_reading_before_it_hangs():
    home = Home("2026-01-05 06:00")
    home.cloud.temperature = 19.0

    def hang() -> None:
        if home.time == at("2026-01-05 06:29:30"):
            home.cloud.temperature = HANG

    home.walk("2026-01-05 06:30", hang)
    assert home.cloud.sent[-1] == (at("2026-01-05 06:30"), home.cloud.sent[-1][1])
    assert home.cloud.commands[-1] == "setAll 23,5,3,on"


def test_nonsense_before_the_start_forbids_a_command_on_an_older_reading():
    home = Home("2026-01-05 06:00")
    home.cloud.temperature = 19.0

    def spoil() -> None:
        if home.time >= at("2026-01-05 06:29:30"):
            home.cloud.temperature = 200

    home.walk("2026-01-05 06:35", spoil)
    assert "setAll 23,5,3,on" not in home.cloud.commands


def test_off_goes_out_on_the_closing_edge_before_anything_is_read():
    home = Home("2026-01-05 06:00")
    home.cloud.temperature = 19.0
    record = home.walk("2026-01-05 08:30")[-1]
    assert record.verdict.outcome is Outcome.TURNED_OFF_OUTSIDE_WINDOW
    assert not record.looked
    assert home.cloud.sent[-1][0] == at("2026-01-05 08:30")


def test_a_start_is_exact_although_an_off_went_out_a_minute_before():
    days = list(range(7))
    windows = [{"days": days, "start": "06:00", "end": "06:29"}, {"days": days, "start": "06:30", "end": "08:30"}]
    home = Home("2026-01-05 05:50", time_windows=windows, command_cooldown_seconds=3600)
    home.cloud.temperature = 19.0
    home.walk("2026-01-05 06:35")
    assert [when for when, _ in home.cloud.sent][-3:] == [
        at("2026-01-05 06:00"),
        at("2026-01-05 06:29"),
        at("2026-01-05 06:30"),
    ]


def test_nothing_goes_out_at_the_closing_edge_unless_asked_for():
    home = Home("2026-01-05 06:00", turn_off_outside_windows=False)
    home.cloud.temperature = 19.0
    home.walk("2026-01-05 09:00")
    assert home.cloud.commands == ["setAll 23,5,3,on"]


@pytest.mark.parametrize("interval", [15, 60, 119, 120, 121, 3600])
@pytest.mark.parametrize("warmup", [0, 10])
def test_no_wake_passes_an_edge_and_the_table_holds_elsewhere(interval, warmup):
    home = Home("2026-01-05 05:00", poll_interval_seconds=interval, poll_warmup_minutes=warmup)
    records = home.walk("2026-01-05 10:00")
    edges = {at("2026-01-05 06:30"), at("2026-01-05 08:30")}
    seen = {record.at for record in records}
    assert edges <= seen
    for record in records:
        assert record.wake.at - record.at <= timedelta(seconds=interval if record.wake.mode in _ACTIVE else 300)


_ACTIVE = (Mode.IN_WINDOW, Mode.WARMUP)


def test_every_mode_of_the_table_occurs_where_it_says():
    home = Home("2026-01-05 06:00", off_repeat_count=2, off_repeat_interval_seconds=30)
    home.cloud.temperature = 19.0
    modes = [(record.at, record.wake.mode) for record in home.walk("2026-01-05 08:31")]
    by_time = dict(modes)
    assert by_time[at("2026-01-05 06:15")] is Mode.IDLE
    assert by_time[at("2026-01-05 06:20")] is Mode.WARMUP
    assert by_time[at("2026-01-05 06:30")] is Mode.IN_WINDOW
    assert by_time[at("2026-01-05 08:30")] is Mode.PENDING_OFF_REPEAT
    assert by_time[at("2026-01-05 08:30:30")] is Mode.IDLE
    assert Home("2026-01-05 06:00", adaptive_polling_enabled=False).tick().wake.mode is Mode.FIXED
    assert Home("2026-01-05 06:00", automation_enabled=False).tick().wake.mode is Mode.AUTOMATION_DISABLED
    assert Home("2026-01-05 06:00", time_windows=[]).tick().wake.mode is Mode.NO_WINDOWS


def test_zones_that_share_an_edge_follow_one_second_apart_offs_first():
    zones = [{"id": f"z{number}", "meter_device_id": f"M{number}"} for number in range(3)]
    zones[2]["time_windows"] = [{"days": [0], "start": "05:00", "end": "06:30"}]
    home = Home("2026-01-05 04:00", zones=zones)
    home.cloud.temperature = 19.0
    home.walk("2026-01-05 06:30")
    edge = at("2026-01-05 06:30")
    sent = [(when - edge, step.command) for when, step in home.cloud.sent if when >= edge]
    assert sent == [
        (timedelta(0), "turnOff"),
        (timedelta(seconds=1), "setAll"),
        (timedelta(seconds=2), "setAll"),
    ]


def test_a_whole_day_has_no_edge_and_no_lead():
    home = Home("2026-01-05 06:00", time_windows=[{"days": list(range(7)), "start": "00:00", "end": "00:00"}])
    records = home.walk("2026-01-06 06:00")
    assert [record.at.minute for record in records[:60]] == list(range(60))
    assert len(records) == 24 * 60 + 1
    assert {record.wake.mode for record in records} == {Mode.IN_WINDOW}


def test_a_toggle_of_unknown_state_is_not_switched_off_at_the_first_tick():
    home = Home("2026-01-05 05:00", aircon_device_id=DIY)
    home.walk("2026-01-05 06:00")
    assert home.cloud.commands == []


def test_a_plug_is_asked_how_it_stands_at_its_own_pace():
    home = Home("2026-01-05 06:31", aircon_device_id=PLUG)
    home.cloud.temperature, home.cloud.plug = 21.0, True
    home.walk("2026-01-05 07:31")
    asked = [when for when, device in home.cloud.reads if device == PLUG]
    assert len(asked) == 5
    assert home.state.aircon.power is True
