"""The cloud's bad days, one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import isnan

import pytest
from support.simulated import HEAT, OFF, Stage

from switchbot_dashboard.domain.errors import (
    CloudError,
    CredentialsRefused,
    NotUnderstood,
    QuotaSpent,
    Refused,
    Throttled,
    Unreachable,
)
from switchbot_dashboard.domain.record import Catalogue, Step
from switchbot_dashboard.simulator import ACCEPTED_FAULTS, AIRCON_ID, METER_ID, OUTDOOR_METER_ID, PLUG_ID, Faults
from switchbot_dashboard.tick.ports import Dispatch

CLASSES = {
    "timeout": Unreachable,
    "connection": Unreachable,
    "dns": Unreachable,
    "401": CredentialsRefused,
    "403": Unreachable,
    "429": Throttled,
    "500": Unreachable,
    "quota": QuotaSpent,
    "burst": Throttled,
    "190": Unreachable,
    "300": Unreachable,
    "offline": Unreachable,
    "161": Unreachable,
    "171": Unreachable,
    "152": Refused,
    "garbage": NotUnderstood,
    "truncated": NotUnderstood,
    "empty": NotUnderstood,
}


@pytest.mark.parametrize(("fault", "kind"), CLASSES.items())
def test_every_fault_of_a_call_is_an_answer_of_its_class(fault: str, kind: type[CloudError]) -> None:
    stage = Stage(faults=fault)
    for answer in (stage.look(), stage.home.catalogue(stage.until)):
        assert type(answer) is kind
        assert str(answer).endswith(".")
        assert answer.code
        assert not answer.may_have_happened
    assert sum(call.count for call in stage.home.spent()) == 2


@pytest.mark.parametrize("fault", CLASSES)
def test_a_failed_command_says_whether_it_may_have_happened(fault: str) -> None:
    receipt = Stage(faults=fault).order()
    assert not receipt.ok
    assert str(receipt.error).endswith(".")
    assert receipt.unknown is (fault in {"timeout", "500", "garbage", "truncated", "empty"})


def test_an_unknown_fate_is_sometimes_a_yes_and_sometimes_a_no() -> None:
    stage, seen = Stage(faults="timeout,infrared_loss=0"), set()
    for turn in range(40):
        stage.later(seconds=7).order(OFF if turn % 2 else HEAT)
        seen.add(stage.home.room("home").unit.power)
    assert seen == {True, False}


def test_waiting_times_come_with_the_errors_that_have_one() -> None:
    now = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    assert Stage(faults="401").look().retry_at == now + timedelta(minutes=15)
    assert Stage(faults="429").look().retry_at == now + timedelta(minutes=1)
    assert Stage(faults="quota").look().retry_at == datetime(2026, 1, 11, tzinfo=UTC)


def test_spoiled_figures_come_as_the_cloud_sends_them() -> None:
    assert isinstance(Stage(faults="text").body()["temperature"], str)
    assert isnan(Stage(faults="nan").body()["temperature"])
    assert Stage(faults="absurd").body()["temperature"] == 200.0
    zero = Stage(faults="zero").body()
    assert (zero["temperature"], zero["humidity"], zero["battery"]) == (0, 0, 0)


def test_a_frozen_meter_serves_its_last_value_as_if_new() -> None:
    stage = Stage(faults="stale")
    first = stage.body()
    assert [stage.later(hours=1).body() for _ in range(12)] == [first] * 12
    assert Stage().later(hours=12).body() != first


def test_a_share_is_kept_over_many_calls_and_drawn_alike_every_time() -> None:
    def course() -> list[bool]:
        stage = Stage(faults="timeout=0.2")
        return [isinstance(stage.later(minutes=1).look(), CloudError) for _ in range(1000)]

    first = course()
    assert 150 < sum(first) < 250
    assert course() == first


def test_lost_infrared_is_accepted_and_not_done() -> None:
    stage = Stage(faults="infrared_loss")
    assert stage.order().ok
    assert stage.home.room("home").unit.power is False


def test_a_plug_loses_nothing_to_the_air() -> None:
    stage = Stage(faults="infrared_loss")
    assert stage.step(Step(device=PLUG_ID, command="turnOn")).ok
    assert stage.body(PLUG_ID)["power"] == "on"


def test_a_call_that_times_out_hangs_once_for_all_devices_and_never_beyond_its_end() -> None:
    waits: list[float] = []
    stage = Stage(faults="timeout", sleep=waits.append, timeout_seconds=10)
    stage.home.read([METER_ID, OUTDOOR_METER_ID], stage.until)
    stage.home.read([METER_ID], stage.now + timedelta(seconds=3))
    stage.home.send([Dispatch(Step(device=AIRCON_ID, command="turnOff"), stage.now)] * 2, stage.until)
    assert waits == [10, 3, 10]


def test_nothing_hangs_on_a_pretend_clock() -> None:
    assert isinstance(Stage(faults="timeout").home.catalogue(datetime(2026, 1, 11, tzinfo=UTC)), Unreachable)


def test_words_and_shares_are_read_from_the_text() -> None:
    assert Faults.parse(" timeout=0.05, 429=0.01 ,stale,").shares == {"timeout": 0.05, "429": 0.01, "stale": 1.0}
    assert Faults.parse("").shares == {}
    assert isinstance(Stage(faults="timeout=0").home.catalogue(datetime(2026, 1, 11, tzinfo=UTC)), Catalogue)


@pytest.mark.parametrize(
    "text", ["thunder", "timeout=2", "timeout=-1", "timeout=often", "timeout=nan", "timeout=", "=1"]
)
def test_a_text_of_no_use_is_refused_with_all_that_is_accepted(text: str) -> None:
    with pytest.raises(ValueError) as refusal:
        Stage(faults=text)
    assert all(fault in str(refusal.value) for fault in ACCEPTED_FAULTS)
