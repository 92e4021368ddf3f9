"""Old history goes: records once their averages are made, averages later still.

On SQLite the pages that become free are used again by the next rows, so the file stops growing at the size of the days
that are kept; it does not shrink by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, select

from ..domain.chart import at, ms
from ..domain.history import HOUR
from .engine import reading
from .repository import epoch_hour
from .rollups import Progress, progress, rolled_up, write_progress, zones_with_records
from .schema import calls, orders, records, rollups

ROWS_AT_ONCE = 5000  # a clean-up holds the database for a moment, not for minutes


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many rows were removed."""

    records: int
    rollups: int
    calls: int


def cleaned(
    engine: Engine, now: datetime, *, records_before: datetime, rollups_before: datetime, calls_before: datetime
) -> Cleaned:
    """Remove what is older than these instants: records (and closed orders), averages, entries of the call ledger.

    The averages are made first, and a record that is in none of them stays. So does the last record of each zone before
    the time that is kept, whose values reach into it, and every average of a time whose records are kept.
    """
    rolled_up(engine, now)
    with reading(engine) as connection:
        done, zones = progress(connection), zones_with_records(connection)
    limit = max(done.raw_from, min(ms(records_before) // HOUR * HOUR, done.through))
    write_progress(engine, raw_from=limit)  # first: no average is made again of hours whose records begin to go
    gone = sum(_records_removed(engine, zone, limit, done) for zone in zones)
    averages = _rollups_removed(engine, min(ms(rollups_before), limit))
    with engine.begin() as connection:
        connection.execute(delete(orders).where(orders.c.status != "open", orders.c.decided_at < at(limit)))
        ledger = connection.execute(delete(calls).where(calls.c.hour < epoch_hour(calls_before))).rowcount
    return Cleaned(gone, averages, ledger)


def counted(
    engine: Engine, now: datetime, *, records_before: datetime, rollups_before: datetime, calls_before: datetime
) -> dict[str, tuple[int, int]]:
    """How many rows there are of each kind, and how many of them `cleaned` would remove; nothing is changed."""
    with reading(engine) as connection:
        done, zones = progress(connection), zones_with_records(connection)

        def count(table: Table, *which: ColumnElement[bool]) -> int:
            return connection.execute(select(func.count()).select_from(table).where(*which)).scalar() or 0

        limit = max(done.raw_from, min(ms(records_before) // HOUR * HOUR, ms(now) // HOUR * HOUR))
        borders = {zone: _border(connection, zone, limit) for zone in zones}
        going = {zone: border for zone, border in borders.items() if border is not None}
        return {
            "records": (
                count(records),
                sum(count(records, records.c.zone == zone, records.c.at < border) for zone, border in going.items()),
            ),
            "averages": (count(rollups), count(rollups, rollups.c.start_ms < min(ms(rollups_before), limit))),
            "calls": (count(calls), count(calls, calls.c.hour < epoch_hour(calls_before))),
        }


def _border(connection: Connection, zone: str, limit: int) -> datetime | None:
    """Records of a zone before this instant go; None for none."""
    of_zone = records.c.zone == zone
    goes_on = connection.execute(select(records.c.id).where(of_zone, records.c.at >= at(limit)).limit(1)).first()
    last = connection.execute(select(func.max(records.c.at)).where(of_zone, records.c.at < at(limit))).scalar()
    return None if last is None else last if goes_on else at(limit)


def _records_removed(engine: Engine, zone: str, limit: int, done: Progress) -> int:
    with reading(engine) as connection:
        before = _border(connection, zone, limit)
    if before is None:
        return 0
    old = (records.c.zone == zone, records.c.at < before, records.c.id <= done.seen)
    some = select(records.c.id).where(*old).limit(ROWS_AT_ONCE)
    gone = 0
    while True:
        with engine.begin() as connection:
            count = connection.execute(delete(records).where(records.c.id.in_(some))).rowcount
        gone += count
        if count < ROWS_AT_ONCE:
            return gone


def _rollups_removed(engine: Engine, before: int) -> int:
    with engine.begin() as connection:
        return connection.execute(delete(rollups).where(rollups.c.start_ms < before)).rowcount
