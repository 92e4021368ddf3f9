"""Step 3: how often a zone is looked at. The table of modes; step 8 makes an instant of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from .record import Mode
from .settings import Settings, Zone
from .windows import Opening

ACTIVE = frozenset({Mode.FIXED, Mode.IN_WINDOW, Mode.WARMUP, Mode.OPTIMAL_START})


def choose_mode(
    settings: Settings,
    zone: Zone,
    opening: Opening,
    now: datetime,
    *,
    repeat_due: bool = False,
    preheating: bool = False,
) -> Mode:
    """The polling mode of a zone at `now`: the first row of the table that applies."""
    if not settings.adaptive_polling_enabled:
        return Mode.FIXED
    if not zone.automation_enabled:
        return Mode.AUTOMATION_DISABLED
    if not zone.windows:
        return Mode.NO_WINDOWS
    if repeat_due:
        return Mode.PENDING_OFF_REPEAT
    if opening.inside:
        return Mode.IN_WINDOW
    if preheating:
        return Mode.OPTIMAL_START
    start = warmup_start(settings, opening)
    return Mode.WARMUP if start is not None and start <= now else Mode.IDLE


def interval_of(mode: Mode, settings: Settings) -> timedelta:
    """The table's interval between two readings in `mode`; a pending repeat does not change it and has no row here."""
    if mode in ACTIVE:
        return timedelta(seconds=settings.poll_interval_seconds)
    return timedelta(seconds=settings.idle_poll_interval_seconds)


def warmup_start(settings: Settings, opening: Opening) -> datetime | None:
    """When the warm-up of the next window begins; None without warm-up or without a window."""
    if opening.opens_at is None or settings.poll_warmup_minutes == 0:
        return None
    return opening.opens_at - timedelta(minutes=settings.poll_warmup_minutes)
