"""Alerts for programs and for people: listed, read, seen to, silenced; a GET looks nothing over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from support.databases import counting
from support.whole import Whole, field_of, whole

from switchbot_dashboard.domain.alert import Alert, Kind, Severity, State, Wanted
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.store.alerts import AlertRows

NOW = datetime.now(UTC)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Whole]:
    with whole(tmp_path) as found:
        yield found


def put(home: Whole, *wishes: dict[str, Any]) -> list[int]:
    """Alerts as they are kept, active unless said otherwise; their ids, in the order given."""
    rows = AlertRows(home.dashboard.engine, home.dashboard.memory._kept._watch)
    usual: dict[str, Any] = {
        "id": 0,
        "kind": Kind.TEMPERATURE,
        "severity": Severity.WARNING,
        "state": State.ACTIVE,
        "sentence": say("It is {now:temp} (at {at:time}): colder than the {bound:level} at which an alert is raised.",
                        now=80, at=NOW, bound=100),
        "first_seen": NOW - timedelta(hours=1),
        "last_seen": NOW,
        "active_since": NOW - timedelta(minutes=30),
        "told_at": NOW - timedelta(minutes=30),
        "told_count": 1,
    }  # fmt: skip
    new = [Alert(**{**usual, "subject": f"zone{place}", **wish}) for place, wish in enumerate(wishes)]
    before = {alert.id for alert in everything(home)}
    assert rows.write(new, [], [])[0] == len(new)
    return sorted(alert.id for alert in everything(home) if alert.id not in before)


def everything(home: Whole) -> list[Alert]:
    rows = home.dashboard.household.alerts._rows
    return [*rows.listed(Wanted(active=False, limit=1000))]


def texts(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(answer.text).replace("\u00a0", " ").split())


# for programs


def test_those_that_last_are_listed_newest_first_and_the_others_when_asked_for(home: Whole) -> None:
    first, over, worst = put(
        home,
        {},
        {"state": State.RESOLVED, "resolved_at": NOW, "is_read": True},
        {"severity": Severity.CRITICAL, "kind": Kind.CREDENTIALS_REFUSED, "is_read": True},
    )
    ask = home.client.get
    assert [each["id"] for each in ask("/api/alerts").json] == [worst, first]
    assert [each["id"] for each in ask("/api/alerts?active=0").json] == [worst, over, first]
    assert [each["id"] for each in ask("/api/alerts?unread=1").json] == [first]
    assert [each["id"] for each in ask("/api/alerts?severity=critical").json] == [worst]
    assert [each["id"] for each in ask("/api/alerts?priority=WARNING&active=0").json] == [over, first]
    assert [each["id"] for each in ask(f"/api/alerts?active=0&before={worst}&limit=1").json] == [over]
    shown = ask("/api/alerts").json[1]
    assert (shown["kind"], shown["severity"], shown["state"], shown["subject"]) == (
        "temperature",
        "WARNING",
        "active",
        "zone0",
    )
    assert (shown["is_active"], shown["is_read"], shown["acknowledged_by"]) == (True, False, None)
    assert shown["message"].startswith("It is 8.0 °C")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("active=2", "active"),
        ("unread=perhaps", "unread"),
        ("severity=LOUD", "severity"),
        ("priority=urgent", "priority"),
        ("severity=INFO&priority=WARNING", "priority"),
        ("limit=0", "limit"),
        ("limit=ten", "limit"),
        ("before=-1", "before"),
        (f"before={10**30}", "before"),
    ],
)
def test_a_query_that_cannot_be_used_is_answered_by_its_field(home: Whole, query: str, field: str) -> None:
    answer = home.client.get(f"/api/alerts?{query}")
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [field]


@pytest.mark.parametrize("minutes", [None, "60", True, -1, 1.5, 10_081, [60]])
def test_a_silence_takes_whole_minutes_up_to_a_week(home: Whole, minutes: object) -> None:
    (number,) = put(home, {})
    answer = home.client.post(f"/api/alerts/{number}/silence", json={"minutes": minutes})
    assert answer.status_code == 422
    assert "minutes" in answer.json["fields"]
    assert everything(home)[0].silenced_until is None


def test_what_people_do_is_kept_with_who_did_it(home: Whole) -> None:
    (number,) = put(home, {})
    read = home.client.post(f"/api/alerts/{number}/read").json
    assert (read["is_read"], read["acknowledged_at"]) == (True, None)
    silent = home.client.post(f"/api/alerts/{number}/silence", json={"minutes": 60}).json
    assert silent["silenced_until"] > home.client.get("/api/state").json["now"]
    assert home.client.post(f"/api/alerts/{number}/silence", json={"minutes": 0}).json["silenced_until"] is None
    seen_to = home.client.post(f"/api/alerts/{number}/acknowledge").json
    assert (seen_to["acknowledged_by"], seen_to["state"]) == ("visitor", "active")


def test_an_alert_that_is_not_there_or_over_is_said_to_be_so(home: Whole) -> None:
    (over,) = put(home, {"state": State.RESOLVED, "resolved_at": NOW})
    for do, body in (("read", None), ("acknowledge", None), ("silence", {"minutes": 5})):
        for number in (9999, 10**30):
            answer = home.client.post(f"/api/alerts/{number}/{do}", json=body or {})
            assert (answer.status_code, answer.json["error"]) == (404, "not_found")
    assert home.client.post(f"/api/alerts/{over}/read").status_code == 200
    assert home.client.post(f"/api/alerts/{over}/acknowledge").status_code == 409
    assert home.client.post(f"/api/alerts/{over}/silence", json={"minutes": 5}).status_code == 409


def test_only_a_post_looks_the_home_over(home: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    alerts = home.dashboard.household.alerts
    facts = alerts._facts
    monkeypatch.setattr(alerts, "_facts", lambda: looked.append(1) or facts())
    for path in ("/api/alerts", "/api/alerts?active=0", "/api/state", "/alerts", "/"):
        assert home.client.get(path).status_code == 200
    assert looked == []
    answer = home.client.post("/api/alerts/generate").json
    assert looked
    assert answer == {
        "message": "0 new, 0 that last, 0 over.",
        "alerts_created": 0,
        "alerts_updated": 0,
        "alerts_resolved": 0,
    }


def test_the_virtual_homes_fault_becomes_an_alert_and_ends_with_it(tmp_path: Path) -> None:
    with whole(tmp_path, VIRTUAL_HOME_FAULTS="401") as home:
        home.client.post("/api/run-once")
        assert home.client.post("/api/alerts/generate").json["alerts_created"] == 1
        (alert,) = home.client.get("/api/alerts").json
        assert (alert["kind"], alert["severity"]) == ("credentials_refused", "CRITICAL")
        assert home.client.get("/api/state").json["alerts"] == {"active": 1, "unread": 1}
        assert "Token and secret are refused" in texts(home.client, "/")
        (message,) = home.dashboard.household.outbox.get_pending_notifications()
        assert message.related_id == str(alert["id"])
    with whole(tmp_path) as home:
        assert home.client.post("/api/run-once").status_code == 200
        assert home.client.post("/api/alerts/generate").json["alerts_resolved"] == 1
        assert home.client.get("/api/alerts").json == []
        assert home.client.get("/api/alerts?active=0").json[0]["resolved_at"]


def test_a_turn_that_changes_something_asks_for_a_look_and_the_job_says_what_came_of_it(home: Whole) -> None:
    asked: list[str] = []
    household = home.dashboard.household
    household._soon = asked.append
    for _turn in range(3):
        home.client.post("/api/run-once")
    assert asked in (["alerts"], ["alerts", "alerts"])  # the second look may come to another outcome than the first
    view = home.dashboard.jobs.run("alerts")
    assert str(view.last_outcome) == "0 alerts are new, 0 last, 0 are over"
    assert view.time.every_minutes == 5
    home.client.patch("/api/settings", json={"alerts": {"every_minutes": 2}})
    home.dashboard.file.poll()
    assert home.dashboard.jobs.run("alerts").time.every_minutes == 2


def test_the_state_counts_alerts_and_its_tag_moves_with_them(home: Whole) -> None:
    before = home.client.get("/api/state")
    assert before.json["alerts"] == {"active": 0, "unread": 0}
    (number,) = put(home, {})
    after = home.client.get("/api/state")
    assert after.json["alerts"] == {"active": 1, "unread": 1}
    assert after.headers["ETag"] != before.headers["ETag"]
    home.client.post(f"/api/alerts/{number}/read")
    assert home.client.get("/api/state").json["alerts"] == {"active": 1, "unread": 0}


def test_a_list_of_alerts_is_one_read_however_many_there_are(home: Whole) -> None:
    put(home, *({"state": State.RESOLVED, "resolved_at": NOW} for _ in range(50)), {})
    home.client.get("/api/alerts")
    with counting(home.dashboard.engine) as counted:
        assert len(home.client.get("/api/alerts").json) == 1
    assert counted.reads == 1


# for people


def test_the_page_says_what_is_wrong_what_to_do_and_who_knows(home: Whole) -> None:
    put(
        home,
        {"kind": Kind.METER_STALE, "acknowledged_at": NOW, "acknowledged_by": "Anna", "is_read": True},
        {"kind": Kind.CREDENTIALS_REFUSED, "severity": Severity.CRITICAL},
        {"kind": Kind.HUMIDITY, "state": State.RESOLVED, "resolved_at": NOW},
    )
    page = texts(home.client, "/alerts")
    assert "2 alerts last." in page
    assert page.index("Token and secret are refused") < page.index("No reading from the meter")  # the worst first
    assert "Anna sees to it" in page
    assert "Take token and secret anew from the developer options" in page
    assert page.count("I see to it") == 1
    assert "Humidity out of bounds" in page.partition('<h2 id="over-title">')[2]
    assert '<span class="badge">1' in page


def test_a_home_that_is_well_says_so(home: Whole) -> None:
    page = texts(home.client, "/alerts")
    assert "All is well." in page
    assert "every 5 minutes" in page
    assert 'class="badge"' not in page


def test_buttons_work_without_a_script(home: Whole) -> None:
    (number,) = put(home, {})
    client = home.logged_in()
    token = field_of(client.get("/alerts").text, "csrf_token")
    sent = client.post(f"/alerts/{number}/silence", data={"csrf_token": token, "minutes": "60"})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/alerts")
    page = texts(client, "/alerts")
    assert "“Temperature out of bounds”: nobody is told until" in page
    assert "End the silence" in page
    client.post(f"/alerts/{number}/acknowledge", data={"csrf_token": token})
    assert "admin sees to it" in texts(client, "/alerts")
    assert client.post(f"/alerts/{number}/silence", data={"csrf_token": token, "minutes": "7"}).status_code == 422
    assert client.post("/alerts/999/read", data={"csrf_token": token}).status_code == 404
    assert client.post(f"/alerts/{number}/acknowledge").status_code == 403  # without the page's own token


def test_what_is_over_is_shown_page_by_page(home: Whole) -> None:
    put(home, *({"state": State.RESOLVED, "resolved_at": NOW} for _ in range(35)))
    page = texts(home.client, "/alerts")
    assert page.count("<li> <h3>") == 30
    older = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert texts(home.client, older).count("<li> <h3>") == 5
    assert home.client.get("/alerts?before=x").status_code == 422


def test_the_first_page_tells_the_worst_and_counts_the_rest(home: Whole) -> None:
    put(home, *({"kind": Kind.HUMIDITY, "severity": Severity.WARNING} for _ in range(5)))
    page = texts(home.client, "/")
    assert page.count("Humidity out of bounds: It is 8.0 °C") == 3
    assert "Nobody sees to 2 more alerts yet." in page
    for alert in everything(home):
        home.client.post(f"/api/alerts/{alert.id}/acknowledge")
    assert "Humidity out of bounds" not in texts(home.client, "/")


def test_french_is_written_for_people(home: Whole) -> None:
    put(home, {})
    page = unescape(home.client.get("/alerts", headers={"Accept-Language": "fr"}).text)
    assert "Température hors limites" in page
    assert "Il fait 8,0\u00a0°C (à" in page
    assert "Je m'en charge" in page


def test_a_time_of_today_stands_in_french_as_its_sentence_wants_it(home: Whole) -> None:
    put(home, {"acknowledged_at": NOW, "acknowledged_by": "Anna"})
    (silenced,) = put(home, {"kind": Kind.HUMIDITY})
    french = {"Accept-Language": "fr"}
    said = home.client.post(
        f"/alerts/{silenced}/silence", data={"minutes": "60"}, headers=french, follow_redirects=True
    )
    page = " ".join(unescape(said.text).replace("\u00a0", " ").split())
    assert re.search(r"Anna s'en charge, depuis \d+ h \d\d : plus personne n'est prévenu", page)
    assert re.search(r"silence, reprise (à|demain à) \d+ h \d\d\.", page)


def test_whoever_is_not_logged_in_sees_no_alert(home: Whole) -> None:
    (number,) = put(home, {})
    stranger = home.app.test_client()
    stranger.environ_base["REMOTE_ADDR"] = "192.0.2.9"
    assert stranger.get("/api/alerts").status_code == 401
    assert stranger.post(f"/api/alerts/{number}/acknowledge").status_code == 401
    assert stranger.get("/alerts").status_code in (302, 303)
