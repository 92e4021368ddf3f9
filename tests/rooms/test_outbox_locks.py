"""Who holds which rows while a message is sent and cancelled, on databases that hold rows and not the whole file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.dialects import postgresql
from support.databases import a_database
from support.posted import Posted

from switchbot_dashboard.domain.message import Way
from switchbot_dashboard.store import outbox_codec
from switchbot_dashboard.store.schema_people import messages


@pytest.fixture
def home() -> Iterator[Posted]:
    with a_database() as engine:
        yield Posted(engine)


@contextmanager
def touched(engine: Engine) -> Iterator[list[tuple[str, str]]]:
    """What each statement does to which of the two tables, as PostgreSQL is told: `hold`, `read` or `change`."""
    found: list[tuple[str, str]] = []

    def hear(_connection: Any, clause: Any, *_: Any) -> None:
        text = str(clause.compile(dialect=postgresql.dialect()))
        table = next((name for name in ("messages", "deliveries") if f"FROM {name} \n" in f"{text} \n"), "")
        if text.startswith("UPDATE"):
            found.append(("change", text.split()[1]))
        elif table:
            found.append(("hold" if text.endswith("FOR UPDATE") else "read", table))

    event.listen(engine, "before_execute", hear)
    try:
        yield found
    finally:
        event.remove(engine, "before_execute", hear)


def test_what_its_ways_add_up_to_is_read_while_the_message_is_held(home: Posted) -> None:
    home.put(home.person("anna", Way.EMAIL))
    (due,) = home.rows.due(home.now, Way.EMAIL, 10)
    case = home.rows.case(due.id)
    assert case is not None
    with touched(home.engine) as found:
        home.rows.claim(case, home.now)
    assert found.index(("hold", "messages")) < found.index(("read", "deliveries"))


def test_who_cancels_holds_the_rows_in_the_order_of_whoever_sends(home: Posted) -> None:
    number = home.put(home.person("anna", Way.EMAIL), at=home.now + timedelta(hours=1))
    with touched(home.engine) as found:
        home.outbox.cancel_scheduled(number)
    first = {table: next(place for place, (how, name) in enumerate(found) if how != "read" and name == table)
             for table in ("deliveries", "messages")}  # fmt: skip
    assert first["deliveries"] < first["messages"]


def test_however_many_messages_wait_a_restore_skips_them_all(home: Posted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_codec, "AT_ONCE", 2)
    anna = home.person("anna")
    for key in "abcdefghijklmnop":
        home.put(anna, key)
    with home.engine.connect() as connection:
        connection.connection.dbapi_connection.setlimit(9, 12)  # type: ignore[union-attr]  # SQLITE_LIMIT_VARIABLE_NUMBER
    home.now += timedelta(hours=1)
    assert home.outbox.skip_what_was_due(home.now) == 16
    with home.engine.connect() as connection:
        assert connection.execute(select(func.count()).where(messages.c.status == "skipped")).scalar() == 16
