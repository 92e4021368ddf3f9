"""Pages and scheduler as two services on one data folder, as docs/deploy.md has them."""

from __future__ import annotations

import json
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.service import DRIVES, Service, wait_until
from support.standin import StandIn


def test_pages_and_scheduler_apart_do_what_one_process_does(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        assert home.command("user", "add", "ada", "--admin", stdin="correct horse battery\n" * 2).status == 0
        with home.started("gunicorn", SCHEDULER_ENABLED="false") as web, home.started("scheduler") as scheduler:
            wait_until(lambda: DRIVES in scheduler.log)
            assert "weekly_report: Weekly report, next" in scheduler.log
            assert DRIVES not in web.log
            assert web.get("/healthz").json()["driving"] is False
            wait_until(lambda: web.state()["scheduler"]["last_tick_at"])

            assert web.post("/api/actions/winter").status_code == 200
            assert cloud.seen("commands")[-1].body["command"] == "setAll"

            asked = {"recipients": [1], "title": "Soon", "message": "Now.", "scheduled_at": _ahead(2)}
            sent = web.post("/api/notifications/schedule/", asked)
            assert sent.status_code == 201, sent.text
            number = sent.json()["notification_ids"][0]
            told = f"/api/notifications/{number}/schedule_status/"
            wait_until(lambda: web.get(told).json()["scheduled_status"] == "sent", 8)

            ran = web.post("/api/scheduler/jobs/weekly_report/run")
            assert ran.status_code == 200, ran.text
            assert home.command("backup", "kept.tar.gz").status == 0
            refused = home.command("restore", "kept.tar.gz")
            assert (refused.status, "(scheduler) drives the home" in refused.err) == (1, True)


def test_a_restore_is_seen_by_pages_that_went_on(tmp_path: Path) -> None:
    with StandIn() as cloud:
        home = Service(tmp_path, cloud)
        with home.started("gunicorn", SCHEDULER_ENABLED="false") as web:
            assert home.command("tick").status == 0
            assert home.command("backup", "kept.tar.gz").status == 0
            assert home.command("tick").status == 0
            assert len(web.records()) == 2
            done = home.command("restore", "kept.tar.gz")
            assert done.status == 0, done.err
            assert len(web.records()) == 1
            assert web.get("/readyz").status_code == 200
    with tarfile.open(tmp_path / "kept.tar.gz") as archive:
        manifest = json.loads(archive.extractfile("manifest.json").read())  # type: ignore[union-attr]
    assert manifest["settings"] is True


def _ahead(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
