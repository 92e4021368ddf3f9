"""The tries spent on the cloud, counted by hour until someone writes them down."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from threading import Lock

from ..domain.record import Call

HOURS_A_DAY = 24


class Ledger:
    """Counts every try, whatever came of it, from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: Counter[tuple[int, str, str]] = Counter()
        self._day = 0
        self._today = 0

    def add(self, now: datetime, purpose: str, endpoint: str) -> None:
        """One try leaves at `now`."""
        hour = _hour(now)
        with self._lock:
            self._turn_to(hour // HOURS_A_DAY)
            self._today += 1
            self._waiting[hour, purpose, endpoint] += 1

    def take(self) -> tuple[Call, ...]:
        """The tries counted since this was last asked; they are handed over once."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
        return tuple(Call(*key, count) for key, count in sorted(waiting.items()))

    def today(self, now: datetime, written_down: int) -> int:
        """Tries of the UTC day: those written down elsewhere and what came since; at least all that were seen here."""
        day = _hour(now) // HOURS_A_DAY
        with self._lock:
            self._turn_to(day)
            since = sum(count for (hour, _, _), count in self._waiting.items() if hour // HOURS_A_DAY == day)
            return max(written_down + since, self._today)

    def _turn_to(self, day: int) -> None:
        if day != self._day:
            self._day, self._today = day, 0


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600
