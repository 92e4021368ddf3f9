"""The jobs beside the tick, kept by APScheduler where this process drives, with what came of their last runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

from apscheduler.schedulers.background import BackgroundScheduler

from ..domain.errors import Told
from ..domain.sentence import Sentence, say
from .jobs import Job, JobView, failed
from .ports import Clock

log = logging.getLogger("switchbot_dashboard.scheduler")


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
    """The jobs by id, with run now, pause and resume."""

    def __init__(self, jobs: Sequence[Job], memory: JobMemory, clock: Clock, zone: Callable[[], tzinfo]) -> None:
        self._jobs = {job.id: job for job in jobs}
        self._memory, self._clock, self._zone = memory, clock, zone
        self._scheduler: BackgroundScheduler | None = None

    def hand_to(self, scheduler: BackgroundScheduler) -> None:
        """Put every job that is on into a scheduler; done when this process begins to drive."""
        self._scheduler = scheduler
        for job_id in self._jobs:
            self._place(job_id)

    def refresh(self) -> None:
        """Work out the times anew: the settings changed, or another process paused a job."""
        for job_id in self._jobs:
            self._place(job_id)

    def views(self) -> list[JobView]:
        """All jobs as they stand."""
        return [self._view(job) for job in self._jobs.values()]

    def run(self, job_id: str) -> JobView:
        """Run a job now, in the caller's thread, also while it is paused."""
        job = self._find(job_id)
        self._run(job.id)
        return self._view(job)

    def pause(self, job_id: str) -> JobView:
        """Run it no more by itself."""
        return self._switch(job_id, enabled=False)

    def resume(self, job_id: str) -> JobView:
        """Run it at its times again."""
        return self._switch(job_id, enabled=True)

    def _switch(self, job_id: str, *, enabled: bool) -> JobView:
        job = self._find(job_id)
        self._memory.set_job_enabled(job_id, enabled)
        self._place(job_id)
        return self._view(job)

    def _find(self, job_id: str) -> Job:
        job = self._jobs.get(job_id)
        if job is None:
            raise UnknownJob(
                say("There is no job “{job}”. There are: {known}.", job=job_id, known=", ".join(self._jobs))
            )
        return job

    def _place(self, job_id: str) -> None:
        if self._scheduler is None:
            return
        job, when = self._jobs[job_id], self._jobs[job_id].time()
        if self._scheduler.get_job(job_id):
            self._scheduler.remove_job(job_id)
        if when.enabled and self._memory.job(job_id).enabled:
            self._scheduler.add_job(
                self._run, when.trigger(self._zone()), args=[job_id], id=job_id, name=job.name, coalesce=True,
                max_instances=1, misfire_grace_time=job.grace_seconds,
            )  # fmt: skip

    def _run(self, job_id: str) -> None:
        job, at, began = self._jobs[job_id], self._clock(), time.monotonic()
        try:
            outcome = job.run(at)
        except Exception as error:
            log.exception("[scheduler] Job %s failed", job_id)
            outcome = failed(error.sentence if isinstance(error, Told) else str(error))
        taken = round((time.monotonic() - began) * 1000)
        self._memory.job_ran(job_id, at, outcome, taken)

    def _view(self, job: Job) -> JobView:
        row = self._memory.job(job.id)
        wanted = job.time()
        enabled = row.enabled and wanted.enabled
        due = wanted.trigger(self._zone()).get_next_fire_time(None, self._clock()) if enabled else None
        return JobView(job.id, job.name, due, row.last_run_at, row.last_outcome, enabled, row.last_duration_ms, wanted)
