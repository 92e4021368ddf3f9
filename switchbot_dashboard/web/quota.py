"""The day's calls as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ..domain.budget import planned_reads, quota_of
from ..domain.settings import Settings
from .views import View, iso

PURPOSES = ("read", "command", "catalogue", "probe")


def quota_view(settings: Settings | None, by_purpose: Mapping[str, int], at: datetime, now: datetime) -> View:
    """`/api/quota`. `projected` is the day's total as the polling table had it at `at`, the last tick.

    The cloud tells neither its count nor its reset: `reset_confirmed` stays false. Without valid settings the limits
    are the defaults.
    """
    known = settings or Settings()
    used = sum(by_purpose.values())
    quota = quota_of(known, used, now)
    since = (
        at
        if at.astimezone(UTC).date() == now.astimezone(UTC).date()
        else now.replace(minute=0, second=0, microsecond=0)
    )
    planned = planned_reads(known, known.all_zones, since, quota.resets_at) if settings else 0
    return {
        "limit": quota.limit,
        "used": used,
        "remaining": quota.remaining,
        "reserved": quota.reserved,
        "by_purpose": {**dict.fromkeys(PURPOSES, 0), **by_purpose},
        "day": now.astimezone(UTC).date().isoformat(),
        "resets_at": iso(quota.resets_at),
        "reset_confirmed": False,
        "projected": min(quota.limit, used + round(planned)),
        "warning": quota.reads_left <= known.api_quota_warning_threshold,
    }
