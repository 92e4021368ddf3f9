"""The tick's memory: one load before, one write after, and one more before a command goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, literal, select, union_all, update

from ..domain.history import doing, mark_of
from ..domain.record import Call, Catalogue, Fate, House, Order, Record, ZoneState
from ..tick.ports import Saved
from .batch import Batch
from .codec import CATALOGUE, ORDER, PUSH, RECORD, STATE
from .engine import reading, upsert
from .schema import MILLISECOND, calls, catalogue, heart, orders, pushes, records, zone_states

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

_STATES = union_all(  # one read for what is known of the zones and of their meters
    select(literal("zone"), zone_states.c.zone, zone_states.c.body),
    select(literal("push"), pushes.c.device, pushes.c.body),
)
_OPEN_ORDERS = select(orders.c.id, orders.c.body).where(orders.c.status == "open")
_TICKS, _AGED = -1, -2  # in the place of an hour
_CALLS = union_all(  # one read for the calls by hour, how many ticks there were, and what has just become a day old
    select(calls.c.hour, func.sum(calls.c.count)).where(calls.c.hour >= bindparam("a_day_ago")).group_by(calls.c.hour),
    select(literal(_TICKS), select(heart.c.ticks_total).scalar_subquery()),
    select(literal(_AGED), func.sum(records.c.calls)).where(
        records.c.at >= bindparam("aged_since"), records.c.at < bindparam("aged_until"), records.c.error.is_(None)
    ),
)
_NEWER_CATALOGUE = select(catalogue.c.version, catalogue.c.body).where(catalogue.c.version != bindparam("known"))
_CLOSE = (
    update(orders)
    .where(orders.c.id == bindparam("order_id"))
    .values(status=bindparam("status"), closed_at=bindparam("closed_at"))
)
_BEAT = (
    update(heart)
    .where(heart.c.id == 1)
    .values(
        last_tick_at=bindparam("last_tick_at"),
        last_tick_trigger=bindparam("last_tick_trigger"),
        last_tick_duration_ms=bindparam("last_tick_duration_ms"),
        ticks_total=heart.c.ticks_total + bindparam("ticks"),
        ticks_failed=heart.c.ticks_failed + bindparam("failed"),
        serial=heart.c.serial + 1,
    )
)
_RECORD = insert(records)

MOVE_SERIAL = update(heart).where(heart.c.id == 1).values(serial=heart.c.serial + 1)
"""Tells pages that there is something new; part of every write that they could show."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A house, and how many ticks had been saved when it was read."""

    house: House
    ticks: int


class Repository:
    """Fits `tick.ports.Store`. Raises SQLAlchemyError when the database does not answer; nothing is half written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._upsert_state = upsert(engine, zone_states)
        self._upsert_order = upsert(engine, orders)
        self._add_calls = upsert(engine, calls, lambda now, more: {"count": now.c.count + more["count"]})
        self._put_catalogue = upsert(
            engine, catalogue, lambda now, new: {"body": new["body"], "version": now.c.version + 1}
        )
        self._catalogue: tuple[int, Catalogue | None] = (0, None)  # the version that was last parsed
        self._aged: tuple[datetime, int] | None = None  # calls that are a day old: counted up to when, and how many

    def load(self, now: datetime) -> House:
        """All that a tick needs, in four reads of one moment.

        The ledger knows hours; of the hour 24 before this one, the calls of records that are a day old are taken off.
        """
        return self.load_counted(now).house

    def load_counted(self, now: datetime) -> Loaded:
        """`load`, with the count of ticks that tells whether another process has saved since."""
        hour, since, until = epoch_hour(now), self._counted_off(now), now - DAY
        with reading(self._engine) as connection:
            known = connection.execute(_STATES).all()
            begun = connection.execute(_OPEN_ORDERS).all()
            figures = {"a_day_ago": hour - 24, "aged_since": since, "aged_until": until}
            by_hour = {key: int(count or 0) for key, count in connection.execute(_CALLS, figures)}
            newer = connection.execute(_NEWER_CATALOGUE, {"known": self._catalogue[0]}).first()
        if newer is not None:
            self._catalogue = (newer[0], CATALOGUE.read(f"version {newer[0]}", newer[1]))
        ticks, aged = by_hour.pop(_TICKS), by_hour.pop(_AGED)
        self._aged = (until, aged + (self._aged[1] if self._aged is not None and self._aged[0] == since else 0))
        by_hour[hour - 24] = max(0, by_hour.get(hour - 24, 0) - self._aged[1])
        house = House(
            states={key: STATE.read(key, body) or ZoneState(key) for kind, key, body in known if kind == "zone"},
            open_orders=by_age(order for key, body in begun if (order := ORDER.read(key, body)) is not None),
            calls_today=sum(count for each, count in by_hour.items() if each >= hour - hour % 24),
            calls_last_24h=sum(by_hour.values()),
            catalogue=self._catalogue[1],
            pushes={
                key: push for kind, key, body in known if kind == "push" and (push := PUSH.read(key, body)) is not None
            },
            by_hour={each: count for each, count in by_hour.items() if count},
        )
        return Loaded(house, ticks)

    def _counted_off(self, now: datetime) -> datetime:
        """From when on records of the hour 24 before this one are still to be counted off it."""
        begins = now - DAY - timedelta(seconds=now.timestamp() % HOUR.total_seconds())
        known = self._aged
        return known[0] if known is not None and begins < known[0] <= now - DAY else begins

    def intend(self, orders: Sequence[Order], calls: Sequence[Call]) -> None:
        """Write down what is about to be sent, and the calls spent so far."""
        if orders or calls:
            batch = Batch()
            batch.intend(orders, calls)
            self.write(batch)

    def save(self, saved: Saved) -> Sequence[Record]:
        """Write down what a tick leaves behind; the records come back with their ids."""
        batch = Batch()
        batch.add(saved)
        return numbered(saved.records, self.write(batch, numbers=len(saved.records)))

    def save_many(self, saveds: Iterable[Saved]) -> None:
        """Write down many ticks, oldest first, in one transaction."""
        batch = Batch()
        for saved in saveds:
            batch.add(saved)
        self.write(batch)

    def write(self, batch: Batch, *, numbers: int = 0) -> list[int]:
        """Write a batch in one transaction. Returns the ids of its last `numbers` records."""
        with self._engine.begin() as connection:
            self._write_orders(connection, batch)
            if batch.states:
                connection.execute(
                    self._upsert_state,
                    [
                        {"zone": zone, "body": STATE.write(state), "at": at}
                        for zone, (state, at) in batch.states.items()
                    ],
                )
            ids = _write_records(connection, list(batch.records), numbers)
            self._write_calls(connection, batch.calls)
            if batch.catalogue is not None:
                connection.execute(
                    self._put_catalogue, {"id": 1, "body": CATALOGUE.write(batch.catalogue), "version": 1}
                )
            if batch.last is not None:
                connection.execute(_BEAT, _beat(batch, batch.last))
            else:
                connection.execute(MOVE_SERIAL)
        return ids

    def _write_calls(self, connection: Connection, spent: Mapping[tuple[int, str, str], int]) -> None:
        if spent:
            connection.execute(
                self._add_calls,
                [
                    {"hour": hour, "purpose": purpose, "endpoint": endpoint, "count": count}
                    for (hour, purpose, endpoint), count in spent.items()
                ],
            )

    def _write_orders(self, connection: Connection, batch: Batch) -> None:
        if batch.opened:
            connection.execute(self._upsert_order, [_order_row(order) for order in batch.opened.values()])
        if batch.closed:
            connection.execute(
                _CLOSE,
                [
                    {"order_id": order_id, "status": fate.value, "closed_at": at}
                    for order_id, (fate, at) in batch.closed.items()
                ],
            )


def by_age(begun: Iterable[Order]) -> tuple[Order, ...]:
    """Orders as they were decided, oldest first."""
    return tuple(sorted(begun, key=lambda order: (order.decided_at, order.id)))


def epoch_hour(now: datetime) -> int:
    """Whole hours since 1970."""
    return int(now.timestamp()) // 3600


def numbered(written: Sequence[Record], ids: Sequence[int]) -> Sequence[Record]:
    """The records with their ids."""
    return tuple(replace(record, id=number) for record, number in zip(written, ids, strict=True))


def trouble_of(record: Record) -> str | None:
    """What went wrong in a record, as a sentence; None when nothing did."""
    if record.action is not None and record.action.fate is not Fate.DONE:
        return str(record.action.errors[-1]) if record.action.errors else "The command was not confirmed."
    return record.trouble.sentence.text() if record.trouble else None


def _write_records(connection: Connection, written: list[Record], numbers: int) -> list[int]:
    rows = [record_row(record) for record in written]
    bulk = rows[: len(rows) - numbers]
    if bulk:
        connection.execute(_RECORD, bulk)
    ids: list[int] = []
    for row in rows[len(bulk) :]:
        key = connection.execute(_RECORD, row).inserted_primary_key
        assert key is not None
        ids.append(key[0])
    return ids


def _order_row(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "zone": order.zone,
        "body": ORDER.write(order),
        "decided_at": order.decided_at,
        "status": "open",
        "closed_at": None,
    }


def record_row(record: Record) -> dict[str, Any]:
    """A record as a row of the table."""
    return {
        "at": record.at,
        "zone": record.zone,
        "trigger": record.trigger,
        "outcome": record.verdict.outcome.value,
        "mode": record.wake.mode.value,
        "pace": record.wake.pace.value,
        "inside_window": record.inside_window,
        "looked": record.looked,
        "temperature": record.reading.tenths if record.reading else None,
        "humidity": record.reading.humidity if record.reading else None,
        "power": record.aircon.power,
        "ac_mode": record.aircon.mode,
        "calls": record.calls,
        "duration_ms": record.duration_ms,
        "action": record.action.order.turn.value if record.action else None,
        "error": trouble_of(record),
        "body": RECORD.write(record),
        **_for_history(record),
    }


def _for_history(record: Record) -> dict[str, Any]:
    band, does, mark = record.band, doing(record.aircon, record.season), mark_of(record)
    return {
        "holds_ms": max(0, (record.wake.at - record.at) // MILLISECOND),
        "fresh": record.fresh,
        "low": band.low if band else None,
        "high": band.high if band else None,
        "slack": band.slack if band else None,
        "doing": does.value if does else None,
        "mark": mark.value if mark else None,
    }


def _beat(batch: Batch, last: Saved) -> dict[str, Any]:
    return {
        "last_tick_at": last.at,
        "last_tick_trigger": last.trigger,
        "last_tick_duration_ms": last.duration_ms,
        "ticks": batch.ticks,
        "failed": batch.failed,
    }
