"""`/api/reminders`: who may write what, what bad input gets, and what becomes of a reminder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.programs import Program, member_of
from support.whole import Whole, whole

from switchbot_dashboard.people import Role

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Whole]:
    with whole(tmp_path) as running:
        yield running


@pytest.fixture
def admin(home: Whole) -> Program:
    return Program(home, "admin")


def ahead(**span: float) -> str:
    """An instant to come, with its zone."""
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


def test_a_loan_is_written_down_listed_snoozed_and_done(home: Whole, admin: Program) -> None:
    body = {"title": "Heater", "kind": "loan", "object": "Heater of the cellar", "due_at": ahead(hours=3)}
    made = admin.post("/api/reminders", json={**body, "note": "with cable", "tell_done": True})
    assert made.status_code == 201, made.json
    loan = made.json
    assert (loan["kind"], loan["length"], loan["status"], loan["overdue"]) == ("loan", "short", "open", False)
    assert (loan["user"]["name"], loan["author"], loan["notes"]) == ("admin", "token test", [])
    assert [step["kind"] for step in loan["steps"]] == ["left", "overdue"]
    assert loan["next_step_at"] == loan["steps"][0]["at"]
    assert [each["id"] for each in admin.get("/api/reminders").json] == [loan["id"]]

    silent = admin.post(f"/api/reminders/{loan['id']}/snooze", json={"until": ahead(hours=5)}).json
    assert [step["status"] for step in silent["steps"]] == ["cancelled", "cancelled", "pending"]
    assert silent["next_step_at"] == silent["snoozed_until"]

    done = admin.post(f"/api/reminders/{loan['id']}/done").json
    assert (done["status"], done["done_by"]) == ("done", "token test")
    assert done["steps"][-1]["status"] != "pending"
    for late in ("done", "snooze"):
        refused = admin.post(f"/api/reminders/{loan['id']}/{late}", json={"until": ahead(hours=5)})
        assert (refused.status_code, refused.json["error"]) == (409, "not_open")
    assert admin.get("/api/reminders?status=open").json == []


def test_a_time_without_a_zone_is_read_in_the_homes_zone_and_the_answer_says_so(home: Whole, admin: Program) -> None:
    local = (datetime.now(PARIS) + 3 * DAY).replace(tzinfo=None, second=0, microsecond=0)
    made = admin.post("/api/reminders", json={"title": "Filter", "due_at": local.isoformat()}).json
    assert datetime.fromisoformat(made["due_at"]) == local.replace(tzinfo=PARIS)
    assert len(made["notes"]) == 1
    assert "due_at had no time zone" in made["notes"][0]
    assert "Europe/Paris" in made["notes"][0]


def test_members_write_for_themselves_and_administrators_for_anyone(home: Whole, admin: Program) -> None:
    anna, number = member_of(home)
    body = {"title": "Filter", "due_at": ahead(days=3)}
    own = anna.post("/api/reminders", json=body).json
    assert own["user"] == {"id": number, "name": "anna"}
    assert anna.post("/api/reminders", json={**body, "user": "admin"}).status_code == 403
    assert anna.post("/api/reminders", json={**body, "user": 999}).status_code == 403
    given = admin.post("/api/reminders", json={**body, "user": number}).json
    alone = admin.post("/api/reminders", json=body).json

    assert [each["id"] for each in anna.get("/api/reminders").json] == [given["id"], own["id"]]
    assert len(admin.get("/api/reminders").json) == 3
    assert anna.get(f"/api/reminders/{alone['id']}").status_code == 404
    assert anna.post(f"/api/reminders/{alone['id']}/done").status_code == 404
    assert anna.delete(f"/api/reminders/{alone['id']}").status_code == 404
    assert anna.post(f"/api/reminders/{given['id']}/done").status_code == 200


REFUSED: list[tuple[dict[str, Any], int, set[str]]] = [
    ({}, 422, {"title", "due_at"}),
    ({"title": " "}, 422, {"title", "due_at"}),
    ({"title": "x" * 201, "due_at": "+2"}, 422, {"due_at"}),
    ({"title": "x" * 201, "due_at": "2100-01-01T08:00"}, 422, {"title", "due_at"}),
    ({"title": "x", "due_at": "2020-01-01T08:00Z", "starts_at": "2019-01-01T08:00Z"}, 422, {"due_at"}),
    ({"title": "x", "due_at": "2020-01-01T08:00Z"}, 422, {"due_at"}),
    ({"title": 7, "due_at": 7, "kind": "party", "tell_done": "yes"}, 422, {"title", "due_at", "kind", "tell_done"}),
    ({"title": "x", "due_at": "tomorrow"}, 422, {"due_at"}),
    ({"title": "x", "note": "a\x00b", "user": []}, 422, {"note", "user"}),
    ({"title": "x", "every_days": 0, "due_at": "AHEAD"}, 422, {"every_days"}),
    ({"title": "x", "every_days": 2.5, "due_at": "AHEAD"}, 422, {"every_days"}),
    ({"title": "x", "every_days": True, "due_at": "AHEAD"}, 422, {"every_days"}),
    ({"title": "x", "every_hours": 10, "zone": "attic"}, 422, {"zone"}),
    ({"title": "x", "due_at": "AHEAD", "colour": "red"}, 422, {"colour"}),
    ({"title": "x", "due_at": "AHEAD", "user": 999}, 404, {"user"}),
    ({"title": "x", "due_at": "AHEAD", "user": "nobody"}, 404, {"user"}),
    ({"title": "x", "due_at": "AHEAD", "user": 10**30}, 404, {"user"}),
]


@pytest.mark.parametrize(("body", "status", "fields"), REFUSED)
def test_bad_input_is_told_by_field_and_nothing_is_kept(
    admin: Program, body: dict[str, Any], status: int, fields: set[str]
) -> None:
    sent = {name: ahead(days=2) if value == "AHEAD" else value for name, value in body.items()}
    refused = admin.post("/api/reminders", json=sent)
    assert (refused.status_code, set(refused.json["fields"])) == (status, fields), refused.json
    assert admin.get("/api/reminders").json == []


def test_a_change_that_cannot_be_changes_nothing(admin: Program) -> None:
    made = admin.post("/api/reminders", json={"title": "Filter", "due_at": ahead(days=2)}).json
    path = f"/api/reminders/{made['id']}"
    for body in (
        {"due_at": ahead(days=-1)},
        {"due_at": None},
        {"title": ""},
        {"status": "open?"},
        {"starts_at": ahead(days=3)},
    ):
        assert admin.patch(path, json=body).status_code == 422, body
    assert admin.get(path).json == made
    assert admin.patch(path, json={}).json == made


def test_a_change_of_the_due_begins_its_steps_anew_and_a_status_ends_it(admin: Program) -> None:
    made = admin.post("/api/reminders", json={"title": "Filter", "due_at": ahead(days=2)}).json
    path = f"/api/reminders/{made['id']}"
    assert admin.patch(path, json={"title": "Filter of the bedroom"}).json["round"] == 1
    assert admin.patch(path, json={"due_at": ahead(days=4)}).json["round"] == 2
    assert admin.patch(path, json={"status": "stopped"}).json["status"] == "stopped"
    assert admin.delete(path).json["status"] == "stopped"
    assert admin.patch(path, json={"title": "Too late"}).status_code == 409


def test_what_comes_back_by_hours_of_running_needs_no_due(admin: Program) -> None:
    made = admin.post("/api/reminders", json={"title": "Filter", "kind": "maintenance", "every_hours": 200}).json
    assert (made["due_at"], made["zone"], made["steps"], made["length"]) == (None, "home", [], None)
    refused = admin.post(f"/api/reminders/{made['id']}/snooze", json={"until": ahead(days=1)})
    assert refused.status_code == 409


def test_a_snooze_into_the_past_or_without_an_end_is_refused(admin: Program) -> None:
    made = admin.post("/api/reminders", json={"title": "Filter", "due_at": ahead(days=2)}).json
    for body in ({}, {"until": "2020-01-01T08:00Z"}, {"until": "soon"}, {"until": ahead(days=1), "for": 7}):
        assert admin.post(f"/api/reminders/{made['id']}/snooze", json=body).status_code == 422, body
    assert admin.get(f"/api/reminders/{made['id']}").json == made


def test_a_reminder_that_is_not_there_is_404_by_every_way(admin: Program) -> None:
    for number in (1, 10**20):
        path = f"/api/reminders/{number}"
        answers = [admin.get(path), admin.patch(path, json={}), admin.delete(path), admin.post(f"{path}/done")]
        assert [answer.status_code for answer in answers] == [404] * 4


def test_a_token_of_nobody_says_who_is_to_be_reminded(home: Whole) -> None:
    program, body = Program(home, None, Role.ADMIN), {"title": "Filter", "due_at": ahead(days=2)}
    assert set(program.post("/api/reminders", json=body).json["fields"]) == {"user"}
    assert program.post("/api/reminders", json={**body, "user": "admin"}).status_code == 201


def test_a_step_that_is_due_is_in_the_recipients_messages(home: Whole, admin: Program) -> None:
    made = admin.post("/api/reminders", json={"title": "Filter", "due_at": ahead(hours=3), "tell_created": True}).json
    found = [each for each in admin.get("/api/notifications").json if each["related_object_type"] == "reminder"]
    assert [(each["title"], each["related_object_id"]) for each in found] == [("New reminder: Filter", str(made["id"]))]
