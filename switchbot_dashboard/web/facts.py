"""What the pages and the API show, gathered from the service at one look at the clock. No cloud call."""

from __future__ import annotations

from datetime import datetime

from .quota import quota_view
from .service import Service
from .state import Known
from .views import View


def gather(service: Service) -> Known:
    """All that is known now."""
    now, desk, memory, heart = service.clock(), service.settings, service.memory, service.heart
    pulse = memory.pulse()
    return Known(
        now=now,
        source=service.config.source,
        settings=desk.current,
        faults=desk.faults,
        faults_at=desk.faults_at,
        house=memory.load(now),
        pulse=pulse,
        running=heart.running,
        driving=heart.driving,
        next_wake=heart.next_wake,
        last_error=memory.last_error(now),
        quota=_quota(service, pulse.last_tick_at, now),
    )


def quota_now(service: Service) -> View:
    """The day's calls."""
    return _quota(service, service.memory.pulse().last_tick_at, service.clock())


def _quota(service: Service, last_tick_at: datetime | None, now: datetime) -> View:
    by_purpose = service.memory.calls_of_day(now)
    return quota_view(service.settings.current, by_purpose, last_tick_at or now, now)
