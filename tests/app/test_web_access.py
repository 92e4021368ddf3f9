"""Who may come in, by which door, and what is asked of them there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support.web_fakes import Home

from switchbot_dashboard.config import Config
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.people import Role
from switchbot_dashboard.web import build_web
from switchbot_dashboard.web.access import Whom, member, owner, safe_next, whom_for

PASSWORD = "correct horse battery"
TOKEN = "t" * 40
CLOUD = Config(token="a", secret="b", dashboard_password=PASSWORD, dashboard_api_token=TOKEN)
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def home() -> Home:
    return Home(config=CLOUD)


@pytest.fixture
def app(home: Home) -> Flask:
    home.people.add("anna", PASSWORD)
    return build_web(home.service())


def csrf_of(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def logged_in(app: Flask, name: str = "admin", **more: Any) -> FlaskClient:
    client = app.test_client()
    token = csrf_of(client.get("/login").text)
    answer = client.post("/login", data={"name": name, "password": PASSWORD, "csrf_token": token, **more})
    assert answer.status_code == 303
    return client


def forged(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRFToken": csrf_of(client.get("/").text)}


def test_every_view_says_whom_it_is_for(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules() if whom_for(app, rule.endpoint) is None} == set()


def test_only_these_views_are_open_to_all(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if whom_for(app, rule.endpoint) is Whom.PUBLIC]
    assert {rule.rule for rule in rules} == {
        "/healthz",
        "/readyz",
        "/login",
        "/manifest.webmanifest",
        "/static/<path:filename>",
        "/webhook/switchbot/<secret>",
    }


def test_everything_else_turns_strangers_away(app: Flask) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if whom_for(app, rule.endpoint) is Whom.PUBLIC:
            continue
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert client.open(path, method=method).status_code in (401, 302), path


def test_a_view_that_says_nothing_is_closed_to_everyone(app: Flask) -> None:
    app.add_url_rule("/forgotten", view_func=lambda: "secret", endpoint="forgotten")
    assert app.test_client().get("/forgotten", headers=BEARER).status_code == 403


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
def test_a_token_opens_the_api_and_needs_no_form_field(app: Flask, home: Home, scheme: str) -> None:
    answer = app.test_client().post("/api/run-once", headers={"Authorization": f"{scheme} {TOKEN}"})
    assert answer.status_code == 200
    assert home.heart.ran == 1


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic YTpi", f"Digest {TOKEN}"])
def test_a_wrong_token_opens_nothing(app: Flask, header: str) -> None:
    answer = app.test_client().get("/api/state", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["error"] == "unauthorized"


def test_a_members_token_may_look_and_act_but_not_change(app: Flask, home: Home) -> None:
    _, text = home.people.create_token("phone", Role.MEMBER)
    headers, client = {"Authorization": f"Bearer {text}"}, app.test_client()
    assert client.get("/api/settings", headers=headers).status_code == 200
    assert client.post("/api/actions/off", headers=headers).status_code == 200
    for method, path in (("PUT", "/api/settings"), ("PATCH", "/api/settings"), ("POST", "/api/devices/refresh")):
        assert client.open(path, method=method, json={}, headers=headers).status_code == 403
    assert client.post("/api/scheduler/jobs/cleanup/run", headers=headers).status_code == 403


def test_a_stranger_at_a_page_is_led_to_the_login_and_back(app: Flask) -> None:
    answer = app.test_client().get("/parts/home?x=1&y=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/parts/home%3Fx%3D1%26y%3D2"


def test_a_login_makes_a_session_that_lasts_thirty_days_and_is_renewed(app: Flask) -> None:
    client = logged_in(app)
    cookie = client.get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Expires=" in cookie
    assert app.permanent_session_lifetime == timedelta(days=30)


def test_a_cookie_that_came_by_https_is_secure(app: Flask) -> None:
    client = app.test_client()
    assert "Secure" in client.get("/login", base_url="https://home.example").headers["Set-Cookie"]


def test_a_session_needs_the_pages_token_for_what_it_changes(app: Flask, home: Home) -> None:
    client = logged_in(app)
    refused = client.post("/api/run-once")
    assert refused.status_code == 403
    assert refused.json is not None
    assert refused.json["error"] == "csrf_failed"
    assert home.heart.ran == 0
    assert client.post("/api/run-once", headers=forged(client)).status_code == 200


def test_a_new_password_ends_a_session_at_its_next_request(app: Flask, home: Home) -> None:
    client = logged_in(app)
    assert client.get("/api/state").status_code == 200
    home.people.set_password("admin", "another good one")
    assert client.get("/api/state").status_code == 401


def test_a_removed_user_is_out_at_the_next_request(app: Flask, home: Home) -> None:
    client = logged_in(app, "anna")
    home.people.remove("anna")
    assert client.get("/api/state").status_code == 401


def test_logging_out_is_a_post_and_ends_the_session(app: Flask) -> None:
    client = logged_in(app)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout", headers=forged(client)).headers["Location"] == "/login"
    assert client.get("/api/state").status_code == 401


def test_a_wrong_password_says_so_and_lets_nobody_in(app: Flask) -> None:
    client = app.test_client()
    data = {"name": "admin", "password": "wrong", "csrf_token": csrf_of(client.get("/login").text)}
    answer = client.post("/login", data=data)
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert client.get("/api/state").status_code == 401


def test_the_eleventh_login_within_a_minute_waits(app: Flask) -> None:
    client = app.test_client()
    data = {"name": "admin", "password": "wrong", "csrf_token": csrf_of(client.get("/login").text)}
    codes = [client.post("/login", data=data).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]
    other = client.post("/login", data=data, environ_base={"REMOTE_ADDR": "192.0.2.9"})
    assert other.status_code == 401


def test_a_login_form_of_another_page_is_refused(app: Flask) -> None:
    assert app.test_client().post("/login", data={"name": "admin", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "", None, "/a\nb"],
)
def test_a_login_leads_to_no_other_site(target: str | None) -> None:
    assert safe_next(target) == "/"


def test_a_login_leads_back_to_where_one_was(app: Flask) -> None:
    client = app.test_client()
    token = csrf_of(client.get("/login").text)
    data = {"name": "anna", "password": PASSWORD, "csrf_token": token, "next": "/ticks?zone=home"}
    assert client.post("/login", data=data).headers["Location"] == "/ticks?zone=home"


def test_the_healthz_of_a_stranger_says_yes_or_no_only(app: Flask, home: Home) -> None:
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready"}
    home.heart.well = False
    home.memory.why_not = say("The disk is full.")
    assert client.get("/healthz").status_code == 503
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "disk" not in answer.text


# The virtual home's visitor


@pytest.fixture
def virtual() -> Home:
    return Home()


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]", "LOCALHOST"])
def test_the_virtual_home_is_open_to_this_machine(virtual: Home, host: str) -> None:
    client = build_web(virtual.service()).test_client()
    assert client.get("/api/state", headers={"Host": host}).status_code == 200
    assert client.patch("/api/settings", json={"mode": "summer"}, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.2", "[::2]", ""]
)
def test_another_name_for_this_machine_opens_nothing(virtual: Home, host: str) -> None:
    client = build_web(virtual.service()).test_client()
    assert client.get("/api/state", headers={"Host": host}).status_code in (400, 401)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"])
def test_what_came_through_a_proxy_opens_nothing(virtual: Home, name: str) -> None:
    client = build_web(virtual.service()).test_client()
    assert client.get("/api/state", headers={name: "127.0.0.1"}).status_code == 401


@pytest.mark.parametrize("address", ["192.168.1.7", "::2", ""])
def test_another_machine_opens_nothing(virtual: Home, address: str) -> None:
    client = build_web(virtual.service()).test_client()
    answer = client.get("/api/state", headers={"Host": "localhost"}, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 401


@pytest.mark.parametrize("config", [CLOUD, Config(proxy_fix_for=1)])
def test_with_credentials_or_a_proxy_nobody_is_let_in_for_nothing(config: Config) -> None:
    assert build_web(Home(config=config).service()).test_client().get("/api/state").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "null"},
    ],
)
def test_another_page_in_the_browser_presses_no_button(virtual: Home, headers: dict[str, str]) -> None:
    client = build_web(virtual.service()).test_client()
    assert client.post("/api/run-once", headers=headers).status_code == 403
    assert client.post("/do/off", headers=headers).status_code == 403
    assert virtual.heart.ran == 0
    assert virtual.acted == []


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}])
def test_our_own_page_and_a_command_line_do(virtual: Home, headers: dict[str, str]) -> None:
    assert build_web(virtual.service()).test_client().post("/api/run-once", headers=headers).status_code == 200


def test_the_visitor_cannot_do_what_an_owner_must(virtual: Home) -> None:
    app = build_web(virtual.service())
    app.add_url_rule("/api/users", view_func=owner(lambda: "users"), endpoint="users")
    app.add_url_rule("/api/hello", view_func=member(lambda: "hello"), endpoint="hello")
    client = app.test_client()
    refused = client.get("/api/users")
    assert refused.status_code == 403
    assert "DASHBOARD_PASSWORD" in refused.text
    assert client.get("/api/hello").status_code == 200


def test_the_visitor_cannot_change_where_notifications_may_go(virtual: Home) -> None:
    client = build_web(virtual.service()).test_client()
    refused = client.patch("/api/settings", json={"channels_allowed_hosts": ["10.0.0.1"]})
    assert refused.status_code == 403
    assert client.patch("/api/settings", json={"channels_allowed_hosts": []}).status_code == 200


def test_a_user_of_the_virtual_home_can_still_log_in(virtual: Home) -> None:
    virtual.people.add("admin", PASSWORD, Role.ADMIN)
    client = logged_in(build_web(virtual.service()))
    assert "Log out admin" in client.get("/").text


def test_behind_a_proxy_its_headers_are_believed() -> None:
    app = build_web(Home(config=Config(proxy_fix_for=1)).service())
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "home.example"}
    assert "Secure" in app.test_client().get("/login", headers=headers).headers["Set-Cookie"]


def test_every_answer_tells_the_browser_to_be_strict(app: Flask) -> None:
    for path in ("/login", "/healthz", "/api/state", "/nothing", "/static/app.js"):
        with app.test_client().get(path) as answer:
            headers = answer.headers
        assert "script-src 'self'; style-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Referrer-Policy" in headers
        assert ("no-store" in headers.get("Cache-Control", "")) == (path != "/static/app.js")
