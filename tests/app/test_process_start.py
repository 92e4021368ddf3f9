"""How the service starts and how it ends, as processes."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from support.cloud_faults import METER, hang
from support.service import DRIVES, PASSWORD, PROMPT, Running, Service, in_background, wait_until
from support.standin import AIRCON, DIY, StandIn


def first_zone_that_was_read(service: Running) -> Any:
    """The first zone of the state, asked for without a token, once its meter was read."""
    zone = service.get("/api/state", token="").json()["zones"][0]
    return zone if zone["reading"]["temperature"] else None


def test_a_first_start_without_credentials_shows_a_home_with_a_week_behind_it(tmp_path: Path) -> None:
    began = time.monotonic()
    with Service(tmp_path, DASHBOARD_API_TOKEN="").started() as service:
        taken = time.monotonic() - began
        state = service.get("/api/state", token="").json()
        zone = wait_until(
            lambda: (z := service.get("/api/state", token="").json()["zones"][0])["reading"]["temperature"] and z
        )
        week = service.get("/api/ticks?limit=1000", token="").json()
    assert state["source"] == "virtual_home"
    assert isinstance(zone["reading"]["temperature"], float)
    assert zone["window"]["inside"] in (True, False)
    assert zone["decision"]["explanation"]
    assert zone["polling"]["next_wake_at"]
    assert zone["polling"]["next_wake_reason"]
    assert len(week) == 1000, "seven days by ten minutes are 1 008 records"
    assert taken < 10  # the run through the week and the start of Python, beside other tests


def test_the_pages_come_without_a_password_from_this_machine_while_the_home_is_virtual(tmp_path: Path) -> None:
    with Service(tmp_path, DASHBOARD_API_TOKEN="").started() as service:
        page = service.get("/", token="")
        pressed = service.post("/api/run-once", token="")
    assert page.status_code == 200
    assert "html" in page.headers["Content-Type"]
    assert pressed.status_code in (200, 403), pressed.text  # a page's forgery field may be asked for
    assert (tmp_path / "settings.json").exists(), "a missing file is written"


def test_with_credentials_the_calls_are_signed_and_the_reading_is_shown(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud).started() as service:
        state = wait_until(lambda: (seen := service.state())["zones"][0]["reading"]["temperature"] and seen)
        assert state["source"] == "cloud"
        assert state["zones"][0]["reading"]["temperature"] == 21.4
        assert state["zones"][0]["decision"]["outcome"] == "no_action"
        assert all(seen.signed for seen in cloud.seen())
        assert service.get("/api/state", token="").status_code == 401
        assert "Log in" in service.get("/", token="").text
        device_names = {device["id"] for device in service.get("/api/devices").json()}
        assert {METER, AIRCON} <= device_names


@pytest.mark.parametrize("how", ["serve", "gunicorn"])
def test_a_start_with_credentials_is_refused_while_nobody_could_log_in(tmp_path: Path, how: str) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud, DASHBOARD_API_TOKEN="")
        with home.started(how, awaited=False) as service:
            assert service.ended() == 2
            assert "set DASHBOARD_PASSWORD to 12 characters or more" in service.log
        assert not cloud.seen()


@pytest.mark.parametrize("how", ["serve", "gunicorn", "scheduler"])
def test_a_variable_that_cannot_be_used_is_one_line_and_exit_status_2(tmp_path: Path, how: str) -> None:
    with Service(tmp_path, PORT="eighty").started(how, awaited=False) as service:
        assert service.ended() == 2
        assert service.log == "PORT is 'eighty', not a whole number; accepted: 1 to 65535\n"


def test_one_credential_alone_is_refused(tmp_path: Path) -> None:
    home = Service(tmp_path, SWITCHBOT_TOKEN="only-the-token-of-an-account")
    home.secrets["the token"] = "only-the-token-of-an-account"
    with home.started(awaited=False) as service:
        assert service.ended() == 2
        assert service.log.startswith("SWITCHBOT_SECRET is missing while the other half is set")
        assert service.log.count("\n") == 1


def test_another_bind_is_refused_until_a_user_has_a_password(tmp_path: Path) -> None:
    home = Service(tmp_path, HOST="0.0.0.0", DASHBOARD_API_TOKEN="")  # noqa: S104
    with home.started(awaited=False) as service:
        assert service.ended() == 2
    assert home.command("user", "add", "ada", "--admin", stdin=f"{PASSWORD}\n").status == 0
    with home.started("gunicorn") as service:
        assert service.get("/healthz").status_code == 200


def test_four_workers_on_a_fresh_folder_agree_on_the_database_and_the_first_user(tmp_path: Path) -> None:
    env = {"DASHBOARD_API_TOKEN": "", "DASHBOARD_PASSWORD": PASSWORD, "WEB_CONCURRENCY": "4", "WEB_THREADS": "2"}
    with StandIn() as cloud, Service(tmp_path, cloud, **env).started("gunicorn") as service:
        wait_until(lambda: service.log.count("Another process drives") == 3)
        assert service.log.count(DRIVES) == 1
        assert "[ERROR]" not in service.log
        assert "admin: admin" in service.service.command("user", "list").out


def test_the_first_lines_of_the_log_say_what_was_started(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud).started() as service:
        wait_until(lambda: "Automation tick started" in service.log)
        lines = service.log
        assert service.terminate() < PROMPT
    for said in (
        "[scheduler] Job scheduled with interval=15 seconds",
        "[scheduler] Triggering immediate first tick",
        DRIVES,
        "[automation] Automation tick started | trigger='start'",
    ):
        assert lines.count(said) == 1, lines


def test_a_switched_off_scheduler_serves_pages_only(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud, SCHEDULER_ENABLED="false").started() as service:
        assert service.get("/healthz").json()["driving"] is False
        assert "[scheduler] APScheduler disabled via SCHEDULER_ENABLED=false" in service.log
        assert DRIVES not in service.log
        assert not cloud.seen()
        assert service.post("/api/run-once").status_code == 200
        assert cloud.seen("status")


def test_a_change_of_mode_is_told_once(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud, {"automation_enabled": False, "idle_poll_interval_seconds": 300})
        with home.started() as service:
            wait_until(service.records)
            home.write_settings(idle_poll_interval_seconds=300)
            said = "[scheduler] Adaptive polling reschedule: 300 -> 15 seconds (mode=in_window)"
            wait_until(lambda: said in service.log, 5)
            service.post("/api/run-once")
            assert service.log.count("Adaptive polling reschedule") == 1


def test_json_lines_are_json(tmp_path: Path) -> None:
    with Service(tmp_path, LOG_FORMAT="json", LOG_LEVEL="debug").started() as service:
        wait_until(lambda: "Automation tick started" in service.log)
        assert service.terminate() < PROMPT
        lines = [json.loads(line) for line in service.log.splitlines() if line.startswith("{")]
    assert {"at", "level", "logger", "message"} <= set(lines[0])


# the end


def test_sigterm_ends_it_within_two_seconds(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud).started() as service:
        wait_until(service.records)
        assert service.terminate() < PROMPT
        assert service.process.returncode == 0


@pytest.mark.parametrize("how", ["serve", "scheduler"])
def test_sigterm_ends_it_within_two_seconds_while_a_reading_hangs(tmp_path: Path, how: str) -> None:
    with StandIn() as cloud:
        cloud.misbehave("status", hang())
        with Service(tmp_path, cloud).started(how) as service:
            cloud.wait_for("status", 1)
            assert service.terminate() < PROMPT
            assert service.process.returncode == 0


@pytest.mark.parametrize(
    "sent", ["", "GET /healthz HTTP/1.1\r\nHost: ", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"]
)
def test_sigterm_ends_it_within_two_seconds_and_cleanly_while_a_visitor_stays_connected(
    tmp_path: Path, sent: str
) -> None:
    """A silent visitor, one in mid-sentence, and a tab whose connection is kept."""
    with StandIn() as cloud, Service(tmp_path, cloud).started() as service:
        wait_until(service.records)
        with socket.create_connection(("127.0.0.1", service.service.port)) as visitor:
            visitor.sendall(sent.encode())
            if sent.endswith("\r\n\r\n"):
                assert visitor.recv(9) == b"HTTP/1.1 "
            assert service.terminate() < PROMPT
        assert service.process.returncode == 0
        assert "[scheduler] Stopped" in service.log, "the heart ended; nobody killed it"


def test_a_command_that_hangs_at_sigterm_is_sent_again_by_the_next_start(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started() as service:
            wait_until(service.records)
            cloud.misbehave("commands", hang())
            with in_background(lambda: service.post("/api/actions/off")):
                first = cloud.wait_for("commands", 1)[0]
                assert service.terminate() < PROMPT
        cloud.heal()
        with home.started() as service:
            again = cloud.wait_for("commands", 2)[1]
            wait_until(lambda: service.state()["zones"][0]["aircon"]["assumed_power"] is False)
            assert again.body == first.body
            assert again.body["command"] == "turnOff"
            assert len(cloud.seen("commands")) == 2


def test_a_toggle_that_hangs_at_sigterm_is_never_sent_again(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud, {"aircon_device_id": DIY})
        with home.started() as service:
            wait_until(service.records)
            cloud.misbehave("commands", hang())
            with in_background(lambda: service.post("/api/actions/winter")):
                cloud.wait_for("commands", 1)
                assert service.terminate() < PROMPT
        cloud.heal()
        with home.started() as service:
            before = len(wait_until(service.records))
            for _ in range(3):
                wait_until(lambda: service.post("/api/run-once").ok)
            wait_until(lambda: len(service.records()) >= before + 3)
            assert len(cloud.seen("commands")) == 1


def test_a_crash_while_a_command_hangs_has_it_on_record_and_sends_it_again(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started() as service:
            wait_until(service.records)
            cloud.misbehave("commands", hang())
            with in_background(lambda: service.post("/api/actions/off")):
                cloud.wait_for("commands", 1)
                service.kill()
        cloud.heal()
        with home.started():
            assert cloud.wait_for("commands", 2)[1].body["command"] == "turnOff"
