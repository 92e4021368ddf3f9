"""Jobs and alarms in APScheduler: every so many minutes, at the start, soon, and at instants that move."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from support.beating import wait_until
from support.databases import a_database

from switchbot_dashboard.domain.sentence import Sentence, say
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.tick import joblist
from switchbot_dashboard.tick.joblist import JOBS, JobList
from switchbot_dashboard.tick.jobs import Alarm, Job, JobTime

NEVER = JobTime(True, "mon", 3, 0)
PROMPT = 1.0  # seconds


class Home:
    """Jobs and alarms over a scheduler that runs, on a clock that is years ahead of the machine's."""

    def __init__(self, queries: Queries) -> None:
        self.queries = queries
        self.offset = timedelta(days=3000)
        self.scheduler = BackgroundScheduler(timezone=UTC, executors={JOBS: ThreadPoolExecutor(4)})

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def start(self, *jobs: Job, alarms: tuple[Alarm, ...] = ()) -> JobList:
        listed = JobList(jobs, self.queries, self.now, lambda: UTC, alarms)
        listed.hand_to(self.scheduler)
        self.scheduler.start()
        return listed


@pytest.fixture
def home() -> Iterator[Home]:
    with a_database() as engine:
        home = Home(Queries(engine))
        yield home
        home.scheduler.shutdown(wait=False)  # as the heart does; waiting, it would hold the lock that jobs need


def a_job(run: Callable[[datetime], Sentence], **keys: bool) -> Job:
    return Job("look", "Looking", lambda: NEVER, run, **keys)


def test_a_job_of_minutes_keeps_its_rhythm_when_it_is_placed_anew() -> None:
    trigger = JobTime(True, every_minutes=5).trigger(UTC)
    for second in (1, 200, 299):
        now = datetime(2026, 3, 29, 0, 55, 0, tzinfo=UTC) + timedelta(seconds=second)
        assert trigger.get_next_fire_time(None, now) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert JobTime(True, every_minutes=1440).trigger(UTC).get_next_fire_time(None, now) is not None


def test_a_job_that_wants_to_runs_at_the_start(home: Home) -> None:
    ran = threading.Event()

    def run(now: datetime) -> Sentence:
        ran.set()
        return say("done")

    home.start(a_job(run, at_start=True))
    assert ran.wait(PROMPT)
    wait_until(lambda: str(home.queries.job("look").last_outcome) == "done", "its outcome is kept")


def test_a_job_that_is_asked_for_while_it_runs_runs_once_more_and_never_twice_at_once(home: Home) -> None:
    under_way, most, ran, go = [0], [0], [0], threading.Event()

    def run(now: datetime) -> Sentence:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        go.wait(PROMPT)
        under_way[0] -= 1
        ran[0] += 1
        return say("done")

    jobs = home.start(a_job(run))
    jobs.soon("look")
    wait_until(lambda: under_way[0] == 1, "it runs")
    for _ in range(5):
        jobs.soon("look")
        time.sleep(0.02)
    go.set()
    wait_until(lambda: ran[0] == 2, "it runs once more")
    time.sleep(0.1)
    assert (ran[0], most[0]) == (2, 1)


def test_a_paused_job_does_not_run_soon(home: Home) -> None:
    jobs = home.start(a_job(lambda now: pytest.fail("it ran")))
    jobs.pause("look")
    jobs.soon("look")
    time.sleep(0.1)
    assert home.queries.job("look").last_run_at is None


def test_an_alarm_rings_at_the_start_and_at_each_instant_that_it_names(home: Home) -> None:
    due = [home.now() + timedelta(seconds=seconds) for seconds in (0.3, 0.5, 0.9)]
    rung: list[datetime] = []

    def ring(now: datetime) -> datetime | None:
        rung.append(now)
        return next((each for each in due if each > now), None)

    home.start(alarms=(Alarm("due", ring),))
    wait_until(lambda: len(rung) == 4, "all have rung")
    late = [(at - each).total_seconds() for at, each in zip(rung[1:], due, strict=True)]
    assert all(0 <= each < 0.2 for each in late), late


def test_an_alarm_that_is_asked_anew_while_it_rings_loses_nothing(home: Home) -> None:
    rung = [0]

    def ring(now: datetime) -> datetime | None:
        rung[0] += 1
        time.sleep(0.1)
        return now + timedelta(hours=1)

    jobs = home.start(alarms=(Alarm("due", ring),))
    wait_until(lambda: rung[0] == 1, "it rings at the start")
    jobs.refresh()
    wait_until(lambda: rung[0] == 2, "and once more")
    time.sleep(0.3)
    jobs.refresh()
    wait_until(lambda: rung[0] == 3, "and whenever something was written")


def test_an_alarm_that_fails_is_rung_again(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    rung = [0]

    def ring(now: datetime) -> datetime | None:
        rung[0] += 1
        raise RuntimeError("the memory does not answer")

    jobs = home.start(alarms=(Alarm("due", ring),))
    wait_until(lambda: rung[0] == 1, "it rings")
    wait_until(lambda: "could not be done (due)" in caplog.text, "it is logged")
    jobs.refresh()
    wait_until(lambda: rung[0] == 2, "it rings again")


def test_a_job_keeps_its_place_when_nothing_about_it_changed(home: Home) -> None:
    jobs = home.start(a_job(lambda now: say("done")))
    placed = home.scheduler.get_job("look").next_run_time
    jobs.refresh()
    assert home.scheduler.get_job("look").next_run_time == placed
    jobs.pause("look")
    assert home.scheduler.get_job("look") is None
    jobs.resume("look")
    assert home.scheduler.get_job("look") is not None


def test_a_start_that_finds_nothing_to_do_leaves_the_last_outcome_standing(home: Home) -> None:
    ran = threading.Event()

    def run(now: datetime) -> Sentence | None:
        ran.set()
        return None

    home.queries.job_ran("look", home.now(), say("told on Monday"), 5)
    home.start(Job("look", "Looking", lambda: NEVER, run, at_start=True))
    assert ran.wait(PROMPT)
    assert str(home.queries.job("look").last_outcome) == "told on Monday"


def test_a_run_that_failed_is_repeated_soon_where_the_next_time_is_days_away(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joblist, "NET_SECONDS", 0.2)
    ran = [0]

    def run(now: datetime) -> Sentence:
        ran[0] += 1
        if ran[0] < 3:
            raise OSError("the disk is full")
        return say("told")

    home.start(Job("look", "Looking", lambda: NEVER, run, at_start=True, tries_again=True))
    wait_until(lambda: str(home.queries.job("look").last_outcome) == "told", "the third run")
    time.sleep(0.4)
    assert ran[0] == 3


def test_a_person_may_ask_for_something_else_and_by_another_name(home: Home) -> None:
    job = Job(
        "look", "Looking", lambda: NEVER, lambda now: say("by the clock"),
        by_hand=lambda now: say("by hand"), also_called=("looks",),
    )  # fmt: skip
    listed = home.start(job)
    assert str(listed.run("looks").last_outcome) == "by hand"
    assert listed.pause("looks").enabled is False
    assert listed.resume("look").enabled is True


def test_a_long_outcome_is_kept_as_a_sentence() -> None:
    said = say("{a}; {b}", a="x" * 300, b=say("so it is"))
    with a_database() as engine:
        Queries(engine).job_ran("look", datetime(2026, 3, 2, tzinfo=UTC), said, 5)
        assert Queries(engine).job("look").last_outcome == said
