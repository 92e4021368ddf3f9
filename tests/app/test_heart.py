"""The heart in real time: what it does at edges, while calls hang, when it is stopped and when the clock jumps."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from support.beating import Beating, wait_until
from support.cloud_faults import METER, hang
from support.pretend import at
from support.standin import AIRCON, StandIn

from switchbot_dashboard.domain.record import Call, Mode
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.tick import heart as heart_module
from switchbot_dashboard.tick.heart import Busy
from switchbot_dashboard.tick.jobs import Alarm
from switchbot_dashboard.tick.part import Wish

EARLIER, EDGE = "2026-01-05 06:20", "2026-01-05 06:30"
LATER, CLOSING = "2026-01-05 08:28", "2026-01-05 08:30"
OTHER, AC2, AC3 = "METER2", "02-AC2", "02-AC3"
PROMPT = 1.0  # seconds


def windows(start: str, end: str) -> list[dict[str, object]]:
    return [{"days": [0, 1, 2, 3, 4, 5, 6], "start": start, "end": end}]


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        for meter in (METER, OTHER):
            stand_in.status[meter] = {"deviceId": meter, "temperature": 19.0, "humidity": 45, "battery": 100}
        stand_in.remotes |= {AC2: "Air Conditioner", AC3: "Air Conditioner"}
        yield stand_in


def second_zone(**keys: object) -> list[dict[str, object]]:
    return [{"id": "home"}, {"id": "attic", "meter_device_id": OTHER, "aircon_device_id": AC2} | keys]


def a_second_before(home: Beating, edge: str, seconds: float = 1.5) -> None:
    home.set_clock((at(edge) - timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S.%f"))


def on_the_edge(home: Beating, edge: str, device: str = AIRCON) -> str:
    """The first command from the edge on, which comes within a second of it."""
    assert 0.0 <= home.command_after(edge, device) < PROMPT
    return home.arrivals(edge, device)[0][1].body["command"]


@pytest.mark.parametrize(("before", "edge", "command"), [(EARLIER, EDGE, "setAll"), (LATER, CLOSING, "turnOff")])
@pytest.mark.parametrize("hanging", ["nothing", "the read before it", "the read of another zone"])
def test_a_command_leaves_within_a_second_of_its_edge(cloud, tmp_path: Path, before, edge, command, hanging):
    with Beating(cloud, tmp_path, before, zones=second_zone(time_windows=windows("05:00", "10:00"))) as home:
        home.tick()
        if hanging != "nothing":
            cloud.misbehave("status", hang(), device=METER if hanging == "the read before it" else OTHER)
        a_second_before(home, edge)
        home.start()
        assert on_the_edge(home, edge) == command


@pytest.mark.parametrize(("before", "edge", "command"), [(EARLIER, EDGE, "setAll"), (LATER, CLOSING, "turnOff")])
def test_a_command_of_another_zone_that_hangs_delays_no_edge(cloud, tmp_path: Path, before, edge, command):
    cloud.status[OTHER]["temperature"] = 21.0
    with Beating(cloud, tmp_path, before, zones=second_zone(time_windows=windows("05:00", "10:00"))) as home:
        home.tick()
        cloud.status[OTHER]["temperature"] = 19.0
        cloud.misbehave("commands", hang(), device=AC2)
        a_second_before(home, edge)
        home.start()
        cloud.wait_for("commands", 1)
        assert on_the_edge(home, edge) == command
        assert [entry.target for _, entry in home.arrivals() if entry.target == AC2]


def test_a_reading_that_hangs_on_the_edge_itself_gives_way_to_the_one_before(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, "2026-01-05 06:20") as home:
        home.tick()
        a_second_before(home, EDGE, 0.5)
        cloud.misbehave("status", hang(), device=METER)
        home.start()
        assert on_the_edge(home, EDGE) == "setAll"


def test_zones_that_share_an_edge_follow_a_second_apart_offs_first(cloud, tmp_path: Path):
    zones = [
        {"id": "home"},
        {"id": "attic", "meter_device_id": OTHER, "aircon_device_id": AC2},
        {"id": "cellar", "aircon_device_id": AC3, "time_windows": windows("05:00", "06:30")},
    ]
    with Beating(cloud, tmp_path, EARLIER, zones=zones) as home:
        home.tick()
        a_second_before(home, EDGE)
        home.start()
        assert home.command_after(EDGE, count=3) < 2 + PROMPT
        arrived = home.arrivals(EDGE)
        assert [entry.target for _, entry in arrived] == [AC3, AIRCON, AC2]
        assert all(0.9 < (later[0] - first[0]).total_seconds() < 1.5 for first, later in pairwise(arrived))


def test_an_off_that_hangs_does_not_hold_up_the_start_that_shares_its_edge(cloud, tmp_path: Path):
    zones = second_zone(time_windows=windows("05:00", "06:30"))
    with Beating(cloud, tmp_path, EARLIER, zones=zones) as home:
        home.tick()
        cloud.misbehave("commands", hang(), device=AC2)
        a_second_before(home, EDGE)
        home.start()
        assert home.command_after(EDGE, AIRCON) < 1 + PROMPT


def test_repeats_leave_on_their_own_instants(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, LATER, off_repeat_count=3, off_repeat_interval_seconds=2) as home:
        home.tick()
        a_second_before(home, CLOSING)
        home.start()
        assert home.command_after(CLOSING, count=3) < 4 + PROMPT
        sent = [int(entry.stamp) / 1000 - at(CLOSING).timestamp() for _, entry in home.arrivals(CLOSING)]
        for nth, seconds in enumerate(sent):
            assert 2 * nth <= seconds < 2 * nth + PROMPT
        wait_until(lambda: home.store.load(home.clock()).states["home"].repeat is None, "no repeat is left")


def test_a_button_is_answered_quickly_while_a_read_hangs(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, "2026-01-05 07:00") as home:
        cloud.misbehave("status", hang())
        home.start()
        cloud.wait_for("status", 1)
        began = time.monotonic()
        (record,) = home.heart.act(Wish("off", ("home",)))
        assert time.monotonic() - began < PROMPT
        assert record.action is not None
        assert [entry.body["command"] for _, entry in home.arrivals()] == ["turnOff"]


def test_run_once_says_that_it_is_busy_while_a_tick_runs(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, "2026-01-05 07:00") as home:
        cloud.misbehave("status", hang())
        home.start()
        cloud.wait_for("status", 1)
        with pytest.raises(Busy):
            home.heart.run_once()
        cloud.heal()
        wait_until(lambda: served(home), "the tick ends")
        assert home.triggers() == ["start", "run-once"]


def served(home: Beating) -> bool:
    """Whether a run-once got its turn."""
    try:
        return bool(home.heart.run_once())
    except Busy:
        return False


@pytest.mark.parametrize("endpoint", ["status", "commands"])
def test_stop_takes_no_longer_than_two_seconds_while_a_call_hangs(cloud, tmp_path: Path, endpoint):
    with Beating(cloud, tmp_path, "2026-01-05 07:00") as home:
        cloud.misbehave(endpoint, hang())
        home.start()
        cloud.wait_for(endpoint, 1)
        began = time.monotonic()
        home.heart.stop()
        assert time.monotonic() - began < 2.0
        assert not home.heart.running
        (record,) = home.queries.records()
        assert "stopping" in str(record.verdict.sentence)
        assert (record.action is not None) == (endpoint == "commands")


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_jumps_brings_one_tick_and_a_right_plan(cloud, tmp_path: Path, hours):
    with Beating(cloud, tmp_path, "2026-01-05 12:00") as home:
        home.start()
        wait_until(lambda: home.triggers() == ["start"], "the first tick")
        wait_until(lambda looks=home.looks: home.looks > looks + 1, "the first tick is long over")
        home.jump(hours=hours)
        wait_until(lambda: len(home.triggers()) > 1, "a tick after the jump")
        ahead = lambda: (home.heart.next_wake[0] - home.clock()).total_seconds()  # noqa: E731
        wait_until(lambda: 290 < ahead() <= 300, "a plan by the new clock")
        time.sleep(1.2)  # two looks of the watcher: it must not see the jump again
        assert home.triggers() == ["start", "clock"]


def test_a_clock_set_ahead_past_an_edge_still_serves_it(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, "2026-01-05 07:59") as home:
        home.start()
        wait_until(lambda: home.triggers() == ["start"], "the first tick")
        home.jump(hours=1)
        wait_until(lambda: len(home.arrivals()) == 2, "a command for the window that closed meanwhile", 2.0)
        assert home.arrivals()[-1][1].body["command"] == "turnOff"


def test_a_tick_that_raises_does_not_end_the_loop(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, "2026-01-05 12:00", net=1) as home:
        home.store.broken = 2
        home.start()
        wait_until(lambda: home.triggers() != [], "a tick after two that raised")
        wait_until(lambda: (home.heart.next_wake or (home.clock(),))[0] > home.clock(), "a wake planned after it")


def test_a_wake_asked_for_during_a_tick_is_not_lost(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, "2026-01-05 12:00") as home:
        cloud.misbehave("status", hang())
        home.start()
        cloud.wait_for("status", 1)
        home.heart.wake_soon("settings")
        cloud.heal()
        wait_until(lambda: home.triggers() == ["start", "settings"], "a tick for the new settings")


def test_an_edit_of_the_settings_brings_a_tick_at_once(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, "2026-01-05 12:00") as home:
        home.start()
        wait_until(lambda: home.triggers() == ["start"], "the first tick")
        home.edited = True
        wait_until(lambda: home.triggers() == ["start", "settings"], "a tick for the new settings", 2.0)
        assert home.heart.next_wake is not None
        assert home.store.load(home.clock()).states["home"].wake.mode is Mode.IDLE


def test_a_wake_that_is_due_as_its_tick_ends_is_served_at_once(cloud, tmp_path: Path, monkeypatch):
    tick, ticks = heart_module.run_tick, []

    def due_at_once(ports, trigger, **how):
        ticks.append(trigger)
        turned = tick(ports, trigger, **how)
        return replace(turned, wake_at=ports.clock()) if len(ticks) < 30 else turned

    monkeypatch.setattr(heart_module, "run_tick", due_at_once)
    with Beating(cloud, tmp_path, "2026-01-05 12:00") as home:
        home.start()
        wait_until(lambda: len(ticks) == 30, "thirty ticks, each due as the one before ends")


def test_a_plan_read_before_a_turn_does_not_replace_the_one_made_by_it(cloud, tmp_path: Path, monkeypatch):
    with Beating(cloud, tmp_path, "2026-01-05 12:00") as home:
        home.start()
        wait_until(lambda: home.heart.next_wake is not None, "the first plan")
        outdated = home.clock() + timedelta(hours=1)

        def overtaken(_ports):
            home.heart.run_once()
            return outdated, say("as it was before")

        monkeypatch.setattr(heart_module, "first_wake", overtaken)
        looks = home.looks
        home.queries.add_calls([Call(0, "read", "status")])
        wait_until(lambda: "run-once" in home.triggers() and home.looks > looks + 2, "the watcher has looked")
        assert home.heart.next_wake[0] < outdated


def test_wakes_that_come_close_behind_a_tick_are_all_served(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, "2026-01-05 12:00") as home:
        home.start()
        wait_until(lambda: home.triggers() == ["start"], "the first tick")
        for nth in range(2, 40):
            home.heart.wake_soon("settings")
            wait_until(lambda nth=nth: len(home.triggers()) == nth, f"tick {nth}")
        assert set(home.triggers()[1:]) == {"settings"}


def test_many_buttons_at_once_are_served_one_after_the_other(cloud, tmp_path: Path):
    with Beating(cloud, tmp_path, "2026-01-05 12:00") as home:
        home.start()
        wait_until(lambda: home.triggers() == ["start"], "the first tick")
        threads = [threading.Thread(target=home.heart.act, args=(Wish("off", ("home",)),)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert home.triggers() == ["start"] + ["manual"] * 5


def test_what_is_written_while_a_reading_hangs_moves_the_alarms_at_once(cloud, tmp_path: Path):
    due: list[datetime] = []
    rung: list[datetime] = []

    def ring(now: datetime) -> datetime | None:
        rung.append(now)
        return next((each for each in due if each > now), None)

    with Beating(cloud, tmp_path, "2026-01-05 12:00", alarms=[Alarm("due", ring)]) as home:
        home.tick()
        cloud.misbehave("status", hang(), device=METER)
        seen = len(cloud.seen("status"))
        home.start()
        wait_until(lambda: len(cloud.seen("status")) > seen and rung, "a reading that hangs")
        time.sleep(heart_module.WATCH_SECONDS * 2)  # what was written before the turn is dealt with
        due.append(home.clock() + timedelta(seconds=1.5))
        home.queries.add_calls([Call(0, "read", "status")])
        wait_until(lambda: rung[-1] >= due[0], "the alarm at an instant that was written meanwhile", 3.0)
        assert not home.heart._resting.is_set(), "the reading hangs still"
