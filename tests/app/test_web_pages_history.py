"""The history page's frame, and what a time adds up to in words."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from support.web_fakes import NOW, Home, a_state, a_wake
from support.web_pages import a_home, client_of, text_of

from switchbot_dashboard.domain.history import HOUR, Totals
from switchbot_dashboard.domain.record import House, ZoneState

A_DAY = Totals(
    covered_ms=24 * HOUR,
    temperature_sum=24 * HOUR * 204,
    temperature_ms=24 * HOUR,
    temperature_min=181,
    temperature_max=225,
    humidity_sum=24 * HOUR * 45,
    humidity_ms=24 * HOUR,
    band_ms=24 * HOUR,
    in_band_ms=6 * HOUR,
    heating_ms=2 * HOUR,
    starts=3,
    calls=148,
    commands=6,
)


@pytest.fixture
def home() -> Home:
    home = a_home()
    home.memory.history.totals = A_DAY
    return home


@pytest.fixture
def client(home: Home) -> FlaskClient:
    return client_of(home)


def facts_of(client: FlaskClient, query: str, **headers: str) -> dict[str, str]:
    answer = client.get(f"/history/api/words?{query}", headers=headers)
    assert answer.status_code == 200, answer.json
    return {name: value.replace("\u00a0", " ").replace("\u202f", " ") for name, value in answer.json["facts"]}


def test_the_last_24_hours_are_shown_first(client: FlaskClient) -> None:
    page = text_of(client, "/history")
    assert 'data-start="2026-03-01T16:46:00Z" data-end="2026-03-02T16:46:00Z" data-own="0"' in page
    assert 'data-timezone="Europe/Paris"' in page
    assert 'data-range="24h" data-seconds="86400" aria-current="true"' in page
    assert 'name="start" value="2026-03-01"' in page
    assert 'name="start_time" value="17:46"' in page
    assert "/history/export.csv?zone=home&start=2026-03-01T16:46:00Z" in page


def test_a_range_of_ones_own_is_meant_by_the_clock_at_home(client: FlaskClient) -> None:
    page = text_of(client, "/history?start=2026-02-01T00:00&end=2026-02-02T12:00")
    assert 'data-start="2026-01-31T23:00:00Z" data-end="2026-02-02T11:00:00Z" data-own="1"' in page
    assert 'aria-current="true"' not in page[page.index("ranges") : page.index("own")]


@pytest.mark.parametrize(
    "query", ["range=century", "start=nonsense&end=2026-02-02", "start=2026-02-02&end=2026-01-01", "start=0001-01-01"]
)
def test_a_range_that_means_nothing_falls_back_to_a_day(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/history?{query}")
    assert answer.status_code == 422
    assert 'data-start="2026-03-01T16:46:00Z"' in answer.text


def test_the_scripts_words_are_data_and_not_script(client: FlaskClient) -> None:
    page = client.get("/history").text
    words = re.search(r'data-words="([^"]*)"', page)
    assert words is not None
    assert json.loads(unescape(words[1]))["turns"]["off"] == "Switching off"
    assert not re.search(r"<script(?![^>]*src=)", page)
    assert " style=" not in page


def test_an_empty_chart_says_when_the_first_reading_comes(home: Home, client: FlaskClient) -> None:
    home.memory.house = House({"home": ZoneState("home", wake=a_wake())}, (), 0, 0, None)
    assert "The first reading is due 17:52." in text_of(client, "/history")
    home.memory.house = House({}, (), 0, 0, None)
    assert "The first reading follows the start within seconds." in text_of(client, "/history")
    home.memory.house = House({"home": a_state()}, (), 0, 0, None)
    assert "Choose a longer range, or one closer to now." in text_of(client, "/history")


def test_several_zones_can_be_chosen() -> None:
    page = text_of(client_of(a_home(zones=[{"id": "a", "name": "Salon"}, {"id": "b"}])), "/history?zone=b")
    assert 'href="/history?zone=b" aria-current="true"' in page
    assert 'data-zone="b"' in page


def test_a_time_adds_up_in_words(home: Home, client: FlaskClient) -> None:
    facts = facts_of(client, "zone=home&start=2026-03-01T16:46:00Z&end=2026-03-02T16:46:00Z")
    assert facts == {
        "Mean": "20.4 °C",
        "Lowest and highest": "18.1 – 22.5 °C",
        "Mean humidity": "45 %",
        "In the comfort band": "25 % (6 h)",
        "Heating": "2 h",
        "Starts": "3",
        "Commands": "6",
        "Calls": "148",
    }
    assert home.memory.history.asked == [("home", NOW - timedelta(days=1), NOW)]


def test_a_time_of_which_little_is_known_says_so(client: FlaskClient) -> None:
    facts = facts_of(
        client, "zone=home&start=2026-02-27T16:46:00Z&end=2026-03-03T00:00:00Z", **{"Accept-Language": "fr"}
    )
    assert facts["Part connue"] == "33 %"
    assert facts["Moyenne"] == "20,4 °C"


@pytest.mark.parametrize(
    "query", ["", "start=2026-03-01", "start=2026-03-02&end=2026-03-01", "start=1990-01-01&end=2026-03-01"]
)
def test_a_time_that_is_none_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/history/api/words?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/json")
