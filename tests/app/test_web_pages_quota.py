"""The day's calls, drawn and in figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from support.web_fakes import NOW, Home
from support.web_pages import client_of, text_of

from switchbot_dashboard.domain.record import Call
from switchbot_dashboard.web.quota_page import quota_model

QUOTA = {"limit": 1000, "used": 312, "remaining": 688, "reserved": 100, "by_purpose": {"read": 300, "command": 12}}
QUOTA |= {"resets_at": "2026-03-03T00:00:00Z", "projected": 500, "warning": False}


def test_the_page_says_what_was_spent_on_what_and_how_it_will_end(client: FlaskClient) -> None:
    page = text_of(client, "/quota")
    assert "312 of 10 000 calls today" in page
    assert "Readings</th><td>300</td><td>96 %" in page
    assert "Commands</th><td>12</td><td>4 %" in page
    assert "Counted anew</dt><dd>tomorrow 01:00, in 7 h 14 min" in page
    assert "calls to spare" in page


def test_the_hours_are_those_of_the_counted_day_named_by_the_clock_at_home(client: FlaskClient) -> None:
    page = text_of(client, "/quota")
    assert '<th scope="row">17:00</th><td>40</td><td>0</td><td>0</td><td>0</td><td>40</td>' in page
    assert '<th scope="row">16:00</th><td>0</td><td>2</td>' in page
    assert page.index('<th scope="row">01:00</th>') < page.index('<th scope="row">00:00</th>')


def test_the_days_before_are_shown(client: FlaskClient) -> None:
    page = text_of(client, "/quota")
    assert '<th scope="row">Sun 1 Mar</th><td>900</td>' in page
    assert page.index("Mon 2 Mar</th>") < page.index("Sun 1 Mar</th>")  # the table begins with today


def test_bars_stand_on_each_other_and_fit_their_scale() -> None:
    hour = round(NOW.timestamp()) // 3600
    spent = [Call(hour, "read", "status", 60), Call(hour, "read", "x", 20), Call(hour, "command", "commands", 20)]
    page = quota_model(QUOTA, spent, {}, None, NOW)
    bar = page.hours[16]
    assert page.hours_top == "100"
    assert [(part.purpose, part.y, part.height) for part in bar.parts] == [("read", 20, 80), ("command", 0, 20)]
    assert (bar.now, bar.words) == (True, "16:00: 100 calls")
    assert sum(len(each.parts) for each in page.hours) == 2


def test_calls_of_another_day_are_not_drawn_as_todays() -> None:
    yesterday = round((NOW - timedelta(days=1)).timestamp()) // 3600
    page = quota_model(QUOTA, [Call(yesterday, "read", "status", 9)], {}, None, NOW)
    assert not any(bar.parts for bar in page.hours)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"used": 950}, "Today's calls for reading are used up. Commands still go out; readings begin again at 00:00."),
        ({"projected": 950}, "At this pace the calls would not last, so readings are spaced out"),
        ({}, "At this pace the day ends with 400 calls to spare"),
    ],
)
def test_what_is_to_be_expected_is_one_sentence(changes: dict[str, int], words: str) -> None:
    assert words in quota_model({**QUOTA, **changes}, [], {}, None, NOW).short


def test_advice_names_the_values_in_force(home: Home) -> None:
    home.desk.document |= {"poll_interval_seconds": 15, "other_tools_share": 20, "adaptive_polling_enabled": False}
    page = text_of(client_of(home), "/quota")
    assert "in windows the meter is read every 15 s" in page
    assert "20 % of the limit are left to other tools" in page
    assert "Turn adaptive polling on" in page
    assert "Turn predictive polling on" in page


def test_broken_settings_leave_the_page_standing(home: Home, client: FlaskClient) -> None:
    home.desk.broken = True
    assert "312 of 10 000 calls today" in text_of(client, "/quota")
