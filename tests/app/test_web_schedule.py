"""The schedule: what is to come as JSON and as a page, and the jobs' buttons."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from support.web_fakes import NOW, Home, Job, JobTime, a_state

from switchbot_dashboard.config import Config
from switchbot_dashboard.domain.foreseen import ExpectedCrossing
from switchbot_dashboard.domain.learned import Course, Effect, Estimate, Learned
from switchbot_dashboard.domain.record import House, Turn
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.domain.settings import Season
from switchbot_dashboard.web import build_web
from switchbot_dashboard.web.schedule_crossings import marks

PASSWORD = "a long password"


def page(client: FlaskClient, **headers: str) -> str:
    answer = client.get("/schedule", headers=headers)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def csrf_of(html: str) -> str:
    found = re.search(r'csrf[-_]token" (?:value|content)="([^"]+)"', html)
    assert found is not None
    return found[1]


def test_the_forecast_has_the_keys_that_programs_rely_on(client: FlaskClient) -> None:
    view = client.get("/api/forecast").get_json()
    assert {"wakes", "calls_total", "calls_by_hour", "windows", "quota_at_reset"} <= set(view)
    first = view["wakes"][0]
    assert set(first) == {"at", "zone", "mode", "pace", "reason", "calls"}
    assert (first["at"], first["mode"], first["reason"]) == (
        "2026-03-02T16:52:00Z", "in_window", "near the upper threshold by then",
    )  # fmt: skip
    assert [wake["at"] for wake in view["wakes"]] == sorted(wake["at"] for wake in view["wakes"])
    assert view["windows"][0]["closes_at"] == "2026-03-02T22:00:00Z"


def test_what_is_listed_adds_up(client: FlaskClient) -> None:
    view = client.get("/api/forecast?hours=24").get_json()
    assert len(view["wakes"]) == view["wakes_total"] == sum(run["count"] for run in view["runs"])
    calls = {sum(wake["calls"] for wake in view["wakes"]), sum(hour["calls"] for hour in view["calls_by_hour"])}
    assert calls == {view["calls_total"]}


def test_of_a_week_each_wake_is_listed_for_a_day_and_the_rest_stands_in_runs(client: FlaskClient) -> None:
    view = client.get("/api/forecast?hours=168").get_json()
    assert view["wakes_listed_until"] == "2026-03-03T16:46:00Z"
    assert len(view["wakes"]) < view["wakes_total"] == sum(run["count"] for run in view["runs"])
    assert all(wake["at"] < view["wakes_listed_until"] for wake in view["wakes"])


@pytest.mark.parametrize("hours", ["0", "169", "-1", "1.5", "a day", ""])
def test_hours_out_of_bounds_are_refused_by_name(client: FlaskClient, hours: str) -> None:
    answer = client.get(f"/api/forecast?hours={hours}")
    assert answer.status_code == 422
    assert "from 1 to 168" in answer.get_json()["fields"]["hours"]


def test_without_settings_nothing_is_foreseen_and_the_page_says_so(home: Home, client: FlaskClient) -> None:
    home.desk.broken = True
    assert client.get("/api/forecast").status_code == 503
    assert "No settings are in force" in page(client)


def test_the_page_answers_what_is_next_what_it_takes_and_what_is_left(client: FlaskClient) -> None:
    text = page(client)
    assert "Next look 17:52:00" in text
    assert "Near the upper threshold by then." in text
    view = client.get("/api/forecast").get_json()
    assert f"{view['wakes_total']} looks and {view['calls_total']} calls" in text
    assert "Home: 17:30 to 23:00" in text


def test_the_table_says_the_same_as_the_shapes(client: FlaskClient) -> None:
    text = page(client)
    assert re.search(r"17:52 until 23:00 In a window, every 2 min \d+ \d+", text)
    assert "Shortly before a window" in text
    assert "tomorrow 17:15 until tomorrow 17:30" in text


def test_the_page_needs_no_inline_style_or_script(client: FlaskClient) -> None:
    html = client.get("/schedule").text
    assert "style=" not in html
    assert "<script>" not in html
    assert html.count("<h1") == 1


def test_several_zones_have_a_lane_each(home: Home, client: FlaskClient) -> None:
    zones = [{"id": "home", "name": "Salon"}, {"id": "attic", "name": "Attic", "time_windows": []}]
    home.desk.document["zones"] = zones
    home.memory.house = House({"home": a_state(), "attic": a_state("attic")}, (), 12, 12, None)
    text = page(client)
    assert "Salon: 17:30 to 23:00" in text
    assert "Attic: no window" in text


def test_a_budget_that_does_not_last_is_told(home: Home, client: FlaskClient) -> None:
    home.desk.document |= {"api_daily_limit": 400, "api_reserved_for_commands": 50}
    assert "The intervals are stretched so that the day" in page(client)


def test_in_french_times_and_words_follow(client: FlaskClient) -> None:
    text = page(client, **{"Accept-Language": "fr"}).replace("\u00a0", " ")
    assert "Prochain relevé à 17 h 52 min 00 s" in text
    assert "17 h 30 à 23 h 00" in text


def test_a_job_is_told_with_its_time_its_last_run_and_how_long_it_took(home: Home, client: FlaskClient) -> None:
    ran = NOW - timedelta(hours=2)
    home.jobs.job = Job("cleanup", "Cleanup", NOW + timedelta(days=6), ran, say("46 records were removed"), True, 230)
    text = page(client)
    assert "Clean-up of old records" in text
    assert "Next Sun 8 Mar 17:46 · every Sunday at 03:00" in text
    assert "Last 15:46, took 0.2 s. 46 records were removed." in text
    home.jobs.job = replace(home.jobs.job, time=JobTime(hour=None, day="*", minute=2), last_outcome=say("failed: full"))
    assert "every hour at minute 2" in page(client)


@pytest.mark.parametrize(
    ("job", "state", "button"),
    [
        (Job("cleanup", "Cleanup"), "every Sunday", "Pause"),
        (Job("cleanup", "Cleanup", None, enabled=False), "Paused", "Resume"),
        (
            Job("cleanup", "Cleanup", None, enabled=False, time=JobTime(enabled=False)),
            "Switched off in the settings",
            "",
        ),
    ],
)
def test_a_job_offers_what_can_be_done_with_it(home: Home, client: FlaskClient, job: Job, state: str, button: str):
    home.jobs.job = job
    text = page(client)
    assert state in text
    assert [word for word in ("Pause", "Resume") if f" {word} " in text] == ([button] if button else [])


def test_a_jobs_buttons_do_and_say_what_came_of_it(home: Home, client: FlaskClient) -> None:
    home.jobs.job = replace(home.jobs.job, last_outcome=say("nothing was removed"))
    as_json = {"Accept": "application/json"}
    told = client.post("/schedule/jobs/cleanup/run", headers=as_json).get_json()
    assert told == {"message": "Clean-up of old records ran: Nothing was removed.", "tone": "ok"}
    assert "paused" in client.post("/schedule/jobs/cleanup/pause", headers=as_json).get_json()["message"]
    assert not home.jobs.job.enabled
    answer = client.post("/schedule/jobs/cleanup/resume")
    assert (answer.status_code, answer.headers["Location"], home.jobs.job.enabled) == (303, "/schedule#jobs", True)


@pytest.mark.parametrize("path", ["/schedule/jobs/laundry/run", "/schedule/jobs/cleanup/drop"])
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.post(path, headers={"Accept": "application/json"}).status_code == 404


def test_a_member_sees_the_jobs_and_has_no_buttons() -> None:
    home = Home(config=Config(token="t", secret="s"))
    home.people.add("ann", PASSWORD)
    client = build_web(home.service()).test_client()
    client.post("/login", data={"name": "ann", "password": PASSWORD, "csrf_token": csrf_of(client.get("/login").text)})
    assert "Jobs" in page(client)
    assert "data-form" not in client.get("/schedule").text
    fields = {"csrf_token": csrf_of(client.get("/schedule").text)}
    answer = client.post("/schedule/jobs/cleanup/run", data=fields, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")


COOLS = Course(NOW - timedelta(minutes=2), 20.4, 2.4, (0.0016, 0.0, 0.01), Effect.HEAT, count=20)
LEARNED = Learned(COOLS, heat=Estimate(3.0, 0.04, 9), lag=Estimate(120.0, 900.0, 9), resting=Estimate(-0.5, 0.01))


def foresighted(home: Home, learned: Learned = LEARNED) -> None:
    """The home with both switches on, in the middle of an evening's heating."""
    home.desk.document |= {"predictive_polling_enabled": True, "optimal_start_enabled": True}
    state = a_state()
    course = replace(learned.course, since=state.aircon.since) if learned.course else None
    home.memory.house = House({"home": replace(state, learned=replace(learned, course=course))}, (), 12, 12, None)


def test_expected_crossings_are_told_with_what_is_not_sure_of_them(home: Home, client: FlaskClient) -> None:
    foresighted(home)
    first = client.get("/api/forecast").get_json()["crossings"][0]
    assert (first["zone"], first["threshold"], first["turn"]) == ("home", 22.3, "off")
    assert first["earliest"] < first["at"] < first["latest"]
    assert first["reason"] == "22.3 °C is at or above 22.3 °C (22.0 plus 0.3): heating off"


def test_the_page_tells_crossings_as_marks_as_a_sentence_and_as_rows(home: Home, client: FlaskClient) -> None:
    foresighted(home)
    text, html = page(client), client.get("/schedule").text
    assert re.search(r"Expected at about 18:3\d, nine times in ten between 18:\d\d and 18:\d\d: off at 22.3 °C\.", text)
    assert "Home: thresholds expected" in text
    assert 'class="line crossings"' in html
    assert re.search(r'<text class="wide" x="[\d.]+%" dx="6" y="15">22.3 °C</text>', html)
    assert "style=" not in html
    assert "as far as the temperature's course is known" in text.replace("&#39;", "'")


def test_what_is_not_learned_yet_is_named_where_it_is_wanted(home: Home, client: FlaskClient) -> None:
    assert "three readings in a row" not in page(client)
    foresighted(home, Learned())
    text = page(client)
    assert "Until three readings in a row agree, looks follow the table of intervals." in text
    assert "An early start needs one heating that was followed; until then there is none." in text
    assert 'class="line crossings"' not in client.get("/schedule").text
    foresighted(home)
    assert "An early start needs" not in page(client)


def test_the_quota_page_ends_the_day_as_the_schedule_does_where_looks_follow_the_course(
    home: Home, client: FlaskClient
) -> None:
    foresighted(home)
    forecast = client.get("/api/forecast").get_json()
    expected = forecast["limit"] - forecast["quota_at_reset"]
    assert re.search(rf"Expected by the reset</dt>\s*<dd>{expected}</dd>", client.get("/quota").text)
    assert "At most about" in client.get("/").text
    lent, home.desk.document["meter_device_id"] = home.desk.current, ""
    client.application.extensions["dashboard"] = replace(home.service(), furnished=lambda: lent)
    assert re.search(rf"Expected by the reset</dt>\s*<dd>{expected}</dd>", client.get("/quota").text)


def test_a_name_beside_a_crossing_stands_behind_its_band_and_only_where_the_next_leaves_room() -> None:
    start = NOW
    coming = SimpleNamespace(start=start, end=start + timedelta(hours=24), windows=())

    def crossing(hours: float) -> ExpectedCrossing:
        at = start + timedelta(hours=hours)
        around = timedelta(hours=0.5)
        return ExpectedCrossing("home", at, at - around, at + around, 197, Turn.ON, say("cold"))

    near, far, last = marks([crossing(2), crossing(3.5), crossing(23)], coming, Season.WINTER)  # type: ignore[arg-type]
    assert (near.label, far.label, last.label) == ("", "19.7 °C", "")
    assert far.label_x == "16.667%"
