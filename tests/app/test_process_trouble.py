"""What goes wrong around a running service: edits of the settings, the disk, the cloud."""

from __future__ import annotations

import json
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.cloud_faults import hang, http
from support.service import NO_DATABASE, PROMPT, Running, Service, in_background, instant, wait_until
from support.standin import StandIn
from support.web_pages import a_home

from switchbot_dashboard.web import build_web

AT_ONCE = 5.0  # seconds: any machine is faster, and the cloud hangs for a minute
HANG_LONG = {"SWITCHBOT_TIMEOUT_SECONDS": "60", "SWITCHBOT_RETRY_ATTEMPTS": "1"}


def interval(service: Running) -> int:
    return service.state()["zones"][0]["polling"]["interval_seconds"]


def test_a_hand_edit_is_in_force_within_two_seconds_and_wakes_the_heart(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud, {"poll_interval_seconds": 3600})
        with home.started() as service:
            wait_until(service.records)
            edited = datetime.now(UTC)
            home.write_settings(poll_interval_seconds=20)
            record = wait_until(lambda: [r for r in service.records() if r["trigger"] == "settings"], 3)[0]
            assert (instant(record["at"]) - edited).total_seconds() < 2
            assert record["interval_seconds"] == 20
            assert len([r for r in service.records() if r["trigger"] == "settings"]) == 1


def test_a_broken_edit_changes_nothing_and_is_named_by_key_and_line(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started() as service:
            wait_until(service.records)
            home.write_settings(poll_interval_seconds=5)
            fault = wait_until(lambda: service.get("/readyz").json()["faults"], 2.5)[0]
            assert service.get("/readyz").status_code == 503
            lines = home.settings_path.read_text().splitlines()
            assert fault["key"] == "poll_interval_seconds"
            assert "poll_interval_seconds" in lines[fault["line"] - 1]
            assert "15" in fault["message"]
            assert "faults" not in service.get("/readyz", token="").json(), "strangers learn yes or no"
            assert service.state()["settings_error"]["faults"][0]["key"] == "poll_interval_seconds"
            assert service.post("/api/run-once").json()[0]["interval_seconds"] == 15
            assert service.get("/healthz").status_code == 200
            home.write_settings(poll_interval_seconds=30)
            wait_until(lambda: service.get("/readyz").status_code == 200, 2.5)
            wait_until(lambda: interval(service) == 30, 2.5)
            assert service.log.count("cannot be used") == 1
            assert service.log.count("is valid again") == 1


def test_a_broken_file_at_the_start_is_served_but_drives_nothing_until_corrected(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        home.settings_path.write_text('{\n  "mode": "winter",\n  oops\n}\n', encoding="utf-8")
        with home.started() as service:
            assert service.get("/").status_code == 200
            fault = service.get("/readyz").json()["faults"][0]
            assert (service.get("/readyz").status_code, fault["line"]) == (503, 3)
            assert service.state()["settings_error"]["faults"]
            assert not cloud.seen(), "nothing is driven"
            checked = home.command("check", "--json")
            assert (checked.status, checked.json["faults"][0]["line"]) == (1, 3)
            home.write_settings()
            wait_until(lambda: cloud.seen("status"), 4)
            wait_until(lambda: service.get("/readyz").status_code == 200, 2.5)
            assert home.command("check").status == 0


def test_a_missing_file_is_written_from_the_defaults(tmp_path: Path) -> None:
    home = Service(tmp_path)
    with home.started() as service:
        assert json.loads(home.settings_path.read_text())["poll_interval_seconds"] == 15
        assert service.get("/readyz").status_code == 200


@pytest.mark.parametrize("source", ["cloud", "virtual home"])
def test_a_full_disk_is_told_ticks_go_on_and_the_records_are_caught_up(tmp_path: Path, source: str) -> None:
    """No file of the driver may grow, which is what a full disk comes to; root obeys it too."""
    with StandIn() as cloud:
        home = Service(tmp_path, cloud if source == "cloud" else None)
        with home.started() as service:
            wait_until(service.records)
            driver = wait_until(lambda: home.driver)
            before = resource.prlimit(driver, resource.RLIMIT_FSIZE)
            resource.prlimit(driver, resource.RLIMIT_FSIZE, (0, before[1]))
            try:
                for _ in range(2):
                    answer = service.post("/api/run-once")
                    assert answer.status_code == 200, answer.text
                    assert answer.json()[0]["reading"]["temperature"]
                told = service.get("/readyz")
                assert told.status_code == 503
                assert "Check the disk's space and permissions." in told.json()["message"]
                assert service.state()["zones"][0]["reading"]["temperature"]
                assert service.get("/").status_code == 200
                assert service.get("/healthz").status_code == 200
                assert service.log.count("ticks go on in memory") == 1
            finally:
                resource.prlimit(driver, resource.RLIMIT_FSIZE, before)
            assert service.post("/api/run-once").status_code == 200
            wait_until(lambda: service.get("/readyz").status_code == 200, 5)
            assert len([r for r in service.records() if r["trigger"] == "run-once"]) == 3
            assert service.log.count("can be written again") == 1


def test_a_database_that_cannot_be_used_at_the_start_is_told_and_ticks_go_on(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        home.data.mkdir()
        (home.data / "switchbot.db").write_bytes(NO_DATABASE)
        with home.started() as service:
            cloud.wait_for("status", 1)
            told = service.get("/readyz")
            assert told.status_code == 503
            assert "database" in told.json()["message"]
            assert service.log.count("ticks go on in memory") >= 1
            assert home.command("doctor").status == 1


def test_every_page_answers_at_once_while_the_cloud_hangs(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud, **HANG_LONG).started() as service:
        record = wait_until(service.records)[0]
        paths = [*every_address(), f"/ticks/{record['id']}"]
        before = {path: answered(service, path) for path in paths}
        cloud.misbehave("*", hang(60))
        count = len(cloud.seen("status"))
        with in_background(lambda: service.post("/api/run-once")):
            cloud.wait_for("status", count + 1, timeout=20)
            assert service.post("/api/run-once").status_code == 409, "the tick hangs in its call"
            hanging = {path: answered(service, path) for path in paths}
            cloud.release()
    print({path: (round(before[path][1], 3), round(hanging[path][1], 3)) for path in paths})
    assert [hanging[path][0] for path in paths] == [before[path][0] for path in paths]
    assert before["/"][0] == before["/api/state"][0] == 200
    assert max(seconds for _, seconds in hanging.values()) < AT_ONCE, (before, hanging)


def test_more_impatient_buttons_than_threads_leave_the_pages_their_own(tmp_path: Path) -> None:
    presses = ["/api/actions/off", "/api/devices/refresh", "/api/scenes/refresh"] * 4
    with StandIn() as cloud, Service(tmp_path, cloud, **HANG_LONG).started() as service:
        wait_until(service.records)
        cloud.misbehave("*", hang(60))
        with ThreadPoolExecutor(len(presses)) as people:
            pressed = [people.submit(service.post, path) for path in presses]
            cloud.wait_for("commands", 1, timeout=20)
            for path in ("/", "/api/state", "/actions", "/healthz"):
                status, seconds = answered(service, path)
                assert (status, seconds < AT_ONCE) == (200, True), f"{path} took {seconds} s"
            cloud.release()
        refused = [each.result() for each in pressed if each.result().status_code == 409]
    assert refused, "those too many are told at once"
    assert all(each.json()["message"].endswith("Try again in a few seconds.") for each in refused)


def every_address() -> list[str]:
    """The address of every page and every answer that can be asked for without an id; files and choices left out."""
    rules = build_web(a_home().service()).url_map.iter_rules()
    return sorted(rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments)


def answered(service: Running, path: str) -> tuple[int, float]:
    """The status of an answer, and after how many seconds it was there."""
    began = time.monotonic()
    return service.get(path).status_code, time.monotonic() - began


def test_a_cloud_that_echoes_the_token_does_not_bring_it_into_the_log_or_a_page(tmp_path: Path) -> None:
    with StandIn() as cloud:
        cloud.misbehave("*", http(403, f'{{"message":"Authorization={cloud.token} sign={cloud.secret}"}}'))
        with Service(tmp_path, cloud, LOG_LEVEL="debug").started() as service:
            wait_until(lambda: service.state()["last_error"])
            for path in ("/", "/api/state", "/api/ticks", "/readyz", "/metrics", "/api/quota", "/nowhere"):
                service.get(path)
            service.ask("GET", f"/login?token={service.service.secrets['the password']}", token="")
            service.post("/api/actions/off")
            assert service.terminate() < PROMPT
            service.service.assert_discreet(service.log)


def test_an_unreachable_cloud_is_told_once_and_its_return_too(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started() as service:
            wait_until(service.records)
            cloud.misbehave("status", http(500))
            for _ in range(3):
                assert service.post("/api/run-once").status_code == 200
            assert service.state()["zones"][0]["decision"]["outcome"] == "api_error"
            cloud.heal()
            service.post("/api/run-once")
            assert service.state()["zones"][0]["decision"]["outcome"] == "no_action"
