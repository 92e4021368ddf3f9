"""The page of reminders: what is due, who has what, and what a form does without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from support.whole import Whole, field_of, whole

from switchbot_dashboard.domain.reminder import (
    Act,
    Author,
    Kind,
    Planned,
    Reminder,
    State,
    Step,
    StepKind,
    StepState,
    Wish,
)
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.web.reminders_view import Seen, card_of, due_words, in_order, loan_of, story_of

NOW = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEEN = Seen({1: "anna"}, {"AC1": "Living room"}, NOW, UTC)


def a_reminder(due: timedelta | None, number: int = 1, **more: Any) -> Reminder:
    wish = {name: more.pop(name) for name in ("kind", "object", "every_days", "every_hours", "note") if name in more}
    at = None if due is None else NOW + due
    return Reminder(number, Wish("Filter", 1, NOW - 9 * DAY, at, **wish), Author(1, "anna"), NOW - 9 * DAY, **more)


@pytest.mark.parametrize(
    ("reminder", "words", "tone"),
    [
        (a_reminder(2 * HOUR), "Due 18:00, in 2 h", "warn"),
        (a_reminder(3 * DAY), "Due Sat 7 Mar 16:00, in 3 days", ""),
        (a_reminder(-2 * HOUR), "Overdue for 2 h: it was due 14:00", "bad"),
        (a_reminder(-3 * DAY), "Overdue for 3 days: it was due Sun 1 Mar 16:00", "bad"),
        (a_reminder(None, every_hours=200), "Due after 200 h of running; 37 h so far", ""),
        (a_reminder(DAY, status=State.DONE, done_at=NOW - HOUR, done_by="anna"), "Done 15:00 by anna", "ok"),
        (a_reminder(DAY, status=State.STOPPED), "Stopped", "quiet"),
    ],
)
def test_when_it_is_due_is_said_in_words(reminder: Reminder, words: str, tone: str) -> None:
    assert due_words(reminder, SEEN, 37.5 * HOUR) == (words, tone)


def test_what_is_due_first_comes_first_and_hours_of_running_last() -> None:
    found = [
        a_reminder(DAY, 1),
        a_reminder(None, 2),
        a_reminder(-DAY, 3),
        a_reminder(-DAY, 4, snoozed_until=NOW + 9 * DAY),
    ]
    assert [each.id for each in in_order(found)] == [3, 1, 4, 2]


def test_a_card_says_what_it_is_and_what_comes_next() -> None:
    reminder = a_reminder(3 * DAY, kind=Kind.LOAN, object="Heater", every_days=30, snoozed_until=NOW + HOUR)
    step = Step(1, 1, 1, Planned(NOW + DAY, StepKind.TWO_DAYS))
    card = card_of(reminder, [step], None, SEEN)
    assert card.facts == "Loan · Heater · anna"
    assert list(card.more) == [
        "Silent until 17:00",
        "Next message: tomorrow 16:00",
        "Comes back 30 days after it is done",
    ]
    assert loan_of(reminder, SEEN).until == "Sat 7 Mar 16:00"


def test_a_story_tells_what_was_done_and_told_in_order() -> None:
    acts = [Act(NOW - 2 * DAY, Author(1, "anna"), say("wrote it down")), Act(NOW, Author(None, ""), say("it moved"))]
    steps = [
        Step(1, 1, 1, Planned(NOW - DAY, StepKind.ONE_DAY), StepState.SENT, NOW - DAY + 2 * HOUR),
        Step(2, 1, 1, Planned(NOW - 2 * HOUR, StepKind.SAME_DAY), StepState.SKIPPED, NOW),
        Step(3, 1, 1, Planned(NOW + DAY, StepKind.OVERDUE, 1)),
    ]
    assert [event.words for event in story_of(acts, steps, SEEN)] == [
        "anna wrote it down",
        "Reminder one day before: told late, yesterday 18:00, since the service was down",
        "Reminder on the day: skipped, since a later one was due too",
        "It moved.",
        "Overdue, 1 day later: is told then",
    ]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Whole]:
    with whole(tmp_path) as running:
        yield running


@pytest.fixture
def client(home: Whole) -> FlaskClient:
    return home.logged_in()


def text(client: FlaskClient, path: str, **headers: str) -> str:
    answer = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status_code == 200
    return " ".join(unescape(answer.text).replace("\u202f", " ").replace("\u00a0", " ").split())


def send(client: FlaskClient, path: str, **fields: str) -> Any:
    token = field_of(client.get("/reminders").text, "csrf_token")
    return client.post(path, data={"csrf_token": token, **fields})


def filled(**more: str) -> dict[str, str]:
    day = (datetime.now(UTC) + 3 * DAY).date().isoformat()
    return {"title": "Heater", "kind": "loan", "object": "Heater", "due_day": day, "due_time": "18h30", **more}


def test_a_loan_is_written_down_changed_and_done_by_forms_alone(home: Whole, client: FlaskClient) -> None:
    assert "Nothing is due." in text(client, "/reminders")
    assert send(client, "/reminders", **filled(tell_done="on")).status_code == 303
    page = text(client, "/reminders")
    assert "It is written down." in page
    assert "until" in page
    assert "18:30" in page

    assert send(client, "/reminders/1", **filled(title="Heater of the cellar")).status_code == 303
    assert "Heater of the cellar" in text(client, "/reminders/1")
    assert home.dashboard.household.reminding.reminders.one(1).round == 1

    assert (
        send(client, "/reminders/1/snooze", value="tomorrow", back="/reminders/1").headers["Location"] == "/reminders/1"
    )
    assert "admin snoozed it until" in text(client, "/reminders/1")
    assert send(client, "/reminders/1/done").status_code == 303
    page = text(client, "/reminders")
    assert "Done: Heater of the cellar." in page
    assert "Done and stopped" in page
    assert "admin marked it as done" in text(client, "/reminders/1")


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(client: FlaskClient) -> None:
    answer = send(
        client, "/reminders", **filled(title="<b>Heater</b>", due_day="2020-01-01", due_time="25:00", every_days="x")
    )
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert 'id="due_at-fault"' in page
    assert 'id="every_days-fault"' in page
    assert "&lt;b&gt;Heater&lt;/b&gt;" in answer.text
    assert "<b>" not in answer.text
    assert "Nothing is due." in text(client, "/reminders")


def test_a_title_of_html_is_shown_as_text(client: FlaskClient) -> None:
    assert send(client, "/reminders", **filled(title="<script>alert(1)</script>")).status_code == 303
    for path in ("/reminders", "/reminders/1"):
        answer = client.get(path).text
        assert "<script>alert" not in answer
        assert "&lt;script&gt;alert(1)" in answer


def test_a_time_left_alone_in_the_form_keeps_its_seconds(home: Whole, client: FlaskClient) -> None:
    reminders = home.dashboard.household.reminding.reminders
    user = home.dashboard.people.named("admin").id
    now = datetime.now(UTC)
    reminders.create(Wish("Filter", user, now, now + 5 * HOUR), Author(user, "admin"))
    zone = home.dashboard.zone()
    begins, due = (each.astimezone(zone) for each in (now, now + 5 * HOUR))
    fields = {"start_day": f"{begins:%Y-%m-%d}", "start_time": f"{begins:%H:%M}", "due_day": f"{due:%Y-%m-%d}"}
    answer = send(
        client, "/reminders/1", **fields, due_time=f"{due:%H:%M}", title="Filter 2", kind="other", user=str(user)
    )
    assert answer.status_code == 303
    assert (reminders.one(1).wish.title, reminders.one(1).round) == ("Filter 2", 1)


def test_a_back_address_elsewhere_is_not_followed(client: FlaskClient) -> None:
    send(client, "/reminders", **filled())
    assert send(client, "/reminders/1/stop", back="//evil.example").headers["Location"] == "/reminders"
    assert send(client, "/reminders/1/snooze", value="never").status_code == 422


def test_the_page_speaks_french(client: FlaskClient) -> None:
    send(client, "/reminders", **filled())
    page = text(client, "/reminders", Accept_Language="fr")
    assert "Rappels" in page
    assert "18 h 30" in page


def test_without_users_the_page_says_what_to_do(tmp_path: Path) -> None:
    with whole(tmp_path / "nobody", DASHBOARD_PASSWORD="") as running:
        page = text(running.client, "/reminders")
    assert "nobody yet who could be reminded" in page
    assert "Write it down" not in page
