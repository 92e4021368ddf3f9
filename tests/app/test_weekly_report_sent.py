"""The weekly report of the virtual home, from the job to the outbox, as the whole service does it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from switchbot_dashboard.app import Dashboard
from switchbot_dashboard.config import read_config
from switchbot_dashboard.people import Preferences
from switchbot_dashboard.store.engine import reading
from switchbot_dashboard.store.reports import ReportRows
from switchbot_dashboard.store.schema_people import messages, parts

MONDAY = datetime(2026, 3, 30, 7, 30, tzinfo=UTC)  # half past nine in Paris, the day after the clocks went ahead


class Clock:
    now = MONDAY - timedelta(days=1)

    def __call__(self) -> datetime:
        return self.now


def a_dashboard(folder: Path, clock: Clock, **env: str) -> Dashboard:
    there = {"SWITCHBOT_DATA_DIR": str(folder / "data"), "SWITCHBOT_SETTINGS_PATH": str(folder / "settings.json")}
    return Dashboard(read_config({**there, **env}), clock=clock)


@pytest.fixture
def lived(tmp_path: Path) -> tuple[Path, Clock]:
    """A home with a week behind it, and three users: in English, in French, and one who wants no report."""
    clock = Clock()
    dashboard = a_dashboard(tmp_path, clock)
    dashboard.rehearse()
    for name, chosen in (
        ("ada", None),
        ("luc", Preferences(language="fr")),
        ("eve", Preferences(muted_kinds=("report",))),
    ):
        user = dashboard.people.add(name, None)
        if chosen:
            dashboard.household.preferences.save(user.id, chosen)
    dashboard.engine.dispose()
    clock.now = MONDAY
    return tmp_path, clock


def test_each_user_gets_the_week_once_in_their_language(lived: tuple[Path, Clock]) -> None:
    folder, clock = lived
    dashboard = a_dashboard(folder, clock, SCHEDULER_WEEKLY_REPORT_HOUR="9")
    job = dashboard.household.report
    assert (job.time().hour, job.time().day, job.id) == (9, "mon", "weekly_report")
    assert str(job.run(MONDAY)) == "the week from Mon 23 Mar was sent; recipients: 2"
    assert job.run(MONDAY + timedelta(minutes=1)) is None
    assert "already" in str(dashboard.jobs.run("weekly_reports").last_outcome)
    with reading(dashboard.engine) as connection:
        kept = connection.execute(select(messages).where(messages.c.kind == "report")).all()
        names = {row.name for row in connection.execute(select(parts.c.name))}
    assert sorted(row.body.split("\n")[0][:13] for row in kept) == ["Votre semaine", "Your week at "]
    assert names == {"html", "zone-1", "calls"}
    dashboard.engine.dispose()


def test_more_than_an_hour_too_late_is_noted_and_sent_by_hand(lived: tuple[Path, Clock]) -> None:
    folder, clock = lived
    dashboard = a_dashboard(folder, clock, SCHEDULER_WEEKLY_REPORT_HOUR="7")
    assert "was missed by 2 h 30 min" in str(dashboard.household.report.run(MONDAY))
    assert "recipients: 2" in str(dashboard.jobs.run("weekly_report").last_outcome)
    dashboard.engine.dispose()


def test_what_the_environment_switches_off_is_off(lived: tuple[Path, Clock]) -> None:
    folder, clock = lived
    dashboard = a_dashboard(folder, clock, SCHEDULER_WEEKLY_REPORT_ENABLED="0")
    view = next(view for view in dashboard.jobs.views() if view.id == "weekly_report")
    assert (view.enabled, view.next_run_time) == (False, None)
    dashboard.engine.dispose()


def test_a_database_that_does_not_answer_at_the_hour_is_said_and_asked_again(
    lived: tuple[Path, Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, clock = lived
    dashboard = a_dashboard(folder, clock, SCHEDULER_WEEKLY_REPORT_HOUR="9")
    locked = OperationalError("SELECT state FROM weekly_reports", None, OSError("database is locked"))
    with monkeypatch.context() as broken:
        broken.setattr(ReportRows, "states", lambda rows, week: (_ for _ in ()).throw(locked))
        outcome = str(dashboard.jobs.run("weekly_report").last_outcome)
        assert outcome.startswith("failed: The database does not answer")
        assert "SELECT" not in outcome
    assert dashboard.household.report.tries_again
    assert "recipients: 2" in str(dashboard.household.report.run(MONDAY + timedelta(minutes=5)))
    dashboard.engine.dispose()
