"""What surrounds the pages: where one can go, in which language, in which light."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support.web_fakes import NOW, WHY

from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.web import i18n


def in_french(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.get("/language/fr")
    return client


def test_the_browsers_language_is_spoken_unless_another_is_chosen(client: FlaskClient) -> None:
    french = {"Accept-Language": "fr-CH, fr;q=0.9, en;q=0.8"}
    assert '<html lang="fr"' in client.get("/", headers=french).text
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "de"}).text
    answer = client.get("/language/en?next=/?x=1", headers=french)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?x=1")
    assert '<html lang="en"' in client.get("/", headers=french).text


def test_a_switch_leads_nowhere_else(client: FlaskClient) -> None:
    assert client.get("/language/fr?next=//elsewhere.example").headers["Location"] == "/"
    assert client.get("/theme/dark?next=https://elsewhere.example").headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/language/tlh", "/theme/neon"])
def test_an_unknown_choice_is_not_kept(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers


def test_the_theme_is_in_the_page_from_its_first_byte(client: FlaskClient) -> None:
    assert 'data-theme="auto"' in client.get("/").text
    client.get("/theme/dark")
    page = client.get("/").text
    assert 'data-theme="dark"' in page
    assert '<meta name="theme-color" content="#0f1317">' in page


def test_the_navigation_names_the_page_that_is_shown(client: FlaskClient) -> None:
    assert client.get("/").text.count('<a href="/" aria-current="page">') == 2


def test_a_phone_has_at_most_five_places(client: FlaskClient) -> None:
    page = client.get("/").text
    bar = page[page.index('<nav class="bar"') : page.index("<details")]
    assert 1 <= bar.count("<a ") <= 4


def test_the_manifest_is_open_to_all_and_names_icons_that_exist(client: FlaskClient) -> None:
    manifest = client.get("/manifest.webmanifest", headers={"X-Forwarded-For": "1.2.3.4"}).get_json(force=True)
    assert manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        with client.get(icon["src"]) as answer:
            assert answer.mimetype == "image/png"


def test_figures_follow_the_language(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        assert i18n.temp(194) == "19,4\u00a0°C"
        assert i18n.degrees(-5) == "−0,5"
        assert i18n.number(10000) == "10\u202f000"
        assert i18n.percent(45) == "45\u00a0%"
        assert i18n.span(7500) == "2\u00a0h\u00a05\u00a0min"
    with app.test_request_context():
        assert (i18n.temp(194), i18n.percent(None), i18n.degrees(None)) == ("19.4 °C", "–", "–")


def test_times_follow_the_language_and_the_homes_zone(app: Flask) -> None:
    evening, tomorrow, later = NOW, NOW + timedelta(days=1), datetime(2026, 7, 4, 4, 30, tzinfo=UTC)
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        app.preprocess_request()
        assert i18n.clock(evening) == "17\u00a0h\u00a046"
        assert i18n.moment(tomorrow) == "demain à 17\u00a0h\u00a046"
        assert i18n.moment(later) == "sam. 4 juil. à 6\u00a0h\u00a030"
    with app.test_request_context():
        app.preprocess_request()
        assert (i18n.clock(evening), i18n.moment(tomorrow)) == ("17:46", "tomorrow 17:46")
        assert i18n.moment(later) == "Sat 4 Jul 06:30"


def test_a_sentence_within_a_sentence_speaks_the_same_language(app: Flask) -> None:
    held = say("{why}; held back until {until:clock} by the cooldown", why=WHY, until=NOW)
    with app.test_request_context(headers={"Accept-Language": "fr"}):
        app.preprocess_request()
        told = i18n.sentence(held)
    assert "19,6\u00a0°C" in told
    assert "17\u00a0h\u00a046\u00a0min\u00a000\u00a0s" in told
    assert "heating" not in told


def test_outside_a_request_everything_is_english() -> None:
    assert (i18n.temp(194), i18n.clock(NOW), i18n.sentence(WHY)) == ("19.4 °C", "16:46", WHY.text())
