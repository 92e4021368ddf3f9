"""So many a minute for each of those who ask; counted in memory, each process for itself."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import MovingWindowRateLimiter

LOGINS_A_MINUTE = 10
PLACE = "rate_limiter"


def too_many_logins(address: str) -> bool:
    """Counts one try to log in from this address and says whether it is one too many."""
    return too_many("logins", address, LOGINS_A_MINUTE) > 0


def too_many(what: str, who: str, most: int) -> int:
    """Counts one and says in how many seconds to come back where it is one too many; 0 where it is not."""
    return 0 if _limiter().hit(_item(what, most), who) else _wait(what, who, most)


def wait_before(what: str, who: str, most: int) -> int:
    """In how many seconds to come back where one more would be too many; 0 where it would not. Counts nothing."""
    return 0 if _limiter().test(_item(what, most), who) else _wait(what, who, most)


def _wait(what: str, who: str, most: int) -> int:
    return max(1, math.ceil(_limiter().get_window_stats(_item(what, most), who).reset_time - time.time()))


def _item(what: str, most: int) -> RateLimitItem:
    from limits import RateLimitItemPerMinute  # slow to import, and most processes never need it

    return RateLimitItemPerMinute(most, namespace=what)


def _limiter() -> MovingWindowRateLimiter:
    found: MovingWindowRateLimiter | None = current_app.extensions.get(PLACE)
    if found is None:
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        found = current_app.extensions.setdefault(PLACE, MovingWindowRateLimiter(MemoryStorage()))
    return found
