"""The last report of each meter, in the database: one row a meter, read with the tick's own four reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from support.databases import a_database, counting
from support.home_values import NOON, a_state

from switchbot_dashboard.domain.push import Push
from switchbot_dashboard.store.pushes import Pushes
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.schema import pushes
from switchbot_dashboard.tick.ports import Saved

PUSH = Push("METER01", 209, 45, None, NOON, NOON + timedelta(seconds=3), (180, 175), 208, NOON)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with a_database(tmp_path) as opened:
        yield opened


def test_a_report_comes_back_as_it_was_beside_the_zones(engine: Engine):
    repository = Repository(engine)
    repository.save(Saved(NOON, "scheduler", 5, False, [a_state()], []))
    Pushes(engine).keep(PUSH, {"METER01"})
    house = repository.load(NOON)
    assert house.pushes == Pushes(engine).all() == {"METER01": PUSH}
    assert house.states == {"home": a_state()}


def test_each_meter_has_one_row_and_meters_that_are_no_more_have_none(engine: Engine):
    rows = Pushes(engine)
    for number in range(50):
        rows.keep(replace(PUSH, tenths=200 + number), {"METER01", "METER02"})
    rows.keep(replace(PUSH, device="METER02"), {"METER02"})
    assert rows.all() == {"METER02": replace(PUSH, device="METER02")}


def test_a_report_is_noticed_through_the_serial(engine: Engine):
    before = Queries(engine).serial()
    Pushes(engine).keep(PUSH, {"METER01"})
    assert Queries(engine).serial() == before + 1


def test_a_report_is_one_write_transaction_and_a_load_still_four_reads(engine: Engine):
    with counting(engine) as counted:
        Pushes(engine).keep(PUSH, {"METER01"})
    assert counted.begun_for_writing == 1
    with counting(engine) as counted:
        Repository(engine).load(NOON)
    assert counted.reads <= 4


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"device": "METER01", "tenths": "warm"}', "null"])
def test_nonsense_in_a_row_is_dropped_and_the_rest_stays(engine: Engine, body: str):
    Repository(engine).save(Saved(NOON, "scheduler", 5, False, [a_state()], []))
    with engine.begin() as connection:
        connection.execute(pushes.insert(), [{"device": "METER01", "body": body}])
    house = Repository(engine).load(NOON)
    assert house.pushes == {}
    assert house.states == {"home": a_state()}


@pytest.mark.parametrize(
    "looks", ['"soon"', "[7, null]", '["yesterday"]', '{"a": 1}', "null", '["2026-01-15T12:00:00"]']
)
def test_nonsense_among_the_looks_that_hints_brought_costs_the_zone_nothing_else(engine: Engine, looks: str):
    repository = Repository(engine)
    repository.save(Saved(NOON, "scheduler", 5, False, [replace(a_state(), hinted_looks=(NOON,))], []))
    change = text("UPDATE zone_states SET body = json_set(body, '$.hinted_looks', json(:looks))")
    with engine.begin() as connection:
        connection.execute(change, {"looks": looks})
    assert repository.load(NOON).states == {"home": a_state()}
