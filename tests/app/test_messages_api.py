"""`/api/notifications`: messages scheduled, listed, cancelled, read and tried again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.programs import Program, member_of
from support.whole import Whole, whole

from switchbot_dashboard.domain.message import Way

SCHEDULE = "/api/notifications/schedule/"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Whole]:
    with whole(tmp_path) as running:
        running.dashboard.file.patch({"timezone": "Europe/Paris"})
        yield running


@pytest.fixture
def admin(home: Whole) -> Program:
    return Program(home, "admin")


def tomorrow() -> datetime:
    return (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)


def a_message(recipients: list[int], **changes: Any) -> dict[str, Any]:
    at = tomorrow().isoformat()
    return {"recipients": recipients, "title": "Filter", "message": "Clean the filter.", "scheduled_at": at, **changes}


def iso(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def test_a_message_is_scheduled_for_several_and_its_status_told(home: Whole, admin: Program) -> None:
    _, anna = member_of(home)
    _, ben = member_of(home, "ben")
    body = a_message(
        [anna, ben, anna],
        type="maintenance",
        priority="high",
        related_object_type="device",
        related_object_id=7,
        data={"filter": True},
    )
    done = admin.post(SCHEDULE, json=body)
    assert done.status_code == 201
    assert set(done.json) == {"notification_ids", "count", "scheduled_at"}
    assert (done.json["count"], done.json["scheduled_at"]) == (2, body["scheduled_at"].replace("+00:00", "Z"))

    (first, _) = done.json["notification_ids"]
    status = admin.get(f"/api/notifications/{first}/schedule_status/")
    assert (status.status_code, status.json["title"], status.json["attempts"]) == (200, "Filter", [])
    assert (status.json["scheduled_status"], status.json["is_sent"], status.json["sent_at"]) == ("pending", False, None)
    (listed,) = admin.get(f"/api/notifications?recipient={anna}").json
    assert (listed["id"], listed["priority"], listed["related_object_id"], listed["data"], listed["author"]) == (
        first,
        "high",
        "7",
        {"filter": True},
        "token test",
    )


@pytest.mark.parametrize("path", [SCHEDULE, SCHEDULE.rstrip("/")])
def test_both_forms_of_the_address_work(home: Whole, admin: Program, path: str) -> None:
    _, anna = member_of(home)
    (number,) = admin.post(path, json=a_message([anna])).json["notification_ids"]
    for slash in ("", "/"):
        assert admin.get(f"/api/notifications/{number}/schedule_status{slash}").status_code == 200
    assert admin.delete(f"/api/notifications/{number}/cancel_scheduled{path[-1:].strip('e')}").status_code == 200


def test_a_time_without_a_zone_is_read_by_the_homes_clock_and_the_answer_says_so(home: Whole, admin: Program) -> None:
    _, anna = member_of(home)
    done = admin.post(SCHEDULE, json=a_message([anna], scheduled_at="2030-07-01T17:30")).json
    assert done["scheduled_at"] == "2030-07-01T15:30:00Z"
    assert done["timezone"] == "Europe/Paris"
    assert "Europe/Paris" in done["message"]
    skipped = admin.post(SCHEDULE, json=a_message([anna], scheduled_at="2030-03-31T02:30:00")).json
    assert skipped["scheduled_at"] == "2030-03-31T01:00:00Z"  # the first instant after the gap
    with_zone = admin.post(SCHEDULE, json=a_message([anna], scheduled_at="2030-07-01T17:30:00-04:00")).json
    assert with_zone["scheduled_at"] == "2030-07-01T21:30:00Z"
    assert "timezone" not in with_zone


def test_the_past_and_nobody_are_refused_as_a_whole(home: Whole, admin: Program) -> None:
    _, anna = member_of(home)
    past = admin.post(SCHEDULE, json=a_message([anna], scheduled_at="2020-01-01T00:00:00Z"))
    assert (past.status_code, past.json["error"]) == (400, "in_the_past")
    for nobody in ([], None):
        refused = admin.post(SCHEDULE, json=a_message([]) | {"recipients": nobody})
        assert (refused.status_code, refused.json["error"]) == (400, "no_recipients")
    assert admin.get("/api/notifications?all=1").json == []


def test_unknown_recipients_are_named_and_then_nothing_is_scheduled(home: Whole, admin: Program) -> None:
    _, anna = member_of(home)
    refused = admin.post(SCHEDULE, json=a_message([anna, 98, 99]))
    assert refused.status_code == 404
    assert "98, 99" in refused.json["fields"]["recipients"]
    assert admin.get("/api/notifications?all=1").json == []


def test_a_number_that_no_database_holds_is_that_of_nobody(home: Whole, admin: Program) -> None:
    for number in (2**63, 10**30, -1, 0):
        refused = admin.post(SCHEDULE, json=a_message([number]))
        assert (refused.status_code, refused.json["error"]) == (404, "unknown_recipients")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": ""}, {"title"}),
        ({"title": "x" * 201}, {"title"}),
        ({"title": 7, "message": None}, {"title", "message"}),
        ({"message": "a\x00b"}, {"message"}),
        ({"scheduled_at": "soon"}, {"scheduled_at"}),
        ({"scheduled_at": 1893456000}, {"scheduled_at"}),
        ({"scheduled_at": "9999-12-31T23:59:59-23:00"}, {"scheduled_at"}),
        ({"recipients": "anna"}, {"recipients"}),
        ({"recipients": [True]}, {"recipients"}),
        ({"priority": "huge"}, {"priority"}),
        ({"priority": ["low"]}, {"priority"}),
        ({"type": "x" * 41}, {"type"}),
        ({"related_object_type": 3}, {"related_object_type"}),
        ({"data": []}, {"data"}),
        ({"data": {"x": "y" * 20000}}, {"data"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_each_field_that_cannot_be_used_gets_its_sentence(
    home: Whole, admin: Program, changes: dict[str, Any], fields: set[str]
) -> None:
    _, anna = member_of(home)
    refused = admin.post(SCHEDULE, json=a_message([anna]) | changes)
    assert refused.status_code == 422
    assert set(refused.json["fields"]) == fields
    assert admin.get("/api/notifications?all=1").json == []


def test_members_schedule_for_themselves_alone(home: Whole, admin: Program) -> None:
    anna, number = member_of(home)
    _, ben = member_of(home, "ben")
    assert anna.post(SCHEDULE, json=a_message([number])).status_code == 201
    refused = anna.post(SCHEDULE, json=a_message([number, ben]))
    assert refused.status_code == 403
    assert len(admin.get("/api/notifications?all=1").json) == 1


def test_a_message_is_cancelled_once_by_those_whom_it_concerns(home: Whole, admin: Program) -> None:
    anna, number = member_of(home)
    ben, _ = member_of(home, "ben")
    (message,) = admin.post(SCHEDULE, json=a_message([number])).json["notification_ids"]
    path = f"/api/notifications/{message}/cancel_scheduled/"
    assert ben.delete(path).status_code == 404
    assert ben.get(f"/api/notifications/{message}/schedule_status/").status_code == 404
    done = anna.delete(path)
    assert (done.status_code, done.json["notification_id"]) == (200, message)
    assert set(done.json) == {"message", "notification_id"}
    assert admin.delete(path).status_code == 400
    assert admin.delete("/api/notifications/999/cancel_scheduled/").status_code == 404
    assert admin.delete(f"/api/notifications/{2**70}/cancel_scheduled/").status_code == 404
    assert admin.get(f"/api/notifications/{message}/schedule_status").json["scheduled_status"] == "cancelled"


def test_cancelling_what_arrived_in_part_says_so(home: Whole) -> None:
    anna, number = member_of(home)
    home.dashboard.household.channels.add(number, Way.EMAIL, "anna@example.org")
    (message,) = anna.post(SCHEDULE, json=a_message([number])).json["notification_ids"]
    home.dashboard.household.outbox.send_scheduled_notification(message)  # no mail server is set: tried again later
    done = anna.delete(f"/api/notifications/{message}/cancel_scheduled/")
    assert (done.status_code, "arrived already" in done.json["message"]) == (200, True)
    status = anna.get(f"/api/notifications/{message}/schedule_status/").json
    assert (status["scheduled_status"], status["is_sent"]) == ("sent", True)


def test_the_eleventh_message_of_a_minute_has_to_wait(home: Whole) -> None:
    anna, number = member_of(home)
    ben, other = member_of(home, "ben")
    assert {anna.post(SCHEDULE, json=a_message([number])).status_code for _ in range(10)} == {201}
    refused = anna.post(SCHEDULE, json=a_message([number]))
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert ben.post(SCHEDULE, json=a_message([other])).status_code == 201


def test_ten_of_many_at_once_come_through(home: Whole) -> None:
    anna, number = member_of(home)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: anna.post(SCHEDULE, json=a_message([number])).status_code, range(16)))
    assert (codes.count(201), codes.count(429)) == (10, 6)


def test_what_was_refused_does_not_count(home: Whole) -> None:
    anna, number = member_of(home)
    for body in (a_message([]), a_message([number], scheduled_at="2020-01-01T00:00:00Z"), a_message([99])):
        assert {anna.post(SCHEDULE, json=body).status_code for _ in range(5)} <= {400, 403}
    assert {anna.post(SCHEDULE, json=a_message([number], title="")).status_code for _ in range(15)} == {422}
    assert anna.post(SCHEDULE, json=a_message([number])).status_code == 201


def test_a_repeated_call_with_its_key_is_one_message(home: Whole) -> None:
    anna, number = member_of(home)
    ben, other = member_of(home, "ben")
    first = anna.post(SCHEDULE, json=a_message([number]), key="abc")
    again = anna.post(SCHEDULE, json=a_message([number]), key="abc")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["notification_ids"] == again.json["notification_ids"]
    assert len(anna.get("/api/notifications").json) == 1
    assert (
        ben.post(SCHEDULE, json=a_message([other]), key="abc").json["notification_ids"]
        != first.json["notification_ids"]
    )
    assert anna.post(SCHEDULE, json=a_message([number]), key="k" * 101).status_code == 400


def test_everyone_lists_their_own_and_administrators_anyones(home: Whole, admin: Program) -> None:
    anna, number = member_of(home)
    admins = home.dashboard.people.named("admin").id
    for title in ("one", "two"):
        anna.post(SCHEDULE, json=a_message([number], title=title))
    assert len(anna.get("/api/notifications").json) == 2
    assert len(anna.get("/api/notifications?limit=1").json) == 1
    assert admin.get("/api/notifications").json == []
    assert len(admin.get("/api/notifications?all=1").json) == 2
    assert len(admin.get(f"/api/notifications?recipient={number}").json) == 2
    assert anna.get("/api/notifications?all=1").status_code == 403
    assert anna.get(f"/api/notifications?recipient={admins}").status_code == 403
    assert set(anna.get("/api/notifications?unread=perhaps&limit=0&part=x").json["fields"]) == {
        "unread",
        "limit",
        "part",
    }


def test_a_token_of_nobody_lists_the_messages_of_everyone(home: Whole) -> None:
    anna, number = member_of(home)
    anna.post(SCHEDULE, json=a_message([number]))
    nobodys = Program(home)
    assert len(nobodys.get("/api/notifications").json) == 1
    assert nobodys.get(f"/api/notifications?recipient={number + 1}").json == []


def test_what_came_is_unread_until_it_is_read_and_asking_again_costs_little(home: Whole) -> None:
    anna, number = member_of(home)
    ben, _ = member_of(home, "ben")
    body = a_message([number], scheduled_at=iso(datetime.now(UTC) + timedelta(seconds=1)))
    (message,) = anna.post(SCHEDULE, json=body).json["notification_ids"]
    assert anna.get("/api/notifications?unread=1").json == []
    home.dashboard.household.outbox.send_scheduled_notification(message)
    home.dashboard.jobs.run("notifications")

    unread = anna.get("/api/notifications?unread=1")
    assert [each["id"] for each in unread.json] == [message]
    assert anna.get("/api/notifications?unread=1", headers={"If-None-Match": unread.headers["ETag"]}).status_code == 304
    assert ben.post(f"/api/notifications/{message}/read").status_code == 404
    assert anna.post(f"/api/notifications/{message}/read").json["is_read"] is True
    later = anna.get("/api/notifications?unread=1", headers={"If-None-Match": unread.headers["ETag"]})
    assert (later.status_code, later.json) == (200, [])


def test_only_what_failed_can_be_tried_again(home: Whole) -> None:
    anna, number = member_of(home)
    (message,) = anna.post(SCHEDULE, json=a_message([number])).json["notification_ids"]
    assert anna.post(f"/api/notifications/{message}/retry", json={}).status_code == 400
    for delay in (-1, "10", True, 5000):
        refused = anna.post(f"/api/notifications/{message}/retry", json={"retry_delay_minutes": delay})
        assert (refused.status_code, set(refused.json["fields"])) == (422, {"retry_delay_minutes"})
    assert anna.post("/api/notifications/999/retry").status_code == 404


def test_a_title_of_markup_is_kept_as_text(home: Whole) -> None:
    anna, number = member_of(home)
    title = "<img src=x onerror=alert(1)> & co"
    anna.post(SCHEDULE, json=a_message([number], title=title))
    assert anna.get("/api/notifications").json[0]["title"] == title
