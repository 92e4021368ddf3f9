"""Sixty actions by hand an hour, in all processes together: then a clear answer, and nothing is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.pretend import Home
from support.whole import Whole, field_of, whole

from switchbot_dashboard.domain.settings import Settings
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.tick.controls import Controls, TooMany
from switchbot_dashboard.tick.part import Wish


class Pressing:
    """A heart that counts what it is asked, on the clock of a home."""

    def __init__(self, home: Home) -> None:
        self.home, self.pressed = home, list[datetime]()

    def act(self, wish: Wish) -> list:
        self.pressed.append(self.home.time)
        return [self.home.press(wish.action)]


class Unedited:
    """A settings file that must not be touched."""

    text = "{}"

    def patch(self, change: object) -> object:
        raise AssertionError(f"the settings were changed: {change}")


def settings_of(home: Home) -> Settings | None:
    return home.settings


def test_the_sixty_first_action_of_an_hour_waits_until_the_first_is_an_hour_old():
    home = Home("2026-01-05 12:00")
    heart = Pressing(home)
    controls = Controls(
        heart, lambda: home.settings, Unedited(), home.ports,
        lambda since: [each for each in heart.pressed if each > since],
    )  # fmt: skip
    for _press in range(60):
        controls.act("off", None)
        home.after(seconds=30)
    with pytest.raises(TooMany) as refused:
        controls.act("quick-off", None)
    assert refused.value.wait == 1800
    assert str(refused.value) == (
        "There were 60 actions by hand in the last hour, and no more are taken, so that the day's calls last. "
        "The next is possible at 13:00:00."
    )
    home.after(seconds=1800)
    controls.act("winter", None)
    assert len(heart.pressed) == 61


@pytest.fixture
def full(tmp_path: Path):
    """A home in which a person acted sixty times in the last half hour, as its memory has it."""
    with whole(tmp_path) as home:
        now = datetime.now(UTC)
        presses = [now - timedelta(seconds=30 * nth) for nth in range(60)]
        home.dashboard.controls._pressed = lambda since: sorted(each for each in presses if each > since)
        yield home


def test_the_api_answers_429_with_the_seconds_to_wait(full: Whole):
    answer = full.client.post("/api/actions/off", json={})
    assert answer.status_code == 429
    assert answer.json is not None
    assert answer.json["error"] == "too_many_requests"
    assert "The next is possible at " in answer.json["message"]
    assert 1700 <= int(answer.headers["Retry-After"]) <= 1830
    assert full.dashboard.queries.records(limit=5) == ()


def test_the_page_says_it_in_the_readers_language(full: Whole):
    client = full.logged_in()
    page = client.get("/actions").text
    sent = {"zone": "home", "csrf_token": field_of(page, "csrf_token")}
    answer = client.post("/actions/off", data=sent, headers={"Accept": "application/json", "Accept-Language": "fr"})
    assert answer.status_code == 429
    assert answer.json is not None
    assert "60 actions manuelles" in answer.json["message"]
    assert answer.headers["Retry-After"]


def test_the_memory_tells_when_a_person_acted_and_counts_several_zones_as_one(tmp_path: Path):
    with whole(tmp_path) as home:
        for _press in range(2):
            assert home.client.post("/api/actions/off", json={}).status_code == 200
        home.client.post("/api/run-once")
        pressed = Queries(home.dashboard.engine).pressed(datetime.now(UTC) - timedelta(hours=1))
        assert len(pressed) == 2
        assert pressed[0] < pressed[1]
        assert home.dashboard.queries.pressed(pressed[1]) == ()
