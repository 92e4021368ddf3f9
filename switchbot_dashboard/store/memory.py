"""A store that forgets with the process: for runs on a pretend clock, where a week passes in seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..domain.push import Push
from ..domain.record import Call, Catalogue, House, Order, Record, ZoneState
from ..tick.ports import Saved

HOUR, DAY = 3600, 86400  # seconds


class MemoryStore:
    """Fits `tick.ports.Store`. The last `keep` ticks are kept as they were saved, to be looked at or handed on."""

    def __init__(self, keep: int | None = None) -> None:
        self.saved: deque[Saved] = deque(maxlen=keep)
        self.orders: dict[str, Order] = {}
        self.pushes: dict[str, Push] = {}
        self._states: dict[str, ZoneState] = {}
        self._calls: dict[int, int] = {}  # of the last 24 hours, by epoch hour
        self._ageing: deque[tuple[float, int, int]] = deque()  # when they were made at the latest, hour and count
        self._catalogue: Catalogue | None = None
        self._records = 0

    @property
    def records(self) -> list[Record]:
        """All records kept, oldest first."""
        return [record for saved in self.saved for record in saved.records]

    def load(self, now: datetime) -> House:
        self._forget(now.timestamp() - DAY)
        today = int(now.timestamp()) // HOUR - now.hour
        spent_today = sum(count for hour, count in self._calls.items() if hour >= today)
        return House(
            states=dict(self._states),
            open_orders=tuple(self.orders.values()),
            calls_today=spent_today,
            calls_last_24h=sum(self._calls.values()),
            catalogue=self._catalogue,
            pushes=dict(self.pushes),
            by_hour=dict(self._calls),
        )

    def intend(self, orders: Sequence[Order], calls: Sequence[Call]) -> None:
        self.orders.update({order.id: order for order in orders})
        self._count(calls, max((order.decided_at for order in orders), default=None))

    def save(self, saved: Saved) -> Sequence[Record]:
        for order_id in saved.closed:
            self.orders.pop(order_id, None)
        self._states.update({state.zone: state for state in saved.states})
        self._count(saved.calls, saved.at)
        self._catalogue = saved.catalogue or self._catalogue
        records = [replace(record, id=self._records + place) for place, record in enumerate(saved.records, 1)]
        self._records += len(records)
        self.saved.append(replace(saved, records=records))
        return records

    def _count(self, calls: Sequence[Call], now: datetime | None) -> None:
        for call in calls:
            self._calls[call.hour] = self._calls.get(call.hour, 0) + call.count
            at = now.timestamp() if now is not None else (call.hour + 1) * HOUR
            self._ageing.append((min(at, (call.hour + 1) * HOUR), call.hour, call.count))

    def _forget(self, before: float) -> None:
        while self._ageing and self._ageing[0][0] < before:
            _at, hour, count = self._ageing.popleft()
            self._calls[hour] -= count
            if not self._calls[hour]:
                del self._calls[hour]
