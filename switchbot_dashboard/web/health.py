"""Is it alive, is it ready, and in figures: for monitors. Those who are not logged in learn yes or no."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from .access import caller, member, public, service
from .described import describes
from .facts import gather
from .metrics import metrics_text
from .service import Pulse, Service
from .state import fault_list
from .views import View, iso

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
@describes("Whether the process serves and its heart beats.", "Health", others={503: "Health"})
def healthz() -> Response:
    """200 while the process serves and, where it drives, the heart has beaten when it should."""
    heart = service().heart
    well = not heart.driving or heart.healthy(service().clock())
    message = "" if well else "The heart has not beaten when it should have: look into the log, then restart."
    return _answer("ok" if well else "failing", "unhealthy", message, _beats(service()) if _known() else {})


@health.get("/readyz")
@public
@describes("Whether the database answers and the settings are valid.", "Health", others={503: "Health"})
def readyz() -> Response:
    """503 until the memory answers and the settings are valid."""
    unwell, faults = service().memory.unwell(), service().settings.faults
    memory_fault = str(unwell) if unwell else None
    ready = memory_fault is None and not faults and service().settings.current is not None
    if not _known():
        return _answer("ready" if ready else "not_ready", "not_ready", "" if ready else "Not ready yet.", {})
    message = memory_fault or ("The settings are not valid: see faults." if not ready else "")
    details = {"database": memory_fault or "ok", "faults": fault_list(faults)}
    return _answer("ready" if ready else "not_ready", "not_ready", message, details)


def _known() -> bool:
    return caller().role is not None


def _answer(status: str, code: str, message: str, details: View) -> Response:
    """Well: 200 and the status. Otherwise 503, in the shape of every error, with the status beside it."""
    error = {"error": code, "message": message, "fields": {}} if message else {}
    answer = jsonify({"status": status, **error, **details})
    answer.status_code = 503 if error else 200
    return answer


def _beats(service: Service) -> View:
    heart = service.heart
    pulse = _pulse(service)
    return {
        "scheduler_running": heart.running,
        "driving": heart.driving,
        "last_tick_at": iso(pulse.last_tick_at) if pulse else None,
        "next_wake_at": iso(heart.next_wake[0]) if heart.next_wake else None,
        "version": service.version,
    }


def _pulse(service: Service) -> Pulse | None:
    """How the ticks went; None while the memory cannot tell."""
    try:
        return service.memory.pulse()
    except Exception as error:
        if service.sorry(error) is None:
            raise
        return None


@health.get("/metrics")
@member
@describes("The home in figures, as Prometheus reads them.", kind="text/plain")
def metrics() -> Response:
    """Prometheus text."""
    return Response(metrics_text(gather(service())), content_type="text/plain; version=0.0.4; charset=utf-8")
