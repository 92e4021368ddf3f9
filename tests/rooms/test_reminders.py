"""Reminders over the real store on a pretend clock: told once, in order, whenever the service was down."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from support.databases import a_database, counting
from support.posted import Posted
from support.reminded import ANNA, BEN, CLEO, MYSELF, PARIS, World, paris

from switchbot_dashboard.domain.message import Way
from switchbot_dashboard.domain.reminder import Author, Kind, State, Wish
from switchbot_dashboard.reminders import Invalid, NotOpen, Unknown

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_database(tmp_path) as engine:
        yield World(engine).furnish()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with a_database() as opened:
        World(opened).furnish()
        yield opened


def test_a_loan_of_an_afternoon_is_reminded_at_15_00_and_overdue_by_17_15(world: World):
    loan = world.make("2026-03-02 14:00", "2026-03-02 17:00", kind=Kind.LOAN)
    world.walk(paris("2026-03-02 17:15"))
    assert world.told(loan) == ["left 0 Mon 02 15:00", "overdue 0 Mon 02 17:00"]


def test_a_loan_of_five_days_is_told_on_three_mornings_and_overdue_by_18_15(world: World):
    loan = world.make("2026-03-02 14:00", "2026-03-06 18:00", kind=Kind.LOAN)
    world.walk(paris("2026-03-06 18:15"))
    mornings = ["two_days 0 Wed 04 08:00", "one_day 0 Thu 05 08:00", "same_day 0 Fri 06 08:00"]
    assert world.told(loan) == [*mornings, "overdue 0 Fri 06 18:00"]


def test_mornings_follow_the_home_into_another_zone(world: World):
    loan = world.make("2026-03-02 14:00", "2026-03-06 18:00", kind=Kind.LOAN)
    soon = world.make("2026-03-02 14:00", "2026-03-05 09:00")
    world.walk(paris("2026-03-04 12:00"))
    world.zone = ZoneInfo("America/New_York")
    for _ in range(2):
        world.reminders.apply(world.now)
    world.walk(paris("2026-03-06 18:15"))
    mornings = ["two_days 0 Wed 04 08:00", "one_day 0 Thu 05 14:00", "same_day 0 Fri 06 14:00"]
    assert world.told(loan) == [*mornings, "overdue 0 Fri 06 18:00"]
    # at 08:00 in New York it is overdue: that morning is dropped
    assert world.told(soon)[1:3] == ["one_day 0 Wed 04 08:00", "overdue 0 Thu 05 09:00"]
    assert "same_day 0 cancelled" in world.story(soon)


def test_overdue_comes_every_24_hours_and_from_48_hours_on_to_administrators_too(world: World):
    loan = world.make("2026-03-02 14:00", "2026-03-02 17:00")
    world.walk(paris("2026-03-05 18:00"))
    late = [f"overdue {number} {day} 17:00" for number, day in enumerate(["Mon 02", "Tue 03", "Wed 04", "Thu 05"])]
    assert world.told(loan) == ["left 0 Mon 02 15:00", *late]
    assert world.told(loan, BEN) == late[2:]
    assert world.told(loan, CLEO) == []


# With the service down

SPELLS = {  # start, due, and all that is told until the end, as it stands in the table
    "an hour": (
        ("2026-03-02 14:00", "2026-03-02 15:00", "2026-03-05 15:30"),
        [("left 0", "2026-03-02 14:30"), ("overdue 0", "2026-03-02 15:00"), ("overdue 1", "2026-03-03 15:00"),
         ("overdue 2", "2026-03-04 15:00"), ("overdue 3", "2026-03-05 15:00")],
    ),
    "an afternoon": (
        ("2026-03-02 14:00", "2026-03-02 17:00", "2026-03-04 18:00"),
        [("left 0", "2026-03-02 15:00"), ("overdue 0", "2026-03-02 17:00"), ("overdue 1", "2026-03-03 17:00"),
         ("overdue 2", "2026-03-04 17:00")],
    ),
    "a night, the clocks forward": (
        ("2026-03-28 18:00", "2026-03-29 09:00", "2026-03-31 12:00"),
        [("left 0", "2026-03-29 07:00"), ("overdue 0", "2026-03-29 09:00"), ("overdue 1", "2026-03-30 09:00"),
         ("overdue 2", "2026-03-31 09:00")],
    ),
    "a night, the clocks back, overdue before": (
        ("2026-10-24 12:00", "2026-10-24 18:00", "2026-10-26 18:00"),
        [("left 0", "2026-10-24 16:00"), ("overdue 0", "2026-10-24 18:00"), ("overdue 1", "2026-10-25 17:00"),
         ("overdue 2", "2026-10-26 17:00")],
    ),
    "five days, the clocks forward": (
        ("2026-03-25 14:00", "2026-03-29 18:00", "2026-03-31 19:00"),
        [("two_days 0", "2026-03-27 08:00"), ("one_day 0", "2026-03-28 08:00"), ("same_day 0", "2026-03-29 08:00"),
         ("overdue 0", "2026-03-29 18:00"), ("overdue 1", "2026-03-30 18:00"), ("overdue 2", "2026-03-31 18:00")],
    ),
    "five days, the clocks back, due early": (
        ("2026-10-21 14:00", "2026-10-26 07:30", "2026-10-28 08:00"),
        [("two_days 0", "2026-10-24 08:00"), ("one_day 0", "2026-10-25 08:00"), ("overdue 0", "2026-10-26 07:30"),
         ("overdue 1", "2026-10-27 07:30"), ("overdue 2", "2026-10-28 07:30")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLS)
def test_with_the_service_down_over_any_steps_each_message_comes_once_and_only_the_last_of_them_late(
    engine: Engine, name: str
):
    (starts, due, end), table = SPELLS[name]
    steps = [(kind, paris(at)) for kind, at in table]
    edges = sorted({at + shift for _, at in steps for shift in (-MINUTE, timedelta(0), MINUTE)})
    assert len(edges) == 3 * len(steps)
    for begins, ends in combinations(edges, 2):
        world = World(engine, starts)
        promised = world.make(starts, due)
        world.walk(paris(end), down=(begins, ends))
        assert world.told(promised) == expected(steps, begins, ends), (begins, ends)
        states = [line.rpartition(" ")[2] for line in world.story(promised)]
        assert states == [*states_of(steps, begins, ends), "pending"], (begins, ends)
        world.reminders.stop(promised.id, MYSELF)


def expected(steps: list[tuple[str, datetime]], begins: datetime, ends: datetime) -> list[str]:
    """What is told: each step at its instant; of those that fell into the down time the last, once it is over.

    The last is overtaken too where the next one is due at the very end.
    """
    missed = [kind for kind, at in steps if begins <= at < ends]
    at_the_end = any(at == ends for _, at in steps)
    told = [(kind, at) for kind, at in steps if not begins <= at < ends]
    if missed and not at_the_end:
        told.append((missed[-1], ends))
    return [f"{kind} {at.astimezone(PARIS):%a %d %H:%M}" for kind, at in sorted(told, key=lambda each: each[1])]


def states_of(steps: list[tuple[str, datetime]], begins: datetime, ends: datetime) -> list[str]:
    lines = [line.split()[0] + " " + line.split()[1] for line in expected(steps, begins, ends)]
    return ["sent" if kind in lines else "skipped" for kind, _ in steps]


def test_with_the_real_outbox_each_mail_leaves_once_at_its_instant_or_when_the_service_is_up_again(tmp_path: Path):
    (starts, due, end), table = SPELLS["a night, the clocks forward"]
    steps = [(kind, paris(at)) for kind, at in table]
    edges = sorted({at + shift for _, at in steps for shift in (timedelta(0), MINUTE)})
    with a_database(tmp_path) as engine:
        posted = Posted(engine, paris(starts))
        anna = posted.person("anna", Way.EMAIL)
        assert anna == ANNA.id
        for begins, ends in combinations(edges, 2):
            world = World(engine, starts, posted.outbox)
            world.people = [ANNA]
            left: list[tuple[str, datetime]] = []

            def send(world: World = world, left: list[tuple[str, datetime]] = left) -> None:
                posted.now, before = world.now, len(posted.mail.parcels)
                posted.send()
                left += [(parcel.title, world.now) for parcel in posted.mail.parcels[before:]]

            world.each = send
            promised = world.make(starts, due)
            world.walk(paris(end), down=(begins, ends))
            told = [f"{at.astimezone(PARIS):%a %d %H:%M}" for _, at in left]
            assert told == [line.split(" ", 2)[2] for line in expected(steps, begins, ends)], (begins, ends)
            assert all("Filter" in title for title, _ in left)
            world.reminders.stop(promised.id, MYSELF)
    assert set(posted.mail.arrived.values()) == {1}


def test_killed_at_any_point_and_started_again_it_tells_the_same_messages(engine: Engine):
    (starts, due, end), table = SPELLS["five days, the clocks forward"]
    wanted = expected([(kind, paris(at)) for kind, at in table], *[paris(end)] * 2)
    for point in range(100):
        world = World(engine, starts)
        promised = world.make(starts, due)
        countdown = Countdown(point)
        world.post.put = countdown.around(world.post.put)  # type: ignore[method-assign]
        world.shelf.told = countdown.around(world.shelf.told)  # type: ignore[method-assign]
        while world.now < paris(end):
            with contextlib.suppress(KeyboardInterrupt):
                world.walk(paris(end))
        assert world.told(promised) == wanted, point
        world.reminders.stop(promised.id, MYSELF)
        if countdown.left >= 0:
            break
    assert point == 4 * len(table)  # before and after each handing over, before and after each noting


class Countdown:
    """Kills once, after so many points have been passed: there is one before and one after each call."""

    def __init__(self, left: int) -> None:
        self.left = left

    def point(self) -> None:
        self.left -= 1
        if self.left == -1:
            raise KeyboardInterrupt

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            self.point()
            answer = call(*given)
            self.point()
            return answer

        return counted


def test_a_kill_between_handing_over_and_noting_tells_nobody_twice(world: World):
    loan = world.make("2026-03-02 14:00", "2026-03-02 17:00")
    world.now = paris("2026-03-02 15:00")
    noted, world.shelf.told = world.shelf.told, killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        world.reminders.ring(world.now)
    world.shelf.told = noted  # type: ignore[method-assign]
    world.now += 2 * MINUTE
    world.reminders.ring(world.now)
    assert world.told(loan) == ["left 0 Mon 02 15:00"]
    assert world.story(loan) == ["left 0 sent", "overdue 0 pending"]


def killed(*_: object) -> bool:
    raise KeyboardInterrupt


def test_what_could_not_be_handed_over_is_told_with_a_later_look_and_keeps_nobody_waiting(world: World, caplog):
    loan = world.make("2026-03-02 14:00", "2026-03-02 17:00")
    world.now, world.post.broken = paris("2026-03-02 15:00"), True
    assert world.reminders.ring(world.now) == world.now + timedelta(seconds=30)
    assert world.reminders.apply(world.now).failed == 1
    assert f"Reminder {loan.id} could not be told" in caplog.text
    world.now, world.post.broken = paris("2026-03-02 15:05"), False
    world.reminders.apply(world.now)
    assert world.told(loan) == ["left 0 Mon 02 15:05"]


def test_many_looks_at_once_tell_each_step_once(world: World):
    made = [world.make("2026-03-02 14:00", "2026-03-02 17:00") for _ in range(20)]
    world.now = paris("2026-03-03 18:00")
    with ThreadPoolExecutor(4) as threads:
        looks = list(threads.map(lambda _: world.reminders.apply(world.now), range(8)))
    assert sum(each.told for each in looks) == len(made)
    assert all(world.told(each) == ["overdue 1 Tue 03 18:00"] for each in made)


def test_a_look_at_which_nothing_is_due_writes_nothing(world: World):
    world.make("2026-03-02 14:00", "2026-03-02 17:00")
    with counting(world.engine) as counted:
        assert world.reminders.ring(world.now) == paris("2026-03-02 15:00")
    assert counted.begun_for_writing == 0
    assert counted.reads <= 2


# Created, done, snoozed, stopped, changed


def test_it_is_told_on_creation_and_when_done_only_where_that_is_wanted(world: World):
    silent = world.make("2026-03-02 14:00", "2026-03-02 17:00")
    spoken = world.make("2026-03-02 14:00", "2026-03-02 17:00", Author(3, "cleo"), tell_created=True, tell_done=True)
    for each in (silent, spoken):
        world.reminders.done(each.id, MYSELF)
    assert world.told(silent) == []
    assert world.told(spoken) == ["created 0 Mon 02 14:00", "done 0 Mon 02 14:00"]
    assert world.told(spoken, CLEO) == ["done 0 Mon 02 14:00"]


def test_what_is_done_tells_nothing_more(world: World):
    loan = world.make("2026-03-02 14:00", "2026-03-02 17:00")
    world.walk(paris("2026-03-02 15:30"))
    done = world.reminders.done(loan.id, MYSELF)
    world.walk(paris("2026-03-06 00:00"))
    assert (done.status, done.done_by, done.done_at) == (State.DONE, "anna", paris("2026-03-02 15:30"))
    assert world.told(loan) == ["left 0 Mon 02 15:00"]
    assert world.story(loan) == ["left 0 sent", "overdue 0 cancelled"]
    with pytest.raises(NotOpen):
        world.reminders.done(loan.id, MYSELF)


def test_what_comes_back_is_due_again_so_many_days_after_the_day_it_was_done(world: World):
    filter_ = world.make("2026-03-02 14:00", "2026-03-20 18:00", every_days=30)
    world.now = paris("2026-03-25 09:00")
    again = world.reminders.done(filter_.id, MYSELF)
    assert (again.status, again.round, again.wish.due_at) == (State.OPEN, 2, paris("2026-04-24 18:00"))
    world.walk(paris("2026-04-24 18:00"))
    mornings = ["two_days 0 Wed 22 08:00", "one_day 0 Thu 23 08:00", "same_day 0 Fri 24 08:00"]
    assert world.told(filter_)[-4:] == [*mornings, "overdue 0 Fri 24 18:00"]


def test_a_snooze_is_silent_until_its_end_and_counts_from_there(world: World):
    loan = world.make("2026-03-02 14:00", "2026-03-02 17:00")
    world.walk(paris("2026-03-02 17:30"))
    world.reminders.snooze(loan.id, paris("2026-03-03 08:00"), MYSELF)
    world.walk(paris("2026-03-04 09:00"))
    assert world.told(loan)[2:] == ["overdue 0 Tue 03 08:00", "overdue 1 Wed 04 08:00"]
    assert world.reminders.one(loan.id).wish.due_at == paris("2026-03-02 17:00")


def test_what_is_stopped_tells_nothing_more_and_keeps_its_story(world: World):
    loan = world.make("2026-03-02 14:00", "2026-03-02 17:00")
    assert world.reminders.stop(loan.id, MYSELF).status is State.STOPPED
    assert world.reminders.stop(loan.id, MYSELF).status is State.STOPPED
    world.walk(paris("2026-03-05 00:00"))
    assert world.told(loan) == []
    assert world.story(loan) == ["left 0 cancelled", "overdue 0 cancelled"]


def test_another_due_begins_a_new_round_and_another_title_does_not(world: World):
    loan = world.make("2026-03-02 14:00", "2026-03-02 17:00")
    assert world.reminders.change(loan.id, {"title": "Heater"}, MYSELF).round == 1
    assert world.reminders.change(loan.id, {"due_at": paris("2026-03-02 19:00")}, MYSELF).round == 2
    world.walk(paris("2026-03-02 20:00"))
    assert world.told(loan) == ["left 0 Mon 02 17:00", "overdue 0 Mon 02 19:00"]


# By hours of running


def test_hours_of_running_make_it_due_at_the_instant_at_which_they_are_reached(world: World):
    filter_ = world.make("2026-03-02 14:00", None, every_hours=10, zone="home")
    world.running["home"] = [(paris(f"2026-03-{day:02} 18:00"), paris(f"2026-03-{day:02} 22:00")) for day in (2, 3, 4)]
    world.now = paris("2026-03-04 19:55")
    assert world.reminders.apply(world.now).by_hours == 0
    world.now = paris("2026-03-04 20:05")
    assert world.reminders.apply(world.now).by_hours == 1
    due = world.reminders.one(filter_.id).wish.due_at
    assert due is not None
    assert abs(due - paris("2026-03-04 20:00")) <= MINUTE
    assert world.told(filter_) == ["overdue 0 Wed 04 20:05"]

    again = world.reminders.done(filter_.id, MYSELF)
    assert (again.wish.due_at, again.wish.starts_at, again.status) == (None, world.now, State.OPEN)
    world.running["home"] = [(world.now, world.now + 11 * HOUR)]
    world.now += 11 * HOUR
    assert world.reminders.apply(world.now).by_hours == 1


# Facts, and what is refused


def test_maintenance_due_within_seven_days_or_overdue_is_told_to_whoever_watches(world: World):
    due = {"past": "2026-03-02 15:00", "near": "2026-03-09 15:00", "far": "2026-03-20 15:00"}
    made = {name: world.make("2026-03-02 14:00", at, kind=Kind.MAINTENANCE) for name, at in due.items()}
    world.make("2026-03-02 14:00", "2026-03-02 15:00", kind=Kind.LOAN)
    world.now = paris("2026-03-02 16:00")
    found = [each.id for each in world.reminders.maintenance(world.now + 7 * DAY)]
    assert found == [made["past"].id, made["near"].id]
    world.reminders.snooze(made["past"].id, paris("2026-03-03 08:00"), MYSELF)
    assert len(world.reminders.maintenance(world.now + 7 * DAY)) == 1


REFUSED = {
    "title": {"title": "   "},
    "note": {"note": "x" * 2001},
    "due_at": {"due_at": paris("2026-03-02 13:00")},
    "every_days": {"every_days": 0},
    "every_hours": {"every_days": 3, "every_hours": 3, "zone": "home"},
    "zone": {"every_hours": 3, "zone": "attic"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_by_field_and_nothing_is_kept(world: World, name: str):
    values = {"title": "Filter", "user_id": 1, "starts_at": world.now, "due_at": paris("2026-03-03 14:00")}
    with pytest.raises(Invalid) as refused:
        world.reminders.create(Wish(**{**values, **REFUSED[name]}), Author(1, "anna"))  # type: ignore[arg-type]
    assert list(refused.value.fields) == [name]
    assert world.reminders.some() == []


def test_a_past_due_and_someone_unknown_are_refused(world: World):
    with pytest.raises(Invalid, match="past"):
        world.make("2026-03-01 14:00", "2026-03-02 13:00")
    with pytest.raises(Unknown, match="no user with the id 9"):
        world.reminders.create(Wish("x", 9, world.now, world.now + DAY), Author(1, "anna"))
    assert world.reminders.some() == []


def test_people_see_what_they_promised_and_what_they_wrote_down(world: World):
    own = world.make("2026-03-02 14:00", "2026-03-02 17:00")
    written = world.make("2026-03-02 14:00", "2026-03-02 17:00", Author(CLEO.id, "cleo"))
    assert [each.id for each in world.reminders.some(people={ANNA.id})] == [written.id, own.id]
    assert [each.id for each in world.reminders.some(people={CLEO.id})] == [written.id]
    assert [each.id for each in world.reminders.some(before=written.id)] == [own.id]
