"""Ten tries to log in a minute from one address; counted in memory, each process for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from limits.strategies import MovingWindowRateLimiter

TRIES_A_MINUTE = 10
PLACE = "login_limiter"


def too_many_logins(address: str) -> bool:
    """Counts one try and says whether it is one too many."""
    from limits import RateLimitItemPerMinute  # slow to import, and most processes never see a login

    return not _limiter().hit(RateLimitItemPerMinute(TRIES_A_MINUTE), address)


def _limiter() -> MovingWindowRateLimiter:
    found: MovingWindowRateLimiter | None = current_app.extensions.get(PLACE)
    if found is None:
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        found = current_app.extensions.setdefault(PLACE, MovingWindowRateLimiter(MemoryStorage()))
    return found
