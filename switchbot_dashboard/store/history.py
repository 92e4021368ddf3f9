"""What charts, tables and exports ask of the memory: the averages where they stand, the records for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, and_, case, func, or_, select

from ..domain.chart import (
    Granularity,
    Series,
    at,
    borders,
    chosen,
    ms,
    raw_series,
    split_hours,
    step_series,
)
from ..domain.history import HOUR, MINUTE, TOLERANCE, Totals, fold, regrouped, summed
from ..domain.windows import Span
from .engine import reading
from .rollups import AT, COARSE, FINE, TOTALS, first_unseen, progress, samples, zones_with_records
from .schema import records, rollups

AT_ONCE = 2000  # rows that an export holds at a time
STARTS_AT_ONCE = 5000


class Row(NamedTuple):
    """A record as tables and exports show it: tenths of a degree, percent. Without a fresh reading there is neither."""

    id: int
    at: datetime
    zone: str
    temperature: int | None
    humidity: int | None
    low: int | None
    high: int | None
    doing: str | None
    inside_window: bool
    outcome: str
    mode: str
    pace: str
    trigger: str
    action: str | None
    error: str | None
    calls: int
    duration_ms: int


class Marked(NamedTuple):
    """A record that is pointed out: `mark` is `command`, `failed` or `error`, `turn` what was sent."""

    id: int
    at: datetime
    mark: str
    turn: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a time adds up to."""

    start: datetime
    end: datetime
    totals: Totals


FRESH = {name: case((records.c.fresh, records.c[name])).label(name) for name in ("temperature", "humidity")}
ROW = tuple(FRESH.get(name, records.c[name]) for name in Row._fields if name in records.c)
MARKED = (records.c.id, records.c.at, records.c.mark, records.c.action, records.c.outcome)


class History:
    """Reads for history pages; SQLAlchemyError when the database does not answer. The end of a range is excluded."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def zones(self) -> Sequence[str]:
        """The zones of which anything is kept."""
        with reading(self._engine) as connection:
            found = connection.execute(select(rollups.c.zone).distinct()).scalars()
            return sorted({*found, *zones_with_records(connection)})

    def extent(self, zone: str) -> tuple[datetime, datetime] | None:
        """The first and the last instant of which anything is known."""
        with reading(self._engine) as connection:
            return _extent(connection, zone)

    def raw_count(self, zone: str, start: datetime, end: datetime, most: int) -> int:
        """How many records there are in a range; counting ends beyond `most`."""
        with reading(self._engine) as connection:
            return _raw_count(connection, zone, start, end, most)

    def granularity(self, zone: str, start: datetime, end: datetime) -> Granularity:
        """The one that suits a range: every record while a chart can show them, averages beyond."""
        with reading(self._engine) as connection:
            extent = _extent(connection, zone)
            if extent is None:
                return Granularity.RAW
            start, end = max(start, extent[0]), min(end, extent[1])
            whole = ms(start) >= progress(connection).raw_from
            return chosen(ms(start), ms(end), _raw_count(connection, zone, start, end) if whole else None)

    def series(
        self,
        zone: str,
        start: datetime,
        end: datetime,
        granularity: Granularity,
        metrics: Sequence[str],
        *,
        now: datetime,
        tz: ZoneInfo,
    ) -> Series:
        """Columns to draw. A step that the range touches is drawn whole; days are those of `tz`."""
        begins, ends = ms(start), min(ms(end), ms(now))
        with reading(self._engine) as connection:
            if granularity is Granularity.RAW:
                found = samples(connection, zone, begins, ends)
                return raw_series(found, begins, ends, ms(now), metrics)
            extent = _extent(connection, zone)
            begins = max(begins, ms(extent[0])) if extent else ends
            if begins >= ends:
                return step_series(granularity, {}, [], metrics)
            edges = borders(granularity, begins, ends, tz)
            parts = _parts(connection, zone, granularity, edges, ms(now))
        return step_series(granularity, regrouped(parts, edges), edges, metrics)

    def summary(self, zone: str, start: datetime, end: datetime, *, now: datetime) -> Summary:
        """What a range adds up to. Where its records are no longer kept it is widened to whole five minutes."""
        begins, ends = ms(start), min(ms(end), ms(now))
        with reading(self._engine) as connection:
            if begins >= progress(connection).raw_from:
                first, last = min(_up(begins, FINE), ends), max(_down(ends, FINE), begins)
                parts = _folded(connection, zone, begins, first, ms(now))
            else:
                first, last, parts = _down(begins, FINE), _up(ends, FINE), []
                begins, ends = first, min(last, ms(now))
            parts += _between(connection, zone, first, last, ms(now))
            parts += _folded(connection, zone, max(first, last), ends, ms(now))
        return Summary(at(begins), at(ends), summed(parts))

    def marks(self, zone: str, start: datetime, end: datetime, limit: int) -> tuple[Sequence[Marked], int]:
        """Commands and errors of a range, newest first, and how many more there are than `limit`."""
        wanted = (records.c.zone == zone, records.c.mark.is_not(None), records.c.at >= start, records.c.at < end)
        newest = select(*MARKED).where(*wanted).order_by(records.c.at.desc(), records.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            rows = [Marked._make(row) for row in connection.execute(newest)]
            full = len(rows) == limit
            count = connection.execute(select(func.count()).select_from(records).where(*wanted)).scalar() if full else 0
        return rows, max(0, (count or 0) - limit)

    def raw_from(self) -> datetime:
        """From when on every record is kept; the averages reach further back."""
        with reading(self._engine) as connection:
            return at(progress(connection).raw_from)

    def inside(self, zone: str, start: datetime, end: datetime, *, now: datetime) -> Sequence[Span]:
        """When a window was open, by the records of a range; nothing of the time whose records are gone."""
        ends = min(end, now)
        with reading(self._engine) as connection:
            before = connection.execute(_last(zone, start)).first()
            rows = [tuple(row) for row in connection.execute(_changes(zone, start, ends))]
            last = connection.execute(_last(zone, ends)).first()
        if before is not None:
            if rows:  # the first of the range follows the last before it
                goes_on = rows[0][1] == before[1] and rows[0][0] <= before[2] + TOLERANCE
                rows[:1] = [] if goes_on else [(*rows[0][:2], before[2])]
            rows.insert(0, (before[0], before[1], before[0]))
        return _spans(rows, last, start, ends)

    def latest(self, *, zone: str | None, before: int | None, limit: int) -> Sequence[Row]:
        """Records, newest first: of a zone, older than the id `before`."""
        wanted = select(*ROW).order_by(records.c.id.desc()).limit(limit)
        wanted = wanted if zone is None else wanted.where(records.c.zone == zone)
        wanted = wanted if before is None else wanted.where(records.c.id < before)
        with reading(self._engine) as connection:
            return [Row._make(row) for row in connection.execute(wanted)]

    def rows(self, zone: str | None, start: datetime, end: datetime) -> Iterator[Row]:
        """The records of a range, oldest first, a few at a time: a slow reader keeps no transaction open."""
        wanted = select(*ROW).where(records.c.at < end).order_by(records.c.at, records.c.id).limit(AT_ONCE)
        wanted = wanted if zone is None else wanted.where(records.c.zone == zone)
        beyond: Any = records.c.at >= start
        while True:
            with reading(self._engine) as connection:
                found = [Row._make(row) for row in connection.execute(wanted.where(beyond))]
            yield from found
            if len(found) < AT_ONCE:
                return
            last = found[-1]
            beyond = and_(records.c.at >= last.at, or_(records.c.at > last.at, records.c.id > last.id))


STANDS: Any = AT + func.coalesce(records.c.holds_ms, 0)  # until when a record said that it would stand


def _last(zone: str, instant: datetime) -> Any:
    """The last record of a zone before an instant: when, whether inside a window, and until when it stands."""
    of_zone = (records.c.zone == zone, records.c.at < instant)
    wanted = select(AT, records.c.inside_window, STANDS).where(*of_zone)
    return wanted.order_by(records.c.at.desc(), records.c.id.desc()).limit(1)


def _changes(zone: str, start: datetime, end: datetime) -> Any:
    """Records that differ from the one before them, or come after a gap; with until when that one stood."""
    order = (records.c.at, records.c.id)
    each = select(
        AT.label("begins"),
        records.c.inside_window.label("inside"),
        func.lag(records.c.inside_window).over(order_by=order).label("was"),
        func.lag(STANDS).over(order_by=order).label("stood"),
    ).where(records.c.zone == zone, records.c.at >= start, records.c.at < end)
    found = each.subquery()
    new = or_(found.c.was.is_(None), found.c.was != found.c.inside, found.c.begins > found.c.stood + TOLERANCE)
    return select(found.c.begins, found.c.inside, found.c.stood).where(new).order_by(found.c.begins)


def _spans(rows: Sequence[Any], last: Any, start: datetime, end: datetime) -> list[Span]:
    """The times inside, from the records at which something changed, the first one from before the range."""
    found: list[Span] = []
    opened: int | None = None
    for begins, inside, stood in rows:  # `stood`: until when what came before it stood
        if opened is not None:
            found.append(Span(at(opened), at(begins if begins <= stood + TOLERANCE else stood)))
        opened = begins if inside else None
    if opened is not None and last is not None:
        found.append(Span(at(opened), at(last[2] if ms(end) > last[2] + TOLERANCE else ms(end))))
    cut = (Span(max(span.opens, start), min(span.closes, end)) for span in found)
    return [span for span in cut if span.opens < span.closes]


def _raw_count(connection: Connection, zone: str, start: datetime, end: datetime, most: int = 100_000) -> int:
    some = select(records.c.at).where(records.c.zone == zone, records.c.at >= start, records.c.at < end)
    counted = select(func.count()).select_from(some.limit(most + 1).subquery())
    return connection.execute(counted).scalar() or 0


def _extent(connection: Connection, zone: str) -> tuple[datetime, datetime] | None:
    instants = [
        connection.execute(select(edge(records.c.at)).where(records.c.zone == zone)).scalar()
        for edge in (func.min, func.max)
    ]
    known = [instant for instant in instants if instant is not None]
    for edge in (func.min, func.max):
        wanted = select(edge(rollups.c.start_ms)).where(rollups.c.zone == zone, rollups.c.size_ms == FINE)
        started = connection.execute(wanted).scalar()
        known += [] if started is None else [at(started)]
    return (min(known), max(known)) if known else None


def _parts(
    connection: Connection, zone: str, granularity: Granularity, edges: Sequence[int], now: int
) -> dict[int, Totals]:
    """Totals of steps that fit between the edges."""
    start, end, tail = edges[0], edges[-1], _tail(connection, zone)
    if granularity is Granularity.MINUTE:
        return fold(samples(connection, zone, start, min(end, now)), MINUTE, start, min(end, now), now)
    if granularity in (Granularity.FIVE_MINUTES, Granularity.QUARTER):
        return _stored(connection, zone, FINE, start, end, tail, now)
    parts = _stored(connection, zone, COARSE, start - start % HOUR, end, tail, now)
    if split := split_hours(edges):
        parts = {begins: totals for begins, totals in parts.items() if begins not in set(split)}
        parts |= _fine_of(connection, zone, split, tail, now)
    return parts


def _between(connection: Connection, zone: str, start: int, end: int, now: int) -> list[Totals]:
    """Totals from one whole five minutes to another, by whole hours in the middle."""
    tail, first, last = _tail(connection, zone), _up(start, HOUR), _down(end, HOUR)
    if first >= last:
        return _in_order(_stored(connection, zone, FINE, start, end, tail, now))
    pieces = ((FINE, start, first), (COARSE, first, last), (FINE, last, end))
    return [part for piece in pieces for part in _in_order(_stored(connection, zone, *piece, tail, now))]


def _folded(connection: Connection, zone: str, start: int, end: int, now: int) -> list[Totals]:
    """Totals of a short time, by its records."""
    if start >= end:
        return []
    return _in_order(fold(samples(connection, zone, start, end), FINE, start, end, now))


def _in_order(parts: Mapping[int, Totals]) -> list[Totals]:
    return [parts[begins] for begins in sorted(parts)]


def _down(instant: int, size: int) -> int:
    return instant - instant % size


def _up(instant: int, size: int) -> int:
    return -(-instant // size) * size


def _stored(
    connection: Connection, zone: str, size: int, start: int, end: int, tail: int, now: int
) -> dict[int, Totals]:
    """Totals of a size: the averages before `tail`, from there on the records."""
    of_size = (rollups.c.zone == zone, rollups.c.size_ms == size)
    wanted = select(rollups.c.start_ms, *TOTALS).where(
        *of_size, rollups.c.start_ms >= start, rollups.c.start_ms < min(end, tail)
    )
    found = {row[0]: Totals(*row[1:]) for row in connection.execute(wanted)}
    begins, ends = max(start, tail), min(end, now)
    if begins < ends:
        found |= fold(samples(connection, zone, begins, ends), size, begins, ends, now)
    return found


def _fine_of(connection: Connection, zone: str, hours: Sequence[int], tail: int, now: int) -> dict[int, Totals]:
    """The five minutes of some hours."""
    found: dict[int, Totals] = {}
    starts = [begins for hour in hours if hour < tail for begins in range(hour, hour + HOUR, FINE)]
    of_size = (rollups.c.zone == zone, rollups.c.size_ms == FINE)
    for place in range(0, len(starts), STARTS_AT_ONCE):
        some = rollups.c.start_ms.in_(starts[place : place + STARTS_AT_ONCE])
        rows = connection.execute(select(rollups.c.start_ms, *TOTALS).where(*of_size, some))
        found |= {row[0]: Totals(*row[1:]) for row in rows}
    for hour in (hour for hour in hours if hour >= tail):
        ends = min(hour + HOUR, now)
        found |= fold(samples(connection, zone, hour, ends), FINE, hour, ends, now)
    return found


def _tail(connection: Connection, zone: str) -> int:
    """From when on the records are asked rather than the averages: what is newer, or came in since they were made."""
    done = progress(connection)
    unseen = first_unseen(connection, zone, done)
    return done.through if unseen is None or done.through < unseen else unseen
