"""The pages of people and of their messages, as someone without JavaScript uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from support.whole import PASSWORD, Whole, field_of, whole
from werkzeug.test import TestResponse

from switchbot_dashboard.domain.message import Draft
from switchbot_dashboard.people import Preferences, Role

LATER = {"scheduled_day": "2030-07-01", "scheduled_time": "17h30"}
PAST = {"scheduled_day": "2020-01-01", "scheduled_time": "10:00"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Whole]:
    with whole(tmp_path) as running:
        yield running


class Person:
    """Someone who logged in from elsewhere."""

    def __init__(self, home: Whole, name: str) -> None:
        self.client: FlaskClient = home.app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = "192.0.2.8"
        sent = {
            "name": name,
            "password": PASSWORD,
            "csrf_token": field_of(self.client.get("/login").text, "csrf_token"),
        }
        assert self.client.post("/login", data=sent).status_code == 303

    def see(self, path: str, **headers: str) -> str:
        answer = self.client.get(path, headers=headers, follow_redirects=True)
        assert answer.status_code == 200, answer.text[-400:]
        return " ".join(unescape(answer.text).replace("\u00a0", " ").replace("\u202f", " ").split())

    def do(self, path: str, **fields: Any) -> TestResponse:
        token = field_of(self.client.get("/notifications").text, "csrf_token")
        return self.client.post(path, data={"csrf_token": token, **fields})

    def after(self, path: str, **fields: Any) -> str:
        """What the page says after a form."""
        answer = self.do(path, **fields)
        assert answer.status_code == 303, answer.text[-600:]
        return self.see(answer.location)


@pytest.fixture
def admin(home: Whole) -> Person:
    return Person(home, "admin")


def anna_of(home: Whole) -> tuple[Person, int]:
    user = home.dashboard.people.add("anna", PASSWORD)
    return Person(home, "anna"), user.id


def told(home: Whole, user_id: int, title: str, key: str = "k1") -> int:
    """A message that has arrived."""
    outbox = home.dashboard.household.outbox
    (number,) = outbox.put([Draft(key, user_id, title, "Look at it.", datetime.now(UTC) - timedelta(seconds=1))])
    home.dashboard.jobs.run("notifications")
    return int(number)


def test_a_message_is_planned_seen_cancelled_and_its_story_told(home: Whole, admin: Person) -> None:
    anna, number = anna_of(home)
    fields = {"title": "<b>Filter</b>", "message": "Clean it.", **LATER, "priority": "high"}
    said = admin.after("/notifications/schedule", **fields, recipients=[1, number])
    assert "2 messages are planned for Mon 1 Jul 17:30." in said
    page = anna.client.get("/notifications").text
    assert "&lt;b&gt;Filter&lt;/b&gt;" in page
    assert "<b>Filter" not in page

    message = int(re.findall(r'href="/notifications/(\d+)"', page)[0])
    assert "It is cancelled and will not be sent." in anna.after(f"/notifications/{message}/cancel")
    story = anna.see(f"/notifications/{message}")
    assert "cancelled" in story
    assert "anna" in story
    assert "it cannot be cancelled" in anna.after(f"/notifications/{message}/cancel")


def test_a_message_that_cannot_be_planned_keeps_what_was_typed(admin: Person) -> None:
    refused = admin.do("/notifications/schedule", title="Filter", message="", **PAST)
    assert refused.status_code == 422
    assert 'value="Filter"' in refused.text
    assert "Write a text here." in refused.text
    past = admin.do("/notifications/schedule", title="F", message="m", **PAST, recipients=1)
    assert past.status_code == 400
    assert "is past" in past.text
    assert "Nothing is planned." in admin.see("/notifications?of=all")


def test_a_day_or_a_time_that_cannot_be_used_is_told_beside_it(admin: Person) -> None:
    wish = {"title": "F", "message": "m", "recipients": 1}
    for day, time, words in (
        ("2030-07-01", "", "A time is missing here"),
        ("2030-07-01", "25:00", "is not a time"),
        ("", "17:30", "A date is missing here"),
        ("", "", "A date is missing here"),
    ):
        refused = admin.do("/notifications/schedule", **wish, scheduled_day=day, scheduled_time=time)
        assert (refused.status_code, words in refused.text) == (422, True), (day, time)
        assert f'value="{time}"' in refused.text


def test_members_plan_for_themselves_and_see_no_one_else(home: Whole, admin: Person) -> None:
    anna, number = anna_of(home)
    fields = {"title": "Mine", "message": "m", **LATER, "priority": "normal"}
    assert "It is planned for" in anna.after("/notifications/schedule", **fields, recipients=1)
    (message,) = home.dashboard.household.outbox.get_pending_notifications()
    assert message.recipient_id == number
    admins = told(home, 1, "Secret of the admin")
    assert anna.client.get(f"/notifications/{admins}").status_code == 404
    assert "Secret" not in anna.see("/notifications?of=all")
    assert "Secret of the admin" in admin.see("/notifications")


def test_the_bell_counts_what_is_unread_until_it_is_read(home: Whole, admin: Person) -> None:
    first, _ = told(home, 1, "One"), told(home, 1, "Two", "k2")
    assert 'aria-label="Notifications, 2 unread"' in admin.see("/users")
    asked = admin.client.get("/parts/bell")
    assert (asked.json["count"], asked.json["first"]) == (2, "Two")
    tag = {"If-None-Match": asked.headers["ETag"]}
    assert admin.client.get("/parts/bell", headers=tag).status_code == 304
    assert "Marked as read." in admin.after(f"/notifications/{first}/read")
    assert admin.client.get("/parts/bell", headers=tag).json["count"] == 1
    assert "One is marked as read." in admin.after("/notifications/read")
    assert admin.client.get("/parts/bell").json["count"] == 0
    assert 'aria-label="Notifications, nothing unread"' in admin.see("/")


def test_the_virtual_homes_visitor_has_a_bell_without_a_count_and_changes_nobody(home: Whole) -> None:
    assert 'class="bell" href="/notifications"' in home.client.get("/").text
    assert home.client.get("/parts/bell").status_code == 404
    page = home.client.get("/users").text
    assert "changes nobody" in unescape(page)
    assert "<form" not in page.partition("<main")[2]
    for path in ("/users/1", "/users/mail"):
        assert home.client.get(path).status_code == 403
    assert home.client.post("/users/add", data={"name": "x"}).status_code == 403


def test_the_visitor_of_a_home_with_users_is_shown_where_to_log_in(home: Whole, admin: Person) -> None:
    page = home.client.get("/users").text.partition("<main")[2]
    assert '<a href="/login">Log in</a>' in page
    assert "DASHBOARD_PASSWORD" not in page


def test_a_user_is_added_given_rights_and_removed(home: Whole, admin: Person) -> None:
    assert "anna is here now." in admin.after("/users/add", name="Anna", password=PASSWORD, role="member")
    anna = home.dashboard.people.named("anna").id
    assert "anna is administrator now." in admin.after(f"/users/{anna}/role", role="admin")
    assert "logged out everywhere" in admin.after(f"/users/{anna}/password", password="another long password")
    assert home.dashboard.people.verify("anna", "another long password")
    assert "anna is removed" in admin.after(f"/users/{anna}/remove")
    assert "the last administrator" in admin.after("/users/1/remove")
    refused = admin.do("/users/add", name="an na", password="short")
    assert (refused.status_code, 'value="an na"' in refused.text) == (422, True)
    assert 'class="fault"' in refused.text


def test_ones_own_password_needs_the_old_one_and_keeps_this_session(home: Whole) -> None:
    anna, number = anna_of(home)
    refused = anna.do(f"/users/{number}/password", old_password="wrong", password="another long password")
    assert (refused.status_code, "not the present password" in refused.text) == (422, True)
    said = anna.after(f"/users/{number}/password", old_password=PASSWORD, password="another long password")
    assert "logged out everywhere but here" in said


def test_a_session_left_open_is_no_way_to_find_out_the_password(home: Whole) -> None:
    anna, number = anna_of(home)
    tries = [anna.do(f"/users/{number}/password", old_password=f"wrong {each}").status_code for each in range(11)]
    assert tries == [422] * 10 + [429]


def test_a_token_of_a_member_changes_no_password_not_even_that_of_its_own_user(home: Whole) -> None:
    _token, text = home.dashboard.people.create_token("lamp", Role.MEMBER, "admin")
    changed = home.client.post(
        "/users/1/password", data={"password": "one that was guessed"}, headers={"Authorization": f"Bearer {text}"}
    )
    assert changed.status_code == 403
    assert home.dashboard.people.verify("admin", PASSWORD)


def test_everyone_chooses_what_they_are_told_and_in_which_language(home: Whole) -> None:
    anna, number = anna_of(home)
    path = f"/users/{number}/preferences"
    fields = {"language": "fr", "quiet_from": "22h30", "quiet_to": "7:00", "kind-report": "muted_kinds"}
    said = anna.after(path, **fields, **{"kind-system": "dashboard_kinds", "kind-alert": "all"})
    assert home.dashboard.household.preferences.of(number) == Preferences(
        "fr", ("report",), ("system",), "22:30", "07:00"
    )
    assert "C'est enregistré" in said  # the pages follow, where no cookie says otherwise
    assert 'lang="en"' in anna.client.get("/language/en?next=/quota", follow_redirects=True).text
    refused = anna.do(path, quiet_from="25:00", quiet_to="07:00")
    assert (refused.status_code, "is not a time of day" in refused.text) == (422, True)
    assert 'value="25:00"' in refused.text


def test_members_see_themselves_alone(home: Whole) -> None:
    anna, number = anna_of(home)
    assert anna.client.get("/users").location == f"/users/{number}"
    page = anna.see(f"/users/{number}")
    assert "no address" in page
    assert "Remove" not in page
    assert anna.client.get("/users/1").status_code == 403
    assert anna.do("/users/1/role", role="member").status_code == 403


def test_a_channel_is_added_paused_and_removed(home: Whole) -> None:
    anna, number = anna_of(home)
    said = anna.after(f"/users/{number}/channels", kind="email", address="anna.secret@example.org")
    assert "a…@example.org is kept." in said
    assert "anna.secret" not in said
    (channel,) = home.dashboard.household.channels.of(number)
    path = f"/users/{number}/channels/{channel.id}"
    assert "No mail server is set" in said
    assert "until you use it again" in anna.after(f"{path}/rest")
    assert "go there again" in anna.after(f"{path}/use")
    assert "mail server" in anna.after(f"{path}/test")
    assert "The channel is removed" in anna.after(f"{path}/remove")
    refused = anna.do(f"/users/{number}/channels", kind="email", address="nobody")
    assert (refused.status_code, "not an e-mail address" in refused.text) == (422, True)
    assert anna.do(f"/users/{number}/channels/1/explode").status_code == 404


def test_a_token_is_shown_once(home: Whole, admin: Person) -> None:
    made = admin.do("/users/tokens", token_name="cron", token_role="admin", token_user="admin")
    assert made.status_code == 201
    text = re.search(r'<code class="secret" id="secret">([^<]+)</code>', made.text)
    assert text is not None
    token = home.dashboard.people.bearer(text[1])
    assert token is not None
    assert (token.name, token.role, token.user_id) == ("cron", Role.ADMIN, 1)
    assert text[1] not in admin.see("/users")
    assert "opens nothing any more" in admin.after(f"/users/tokens/{token.id}/revoke")
    assert home.dashboard.people.bearer(text[1]) is None
    assert admin.do("/users/tokens", token_name="").status_code == 422


def test_the_mail_server_is_kept_without_ever_showing_its_password(home: Whole, admin: Person) -> None:
    fields = {"host": "smtp.example.org", "security": "starttls", "user": "home", "sender": "home@example.org"}
    said = admin.after("/users/mail", **fields, port="587", mail_password="hunter2 hunter2", sender_name="Home")
    assert "The mail server is kept." in said
    assert "hunter2" not in said
    assert 'value="smtp.example.org"' in said
    kept = admin.after("/users/mail", **{**fields, "host": "mail.example.org"}, port="", sender_name="")
    assert "One is kept, encrypted." in kept
    refused = admin.do("/users/mail", **{**fields, "host": "", "sender": "nobody"}, port="99999999")
    assert refused.status_code == 422
    assert refused.text.count('class="fault"') >= 3
    assert "forgotten" in admin.after("/users/mail/remove")


def test_what_the_last_thirty_days_came_to_is_counted_by_way(home: Whole, admin: Person) -> None:
    told(home, 1, "One")
    assert "How messages did" in admin.see("/users")
