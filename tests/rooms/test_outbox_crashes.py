"""Exactly once: whatever breaks at whichever step, with two outboxes on one database, and over a kill in mid-send."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from support.beating import wait_until
from support.databases import a_database
from support.posted import NOW, SENT, UNKNOWN, Posted, folder_database

from switchbot_dashboard.domain.message import Priority, Way
from switchbot_dashboard.notifications.parcel import Outcome, Parcel
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.schema import users

TESTS = Path(__file__).parents[1]


class Died(BaseException):
    """The process is gone: nothing of it runs any more."""


class Dying:
    """The rows as a process sees them that dies before or after some of its steps."""

    STEPS = ("put", "bells", "due", "case", "ring", "claim", "finish", "put_off", "skip")

    def __init__(self, rows: Any, when: list[int]) -> None:
        self._rows, self._when, self._step = rows, set(when), 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._rows, name)
        if name not in self.STEPS:
            return method

        def called(*args: Any, **keys: Any) -> Any:
            self.die()
            found = method(*args, **keys)
            self.die()
            return found

        return called

    def die(self) -> None:
        self._step += 1
        if self._step in self._when:
            raise Died


@pytest.fixture(scope="module")
def home():
    with a_database() as engine:
        yield Posted(engine)


@settings(max_examples=60, deadline=None)
@given(
    deaths=st.lists(st.integers(1, 60), max_size=6),
    in_carrier=st.lists(st.sampled_from(["before", "after", "not"]), max_size=6),
    urgent=st.booleans(),
    ways=st.lists(st.sampled_from([Way.EMAIL, Way.APPRISE]), max_size=2, unique=True),
)
def test_whichever_step_it_dies_at_each_message_arrives_once_or_its_fate_is_shown(
    home: Posted, deaths: list[int], in_carrier: list[str], urgent: bool, ways: list[Way]
) -> None:
    with home.engine.begin() as connection:
        connection.execute(delete(users))
    home.now, arrived, fates = NOW, Counter[str](), iter(in_carrier)
    anna = home.person("anna", *ways)

    class Mailman:
        def carry(self, parcel: Parcel) -> Any:
            fate = next(fates, "not")
            if fate == "before":
                raise Died
            arrived[parcel.key] += 1
            if fate == "after":
                raise Died
            return SENT

    home.mail = home.phone = Mailman()  # type: ignore[assignment]
    dying = Dying(home.rows, deaths)
    priority = Priority.URGENT if urgent else Priority.NORMAL
    drafts = [home.draft(anna, key, priority=priority) for key in ("one", "two")]
    outbox = home.outbox
    real = home.rows
    for _life in range(20):  # each hands in what it has to, sends what is due, and looks after what got stuck
        outbox.sender._claimed.clear()
        outbox._rows = outbox.sender._rows = home.rows = dying  # type: ignore[assignment]
        try:
            outbox.put(drafts)
            outbox.sender.recover(home.now)
            home.send()
            quiet = real.next_due(NOW - timedelta(days=1)) is None and not real.stuck(home.now, 1)
        except Died:
            quiet = False
        finally:
            outbox._rows = outbox.sender._rows = home.rows = real
        if quiet:
            break
        home.now += timedelta(minutes=6)
    assert quiet

    messages = home.outbox.messages(_admin())
    assert len(messages) == 2
    for message in messages:
        for delivery in home.story(message.id).deliveries:
            if delivery.channel is Way.BELL:
                assert delivery.status == "sent"
                continue
            key = home.rows.case(delivery.id)
            count = arrived[key.key] if key is not None else 0
            expected = {"sent": {1, 2} if urgent else {1}, "unknown": {0, 1, 2} if urgent else {0, 1}, "skipped": {0}}
            assert count in expected[delivery.status.value], (delivery, count)
            unknown_tries = [each for each in home.tries(message.id) if each.endswith("unknown")]
            assert count < 2 or unknown_tries, "a second copy only after a fate that nobody could know"
    deaths_in_doubt = sum(fate != "not" for fate in in_carrier) + len(deaths)
    unknown = sum(delivery.status == "unknown" for each in messages for delivery in home.story(each.id).deliveries)
    assert unknown <= deaths_in_doubt
    assert home.outbox.unread(anna) == 2


def _admin() -> Any:
    from switchbot_dashboard.domain.posted import Viewer

    return Viewer(None, "", admin=True)


def test_two_outboxes_on_one_database_send_each_message_once(tmp_path: Path) -> None:
    with a_database(tmp_path) as engine:
        first = Posted(engine)
        other_engine = open_engine(folder_database(tmp_path))
        second = Posted(other_engine)
        second.mail, second.phone = first.mail, first.phone
        people = [first.person(f"user{each}", Way.EMAIL, Way.APPRISE) for each in range(30)]
        first.outbox.put([first.draft(each, f"k{each}") for each in people])
        for home in (first, second):
            home.outbox.sender.start()
        for _ in range(20):  # and both hand in the same ones, again and again
            second.outbox.put([second.draft(each, f"m{each}") for each in people])
            first.outbox.put([first.draft(each, f"m{each}") for each in people])
        wait_until(lambda: len(first.mail.parcels) >= 60 and len(first.phone.parcels) >= 60, "all have left", 30)
        for home in (first, second):
            home.outbox.sender.wait_until_idle(10)
            home.outbox.sender.stop()
        assert set(first.mail.arrived.values()) == {1} == set(first.phone.arrived.values())
        assert (len(first.mail.parcels), len(first.phone.parcels)) == (60, 60)
        numbers = [each.id for each in first.outbox.messages(_admin(), limit=1000)]
        assert len(numbers) == 60
        assert {first.status(each) for each in numbers} == {"sent"}
        assert all(first.outbox.unread(each) == 2 for each in people)
        other_engine.dispose()


def test_a_carrier_that_hangs_holds_one_thread_and_is_given_up_at_the_stop(tmp_path: Path) -> None:
    with a_database(tmp_path) as engine:
        home, go = Posted(engine), threading.Event()
        home.mail.before = lambda parcel: go.wait(30) and None
        numbers = [home.put(home.person(f"user{each}", Way.EMAIL, Way.APPRISE), f"k{each}") for each in range(8)]
        home.outbox.sender.start()
        wait_until(lambda: len(home.phone.parcels) == 8, "the other way goes on")
        wait_until(lambda: len(home.outbox.sender._lanes.under_way) == 1, "one mail alone is under way")
        sweeping = threading.Thread(target=lambda: home.outbox.sweep(home.now))
        sweeping.start()
        began = time.monotonic()
        home.outbox.sender.stop()
        sweeping.join(2)
        assert time.monotonic() - began < 2, "nobody waits for it, neither the stop nor a sweep"
        assert Counter(home.status(each) for each in numbers) == {"unknown": 1, "pending": 7}
        late = next(each for each in numbers if home.status(each) == "unknown")
        go.set()  # its last word counts
        wait_until(lambda: home.status(late) == "sent", "the late word")


@pytest.mark.parametrize("step", ["ring", "claim"])
def test_what_the_memory_kept_from_leaving_leaves_once_it_answers_again(
    tmp_path: Path, monkeypatch, caplog, step: str
) -> None:
    monkeypatch.setattr("switchbot_dashboard.notifications.sending.LONGEST_REST", 0.01)
    with a_database(tmp_path) as engine:
        home, failures = Posted(engine), [3]
        works = getattr(home.rows, step)

        def locked(*args: Any) -> Any:
            if failures[0]:
                failures[0] -= 1
                raise OSError("the database is locked")
            return works(*args)

        monkeypatch.setattr(home.rows, step, locked)
        number = home.put(home.person("anna", Way.EMAIL))
        home.outbox.sender.start()
        wait_until(lambda: home.status(number) == "sent", "it left without a sweep", 5)
        home.outbox.sender.stop()
        assert (len(home.mail.parcels), failures) == (1, [0])
        assert "it is tried again" in caplog.text


def test_a_result_that_cannot_be_written_at_once_is_written_later(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("switchbot_dashboard.notifications.sending.WRITE_PAUSES", (0.01, 0.01))
    with a_database(tmp_path) as engine:
        home, finish, failures = Posted(engine), None, [2]
        finish = home.rows.finish

        def full(*args: Any) -> bool:
            if failures[0]:
                failures[0] -= 1
                raise OSError("the disk is full")
            return finish(*args)

        monkeypatch.setattr(home.rows, "finish", full)
        number = home.put(home.person("anna", Way.EMAIL))
        home.send()
        assert (home.status(number), len(home.mail.parcels)) == ("sent", 1)


VICTIM = f"""
import os, sys, time
sys.path.insert(0, {str(TESTS)!r})
from datetime import UTC, datetime
from pathlib import Path
from support.posted import SENT, Posted
from switchbot_dashboard.store.engine import open_engine

folder = Path(sys.argv[1])
log = os.open(folder / "arrived.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

def before(parcel):
    os.write(log, f"{{parcel.key}}\\n".encode())
    time.sleep(0.004)

home = Posted(open_engine(f"sqlite:///{{folder / 'home.db'}}"), datetime.now(UTC))
home.mail.before = home.phone.before = before
print("begun", flush=True)
home.outbox.sender.start()
while True:
    time.sleep(0.05)
    home.now = datetime.now(UTC)
    home.outbox.sender.wake()
"""


def test_kills_in_mid_send_lose_nothing_and_send_nothing_twice(tmp_path: Path) -> None:
    with a_database(tmp_path) as engine:
        home = Posted(engine)
        people = [home.person(f"user{each}", Way.EMAIL, Way.APPRISE) for each in range(40)]
        numbers = home.outbox.put([home.draft(each, f"k{each}") for each in people])
        log = tmp_path / "arrived.log"
        kills = 4
        for place in range(kills):
            victim = subprocess.Popen(
                [sys.executable, "-c", VICTIM, str(tmp_path)],
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": str(TESTS.parent)},
            )
            assert victim.stdout is not None
            assert victim.stdout.readline() == b"begun\n"
            wanted = 15 * (place + 1)
            wait_until(lambda: log.exists() and len(log.read_text().split()) >= wanted, "it sends", 30)  # noqa: B023
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            victim.stdout.close()
        home.now = NOW.replace(year=2090)  # whoever is next finds what got stuck, and sends the rest
        stuck = home.outbox.sender.recover(home.now)
        home.send()
        arrived = Counter(log.read_text().split()) + home.mail.arrived + home.phone.arrived
        assert 0 < stuck <= 4 * kills
        assert set(arrived.values()) == {1}
        statuses = Counter(each.status.value for number in numbers for each in home.story(number).deliveries)
        assert statuses == {"sent": 120 - stuck, "unknown": stuck}
        assert len(arrived) >= 80 - stuck


def test_outcomes_have_the_names_of_the_table() -> None:
    assert {UNKNOWN.outcome, *Outcome} == {"sent", "refused", "failed", "unknown"}
