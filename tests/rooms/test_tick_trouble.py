"""Faults, a spent budget, orders left open by a process that died, and edges all over the world."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as how_hard
from hypothesis import strategies as st
from support.pretend import DIY, Home, at

from switchbot_dashboard.domain.action import make_order
from switchbot_dashboard.domain.case import case_of
from switchbot_dashboard.domain.errors import (
    CredentialsRefused,
    NotUnderstood,
    QuotaSpent,
    Refused,
    Throttled,
    Unreachable,
)
from switchbot_dashboard.domain.record import Aircon, Call, Order, Origin, Outcome, Turn, ZoneState
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.domain.settings import Season
from switchbot_dashboard.domain.windows import opening_at
from switchbot_dashboard.tick.run import run_tick

ERRORS = [Unreachable, NotUnderstood, Refused]
NONSENSE = ["21.5", math.nan, 200, {"temperature": 0, "humidity": 0, "battery": 0}, {}, {"temperature": None}]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_the_cloud_is_a_record_and_a_wake(error):
    home = Home("2026-01-05 06:31")
    home.cloud.temperature = error("The cloud did not answer.")
    record = home.tick()
    assert record.verdict.outcome is Outcome.API_ERROR
    assert str(record.verdict.sentence) == "The cloud did not answer."
    assert record.wake.at == at("2026-01-05 06:32")
    assert home.cloud.sent == []


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_no_command_goes_out_on_nonsense(nonsense):
    home = Home("2026-01-05 06:25")
    home.cloud.temperature = nonsense
    records = home.walk("2026-01-05 08:29")
    assert [step.command for _, step in home.cloud.sent] in (
        [],
        ["turnOff"],
    )  # the first off, asked of an unknown state
    assert records[-1].verdict.outcome is Outcome.INVALID_TEMPERATURE


def test_silence_becomes_stale_after_its_minutes():
    home = Home("2026-01-05 06:31", stale_after_minutes=10)
    home.cloud.temperature = 21.0
    home.tick()
    home.cloud.temperature = Unreachable("The hub does not answer.")
    outcomes = [record.verdict.outcome for record in home.walk("2026-01-05 06:45")]
    assert outcomes[0] is Outcome.API_ERROR
    assert outcomes[-1] is Outcome.STALE_READING


@pytest.mark.parametrize("error", [Throttled, CredentialsRefused, QuotaSpent])
def test_reading_waits_until_the_cloud_may_be_asked_again(error):
    home = Home("2026-01-05 06:31")
    home.cloud.temperature = error("Not now.", retry_at=at("2026-01-05 06:46"))
    home.walk("2026-01-05 07:00", lambda: setattr(home.cloud, "temperature", 21.0))
    assert [when for when, _ in home.cloud.reads][:2] == [at("2026-01-05 06:31"), at("2026-01-05 06:46")]


def test_a_windows_end_is_kept_while_the_cloud_may_not_be_read():
    home = Home("2026-01-05 08:00")
    home.cloud.temperature = 19.0
    home.tick()
    home.after(minutes=1)
    home.cloud.temperature = QuotaSpent("Spent.", retry_at=at("2026-01-06 00:00"))
    home.tick()
    home.walk("2026-01-05 09:00")
    assert home.cloud.sent[-1][0] == at("2026-01-05 08:30")
    assert len(home.cloud.reads) == 2


def test_a_spent_quota_sleeps_until_it_resets():
    home = Home("2026-01-05 20:00", api_daily_limit=600, api_reserved_for_commands=500)
    hour = int(home.time.timestamp()) // 3600
    home.store.intend((), [Call(hour, "read", "status", 100)])
    record = home.tick()
    assert record.verdict.outcome is Outcome.OUTSIDE_WINDOW or record.trouble
    assert home.cloud.reads == []
    home.walk("2026-01-06 21:10")  # nobody knows when the cloud counts anew: the calls count until they are a day old
    assert at("2026-01-06 20:00") < home.cloud.reads[0][0] <= at("2026-01-06 21:05")


def test_calls_of_the_day_before_that_are_a_day_old_no_longer_keep_from_reading():
    home = Home("2026-01-05 23:30", api_daily_limit=600, api_reserved_for_commands=500)
    hour = int(home.time.timestamp()) // 3600
    home.store.intend((), [Call(hour - 23, "read", "status", 100)])
    home.tick()
    assert home.cloud.reads == []
    home.walk("2026-01-06 01:10")
    assert home.cloud.reads[0][0] < at("2026-01-06 01:02")


def test_a_short_budget_stretches_the_intervals_and_says_so():
    home = Home("2026-01-05 00:00", api_daily_limit=700, api_reserved_for_commands=500, poll_interval_seconds=15)
    records = home.walk("2026-01-06 00:00")
    assert 150 <= sum(record.calls for record in records if record.looked) <= 201
    assert any("calls left for" in str(record.wake.reason) for record in records)


def open_order(home: Home, turn: Turn, origin: Origin = Origin.THERMOSTAT) -> Order:
    """An order that a process wrote down a moment ago before it died."""
    home.tick()
    assert home.settings is not None
    zone = home.settings.all_zones[0]
    house = home.store.load(home.time)
    case = case_of(home.settings, zone, house.states["home"], house.catalogue, home.time)
    order = make_order(turn, Season.WINTER, origin, say("19.0 °C is cold: heating on"), case)
    assert order is not None
    home.store.intend([order], ())
    home.cloud.sent.clear()
    home.after(seconds=5)
    return order


def test_an_absolute_order_left_open_is_sent_again():
    home = Home("2026-01-05 06:31")
    home.cloud.temperature = 21.0
    open_order(home, Turn.ON)
    record = home.tick()
    assert home.cloud.commands == ["setAll 23,5,3,on"]
    assert "sent again" in str(record.verdict.sentence)
    assert home.store.orders == {}
    assert home.state.aircon.power is True


def test_a_toggle_left_open_is_never_sent_again_and_taken_as_done():
    home = Home("2026-01-05 06:31", aircon_device_id=DIY)
    home.cloud.temperature = 21.0
    open_order(home, Turn.ON)
    home.tick()
    assert home.cloud.sent == []
    assert home.store.orders == {}
    assert home.state.aircon.power is True


def test_a_scene_left_open_is_followed_by_the_absolute_command():
    home = Home("2026-01-05 06:31", aircon_scenes={"winter": "S1"})
    home.cloud.temperature, home.cloud.scenes = 21.0, {"S1": "Warm"}
    open_order(home, Turn.ON)
    home.tick()
    assert home.cloud.commands == ["setAll 23,5,3,on"]


def test_an_order_left_open_is_dropped_once_an_edge_has_passed():
    home = Home("2026-01-05 08:29")
    home.cloud.temperature = 21.0
    open_order(home, Turn.ON)
    home.time = at("2026-01-05 10:00")
    home.tick()
    assert home.cloud.commands == ["turnOff"]


def test_orders_of_a_zone_that_is_no_more_are_closed():
    home = Home("2026-01-05 06:31")
    home.cloud.temperature = 21.0
    order = open_order(home, Turn.ON)
    home.store.intend([replace(order, id="x", zone="attic")], ())
    home.tick(every_zone=True)
    assert home.store.orders == {}


def test_no_settings_means_no_call_and_a_record_that_says_why():
    home = Home("2026-01-05 06:31")
    home.settings = None
    record = home.tick()
    assert record.verdict.outcome is Outcome.INVALID_SETTINGS
    assert home.cloud.reads == []
    assert record.wake.at == at("2026-01-05 06:41")


def test_nothing_due_leaves_no_record():
    home = Home("2026-01-05 06:31")
    home.tick()
    home.after(seconds=5)
    run_tick(home.ports, "scheduler")
    assert len(home.store.records) == 1


def test_a_restart_sends_nothing():
    home = Home("2026-01-05 06:31")
    home.cloud.temperature = 19.0
    home.tick()
    home.after(seconds=20)
    home.tick("start", every_zone=True)
    assert home.cloud.commands == ["setAll 23,5,3,on"]


def test_the_account_is_listed_once_and_again_after_a_day():
    home = Home("2026-01-05 06:31")
    listed = []
    listing = home.cloud.catalogue
    home.cloud.catalogue = lambda until: (listed.append(home.time), listing(until))[1]  # type: ignore[method-assign]
    home.walk("2026-01-06 07:00")
    assert listed[0] == at("2026-01-05 06:31")
    assert listed[1:] == [at("2026-01-06 06:45")]


def test_a_clock_set_back_does_not_freeze_the_repeats_or_the_cooldown():
    home = Home("2026-01-05 07:31", off_repeat_count=2)
    home.cloud.temperature = 23.0
    home.tick()
    home.time = at("2026-01-05 06:31")
    home.cloud.temperature = 19.0
    home.tick(every_zone=True)
    home.walk("2026-01-05 06:40")
    assert home.cloud.commands == ["turnOff", "turnOff", "setAll 23,5,3,on"]


ZONES = ["Europe/Paris", "America/Havana", "Australia/Lord_Howe", "Africa/Cairo", "America/New_York", "Asia/Kathmandu"]
walls = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 59])).map(lambda hm: f"{hm[0]:02}:{hm[1]:02}")
windows = st.lists(
    st.fixed_dictionaries(
        {"days": st.lists(st.integers(0, 6), min_size=1, unique=True), "start": walls, "end": walls},
    ),
    min_size=1,
    max_size=3,
)
nights = st.sampled_from(
    ["2026-03-28 18:00", "2026-10-24 18:00", "2026-03-07 20:00", "2026-11-01 00:00", "2026-04-23 18:00"]
)


@given(windows, st.sampled_from(ZONES), nights, st.sampled_from([15, 120, 3600]), st.integers(0, 90), st.booleans())
@how_hard(max_examples=25, deadline=None)
def test_no_interval_passes_an_edge_anywhere_in_the_world(time_windows, timezone, start, poll, warmup, adaptive):
    home = Home(
        start,
        time_windows=time_windows,
        timezone=timezone,
        poll_interval_seconds=max(poll, 60),
        poll_warmup_minutes=warmup,
        adaptive_polling_enabled=adaptive,
    )
    assert home.settings is not None
    zone = home.settings.all_zones[0]
    until = home.time + timedelta(hours=14)
    for record in home.walk(until.astimezone(UTC).strftime("%Y-%m-%d %H:%M")):
        edge = opening_at(zone.windows, ZoneInfo(timezone), record.at).next_edge
        assert edge is None or record.wake.at <= edge
        assert record.wake.at > record.at


def test_states_of_zones_that_the_settings_do_not_name_are_left_alone():
    home = Home("2026-01-05 06:31")
    stray = ZoneState("attic", aircon=Aircon(power=True))
    home.store._states["attic"] = stray
    home.tick()
    assert home.store.load(datetime(2026, 1, 5, 7, tzinfo=UTC)).states["attic"] == stray
