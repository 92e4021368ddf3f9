"""The cleaning of what people were told and did: what is on its way stays, and a trial changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, insert, select
from support.databases import a_database
from support.long_history import write_history

from switchbot_dashboard.config import Config, JobTime
from switchbot_dashboard.domain.settings import Settings
from switchbot_dashboard.housekeeping import Housekeeping
from switchbot_dashboard.store import cleanup_people as module
from switchbot_dashboard.store.engine import reading
from switchbot_dashboard.store.schema import calls, metadata, users
from switchbot_dashboard.store.schema_people import (
    activity,
    alerts,
    attempts,
    deliveries,
    messages,
    parts,
    reminder_steps,
    reminders,
)

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NUMBERS = itertools.count(1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with a_database(tmp_path) as opened:
        user = {"id": 1, "name": "ada", "role": "admin", "session_version": 1, "created_at": NOW - 900 * DAY}
        put(opened, users, **user)
        yield opened


def put(engine: Engine, table: Table, **row: Any) -> int:
    with engine.begin() as connection:
        key = connection.execute(insert(table), row).inserted_primary_key
    return int(key[0]) if key else 0


def a_message(
    engine: Engine,
    status: str,
    age: timedelta,
    *,
    delivery: str = "",
    cancelled: timedelta | None = None,
    created: timedelta | None = None,
    tried: timedelta | None = None,
) -> int:
    number = next(NUMBERS)
    row = {"key": f"m{number}", "recipient_id": 1, "author": "", "title": "t", "body": "b", "kind": "system"}
    more = {"priority": "normal", "breaks_quiet": False, "related_type": "", "related_id": "", "data": "{}"}
    times = {"scheduled_at": NOW - age, "created_at": NOW - (created or age)}
    gone = NOW - cancelled if cancelled else None
    found = put(engine, messages, **row, **more, **times, status=status, cancelled_at=gone)
    leg = {"message_id": found, "channel": "email", "key": f"d{number}", "status": delivery or status, "tries": 1}
    sent = put(engine, deliveries, **leg, due_at=NOW - age, resent=False)
    at = NOW - (tried or age)
    put(engine, attempts, delivery_id=sent, message_id=found, channel="email", at=at, result="failed")
    put(engine, parts, message_id=found, name="html", type="text/html", body=b"x")
    return found


def left(engine: Engine, table: Table = messages) -> set[int]:
    with reading(engine) as connection:
        return set(connection.execute(select(table.c.id)).scalars())


def housekeeping(engine: Engine, settings: Settings | None = None) -> Housekeeping:
    return Housekeeping(engine, Config(cleanup=JobTime()), lambda: settings or Settings())


@pytest.mark.parametrize("status", ["sent", "failed", "unknown", "skipped"])
def test_a_message_that_ended_goes_after_ninety_days_with_all_that_belongs_to_it(engine: Engine, status: str) -> None:
    old, young = a_message(engine, status, 91 * DAY), a_message(engine, status, 89 * DAY)
    housekeeping(engine).clean(NOW)
    assert old not in left(engine)
    assert left(engine) == {young}
    for table in (deliveries, attempts, parts):
        with reading(engine) as connection:
            assert list(connection.execute(select(table.c.message_id)).scalars()) == [young]


@pytest.mark.parametrize(
    ("status", "delivery"), [("pending", "pending"), ("sending", "sending"), ("failed", "pending"), ("sent", "sending")]
)
def test_what_is_on_its_way_or_tried_again_stays_however_old(engine: Engine, status: str, delivery: str) -> None:
    kept = a_message(engine, status, 400 * DAY, delivery=delivery)
    housekeeping(engine).clean(NOW)
    assert left(engine) == {kept}


def test_what_was_tried_or_written_of_late_stays(engine: Engine) -> None:
    tried = a_message(engine, "failed", 200 * DAY, tried=3 * DAY)
    written = a_message(engine, "skipped", 200 * DAY, created=10 * DAY)
    housekeeping(engine).clean(NOW)
    assert left(engine) == {tried, written}


def test_a_cancelled_message_goes_thirty_days_after_it_was_cancelled(engine: Engine) -> None:
    a_message(engine, "cancelled", -300 * DAY, cancelled=31 * DAY)
    kept = a_message(engine, "cancelled", 60 * DAY, cancelled=29 * DAY)
    housekeeping(engine).clean(NOW)
    assert left(engine) == {kept}


def test_deeds_are_kept_for_half_a_year_and_the_call_ledger_for_a_month(engine: Engine) -> None:
    row = {"author": "ada", "object_type": "user", "object_id": "1", "sentence": "{}"}
    put(engine, activity, at=NOW - 181 * DAY, **row)
    kept = put(engine, activity, at=NOW - 179 * DAY, **row)
    for days in (31, 29):
        hour = int((NOW - days * DAY).timestamp()) // 3600
        put(engine, calls, hour=hour, purpose="read", endpoint="status", count=days)
    housekeeping(engine).clean(NOW)
    assert left(engine, activity) == {kept}
    with reading(engine) as connection:
        assert list(connection.execute(select(calls.c.count)).scalars()) == [29]


def test_alerts_that_are_over_and_reminders_that_are_done_go_with_the_averages(engine: Engine) -> None:
    def an_alert(state: str, days: int) -> int:
        at = NOW - days * DAY
        row = {"key": f"a{next(NUMBERS)}", "kind": "k", "subject": "home", "severity": "INFO", "sentence": "{}"}
        over = at if state == "resolved" else None
        return put(engine, alerts, **row, state=state, first_seen=at, last_seen=at, resolved_at=over, is_read=True,
                   told_count=0)  # fmt: skip

    def a_reminder(status: str, days: int) -> int:
        at = NOW - days * DAY
        row = {"user_id": 1, "author": "", "title": "t", "kind": "other", "object": "", "device_id": "", "zone": ""}
        more = {"note": "", "tell_created": False, "tell_done": False, "round": 1, "starts_at": at, "due_at": at}
        done = at if status == "done" else None
        found = put(engine, reminders, **row, **more, status=status, done_at=done, created_at=at)
        put(engine, reminder_steps, reminder_id=found, round=1, kind="due", number=0, at=at, status="sent")
        return found

    an_alert("resolved", 401)
    alerts_kept = {an_alert("resolved", 399), an_alert("active", 900), an_alert("pending", 900)}
    a_reminder("done", 401)
    a_reminder("stopped", 401)
    reminders_kept = {a_reminder("done", 399), a_reminder("open", 900)}
    housekeeping(engine).clean(NOW)
    assert left(engine, alerts) == alerts_kept
    assert left(engine, reminders) == reminders_kept
    assert len(left(engine, reminder_steps)) == 2


def dump(engine: Engine) -> dict[str, list[Any]]:
    with reading(engine) as connection:
        return {table.name: list(connection.execute(select(table)).all()) for table in metadata.sorted_tables}


def test_a_trial_names_what_the_cleaning_then_does_and_changes_nothing(engine: Engine) -> None:
    write_history(engine, NOW - 4 * DAY, 4, step=timedelta(minutes=10))
    for status, days in (("sent", 91), ("sent", 5), ("pending", 300)):
        a_message(engine, status, days * DAY)
    keeper = housekeeping(engine, Settings(history_raw_days=2))
    before = dump(engine)
    piles = {pile.kind: (pile.before, pile.gone) for pile in keeper.foreseen(NOW)}
    assert dump(engine) == before
    assert piles["messages"] == (3, 1)
    assert piles["attempts"] == (3, 1)
    assert piles["records"][0] == 576
    outcome = str(keeper.clean(NOW))
    went = f"records {piles['records'][1]} (576 → {576 - piles['records'][1]})"
    assert outcome.startswith(f"removed, with what there was before and is after: {went}")
    assert outcome.endswith("messages 1 (3 → 2); tries to send 1 (3 → 2)")
    with reading(engine) as connection:
        count = connection.execute(select(func.count()).select_from(metadata.tables["records"])).scalar()
    assert count == 576 - piles["records"][1] < 576


def test_a_second_cleaning_has_nothing_to_do(engine: Engine) -> None:
    a_message(engine, "sent", 91 * DAY)
    housekeeping(engine).clean(NOW)
    assert "nothing was old enough to be removed" in str(housekeeping(engine).clean(NOW))


def test_many_go_in_blocks(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 3)
    for _ in range(7):
        a_message(engine, "sent", 100 * DAY)
    kept = a_message(engine, "pending", 100 * DAY)
    assert "messages 7 (8 → 1)" in str(housekeeping(engine).clean(NOW))
    assert left(engine) == {kept}
