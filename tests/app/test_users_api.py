"""`/api/users`: who is here, how each wants to be told, and by which ways."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from support.programs import Program, member_of
from support.whole import PASSWORD, Whole, whole

from switchbot_dashboard.people import Role

OTHER_PASSWORD = "another long password"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Whole]:
    with whole(tmp_path) as running:
        yield running


@pytest.fixture
def admin(home: Whole) -> Program:
    return Program(home, "admin")


def test_a_user_is_added_changed_and_removed(home: Whole, admin: Program) -> None:
    added = admin.post("/api/users", json={"name": "Anna", "password": PASSWORD})
    assert added.status_code == 201
    anna = added.json
    assert (anna["name"], anna["role"], anna["has_password"], anna["channels"]) == ("anna", "member", True, [])

    changed = admin.patch(f"/api/users/{anna['id']}", json={"role": "admin", "password": OTHER_PASSWORD})
    assert (changed.status_code, changed.json["role"]) == (200, "admin")
    assert home.dashboard.people.verify("anna", OTHER_PASSWORD)
    assert [user["name"] for user in admin.get("/api/users").json] == ["anna", "admin"]
    assert [user["name"] for user in admin.get(f"/api/users?before={anna['id']}").json] == ["admin"]

    gone = admin.delete(f"/api/users/{anna['id']}")
    assert (gone.status_code, gone.json["id"]) == (200, anna["id"])
    assert admin.delete(f"/api/users/{anna['id']}").status_code == 404
    assert admin.get(f"/api/users/{anna['id']}/preferences").status_code == 404


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name"}),
        ({"name": "  ", "role": "king", "password": 7}, {"name", "role", "password"}),
        ({"name": "an na"}, {"name"}),
        ({"name": "admin"}, {"name"}),
        ({"name": "anna", "password": "short"}, {"password"}),
        ({"name": "anna", "colour": "red"}, {"colour"}),
        ({"name": "<b>anna</b>"}, {"name"}),
    ],
)
def test_a_user_that_cannot_be_added_is_told_by_field(admin: Program, body: dict[str, Any], fields: set[str]) -> None:
    refused = admin.post("/api/users", json=body)
    assert refused.status_code == 422
    assert set(refused.json["fields"]) == fields
    assert len(admin.get("/api/users").json) == 1


def test_the_last_administrator_is_kept(home: Whole, admin: Program) -> None:
    member_of(home)
    mine = home.dashboard.people.named("admin").id
    for refused in (admin.delete(f"/api/users/{mine}"), admin.patch(f"/api/users/{mine}", json={"role": "member"})):
        assert (refused.status_code, refused.json["error"]) == (409, "last_administrator")
        assert "the last administrator" in refused.json["message"]
    assert home.dashboard.people.named("admin").role is Role.ADMIN


def test_a_name_stays_as_it_is_and_nothing_is_done_by_halves(home: Whole, admin: Program) -> None:
    _, anna = member_of(home)
    assert set(admin.patch(f"/api/users/{anna}", json={"name": "x", "role": "admin"}).json["fields"]) == {"name"}
    assert set(admin.patch(f"/api/users/{anna}", json={"role": "admin", "password": "x"}).json["fields"]) == {
        "password"
    }
    assert home.dashboard.people.known(anna).role is Role.MEMBER


def test_members_and_visitors_manage_nobody(home: Whole) -> None:
    member, anna = member_of(home)
    for ask in (member, home.client):
        assert ask.get("/api/users").status_code == 403
        assert ask.post("/api/users", json={"name": "x"}).status_code == 403
        assert ask.patch(f"/api/users/{anna}", json={"role": "admin"}).status_code == 403
        assert ask.delete(f"/api/users/{anna}").status_code == 403


def test_everyone_chooses_how_they_are_told_themselves(home: Whole, admin: Program) -> None:
    member, anna = member_of(home)
    path = f"/api/users/{anna}/preferences"
    standard = {"language": "", "muted_kinds": [], "dashboard_kinds": [], "quiet_from": "", "quiet_to": ""}
    assert member.get(path).json == standard
    chosen = {**standard, "language": "fr", "muted_kinds": ["report"], "quiet_from": "22:30", "quiet_to": "07:00"}
    assert member.put(path, json=chosen).json == chosen
    assert admin.get(path).json == chosen
    assert admin.put(path, json={"language": "en"}).json == {**standard, "language": "en"}

    admins = home.dashboard.people.named("admin").id
    for ask, asked in ((member, admins), (home.client, anna)):
        assert ask.get(f"/api/users/{asked}/preferences").status_code == 403
        assert ask.put(f"/api/users/{asked}/preferences", json={}).status_code == 403


def test_preferences_that_cannot_be_used_change_nothing(home: Whole, admin: Program) -> None:
    _, anna = member_of(home)
    path = f"/api/users/{anna}/preferences"
    refused = admin.put(path, json={"language": "fr", "quiet_from": "25:00", "colour": "red"})
    assert refused.status_code == 422
    assert set(refused.json["fields"]) == {"quiet_from", "colour"}
    assert admin.get(path).json["language"] == ""
    assert admin.put("/api/users/99/preferences", json={}).status_code == 404
    assert admin.get(f"/api/users/{2**70}/preferences").status_code == 404


def test_a_channel_shows_a_hint_and_never_its_address(home: Whole, admin: Program) -> None:
    member, anna = member_of(home)
    path = f"/api/users/{anna}/channels"
    added = member.post(path, json={"kind": "email", "address": "anna.secret@example.org"})
    assert added.status_code == 201
    assert (added.json["kind"], added.json["hint"], added.json["enabled"]) == ("email", "a…@example.org", True)
    for answer in (added, member.get(path), admin.get("/api/users")):
        assert "anna.secret" not in answer.text
    channel = f"{path}/{added.json['id']}"
    assert member.patch(channel, json={"enabled": False}).json["enabled"] is False
    assert admin.delete(channel).status_code == 200
    assert member.get(path).json == []
    assert member.delete(channel).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "email", "address": "nobody"}, "address"),
        ({"kind": "pigeon", "address": "anna@example.org"}, "kind"),
        ({"kind": "email"}, "address"),
        ({"kind": "apprise", "address": "not an address"}, "address"),
        ({"kind": "email", "address": "a@example.org", "colour": 1}, "colour"),
    ],
)
def test_an_address_that_cannot_be_used_is_not_kept(home: Whole, body: dict[str, Any], field: str) -> None:
    member, anna = member_of(home)
    refused = member.post(f"/api/users/{anna}/channels", json=body)
    assert refused.status_code == 422
    assert set(refused.json["fields"]) == {field}
    assert member.get(f"/api/users/{anna}/channels").json == []


def test_nobody_touches_the_channels_of_others(home: Whole) -> None:
    member, anna = member_of(home)
    ben, _ = member_of(home, "ben")
    added = member.post(f"/api/users/{anna}/channels", json={"kind": "email", "address": "anna@example.org"}).json
    for ask in (ben, home.client):
        assert ask.get(f"/api/users/{anna}/channels").status_code == 403
        assert ask.delete(f"/api/users/{anna}/channels/{added['id']}").status_code == 403
        assert ask.post(f"/api/users/{anna}/channels/{added['id']}/test").status_code == 403
    assert len(member.get(f"/api/users/{anna}/channels").json) == 1


def test_what_is_refused_is_told_in_french(home: Whole) -> None:
    client: FlaskClient = home.app.test_client()
    _, text = home.dashboard.people.create_token("fr", Role.ADMIN)
    headers = {"Authorization": f"Token {text}", "Accept-Language": "fr"}
    refused = client.post("/api/users", json={"name": "admin"}, headers=headers)
    assert refused.json["fields"]["name"] == "Il existe déjà un utilisateur nommé admin."
