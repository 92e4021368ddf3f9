from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from threading import Thread

import pytest
from sqlalchemy import Engine, select, text
from support.databases import a_database, counting
from support.home_values import HEATING, NOON, a_record, a_state, a_tick, an_order, reads

from switchbot_dashboard.domain.record import Call, Catalogue, Device, Fate, Hold, Repeat, Retry, ZoneState
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.store.engine import reading
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.schema import orders
from switchbot_dashboard.tick.ports import Saved


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with a_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def repository(engine: Engine) -> Repository:
    return Repository(engine)


def statuses(engine: Engine) -> dict[str, str]:
    with reading(engine) as connection:
        return {row.id: row.status for row in connection.execute(select(orders.c.id, orders.c.status))}


def test_an_empty_database_knows_of_no_zone_and_no_calls(repository: Repository) -> None:
    house = repository.load(NOON)
    assert (dict(house.states), house.open_orders, house.calls_today, house.calls_last_24h) == ({}, (), 0, 0)
    assert house.catalogue is None


def test_everything_known_of_a_zone_comes_back_as_it_was(repository: Repository) -> None:
    order = an_order()
    state = replace(
        a_state(),
        repeat=Repeat(2, NOON),
        retry=Retry(order, 1, NOON + timedelta(microseconds=17)),
        hold=Hold("off", NOON, None),
    )
    repository.save(Saved(NOON, "scheduler", 5, False, [state, ZoneState("attic")], []))
    assert repository.load(NOON).states == {"home": state, "attic": ZoneState("attic")}


def test_a_record_comes_back_as_it_was_with_its_id(engine: Engine, repository: Repository) -> None:
    told = a_record(
        order=an_order(), fate=Fate.FAILED, errors=(say("The scene is gone."), say("The hub did not answer."))
    )
    plain = a_record("attic", trouble="The cloud cannot be reached.")
    written = repository.save(a_tick(NOON, told, plain))
    assert [record.id for record in written] == [1, 2]
    assert tuple(Queries(engine).records()) == (replace(plain, id=2), replace(told, id=1))


def test_a_tick_takes_four_reads_and_one_write_and_a_command_one_more(engine: Engine, repository: Repository) -> None:
    repository.save(a_tick())
    with counting(engine) as loading:
        repository.load(NOON)
    with counting(engine) as intending:
        repository.intend([an_order()], [reads()])
    with counting(engine) as saving:
        repository.save(a_tick(NOON, a_record(), a_record("attic"), closed=("order-1",)))
    assert (loading.reads, len(loading.statements), loading.begun_for_writing) == (4, 4, 0)
    assert (intending.reads, intending.begun_for_writing, intending.committed) == (0, 1, 1)
    assert (saving.reads, saving.begun_for_writing, saving.committed) == (0, 1, 1)


def test_an_intent_is_open_until_its_tick_is_saved(engine: Engine, repository: Repository) -> None:
    order = an_order()
    repository.intend([order], [])
    assert repository.load(NOON).open_orders == (order,)
    repository.save(a_tick(NOON, a_record(order=order), closed=(order.id,)))
    assert repository.load(NOON).open_orders == ()
    assert statuses(engine) == {order.id: "done"}


def test_a_closed_order_keeps_how_it_ended(engine: Engine, repository: Repository) -> None:
    failed, lost = an_order("failed"), an_order("lost")
    repository.intend([failed, lost], [])
    repository.save(a_tick(NOON, a_record(order=failed, fate=Fate.FAILED), closed=("failed", "lost")))
    assert statuses(engine) == {"failed": "failed", "lost": "unknown"}


def test_an_order_that_is_sent_again_is_open_again(repository: Repository) -> None:
    order = an_order()
    repository.intend([order], [])
    repository.save(a_tick(NOON, a_record(order=order, fate=Fate.FAILED), closed=(order.id,)))
    repository.intend([order], [])
    assert repository.load(NOON).open_orders == (order,)


def test_calls_add_up_by_hour_and_count_for_the_day_and_for_24_hours(repository: Repository) -> None:
    yesterday = NOON - timedelta(hours=20)
    repository.intend([], [reads(yesterday, 5), reads(NOON - timedelta(hours=24), 100)])
    repository.intend([], [reads(NOON, 2), Call(reads(NOON).hour, "command", "commands", 1)])
    repository.intend([], [reads(NOON, 3)])
    house = repository.load(NOON)
    assert (house.calls_today, house.calls_last_24h) == (6, 111)  # of the hour a day ago nothing is known to be older
    assert house.by_hour == {reads(NOON).hour: 6, reads(yesterday).hour: 5, reads(NOON).hour - 24: 100}
    assert repository.load(NOON + timedelta(hours=1)).calls_last_24h == 11


def test_calls_of_records_that_are_a_day_old_no_longer_count(repository: Repository) -> None:
    then = NOON - timedelta(hours=24) + timedelta(minutes=10)
    for nth in range(4):
        at = then + timedelta(minutes=10 * nth)
        repository.save(replace(a_tick(at, replace(a_record(now=at), calls=3)), calls=[reads(at, 3)]))
    told = {minute: repository.load(NOON + timedelta(minutes=minute)).calls_last_24h for minute in (5, 15, 16, 31, 25)}
    assert told == {5: 12, 15: 9, 16: 9, 31: 3, 25: 6}  # also after the clock was set back
    assert Repository(repository._engine).load(NOON + timedelta(minutes=31)).by_hour == {reads(then).hour: 3}


def test_calls_of_failed_records_count_to_the_end_of_their_hour(repository: Repository) -> None:
    then = NOON - timedelta(hours=24) + timedelta(minutes=10)
    repository.save(replace(a_tick(then, a_record(now=then, trouble="It fails.")), calls=[reads(then, 2)]))
    assert repository.load(NOON + timedelta(minutes=59)).calls_last_24h == 2
    assert repository.load(NOON + timedelta(minutes=60)).calls_last_24h == 0


def test_the_day_of_calls_begins_at_midnight_utc(repository: Repository) -> None:
    midnight = NOON.replace(hour=0)
    repository.intend([], [reads(midnight - timedelta(seconds=1), 7), reads(midnight, 1)])
    assert repository.load(midnight).calls_today == 1
    assert repository.load(midnight - timedelta(seconds=1)).calls_today == 8  # what lies ahead counts as spent


def test_the_catalogue_is_read_again_only_when_it_is_new(engine: Engine, repository: Repository) -> None:
    first = Catalogue((Device("M1", "Salon", "Meter", False, raw={"deviceId": "M1", "n": [1, None]}),), {}, NOON)
    second = Catalogue((), {"s1": "Warm"}, NOON)
    other_process = Repository(engine)
    other_process.save(replace(a_tick(), catalogue=first))
    assert repository.load(NOON).catalogue == first
    assert repository.load(NOON).catalogue is repository.load(NOON).catalogue
    other_process.save(replace(a_tick(), catalogue=second))
    assert repository.load(NOON).catalogue == second


@pytest.mark.parametrize(
    "body", ["", "nonsense", "{}", '{"zone": "home", "aircon": {"power": "maybe"}}', "[1]", "null"]
)
def test_a_state_that_cannot_be_read_back_starts_afresh_and_is_told_once(
    engine: Engine, repository: Repository, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    repository.save(a_tick())
    with engine.begin() as connection:
        connection.execute(text("UPDATE zone_states SET body = :body"), {"body": body})
    fresh = Repository(engine)
    with caplog.at_level(logging.WARNING):
        assert fresh.load(NOON).states == {"home": ZoneState("home")}
        fresh.load(NOON)
    assert len([line for line in caplog.messages if "cannot be read back" in line]) == 1


def test_a_record_or_an_order_that_cannot_be_read_back_is_left_out(engine: Engine, repository: Repository) -> None:
    repository.intend([an_order("good"), an_order("bad")], [])
    repository.save(a_tick())
    repository.save(a_tick())
    with engine.begin() as connection:
        connection.execute(text("UPDATE orders SET body = '{}' WHERE id = 'bad'"))
        connection.execute(text("UPDATE records SET body = '{\"old\": 1}' WHERE id = 1"))
    assert [order.id for order in repository.load(NOON).open_orders] == ["good"]
    assert [record.id for record in Queries(engine).records()] == [2]
    assert Queries(engine).record(1) is None


def test_a_state_of_a_later_shape_is_read_without_what_is_unknown(engine: Engine, repository: Repository) -> None:
    repository.save(a_tick())
    with engine.begin() as connection:
        connection.execute(text('UPDATE zone_states SET body = \'{"zone": "home", "mood": "warm"}\''))
    assert repository.load(NOON).states == {"home": ZoneState("home")}


def test_a_week_of_ticks_is_written_in_bulk_in_half_a_second(engine: Engine, repository: Repository) -> None:
    ticks = [a_tick(NOON + timedelta(minutes=10 * number)) for number in range(1008)]
    with counting(engine) as counted:
        begun = time.process_time()
        repository.save_many(ticks)
        spent = time.process_time() - begun
    assert spent < 0.5
    assert counted.begun_for_writing == 1
    assert Queries(engine).pulse().ticks_total == 1008
    assert [record.at for record in Queries(engine).records(limit=1)] == [ticks[-1].at]


def test_one_zone_is_loaded_and_saved_within_a_millisecond(repository: Repository) -> None:
    spent = []
    for number in range(200):
        tick = a_tick(NOON + timedelta(seconds=15 * number))
        begun = time.process_time()
        repository.load(tick.at)
        repository.save(tick)
        spent.append(time.process_time() - begun)
    assert median(spent) < 0.002  # a millisecond, and as much again for a busy machine


def test_a_database_in_memory_serves_many_threads() -> None:
    with a_database() as engine:
        repository = Repository(engine)

        def work() -> None:
            for _ in range(20):
                repository.load(NOON)
                repository.save(a_tick())

        threads = [Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Queries(engine).pulse().ticks_total == 120


def test_two_writers_on_one_file_wait_for_each_other(tmp_path: Path) -> None:
    with a_database(tmp_path) as one, a_database(tmp_path) as other:
        repositories = [Repository(one), Repository(other)] * 2

        def work(repository: Repository) -> None:
            for _ in range(25):
                repository.load(NOON)
                repository.intend([an_order()], [reads()])
                repository.save(a_tick())

        threads = [Thread(target=work, args=(repository,)) for repository in repositories]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Queries(one).pulse().ticks_total == 100
        assert repositories[0].load(NOON).calls_today == 200


def test_nothing_of_a_tick_is_kept_when_a_part_of_it_fails(engine: Engine, repository: Repository) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE calls"))
    with pytest.raises(Exception, match="calls"):
        repository.save(a_tick())
    assert Queries(engine).pulse().ticks_total == 0
    assert Queries(engine).records() == ()


def test_the_record_keeps_what_lists_and_charts_need_in_columns(engine: Engine, repository: Repository) -> None:
    repository.save(a_tick(NOON, a_record(tenths=195, order=an_order())))
    with reading(engine) as connection:
        row = connection.execute(text("SELECT * FROM records")).mappings().one()
    assert (row["temperature"], row["humidity"], row["power"], row["ac_mode"]) == (195, 45, 1, HEATING.mode)
    assert (row["action"], row["error"], row["at"]) == ("on", None, int(NOON.timestamp() * 1000))
