"""When windows were open, by what was recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool
from support.home_values import a_tick
from support.long_history import a_reading, write_history

from switchbot_dashboard.domain.windows import Span
from switchbot_dashboard.store.history import History
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.schema import heart, metadata

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(minutes=10)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(heart.insert(), {"id": 1, "ticks_total": 0, "ticks_failed": 0, "serial": 0})
    yield engine
    engine.dispose()


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def kept(engine: Engine, *looks: tuple[int, bool]) -> History:
    """A history of looks: minutes after noon, and whether a window was open."""
    for minutes, inside in looks:
        reading = replace(a_reading(at(minutes), step=STEP), inside_window=inside)
        Repository(engine).save(a_tick(reading.at, reading))
    return History(engine)


def spans(history: History, start: int, end: int, now: int = 1000) -> list[tuple[int, int]]:
    found = history.inside("home", at(start), at(end), now=at(now))
    return [tuple(round((edge - NOON) / timedelta(minutes=1)) for edge in (span.opens, span.closes)) for span in found]  # type: ignore[misc]


def test_a_window_lasts_from_the_first_record_inside_to_the_first_outside(engine: Engine) -> None:
    history = kept(engine, (0, False), (10, True), (20, True), (30, False), (40, True), (50, False))
    assert spans(history, 0, 60) == [(10, 30), (40, 50)]


def test_a_window_that_was_open_before_the_range_is_cut_to_it(engine: Engine) -> None:
    history = kept(engine, (0, True), (10, True), (20, True), (30, False))
    assert spans(history, 15, 60) == [(15, 30)]
    assert spans(history, 5, 8) == [(5, 8)]
    assert spans(history, 0, 25) == [(0, 25)]


def test_nothing_is_known_of_a_gap(engine: Engine) -> None:
    history = kept(engine, (0, True), (10, True), (200, True), (210, False))
    assert spans(history, 0, 300) == [(0, 20), (200, 210)]
    assert spans(history, 60, 300) == [(200, 210)]


def test_the_last_record_stands_as_long_as_it_announced(engine: Engine) -> None:
    history = kept(engine, (0, True), (10, True))
    assert spans(history, 0, 300, now=300) == [(0, 20)]
    assert spans(history, 0, 300, now=15) == [(0, 15)]


def test_no_record_is_no_window(engine: Engine) -> None:
    assert spans(History(engine), 0, 300) == []
    assert spans(kept(engine, (0, True)), -60, 0) == []


def test_a_month_of_minutes_is_read_in_a_moment(engine: Engine) -> None:
    write_history(engine, NOON - timedelta(days=35), 35)
    began = time.monotonic()
    found = History(engine).inside("home", NOON - timedelta(days=35), NOON, now=NOON)
    assert time.monotonic() - began < 5
    assert all(isinstance(span, Span) for span in found)
