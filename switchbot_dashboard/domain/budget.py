"""The day's calls: what is left for reading, and by how much the intervals must stretch to last until the reset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from .polling import interval_of
from .record import Mode
from .settings import Settings, Zone
from .windows import spans_between


@dataclass(frozen=True, slots=True)
class Quota:
    """The account's calls in the UTC day that is counted here; the cloud itself tells nothing."""

    limit: int
    used: int
    reserved: int  # kept back for commands
    resets_at: datetime

    @property
    def remaining(self) -> int:
        """Calls left today, commands included."""
        return max(0, self.limit - self.used)

    @property
    def reads_left(self) -> int:
        """Calls left today for reading."""
        return max(0, self.limit - self.reserved - self.used)


def quota_of(settings: Settings, used: int, now: datetime) -> Quota:
    """The quota at `now`. What other tools on the account may use is left to them."""
    share = settings.api_daily_limit * (100 - settings.other_tools_share) // 100
    return Quota(share, used, min(settings.api_reserved_for_commands, share), next_reset(now))


def next_reset(now: datetime) -> datetime:
    """The next 00:00 UTC, the moment at which the count is taken to begin anew."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def planned_reads(settings: Settings, zones: Sequence[Zone], now: datetime, until: datetime) -> float:
    """The reads that the polling table would spend on `zones` until an instant."""
    return sum(_planned(settings, zone, now, until) for zone in zones)


def _planned(settings: Settings, zone: Zone, now: datetime, until: datetime) -> float:
    total = (until - now).total_seconds()
    idle = interval_of(Mode.IDLE, settings).total_seconds()
    active = interval_of(Mode.IN_WINDOW, settings).total_seconds()
    if not settings.adaptive_polling_enabled:
        return total / active
    if not zone.automation_enabled or not zone.windows:
        return total / idle
    spans = spans_between(zone.windows, settings.tz, now, until)
    warmup = len(spans) * 60 * settings.poll_warmup_minutes
    inside = min(total, sum((span.closes - span.opens).total_seconds() for span in spans) + warmup)
    return inside / active + (total - inside) / idle


def stretch(settings: Settings, zones: Sequence[Zone], quota: Quota, now: datetime) -> float:
    """How many times longer the intervals must be for the reads to last until the reset; 1 while there are enough."""
    seconds = (quota.resets_at - now).total_seconds()
    shortest = min(settings.poll_interval_seconds, settings.idle_poll_interval_seconds)
    if seconds / shortest * len(zones) <= quota.reads_left:
        return 1.0
    wanted = planned_reads(settings, zones, now, quota.resets_at)
    return max(1.0, wanted / quota.reads_left) if quota.reads_left else 1.0
