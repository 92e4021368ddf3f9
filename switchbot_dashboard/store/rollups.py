"""Averages made of the records, by five minutes and by hour, so that a year is drawn as fast as a day.

They are made for whole hours that are over. What came in late, or into the last day, is made anew with the next run, so
a run may be repeated, interrupted or left out: a query takes from the records what the averages do not hold yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, case, delete, func, insert, select, type_coerce

from ..domain.chart import at, ms
from ..domain.history import DAY, HOUR, MINUTE, Sample, Totals, fold, regrouped
from .engine import reading, upsert
from .schema import meta, records, rollups

FINE, COARSE = 5 * MINUTE, HOUR
AT_ONCE = 7 * DAY  # what one transaction holds
MADE_ANEW = 26 * HOUR

AT: Any = type_coerce(records.c.at, BigInteger)
SAMPLE = (
    AT,
    func.coalesce(records.c.holds_ms, 0),
    case((records.c.fresh, records.c.temperature)),
    case((records.c.fresh, records.c.humidity)),
    records.c.low,
    records.c.high,
    records.c.slack,
    records.c.doing,
    records.c.mark,
    records.c.calls,
)
TOTALS = tuple(rollups.c[name] for name in Totals.__slots__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the averages are: they hold every record up to the id `seen` for hours before `through`.

    Records from before `raw_from` are no longer kept, so the averages of that time are never made again.
    """

    seen: int = 0
    through: int = 0
    raw_from: int = 0


def progress(connection: Connection) -> Progress:
    """How far the averages are."""
    text = connection.execute(select(meta.c.value).where(meta.c.key == "rollups")).scalar()
    return Progress(**json.loads(text)) if text else Progress()


def rolled_up(engine: Engine, now: datetime, since: datetime | None = None) -> int:
    """Make the averages of all hours that are over; of those from `since` on anew. How many hours were made."""
    now_ms = ms(now)
    with reading(engine) as connection:
        done = progress(connection)
        last = connection.execute(select(func.max(records.c.id))).scalar() or 0
        zones = zones_with_records(connection)
        if last < done.seen:  # ids begin again once every record is gone
            done = replace(done, seen=0)
        starts = {zone: _first_to_make(connection, zone, done, ms(since) if since else None) for zone in zones}
    through = now_ms - now_ms % HOUR
    made = sum(_make(engine, zone, start, through, now_ms) for zone, start in starts.items() if start is not None)
    write_progress(engine, seen=last, through=through)
    return made


def write_progress(engine: Engine, **changes: int) -> None:
    """Note how far the averages are."""
    put = upsert(engine, meta)
    with engine.begin() as connection:
        new = replace(progress(connection), **changes)
        connection.execute(put, {"key": "rollups", "value": json.dumps({k: getattr(new, k) for k in new.__slots__})})


def zones_with_records(connection: Connection) -> Sequence[str]:
    """The zones of which there are records, found by jumping through the index."""
    found: list[str] = []
    following = select(func.min(records.c.zone))
    zone = connection.execute(following).scalar()
    while zone is not None:
        found.append(zone)
        zone = connection.execute(following.where(records.c.zone > zone)).scalar()
    return found


def first_unseen(connection: Connection, zone: str, done: Progress) -> int | None:
    """The first hour of a zone that a record touches which the averages do not know yet; None when they know all."""
    if done.seen:  # by id, since a search for the least instant would look through every record
        newest = select(AT).where(records.c.zone == zone, records.c.id > done.seen).order_by(records.c.id)
        first = min(connection.execute(newest).scalars(), default=None)
    else:
        first = connection.execute(select(func.min(AT)).where(records.c.zone == zone)).scalar()
    if first is None:
        return None
    before = _last_before(connection, zone, first)
    touched = first if before is None else before
    return max(done.raw_from, touched - touched % HOUR)


def samples(connection: Connection, zone: str, start: int, end: int) -> list[Sample]:
    """A zone's records as `domain.history.fold` takes them: the last before `start` and the first from `end` on too."""
    of_zone = records.c.zone == zone
    first, last = _last_before(connection, zone, start), _first_from(connection, zone, end)
    wanted = select(*SAMPLE).where(of_zone, records.c.at >= at(start if first is None else first))
    wanted = wanted.where(records.c.at <= at(last)) if last is not None else wanted
    return [Sample._make(row) for row in connection.execute(wanted.order_by(records.c.at, records.c.id))]


def _first_to_make(connection: Connection, zone: str, done: Progress, since: int | None) -> int | None:
    wanted = [first_unseen(connection, zone, done), since]
    if done.through:
        wanted.append(done.through - MADE_ANEW)
    known = [instant - instant % HOUR for instant in wanted if instant is not None]
    return max(done.raw_from, min(known)) if known else None


def _last_before(connection: Connection, zone: str, instant: int) -> int | None:
    wanted = select(func.max(AT)).where(records.c.zone == zone, records.c.at < at(instant))
    return connection.execute(wanted).scalar()


def _first_from(connection: Connection, zone: str, instant: int) -> int | None:
    wanted = select(func.min(AT)).where(records.c.zone == zone, records.c.at >= at(instant))
    return connection.execute(wanted).scalar()


def _make(engine: Engine, zone: str, start: int, through: int, now: int) -> int:
    hours = 0
    for begins in range(start, through, AT_ONCE):
        ends = min(begins + AT_ONCE, through)
        with reading(engine) as connection:
            fine = fold(samples(connection, zone, begins, ends), FINE, begins, ends, now)
        coarse = regrouped(fine, range(begins, ends + 1, COARSE))
        with engine.begin() as connection:
            old = (rollups.c.size_ms.in_([FINE, COARSE]), rollups.c.start_ms.between(begins, ends - 1))
            connection.execute(delete(rollups).where(rollups.c.zone == zone, *old))
            rows = [*_rows(zone, FINE, fine), *_rows(zone, COARSE, coarse)]
            if rows:
                connection.execute(insert(rollups), rows)
        hours += len(coarse)
    return hours


def _rows(zone: str, size: int, parts: Mapping[int, Totals]) -> Iterable[dict[str, Any]]:
    for start, totals in parts.items():
        values = {name: getattr(totals, name) for name in Totals.__slots__}
        yield {"zone": zone, "size_ms": size, "start_ms": start, **values}
