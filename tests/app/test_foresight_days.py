"""Foresight through whole days of the real tick: comfort, calls, and no history that breaks it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.heated import TWO_WINDOWS, HeatedHome
from support.polling_runs import Task, run
from support.pretend import DIY, Home, at

from switchbot_dashboard.domain.errors import Unreachable
from switchbot_dashboard.domain.record import Mode, Origin, Outcome, ZoneState
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.store.codec import STATE
from switchbot_dashboard.store.memory import MemoryStore
from switchbot_dashboard.tick.ports import Ports


def test_prediction_keeps_the_comfort_for_a_fraction_of_the_calls():
    table, predicted, optimal = (run(Task(policy, "winter", 60, 1, 4)) for policy in POLICIES)
    calls = [sum(each.calls.values()) for each in (table, predicted, optimal)]
    assert calls[1] < calls[0] / 10
    assert calls[2] < calls[0] / 6
    assert predicted.discomfort < 1.1 * table.discomfort
    assert optimal.discomfort < 0.25 * table.discomfort


POLICIES = ("adaptive", "predicted", "predicted-optimal")


def reloaded(home: HeatedHome) -> None:
    """The process ends and another reads what it kept."""
    store = MemoryStore()
    kept = STATE.read("home", STATE.write(home.zone_state))
    assert kept is not None
    home.store, home.turned = store, None
    home.begin_with(kept)
    home.ports = Ports(lambda: home.time, lambda: home.settings, home.cloud, store)


def test_a_restart_in_the_night_does_not_unlearn_the_morning():
    homes = [HeatedHome("2026-01-05 00:00", outdoor=6.0) for _ in range(2)]
    for home in homes:
        home.walk("2026-01-07 03:00")
    reloaded(homes[1])
    starts = []
    for home in homes:
        home.walk("2026-01-07 06:31")
        assert home.temperature("2026-01-07 06:30") >= 19.7
        starts.append(home.commands_between("2026-01-07 03:00", "2026-01-07 06:30")[0][0])
    assert abs(starts[0] - starts[1]) < timedelta(minutes=10)


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_on_the_day_of_a_clock_change_the_room_is_warm_when_the_window_opens(day):
    begins = at(f"{day} 12:00") - timedelta(days=2)
    home = HeatedHome(begins.strftime("%Y-%m-%d %H:%M"), outdoor=6.0, timezone="Europe/Paris")
    home.walk(f"{day} 20:00")
    opens = at(f"{day} 06:30") + timedelta(days=1) - timedelta(hours=2 if day < "2026-06" else 1)
    home.walk((opens + timedelta(minutes=1)).isoformat(" "))
    assert home.room.at(opens) >= 19.7
    assert any(record.verdict.outcome is Outcome.OPTIMAL_START for record in home.store.records if record.at < opens)


@pytest.mark.parametrize("seed", range(4))
def test_lost_commands_leave_no_room_cold_for_an_evening(seed):
    home = HeatedHome("2026-01-05 00:00", seed=seed, lag=3)
    home.walk("2026-01-07 04:00")
    home.cloud.lost = range(len(home.cloud.sent) + 1, 10_000, 5)  # one of five
    home.walk("2026-01-10 04:00")
    for day in ("07", "08", "09"):
        for wall in ("08:15", "19:30", "22:00"):
            assert 18.0 < home.temperature(f"2026-01-{day} {wall}") < 24.5
    again = [r for r in home.store.records if r.action is not None and r.action.order.origin is Origin.RESEND]
    for first in again:
        later = [each for each in again if timedelta(0) <= each.at - first.at < timedelta(hours=24)]
        assert len(later) <= 3


# whatever happens


TEMPERATURES = st.one_of(
    st.floats(-40, 85).map(lambda celsius: round(celsius, 1)),
    st.floats(17, 25).map(lambda celsius: round(celsius, 1)),
    st.floats(17, 25).map(lambda celsius: round(celsius, 1)),
    st.sampled_from(["NaN", None, 1e308, float("inf"), Unreachable(say("no answer"))]),
)
HAPPENS = st.sampled_from(["wake"] * 8 + ["press", "later", "back", "restart", "settings", "at once"])
SETTINGS = st.fixed_dictionaries(
    {
        "predictive_polling_enabled": st.booleans(),
        "optimal_start_enabled": st.booleans(),
        "mode": st.sampled_from(["winter", "summer"]),
        "timezone": st.sampled_from(["UTC", "Europe/Paris", "Australia/Lord_Howe", "America/Santiago"]),
        "aircon_device_id": st.sampled_from(["02-AIRCON", DIY, "PLUG01", ""]),
        "poll_interval_seconds": st.sampled_from([15, 60, 3600]),
        "fan_mode_during_window": st.booleans(),
        "off_repeat_count": st.sampled_from([1, 3]),
        "time_windows": st.sampled_from(
            [TWO_WINDOWS, [], [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "00:00", "end": "00:00"}]]
        ),
    }
)


def happen(data: Any, home: Home, what: str) -> None:
    """Something comes between two ticks."""
    if what == "press":
        home.press(data.draw(st.sampled_from(["winter", "summer", "off", "fan", "quick-off", "resume"])))
    elif what in ("later", "back"):
        span = timedelta(seconds=data.draw(st.integers(1, 10**6)))
        home.time += span if what == "later" else -span
    elif what == "restart":
        states = home.store.load(home.time).states.values()
        home.store = MemoryStore()
        for state in states:
            kept = STATE.read(state.zone, STATE.write(state))
            assert kept == state, "what is known does not survive a restart"
            assert isinstance(kept, ZoneState)
            home.store._states[state.zone] = kept
        home.ports = Ports(lambda: home.time, lambda: home.settings, home.cloud, home.store)
    elif what == "settings":
        home.settings = Home("2026-01-05 05:00", **data.draw(SETTINGS)).settings


@hypothesis_settings(max_examples=60)
@given(st.data(), SETTINGS)
def test_no_history_breaks_a_tick_and_the_next_wake_lies_ahead(data, keys):
    home = Home(data.draw(st.sampled_from(["2026-01-05 03:00", "2026-03-28 22:00", "2026-10-24 22:00"])), **keys)
    for _ in range(25):
        what = data.draw(HAPPENS)
        home.cloud.temperature = data.draw(TEMPERATURES)
        happen(data, home, what)
        if what == "wake" and home.turned is not None:
            home.time = max(home.time + timedelta(milliseconds=1), home.turned.wake_at)
        record = home.tick("scheduler", every_zone=what != "wake")
        wake = record.wake
        assert wake.at >= record.at
        assert wake.at - record.at <= timedelta(days=1)
        assert wake.at > record.at or wake.mode is Mode.PENDING_OFF_REPEAT
        learned = home.state.learned
        for instant in (learned.preheat, learned.trial.at if learned.trial else None, *learned.resent):
            assert instant is None or instant.tzinfo is not None
