"""One call, against a stand-in of the cloud on loopback."""

import logging
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from support.cloud_faults import METER, code, drip, drop, hang, http, raw, reading, truncated
from support.standin import AIRCON, StandIn

from switchbot_dashboard.domain.errors import (
    CloudError,
    CredentialsRefused,
    NotUnderstood,
    Refused,
    Throttled,
    Unreachable,
)
from switchbot_dashboard.switchbot import Client

STATUS = f"/v1.1/devices/{METER}/status"
COMMANDS = f"/v1.1/devices/{AIRCON}/commands"
OFF = {"command": "turnOff", "parameter": "default", "commandType": "command"}


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    with StandIn() as home:
        yield home


def client_of(cloud: StandIn, **options) -> Client:
    options = {"clock": clock, "timeout": 5.0, "sleep": lambda seconds: None, **options}
    return Client(cloud.url, cloud.token, cloud.secret, **options)


def status(client: Client) -> dict:
    return client.get(STATUS, "read", "status", dict)


def turn_off(client: Client, repeatable: bool = True) -> None:
    client.post(COMMANDS, "command", "commands", content=OFF, repeatable=repeatable)


def test_a_status_is_what_the_cloud_holds(cloud):
    assert status(client_of(cloud))["temperature"] == 21.4


def test_a_command_arrives_as_it_was_meant(cloud):
    turn_off(client_of(cloud))
    assert [entry[1:] for entry in cloud.acted] == [(AIRCON, "turnOff", "default")]


def test_one_connection_serves_call_after_call(cloud):
    client = client_of(cloud)
    for _ in range(3):
        status(client)
    turn_off(client)
    assert len({entry.port for entry in cloud.seen()}) == 1


@pytest.mark.parametrize(
    "fault", [http(500), http(503, "<html>"), drop(), code(190), code(190, "cannot read properties")]
)
def test_a_read_is_tried_again_after_a_passing_fault(cloud, fault):
    waits = []
    client = client_of(cloud, sleep=waits.append, jitter=lambda delay: delay, attempts=4)
    cloud.misbehave("status", fault, times=3)
    assert status(client)["temperature"] == 21.4
    assert waits == [10.0, 20.0, 40.0]


def test_attempts_are_tries_in_all_each_with_its_own_signature(cloud):
    cloud.misbehave("status", http(500))
    client = client_of(cloud, attempts=3)
    with pytest.raises(Unreachable):
        status(client)
    tries = cloud.seen("status")
    assert len(tries) == len({entry.nonce for entry in tries}) == 3
    assert all(entry.signed for entry in tries)
    assert [(call.purpose, call.endpoint, call.count) for call in client.spent()] == [("read", "status", 3)]
    assert client.spent() == ()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (http(401), CredentialsRefused),
        (http(403), Refused),
        (http(404), Refused),
        (http(429), Throttled),
        (http(429, "slow down", Content_Type="text/plain"), Throttled),
        (http(302, "", Location="http://127.0.0.1:9/elsewhere"), Refused),
        (code(152), Refused),
        (code(160), Refused),
        (code(161), Unreachable),
        (code(171), Unreachable),
        (code(190, "wrong deviceId"), Refused),
        (raw(""), NotUnderstood),
        (raw("<html>busy</html>"), NotUnderstood),
        (raw('{"message":null}'), NotUnderstood),
        (raw('{"statusCode":100,"message":"success"}'), NotUnderstood),
        (raw('{"statusCode":100,"body":[]}'), NotUnderstood),
        (reading("NaN"), NotUnderstood),
        (raw("x" * 1_000_001), NotUnderstood),
        (truncated(), NotUnderstood),
    ],
)
def test_what_asking_again_at_once_does_not_cure_is_tried_once(cloud, fault, kind):
    cloud.misbehave("status", fault)
    with pytest.raises(CloudError) as caught:
        status(client_of(cloud))
    assert type(caught.value) is kind
    assert not caught.value.may_have_happened
    assert len(cloud.seen()) == 1


@pytest.mark.parametrize("temperature", ['"21.5"', "200", "0"])
def test_an_odd_temperature_is_handed_on_for_the_rules_to_judge(cloud, temperature):
    cloud.misbehave("status", reading(temperature))
    assert "temperature" in status(client_of(cloud))


def test_the_client_recovers_after_each_fault(cloud):
    client = client_of(cloud, attempts=1, timeout=0.3)
    for fault in (hang(), drop(), truncated(), raw("x" * 1_000_001), drip(0.05), http(500)):
        cloud.misbehave("status", fault, times=1)
        with pytest.raises(CloudError):
            status(client)
        cloud.release()
        assert status(client)["temperature"] == 21.4


@pytest.mark.parametrize("fault", [hang(), drip(0.05)])
def test_a_try_ends_at_its_time_out_whether_the_answer_hangs_or_drips(cloud, fault):
    cloud.misbehave("status", fault)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="did not answer"):
        status(client_of(cloud, attempts=1, timeout=0.3))
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("fault", [hang(), drop(), http(500), raw(""), raw("<html>"), truncated()])
def test_a_command_whose_fate_is_unknown_says_so(cloud, fault):
    cloud.misbehave("commands", fault)
    with pytest.raises(CloudError) as caught:
        turn_off(client_of(cloud, attempts=1, timeout=0.3))
    assert caught.value.may_have_happened


@pytest.mark.parametrize("fault", [http(401), http(403), http(429), code(161), code(190), code(160)])
def test_a_command_that_was_turned_down_did_not_happen(cloud, fault):
    cloud.misbehave("commands", fault)
    with pytest.raises(CloudError) as caught:
        turn_off(client_of(cloud, attempts=1))
    assert not caught.value.may_have_happened


def test_an_earlier_try_that_may_have_happened_is_not_forgotten(cloud):
    cloud.misbehave("commands", code(161))
    cloud.misbehave("commands", drop(), times=1)
    with pytest.raises(Unreachable) as caught:
        turn_off(client_of(cloud))
    assert caught.value.code == "161"
    assert caught.value.may_have_happened


def test_a_refused_connection_did_not_carry_a_command():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: every connection is refused
        client = Client(f"http://127.0.0.1:{taken.getsockname()[1]}", "t", "s", clock=clock, attempts=1)
        with pytest.raises(Unreachable, match="cannot be reached") as caught:
            turn_off(client)
    assert not caught.value.may_have_happened


def test_a_name_that_does_not_exist_did_not_carry_a_command():
    with pytest.raises(Unreachable) as caught:
        turn_off(Client("http://nowhere.invalid", "t", "s", clock=clock, attempts=1))
    assert not caught.value.may_have_happened


def test_a_command_is_tried_again_only_where_twice_does_no_harm(cloud):
    cloud.misbehave("*", http(500))
    client = client_of(cloud)
    for repeatable, tries in ((True, 2), (False, 1)):
        before = len(cloud.seen())
        with pytest.raises(Unreachable):
            turn_off(client, repeatable)
        assert len(cloud.seen()) - before == tries


def test_a_redirect_is_not_followed_with_the_token(cloud):
    with StandIn() as elsewhere:
        cloud.misbehave("status", http(302, "", Location=elsewhere.url + STATUS))
        with pytest.raises(Refused, match="redirect"):
            status(client_of(cloud))
        assert elsewhere.seen() == []


def test_wrong_credentials_are_the_clouds_to_refuse(cloud):
    client = Client(cloud.url, cloud.token, "wrong", clock=clock)
    with pytest.raises(CredentialsRefused):
        status(client)


def test_the_clocks_are_compared_by_the_date_of_an_answer(cloud):
    ahead = client_of(cloud, clock=lambda: clock() + timedelta(minutes=2))
    status(ahead)
    assert abs(ahead.skew - timedelta(minutes=2)) < timedelta(seconds=2)
    wrong = Client(cloud.url, "other", "other", clock=lambda: clock() - timedelta(hours=1))
    with pytest.raises(CredentialsRefused):
        status(wrong)
    assert abs(wrong.skew + timedelta(hours=1)) < timedelta(seconds=2)


def test_a_netrc_file_does_not_put_other_credentials_in_place(cloud, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    status(client_of(cloud))
    assert cloud.seen()[0].signed


def test_no_secret_shows_in_logs_errors_or_reprs(cloud, caplog):
    caplog.set_level(logging.DEBUG)
    client = client_of(cloud, timeout=0.3)
    shown = [repr(client), str(client)]
    told = f"{cloud.token} and {cloud.secret}"
    for fault in (http(403, told), http(401, told), http(500, told), code(190, told), code(178, told), drop(), hang()):
        cloud.misbehave("status", fault, times=2)
        with pytest.raises(CloudError) as caught:
            status(client)
        shown += [str(caught.value), repr(caught.value), repr(caught.value.__context__), repr(caught.value.__cause__)]
        cloud.heal()
    with pytest.raises(Refused) as caught:
        client.get("/v1.1/nowhere", "read", "status", dict)
    shown += [str(caught.value), caplog.text]
    for text in shown:
        assert cloud.token not in text
        assert cloud.secret not in text


@pytest.mark.parametrize("token", ["line\nbreak", "snow☃man"])
def test_a_token_that_no_header_can_carry_is_not_quoted(cloud, token):
    client = Client(cloud.url, token, "s", clock=clock, attempts=1)
    with pytest.raises(Refused) as caught:
        status(client)
    assert token not in str(caught.value)
    assert cloud.seen() == []
