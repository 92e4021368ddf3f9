"""`/api/forecast`: the coming wakes and calls. Pure."""

from __future__ import annotations

from datetime import timedelta, tzinfo

from ..domain.foreseen import Expected, ExpectedCrossing, Forecast, Planned, Run
from .views import View, degrees, iso

LISTED = timedelta(hours=24)  # every wake is listed for so long; a week's stand in `runs` alone


def forecast_view(forecast: Forecast, tz: tzinfo) -> View:
    """The forecast in order of time. `wakes` lists each wake up to `wakes_listed_until`, `runs` holds all of them."""
    listed_until = min(forecast.end, forecast.start + LISTED)
    return {
        "start": iso(forecast.start),
        "end": iso(forecast.end),
        "wakes": [_wake(wake, tz) for wake in forecast.wakes(listed_until)],
        "wakes_total": forecast.wakes_total,
        "wakes_listed_until": iso(listed_until),
        "runs": [_run(run, tz) for run in forecast.runs],
        "calls_total": forecast.calls_total,
        "calls_by_hour": [{"hour": iso(hour), "calls": calls} for hour, calls in forecast.calls_by_hour()],
        "windows": [_window(window) for window in forecast.windows],
        "crossings": [_crossing(crossing, tz) for crossing in forecast.crossings],
        "limit": forecast.limit,
        "used": forecast.used,
        "resets_at": iso(forecast.resets_at),
        "quota_at_reset": forecast.quota_at_reset,
    }


def _wake(wake: Expected, tz: tzinfo) -> View:
    return {
        "at": iso(wake.at),
        "zone": wake.zone,
        "mode": wake.mode,
        "pace": wake.pace,
        "reason": wake.reason.text(tz),
        "calls": wake.calls,
    }


def _run(run: Run, tz: tzinfo) -> View:
    return {
        "from": iso(run.first),
        "to": iso(run.last),
        "count": run.count,
        "every_seconds": run.every.total_seconds() if run.count > 1 else None,
        "zone": run.zone,
        "mode": run.mode,
        "pace": run.pace,
        "reason": run.reason.text(tz),
        "calls_each": run.calls,
    }


def _crossing(crossing: ExpectedCrossing, tz: tzinfo) -> View:
    """Nine times in ten it comes from `earliest` to `latest`; `latest` is null where that may be after the window."""
    return {
        "zone": crossing.zone,
        "at": iso(crossing.at),
        "earliest": iso(crossing.earliest),
        "latest": iso(crossing.latest),
        "threshold": degrees(crossing.threshold),
        "turn": crossing.turn,
        "reason": crossing.reason.text(tz),
    }


def _window(window: Planned) -> View:
    return {
        "zone": window.zone,
        "opens_at": iso(window.opens_at),
        "closes_at": iso(window.closes_at),
        "warmup_from": iso(window.warmup_from),
    }
