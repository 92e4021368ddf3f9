"""A record as the API shows it."""

from __future__ import annotations

from datetime import tzinfo

from ..domain.record import Done, Reading, Record, Trouble
from .views import View, degrees, iso


def record_view(record: Record, tz: tzinfo) -> View:
    """One zone's part of a tick, for `/api/ticks`, `/api/run-once` and the actions; sentences name times in `tz`."""
    return {
        "id": record.id,
        "at": iso(record.at),
        "zone": record.zone,
        "trigger": record.trigger,
        "season": record.season,
        "inside_window": record.inside_window,
        "reading": _reading(record.reading),
        "trouble": _trouble(record.trouble, tz),
        "outcome": record.verdict.outcome.value,
        "explanation": record.verdict.sentence.text(tz),
        "action": _action(record.action, tz),
        "calls": record.calls,
        "duration_ms": record.duration_ms,
        "mode": record.wake.mode.value,
        "pace": record.wake.pace.value,
        "interval_seconds": record.wake.interval_seconds,
        "next_wake_at": iso(record.wake.at),
        "next_wake_reason": record.wake.reason.text(tz),
    }


def _reading(reading: Reading | None) -> View | None:
    if reading is None:
        return None
    return {
        "temperature": degrees(reading.tenths),
        "humidity": reading.humidity,
        "battery": reading.battery,
        "read_at": iso(reading.read_at),
        "changed_at": iso(reading.changed_at),
    }


def _trouble(trouble: Trouble | None, tz: tzinfo) -> View | None:
    if trouble is None:
        return None
    return {
        "outcome": trouble.outcome.value,
        "message": trouble.sentence.text(tz),
        "since": iso(trouble.since),
        "retry_at": iso(trouble.retry_at),
    }


def _action(done: Done | None, tz: tzinfo) -> View | None:
    if done is None:
        return None
    return {
        "turn": done.order.turn.value,
        "origin": done.order.origin.value,
        "via": "scene" if done.step.scene else "command",
        "fate": done.fate.value,
        "sent_at": iso(done.sent_at),
        "errors": [said.text(tz) for said in (*done.order.skipped, *done.errors)],
        "reason": done.order.reason.text(tz),
    }
