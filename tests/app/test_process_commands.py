"""The commands of the command line, as processes, with what they print and their exit status."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.cloud_faults import http
from support.service import NO_DATABASE, PASSWORD, Service, wait_until
from support.standin import AIRCON, StandIn


def test_tick_prints_the_decision_and_why(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        said = home.command("tick")
        assert said.status == 0
        assert said.out.startswith("home: no_action · 21.4 °C is between")
        assert "looks again" in said.out
        record = home.command("tick", "--json").json[0]
        assert (record["trigger"], record["outcome"]) == ("run-once", "no_action")
        cloud.misbehave("status", http(500))
        assert home.command("tick").status == 1


def test_jobs_are_listed_and_run(tmp_path: Path) -> None:
    home = Service(tmp_path)
    assert "cleanup: Cleaning, next" in home.command("jobs").out
    listed = home.command("jobs", "--json").json
    assert listed[0]["id"] == "cleanup"
    assert listed[0]["next_run_time"].endswith("Z")
    ran = home.command("run", "cleanup", "--json")
    assert ran.status == 0
    assert "removed" in ran.json["last_outcome"]
    assert "last" in home.command("jobs").out
    unknown = home.command("run", "laundry")
    assert unknown.status == 2
    assert "There are: cleanup" in unknown.err


def test_check_names_every_fault_by_key_and_line(tmp_path: Path) -> None:
    home = Service(tmp_path, settings={})
    assert home.command("check").status == 0
    home.write_settings(poll_interval_seconds=1, timezone=7)
    said = home.command("check")
    assert said.status == 1
    assert "poll_interval_seconds" in said.out
    assert "timezone" in said.out
    faults = home.command("check", "--json").json["faults"]
    assert {fault["key"] for fault in faults} == {"poll_interval_seconds", "timezone"}
    assert home.command("check", PORT="x").status == 2


def test_doctor_looks_at_the_account_and_what_the_settings_name(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        findings = home.command("doctor", "--json")
        assert findings.status == 0, findings.out
        by_subject = {finding["subject"]: finding for finding in findings.json}
        assert by_subject["cloud"]["state"] == "ok"
        assert AIRCON in by_subject["home: air conditioner"]["says"]
        assert {"clock", "quota", "database", "disk"} <= set(by_subject)
        assert len(cloud.seen()) == 2
        home.write_settings(meter_device_id="GONE")
        assert "The account has no device GONE" in home.command("doctor").out
        cloud.misbehave("*", http(401))
        refused = home.command("doctor")
        assert refused.status == 1
        assert "bad" in refused.out


def test_users_are_added_listed_changed_and_removed(tmp_path: Path) -> None:
    home = Service(tmp_path)
    assert "There are no users yet" in home.command("user", "list").out
    assert home.command("user", "add", "ada", "--admin", stdin=f"{PASSWORD}\n").status == 0
    assert home.command("user", "add", "ada", stdin=f"{PASSWORD}\n").status == 1
    short = home.command("user", "add", "bob", stdin="short\n")
    assert short.status == 1
    assert "12" in short.err
    listed = home.command("user", "list", "--json").json
    assert [(one["name"], one["role"]) for one in listed] == [("ada", "admin")]
    assert home.command("user", "password", "ada", stdin=f"{PASSWORD}-2\n").status == 0
    assert home.command("user", "remove", "ada").status == 0
    assert home.command("user", "remove", "ada").status == 1
    assert home.command("user", "add").status == 2


def test_a_token_opens_the_api_until_it_is_revoked(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        made = home.command("token", "create", "cron", "--admin", "--json").json
        with home.started() as service:
            assert service.post("/api/run-once", token=made["token"]).status_code in (200, 409)
            assert made["token"] not in home.command("token", "list", "--json").out
            assert home.command("token", "revoke", str(made["id"])).status == 0
            assert service.get("/api/state", token=made["token"]).status_code == 401
            assert made["token"] not in service.log
        assert "revoked" in home.command("token", "list").out
        assert home.command("token", "revoke", "999").status == 1


def test_a_user_made_on_the_command_line_is_enough_to_start_with_credentials(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud, DASHBOARD_API_TOKEN="")
        assert home.command("user", "add", "ada", "--admin", stdin=f"{PASSWORD}\n").status == 0
        with home.started("gunicorn") as service:
            assert service.get("/api/state", token="").status_code == 401


def test_the_scheduler_lists_its_jobs_first_and_ends_when_told_from_elsewhere(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        assert home.command("scheduler", "--stop").status == 1
        with home.started("scheduler") as scheduler:
            wait_until(lambda: cloud.seen("status"))
            assert scheduler.log.index("cleanup: Cleaning, next ") < scheduler.log.index("[scheduler]")
            assert home.command("scheduler").status == 1, "one is enough"
            stopped = home.command("scheduler", "--stop")
            assert stopped.status == 0
            assert f"pid {scheduler.pid}" in stopped.out
            assert scheduler.ended(2) == 0
            assert "[scheduler] Stopped" in scheduler.log
        assert home.command("scheduler", "--stop").status == 1


def test_a_scheduler_that_crashed_leaves_nothing_that_could_end_a_stranger(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started("scheduler") as scheduler:
            scheduler.kill()
        (home.data / "scheduler.lock").write_text(f"pid {os.getpid()} (scheduler)\n", encoding="utf-8")
        said = home.command("scheduler", "--stop")
        assert said.status == 1
        assert "No scheduler runs" in said.err


def test_commands_say_in_a_line_that_the_database_does_not_answer(tmp_path: Path) -> None:
    home = Service(tmp_path)
    home.data.mkdir()
    (home.data / "switchbot.db").write_bytes(NO_DATABASE)
    for line in (["user", "list"], ["token", "list"], ["run", "cleanup"], ["doctor"]):
        assert home.command(*line).status == 1, line
    assert "Check the disk's space" in home.command("user", "list").err
    found = {finding["subject"]: finding["state"] for finding in home.command("doctor", "--json").json}
    assert (found["database"], found["quota"]) == ("bad", "warn")


@pytest.mark.parametrize("line", [["laundry"], ["tick", "--wrong"], ["token", "revoke", "one"]])
def test_wrong_use_is_exit_status_2(tmp_path: Path, line: list[str]) -> None:
    said = Service(tmp_path).command(*line)
    assert said.status == 2
    assert "Usage" in said.err
