"""The forecast against the tick itself on a pretend clock: the same instants, modes and calls."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.pretend import AIRCON, DIY, METER, PLUG, Home, at

from switchbot_dashboard.domain.budget import quota_of
from switchbot_dashboard.domain.forecast import Forecast, forecast_of
from switchbot_dashboard.domain.record import Mode, Pace
from switchbot_dashboard.domain.sentence import say

EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
Told = tuple[datetime, str, Mode, Pace]


def foreseen(home: Home, hours: int = 24, **how: Any) -> Forecast:
    house, settings = home.store.load(home.time), home.settings
    assert settings is not None
    return forecast_of(settings, house, quota_of(settings, house.calls_today, home.time), home.time, hours, **how)


def told(forecast: Forecast) -> list[Told]:
    """Each wake as a tick's record tells it."""
    return sorted((wake.at, wake.zone, wake.mode, wake.pace) for wake in forecast.wakes())


def lived(home: Home, hours: int = 24) -> tuple[list[Told], int]:
    """The same from the records of the hours that follow, and the calls made in them."""
    until, before = home.time + timedelta(hours=hours), home.cloud.total

    def plug_obeys() -> None:
        home.cloud.plug = bool(home.state.aircon.power)

    records = home.walk((until - timedelta(milliseconds=1)).isoformat(" "), plug_obeys)
    told = sorted((each.at, each.zone, each.wake.mode, each.wake.pace) for each in records)
    return told, home.cloud.total - before


def begun(now: str, **keys: Any) -> Home:
    """A home whose first tick lies behind it, with the account's list from just then."""
    home = Home(now, **keys)
    home.tick("start", every_zone=True)
    return home


def window(start: str, end: str, days: Sequence[int] = EVERY_DAY) -> dict[str, Any]:
    return {"days": list(days), "start": start, "end": end}


CLOCK = st.builds(
    lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59])
)
WINDOWS = st.lists(
    st.builds(window, CLOCK, CLOCK, st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True)), max_size=4
)
PLACES = st.sampled_from(
    ["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Santiago"]
)
DAYS = st.sampled_from(
    ["2026-01-05 00:00", "2026-03-28 11:37", "2026-10-24 16:02", "2026-03-07 20:00", "2026-10-31 22:22",
     "2026-04-04 09:11", "2026-10-03 13:00", "2026-09-05 23:59", "2026-04-04 21:30"]
)  # fmt: skip
KEYS = st.fixed_dictionaries(
    {
        "timezone": PLACES,
        "time_windows": WINDOWS,
        "poll_interval_seconds": st.sampled_from([60, 97, 300, 3600]),
        "idle_poll_interval_seconds": st.sampled_from([60, 300, 601, 7200]),
        "poll_warmup_minutes": st.sampled_from([0, 1, 10, 15, 600, 1440]),
    },
    optional={
        "automation_enabled": st.just(False),
        "adaptive_polling_enabled": st.just(False),
        "turn_off_outside_windows": st.booleans(),
        "fan_mode_during_window": st.booleans(),
        "off_repeat_count": st.integers(1, 4),
        "off_repeat_interval_seconds": st.sampled_from([1, 10, 45]),
        "aircon_device_id": st.sampled_from([AIRCON, PLUG, DIY, ""]),
        "meter_device_id": st.sampled_from([METER, ""]),
    },
)


NIGHT, CHANGE = [window("01:30", "02:30")], {"timezone": "Europe/Paris", "poll_interval_seconds": 60}
ATTIC = {"aircon_device_id": "02-ATTIC"}
EVENING = [window("06:30", "08:30"), window("17:30", "23:00")]


@given(now=DAYS, keys=KEYS, second=st.none() | WINDOWS, pressed=st.sampled_from(["", "winter", "off", "fan"]))
@example(now="2026-03-28 11:37", keys={**CHANGE, "time_windows": NIGHT}, second=None, pressed="")
@example(now="2026-10-24 16:02", keys={**CHANGE, "time_windows": [window("02:30", "02:45")]}, second=NIGHT, pressed="")
@example(now="2026-01-05 06:00", keys={"time_windows": EVENING}, second=EVENING, pressed="winter")
@hypothesis_settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_the_tick_does_what_was_foreseen_for_a_day(
    now: str, keys: dict[str, Any], second: list[dict[str, Any]] | None, pressed: str
):
    zones = [{"id": "home"}, {"id": "attic", "time_windows": second or [], "meter_device_id": "METER2", **ATTIC}]
    home = begun(now, predictive_polling_enabled=False, **keys, **({} if second is None else {"zones": zones}))
    if pressed:
        home.press(pressed)
    forecast = foreseen(home)
    assert (told(forecast), forecast.calls_total) == lived(home)


SWITCHES = st.sampled_from(
    [
        {"predictive_polling_enabled": True},
        {"optimal_start_enabled": True},
        {"predictive_polling_enabled": True, "optimal_start_enabled": True},
    ]
)


@given(now=DAYS, keys=KEYS, switches=SWITCHES, pressed=st.sampled_from(["", "off", "fan"]))
@example(
    now="2026-01-05 06:00", keys={"time_windows": EVENING}, switches={"predictive_polling_enabled": True}, pressed=""
)
@hypothesis_settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_with_foresight_on_a_steady_room_is_looked_at_as_was_foreseen(
    now: str, keys: dict[str, Any], switches: dict[str, Any], pressed: str
):
    home = begun(now, **keys, **switches)
    if pressed:
        home.press(pressed)
    forecast = foreseen(home)
    assert (told(forecast), forecast.calls_total) == lived(home)


def test_a_wake_is_told_with_its_mode_pace_reason_and_cost():
    home = begun("2026-01-05 06:18:58", time_windows=EVENING)
    first, *others = foreseen(home, 1).wakes()
    assert (first.at, first.mode, first.calls) == (at("2026-01-05 06:20"), Mode.WARMUP, 1)
    assert str(first.reason) == "the warm-up for 06:30 begins"
    edge = next(wake for wake in others if wake.at == at("2026-01-05 06:30"))
    assert (edge.mode, edge.pace, edge.calls) == (Mode.IN_WINDOW, Pace.TABLE, 0)  # its reading was taken ahead
    assert str(edge.reason) == "the window opens at 06:30"


def test_the_off_at_a_windows_end_costs_a_command_while_heating_is_assumed():
    home = begun("2026-01-05 08:00", time_windows=EVENING, off_repeat_count=3, manual_hold_minutes=5)
    home.press("winter")
    wakes = {wake.at: wake for wake in foreseen(home).wakes()}
    ends = ("08:30", "08:30:10", "08:30:20")
    assert [wakes[at(f"2026-01-05 {clock}")].calls for clock in ends] == [1, 1, 1]
    assert wakes[at("2026-01-05 08:30:10")].reason == say("off is sent again, {remaining} to go", remaining=2)
    assert wakes[at("2026-01-05 08:30")].mode is Mode.PENDING_OFF_REPEAT


def test_equal_intervals_are_one_run_and_each_of_its_wakes_can_be_told():
    home = begun("2026-01-05 12:00", time_windows=[])
    (run,) = foreseen(home, 2).runs
    assert (run.first, run.count, run.every) == (at("2026-01-05 12:05"), 23, timedelta(minutes=5))
    assert [wake.at for wake in run.wakes()][-1] == run.last == at("2026-01-05 13:55")
    clocks = ("12:05", "12:05:01", "14:00", "15:00")
    assert [run.before(at(f"2026-01-05 {clock}")) for clock in clocks] == [0, 1, 23, 23]


def test_calls_by_hour_add_up_to_the_total_and_name_every_hour():
    home = begun("2026-01-05 12:20", time_windows=EVENING)
    forecast = foreseen(home, 24)
    hours = forecast.calls_by_hour()
    assert sum(calls for _, calls in hours) == forecast.calls_total == sum(wake.calls for wake in forecast.wakes())
    assert [hour for hour, _ in hours] == [at("2026-01-05 12:00") + timedelta(hours=nth) for nth in range(25)]
    assert dict(hours)[at("2026-01-05 18:00")] == 60


def test_windows_are_told_with_their_warm_up_whole_also_where_they_began_before():
    home = begun("2026-01-05 07:00", time_windows=EVENING)
    told = [(window.opens_at, window.closes_at, window.warmup_from) for window in foreseen(home, 24).windows]
    assert told == [
        (at("2026-01-05 06:30"), at("2026-01-05 08:30"), at("2026-01-05 06:20")),
        (at("2026-01-05 17:30"), at("2026-01-05 23:00"), at("2026-01-05 17:20")),
        (at("2026-01-06 06:30"), at("2026-01-06 08:30"), at("2026-01-06 06:20")),
    ]


def test_a_window_that_never_closes_has_no_ends():
    (always,) = foreseen(begun("2026-01-05 07:00", time_windows=[window("00:00", "00:00")])).windows
    assert (always.opens_at, always.closes_at, always.warmup_from) == (None, None, None)


def test_what_is_left_at_the_reset_counts_to_the_reset_whatever_the_horizon():
    home = begun("2026-01-05 22:00", time_windows=[])
    short, long = foreseen(home, 1), foreseen(home, 24)
    assert short.quota_at_reset == long.quota_at_reset == 10000 - short.used - 23
    assert (short.calls_total, short.used) == (11, 3)  # a reading and the account's list lie behind it


@pytest.mark.parametrize("hours", [0.5, 30])
def test_a_zone_that_is_overdue_or_was_never_served_is_due_now(hours: float):
    home = begun("2026-01-05 07:00", time_windows=EVENING)
    if hours < 1:
        home.after(hours=hours)
    else:
        home = Home("2026-01-05 07:00")
    assert next(iter(foreseen(home).wakes())).at == home.time


def test_changed_settings_begin_with_a_tick_of_all_zones():
    home = begun("2026-01-05 12:00", time_windows=EVENING)
    as_it_is, changed = foreseen(home), foreseen(home, changed=True)
    first = next(iter(changed.wakes()))
    assert (first.at, first.calls, str(first.reason)) == (at("2026-01-05 12:00"), 1, "the settings changed")
    assert next(iter(as_it_is.wakes())).at == at("2026-01-05 12:05")


def test_a_short_budget_stretches_the_foreseen_wakes_as_it_stretches_the_tick():
    zones = [{"id": "home"}, {"id": "attic", "meter_device_id": "METER2"}]
    keys = {"time_windows": EVENING, "zones": zones, "api_daily_limit": 700, "api_reserved_for_commands": 100}
    home = begun("2026-01-05 00:00", **keys)
    forecast = foreseen(home, 23)
    wakes, calls = lived(home, 23)
    assert {wake.pace for wake in forecast.wakes()} == {Pace.BUDGET}
    assert (forecast.wakes_total, forecast.calls_total) == (
        pytest.approx(len(wakes), rel=0.02),
        pytest.approx(calls, rel=0.02),
    )
    assert 0 <= forecast.quota_at_reset - 100 < 20


def test_a_spent_budget_sleeps_until_the_reset():
    home = begun("2026-01-05 12:00", time_windows=[], api_daily_limit=103, api_reserved_for_commands=100)
    forecast = foreseen(home)
    assert told(forecast) == lived(home)[0]
    assert forecast.calls_between(forecast.start, at("2026-01-06 00:00")) == 0


def test_a_failed_account_or_a_hold_without_end_changes_nothing_in_the_pace():
    home = begun("2026-01-05 12:00", time_windows=[window("10:00", "10:00", [0])], manual_hold_minutes=0)
    home.press("off")
    forecast = foreseen(home)
    assert (told(forecast), forecast.calls_total) == lived(home)


def test_a_day_and_a_week_at_the_shortest_interval_are_foreseen_at_once():
    home = begun("2026-01-05 12:00", time_windows=[window("00:00", "23:59")], poll_interval_seconds=15)
    began = time.process_time()
    day = foreseen(home, 24)
    after_day = time.process_time()
    week = foreseen(home, 168)
    assert (day.wakes_total // 100, week.wakes_total // 1000) == (57, 40)
    assert (after_day - began, time.process_time() - after_day) < (0.15, 1.0)
