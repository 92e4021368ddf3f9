"""A message scheduled by the API leaves within two seconds, whichever process took the call, and ticks go on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.service import Running, Service, assert_one_tick_per_wake, instant, wait_until
from support.standin import StandIn

EXACT = 2.0  # seconds


def scheduled(service: Running, person: int, seconds: float, title: str = "Filter") -> tuple[int, datetime]:
    """Schedule a message in so many seconds. Its number and its instant."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    body = {"recipients": [person], "title": title, "message": "Clean it.", "scheduled_at": at.isoformat()}
    answer = service.post("/api/notifications/schedule/", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["notification_ids"][0], at


def status(service: Running, number: int) -> dict[str, Any]:
    found: dict[str, Any] = service.get(f"/api/notifications/{number}/schedule_status/").json()
    return found


def late(service: Running, number: int, at: datetime) -> float:
    """Seconds from its instant until it had left."""
    wait_until(lambda: status(service, number)["is_sent"], 12, "the message has left")
    return (instant(status(service, number)["sent_at"]) - at).total_seconds()


def someone(service: Running) -> int:
    answer = service.post("/api/users", {"name": "anna"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_a_message_leaves_within_two_seconds_of_its_instant_and_ticks_go_on(tmp_path: Path) -> None:
    with StandIn() as cloud, Service(tmp_path, cloud).started("gunicorn") as service:
        person = someone(service)
        sent = [scheduled(service, person, seconds) for seconds in (0.3, 1.5, 4.0)]
        exact = [late(service, number, at) for number, at in sent]
        assert all(-0.01 <= each < EXACT for each in exact), exact
        jobs = {job["id"]: job for job in service.get("/api/scheduler").json()["jobs"]}
        assert jobs["notifications"]["last_outcome"].endswith("0 found stuck")
        assert jobs["notifications"]["next_run_time"] is not None
        assert_one_tick_per_wake(service.records())


def test_the_scheduler_beside_the_pages_sends_what_the_pages_took(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started("gunicorn", SCHEDULER_ENABLED="false") as web:
            person = someone(web)
            overdue, at = scheduled(web, person, 0.5)
            time.sleep(1.5)
            assert status(web, overdue)["scheduled_status"] == "pending", "nobody drives yet"
            with home.started("scheduler", awaited=False):
                assert late(web, overdue, at) > 0
                number, at = scheduled(web, person, 2.0)
                assert late(web, number, at) < EXACT


def test_the_command_line_sends_what_is_due_while_nobody_drives(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started("gunicorn", SCHEDULER_ENABLED="false") as web:
            number, _at = scheduled(web, someone(web), 0.3)
            time.sleep(0.5)
            done = home.command("run", "notifications")
            assert done.status == 0
            assert "1 sent, 0 not, 0 found stuck" in done.out
            assert status(web, number)["is_sent"]
