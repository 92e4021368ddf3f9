"""What is to be written, gathered: one tick's leavings, or those of many."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime

from ..domain.record import Call, Catalogue, Fate, Order, Record, ZoneState
from ..tick.ports import Saved


class Batch:
    """Ticks and intents in the order in which they came, as one thing to write.

    Of states and catalogue the last one counts; records and calls add up. `limit` is the most records and orders that
    are kept: the oldest go first, and an open order stays.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.states: dict[str, tuple[ZoneState, datetime]] = {}
        self.records: deque[Record] = deque(maxlen=limit)
        self.calls: Counter[tuple[int, str, str]] = Counter()
        self.opened: dict[str, Order] = {}
        self.closed: dict[str, tuple[Fate, datetime]] = {}
        self.catalogue: Catalogue | None = None
        self.last: Saved | None = None
        self.ticks = 0
        self.failed = 0

    def intend(self, orders: Sequence[Order], calls: Sequence[Call]) -> None:
        """Add orders about to be sent. One that was closed before is open again."""
        for order in orders:
            self.opened[order.id] = order
            self.closed.pop(order.id, None)
        self._count(calls)
        self._forget_orders()

    def add(self, saved: Saved) -> None:
        """Add what a tick leaves behind."""
        for state in saved.states:
            self.states[state.zone] = (state, saved.at)
        self.records.extend(saved.records)
        fates = {record.action.order.id: record.action.fate for record in saved.records if record.action}
        for order_id in saved.closed:
            self.closed[order_id] = (fates.get(order_id, Fate.UNKNOWN), saved.at)
        self._count(saved.calls)
        self.catalogue = saved.catalogue or self.catalogue
        self.last = saved
        self.ticks += 1
        self.failed += saved.failed
        self._forget_orders()

    def merge(self, later: Batch) -> None:
        """Add everything of another batch, which came after this one."""
        self.states |= later.states
        self.records.extend(later.records)
        self.calls.update(later.calls)
        for order_id, order in later.opened.items():
            self.opened[order_id] = order
            self.closed.pop(order_id, None)
        self.closed |= later.closed
        self.catalogue = later.catalogue or self.catalogue
        self.last = later.last or self.last
        self.ticks += later.ticks
        self.failed += later.failed
        self._forget_orders()

    def still_open(self) -> tuple[Order, ...]:
        """The orders that were begun here and not closed."""
        return tuple(order for order_id, order in self.opened.items() if order_id not in self.closed)

    def _count(self, calls: Sequence[Call]) -> None:
        for call in calls:
            self.calls[call.hour, call.purpose, call.endpoint] += call.count

    def _forget_orders(self) -> None:
        if self.limit is None or len(self.opened) <= self.limit:
            return
        ended = [order_id for order_id in self.opened if order_id in self.closed]
        for order_id in ended[: len(self.opened) - self.limit]:
            del self.opened[order_id], self.closed[order_id]
