"""The JSON API, answer by answer, and every refusal in one shape."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from support.web_fakes import NOW, Home, a_state

from switchbot_dashboard.domain.record import Aircon, Hold, House, Outcome, Repeat, Trouble, ZoneState
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.domain.settings_faults import Fault
from switchbot_dashboard.web import build_web
from switchbot_dashboard.web.service import Busy, Failed


def state_of(client: FlaskClient) -> Any:
    answer = client.get("/api/state")
    assert answer.status_code == 200
    return answer.json


def known(home: Home, **zone: Any) -> None:
    """The zone's state with other values."""
    from dataclasses import replace

    home.memory.house = House({"home": replace(a_state(), **zone)}, (), 0, 0, None)


SHAPE = {
    "": "now timezone source scheduler zones quota settings_error last_error alerts",
    "scheduler": "running driving next_wake_at next_wake_reason last_tick_at last_tick_trigger last_tick_duration_ms "
    "ticks_total ticks_failed",
    "quota": "limit used remaining reserved by_purpose day resets_at reset_confirmed projected warning",
    "alerts": "active unread",
}
ZONE = {
    "": "id name season automation_enabled hold_until polling window reading aircon decision",
    "polling": "mode pace interval_seconds next_wake_at next_wake_reason",
    "window": "inside opened_at closes_at next_opens_at",
    "reading": "temperature humidity battery read_at changed_at stale stale_reason",
    "aircon": "assumed_power assumed_mode assumed_temperature assumed_fan last_action last_action_reason "
    "last_action_at cooldown_until pending_off_repeat",
    "decision": "outcome explanation at",
}


@pytest.mark.parametrize("states", [{"home": a_state()}, {}])
def test_the_state_has_every_key_whatever_is_known(
    home: Home, client: FlaskClient, states: dict[str, ZoneState]
) -> None:
    home.memory.house = House(states, (), 0, 0, None)
    state = state_of(client)
    for part, keys in SHAPE.items():
        assert list(state[part] if part else state) == keys.split()
    for part, keys in ZONE.items():
        assert list(state["zones"][0][part] if part else state["zones"][0]) == keys.split()


def test_the_state_tells_reading_window_decision_and_next_wake(client: FlaskClient) -> None:
    zone = state_of(client)["zones"][0]
    assert zone["reading"]["temperature"] == 20.4
    assert zone["window"]["inside"] is True
    assert zone["window"]["closes_at"] == "2026-03-02T22:00:00Z"
    assert zone["decision"]["explanation"].endswith("heating on")
    assert zone["polling"]["next_wake_at"] == "2026-03-02T16:52:00Z"


def test_the_states_tag_stands_for_everything_but_now(home: Home, client: FlaskClient) -> None:
    tag = client.get("/api/state").headers["ETag"]
    home.now = NOW + timedelta(seconds=7)
    same = client.get("/api/state", headers={"If-None-Match": tag})
    assert same.status_code == 304
    assert same.data == b""
    known(home, aircon=Aircon(False, since=NOW))
    assert client.get("/api/state", headers={"If-None-Match": tag}).status_code == 200


def test_an_old_reading_is_stale_with_its_reason(home: Home, client: FlaskClient) -> None:
    home.now = NOW + timedelta(minutes=70)
    reading = state_of(client)["zones"][0]["reading"]
    assert reading["stale"] is True
    assert reading["stale_reason"].startswith("The meter's reading is 72 min old")


def test_no_reading_at_all_says_why(home: Home, client: FlaskClient) -> None:
    trouble = Trouble(Outcome.API_ERROR, say("The hub does not answer."), NOW)
    known(home, reading=None, trouble=trouble)
    reading = state_of(client)["zones"][0]["reading"]
    assert (reading["temperature"], reading["stale"]) == (None, True)
    assert reading["stale_reason"] == "The hub does not answer."


def test_a_hold_is_told_until_it_ends(home: Home, client: FlaskClient) -> None:
    known(home, hold=Hold("off", NOW, NOW + timedelta(hours=1)), repeat=Repeat(2, NOW + timedelta(seconds=10)))
    zone = state_of(client)["zones"][0]
    assert zone["hold_until"] == "2026-03-02T17:46:00Z"
    assert zone["aircon"]["pending_off_repeat"] == {"remaining": 2, "next_run_at": "2026-03-02T16:46:10Z"}
    home.now = NOW + timedelta(hours=1)
    assert state_of(client)["zones"][0]["hold_until"] is None


def test_the_cooldown_of_the_last_action_is_told_until_it_ends(home: Home, client: FlaskClient) -> None:
    home.now = NOW - timedelta(minutes=14)
    assert state_of(client)["zones"][0]["aircon"]["cooldown_until"] == "2026-03-02T16:33:00Z"
    home.now = NOW - timedelta(minutes=13)
    assert state_of(client)["zones"][0]["aircon"]["cooldown_until"] is None


def test_without_valid_settings_the_state_still_answers(home: Home, client: FlaskClient) -> None:
    home.desk.broken, home.desk.faults = True, (Fault("mode", say("mode is 3; it must be winter or summer."), 4),)
    home.desk.faults_at = NOW
    state = state_of(client)
    assert state["zones"] == []
    assert state["settings_error"]["faults"] == [
        {"key": "mode", "line": 4, "message": "mode is 3; it must be winter or summer."}
    ]
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json is not None
    assert ready.json["faults"][0]["line"] == 4


def test_the_last_error_is_told(home: Home, client: FlaskClient) -> None:
    home.memory.error = ("The hub does not answer.", NOW)
    assert state_of(client)["last_error"] == {"message": "The hub does not answer.", "at": "2026-03-02T16:46:00Z"}


def test_the_quota_counts_the_day_in_utc(client: FlaskClient) -> None:
    quota = client.get("/api/quota").json
    assert quota is not None
    assert (quota["used"], quota["remaining"], quota["day"]) == (312, 9688, "2026-03-02")
    assert quota["by_purpose"] == {"read": 300, "command": 12, "catalogue": 0, "probe": 0}
    assert quota["projected"] > 312
    assert quota["warning"] is False


def test_run_once_answers_with_its_records(home: Home, client: FlaskClient) -> None:
    answer = client.post("/api/run-once")
    assert answer.json is not None
    assert answer.json[0]["outcome"] == "already_on"
    assert home.heart.ran == 1


def test_a_second_tick_at_the_same_time_is_refused(home: Home, client: FlaskClient) -> None:
    home.heart.refuses = Busy("A tick runs already; try again in a moment.")
    answer = client.post("/api/run-once")
    assert answer.status_code == 409
    assert answer.json == {"error": "busy", "message": "A tick runs already; try again in a moment.", "fields": {}}


def test_errors_of_other_rooms_are_told_by_their_meaning(home: Home) -> None:
    class Occupied(Exception):
        """What the heart says."""

    home.meanings, home.heart.refuses = {Occupied: Busy}, Occupied("One runs.")
    answer = build_web(home.service()).test_client().post("/api/run-once")
    assert (answer.status_code, answer.json) == (409, {"error": "busy", "message": "One runs.", "fields": {}})


@pytest.mark.parametrize("action", ["winter", "summer", "fan", "off", "quick-off", "resume"])
def test_every_action_tells_record_calls_and_hold(home: Home, client: FlaskClient, action: str) -> None:
    answer = client.post(f"/api/actions/{action}", json={"zone": "home"}).json
    assert answer is not None
    assert answer["record"]["action"]["fate"] == "done"
    assert (answer["calls"], answer["hold_until"]) == (1, "2026-03-02T18:46:00Z")
    assert home.acted == [(action, "home")]


def test_an_action_without_a_zone_is_for_all_of_them(home: Home, client: FlaskClient) -> None:
    assert client.post("/api/actions/off").status_code == 200
    assert client.post("/api/actions/off", data="", content_type="application/x-www-form-urlencoded").status_code == 200
    assert home.acted == [("off", None), ("off", None)]


def test_actions_that_cannot_be_done_say_why(home: Home, client: FlaskClient) -> None:
    assert client.post("/api/actions/dance").status_code == 404
    unknown = client.post("/api/actions/off", json={"zone": "attic"})
    assert unknown.status_code == 422
    assert unknown.json is not None
    assert "attic" in unknown.json["fields"]["zone"]
    assert client.post("/api/actions/off", json={"zone": 5}).status_code == 422
    home.refuses = Failed("The settings are not valid: correct them first.")
    assert client.post("/api/actions/off").status_code == 503


def test_the_settings_come_with_a_tag_that_a_change_must_name(client: FlaskClient) -> None:
    read = client.get("/api/settings")
    tag = read.headers["ETag"]
    assert read.json is not None
    assert read.json["timezone"] == "Europe/Paris"
    assert client.get("/api/settings", headers={"If-None-Match": tag}).status_code == 304
    changed = client.patch("/api/settings", json={"mode": "summer"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.json is not None
    assert changed.json["mode"] == "summer"
    stale = client.patch("/api/settings", json={"mode": "winter"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert client.put("/api/settings", json={"mode": "winter"}, headers={"If-Match": "*"}).status_code == 200


def test_settings_at_fault_are_refused_by_key_and_change_nothing(home: Home, client: FlaskClient) -> None:
    before = home.desk.text
    answer = client.patch("/api/settings", json={"hysteresis_celsius": 9, "mode": "spring"})
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["fields"]) == {"hysteresis_celsius", "mode"}
    assert home.desk.text == before


def test_a_merge_patch_may_be_named_as_one(client: FlaskClient) -> None:
    answer = client.patch("/api/settings", data='{"mode": "summer"}', content_type="application/merge-patch+json")
    assert answer.status_code == 200


def test_the_schema_is_a_json_schema(client: FlaskClient) -> None:
    schema = client.get("/api/settings/schema").json
    assert schema is not None
    assert schema["properties"]["hysteresis_celsius"]["maximum"] == 5


def test_the_scheduler_lists_its_jobs_and_pauses_them(client: FlaskClient) -> None:
    view = client.get("/api/scheduler").json
    assert view is not None
    assert list(view) == ["running", "driving", "next_wake_at", "next_wake_reason", "jobs"]
    keys = ["id", "name", "next_run_time", "last_run_at", "last_outcome", "enabled"]
    assert list(view["jobs"][0]) == keys
    paused = client.post("/api/scheduler/jobs/cleanup/pause").json
    assert paused is not None
    assert paused["enabled"] is False
    assert client.post("/api/scheduler/jobs/cleanup/resume").status_code == 200
    assert client.post("/api/scheduler/jobs/cleanup/run").status_code == 200
    assert client.post("/api/scheduler/jobs/nothing/run").status_code == 404


def test_the_ticks_are_asked_for_as_the_query_says(home: Home, client: FlaskClient) -> None:
    rows = client.get("/api/ticks?limit=2&before=9&zone=home&outcome=already_on").json
    assert rows is not None
    assert [row["id"] for row in rows] == [1, 2]
    assert home.memory.asked == [{"zone": "home", "outcome": "already_on", "before": 9, "limit": 2}]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "before=", "before=0", "outcome=yes"]
)
def test_a_query_out_of_bounds_is_named(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/ticks?{query}")
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json["fields"]) == [query.partition("=")[0]]


def test_devices_and_scenes_come_from_the_memory(home: Home, client: FlaskClient) -> None:
    devices, scenes = client.get("/api/devices").json, client.get("/api/scenes").json
    assert devices is not None
    assert scenes is not None
    assert [device["id"] for device in devices] == ["METER1", "AC1"]
    assert scenes[0]["name"] == "Evening"
    assert client.post("/api/devices/refresh").json == devices
    assert client.post("/api/scenes/refresh").json == scenes
    home.memory.listed = None
    assert client.get("/api/devices").json == []


def test_health_in_detail_for_those_who_are_known(home: Home, client: FlaskClient) -> None:
    view = client.get("/healthz").json
    assert view is not None
    keys = ["status", "scheduler_running", "driving", "last_tick_at", "next_wake_at", "version"]
    assert list(view) == keys
    home.heart.well = False
    sick = client.get("/healthz")
    assert sick.status_code == 503
    assert sick.json is not None
    assert sick.json["error"] == "unhealthy"
    home.heart.driving = False
    assert client.get("/healthz").status_code == 200


def test_readiness_names_what_is_missing(home: Home, client: FlaskClient) -> None:
    home.memory.why_not = say("The disk is full.")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["database"] == "The disk is full."


def test_the_metrics_are_prometheus_text(client: FlaskClient) -> None:
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'switchbot_dashboard_temperature_celsius{zone="home"} 20.4' in answer.text
    assert answer.text.count("# TYPE switchbot_dashboard_held gauge") == 1


# What nobody should send


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/api/nothing", {}, 404),
        ("DELETE", "/api/state", {}, 405),
        ("GET", "/api/run-once", {}, 405),
        ("PUT", "/api/settings", {"data": "{}", "content_type": "text/plain"}, 415),
        ("PUT", "/api/settings", {"data": "{", "content_type": "application/json"}, 400),
        ("PUT", "/api/settings", {"data": "", "content_type": "application/json"}, 400),
        ("PUT", "/api/settings", {"data": "[1]", "content_type": "application/json"}, 400),
        ("PUT", "/api/settings", {"data": '{"a": NaN}', "content_type": "application/json"}, 400),
        ("PUT", "/api/settings", {"data": '{"a": "\\ud800"}', "content_type": "application/json"}, 400),
        ("PUT", "/api/settings", {"data": b"\xff\xfe{", "content_type": "application/json"}, 400),
        ("PUT", "/api/settings", {"data": "[" * 60000, "content_type": "application/json"}, 400),
        ("PUT", "/api/settings", {"data": '{"a": 1' + "0" * 5000 + "}", "content_type": "application/json"}, 400),
        ("PUT", "/api/settings", {"data": b" " * 65537, "content_type": "application/json"}, 413),
        ("POST", "/api/run-once", {"data": b" " * 65537, "content_type": "application/json"}, 413),
        ("POST", "/api/run-once", {"data": "x=1", "content_type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_a_request_that_nobody_should_send(
    client: FlaskClient, method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    answer = client.open(path, method=method, **sent)
    assert answer.status_code == status
    assert answer.json is not None
    assert list(answer.json) == ["error", "message", "fields"]


def test_a_method_that_is_not_taken_names_those_that_are(client: FlaskClient) -> None:
    assert "GET" in client.delete("/api/state").headers["Allow"]


@pytest.mark.parametrize("host", ["a b", "evil/..", "x" * 5000, "localhost:99999999"])
def test_a_host_that_nobody_has_is_refused_in_shape(client: FlaskClient, host: str) -> None:
    answer = client.get("/api/state", headers={"Host": host})
    assert 400 <= answer.status_code < 500
    assert list(json.loads(answer.data)) == ["error", "message", "fields"]


def test_a_mistake_of_ours_shows_no_trace(home: Home, client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    home.heart.refuses = RuntimeError("secret inside")
    answer = client.post("/api/run-once")
    assert answer.status_code == 500
    assert "secret inside" not in answer.text
    assert "POST /api/run-once failed" in caplog.text


def test_the_state_is_told_once_for_each_change_and_its_now_is_always_new(home: Home, client: FlaskClient) -> None:
    home.memory.steady = True
    first = client.get("/api/state")
    home.now += timedelta(seconds=3)
    second = client.get("/api/state")
    assert first.json is not None
    assert second.json is not None
    assert (first.json["now"], second.json["now"]) == ("2026-03-02T16:46:00Z", "2026-03-02T16:46:03Z")
    assert first.headers["ETag"] == second.headers["ETag"]


def test_what_time_alone_changes_is_told_on_time(home: Home, client: FlaskClient) -> None:
    home.memory.steady = True
    hold = Hold("off", NOW, NOW + timedelta(seconds=30, milliseconds=500))
    home.memory.house = House({"home": replace(a_state(), hold=hold)}, (), 312, 312, None)

    def held_until() -> object:
        answer = client.get("/api/state").json
        assert answer is not None
        return answer["zones"][0]["hold_until"]

    assert held_until() is not None
    home.now += timedelta(seconds=30, milliseconds=400)
    assert held_until() is not None
    home.now += timedelta(milliseconds=100)
    assert held_until() is None
