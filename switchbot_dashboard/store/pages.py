"""What the service asks of the memory outside a tick, and what it says while the database does not answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ..domain.chart import ms
from ..domain.history import Sample
from ..domain.record import Call, Catalogue, House, Record
from ..domain.sentence import Sentence, say
from .engine import reading
from .history import History
from .migrate import DatabaseTooNew, migrate
from .queries import JobState, Pulse, Queries
from .repository import Repository
from .rollups import samples
from .steady import SteadyStore
from .watch import Kept, Watch

log = logging.getLogger(__name__)

UNWELL = say("The database does not answer. Check the disk's space and the permissions of the data folder.")


class PageMemory:
    """Reads for pages and commands. The zones' state comes from the tick's own store while nothing can be read."""

    def __init__(self, engine: Engine, steady: SteadyStore, watch: Watch) -> None:
        self._engine, self._steady = engine, steady
        self._kept = Kept[Any](watch)
        self._repository, self._queries = Repository(engine), Queries(engine)
        self.history = History(engine)

    def load(self, now: datetime) -> House:
        try:
            return self._repository.load(now)
        except SQLAlchemyError:
            return self._steady.load(now)

    def records(
        self, *, zone: str | None = None, outcome: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[Record]:
        return self._queries.records(zone=zone, outcome=outcome, before=before, limit=limit)

    def record(self, record_id: int) -> Record | None:
        return self._queries.record(record_id)

    def beside(self, record_id: int, zone: str) -> tuple[int | None, int | None]:
        return self._queries.beside(record_id, zone)

    def acted(self, limit: int) -> Sequence[Record]:
        return self._queries.acted(limit)

    def recent(self, zone: str, since: datetime, now: datetime) -> Sequence[Sample]:
        with reading(self._engine) as connection:
            return samples(connection, zone, ms(since), ms(now))

    def calls_by_hour(self, since: datetime) -> Sequence[Call]:
        return self._queries.calls_by_hour(since)

    def calls_by_day(self, since: datetime) -> Mapping[date, Mapping[str, int]]:
        return self._queries.calls_by_day(since)

    def pulse(self) -> Pulse:
        found: Pulse = self._kept.get("pulse", self._queries.pulse)
        return found

    def calls_of_day(self, now: datetime) -> Mapping[str, int]:
        return self._queries.calls_of_day(now)

    def last_error(self, now: datetime) -> tuple[str, datetime] | None:
        return self._queries.last_error(now)

    def catalogue(self) -> Catalogue | None:
        return self._queries.catalogue()

    def unwell(self) -> Sentence | None:
        """Why nothing can be read or kept, in a sentence; None when all is well."""
        if not self._steady.healthy:
            return self._steady.reason
        try:
            self._queries.serial()
        except SQLAlchemyError:
            return UNWELL
        return None

    def serial(self) -> int:
        """A number that every write moves; -1 while the database does not answer."""
        try:
            found: int = self._kept.get("serial", self._queries.serial)
        except SQLAlchemyError:
            return -1
        return found

    def name_driver(self, text: str, now: datetime) -> None:
        """Remember who drives; where that cannot be written, the lock still says it."""
        try:
            self._queries.set_driver(text, now)
        except SQLAlchemyError:
            log.warning("[store] Who drives cannot be written down: %s", UNWELL)


class SteadyJobs:
    """What is remembered of the jobs; while the database does not answer, what this process knows of them."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._known: dict[str, JobState] = {}

    def job(self, job_id: str) -> JobState:
        try:
            self._known[job_id] = self._queries.job(job_id)
        except SQLAlchemyError:
            log.debug("[store] What is remembered of the job %s cannot be read", job_id)
        return self._known.get(job_id, JobState(job_id))

    def set_job_enabled(self, job_id: str, enabled: bool) -> None:
        self._queries.set_job_enabled(job_id, enabled)

    def job_ran(self, job_id: str, at: datetime, outcome: Sentence, duration_ms: int) -> None:
        try:
            self._queries.job_ran(job_id, at, outcome, duration_ms)
        except SQLAlchemyError:
            log.warning("[store] That the job %s ran cannot be written down: %s", job_id, UNWELL)
            ran = replace(self.job(job_id), last_run_at=at, last_outcome=outcome, last_duration_ms=duration_ms)
            self._known[job_id] = ran


def prepared(engine: Engine) -> str:
    """Bring the database up to date; why that cannot be, in a few words, or nothing when it went well."""
    try:
        migrate(engine)
    except (SQLAlchemyError, DatabaseTooNew) as error:
        problem = str(getattr(error, "orig", None) or error).splitlines()[0]
        log.error("[store] The database cannot be used, so ticks go on in memory: %s", problem)
        return problem
    return ""
