"""One heart, whatever is started: several workers, a scheduler beside them, preload, reload, a driver that dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from support.cloud_faults import hang
from support.service import DRIVES, PROMPT, Running, Service, assert_one_tick_per_wake, in_background, wait_until
from support.standin import StandIn

TAKE_OVER = 15.0


def the_button_and_run_once_work_on_any_worker(service: Running, cloud: StandIn) -> None:
    """Pressed several times, each on a connection of its own."""
    for action in ("off", "winter", "resume", "off"):
        answer = service.post(f"/api/actions/{action}")
        assert answer.status_code == 200, answer.text
    assert [seen.body["command"] for seen in cloud.seen("commands")] == ["turnOff", "setAll", "turnOff"]
    for _ in range(4):
        wait_until(lambda: service.post("/api/run-once").status_code == 200, 3)


def a_second_run_once_is_409_while_one_runs(service: Running, cloud: StandIn) -> None:
    cloud.misbehave("status", hang(), times=1)
    before = len(cloud.seen("status"))

    def pressed() -> int:
        return wait_until(lambda: (status := service.post("/api/run-once").status_code) == 200 and status, 20)

    with in_background(pressed) as answer:
        cloud.wait_for("status", before + 1)
        refused = [service.post("/api/run-once") for _ in range(4)]
        cloud.release()
        assert [each.status_code for each in refused] == [409] * 4
        assert refused[0].json()["message"] == "Another tick is under way. Try again in a few seconds."
        assert answer() == 200


def test_four_workers_make_one_tick_a_wake_and_any_of_them_takes_a_button(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud, WEB_CONCURRENCY="4", WEB_THREADS="2").started() as service:
        ends = time.monotonic() + 60
        wait_until(lambda: service.log.count("Another process drives") == 3)
        assert service.log.count(DRIVES) == 1
        assert f"This process drives the home: pid {service.service.driver} (web)" in service.log
        seen_driving = {service.get("/healthz").json()["driving"] for _ in range(30)}
        assert seen_driving == {True, False}, "both kinds of workers answer"
        the_button_and_run_once_work_on_any_worker(service, cloud)
        a_second_run_once_is_409_while_one_runs(service, cloud)
        time.sleep(max(0.0, ends - time.monotonic()))  # the minute is the subject
        records = service.records()
    assert_one_tick_per_wake(records)
    assert [record["trigger"] for record in records].count("start") == 1
    assert [record["trigger"] for record in records].count("scheduler") >= 3
    reads = len(cloud.seen("status"))
    assert reads == sum(record["calls"] for record in records) - len(cloud.seen("commands"))


def test_a_scheduler_beside_a_web_process_makes_one_tick_a_wake(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started("scheduler") as scheduler, home.started() as service:
            assert "Another process drives this data folder" in service.log
            assert home.driver == scheduler.pid
            assert service.get("/healthz").json()["driving"] is False
            the_button_and_run_once_work_on_any_worker(service, cloud)
            a_second_run_once_is_409_while_one_runs(service, cloud)
            count = len(service.records())
            wait_until(lambda: len(service.records()) > count, 20)
            records = service.records()
    assert_one_tick_per_wake(records)


def test_another_worker_takes_over_when_the_driver_is_killed(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud, WEB_CONCURRENCY="3", WEB_THREADS="2").started() as service:
        driver = wait_until(lambda: service.service.driver)
        wait_until(service.records)
        os.kill(driver, signal.SIGKILL)
        wait_until(lambda: service.service.driver not in (0, driver), TAKE_OVER)
        wait_until(lambda: [record["trigger"] for record in service.records()].count("start") == 2, 5)
        assert service.log.count(DRIVES) == 2


def test_the_web_process_takes_over_when_the_scheduler_is_killed(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started("scheduler") as scheduler, home.started() as service:
            wait_until(service.records)
            scheduler.kill()
            wait_until(lambda: service.get("/healthz").json()["driving"], TAKE_OVER)
            assert service.log.count(DRIVES) == 1
            assert home.driver not in (0, scheduler.pid)


def test_under_preload_the_heart_beats_in_the_worker_alone(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud).started("gunicorn", "--preload") as service:
        wait_until(service.records)
        assert service.log.count(DRIVES) == 1
        assert service.service.driver not in (0, service.pid)
        assert service.terminate() < PROMPT


def test_after_a_reload_one_heart_beats_in_the_new_worker(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud).started("gunicorn") as service:
        driver = wait_until(lambda: service.service.driver)
        wait_until(service.records)
        os.kill(service.pid, signal.SIGHUP)
        wait_until(lambda: service.service.driver not in (0, driver, service.pid), TAKE_OVER)
        wait_until(lambda: service.get("/healthz").json()["driving"], 5)
        assert service.log.count(DRIVES) == 2
        assert_one_tick_per_wake(service.records())
        assert list(service.service.home.iterdir()) == [], "no control socket, nor anything else, in the home folder"


def test_under_the_reloader_of_flask_the_serving_process_drives(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud).started("flask") as service:
        driver = wait_until(lambda: service.service.driver)
        wait_until(service.records)
        assert service.log.count(DRIVES) == 1
        assert driver != service.pid, "the first process only watches the files"
        assert service.get("/healthz").json()["driving"] is True
        assert len(cloud.seen("devices")) == 1


def test_a_burst_of_buttons_on_all_workers_leaves_a_record_for_each(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud, WEB_CONCURRENCY="3", WEB_THREADS="2").started() as service:
        wait_until(service.records)
        answers: list[int] = []

        def press() -> None:
            answers.append(service.post("/api/actions/off").status_code)

        threads = [threading.Thread(target=press) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert answers == [200] * 8
        assert len([record for record in service.records() if record["trigger"] == "manual"]) == 8
        assert len(cloud.seen("commands")) == 8
