from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from support.databases import a_database, counting
from support.home_values import NOON, a_record, a_tick, an_order, reads

from switchbot_dashboard.domain.record import Call, Catalogue, Fate, Outcome
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.store.queries import JobState, Pulse, Queries
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.schema import EPOCH, MILLISECOND, epoch_ms

LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with a_database() as opened:
        yield opened


@pytest.fixture
def queries(engine: Engine) -> Queries:
    return Queries(engine)


@pytest.fixture
def repository(engine: Engine) -> Repository:
    return Repository(engine)


def test_records_come_newest_first_and_page_by_page(queries: Queries, repository: Repository) -> None:
    repository.save_many(a_tick(NOON + timedelta(minutes=number)) for number in range(10))
    assert [record.id for record in queries.records(limit=3)] == [10, 9, 8]
    assert [record.id for record in queries.records(limit=3, before=8)] == [7, 6, 5]
    assert queries.records(before=1) == ()


def test_records_can_be_asked_for_by_zone_and_outcome(queries: Queries, repository: Repository) -> None:
    repository.save(a_tick(NOON, a_record(), a_record("attic", outcome=Outcome.WINTER_ON), a_record("attic")))
    assert [record.id for record in queries.records(zone="attic")] == [3, 2]
    assert [record.id for record in queries.records(outcome="winter_on")] == [2]
    assert [record.id for record in queries.records(zone="home", outcome="winter_on")] == []


def test_one_record_is_found_by_its_id(queries: Queries, repository: Repository) -> None:
    (written,) = repository.save(a_tick())
    assert queries.record(1) == written
    assert queries.record(2) is None


def test_the_pulse_counts_ticks_and_failures(queries: Queries, repository: Repository) -> None:
    assert queries.pulse() == Pulse()
    repository.save(a_tick())
    repository.save(replace(a_tick(LATER), failed=True, trigger="manual", duration_ms=77))
    assert queries.pulse() == Pulse(LATER, "manual", 77, ticks_total=2, ticks_failed=1, serial=2)


def test_the_serial_moves_with_every_write_and_is_one_small_read(
    engine: Engine, queries: Queries, repository: Repository
) -> None:
    seen = [queries.serial()]
    for write in (
        lambda: repository.save(a_tick()),
        lambda: queries.add_calls([reads()]),
        lambda: queries.save_catalogue(Catalogue((), {}, NOON), []),
        lambda: queries.set_driver("pid 7", NOON),
        lambda: queries.set_job_enabled("cleanup", False),
    ):
        write()
        seen.append(queries.serial())
    assert seen == sorted(set(seen))
    with counting(engine) as counted:
        queries.serial()
    assert len(counted.statements) == 1


def test_the_driver_is_remembered_until_it_leaves(queries: Queries) -> None:
    queries.set_driver("pid 7 (web)", NOON)
    assert (queries.pulse().driver, queries.pulse().driver_since) == ("pid 7 (web)", NOON)
    queries.set_driver(None, LATER)
    assert (queries.pulse().driver, queries.pulse().driver_since) == (None, None)


def test_calls_are_listed_by_hour_and_by_purpose(queries: Queries) -> None:
    hour = reads().hour
    queries.add_calls([reads(NOON, 3), Call(hour, "command", "scene"), reads(NOON - timedelta(hours=13), 9)])
    assert queries.calls_by_hour(NOON) == (Call(hour, "command", "scene", 1), Call(hour, "read", "status", 3))
    assert queries.calls_of_day(NOON) == {"command": 1, "read": 3}


def test_a_listing_keeps_the_catalogue_and_counts_its_calls(queries: Queries, repository: Repository) -> None:
    listed = Catalogue((), {"s1": "Warm"}, NOON)
    queries.save_catalogue(listed, [Call(reads().hour, "catalogue", "devices", 2)])
    assert queries.catalogue() == listed
    assert repository.load(NOON).catalogue == listed
    assert repository.load(NOON).calls_today == 2
    assert queries.pulse().ticks_total == 0


def test_the_last_error_is_the_newest_that_nothing_made_good(queries: Queries, repository: Repository) -> None:
    repository.save(a_tick(NOON, a_record(trouble="The cloud cannot be reached.")))
    repository.save(a_tick(LATER, a_record("attic", LATER, trouble="The meter is silent.")))
    assert queries.last_error(LATER) == ("The meter is silent.", LATER)
    repository.save(a_tick(LATER, a_record("attic", LATER)))
    assert queries.last_error(LATER) == ("The cloud cannot be reached.", NOON)


def test_a_failed_command_is_an_error_in_its_own_words(queries: Queries, repository: Repository) -> None:
    failed = a_record(order=an_order(), fate=Fate.FAILED, errors=(say("No such scene."), say("The hub is offline.")))
    repository.save(a_tick(NOON, failed))
    assert queries.last_error(NOON) == ("The hub is offline.", NOON)


def test_a_tick_that_tried_nothing_does_not_make_an_error_good(queries: Queries, repository: Repository) -> None:
    repository.save(a_tick(NOON, a_record(trouble="The cloud cannot be reached.")))
    repository.save(a_tick(LATER, a_record(now=LATER, looked=False)))
    assert queries.last_error(LATER) is not None


def test_an_error_is_forgotten_after_a_day(queries: Queries, repository: Repository) -> None:
    repository.save(a_tick(NOON, a_record(trouble="The cloud cannot be reached.")))
    assert queries.last_error(NOON + timedelta(hours=24)) is not None
    assert queries.last_error(NOON + timedelta(hours=24, seconds=1)) is None


def test_a_job_remembers_its_last_run_and_whether_it_is_paused(queries: Queries) -> None:
    assert queries.job("cleanup") == JobState("cleanup")
    queries.set_job_enabled("cleanup", False)
    queries.job_ran("cleanup", NOON, say("ok"), 12)
    assert queries.job("cleanup") == JobState("cleanup", False, NOON, say("ok"), 12)
    queries.set_job_enabled("cleanup", True)
    assert queries.jobs() == {"cleanup": JobState("cleanup", True, NOON, say("ok"), 12)}


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_an_instant_comes_back_to_the_millisecond_below(instant: datetime) -> None:
    back = EPOCH + MILLISECOND * epoch_ms(instant)
    assert timedelta(0) <= instant - back < MILLISECOND


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(TypeError):
        epoch_ms(NOON.replace(tzinfo=None))
