"""When someone is reminded: the table, each length and step, over both clock changes, and what holds for any course."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from switchbot_dashboard.domain.reminder import Planned, StepKind
from switchbot_dashboard.reminders.steps import Course, Length, length_of, next_due

PARIS = ZoneInfo("Europe/Paris")
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
ZONES = ["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Kiritimati"]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def paris(text: str) -> datetime:
    """An instant by the clock in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def shown(steps: tuple[Planned, ...]) -> list[str]:
    """Steps by the clock in Paris: `two_days Wed 25 08:00`."""
    return [f"{step.kind} {step.at.astimezone(PARIS):%a %d %H:%M}" for step in steps]


def course(starts: str, due: str, since: str = "", snoozed: str = "") -> Course:
    return Course(
        paris(starts),
        paris(due),
        PARIS,
        paris(since) if since else LONG_AGO,
        paris(snoozed) if snoozed else None,
    )


TABLE = [
    # short: under 4 h
    ("2026-03-02 14:00", "2026-03-02 17:00", ["left Mon 02 15:00", "overdue Mon 02 17:00"]),
    ("2026-03-02 14:00", "2026-03-02 16:00", ["left Mon 02 14:00", "overdue Mon 02 16:00"]),
    ("2026-03-02 14:00", "2026-03-02 15:59", ["left Mon 02 14:59", "overdue Mon 02 15:59"]),
    ("2026-03-02 14:00", "2026-03-02 14:20", ["left Mon 02 14:10", "overdue Mon 02 14:20"]),
    # medium: 4 to 24 h
    ("2026-03-02 14:00", "2026-03-02 18:00", ["left Mon 02 16:00", "overdue Mon 02 18:00"]),
    ("2026-03-02 14:00", "2026-03-03 14:00", ["left Tue 03 12:00", "overdue Tue 03 14:00"]),
    # long: over 24 h
    ("2026-03-02 14:00", "2026-03-03 14:01", ["same_day Tue 03 08:00", "overdue Tue 03 14:01"]),
    (
        "2026-03-02 14:00",
        "2026-03-06 18:00",
        ["two_days Wed 04 08:00", "one_day Thu 05 08:00", "same_day Fri 06 08:00", "overdue Fri 06 18:00"],
    ),
    ("2026-03-02 07:00", "2026-03-03 18:00", ["one_day Mon 02 08:00", "same_day Tue 03 08:00", "overdue Tue 03 18:00"]),
    ("2026-03-02 14:00", "2026-03-05 07:59", ["two_days Tue 03 08:00", "one_day Wed 04 08:00", "overdue Thu 05 07:59"]),
    (
        "2026-03-02 14:00",
        "2026-03-05 08:00",
        ["two_days Tue 03 08:00", "one_day Wed 04 08:00", "same_day Thu 05 08:00", "overdue Thu 05 08:05"],
    ),
    # the clocks go forward on 29 March, back on 25 October; 24 h are time that passes
    ("2026-03-28 14:00", "2026-03-29 15:00", ["left Sun 29 13:00", "overdue Sun 29 15:00"]),
    ("2026-03-28 14:00", "2026-03-29 15:01", ["same_day Sun 29 08:00", "overdue Sun 29 15:01"]),
    ("2026-10-24 14:00", "2026-10-25 13:00", ["left Sun 25 11:00", "overdue Sun 25 13:00"]),
    ("2026-10-24 14:00", "2026-10-25 13:01", ["same_day Sun 25 08:00", "overdue Sun 25 13:01"]),
    ("2026-03-29 00:30", "2026-03-29 04:30", ["left Sun 29 01:30", "overdue Sun 29 04:30"]),  # 3 h
    ("2026-10-25 00:30", "2026-10-25 04:30", ["left Sun 25 02:30", "overdue Sun 25 04:30"]),  # 5 h
    (
        "2026-03-26 14:00",
        "2026-03-30 18:00",
        ["two_days Sat 28 08:00", "one_day Sun 29 08:00", "same_day Mon 30 08:00", "overdue Mon 30 18:00"],
    ),
    (
        "2026-10-22 14:00",
        "2026-10-26 18:00",
        ["two_days Sat 24 08:00", "one_day Sun 25 08:00", "same_day Mon 26 08:00", "overdue Mon 26 18:00"],
    ),
]


@pytest.mark.parametrize(("starts", "due", "steps"), TABLE)
def test_each_length_is_told_as_the_table_says(starts: str, due: str, steps: list[str]) -> None:
    assert shown(course(starts, due).steps()) == steps


@pytest.mark.parametrize(
    ("length", "kind"),
    [
        (4 * HOUR - MINUTE, Length.SHORT),
        (4 * HOUR, Length.MEDIUM),
        (24 * HOUR, Length.MEDIUM),
        (24 * HOUR + MINUTE, Length.LONG),
    ],
)
def test_a_length_is_short_medium_or_long(length: timedelta, kind: Length) -> None:
    assert length_of(LONG_AGO, LONG_AGO + length) is kind


def test_a_step_before_the_reminder_was_made_is_dropped() -> None:
    made_late = course("2026-03-02 14:00", "2026-03-06 18:00", since="2026-03-05 09:00")
    assert shown(made_late.steps()) == ["same_day Fri 06 08:00", "overdue Fri 06 18:00"]


@pytest.mark.parametrize("due", ["2026-03-28 20:00", "2026-10-24 20:00"])
def test_overdue_comes_again_every_24_hours_of_time_that_passes(due: str) -> None:
    late = course("2026-03-01 10:00", due)
    assert [late.overdue(number).at - paris(due) for number in range(5)] == [number * DAY for number in range(5)]


def test_administrators_are_told_from_the_one_at_48_hours_on() -> None:
    late = course("2026-03-02 14:00", "2026-03-02 17:00")
    assert [late.overdue(number).to_administrators for number in range(4)] == [False, False, True, True]


@pytest.mark.parametrize(
    ("snoozed", "steps"),
    [
        ("2026-03-04 20:00", ["snoozed Wed 04 20:00", "one_day Thu 05 08:00", "same_day Fri 06 08:00"]),
        ("2026-03-05 08:00", ["snoozed Thu 05 08:00", "same_day Fri 06 08:00"]),
        ("2026-03-06 17:00", ["snoozed Fri 06 17:00"]),
        ("2026-03-06 18:00", []),
    ],
)
def test_a_snooze_that_ends_before_the_due_instant_is_told_at_its_end(snoozed: str, steps: list[str]) -> None:
    again = course("2026-03-02 14:00", "2026-03-06 18:00", "2026-03-04 09:00", snoozed)
    assert shown(again.steps()) == [*steps, "overdue Fri 06 18:00"]


def test_a_snooze_beyond_the_due_instant_is_overdue_at_its_end_and_counted_from_there() -> None:
    again = course("2026-03-02 14:00", "2026-03-02 17:00", "2026-03-02 17:10", "2026-03-03 08:00")
    assert shown((*again.steps(), again.overdue(1))) == ["overdue Tue 03 08:00", "overdue Wed 04 08:00"]


@pytest.mark.parametrize(
    ("due", "done", "days", "again"),
    [
        ("2026-03-02 18:00", "2026-03-05 09:00", 30, "2026-04-04 18:00"),  # done late, over the clock change
        ("2026-03-02 18:00", "2026-02-27 23:30", 1, "2026-02-28 18:00"),  # done early
        ("2026-03-22 02:30", "2026-03-22 10:00", 7, "2026-03-29 03:00"),  # in the gap: the first instant after it
        ("2026-10-18 02:30", "2026-10-18 10:00", 7, "2026-10-25 02:30"),  # the first of the two
    ],
)
def test_it_comes_back_so_many_days_after_the_day_it_was_done(due: str, done: str, days: int, again: str) -> None:
    assert next_due(paris(due), paris(done), days, PARIS) == paris(again)


starts = st.integers(0, 366 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE)
lengths = st.integers(1, 6 * 24 * 60).map(lambda minutes: minutes * MINUTE)
shifts = st.integers(-3 * 24 * 60, 9 * 24 * 60).map(lambda minutes: minutes * MINUTE)


@given(starts, lengths, shifts, st.none() | shifts, st.sampled_from(ZONES).map(ZoneInfo))
@example(datetime(2026, 3, 2, tzinfo=UTC), 7 * DAY + 8 * HOUR, timedelta(0), None, ZoneInfo("UTC"))
def test_steps_come_in_order_one_at_an_instant_and_after_the_due_one_only_overdue(
    begins: datetime, length: timedelta, since: timedelta, snooze: timedelta | None, zone: ZoneInfo
) -> None:
    due = begins + length
    any_course = Course(begins, due, zone, begins + since, begins + snooze if snooze is not None else None)
    steps = (*any_course.steps(), *(any_course.overdue(number) for number in range(1, 4)))

    assert all(before.at < after.at for before, after in pairwise(steps))
    for step in steps:
        if step.kind is StepKind.OVERDUE:
            late = step.at - any_course.counts_from - step.number * DAY
            assert timedelta(0) <= late <= (15 * MINUTE if step.number == 0 else timedelta(0))
        else:
            assert max(begins, begins + since) <= step.at <= due or step.kind is StepKind.SNOOZED
    ahead = [step.kind for step in steps if step.kind not in (StepKind.OVERDUE, StepKind.SNOOZED)]
    mornings = [StepKind.TWO_DAYS, StepKind.ONE_DAY, StepKind.SAME_DAY]
    assert ahead in ([], [StepKind.LEFT]) if length <= DAY else ahead == [kind for kind in mornings if kind in ahead]
    assert all(step.at.astimezone(zone).time() == time(8) for step in steps if step.kind in mornings)


@given(starts, lengths, st.sampled_from(ZONES).map(ZoneInfo))
def test_of_a_course_made_at_its_start_no_step_is_missing(begins: datetime, length: timedelta, zone: ZoneInfo) -> None:
    due = begins + length
    ahead = [step for step in Course(begins, due, zone, begins).steps() if step.kind is not StepKind.OVERDUE]
    if length <= DAY:
        assert [due - step.at for step in ahead] == [2 * HOUR if length >= 2 * HOUR else length / 2]
        return
    days = [due.astimezone(zone).date() - number * DAY for number in (2, 1, 0)]
    wanted = [datetime.combine(day, time(8), zone).astimezone(UTC) for day in days]
    assert [step.at for step in ahead] == [at for at in wanted if begins <= at <= due]
