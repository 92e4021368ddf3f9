"""How an alert lives: created once, told, told again, silenced, acknowledged, over; and how it is kept and listed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.dialects import sqlite
from support.alerting import ANNA, BEN, Watched, meter
from support.databases import a_database, counting
from support.pretend import Home

from switchbot_dashboard.alerts.service import Noticed
from switchbot_dashboard.domain.alert import Alert, Kind, Severity, State, Wanted
from switchbot_dashboard.domain.message import Priority
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.simulator.faults import error_of
from switchbot_dashboard.store.activity import Activity
from switchbot_dashboard.store.alerts import SENTENCE, AlertRows, statement_of
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.schema import heart
from switchbot_dashboard.store.schema_people import alerts
from switchbot_dashboard.store.watch import Watch

BY: dict[str, tuple[int | None, str]] = {"Anna": (ANNA.id, "Anna"), "Ben": (BEN.id, "Ben")}
COLD = "Temperature out of bounds"


@pytest.fixture
def engine() -> Iterator[Engine]:
    with a_database() as found:
        yield found


def a_cold_home(engine: Engine, **bounds: int) -> Watched:
    """A home in which it has been cold for so long that an alert lasts."""
    wanted = {"repeat_minutes": 60, "escalate_minutes": 0, **bounds}
    found = Watched(engine, Home("2026-01-05 12:00", alerts=wanted))
    found.home.cloud.temperature = meter(8.0)
    found.go_on(minutes=35)
    assert cold(found).state is State.ACTIVE
    return found


def cold(watched: Watched) -> Alert:
    found = watched.open(Kind.TEMPERATURE)
    assert found is not None
    return found


# telling


def test_an_alert_is_created_once_updated_while_it_lasts_and_resolved_by_itself(engine: Engine) -> None:
    watched = Watched(engine, Home("2026-01-05 12:00"))
    watched.home.cloud.temperature = error_of("401", watched.home.time, command=False)
    first = watched.step()
    assert (first.created, first.updated, first.resolved) == (1, 0, 0)
    again = watched.step(minutes=5)
    assert (again.created, again.updated, again.resolved) == (0, 1, 0)
    found = watched.open(Kind.CREDENTIALS_REFUSED)
    assert found is not None
    assert (found.last_seen, found.first_seen) == (watched.home.time, watched.home.time - timedelta(minutes=5))
    watched.home.cloud.temperature = meter()
    watched.home.after(minutes=15)
    last = watched.step()
    assert (last.created, last.updated, last.resolved) == (0, 0, 1)
    (over,) = watched.over(Kind.CREDENTIALS_REFUSED)
    assert (over.state, over.resolved_at, over.id) == (State.RESOLVED, watched.home.time, found.id)


def test_it_is_told_again_at_the_chosen_pace_until_someone_sees_to_it(engine: Engine) -> None:
    watched = a_cold_home(engine)
    watched.go_on(minutes=115)
    assert watched.told(BEN) == [COLD] * 2
    assert watched.alerts.acknowledge(cold(watched).id, BY["Ben"])
    watched.go_on(every=30, hours=5)
    assert watched.told(BEN) == [COLD] * 2
    found = cold(watched)
    assert (found.acknowledged_by, found.is_read) == ("Ben", True)
    watched.alerts.acknowledge(found.id, BY["Anna"])
    assert cold(watched).acknowledged_by == "Ben"  # who was first
    watched.alerts.silence(found.id, 60, BY["Anna"])
    deeds = [(deed.author, str(deed.sentence)) for deed in Activity(engine).of("alert", str(found.id))]
    assert deeds == [
        ("Ben", "Someone sees to it: nobody is told again."),
        ("Anna", "Nobody is told until Mon 5 Jan 20:30."),
    ]


def test_with_no_pace_it_is_told_once(engine: Engine) -> None:
    watched = a_cold_home(engine, repeat_minutes=0)
    watched.go_on(every=30, hours=8)
    assert watched.told(BEN) == [COLD]


def test_getting_worse_is_news_to_everyone_whoever_saw_to_it_or_silenced_it(engine: Engine) -> None:
    watched = a_cold_home(engine)
    watched.alerts.acknowledge(cold(watched).id, BY["Ben"])
    watched.alerts.silence(cold(watched).id, 600, BY["Ben"])
    watched.home.cloud.temperature = meter(4.0)
    watched.step(minutes=5)
    found = cold(watched)
    assert (found.severity, found.acknowledged_at, found.is_read) == (Severity.CRITICAL, None, False)
    assert watched.told(BEN) == [COLD] * 2
    last = list(watched.post.kept.values())[-1]
    assert (last.priority, last.breaks_quiet) == (Priority.URGENT, True)


def test_a_silence_holds_telling_back_for_its_time(engine: Engine) -> None:
    watched = a_cold_home(engine)
    watched.alerts.silence(cold(watched).id, 180, BY["Ben"])
    watched.go_on(minutes=175)
    assert watched.told(BEN) == [COLD]
    watched.step(minutes=5)
    assert watched.told(BEN) == [COLD] * 2
    watched.alerts.silence(cold(watched).id, 600, BY["Ben"])
    watched.alerts.silence(cold(watched).id, 0, BY["Ben"])
    watched.go_on(minutes=60)
    assert watched.told(BEN) == [COLD] * 3


def test_the_end_is_told_to_those_who_were_told_and_not_in_a_silence(engine: Engine) -> None:
    for minutes, expected in ((0, [COLD, f"Over: {COLD}"]), (60, [COLD])):
        with a_database() as another:
            watched = a_cold_home(another)
            watched.alerts.silence(cold(watched).id, minutes, BY["Ben"])
            watched.home.cloud.temperature = meter(20.0)
            watched.step(minutes=5)
            assert watched.told(BEN) == expected


def test_the_administrators_are_told_once_when_nobody_saw_to_it(engine: Engine) -> None:
    watched = a_cold_home(engine, repeat_minutes=0, escalate_minutes=30)
    begun = cold(watched).active_since
    assert begun is not None
    watched.go_on(hours=3)
    assert watched.told(ANNA) == [COLD, f"Not acknowledged: {COLD}"]
    assert watched.told(BEN) == [COLD]
    escalation = watched.post.kept[f"alert:{cold(watched).id}:escalated:{ANNA.id}"]
    assert escalation.kind == "system"  # it also reaches an administrator who muted alerts
    assert escalation.at == begun + timedelta(minutes=30)


def test_nobody_is_told_further_of_what_someone_sees_to(engine: Engine) -> None:
    watched = a_cold_home(engine, repeat_minutes=0, escalate_minutes=30)
    watched.alerts.acknowledge(cold(watched).id, BY["Ben"])
    watched.go_on(hours=3)
    assert watched.told(ANNA) == [COLD]


def test_a_value_that_swings_around_its_bound_is_one_alert(engine: Engine) -> None:
    watched = a_cold_home(engine, repeat_minutes=0)
    number = cold(watched).id
    for _swing in range(20):
        for celsius in (10.1, 9.9, 10.3, 9.7):
            watched.home.cloud.temperature = meter(celsius)
            watched.step(minutes=5)
    assert cold(watched).id == number
    assert watched.told(BEN) == [COLD]


def test_a_cloud_that_comes_and_goes_is_one_alert(engine: Engine) -> None:
    watched = Watched(engine, Home("2026-01-05 12:00", alerts={"repeat_minutes": 0, "escalate_minutes": 0}))
    broken = error_of("500", watched.home.time, command=False)
    watched.home.cloud.temperature = broken
    watched.go_on(minutes=30)
    for _turn in range(10):
        watched.home.cloud.temperature = meter()
        watched.step(minutes=5)
        watched.home.cloud.temperature = broken
        watched.step(minutes=2)
    assert [alert.kind for alert in watched.rows.standing()] == [Kind.CLOUD_FAILING]
    assert watched.told(BEN) == ["The SwitchBot cloud fails"]


def test_nothing_told_is_lost_when_the_outbox_fails_and_nothing_is_told_twice_when_the_process_dies(
    engine: Engine,
) -> None:
    watched = a_cold_home(engine, repeat_minutes=60)
    watched.home.after(minutes=60)
    watched.home.tick(every_zone=True)
    watched.post.breaks = True
    with pytest.raises(RuntimeError):
        watched.alerts.generate()
    assert cold(watched).told_count == 1  # nothing was written
    watched.post.breaks = False
    facts = watched.facts()
    changes = watched.alerts._over(facts)
    watched.post.put(changes.drafts)  # and here the process dies, before anything is written
    watched.alerts.generate()
    assert watched.told(BEN) == [COLD] * 2
    assert cold(watched).told_count == 2


def test_two_processes_that_look_at_once_come_to_one_alert_and_one_message(tmp_path: Path) -> None:
    with a_database(tmp_path):
        pass
    engines = [open_engine(f"sqlite:///{tmp_path / 'home.db'}") for _ in range(2)]
    both = [Watched(engine, Home("2026-01-05 12:00")) for engine in engines]
    both[1].post = both[0].post
    both[1].alerts._post = both[0].post
    for watched in both:
        watched.home.cloud.temperature = error_of("401", watched.home.time, command=False)
    created = []
    for _round in range(10):
        gate = threading.Barrier(2)

        def look(watched: Watched, gate: threading.Barrier = gate) -> None:
            watched.home.after(minutes=5)
            watched.home.tick(every_zone=True)
            gate.wait()
            created.append(watched.alerts.generate().created)

        threads = [threading.Thread(target=look, args=(watched,)) for watched in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(created) == 1
    (alert,) = both[0].rows.standing()
    assert alert.told_count == 1
    assert both[0].told(BEN) == ["Token and secret are refused"]
    for engine in engines:
        engine.dispose()


# kept and listed


def fill(engine: Engine, count: int, state: str = "resolved") -> None:
    """So many alerts, all over."""
    now = Home("2026-01-05 12:00").time
    rows = [
        {
            "key": f"temperature:{number}",
            "kind": "temperature",
            "subject": str(number),
            "severity": "WARNING",
            "state": state,
            "sentence": SENTENCE.write(say("It is {now:temp}.", now=80)),
            "first_seen": now,
            "last_seen": now,
            "is_read": False,
            "told_count": 1,
        }
        for number in range(count)
    ]
    with engine.begin() as connection:
        connection.execute(insert(alerts), rows)


@pytest.mark.parametrize("state", ["resolved", "active"])
def test_a_list_reads_no_more_rows_with_10_000_alerts_than_with_200(engine: Engine, state: str) -> None:
    fill(engine, 10_000, state)
    rows = AlertRows(engine, Watch(engine))
    for wanted in (Wanted(), Wanted(active=False), Wanted(over=True), Wanted(before=5000)):
        statement = statement_of(wanted).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        with engine.connect() as connection:
            plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
        assert not any("TEMP B-TREE" in step for step in plan), plan  # nothing is sorted, so the limit ends the read
        assert any("INDEX" in step or "SCAN alerts" in step for step in plan), plan
        assert len(rows.listed(wanted)) <= 100


def test_counting_reads_only_what_lasts_and_is_kept_until_something_is_written(tmp_path: Path) -> None:
    with a_database(tmp_path) as engine:
        fill(engine, 300)
        rows = AlertRows(engine, Watch(engine))
        assert (rows.count().active, rows.count().unread) == (0, 0)
        with counting(engine) as counted:
            rows.count()
        assert counted.reads == 0
        with engine.begin() as connection:
            connection.execute(alerts.update().where(alerts.c.id <= 3).values(state="active"))
        assert (rows.count().active, rows.count().unread) == (3, 3)
        rows.read(2)
        assert rows.count().unread == 2


def test_a_look_over_a_home_that_is_well_writes_nothing(engine: Engine) -> None:
    watched = Watched(engine, Home("2026-01-05 12:00"))
    watched.step()
    with counting(engine) as counted:
        watched.alerts.generate()
    assert (counted.reads, counted.begun_for_writing) == (1, 0)


def test_a_pending_alert_is_nobodys_business_yet(engine: Engine) -> None:
    watched = Watched(engine, Home("2026-01-05 12:00"))
    watched.home.cloud.temperature = meter(8.0)
    watched.step()
    pending = cold(watched)
    assert watched.rows.listed(Wanted(active=False)) == []
    assert watched.rows.get(pending.id) is None
    assert not watched.rows.acknowledge(pending.id, BY["Ben"], watched.home.time)
    assert not watched.rows.read(pending.id)


def test_the_number_of_an_alert_that_did_not_last_is_never_given_again(engine: Engine) -> None:
    watched = Watched(engine, Home("2026-01-05 12:00"))
    numbers = []
    for celsius in (8.0, 21.0, 8.0):
        watched.home.cloud.temperature = meter(celsius)
        watched.step(minutes=5)
        numbers += [alert.id for alert in watched.rows.standing()]
    assert len(numbers) == len(set(numbers)) == 2  # a message's key names it


def test_what_is_over_can_be_read_but_not_seen_to(engine: Engine) -> None:
    watched = a_cold_home(engine)
    number = cold(watched).id
    watched.home.cloud.temperature = meter(20.0)
    watched.step(minutes=5)
    assert not watched.alerts.acknowledge(number, BY["Ben"])
    assert not watched.alerts.silence(number, 60, BY["Ben"])
    assert watched.alerts.read(number)


def test_what_a_person_did_meanwhile_stays(engine: Engine) -> None:
    watched = a_cold_home(engine)
    before = cold(watched)
    watched.alerts.acknowledge(before.id, BY["Ben"])
    after = replace(before, last_seen=watched.home.time + timedelta(minutes=5))
    assert watched.rows.write((), [(before, after)], ()) == (0, 1, 0)
    assert cold(watched).acknowledged_by == "Ben"


def test_every_write_moves_the_serial_that_pages_look_at(engine: Engine) -> None:
    def serial() -> int:
        with engine.connect() as connection:
            return int(connection.execute(select(heart.c.serial)).scalar_one())

    watched = a_cold_home(engine)
    seen = [serial()]
    number = cold(watched).id
    for act in (
        lambda: watched.alerts.read(number),
        lambda: watched.alerts.silence(number, 60, BY["Ben"]),
        lambda: watched.alerts.acknowledge(number, BY["Ben"]),
        lambda: watched.step(minutes=5),
    ):
        act()
        seen.append(serial())
    assert seen == sorted(set(seen))


def test_only_a_turn_that_changed_something_asks_for_a_look(engine: Engine) -> None:
    home, noticed = Home("2026-01-05 12:00"), Noticed()
    home.tick(every_zone=True)
    home.after(minutes=5)
    assert noticed.changed([home.tick(every_zone=True)])
    home.after(minutes=5)
    assert not noticed.changed([home.tick(every_zone=True)])
    home.cloud.temperature = error_of("500", home.time, command=False)
    assert noticed.changed([home.tick(every_zone=True)])
    home.after(minutes=5)
    assert not noticed.changed([home.tick(every_zone=True)])
    home.cloud.temperature = error_of("171", home.time, command=False)
    assert noticed.changed([home.tick(every_zone=True)])
