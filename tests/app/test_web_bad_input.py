"""What bad input gets: a sentence at the field or a clear page, a 4xx, nothing changed, and what was typed is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from support.whole import PASSWORD, Whole, field_of, whole

FORM = {"do": "review", "poll_interval_seconds": "30"}
TRACE = re.compile(r"Traceback|File \"|werkzeug|sqlalchemy|pydantic", re.IGNORECASE)
NESTED = "[" * 1000 + "]" * 1000
PAGES = ("/", "/actions", "/settings", "/devices", "/history", "/ticks", "/quota", "/schedule", "/login")
WRITES = (
    *("/settings", "/settings/restore", "/devices/refresh", "/devices/use", "/devices/stop", "/devices/scene"),
    *("/actions/off", "/do/off", "/schedule/jobs/cleanup/run", "/logout", "/api/run-once", "/api/actions/off"),
    *("/api/scheduler/jobs/cleanup/run", "/api/devices/refresh", "/api/scenes/refresh"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole(tmp_path_factory.mktemp("home")) as running:
        running.dashboard.list_account()
        running.client.post("/api/run-once")
        yield running


@pytest.fixture
def unchanged(home: Whole) -> Iterator[None]:
    """Nothing was saved, and nothing was sent."""
    text, acted = home.dashboard.file.text, len(home.dashboard.memory.acted(1000))
    yield
    assert (home.dashboard.file.text, len(home.dashboard.memory.acted(1000))) == (text, acted)


def refused(answer: Any, *statuses: int) -> str:
    """A clear answer: one of the statuses, no trace, in the shape of every error where it is JSON. Its sentence."""
    assert answer.status_code in (statuses or (400, 422)), f"{answer.status_code}: {answer.text[:300]}"
    assert not TRACE.search(answer.text), answer.text[:500]
    if answer.mimetype == "application/json":
        assert set(answer.json) == {"error", "message", "fields"}
        assert answer.json["message"].endswith((".", "!", "?"))
        return str(answer.json["message"])
    assert "<h1" in answer.text
    return unescape(answer.text)


# Bodies


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 415),
        (b"null", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"{'a': 1}", 400),
        (b"\xff\xfe{}", 400),
        (b'{"a": "\\ud800"}', 400),
        (b'{"hysteresis_celsius": NaN}', 400),
        (b'{"hysteresis_celsius": Infinity}', 400),
        (b'{"hysteresis_celsius": 1e999}', 422),
        (b'{"mode": "winter", "mode": "summer"}', 400),
        (f'{{"deep": {NESTED}}}'.encode(), 400),
        (b'{"poll_interval_seconds": 99999999999999999999999}', 422),
        (b'{"poll_interval_seconds": ' + b"9" * 5000 + b"}", 400),
        (b'{"poll_interval_seconds": "30"}', 422),
        (b'{"poll_interval_seconds": true}', 422),
        (b'{"poll_interval_seconds": [30]}', 422),
        (b'{"meter_device_id": "A\\u0000B"}', 422),
        ('{"poll_interval_seconds": "٣٠"}'.encode(), 422),
        (b'{"time_windows": {"days": [1]}}', 422),
        (b'{"time_windows": [[]]}', 422),
        (b'{"time_windows": [{"days": [7], "start": "25:00", "end": null}]}', 422),
        (b'{"winter": []}', 422),
        (b'{"zones": "home"}', 422),
        (b'{"zones": [{"id": "a"}, {"id": "a"}]}', 422),
        (b'{"winter": {"min_temp": 24, "max_temp": 22}}', 422),
    ],
)
def test_a_body_that_cannot_be_used_changes_nothing(home: Whole, method: str, body: bytes, status: int) -> None:
    kind = "application/json" if status != 415 else "text/plain"
    answer = home.client.open("/api/settings", method=method, data=body, content_type=kind)
    refused(answer, status)
    if status == 422:
        assert answer.json["fields"]
        assert all(answer.json["fields"].values())


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("path", WRITES)
def test_a_megabyte_is_too_much_everywhere(home: Whole, path: str) -> None:
    kind = "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"
    answer = home.client.post(path, data=b"a=" + b"x" * 1_000_000, content_type=kind)
    refused(answer, 413, 415, 400, 422)
    assert answer.status_code == 413, f"{path}: {answer.status_code}"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_another_type_of_body_is_named(home: Whole, kind: str) -> None:
    for path in ("/api/run-once", "/api/actions/off"):
        refused(home.client.post(path, data=b'{"zone": "home"}', content_type=kind or None), 415)
    refused(home.client.patch("/api/settings", data=b"{}", content_type=kind or None), 415)


# Methods


@pytest.mark.parametrize("path", [*PAGES, "/api/state", "/api/run-once", "/history/api/data", "/healthz", "/metrics"])
def test_a_method_that_an_address_does_not_take_is_said_with_those_it_takes(home: Whole, path: str) -> None:
    answer = home.client.delete(path)
    refused(answer, 405)
    assert answer.headers["Allow"]
    assert (answer.mimetype == "application/json") == path.startswith(
        ("/api/", "/history/api/", "/healthz", "/metrics")
    )


@pytest.mark.parametrize("path", ["/nowhere", "/api/nowhere", "/api/actions/dance", "/ticks/0", "/ticks/abc", "/%00"])
def test_what_is_not_there_is_told(home: Whole, path: str) -> None:
    refused(home.client.open(path, method="POST" if "actions" in path else "GET"), 404)


# The query


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *((path, "limit") for path in ("/api/ticks", "/history/api/latest")),
        *((path, "before") for path in ("/api/ticks", "/history/api/latest")),
        ("/api/forecast", "hours"),
        ("/history/api/aggregates", "period_hours"),
    ],
)
@pytest.mark.parametrize("value", ["abc", "-1", "0", "1.5", "1e3", "٣", "9" * 30, " 1", "1\x00", "NaN"])
def test_a_number_of_the_query_is_whole_and_within_its_bounds(home: Whole, path: str, name: str, value: str) -> None:
    answer = home.client.get(path, query_string={name: value})
    refused(answer, 422)
    assert "whole number from" in answer.json["fields"][name]


@pytest.mark.parametrize("path", ["/history/api/data", "/history/export.csv", "/history/export.json"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=yesterday", "start"),
        ("end=2026-13-01", "end"),
        ("start=2026-03-02&end=2026-03-01", "start"),
        ("start=2026-03-02&end=2026-03-02", "start"),
        ("start=2010-01-01&end=2026-01-01", "start"),
        ("start=0001-01-01", "start"),
        ("end=9999-12-31T23:59:59-23:59", "end"),
        ("start=%00", "start"),
        ("zone=cellar", "zone"),
        ("zone=%F0%9F%92%A9%00", "zone"),
    ],
)
def test_a_range_that_is_none_is_told_at_its_field(home: Whole, path: str, query: str, field: str) -> None:
    answer = home.client.get(f"{path}?{query}")
    refused(answer, 422)
    assert answer.json["fields"][field].endswith(".")


@pytest.mark.parametrize(
    ("query", "field"), [("granularity=weekly", "granularity"), ("metrics=temperature,mood", "metrics")]
)
def test_what_a_chart_cannot_show_is_told_with_what_it_can(home: Whole, query: str, field: str) -> None:
    answer = home.client.get(f"/history/api/data?{query}")
    refused(answer, 422)
    assert "there are" in answer.json["fields"][field]


@pytest.mark.parametrize("query", ["outcome=joy", "outcome=", "zone=%00", "before=abc", "limit=-3", "zone[]=1"])
def test_the_list_of_ticks_reads_what_it_can_and_refuses_nothing_by_a_trace(home: Whole, query: str) -> None:
    answer = home.client.get(f"/ticks?{query}")
    assert answer.status_code in (200, 404, 422)
    assert not TRACE.search(answer.text)


# Ids


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("zone", ["cellar", 3, ["home"], {"id": "home"}, True, "x" * 200, "\x00", "هوم"])
def test_a_zone_that_is_none_is_told_at_its_field(home: Whole, zone: object) -> None:
    answer = home.client.post("/api/actions/off", json={"zone": zone})
    refused(answer, 422)
    assert set(answer.json["fields"]) == {"zone"}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("job", ["nothing", "%00", "x" * 300])
@pytest.mark.parametrize("do", ["run", "pause", "resume"])
def test_a_job_that_is_none_is_told(home: Whole, job: str, do: str) -> None:
    refused(home.client.post(f"/api/scheduler/jobs/{job}/{do}"), 404)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("stamp", ["", "../../etc/passwd", "%2e%2e", "20260101T000000000000Z-000", "\x00", "x" * 500])
def test_a_version_that_is_none_is_told(home: Whole, stamp: str) -> None:
    refused(home.client.post("/settings/restore", data={"stamp": stamp, "etag": "x"}), 404)
    if stamp and "/" not in stamp:
        refused(home.client.get(f"/settings/versions/{stamp}"), 404)


# The settings form


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        *(("poll_interval_seconds", typed) for typed in ("5", "x", "1e3", "٣٠", "9" * 40, "30\x00", "--3", "NaN")),
        ("hysteresis_celsius", "Infinity"),
        ("winter.min_temp", "24"),
        ("summer.ac_mode", "9"),
        ("mode", "autumn"),
        ("meter_device_id.other", "né"),
        ("time_windows[0].start", "25:99"),
        ("time_windows[0].end", "soon"),
        ("cleanup.hour", "24"),
    ],
)
def test_a_field_that_cannot_be_used_is_told_there_and_keeps_what_was_typed(home: Whole, name: str, typed: str) -> None:
    rows = {
        "time_windows.shown": "1",
        "time_windows[0].was": "0",
        "time_windows[0].days": "0",
        "time_windows[0].start": "06:30",
        "time_windows[0].end": "08:30",
    }
    chosen = {name.removesuffix(".other"): "(other)"} if name.endswith(".other") else {}
    sent = {"do": "review", **(rows if "windows" in name else {}), **chosen, name: typed}
    answer = home.client.post("/settings", data=sent)
    page = refused(answer, 422)
    assert 'aria-invalid="true"' in page
    assert f'value="{typed}"' in page
    assert "Nothing was changed." in page


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "form",
    [
        {"do": "save", "patch": "{", "base": "{}"},
        {"do": "review", "patch": NESTED},
        {"do": "review", "base": NESTED, "poll_interval_seconds": "5"},
        {"do": "review", "base": "[]", "poll_interval_seconds": "5"},
        {"do": "review", "base": '{"a": NaN}', "poll_interval_seconds": "5"},
        {"do": "save", "base": '{"winter": 3}', "patch": '{"winter": {"min_temp": 1}}'},
        {"do": "add:zones[0", "base": "{}"},
        {"do": "remove:time_windows[999]", "base": "{}"},
        {"do": "copy:time_windows[999999999999]", "base": "{}"},
        {"do": "\x00"},
        {"zones.shown": "1", "zones[0].id": "NO", "zones[0].was": "99"},
        {"time_windows.shown": "1", "time_windows[0].days": "²", "time_windows[0].start": "1"},
        {"time_windows.shown": "1", "time_windows[0].was": "³"},
        {"do": "copy:time_windows[²]", "base": "{}"},
        {"time_windows.shown": "1", "time_windows[0].days": ["1", "8", "x", "٣"], "time_windows[0].start": "1"},
    ],
)
def test_a_form_that_was_tampered_with_is_no_crash(home: Whole, form: dict[str, Any]) -> None:
    answer = home.client.post("/settings", data=form)
    assert answer.status_code in (200, 400, 409, 422), answer.text[:400]
    assert not TRACE.search(answer.text)


# Sessions and forgery


def typed_form(client: FlaskClient, **typed: str) -> dict[str, str]:
    page = client.get("/settings").text
    return {
        "csrf_token": field_of(page, "csrf_token"),
        "etag": field_of(page, "etag"),
        "base": unescape(field_of(page, "base")),
        "do": "review",
        **typed,
    }


def carried(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    return {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', page)}


def test_a_session_that_ended_gives_the_form_back_after_the_login(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        client = home.logged_in()
        sent = typed_form(client, poll_interval_seconds="33")
        client.delete_cookie("switchbot_dashboard")
        kept = client.post("/settings", data=sent)
        page = refused(kept, 401)
        assert 'name="poll_interval_seconds" value="33"' in page

        login = client.get("/login").text
        form = {"name": "admin", "password": PASSWORD, "csrf_token": field_of(login, "csrf_token")}
        assert client.post("/login", data=form).status_code in (302, 303)
        again = client.post("/settings", data={**carried(kept.text), "do": "edit"})

        assert 'value="33"' in again.text  # whether or not its token was still good
        fresh = field_of(again.text, "csrf_token")
        review = client.post("/settings", data={**sent, "csrf_token": fresh})
        assert review.status_code == 200
        assert "33" in review.text
        assert "33" not in home.dashboard.file.text


@pytest.mark.parametrize("token", ["", "nonsense", None])
def test_a_page_that_is_too_old_gives_the_form_back_with_what_was_typed(tmp_path: Path, token: str | None) -> None:
    with whole(tmp_path) as home:
        client = home.logged_in()
        sent = typed_form(client, poll_interval_seconds="33")
        stale = {**sent, "csrf_token": token} if token is not None else {**sent}
        if token is None:
            del stale["csrf_token"]
        answer = client.post("/settings", data=stale)
        page = refused(answer, 403)
        assert 'value="33"' in page
        again = client.post("/settings", data={**sent, "csrf_token": field_of(answer.text, "csrf_token")})
        assert again.status_code == 200


@pytest.mark.parametrize("path", WRITES)
def test_a_write_without_its_proof_is_refused_and_does_nothing(tmp_path: Path, path: str) -> None:
    with whole(tmp_path) as home:
        client = home.logged_in()
        before = home.dashboard.queries.pulse().ticks_total
        message = refused(client.post(path, headers={"Accept": "application/json"}), 403)
        assert "too old" in message
        client.delete_cookie("switchbot_dashboard")
        refused(client.post(path, headers={"Accept": "application/json"}), 401)
        assert home.dashboard.queries.pulse().ticks_total == before


@pytest.mark.parametrize("path", PAGES[:-1])
def test_a_page_asked_for_without_a_session_leads_to_the_login_and_back(home: Whole, path: str) -> None:
    away = home.app.test_client()
    away.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    answer = away.get(path)
    assert answer.status_code == 302
    assert answer.location == ("/login" if path == "/" else f"/login?next={path}")


@pytest.mark.parametrize("form", [{}, {"name": "\x00"}, {"name": "admin", "password": "x" * 60_000}, {"name": "²"}])
def test_a_login_that_fails_keeps_the_name_and_says_so(tmp_path: Path, form: dict[str, str]) -> None:
    with whole(tmp_path) as home:
        client = home.app.test_client()
        token = field_of(client.get("/login").text, "csrf_token")
        answer = client.post("/login", data={**form, "csrf_token": token})
        assert answer.status_code in (400, 401, 422)
        assert not TRACE.search(answer.text)


def test_what_is_tampered_with_in_a_cookie_is_no_session(home: Whole) -> None:
    for value in ("x", "..", "\u0000", "a" * 4000, "eyJfdXNlcl9pZCI6IjE6MSJ9.aaaa.bbbb"):
        client = home.app.test_client()
        client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
        answer = client.get("/api/state", headers={"Cookie": f"switchbot_dashboard={value!r}"})
        refused(answer, 401)


def test_headers_that_mean_nothing_are_passed_over(home: Whole) -> None:
    answer = home.client.get("/api/state", headers={"If-None-Match": '"\x7f', "Accept-Language": "xx-\x7f;q=9"})
    assert answer.status_code == 200
    answer = home.client.put("/api/settings", json=json.loads(home.dashboard.file.text), headers={"If-Match": "*"})
    assert answer.status_code == 200
    refused(home.client.put("/api/settings", json={}, headers={"If-Match": '"old"'}), 412)
