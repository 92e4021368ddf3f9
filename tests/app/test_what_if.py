"""What the last seven days would have been with other settings: from the home's own history to the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from support.lived import lived
from support.web_fakes import DOCUMENT, NOW, Home

from switchbot_dashboard.app import Dashboard
from switchbot_dashboard.config import Config
from switchbot_dashboard.domain.comparison import Comparison, Occupied, ZoneCompared
from switchbot_dashboard.domain.course import Point
from switchbot_dashboard.domain.history import Sample
from switchbot_dashboard.domain.record import House
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.domain.settings import DEFAULT_FILE, Settings, parse_settings
from switchbot_dashboard.store.lock import FileLock
from switchbot_dashboard.store.settings_file import SettingsFile
from switchbot_dashboard.web import build_web
from switchbot_dashboard.web import service as said
from switchbot_dashboard.whatif import WhatIf

BEGAN = datetime(2026, 1, 10, tzinfo=UTC)
NOWHERE = House({}, (), 0, 0, None)


def settings(**keys: Any) -> Settings:
    plain = {"predictive_polling_enabled": False, "poll_interval_seconds": 300, "timezone": "UTC"}
    return parse_settings(json.dumps(DEFAULT_FILE | plain | keys))


def samples(course: Sequence[Point]) -> list[Sample]:
    """A course as the memory holds it."""
    doing = {1: "heat", 0: "off", -1: "cool"}
    return [
        Sample(round(point.at * 1000), 300_000, round(point.celsius * 10), doing=doing[point.drive]) for point in course
    ]


def asking(tmp_path: Path, course: Sequence[Point], days: float) -> WhatIf:
    now = BEGAN + timedelta(days=days)

    def between(zone: str, since: datetime, until: datetime) -> list[Sample]:
        return [each for each in samples(course) if since.timestamp() * 1000 <= each.at < until.timestamp() * 1000]

    return WhatIf(between, lambda at: NOWHERE, lambda: now, tmp_path / "lock")


@pytest.fixture(scope="module")
def fortnight() -> list[Point]:
    return lived(days=14)


def test_the_fitted_home_lives_through_the_days_as_the_real_one_did(tmp_path: Path, fortnight: list[Point]) -> None:
    found = asking(tmp_path, fortnight, 14)(settings(), settings())
    (zone,) = found.zones
    assert zone.in_force == zone.wished
    assert zone.in_force is not None
    began = (BEGAN + timedelta(days=7)).timestamp()
    ran = sum((after.at - before.at) * before.drive for before, after in pairwise(fortnight) if before.at >= began)
    assert found.days == 7
    assert zone.in_force.hours_inside + zone.in_force.hours_outside == pytest.approx(ran / 3600 / 7, rel=0.05)


def test_other_settings_make_the_difference_that_they_should(tmp_path: Path, fortnight: list[Point]) -> None:
    ask = asking(tmp_path, fortnight, 14)
    long = [{"days": list(range(7)), "start": "06:30", "end": "23:00"}]
    warmer = ask(settings(), settings(time_windows=long)).zones[0]
    assert warmer.in_force is not None
    assert warmer.wished is not None
    assert warmer.wished.in_band > warmer.in_force.in_band + 0.2
    assert warmer.wished.kwh > warmer.in_force.kwh
    seldom = ask(settings(), settings(poll_interval_seconds=900, idle_poll_interval_seconds=900))
    assert seldom.calls is not None
    assert sum(seldom.calls[1].values()) < 0.6 * sum(seldom.calls[0].values())


def test_so_many_looks_that_it_would_take_too_long_are_cut_to_fewer_days(
    tmp_path: Path, fortnight: list[Point], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switchbot_dashboard.whatif.MOST_TICKS", 2400)
    found = asking(tmp_path, fortnight, 14)(settings(), settings(poll_interval_seconds=120))
    assert (found.days, found.asked) == (2, 7)


def test_a_short_history_a_home_that_never_cooled_and_a_new_zone_say_what_is_missing(
    tmp_path: Path, fortnight: list[Point]
) -> None:
    (young,) = asking(tmp_path, fortnight, 3.1)(settings(), settings()).zones
    assert young.wished is None
    assert "Days still missing: 2." in str(young.lack)
    (summer,) = asking(tmp_path, fortnight, 14)(settings(), settings(mode="summer")).zones
    assert "has not cooled for 3 hours" in str(summer.lack)


def test_one_question_at_a_time_and_the_same_one_costs_nothing(tmp_path: Path, fortnight: list[Point]) -> None:
    ask = asking(tmp_path, fortnight, 14)
    first = ask(settings(), settings())
    with FileLock(tmp_path / "lock"):
        assert ask(settings(), settings()) is first
        with pytest.raises(Occupied):
            ask(settings(), settings(poll_interval_seconds=600))


def test_the_virtual_home_can_be_asked_on_its_first_day(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, settings_path=tmp_path / "settings.json", database_url=f"sqlite:///{tmp_path}/d")
    dashboard = Dashboard(config, clock=lambda: datetime(2026, 11, 20, 9, 30, tzinfo=UTC))
    try:
        assert dashboard.rehearse()
        found = dashboard.service().what_if(settings(winter={"min_temp": 19, "max_temp": 21}))
    finally:
        dashboard.engine.dispose()
    (zone,) = found.zones
    assert zone.lack is None
    assert zone.house is not None
    assert zone.house.time_constant.value == pytest.approx(20, rel=0.25)
    assert zone.wished is not None


# The page


@pytest.fixture
def home(tmp_path: Path) -> Home:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    desk: Any = SettingsFile(path, tmp_path / "backups", lambda: NOW)
    return Home(desk=desk)


def client_of(home: Home, answer: Comparison | Exception) -> tuple[FlaskClient, list[Settings]]:
    asked: list[Settings] = []

    def what_if(wished: Settings) -> Comparison:
        asked.append(wished)
        if isinstance(answer, Exception):
            raise answer
        return answer

    home.meanings[Occupied] = said.TooMany
    return build_web(replace(home.service(), what_if=what_if)).test_client(), asked


def typed(**keys: str) -> dict[str, str]:
    return {"base": "{}", "etag": "x", "winter.min_temp": "19.5", **keys}


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory, fortnight: list[Point]) -> Comparison:
    ask = asking(tmp_path_factory.mktemp("what-if"), fortnight, 14)
    return ask(settings(), settings(winter={"min_temp": 19}))


def test_the_form_as_typed_is_asked_about_and_nothing_is_saved(home: Home, answer: Comparison) -> None:
    before = home.desk.text
    client, asked = client_of(home, answer)
    part = client.post("/settings/what-if", data=typed(part="1"))
    assert part.status_code == 200
    assert part.text.startswith("<section")
    assert asked[0].all_zones[0].winter.min_temp == 19.5
    assert home.desk.text == before
    assert "The last 7 days with these settings" in part.text
    assert "°C·min" in part.text
    assert "Looks one hour ahead were off by" in part.text


def test_without_a_script_the_page_comes_back_with_the_answer_and_what_was_typed(
    home: Home, answer: Comparison
) -> None:
    client, _ = client_of(home, answer)
    page = client.post("/settings/what-if", data=typed())
    assert page.status_code == 200
    assert 'id="what-if"' in page.text
    assert 'value="19.5"' in page.text


def test_it_is_told_in_french_with_french_figures(home: Home, answer: Comparison) -> None:
    client, _ = client_of(home, answer)
    part = client.post("/settings/what-if", data=typed(part="1"), headers={"Accept-Language": "fr"})
    text = unescape(part.text)
    assert "Les 7\u00a0derniers jours avec ces réglages" in text
    assert "Écart au confort, pendant les plages" in text
    assert "°C·min" in text


def test_what_cannot_be_used_is_shown_at_its_field_and_nothing_is_run(home: Home, answer: Comparison) -> None:
    client, asked = client_of(home, answer)
    page = client.post("/settings/what-if", data=typed(part="1", **{"winter.max_temp": "12"}))
    assert page.status_code == 422
    assert asked == []
    assert 'id="wrong"' in page.text


def test_while_another_is_worked_out_it_says_to_try_again(home: Home) -> None:
    client, _ = client_of(home, Occupied())
    refused = client.post("/settings/what-if", data=typed(part="1"), headers={"Accept": "application/json"})
    assert refused.status_code == 429
    assert refused.json["message"].startswith("Another comparison is being worked out.")
    assert refused.headers["Retry-After"] == "3"
    page = client.post("/settings/what-if", data=typed())
    assert page.status_code == 429
    assert 'value="19.5"' in page.text


def test_what_is_missing_is_said_in_place_of_figures(home: Home) -> None:
    lacking = Comparison(0, 7, [ZoneCompared("Home", lack=say("Days still missing."))])
    client, _ = client_of(home, lacking)
    part = client.post("/settings/what-if", data=typed(part="1")).text
    assert "Days still missing." in part
    assert "<table" not in part


def test_asking_is_a_post_for_administrators(home: Home, answer: Comparison) -> None:
    client, asked = client_of(home, answer)
    assert client.get("/settings/what-if").status_code == 405
    forged = client.post("/settings/what-if", data=typed(), headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
    away = client.post("/settings/what-if", data=typed(), environ_overrides={"REMOTE_ADDR": "10.0.0.8"})
    assert away.status_code in (401, 403)
    assert asked == []
