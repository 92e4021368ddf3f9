"""Something was written, or not: what is kept of the memory until it changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from switchbot_dashboard.people import People, Role
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.migrate import migrate
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.watch import UNKNOWN, Kept, Watch

NOW = datetime(2026, 3, 2, 16, 46, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'home.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def test_the_number_moves_with_every_commit_and_only_then(engine: Engine) -> None:
    watch = Watch(engine)
    before = watch.number()
    assert watch.number() == before
    Queries(engine).set_driver("someone", NOW)
    assert watch.number() == before + 1


def test_another_process_is_noticed(engine: Engine, tmp_path: Path) -> None:
    watch = Watch(engine)
    before = watch.number()
    other = open_engine(f"sqlite:///{tmp_path / 'home.db'}")
    Queries(other).set_driver("someone else", NOW)
    other.dispose()
    assert watch.number() != before


def test_nobody_can_tell_of_a_database_in_memory_or_of_none(tmp_path: Path) -> None:
    in_memory, missing = open_engine("sqlite://"), open_engine(f"sqlite:///{tmp_path / 'none.db'}")
    assert (Watch(in_memory).number(), Watch(missing).number()) == (UNKNOWN, UNKNOWN)
    in_memory.dispose()


def test_a_value_is_read_again_once_something_was_written(engine: Engine) -> None:
    kept, reads = Kept[int](Watch(engine)), iter(range(10))
    assert [kept.get("a", lambda: next(reads)) for _ in range(3)] == [0, 0, 0]
    Queries(engine).set_driver("someone", NOW)
    assert [kept.get("a", lambda: next(reads)) for _ in range(2)] == [1, 1]


def test_where_nobody_can_tell_everything_is_read_each_time() -> None:
    engine = open_engine("sqlite://")
    kept, reads = Kept[int](Watch(engine)), iter(range(10))
    assert [kept.get("a", lambda: next(reads)) for _ in range(3)] == [0, 1, 2]
    engine.dispose()


def test_what_is_not_there_is_not_kept(engine: Engine) -> None:
    kept, found = Kept[str | None](Watch(engine)), iter([None, "now"])
    assert [kept.get("a", lambda: next(found)) for _ in range(2)] == [None, "now"]


def test_a_revoked_token_and_a_new_password_count_at_once(engine: Engine) -> None:
    people = People(engine, lambda: NOW)
    user = people.add("anna", "correct horse battery", Role.MEMBER)
    token, text = people.create_token("phone")
    assert people.bearer(text) is not None
    assert people.bearer(text) is not None
    version = people.user(user.id)
    people.set_password("anna", "another good one")
    people.revoke_token(token.id or 0)
    assert people.bearer(text) is None
    assert people.user(user.id) != version
