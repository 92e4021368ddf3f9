"""The account's devices as a tick sees them: nothing raises, nothing waits past its time."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from support.cloud_faults import METER, code, drip, drop, hang, http
from support.standin import AIRCON, DIY, PLUG, SCENE, StandIn

from switchbot_dashboard.domain.errors import CredentialsRefused, QuotaSpent, Refused, Throttled, Unreachable
from switchbot_dashboard.domain.record import Catalogue, Step
from switchbot_dashboard.switchbot import Client, Cloud
from switchbot_dashboard.tick.ports import Dispatch

OFF = Step(device=AIRCON, command="turnOff")
TOGGLE = Step(device=DIY, command="turnOff", repeatable=False)
PROMPT = 0.2  # seconds


def clock() -> datetime:
    return datetime.now(UTC)


def soon(seconds: float = 5.0) -> datetime:
    return clock() + timedelta(seconds=seconds)


@pytest.fixture
def home() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


def cloud_of(home: StandIn, now: Callable[[], datetime] = clock, *, written_down: int = 0, **options) -> Cloud:
    options = {"first_delay": 0.01, "timeout": 5.0, **options}
    client = Client(home.url, home.token, home.secret, clock=now, **options)
    return Cloud(client, clock=now, spent_today=lambda: written_down)


def after(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


def took(act: Callable[[], object]) -> tuple[float, object]:
    began = time.monotonic()
    result = act()
    return time.monotonic() - began, result


def spent(cloud: Cloud) -> dict[tuple[str, str], int]:
    return {(call.purpose, call.endpoint): call.count for call in cloud.spent()}


def send(cloud: Cloud, *steps: Step, until: datetime | None = None):
    return cloud.send([Dispatch(step, clock()) for step in steps], until or soon())


def test_each_device_gets_its_status_or_the_reason_why_not(home):
    found = cloud_of(home).read([METER, PLUG, AIRCON], soon())
    assert found[METER]["temperature"] == 21.4
    assert found[PLUG]["power"] == "off"
    assert type(found[AIRCON]) is Refused


def test_many_devices_are_read_a_few_at_a_time(home):
    ids = [f"M{number}" for number in range(9)]
    home.status.update({one: {"deviceId": one, "temperature": 20.0} for one in ids})
    home.misbehave("status", hang(0.1))
    assert all(status["temperature"] == 20.0 for status in cloud_of(home).read(ids, soon()).values())
    assert len({entry.port for entry in home.seen()}) <= 4


def test_the_catalogue_lists_devices_and_scenes(home):
    found = cloud_of(home).catalogue(soon())
    assert isinstance(found, Catalogue)
    assert found.device(DIY).type == "DIY Air Conditioner"
    assert found.scenes == {SCENE: "Winter evening"}


@pytest.mark.parametrize("endpoint", ["devices", "scenes"])
def test_half_a_catalogue_is_an_error(home, endpoint):
    home.misbehave(endpoint, http(500))
    assert type(cloud_of(home).catalogue(soon())) is Unreachable


def test_a_check_tells_what_the_account_lists_and_how_far_the_clocks_are_apart(home):
    checked = cloud_of(home).check(soon())
    assert checked.error is None
    assert checked.catalogue is not None
    assert abs(checked.skew) < timedelta(seconds=2)


@pytest.mark.parametrize("fault", [hang(), drip(0.2)])
def test_a_read_that_hangs_or_drips_ends_at_its_time_and_the_others_are_kept(home, fault):
    home.misbehave("status", fault, device=PLUG)
    cloud = cloud_of(home)
    seconds, found = took(lambda: cloud.read([METER, PLUG], soon(0.4)))
    assert 0.3 < seconds < 0.4 + PROMPT
    assert found[METER]["temperature"] == 21.4
    assert type(found[PLUG]) is Unreachable
    assert spent(cloud) == {("read", "status"): 2}


def test_a_name_look_up_that_hangs_delays_nobody(home, monkeypatch):
    held = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: held.wait(5) and [])
    seconds, found = took(lambda: cloud_of(home).read([METER], soon(0.2)))
    held.set()
    assert seconds < 0.2 + PROMPT
    assert type(found[METER]) is Unreachable


def test_nothing_is_tried_again_past_the_time_of_the_caller(home):
    home.misbehave("status", http(500))
    cloud = cloud_of(home, first_delay=10.0)
    seconds, found = took(lambda: cloud.read([METER], soon(1.0)))
    assert seconds < PROMPT
    assert found[METER].code == "http_500"
    assert len(home.seen()) == 1


def test_calls_left_behind_do_not_pile_up_and_leave_room_for_commands(home):
    home.misbehave("status", drip(0.3))
    home.misbehave("status", hang())
    cloud = cloud_of(home)
    for _ in range(8):
        cloud.read([METER, PLUG, "M3", "M4"], soon(0.06))
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("switchbot-call") <= 12
    assert send(cloud, OFF)[0].ok
    home.heal()


def test_where_no_thread_is_to_be_had_the_answer_comes_at_once(home, monkeypatch):
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    cloud = cloud_of(home)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        seconds, found = took(lambda: cloud.read([METER], soon()))
    assert seconds < PROMPT
    assert found[METER].code == "full"
    assert cloud.read([METER], soon())[METER]["temperature"] == 21.4


def test_each_order_leaves_at_its_own_instant_and_not_before(home):
    cloud, start = cloud_of(home), clock()
    instants = [start + timedelta(seconds=delay) for delay in (0.3, 0.0, 0.15)]
    receipts = cloud.send([Dispatch(OFF, instant) for instant in instants], soon())
    for receipt, instant in zip(receipts, instants, strict=True):
        assert receipt.ok
        assert timedelta(0) <= receipt.sent_at - instant < timedelta(seconds=PROMPT)
    arrivals = sorted(entry.at for entry in home.seen())
    assert [round(at - start.timestamp(), 1) for at in arrivals] == pytest.approx([0.0, 0.15, 0.3], abs=0.1)


def test_an_order_that_hangs_does_not_delay_another_and_its_fate_is_unknown(home):
    home.misbehave("commands", hang(), device=AIRCON)
    seconds, (hung, sent) = took(lambda: send(cloud_of(home), OFF, TOGGLE, until=soon(0.4)))
    assert seconds < 0.4 + PROMPT
    assert (hung.ok, hung.unknown) == (False, True)
    assert sent.ok


def test_an_order_whose_instant_lies_behind_the_end_is_never_sent(home):
    receipt = cloud_of(home).send([Dispatch(OFF, soon(9))], soon(0.1))[0]
    assert (receipt.ok, receipt.unknown) == (False, False)
    assert home.seen() == []


def test_a_scene_is_tried_once_and_says_what_came_of_it(home):
    cloud = cloud_of(home)
    assert send(cloud, Step(scene=SCENE))[0].ok
    home.misbehave("scene", drop())
    receipt = send(cloud, Step(scene=SCENE))[0]
    assert (receipt.ok, receipt.unknown, receipt.code) == (False, True, "dropped")
    assert len(home.seen("scene")) == 2
    assert spent(cloud) == {("command", "scene"): 2}


@pytest.mark.parametrize(("step", "tries"), [(OFF, 2), (TOGGLE, 1)])
def test_a_toggle_is_never_sent_twice(home, step, tries):
    home.misbehave("commands", drop())
    receipt = send(cloud_of(home), step)[0]
    assert receipt.unknown
    assert len(home.seen("commands")) == tries


def test_the_receipt_names_when_the_last_try_left(home):
    home.misbehave("commands", http(500), times=1)
    receipt = send(cloud_of(home, first_delay=0.2), OFF)[0]
    assert receipt.ok
    assert abs(receipt.sent_at.timestamp() - home.seen("commands")[1].at) < PROMPT


def test_a_command_that_was_turned_down_says_why(home):
    home.misbehave("commands", code(161))
    receipt = send(cloud_of(home), OFF)[0]
    assert (receipt.ok, receipt.unknown, receipt.code) == (False, False, "161")
    assert "offline" in str(receipt.error)


@pytest.mark.parametrize("act", ["close", "give_way"])
def test_a_hanging_read_is_let_go_at_once(home, act):
    home.misbehave("status", hang())
    cloud = cloud_of(home)
    after(0.1, getattr(cloud, act))
    seconds, found = took(lambda: cloud.read([METER], soon()))
    assert seconds < 0.1 + PROMPT
    assert type(found[METER]) is Unreachable


def test_giving_way_breaks_nothing_else(home):
    home.misbehave("*", hang(0.3))
    cloud = cloud_of(home)
    after(0.1, cloud.give_way)
    assert send(cloud, OFF)[0].ok
    assert cloud.read([METER], soon())[METER]["temperature"] == 21.4


def test_closing_ends_an_order_under_way_with_an_unknown_fate(home):
    home.misbehave("commands", hang())
    cloud = cloud_of(home)
    after(0.1, cloud.close)
    seconds, (receipt,) = took(lambda: send(cloud, OFF))
    assert seconds < 0.1 + PROMPT
    assert (receipt.ok, receipt.unknown) == (False, True)


def test_closing_keeps_an_order_back_whose_instant_has_not_come(home):
    cloud = cloud_of(home)
    after(0.1, cloud.close)
    seconds, (receipt,) = took(lambda: cloud.send([Dispatch(OFF, soon(2))], soon(5)))
    assert seconds < 0.1 + PROMPT
    assert (receipt.ok, receipt.unknown) == (False, False)
    assert home.seen() == []


def test_closing_between_two_tries_tells_the_first_ones_error(home):
    home.misbehave("commands", http(500))
    cloud = cloud_of(home, first_delay=2.0)
    after(0.3, cloud.close)
    seconds, (receipt,) = took(lambda: send(cloud, OFF))
    assert seconds < 0.3 + PROMPT
    assert (receipt.code, receipt.unknown) == ("http_500", True)
    assert len(home.seen()) == 1


def test_after_closing_every_call_is_answered_at_once_and_none_leaves(home):
    cloud = cloud_of(home)
    cloud.close()
    assert "stopping" in str(cloud.read([METER], soon())[METER])
    receipt = send(cloud, OFF)[0]
    assert "stopping" in str(receipt.error)
    assert receipt.retry_at == receipt.sent_at, "the next start tries at once"
    assert "stopping" in str(cloud.catalogue(soon()))
    assert home.seen() == []


def test_closing_from_a_signal_handler_ends_the_wait_of_its_own_thread(home):
    home.misbehave("status", hang())
    cloud = cloud_of(home)
    before = signal.signal(signal.SIGALRM, lambda *_: cloud.close())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        seconds, found = took(lambda: cloud.read([METER], soon()))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert seconds < 0.1 + PROMPT
    assert found[METER].code == "stopping"


class Pretend:
    """A clock that moves when told; the stand-in is asked not to look at the stamps."""

    def __init__(self, home: StandIn) -> None:
        self.now = datetime(2026, 1, 5, 12, tzinfo=UTC)
        home.signed = lambda headers: True

    def __call__(self) -> datetime:
        return self.now

    def read(self, cloud: Cloud) -> object:
        return cloud.read([METER], self.now + timedelta(seconds=5))[METER]


def test_a_shut_gate_answers_reads_at_once_and_spends_nothing(home):
    home.misbehave("status", http(429, "Too Many Requests", Content_Type="text/plain"))
    now = Pretend(home)
    cloud = cloud_of(home, now)
    first, second = now.read(cloud), now.read(cloud)
    assert type(first) is type(second) is Throttled
    assert first.retry_at == second.retry_at == now.now + timedelta(minutes=1)
    assert spent(cloud) == {("read", "status"): 1}


def test_the_first_read_after_the_wait_is_a_probe_and_opens_the_gate(home):
    home.misbehave("status", http(401), times=1)
    now = Pretend(home)
    cloud = cloud_of(home, now)
    assert type(now.read(cloud)) is CredentialsRefused
    now.now += timedelta(minutes=15)
    assert now.read(cloud)["temperature"] == 21.4
    assert now.read(cloud)["temperature"] == 21.4
    assert spent(cloud) == {("read", "status"): 2, ("probe", "status"): 1}


def test_the_shut_gate_also_holds_for_the_catalogue(home):
    home.misbehave("status", http(429))
    now = Pretend(home)
    cloud = cloud_of(home, now)
    now.read(cloud)
    assert type(cloud.catalogue(now.now + timedelta(seconds=5))) is Throttled
    assert len(home.seen()) == 1


def test_a_command_passes_the_shut_gate_and_opens_it(home):
    home.misbehave("status", http(429), times=1)
    now = Pretend(home)
    cloud = cloud_of(home, now)
    now.read(cloud)
    now.now += timedelta(seconds=1)
    assert cloud.send([Dispatch(OFF, now.now)], now.now + timedelta(seconds=5))[0].ok
    assert now.read(cloud)["temperature"] == 21.4


def test_a_throttled_command_says_when_to_try_again(home):
    home.misbehave("commands", http(429))
    now = Pretend(home)
    receipt = cloud_of(home, now).send([Dispatch(OFF, now.now)], now.now + timedelta(seconds=5))[0]
    assert (receipt.ok, receipt.unknown) == (False, False)
    assert receipt.retry_at == now.now + timedelta(minutes=1)


def test_what_is_written_down_and_what_came_since_tell_a_spent_quota(home):
    home.misbehave("status", http(429))
    now = Pretend(home)
    assert type(now.read(cloud_of(home, now, written_down=9_498))) is Throttled
    error = now.read(cloud_of(home, now, written_down=9_499))
    assert type(error) is QuotaSpent
    assert error.retry_at == datetime(2026, 1, 6, tzinfo=UTC)


def test_a_memory_out_of_order_does_not_hide_the_clouds_answer(home):
    def broken() -> int:
        raise OSError("disk")

    home.misbehave("status", http(429))
    now = Pretend(home)
    client = Client(home.url, home.token, home.secret, clock=now)
    assert type(now.read(Cloud(client, clock=now, spent_today=broken))) is Throttled


def test_a_device_that_is_offline_still_proves_that_the_cloud_is_well(home):
    home.misbehave("status", code(161))
    home.misbehave("status", http(429), times=1)
    now = Pretend(home)
    cloud = cloud_of(home, now)
    now.read(cloud)
    now.now += timedelta(minutes=1)
    assert now.read(cloud).code == "161"
    home.misbehave("status", http(429), times=1)
    assert now.read(cloud).retry_at == now.now + timedelta(minutes=1)


def test_calls_are_counted_in_the_hour_in_which_they_left(home):
    now = Pretend(home)
    cloud = cloud_of(home, now)
    now.read(cloud)
    now.now += timedelta(hours=1)
    now.read(cloud)
    hours = [call.hour for call in cloud.spent()]
    assert hours == [int(now.now.timestamp()) // 3600 - 1, int(now.now.timestamp()) // 3600]
