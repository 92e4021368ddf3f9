"""The way in for the cloud's events, through Flask: who is let in, what is read, and what a flood leaves behind."""

from __future__ import annotations

import hmac
import json
import logging
import stat
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from switchbot_dashboard.app import Dashboard
from switchbot_dashboard.config import read_config
from switchbot_dashboard.logs import Discreet, set_up_logs
from switchbot_dashboard.store import webhook_secret
from switchbot_dashboard.store.schema import pushes
from switchbot_dashboard.store.webhook_secret import WebhookSecret
from switchbot_dashboard.web import build_web
from switchbot_dashboard.web.webhook import EVENTS_A_MINUTE, LARGEST_EVENT

METER = "B0E9FE000001"
ROUTE = "/webhook/switchbot/"


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"meter_device_id": METER, "timezone": "UTC"}), encoding="utf-8")
    env = {"SWITCHBOT_DATA_DIR": str(tmp_path / "data"), "SWITCHBOT_SETTINGS_PATH": str(settings)}
    made = Dashboard(read_config(env))
    yield made
    made.engine.dispose()


@pytest.fixture
def app(dashboard: Dashboard) -> Flask:
    return build_web(dashboard.service())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def secret(dashboard: Dashboard) -> str:
    return dashboard.webhook_secret.ensured()


@pytest.fixture
def taken(dashboard: Dashboard, app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is handed on, instead of handing it on."""
    bodies: list[bytes] = []
    handed = app.extensions["dashboard"].webhook
    monkeypatch.setitem(handed.__dict__, "take", bodies.append)
    return bodies


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[str], Callable[[], str]]:
    """Sets the log up in a form; what it gives back tells all that was logged."""

    def begin(form: str) -> Callable[[], str]:
        set_up_logs("debug", form)
        return lambda: capsys.readouterr().err

    return begin


def event(celsius: float = 21.4, device: str = METER, **context: Any) -> dict[str, Any]:
    return {"eventType": "changeReport", "context": {"deviceMac": device, "temperature": celsius, **context}}


def rows(dashboard: Dashboard) -> int:
    with dashboard.engine.connect() as connection:
        return len(connection.execute(pushes.select()).all())


def test_an_event_with_the_secret_is_answered_at_once_and_kept(dashboard, client, secret):
    before = dashboard.queries.serial()
    assert client.post(ROUTE + secret, json=event()).status_code == 200
    dashboard.pushes.empty()
    kept = dashboard.memory.load(dashboard.clock()).pushes[METER]
    assert kept.tenths == 214
    assert dashboard.queries.serial() > before  # which is how the process that drives notices


def test_no_secret_but_the_one_in_the_file_is_let_in(client, secret, taken):
    for wrong in ("x", secret[:-1], secret + "x", secret.upper(), "%C3%A9" * 10, "..", secret[::-1]):
        answer = client.post(ROUTE + wrong, json=event())
        assert answer.status_code == 404
        assert answer.json["error"] == "not_found"
    assert client.post(ROUTE, json=event()).status_code == 404
    assert taken == []


def test_without_a_secret_nobody_is_let_in_and_none_is_made(dashboard, client):
    assert client.post(ROUTE + "anything", json=event()).status_code == 404
    assert not (dashboard.config.data_dir / "webhook.secret").exists()


def test_only_a_post_is_taken(client, secret):
    assert client.get(ROUTE + secret).status_code == 405


def test_neither_session_nor_form_field_is_asked_for_and_nobody_is_looked_up(app, client, secret, monkeypatch):
    monkeypatch.setattr("switchbot_dashboard.web.access._who", lambda _: pytest.fail("someone was looked up"))
    headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}
    answer = client.post(ROUTE + secret, data=json.dumps(event()), headers=headers)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_secrets_are_compared_in_constant_time(dashboard, client, secret, monkeypatch):
    compared: list[bytes] = []

    class Watched:
        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            compared.append(one)
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(webhook_secret, "hmac", Watched)
    client.post(ROUTE + "wrong", json=event())
    client.post(ROUTE + secret, json=event())
    assert compared == [b"wrong", secret.encode()]


def test_bodies_up_to_16_kb_are_read_and_no_larger_ones(client, secret, taken):
    assert client.post(ROUTE + secret, data=b"x" * LARGEST_EVENT).status_code == 200
    assert client.post(ROUTE + secret, data=b"x" * (LARGEST_EVENT + 1)).status_code == 413
    assert [len(body) for body in taken] == [LARGEST_EVENT]


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 16_000, b'{"a":' * 2500, b"\xff" * 100, b"null"])
def test_broken_and_deep_bodies_are_answered_and_leave_no_trace(dashboard, client, secret, content):
    assert client.post(ROUTE + secret, data=content).status_code == 200
    dashboard.pushes.empty()
    assert rows(dashboard) == 0


def test_120_events_a_minute_are_read_and_the_rest_is_answered_unread(client, secret, taken):
    statuses = {client.post(ROUTE + secret, json=event()).status_code for _ in range(400)}
    assert statuses == {200}
    assert len(taken) == EVENTS_A_MINUTE


def test_wrong_secrets_use_nothing_of_the_minutes_events(client, secret, taken):
    for _ in range(200):
        client.post(ROUTE + "wrong", json=event())
    client.post(ROUTE + secret, json=event())
    assert len(taken) == 1


def test_a_flood_of_forgeries_leaves_one_row_a_known_meter_and_no_call(dashboard, client, secret):
    now = round(dashboard.clock().timestamp() * 1000)
    forged = [
        event(21.4, timeOfSample=now),
        event(900.0),
        event(21.4, timeOfSample=now + 10**9),
        event(21.4, timeOfSample=now - 10**9),
        *(event(21.4, f"STRANGER{n}") for n in range(60)),
    ]
    for number in range(3000):
        client.post(ROUTE + secret, json=forged[number % len(forged)])
    dashboard.pushes.empty()
    assert rows(dashboard) == 1
    assert sum(dashboard.queries.calls_of_day(dashboard.clock()).values()) == 0


def test_a_flood_of_10_000_events_grows_no_memory(dashboard, app, client, secret):
    def flood(count: int) -> None:
        for number in range(count):
            dashboard.pushes.offer(json.dumps(event(21 + number % 7 / 10, f"DEVICE{number}")).encode())
            dashboard.webhook_secret.matches(f"wrong{number}")
        client.post(ROUTE + secret, json=event())
        dashboard.pushes.empty()

    flood(500)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        flood(10_000)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 200_000
    assert rows(dashboard) <= 1


def test_the_file_is_its_owners_alone_and_holds_32_random_bytes(tmp_path: Path):
    one, other = WebhookSecret(tmp_path / "a"), WebhookSecret(tmp_path / "b")
    assert one.ensured() != other.ensured()
    assert one.ensured() == one.ensured()
    assert len(one.ensured()) == 43
    assert stat.S_IMODE((tmp_path / "a" / "webhook.secret").stat().st_mode) == 0o600


def test_a_new_secret_of_another_process_counts_at_once(tmp_path: Path):
    here, elsewhere = WebhookSecret(tmp_path), WebhookSecret(tmp_path)
    old = here.ensured()
    elsewhere.put("n" * 43)
    assert not here.matches(old)
    assert here.matches("n" * 43)
    elsewhere.forget()
    assert not here.matches("n" * 43)


@pytest.mark.parametrize("content", ["", "short\n", "\x00", "é" * 50])
def test_a_file_that_was_not_made_here_opens_nothing(tmp_path: Path, content: str):
    (tmp_path / "webhook.secret").write_text(content, encoding="utf-8")
    secret = WebhookSecret(tmp_path)
    assert not secret.matches(content)
    assert not secret.matches("")


@pytest.mark.parametrize("name", ["gunicorn.error", "gunicorn.access", "werkzeug", "switchbot_dashboard.web"])
@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "path", ["/webhook/switchbot/S3CRET", "//webhook//switchbot//S3CRET?x", "/webhook%2FSwitchbot%2fS3CRET"]
)
def test_no_log_line_of_any_logger_carries_the_path(name, form, path, lines):
    logged, logger, servers_own = lines(form), logging.getLogger(name), logging.StreamHandler(sys.stderr)
    if not name.startswith("switchbot_dashboard"):
        logger.addHandler(servers_own)
    try:
        logger.error("Error handling request %s %s", "POST", path)
        logger.error(f'127.0.0.1 "POST {path} HTTP/1.1" 200')
    finally:
        logger.removeHandler(servers_own)
    said = logged()
    assert "S3CRET" not in said
    assert "POST" in said


def test_the_filter_leaves_other_lines_as_they_are():
    record = logging.LogRecord("x", logging.INFO, "", 1, "%d looks at %s", (3, "/webhook"), None)
    assert Discreet().filter(record)
    assert record.args == (3, "/webhook")


def test_what_fails_inside_is_logged_without_the_path(dashboard, app, client, secret, lines, monkeypatch):
    logged = lines("text")
    handed = app.extensions["dashboard"].webhook

    def fail(_: bytes) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(handed.__dict__, "take", fail)
    app.testing = False
    assert client.post(ROUTE + secret, json=event()).status_code == 500
    said = logged()
    assert "broken" in said
    assert secret not in said
