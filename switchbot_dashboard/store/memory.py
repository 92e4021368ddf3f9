"""A store that forgets with the process: for runs on a pretend clock, where a week passes in seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..domain.push import Push
from ..domain.record import Call, Catalogue, House, Order, Record, ZoneState
from ..tick.ports import Saved


class MemoryStore:
    """Fits `tick.ports.Store`. The last `keep` ticks are kept as they were saved, to be looked at or handed on."""

    def __init__(self, keep: int | None = None) -> None:
        self.saved: deque[Saved] = deque(maxlen=keep)
        self.orders: dict[str, Order] = {}
        self.pushes: dict[str, Push] = {}
        self._states: dict[str, ZoneState] = {}
        self._calls: dict[int, int] = {}  # by epoch hour
        self._catalogue: Catalogue | None = None
        self._records = 0

    @property
    def records(self) -> list[Record]:
        """All records kept, oldest first."""
        return [record for saved in self.saved for record in saved.records]

    def load(self, now: datetime) -> House:
        hour = int(now.timestamp()) // 3600
        today = hour - now.hour
        last_day = {at: count for at, count in self._calls.items() if at > hour - 24}
        self._calls = last_day
        spent_today = sum(count for at, count in last_day.items() if at >= today)
        orders = tuple(self.orders.values())
        last_24h, pushes = sum(last_day.values()), dict(self.pushes)
        return House(dict(self._states), orders, spent_today, last_24h, self._catalogue, pushes)

    def intend(self, orders: Sequence[Order], calls: Sequence[Call]) -> None:
        self.orders.update({order.id: order for order in orders})
        self._count(calls)

    def save(self, saved: Saved) -> Sequence[Record]:
        for order_id in saved.closed:
            self.orders.pop(order_id, None)
        self._states.update({state.zone: state for state in saved.states})
        self._count(saved.calls)
        self._catalogue = saved.catalogue or self._catalogue
        records = [replace(record, id=self._records + place) for place, record in enumerate(saved.records, 1)]
        self._records += len(records)
        self.saved.append(replace(saved, records=records))
        return records

    def _count(self, calls: Sequence[Call]) -> None:
        for call in calls:
            self._calls[call.hour] = self._calls.get(call.hour, 0) + call.count
