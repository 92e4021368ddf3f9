from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text
from support.databases import a_database, counting
from support.home_values import NOON, a_record, a_state, a_tick, an_order, reads

from switchbot_dashboard.domain.record import Catalogue, House, Order, Record
from switchbot_dashboard.store.engine import reading
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.schema import calls, catalogue, orders, records, zone_states
from switchbot_dashboard.store.steady import SteadyStore


class Disk:
    """Lets a test make a database read-only, or unreadable too, and well again."""

    def __init__(self, engine: Engine) -> None:
        self.broken = False
        self.unreadable = False
        self._engine = engine
        event.listen(engine, "before_cursor_execute", self._look)

    def _look(self, _connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        read_only = self.unreadable or (self.broken and not statement.startswith("SELECT"))
        cursor.execute(f"PRAGMA query_only = {int(read_only)}")
        if self.unreadable:
            cursor.execute("DELETE FROM heart")  # fails: read-only


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with a_database(tmp_path, lock_wait_seconds=0.05) as opened:
        yield opened


@pytest.fixture
def disk(engine: Engine) -> Disk:
    return Disk(engine)


@pytest.fixture
def store(engine: Engine, disk: Disk) -> SteadyStore:
    return SteadyStore(Repository(engine))


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_a_healthy_store_is_the_repository(store: SteadyStore, engine: Engine) -> None:
    (written,) = store.save(a_tick())
    assert (written.id, store.healthy, store.reason) == (1, True, None)
    assert store.load(NOON) == Repository(engine).load(NOON)


def test_a_tick_goes_on_in_memory_when_nothing_can_be_written(store: SteadyStore, disk: Disk) -> None:
    store.save(a_tick())
    disk.broken = True
    order = an_order()
    store.intend([order], [reads()])
    assert store.load(NOON).open_orders == (order,)
    (kept,) = store.save(a_tick(NOON, a_record(tenths=195), closed=(order.id,)))
    house = store.load(NOON)
    assert kept.id is None
    assert (house.open_orders, house.calls_today, house.calls_last_24h) == ((), 3, 3)
    assert not store.healthy


def test_the_reason_is_a_sentence_that_says_what_to_do(store: SteadyStore, disk: Disk) -> None:
    disk.broken = True
    store.save(a_tick())
    assert str(store.reason) == (
        "The database cannot be written (attempt to write a readonly database). Check the disk's space and permissions."
    )


def test_the_next_write_that_succeeds_takes_the_backlog_along_at_once(
    store: SteadyStore, disk: Disk, engine: Engine
) -> None:
    disk.broken = True
    order = an_order()
    store.intend([order], [])
    for number in range(5):
        store.save(
            a_tick(NOON + minutes(number), a_record(now=NOON + minutes(number), order=order), closed=(order.id,))
        )
    disk.broken = False
    with counting(engine) as counted:
        (last,) = store.save(a_tick(NOON + minutes(5)))
    assert counted.committed == 1
    assert [record.at for record in Queries(engine).records()] == [
        NOON + minutes(number) for number in range(5, -1, -1)
    ]
    assert (last.id, Queries(engine).pulse().ticks_total, store.healthy) == (6, 6, True)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT id, status FROM orders")).all() == [(order.id, "done")]


def test_one_line_is_logged_when_it_begins_and_one_when_it_ends(
    store: SteadyStore, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    disk.broken = True
    for _ in range(3):
        store.load(NOON)
        store.save(a_tick())
    disk.broken = False
    store.save(a_tick())
    store.save(a_tick())
    assert caplog.messages == [
        "[store] The database cannot be written; ticks go on in memory: attempt to write a readonly database",
        "[store] The database can be written again; 4 records are caught up",
    ]


def test_a_full_disk_is_survived(store: SteadyStore, engine: Engine) -> None:
    store.save(a_tick())
    with engine.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    long = a_record(trouble="The cloud cannot be reached. " * 1000)
    kept = [store.save(a_tick(NOON, long))[0].id for _ in range(3)]
    assert kept == [None, None, None]
    assert "full" in str(store.reason)
    with reading(engine) as connection:
        connection.execute(text("PRAGMA max_page_count = 100000"))
    assert store.save(a_tick())[0].id == 5


def test_a_database_locked_by_another_program_is_survived(store: SteadyStore, engine: Engine) -> None:
    with engine.begin():
        assert store.save(a_tick())[0].id is None
        assert "locked" in str(store.reason)
    assert store.save(a_tick())[0].id == 2


def test_what_was_saved_is_known_when_the_database_can_no_longer_be_read(store: SteadyStore, disk: Disk) -> None:
    store.load(NOON)
    store.save(a_tick(NOON, a_record(tenths=195)))
    disk.unreadable = True
    house = store.load(NOON + minutes(1))
    assert house.states == {"home": a_state()}
    assert house.calls_today == 1
    assert "cannot be read" in str(store.reason)


def test_a_day_that_is_over_no_longer_counts_while_the_database_cannot_be_read(store: SteadyStore, disk: Disk) -> None:
    store.intend([], [reads(NOON, 9000)])
    store.load(NOON)
    disk.unreadable = True
    tomorrow = store.load(NOON + minutes(13 * 60))
    assert (tomorrow.calls_today, tomorrow.calls_last_24h) == (0, 9000)
    assert store.load(NOON + minutes(25 * 60)).calls_last_24h == 0


def test_a_store_that_was_never_read_knows_an_empty_house(store: SteadyStore, disk: Disk) -> None:
    disk.unreadable = True
    assert store.load(NOON) == House({}, (), 0, 0, None)


def test_states_yield_to_a_tick_that_another_process_saved_meanwhile(
    store: SteadyStore, disk: Disk, engine: Engine
) -> None:
    store.load(NOON)
    disk.broken = True
    store.save(a_tick(NOON, a_record()))
    disk.broken = False
    newer = a_state("home", NOON + minutes(1), tenths=215)
    Repository(engine).save(replace(a_tick(NOON + minutes(1)), states=[newer]))
    assert store.load(NOON + minutes(2)).states == {"home": newer}
    store.save(replace(a_tick(NOON + minutes(2)), states=[]))
    assert Repository(engine).load(NOON).states == {"home": newer}
    assert len(Queries(engine).records()) == 3


def test_the_backlog_is_bounded_and_drops_the_oldest_records(engine: Engine, disk: Disk) -> None:
    store = SteadyStore(Repository(engine), kept_records=10)
    disk.broken = True
    for number in range(50):
        order = an_order(f"order-{number}")
        store.intend([order], [])
        store.save(
            a_tick(NOON + minutes(number), a_record(now=NOON + minutes(number), order=order), closed=(order.id,))
        )
    waiting = an_order("waiting")
    store.intend([waiting], [])
    disk.broken = False
    store.save(a_tick(NOON + minutes(50)))
    assert [record.at for record in Queries(engine).records()] == [
        NOON + minutes(number) for number in range(50, 40, -1)
    ]
    assert Queries(engine).pulse().ticks_total == 51
    assert Repository(engine).load(NOON).open_orders == (waiting,)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM orders")).scalar_one() <= 12


def test_a_catalogue_waits_too(store: SteadyStore, disk: Disk, engine: Engine) -> None:
    disk.broken = True
    listed = Catalogue((), {"s1": "Warm"}, NOON)
    store.save(replace(a_tick(), catalogue=listed))
    assert store.load(NOON).catalogue == listed
    disk.broken = False
    store.save(a_tick())
    assert Repository(engine).load(NOON).catalogue == listed


def everything(engine: Engine) -> tuple[object, ...]:
    kept = tuple(Queries(engine).records(limit=1000))
    with reading(engine) as connection:
        ended = connection.execute(text("SELECT id, status FROM orders ORDER BY id")).all()
    house = Repository(engine).load(NOON)
    return house, kept, ended, Queries(engine).pulse().ticks_total


steps = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["intend", "save", "close"]), st.sampled_from("abc")), max_size=25
)


def emptied(engine: Engine) -> SteadyStore:
    with engine.begin() as connection:
        for table in (records, orders, calls, zone_states, catalogue):
            connection.execute(table.delete())
        connection.execute(text("UPDATE heart SET ticks_total = 0"))
    return SteadyStore(Repository(engine))


def test_after_any_outages_the_memory_is_that_of_a_store_that_never_failed() -> None:
    with a_database() as shaky, a_database() as sound:
        disk = Disk(shaky)

        @settings(max_examples=60)
        @given(steps)
        def check(steps: list[tuple[bool, str, str]]) -> None:
            disk.broken = False
            stores = [emptied(shaky), emptied(sound)]
            for number, (disk.broken, verb, name) in enumerate([*steps, (False, "save", "a")]):
                now, order = NOON + timedelta(seconds=number), an_order(name)
                for store in stores:
                    do(store, verb, order, a_record(name, now, tenths=200 + number))
                assert stores[0].load(now) == stores[1].load(now)
            assert everything(shaky) == everything(sound)

        check()


def do(store: SteadyStore, verb: str, order: Order, record: Record) -> None:
    if verb == "intend":
        store.intend([order], [reads()])
    else:
        done = replace(record, action=a_record(order=order).action) if verb == "close" else record
        store.save(a_tick(record.at, done, closed=(order.id,) if verb == "close" else ()))
