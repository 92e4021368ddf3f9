"""Faults of the cloud one by one and mixed: the real adapter over HTTP, the real database, a clock moved by hand."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from support.account import Account
from support.cloud_faults import METER, Fault, code, drip, drop, hang, http, raw, reading, truncated
from support.pretend import at
from support.standin import StandIn

from switchbot_dashboard.domain.record import Fate, Outcome, Record

INSIDE = "2026-01-05 07:00"


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        stand_in.status[METER]["temperature"] = 19.0  # cold: what can be trusted switches the heating on
        yield stand_in


READS: dict[str, tuple[Fault, int, Outcome, str]] = {
    "time-out": (hang(), 2, Outcome.API_ERROR, "did not answer within"),
    "dropped": (drop(), 2, Outcome.API_ERROR, "connection to the cloud dropped"),
    "drip": (drip(0.1), 2, Outcome.API_ERROR, "did not answer within"),
    "401": (http(401), 1, Outcome.API_ERROR, "does not accept the token and secret"),
    "403": (http(403), 1, Outcome.API_ERROR, "Token and secret are not the cause"),
    "429": (http(429, "Too Many Requests"), 1, Outcome.API_ERROR, "too many calls in a short time"),
    "500": (http(500), 2, Outcome.API_ERROR, "HTTP 500"),
    "503": (http(503, ""), 2, Outcome.API_ERROR, "HTTP 503"),
    "190 inner": (code(190, "Device internal error"), 2, Outcome.API_ERROR, "Device internal error"),
    "190 wrong id": (code(190, "wrong deviceId"), 1, Outcome.API_ERROR, "does not accept this device id"),
    "190 burst": (code(190, "too many request"), 1, Outcome.API_ERROR, "too many calls in a short time"),
    "190 spent": (code(190, "over the daily limit"), 1, Outcome.QUOTA_EXHAUSTED, "calls to the cloud are used up"),
    "161": (code(161), 1, Outcome.API_ERROR, "The device is offline"),
    "171": (code(171), 1, Outcome.API_ERROR, "The hub is offline"),
    "152": (code(152), 1, Outcome.API_ERROR, "no device with this id"),
    "garbage": (raw("<html>teapot</html>"), 1, Outcome.API_ERROR, "not the JSON"),
    "truncated": (truncated(), 1, Outcome.API_ERROR, "broke off"),
    "empty": (raw(""), 1, Outcome.API_ERROR, "is empty"),
    "no body": (raw('{"statusCode":100,"message":"success"}'), 1, Outcome.API_ERROR, "lacks what was asked for"),
    "text": (reading('"19.0"'), 1, Outcome.INVALID_TEMPERATURE, "is not a number: '19.0'"),
    "NaN": (reading("NaN"), 1, Outcome.API_ERROR, "not the JSON"),
    "infinite": (reading("1e999"), 1, Outcome.API_ERROR, "not the JSON"),
    "200 °C": (reading("200"), 1, Outcome.INVALID_TEMPERATURE, "says 200 °C, outside what it can measure"),
    "all zero": (reading("0", "0", "0"), 1, Outcome.INVALID_TEMPERATURE, "has not reported to the cloud"),
    "null": (reading("null"), 1, Outcome.INVALID_TEMPERATURE, "carries no temperature"),
}


def assert_told(home: Account, record: Record, outcome: Outcome, words: str) -> None:
    """The record says what happened, nothing was sent, and the loop goes on."""
    assert record.verdict.outcome is outcome
    assert words in str(record.verdict.sentence)
    assert home.commands == []
    assert record.wake.at > record.at
    assert home.queries.records(limit=1)[0].verdict == record.verdict


def assert_healed(home: Account) -> None:
    """The look at which the cloud may be asked again brings a reading, and the command that was owed."""
    assert home.turned is not None
    state = home.state()
    assert state.wake is not None
    home.clock.now = max(state.wake.at, state.wake.look_at)
    if home.clock.now >= at("2026-01-05 08:30"):  # a refusal that outlasts the window
        home.clock.now = at("2026-01-06 07:00")
    record = home.tick(every_zone=True)[0]
    assert record.trouble is None
    assert record.verdict.outcome is Outcome.WINTER_ON
    assert [what for _, _, what in home.commands] == ["setAll 23,5,3,on"]


@pytest.mark.parametrize("name", READS)
def test_a_reading_that_fails_is_told_counted_and_healed(cloud, tmp_path: Path, name):
    fault, tries, outcome, words = READS[name]
    with Account(cloud, tmp_path, INSIDE) as home:
        cloud.misbehave("status", fault)
        record = home.tick("start", every_zone=True)[0]
        assert_told(home, record, outcome, words)
        assert home.ledger == {"catalogue": 2, "read": tries}
        assert len(cloud.seen("status")) == tries
        cloud.heal()
        assert_healed(home)


def test_a_refused_connection_is_told_counted_and_healed(cloud, tmp_path: Path):
    port = int(cloud.url.rsplit(":", 1)[1])
    with Account(cloud, tmp_path, INSIDE) as home:
        cloud.stop()
        record = home.tick("start", every_zone=True)[0]
        assert_told(home, record, Outcome.API_ERROR, "no connection, or no such name")
        assert home.ledger == {"catalogue": 4, "read": 2}
        with StandIn(port=port) as back:
            back.clock, back.status = cloud.clock, cloud.status
            home.cloud = back
            assert_healed(home)


def test_a_name_that_cannot_be_looked_up_is_told_counted_and_healed(cloud, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    looked_up, known = socket.getaddrinfo, False

    def lookup(host, *rest, **more):
        if host == "cloud.invalid":
            if not known:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            host = "127.0.0.1"
        return looked_up(host, *rest, **more)

    monkeypatch.setattr("socket.getaddrinfo", lookup)
    url = cloud.url.replace("127.0.0.1", "cloud.invalid")
    with Account(cloud, tmp_path, INSIDE, url=url) as home:
        record = home.tick("start", every_zone=True)[0]
        assert_told(home, record, Outcome.API_ERROR, "cloud.invalid cannot be reached")
        known = True
        assert_healed(home)


@pytest.mark.parametrize("name", ["text", "200 °C", "all zero", "null"])
def test_nonsense_forbids_a_command_on_the_good_reading_before_it(cloud, tmp_path: Path, name):
    cloud.status[METER]["temperature"] = 21.0
    with Account(cloud, tmp_path, INSIDE) as home:
        home.tick("start", every_zone=True)
        cloud.misbehave("status", READS[name][0])
        records = home.walk("2026-01-05 08:29")
        assert {record.verdict.outcome for record in records} == {Outcome.INVALID_TEMPERATURE}
        assert home.commands == []


def test_silence_beyond_its_minutes_is_a_stale_reading(cloud, tmp_path: Path):
    cloud.status[METER]["temperature"] = 21.0
    with Account(cloud, tmp_path, INSIDE, stale_after_minutes=10) as home:
        home.tick("start", every_zone=True)
        cloud.misbehave("status", code(161))
        outcomes = [record.verdict.outcome for record in home.walk("2026-01-05 07:20")]
        assert outcomes[0] is Outcome.API_ERROR
        assert outcomes[-1] is Outcome.STALE_READING
        assert home.commands == []


# name: fault, tries, fate, words
SENDS: dict[str, tuple[Fault, int, Fate, str]] = {
    "time-out": (hang(), 2, Fate.UNKNOWN, "did not answer within"),
    "dropped": (drop(), 2, Fate.UNKNOWN, "dropped"),
    "401": (http(401), 1, Fate.FAILED, "token and secret"),
    "403": (http(403), 1, Fate.FAILED, "403"),
    "429": (http(429, "slow down"), 1, Fate.FAILED, "too many calls"),
    "500": (http(500), 2, Fate.UNKNOWN, "HTTP 500"),
    "190": (code(190, "inner"), 2, Fate.FAILED, "inner"),
    "160": (code(160), 1, Fate.FAILED, "does not know this command"),
    "161": (code(161), 1, Fate.FAILED, "The device is offline"),
    "171": (code(171), 1, Fate.FAILED, "The hub is offline"),
    "garbage": (raw("<html>"), 1, Fate.UNKNOWN, "not the JSON"),
    "empty": (raw(""), 1, Fate.UNKNOWN, "is empty"),
    "truncated": (truncated(), 1, Fate.UNKNOWN, "broke off"),
}


@pytest.mark.parametrize("name", SENDS)
def test_a_command_that_fails_is_told_counted_and_sent_again(cloud, tmp_path: Path, name):
    fault, tries, fate, words = SENDS[name]
    with Account(cloud, tmp_path, INSIDE) as home:
        cloud.misbehave("commands", fault)
        record = home.tick("start", every_zone=True)[0]
        assert record.action is not None
        assert record.action.fate is fate
        assert record.verdict.outcome is Outcome.API_ERROR
        assert words in str(record.verdict.sentence)
        assert home.ledger == {"catalogue": 2, "read": 1, "command": tries}
        assert home.state().aircon.power is None
        cloud.heal()
        records = home.walk("2026-01-05 08:00")
        assert any(record.verdict.outcome is Outcome.WINTER_ON for record in records)
        assert home.state().aircon.power is True
        assert len(home.commands) == tries + 1


@pytest.mark.parametrize("seed", range(3))
def test_faults_in_any_mixture_leave_a_loop_that_heals(cloud, tmp_path: Path, seed):
    chance = random.Random(seed)
    faults = [entry[0] for table in (READS, SENDS) for entry in table.values() if entry[0].drip == 0]
    places = list(product(["*", "status", "commands", "devices", "scenes"], faults))

    def mix() -> None:
        cloud.heal()
        cloud.status[METER]["temperature"] = chance.choice([18.0, 21.0, 24.0])
        for endpoint, fault in chance.sample(places, 2):
            cloud.misbehave(endpoint, fault, times=chance.choice([1, 2, None]))

    with Account(cloud, tmp_path, "2026-01-05 06:20", timeout=0.1, off_repeat_count=2) as home:
        mix()
        records = home.walk("2026-01-05 08:45", mix)
        cloud.heal()
        for record in records:
            assert record.wake.at > record.at - timedelta(seconds=1)
            nonsense = record.trouble is not None and record.trouble.outcome is not Outcome.API_ERROR
            assert not (nonsense and record.action is not None)
        assert any(record.trouble or record.action for record in records)
        assert len(records) == len(home.queries.records(limit=1000))
        assert sum(home.ledger.values()) == len(cloud.seen())
        cloud.status[METER]["temperature"] = 19.0
        settled = home.walk("2026-01-06 07:00")[-1]
        assert settled.trouble is None
        assert home.state().aircon.power is True
