"""What single pages ask of the memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from support.databases import a_database
from support.home_values import NOON, a_record, a_tick, an_order, reads

from switchbot_dashboard.domain.record import Call, Outcome
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.repository import Repository


@pytest.fixture
def engine() -> Iterator[Engine]:
    with a_database() as opened:
        yield opened


def test_a_record_knows_its_neighbours_in_the_same_zone(engine: Engine) -> None:
    for number in range(3):
        repository = Repository(engine)
        repository.save(a_tick(NOON + timedelta(minutes=number), a_record(), a_record("attic")))
    queries = Queries(engine)
    assert queries.beside(3, "home") == (1, 5)
    assert queries.beside(1, "home") == (None, 3)
    assert queries.beside(6, "attic") == (4, None)


def test_the_newest_records_with_a_command_are_found(engine: Engine) -> None:
    sent = a_record(order=an_order(), outcome=Outcome.WINTER_ON)
    Repository(engine).save_many(a_tick(NOON, sent, a_record()) for _tick in range(3))
    assert [record.id for record in Queries(engine).acted(2)] == [5, 3]
    assert all(record.action is not None for record in Queries(engine).acted(9))


def test_without_records_there_are_none_with_a_command(engine: Engine) -> None:
    assert Queries(engine).acted(5) == ()


def test_calls_are_added_up_by_the_day_they_count_for(engine: Engine) -> None:
    queries, midnight = Queries(engine), NOON.replace(hour=0)
    before = midnight - timedelta(hours=1)
    command = Call(int(NOON.timestamp()) // 3600, "command", "commands", 2)
    queries.add_calls([reads(before, 7), reads(midnight, 5), reads(NOON, 4), command])
    today = NOON.date()
    assert queries.calls_by_day(NOON) == {today: {"read": 9, "command": 2}}
    assert list(queries.calls_by_day(before)) == [today - timedelta(days=1), today]
    assert isinstance(next(iter(queries.calls_by_day(before))), date)
