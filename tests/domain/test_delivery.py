"""A message on its way: its ways, what holds one back, what follows a try."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from support.pretend import at

from switchbot_dashboard.domain.delivery import (
    MUTED,
    NO_ADDRESS,
    REMOVED,
    SWITCHED_OFF,
    Address,
    Case,
    Wait,
    failed,
    legs,
    lost,
    obstacle,
    summed,
)
from switchbot_dashboard.domain.message import Priority, Status, Way
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.people.preferences import Preferences

NOW = at("2026-03-02 12:00")
PARIS = ZoneInfo("Europe/Paris")
CASE = Case(
    id=1, message_id=1, way=Way.EMAIL, channel_id=3, enabled=True, problem=None, status=Status.PENDING, due_at=NOW,
    tries=0, resent=False, key="k", recipient=1, kind="system", priority=Priority.NORMAL, breaks_quiet=False,
    title="T", body="B", author="",
)  # fmt: skip
ANYTHING = Preferences()


def test_the_dashboard_comes_first_and_a_way_that_is_off_is_left_out() -> None:
    ways = [Address(3, Way.EMAIL, True), Address(4, Way.APPRISE, False)]
    assert [(leg.way, leg.channel_id, leg.status) for leg in legs("alert", ANYTHING, ways, NOW)] == [
        (Way.BELL, None, "pending"),
        (Way.EMAIL, 3, "pending"),
    ]


def test_nobody_has_no_reason() -> None:
    assert [leg.reason for leg in legs("alert", ANYTHING, (), NOW)] == [None, NO_ADDRESS]
    assert [leg.reason for leg in legs("alert", Preferences(muted_kinds=("alert",)), (), NOW)] == [MUTED]
    assert [leg.reason for leg in legs("alert", Preferences(dashboard_kinds=("alert",)), (), NOW)] == [None]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"channel_id": None}, REMOVED),
        ({"enabled": False}, SWITCHED_OFF),
        (
            {"problem": say("No such mailbox.")},
            say("This way does not work: {problem}.", problem=say("No such mailbox.")),
        ),
        ({}, None),
    ],
)
def test_a_way_that_does_not_work_any_more_is_skipped_for_a_reason(change: dict[str, object], reason: object) -> None:
    assert obstacle(replace(CASE, **change), ANYTHING, NOW, PARIS) == reason


# 29 March skips 02:00 to 03:00 in Paris, 25 October has 02:00 to 03:00 twice. Quiet hours are on the wall clock.
@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (("22:00", "07:00"), "2026-03-28 20:59:59", None),
        (("22:00", "07:00"), "2026-03-28 21:00", "2026-03-29 05:00"),
        (("22:00", "07:00"), "2026-03-29 04:59:59", "2026-03-29 05:00"),
        (("22:00", "07:00"), "2026-03-29 05:00", None),
        (("22:00", "07:00"), "2026-10-24 20:00", "2026-10-25 06:00"),
        (("22:00", "07:00"), "2026-10-25 05:59:59", "2026-10-25 06:00"),
        (("22:00", "02:30"), "2026-03-29 00:30", "2026-03-29 01:00"),  # 02:30 does not come: the first instant after
        (("02:30", "08:00"), "2026-03-29 00:59:59", None),
        (("02:30", "08:00"), "2026-03-29 01:00", "2026-03-29 06:00"),
        (("22:00", "02:30"), "2026-10-25 00:45", "2026-10-25 01:30"),  # 02:30 comes twice: it ends with the second
        (("02:30", "08:00"), "2026-10-25 00:30", "2026-10-25 07:00"),  # and begins with the first
    ],
)
def test_quiet_hours_end_when_the_wall_clock_says_so(quiet: tuple[str, str], now: str, until: str | None) -> None:
    found = obstacle(CASE, Preferences(quiet_from=quiet[0], quiet_to=quiet[1]), at(now), PARIS)
    assert (found.until if isinstance(found, Wait) else found) == (at(until) if until else None)


def test_quiet_hours_hold_back_neither_the_dashboard_nor_what_breaks_them() -> None:
    quiet = Preferences(quiet_from="00:00", quiet_to="23:59")
    assert obstacle(replace(CASE, way=Way.BELL), quiet, NOW, PARIS) is None
    assert obstacle(replace(CASE, breaks_quiet=True), quiet, NOW, PARIS) is None


def test_the_pauses_grow_and_come_to_an_end() -> None:
    verdicts = [failed(replace(CASE, tries=tries), say("No."), NOW, (5, 10, 20)) for tries in range(4)]
    assert [each.due_at and each.due_at - NOW for each in verdicts] == [
        timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20), None
    ]  # fmt: skip
    assert [each.status for each in verdicts] == ["pending", "pending", "pending", "failed"]


@pytest.mark.parametrize(("way", "priority", "resent"), [*product(Way, Priority, (False, True))])
def test_what_is_lost_is_done_again_where_that_does_no_harm(way: Way, priority: Priority, resent: bool) -> None:
    verdict = lost(replace(CASE, way=way, priority=priority, resent=resent), say("Lost."), NOW)
    again = way is Way.BELL or (priority is Priority.URGENT and not resent)
    assert (verdict.status, verdict.due_at) == (("pending", NOW) if again else ("unknown", None))


@pytest.mark.parametrize(
    ("statuses", "sum_"),
    [
        ("sent", "sent"),
        ("sent pending", "pending"),
        ("sending pending failed", "sending"),
        ("sent unknown failed", "unknown"),
        ("sent failed skipped", "failed"),
        ("sent skipped cancelled", "sent"),
        ("skipped cancelled", "cancelled"),
        ("skipped", "skipped"),
        ("", "skipped"),
    ],
)
def test_a_message_is_what_its_ways_add_up_to(statuses: str, sum_: str) -> None:
    assert summed([Status(each) for each in statuses.split()]) == sum_
