"""How each user wants to be told: what may be chosen, and what it means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, insert
from support.databases import a_database

from switchbot_dashboard.domain.message import Way
from switchbot_dashboard.people import People, PreferenceBook, Preferences, Unfit, preferences_of
from switchbot_dashboard.store.schema_people import preferences
from switchbot_dashboard.store.watch import Watch

PARIS = ZoneInfo("Europe/Paris")
NIGHT = Preferences(quiet_from="22:30", quiet_to="07:00")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with a_database(tmp_path) as engine:
        yield engine


@pytest.fixture
def book(engine: Engine) -> PreferenceBook:
    return PreferenceBook(engine, Watch(engine))


def test_someone_who_chose_nothing_is_told_everything_at_any_hour(book: PreferenceBook) -> None:
    chosen = book.of(1)
    assert chosen == Preferences()
    assert chosen.allows("alert", Way.EMAIL)
    assert chosen.quiet_until(datetime(2026, 3, 2, 2, tzinfo=UTC), PARIS) is None


def test_what_was_chosen_is_kept_and_goes_with_the_user(engine: Engine, book: PreferenceBook) -> None:
    people = People(engine, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    anna = people.add("anna", None).id
    assert book.of(anna) == Preferences()
    for wished in (NIGHT, Preferences("fr", ("report",), ("system",))):
        assert book.save(anna, wished)
        assert book.of(anna) == wished
        assert PreferenceBook(engine, Watch(engine)).of(anna) == wished
    people.remove("anna")
    assert book.of(anna) == Preferences()


def test_preferences_of_nobody_are_not_kept(book: PreferenceBook) -> None:
    assert not book.save(7, NIGHT)


def test_a_row_that_cannot_be_read_leaves_the_standard(engine: Engine, book: PreferenceBook) -> None:
    anna = People(engine, lambda: datetime(2026, 3, 2, tzinfo=UTC)).add("anna", None).id
    with engine.begin() as connection:
        connection.execute(insert(preferences).values(user_id=anna, body='{"quiet_from": "late"}'))
    assert book.of(anna) == Preferences()


def test_a_kind_may_stay_in_the_dashboard_or_be_muted() -> None:
    chosen = Preferences(muted_kinds=("report",), dashboard_kinds=("system",))
    assert [chosen.allows("report", way) for way in Way] == [False, False, False]
    assert [chosen.allows("system", way) for way in Way] == [True, False, False]
    assert [chosen.allows("of another tool", way) for way in Way] == [True, False, False]  # counts as system
    assert [chosen.allows("alert", way) for way in Way] == [True, True, True]


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-02T21:29", None),
        ("2026-03-02T21:30", "2026-03-03T06:00"),
        ("2026-03-03T05:59", "2026-03-03T06:00"),
        ("2026-03-03T06:00", None),
        ("2026-03-28T22:00", "2026-03-29T05:00"),  # the clocks go forward that night
        ("2026-10-24T21:00", "2026-10-25T06:00"),  # and back that one
    ],
)
def test_quiet_hours_are_those_of_the_homes_clock(now: str, until: str | None) -> None:
    ends = NIGHT.quiet_until(datetime.fromisoformat(now).replace(tzinfo=UTC), PARIS)
    assert ends == (datetime.fromisoformat(until).replace(tzinfo=UTC) if until else None)


def test_quiet_hours_within_a_day_end_on_that_day() -> None:
    nap = Preferences(quiet_from="13:00", quiet_to="15:00")
    assert nap.quiet_until(datetime(2026, 7, 1, 12, tzinfo=UTC), PARIS) == datetime(2026, 7, 1, 13, tzinfo=UTC)


def test_what_is_left_out_is_as_standard() -> None:
    body = {"language": "fr", "muted_kinds": ["report"], "quiet_from": "22:30", "quiet_to": "07:00"}
    assert preferences_of(body) == Preferences("fr", ("report",), (), "22:30", "07:00")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "de"}, "language"),
        ({"language": ["fr"]}, "language"),
        ({"muted_kinds": "alert"}, "muted_kinds"),
        ({"muted_kinds": [["alert"]]}, "muted_kinds"),
        ({"dashboard_kinds": ["gossip"]}, "dashboard_kinds"),
        ({"dashboard_kinds": ["alert"], "muted_kinds": ["alert"]}, "muted_kinds"),
        ({"quiet_from": "25:00", "quiet_to": "07:00"}, "quiet_from"),
        ({"quiet_from": 22, "quiet_to": "07:00"}, "quiet_from"),
        ({"quiet_from": "22:30"}, "quiet_to"),
        ({"quiet_to": "07:00"}, "quiet_from"),
        ({"quiet_from": "07:00", "quiet_to": "07:00"}, "quiet_to"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_each_field_that_cannot_be_used_gets_its_sentence(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Unfit) as refused:
        preferences_of(body)
    assert list(refused.value.fields) == [field]
    assert str(refused.value.fields[field]).endswith(".")
