"""The jobs beside the tick, kept by APScheduler where this process drives, with what came of their last runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from apscheduler.schedulers.background import BackgroundScheduler

from ..domain.errors import Told
from ..domain.sentence import Sentence, say
from .jobs import Alarm, Job, JobTime, JobView, failed
from .ports import Clock

log = logging.getLogger("switchbot_dashboard.scheduler")

JOBS = "jobs"  # the threads that run them; the tick has its own
NET_SECONDS = 300  # a lost alarm costs no more than this, nor does a run that failed


class JobRow(Protocol):
    """What is remembered of a job."""

    @property
    def enabled(self) -> bool: ...
    @property
    def last_run_at(self) -> datetime | None: ...
    @property
    def last_outcome(self) -> Sentence | None: ...
    @property
    def last_duration_ms(self) -> int | None: ...


class JobMemory(Protocol):
    """Where pauses and outcomes are kept."""

    def job(self, job_id: str) -> JobRow: ...

    def set_job_enabled(self, job_id: str, enabled: bool) -> None: ...

    def job_ran(self, job_id: str, at: datetime, outcome: Sentence, duration_ms: int) -> None: ...


class UnknownJob(Told, LookupError):
    """No job has this name; the message lists those there are."""


class JobList:
    """The jobs by id, with run now, pause and resume; and the alarms, which nobody sees."""

    def __init__(
        self,
        jobs: Sequence[Job],
        memory: JobMemory,
        clock: Clock,
        zone: Callable[[], tzinfo],
        alarms: Sequence[Alarm] = (),
    ) -> None:
        self._jobs = {job.id: job for job in jobs}
        self._names = {name: job.id for job in jobs for name in job.also_called}
        self._alarms = {alarm.id: alarm for alarm in alarms}
        self._memory, self._clock, self._zone = memory, clock, zone
        self._scheduler: BackgroundScheduler | None = None
        self._placed: dict[str, tuple[JobTime, tzinfo] | None] = {}
        self._guard = threading.RLock()  # of what is placed, runs, and is to run once more
        self._running, self._again = set[str](), set[str]()

    def hand_to(self, scheduler: BackgroundScheduler) -> None:
        """Put every job that is on, and every alarm, into a scheduler; done when this process begins to drive."""
        with self._guard:
            self._scheduler, self._placed = scheduler, {}
            for job in self._jobs.values():
                self._place(job.id)
                if job.at_start:
                    self.soon(job.id)
            for alarm_id in self._alarms:
                scheduler.add_job(
                    self._fire, "interval", seconds=NET_SECONDS, args=[alarm_id], id=alarm_id, executor=JOBS,
                    coalesce=True, max_instances=2, misfire_grace_time=None, next_run_time=datetime.now(UTC),
                )  # fmt: skip

    def refresh(self) -> None:
        """Work out the times anew: the settings or the clock changed, or something was written elsewhere."""
        for job_id in self._jobs:
            self._place(job_id)
        for alarm_id in self._alarms:
            self.soon(alarm_id)

    def soon(self, known_id: str) -> None:
        """Run a job that is on, or ring an alarm, at once in a thread of its own; while it runs: once more after it.

        Nothing happens in a process that does not drive.
        """
        with self._guard:
            if self._scheduler is None or not self._scheduler.get_job(known_id):
                return
            if known_id in self._running:
                self._again.add(known_id)
            else:
                self._scheduler.modify_job(known_id, next_run_time=datetime.now(UTC))

    def views(self) -> list[JobView]:
        """All jobs as they stand."""
        return [self._view(job) for job in self._jobs.values()]

    def run(self, job_id: str) -> JobView:
        """Run a job now, in the caller's thread, also while it is paused."""
        job = self._find(job_id)
        self._run(job.id, job.by_hand or job.run)
        return self._view(job)

    def pause(self, job_id: str) -> JobView:
        """Run it no more by itself."""
        return self._switch(job_id, enabled=False)

    def resume(self, job_id: str) -> JobView:
        """Run it at its times again."""
        return self._switch(job_id, enabled=True)

    def _switch(self, job_id: str, *, enabled: bool) -> JobView:
        job = self._find(job_id)
        self._memory.set_job_enabled(job.id, enabled)
        self._place(job.id)
        return self._view(job)

    def _find(self, job_id: str) -> Job:
        job = self._jobs.get(self._names.get(job_id, job_id))
        if job is None:
            raise UnknownJob(
                say("There is no job “{job}”. There are: {known}.", job=job_id, known=", ".join(self._jobs))
            )
        return job

    def _place(self, job_id: str) -> None:
        job, when, zone = self._jobs[job_id], self._jobs[job_id].time(), self._zone()
        wanted = (when, zone) if when.enabled and self._memory.job(job_id).enabled else None
        with self._guard:
            if self._scheduler is None or self._placed.get(job_id) == wanted:
                return  # placed anew in the very second in which it is due, it would be lost
            if self._scheduler.get_job(job_id):
                self._scheduler.remove_job(job_id)
            self._placed[job_id] = wanted
            if wanted is not None:
                self._scheduler.add_job(
                    self._fire, when.trigger(zone), args=[job_id], id=job_id, name=job.name, executor=JOBS,
                    coalesce=True, max_instances=2, misfire_grace_time=job.grace_seconds,
                )  # fmt: skip

    def _fire(self, known_id: str) -> None:
        """One instance at a time. A second start is held over until the first has ended."""
        with self._guard:
            if known_id in self._running:
                self._again.add(known_id)
                return
            self._running.add(known_id)
        while True:
            following = self._do(known_id)
            with self._guard:
                if known_id in self._again:
                    self._again.discard(known_id)
                    continue
                self._running.discard(known_id)
                if following is not None:
                    self._move(known_id, following)
                return

    def _move(self, alarm_id: str, at: datetime) -> None:
        """By its distance from now: APScheduler has a clock of its own."""
        wait = min(max(at - self._clock(), timedelta(0)), timedelta(seconds=NET_SECONDS))
        if self._scheduler is not None and self._scheduler.get_job(alarm_id):
            self._scheduler.modify_job(alarm_id, next_run_time=datetime.now(UTC) + wait)

    def _do(self, known_id: str) -> datetime | None:
        alarm = self._alarms.get(known_id)
        if alarm is None:
            job = self._jobs[known_id]
            ended = self._run(known_id, job.run)
            return None if ended or not job.tries_again else self._clock() + timedelta(seconds=NET_SECONDS)
        try:
            return alarm.ring(self._clock())
        except Exception:
            log.exception("[scheduler] What is due could not be done (%s); it is tried again", known_id)
            return None

    def _run(self, job_id: str, run: Callable[[datetime], Sentence | None]) -> bool:
        """Whether it came to its end."""
        at, began, ended = self._clock(), time.monotonic(), False
        try:
            outcome, ended = run(at), True
        except Told as error:
            log.error("[scheduler] Job %s failed: %s", job_id, error.sentence)
            outcome = failed(error.sentence)
        except Exception as error:
            log.exception("[scheduler] Job %s failed", job_id)
            outcome = failed(str(error))
        taken = round((time.monotonic() - began) * 1000)
        if outcome is not None:
            self._memory.job_ran(job_id, at, outcome, taken)
        return ended

    def _view(self, job: Job) -> JobView:
        row = self._memory.job(job.id)
        wanted = job.time()
        enabled = row.enabled and wanted.enabled
        due = wanted.trigger(self._zone()).get_next_fire_time(None, self._clock()) if enabled else None
        return JobView(job.id, job.name, due, row.last_run_at, row.last_outcome, enabled, row.last_duration_ms, wanted)
