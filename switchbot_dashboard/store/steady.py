"""The memory that goes on when the disk does not: what cannot be written is kept and written with the next success."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from ..domain.record import Call, House, Order, Record
from ..domain.sentence import Sentence, say
from ..tick.ports import Saved
from .batch import Batch
from .repository import Repository, by_age, epoch_hour, numbered

KEPT_RECORDS = 1000

log = logging.getLogger(__name__)


class SteadyStore:
    """Fits `tick.ports.Store` over a repository, and never raises because the database does not answer.

    While it cannot be written, `load` adds what this process knows to what can still be read, and a backlog grows: the
    newest states, all calls, open orders, the last 1 000 records. The next write that succeeds takes it along, in one
    transaction. A tick that another process saved meanwhile makes the states of the backlog old: they are dropped.
    """

    def __init__(self, repository: Repository, kept_records: int = KEPT_RECORDS) -> None:
        self._repository = repository
        self._kept_records = kept_records
        self._backlog = Batch(kept_records)
        self._house = House({}, (), 0, 0, None)  # as last read or written
        self._read_at: datetime | None = None
        self._ticks: int | None = None  # how many had been saved then, by anyone
        self._reason: Sentence | None = None
        self._lock = threading.Lock()

    @property
    def healthy(self) -> bool:
        """Whether the last use of the database went well."""
        return self._reason is None

    @property
    def reason(self) -> Sentence | None:
        """Why it is not healthy, in a sentence; None when it is."""
        return self._reason

    def load(self, now: datetime) -> House:
        """What is known, from the database and from what could not be written yet."""
        with self._lock:
            try:
                loaded = self._repository.load_counted(now)
            except SQLAlchemyError as error:
                self._broken("read", error)
                self._house = aged(self._house, self._read_at, now)
            else:
                self._yield_to_others(loaded.ticks)
                self._house, self._ticks, self._read_at = loaded.house, loaded.ticks, now
            return overlaid(self._house, self._backlog, now)

    def intend(self, orders: Sequence[Order], calls: Sequence[Call]) -> None:
        """Write down what is about to be sent, now or with the next success."""
        if not orders and not calls:
            return
        batch = Batch()
        batch.intend(orders, calls)
        with self._lock:
            self._write(batch, 0)

    def save(self, saved: Saved) -> Sequence[Record]:
        """Write down what a tick leaves behind, now or with the next success; ids only where it was written."""
        batch = Batch()
        batch.add(saved)
        with self._lock:
            ids = self._write(batch, len(saved.records))
            return saved.records if ids is None else numbered(saved.records, ids)

    def _write(self, batch: Batch, numbers: int) -> list[int] | None:
        everything = Batch(self._kept_records)
        everything.merge(self._backlog)
        everything.merge(batch)
        try:
            ids = self._repository.write(everything, numbers=numbers)
        except SQLAlchemyError as error:
            self._backlog = everything
            self._broken("written", error)
            return None
        if self._ticks is not None and self._read_at is not None:
            self._ticks += everything.ticks
            self._house = overlaid(self._house, everything, self._read_at)
        self._backlog = Batch(self._kept_records)
        self._mended(len(everything.records))
        return ids

    def _yield_to_others(self, ticks: int) -> None:
        if self._backlog.states and self._ticks is not None and ticks > self._ticks:
            self._backlog.states.clear()
            log.warning("[store] Another process saved a tick meanwhile; its state of the zones is taken")

    def _broken(self, verb: str, error: SQLAlchemyError) -> None:
        if self.healthy:
            log.error("[store] The database cannot be %s; ticks go on in memory: %s", verb, _cause(error))
        words = {
            "read": "The database cannot be read ({why}). Check the disk's space and permissions.",
            "written": "The database cannot be written ({why}). Check the disk's space and permissions.",
        }
        self._reason = say(words[verb], why=_cause(error))

    def _mended(self, written: int) -> None:
        if not self.healthy:
            log.info("[store] The database can be written again; %d records are caught up", written)
        self._reason = None


def overlaid(house: House, backlog: Batch, now: datetime) -> House:
    """A house as it was read, with what is not written yet."""
    hour = epoch_hour(now)
    ages = [(hour - called, count) for (called, _, _), count in backlog.calls.items()]
    by_hour = Counter(house.by_hour)
    for (called, _, _), count in backlog.calls.items():
        by_hour[called] += count if hour - called <= 24 else 0
    waiting = {order.id: order for order in house.open_orders} | {order.id: order for order in backlog.still_open()}
    return replace(
        house,
        states={**house.states, **{zone: state for zone, (state, _) in backlog.states.items()}},
        open_orders=by_age(order for order in waiting.values() if order.id not in backlog.closed),
        calls_today=house.calls_today + sum(count for age, count in ages if age <= hour % 24),
        calls_last_24h=sum(by_hour.values()),
        catalogue=backlog.catalogue or house.catalogue,
        by_hour=dict(by_hour),
    )


def aged(house: House, read_at: datetime | None, now: datetime) -> House:
    """A house that was read a while ago: calls of a day that is over no longer count."""
    recent = {hour: count for hour, count in house.by_hour.items() if hour >= epoch_hour(now) - 24}
    today = house.calls_today if read_at is None or read_at.date() == now.date() else 0
    return replace(house, calls_today=today, calls_last_24h=sum(recent.values()), by_hour=recent)


def _cause(error: SQLAlchemyError) -> str:
    """The database's own words, without the statement and its figures."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]
