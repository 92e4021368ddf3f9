"""A calendar week at home, when it is told, and what its figures say; over both clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from switchbot_dashboard.domain.history import HOUR, Totals
from switchbot_dashboard.reports.week import (
    Calls,
    Figures,
    Report,
    Spent,
    ZoneReport,
    calls_of,
    changes,
    due_at,
    figures_of,
    last_due,
    last_week,
    total_of,
    week_before,
    week_from,
)

PARIS = ZoneInfo("Europe/Paris")
HOURS = timedelta(hours=1)
SOME_CALLS = Calls(100, 0)


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("monday", "hours"), [(date(2026, 3, 23), 167), (date(2026, 10, 19), 169), (date(2026, 3, 30), 168)]
)
def test_a_week_with_a_clock_change_is_an_hour_shorter_or_longer(monday: date, hours: int) -> None:
    week = week_from(monday, PARIS)
    assert (week.start.astimezone(PARIS).hour, week.end.astimezone(PARIS).hour) == (0, 0)
    assert (week.end - week.start, len(week.midnights)) == (hours * HOURS, 8)
    assert week_before(week_from(monday + timedelta(days=7), PARIS), PARIS) == week


@pytest.mark.parametrize(
    ("now", "name"),
    [
        (paris(2026, 3, 29, 23, 59, 59), "2026-W12"),
        (paris(2026, 3, 30, 0, 0), "2026-W13"),
        (paris(2026, 10, 25, 23, 59, 59), "2026-W42"),
        (paris(2026, 10, 26, 0, 0), "2026-W43"),
        (paris(2027, 1, 4, 0, 0), "2026-W53"),
    ],
)
def test_a_week_is_over_at_midnight_at_home(now: datetime, name: str) -> None:
    assert last_week(now, PARIS).id == name


@pytest.mark.parametrize("monday", [date(2026, 3, 23), date(2026, 10, 19)])
def test_a_week_is_told_at_the_wall_clocks_time_after_a_clock_change(monday: date) -> None:
    week = week_from(monday, PARIS)
    due = due_at(week, "mon", 8, 0, PARIS)
    assert due.astimezone(PARIS).replace(tzinfo=None) == datetime.combine(monday, datetime.min.time()) + timedelta(
        days=7, hours=8
    )
    assert due - week.end == 8 * HOURS


def test_a_week_told_on_another_day_is_the_last_one_that_was_over() -> None:
    friday = paris(2026, 11, 27, 7, 0)
    week, due = last_due(friday, "fri", 7, 0, PARIS)
    assert (week.id, due) == ("2026-W47", friday)
    assert last_due(friday - timedelta(seconds=1), "fri", 7, 0, PARIS)[0].id == "2026-W46"
    assert last_due(friday, "*", 7, 0, PARIS)[1] == paris(2026, 11, 23, 7, 0)


def test_a_time_in_the_gap_of_a_clock_change_is_the_first_instant_after_it() -> None:
    week = week_from(date(2026, 3, 16), PARIS)
    assert due_at(week, "sun", 2, 30, PARIS) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_comfort_is_that_of_the_windows_and_running_time_that_of_the_whole_week() -> None:
    inside = Totals(covered_ms=10 * HOUR, band_ms=10 * HOUR, in_band_ms=9 * HOUR, heating_ms=5 * HOUR)
    whole = Totals(covered_ms=168 * HOUR, heating_ms=6 * HOUR, cooling_ms=HOUR, starts=4)
    assert figures_of(Spent(inside, whole)) == Figures(comfort=90, ran=7 * 3600, starts=4)
    assert total_of([Spent(inside, whole), Spent(Totals(covered_ms=1), Totals(covered_ms=1))]).comfort == 90


def test_what_is_not_known_is_no_figure() -> None:
    assert figures_of(None) == figures_of(Spent(Totals(), Totals())) == Figures()


def test_calls_saved_are_those_that_the_table_would_have_spent_on_reading_alone() -> None:
    spent = Spent(Totals(), Totals(), planned=1000.4)
    assert calls_of({"read": 700, "command": 50}, [spent]) == Calls(750, 300)
    assert calls_of({"read": 1700}, [spent]) == Calls(1700, 0)


def a_report(now: Figures, before: Figures, calls: Calls = SOME_CALLS, was: Calls | None = None) -> Report:
    zone = ZoneReport("home", "Home", now, before, True, None)
    return Report(week_from(date(2026, 11, 16), PARIS), [zone], now, calls, was, [], 0)


def test_what_changed_is_said_where_it_is_worth_a_sentence() -> None:
    report = a_report(Figures(93, 7 * 3600, 40), Figures(88, 9 * 3600, 38), Calls(500, 0), Calls(900, 0))
    assert [str(each) for each in changes(report)] == [
        "It was comfortable for more of the time: 93 % instead of 88 %.",
        "The air conditioner ran less: 7 h instead of 9 h.",
        "Fewer calls were spent: 500 instead of 900.",
    ]


def test_nothing_is_compared_with_a_week_that_is_not_known() -> None:
    assert changes(a_report(Figures(93, 7 * 3600, 40), Figures())) == []
