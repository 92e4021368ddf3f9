"""What pages and commands ask of the memory, and the few things that they write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, bindparam, func, or_, select

from ..domain.record import Call, Catalogue, Record
from ..domain.sentence import Sentence
from .batch import Batch
from .codec import CATALOGUE, RECORD, SENTENCE
from .engine import reading, upsert
from .repository import MOVE_SERIAL, Repository, epoch_hour
from .schema import calls, catalogue, heart, jobs, records, zone_states

DAY = timedelta(days=1)
EPOCH_DAY = date(1970, 1, 1)
OUTCOME_LENGTH = 5000  # characters: enough for every sentence, and an end to what an error may say
MANUAL = "manual"  # the trigger of what a person asked for
RECENT = 20_000  # records looked through for commands: some days, and a bounded time

_SERIAL = select(heart.c.serial).where(heart.c.id == 1)


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the heart is doing. `serial` moves with every write that a page could show; `driver` names who drives."""

    last_tick_at: datetime | None = None
    last_tick_trigger: str | None = None
    last_tick_duration_ms: int | None = None
    ticks_total: int = 0
    ticks_failed: int = 0
    serial: int = 0
    driver: str | None = None
    driver_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobState:
    """What is remembered of a job; one that never ran is enabled and has no last run."""

    id: str
    enabled: bool = True
    last_run_at: datetime | None = None
    last_outcome: Sentence | None = None
    last_duration_ms: int | None = None


class Queries:
    """Reads for pages; SQLAlchemyError when the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._repository = Repository(engine)
        self._job_enabled = upsert(engine, jobs, lambda _, new: {"enabled": new["enabled"]})
        self._job_ran = upsert(
            engine, jobs, lambda _, new: {name: new[name] for name in new if name.startswith("last_")}
        )

    def records(
        self, *, zone: str | None = None, outcome: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[Record]:
        """Records with their ids, newest first: of a zone, with an outcome, older than the id `before`."""
        wanted = select(records.c.id, records.c.body).order_by(records.c.id.desc()).limit(limit)
        if zone is not None:
            wanted = wanted.where(records.c.zone == zone)
        if outcome is not None:
            wanted = wanted.where(records.c.outcome == outcome)
        if before is not None:
            wanted = wanted.where(records.c.id < before)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted).all()
        return tuple(record for row in rows if (record := _record(row)) is not None)

    def record(self, record_id: int) -> Record | None:
        """The record with this id; None when there is none or it cannot be read back."""
        with reading(self._engine) as connection:
            row = connection.execute(select(records.c.id, records.c.body).where(records.c.id == record_id)).first()
        return None if row is None else _record(row)

    def beside(self, record_id: int, zone: str) -> tuple[int | None, int | None]:
        """The ids of a zone's records next to this one: the one before it, the one after it."""
        of_zone = select(records.c.id).where(records.c.zone == zone).limit(1)
        before = of_zone.where(records.c.id < record_id).order_by(records.c.id.desc())
        after = of_zone.where(records.c.id > record_id).order_by(records.c.id)
        with reading(self._engine) as connection:
            return connection.execute(before).scalar(), connection.execute(after).scalar()

    def acted(self, limit: int) -> Sequence[Record]:
        """The newest records in which a command was tried, of the last `RECENT` records."""
        newest = select(func.max(records.c.id)).scalar_subquery()
        wanted = select(records.c.id, records.c.body).order_by(records.c.id.desc()).limit(limit)
        wanted = wanted.where(records.c.id > newest - RECENT, records.c.action.is_not(None))
        with reading(self._engine) as connection:
            rows = connection.execute(wanted).all()
        return tuple(record for row in rows if (record := _record(row)) is not None)

    def pressed(self, since: datetime) -> Sequence[datetime]:
        """When a person acted after an instant, oldest first; an action on several zones is one."""
        wanted = select(records.c.at).where(records.c.at > since, records.c.trigger == MANUAL)
        with reading(self._engine) as connection:
            return tuple(connection.execute(wanted.distinct().order_by(records.c.at)).scalars())

    def calls_by_day(self, since: datetime) -> Mapping[date, Mapping[str, int]]:
        """Tries by UTC day and purpose, from the day of `since` on, oldest first."""
        first = epoch_hour(since) // 24
        wanted = select(calls.c.hour, calls.c.purpose, calls.c.count).where(calls.c.hour >= first * 24)
        days: dict[date, dict[str, int]] = {}
        with reading(self._engine) as connection:
            for hour, purpose, count in connection.execute(wanted.order_by(calls.c.hour)):
                spent = days.setdefault(EPOCH_DAY + DAY * (hour // 24), {})
                spent[purpose] = spent.get(purpose, 0) + count
        return days

    def calls_by_hour(self, since: datetime) -> Sequence[Call]:
        """The ledger's entries from the hour of `since` on, oldest first."""
        wanted = select(calls.c.hour, calls.c.purpose, calls.c.endpoint, calls.c.count)
        wanted = wanted.where(calls.c.hour >= epoch_hour(since)).order_by(*calls.primary_key)
        with reading(self._engine) as connection:
            return tuple(Call(*row) for row in connection.execute(wanted))

    def calls_of_day(self, now: datetime) -> Mapping[str, int]:
        """Tries since 00:00 UTC by purpose."""
        hour = epoch_hour(now)
        wanted = select(calls.c.purpose, func.sum(calls.c.count)).group_by(calls.c.purpose).order_by(calls.c.purpose)
        wanted = wanted.where(calls.c.hour >= hour - hour % 24, calls.c.hour <= hour - hour % 24 + 23)
        with reading(self._engine) as connection:
            return {purpose: int(count) for purpose, count in connection.execute(wanted)}

    def pulse(self) -> Pulse:
        """How the heart is doing."""
        wanted = select(*(heart.c[name] for name in Pulse.__slots__)).where(heart.c.id == 1)
        with reading(self._engine) as connection:
            row = connection.execute(wanted).first()
        return Pulse(*row) if row else Pulse()

    def serial(self) -> int:
        """The number that moves with every write a page could show: one tiny read."""
        with reading(self._engine) as connection:
            return connection.execute(_SERIAL).scalar() or 0

    def last_error(self, now: datetime) -> tuple[str, datetime] | None:
        """What went wrong last, in a sentence, and when: within a day, and in no zone where a later tick went well."""
        with reading(self._engine) as connection:
            row = connection.execute(_LAST_ERROR, {"since": now - DAY}).first()
        return None if row is None else (row.error, row.at)

    def catalogue(self) -> Catalogue | None:
        """The account's devices and scenes as last listed."""
        with reading(self._engine) as connection:
            row = connection.execute(select(catalogue.c.version, catalogue.c.body)).first()
        return None if row is None else CATALOGUE.read(f"version {row.version}", row.body)

    def save_catalogue(self, listed: Catalogue, spent: Sequence[Call]) -> None:
        """Keep a new list of devices and scenes, and the calls that it took."""
        batch = Batch()
        batch.intend((), spent)
        batch.catalogue = listed
        self._repository.write(batch)

    def add_calls(self, spent: Sequence[Call]) -> None:
        """Add tries to the ledger."""
        self._repository.intend((), spent)

    def set_driver(self, text: str | None, now: datetime) -> None:
        """Remember who drives since `now`; None when nobody does."""
        with self._engine.begin() as connection:
            connection.execute(MOVE_SERIAL.values(driver=text, driver_since=now if text else None))

    def jobs(self) -> Mapping[str, JobState]:
        """What is remembered of each job, by id."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(*(jobs.c[name] for name in JobState.__slots__))).all()
        kept = ({**row._mapping, "last_outcome": _outcome(row.id, row.last_outcome)} for row in rows)
        return {row["id"]: JobState(**row) for row in kept}

    def job(self, job_id: str) -> JobState:
        """What is remembered of one job."""
        return self.jobs().get(job_id, JobState(job_id))

    def set_job_enabled(self, job_id: str, enabled: bool) -> None:
        """Pause or resume a job."""
        self._put_job(self._job_enabled, JobState(job_id, enabled))

    def job_ran(self, job_id: str, at: datetime, outcome: Sentence, duration_ms: int) -> None:
        """Remember how a job's run went."""
        self._put_job(self._job_ran, JobState(job_id, True, at, outcome, duration_ms))

    def _put_job(self, statement: Any, job: JobState) -> None:
        with self._engine.begin() as connection:
            values = {name: getattr(job, name) for name in JobState.__slots__}
            connection.execute(statement, {**values, "last_outcome": _outcome_text(job.last_outcome)})
            connection.execute(MOVE_SERIAL)


def _outcome_text(said: Sentence | None) -> str | None:
    """An outcome as it is kept; one that is too long for its column in English alone."""
    if said is None:
        return None
    text = SENTENCE.write(said)
    return text if len(text) <= OUTCOME_LENGTH else str(said)[:OUTCOME_LENGTH]


def _outcome(job_id: str, text: str | None) -> Sentence | None:
    """An outcome read back; what is kept as plain text is a sentence that nobody can translate."""
    if not text:
        return None
    return SENTENCE.read(job_id, text) if text.startswith("{") else Sentence("{said}", {"said": text})


def _record(row: Row[int, str]) -> Record | None:
    record = RECORD.read(row.id, row.body)
    return None if record is None else replace(record, id=row.id)


def _last_error() -> Any:
    """Of each zone the newest record in which something was tried; of those the newest that went wrong."""
    tried = records.alias("tried")
    tells = or_(tried.c.error.is_not(None), tried.c.looked, tried.c.action.is_not(None))
    newest = select(tried.c.id).where(tried.c.zone == zone_states.c.zone, tells).order_by(tried.c.id.desc()).limit(1)
    return (
        select(records.c.error, records.c.at)
        .join(zone_states, records.c.id == newest.scalar_subquery())
        .where(records.c.error.is_not(None), records.c.at >= bindparam("since", type_=records.c.at.type))
        .order_by(records.c.id.desc())
        .limit(1)
    )


_LAST_ERROR = _last_error()
