"""`/api/alerts`: what is wrong, and what people do about it. Only a POST looks the home over; a GET reads."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _

from ..domain.alert import Alert, Severity, Wanted
from .access import caller, member, service
from .bodies import LARGEST_ID, MOST_ROWS, json_object, whole
from .described import Query, describes
from .errors import Refusal
from .i18n import home_zone
from .people_service import AlertDesk
from .shapes import ANY_OBJECT, PAGED, TRUTH, words_asked
from .shapes_people import SILENCE
from .views import View, iso

alerts_api = Blueprint("alerts_api", __name__)

LONGEST_SILENCE = 7 * 24 * 60  # minutes
TRUE, FALSE = ("1", "true", "yes"), ("0", "false", "no")
LISTED = (
    *PAGED,
    Query("active", "1 (usual): those that last; 0: also those that are over.", TRUTH),
    Query("unread", "1: only those that nobody has read.", TRUTH),
    words_asked("severity", "Only those of this severity.", list(Severity)),
    words_asked("priority", "The same as `severity`.", list(Severity)),
)


@alerts_api.get("/api/alerts")
@member
@describes("Alerts, newest first; those that last unless asked otherwise.", "Alerts", query=LISTED)
def alerts() -> Response:
    found = desk().listed(wanted())
    return jsonify([alert_view(alert, home_zone()) for alert in found])


@alerts_api.post("/api/alerts/generate")
@member
@describes("The home looked over now; costs no call.", "AlertsGenerated", body=ANY_OBJECT, refuses=(503,))
def generate() -> Response:
    json_object(optional=True)
    done = desk().generate()
    counts = {"created": done.created, "updated": done.updated, "resolved": done.resolved}
    words = _("%(created)s new, %(updated)s that last, %(resolved)s over.", **counts)
    return jsonify({"message": words, **{f"alerts_{name}": count for name, count in counts.items()}})


@alerts_api.post("/api/alerts/<int:alert_id>/read")
@member
@describes("An alert that someone has read.", "Alert", body=ANY_OBJECT)
def read(alert_id: int) -> Response:
    json_object(optional=True)
    known(alert_id)
    desk().read(alert_id)
    return _answer(alert_id)


@alerts_api.post("/api/alerts/<int:alert_id>/acknowledge")
@member
@describes("An alert that someone sees to: nobody is told again.", "Alert", body=ANY_OBJECT, refuses=(409,))
def acknowledge(alert_id: int) -> Response:
    json_object(optional=True)
    known(alert_id)
    lasting(desk().acknowledge(alert_id, author()))
    return _answer(alert_id)


@alerts_api.post("/api/alerts/<int:alert_id>/silence")
@member
@describes(
    "An alert of which nobody is told for some minutes; 0 ends that.",
    "Alert",
    body=SILENCE,
    body_needed=True,
    refuses=(409, 422),
)
def silence(alert_id: int) -> Response:
    minutes = minutes_asked(json_object().get("minutes"))
    known(alert_id)
    lasting(desk().silence(alert_id, minutes, author()))
    return _answer(alert_id)


def desk() -> AlertDesk:
    """The alerts of this service. Refuses with 404 where it keeps none."""
    found = service().desks.alerts
    if found is None:
        raise Refusal(404)
    return found


def author() -> tuple[int | None, str]:
    """Who asks: a user's id, where it is one, and the name that is shown."""
    who = caller()
    return who.user_id, who.signature


def known(alert_id: int) -> Alert:
    """The alert with this id. Refuses with 404 where there is none that was ever active."""
    found = desk().get(alert_id) if alert_id <= LARGEST_ID else None
    if found is None:
        raise Refusal(404, _("There is no alert with the number %(id)s.", id=str(alert_id)[:20]))
    return found


def lasting(done: bool) -> None:
    """Refuses with 409 what was asked of an alert that is over."""
    if not done:
        raise Refusal(409, _("This alert is over, so there is nothing to see to any more."), code="over")


def minutes_asked(value: Any) -> int:
    """The minutes of a silence. Refuses with 422."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_SILENCE:
        words = _("minutes must be a whole number from 0 to %(most)s; 0 ends a silence.", most=LONGEST_SILENCE)
        raise Refusal(422, fields={"minutes": words})
    return value


def wanted() -> Wanted:
    """What the query asks for. Refuses with 422, naming each field that cannot be used."""
    faults: dict[str, str] = {}
    limit, before = whole("limit", 100, 1, MOST_ROWS, faults), whole("before", None, 1, LARGEST_ID, faults)
    active, unread = _truth("active", True, faults), _truth("unread", False, faults)
    severities = [_severity(name, faults) for name in ("severity", "priority") if request.args.get(name)]
    if len(set(severities)) > 1 and not faults:
        faults["priority"] = _("priority means the same as severity; give one of them.")
    if faults:
        raise Refusal(422, fields=faults)
    return Wanted(active, unread, severities[0] if severities else None, before, limit or MOST_ROWS)


def _truth(name: str, usual: bool, faults: dict[str, str]) -> bool:
    text = request.args.get(name, "").lower()
    if text and text not in (*TRUE, *FALSE):
        faults[name] = _("%(name)s is %(value)s; it must be 1 or 0.", name=name, value=repr(text[:40]))
    return text in TRUE if text else usual


def _severity(name: str, faults: dict[str, str]) -> Severity | None:
    text = request.args.get(name, "").upper()
    if text in list(Severity):
        return Severity(text)
    known_ones = ", ".join(Severity)
    faults[name] = _(
        "%(name)s is %(value)s; it must be one of %(known)s.", name=name, value=repr(text[:40]), known=known_ones
    )
    return None


def _answer(alert_id: int) -> Response:
    return jsonify(alert_view(known(alert_id), home_zone()))


def alert_view(alert: Alert, tz: tzinfo) -> View:
    """An alert for machines; `message` is English, its times on the home's clock."""
    return {
        "id": alert.id,
        "kind": alert.kind.value,
        "severity": alert.severity.value,
        "subject": alert.subject,
        "message": alert.sentence.text(tz),
        "state": alert.state.value,
        "is_active": alert.is_active,
        "is_read": alert.is_read,
        "first_seen": iso(alert.first_seen),
        "active_since": iso(alert.active_since),
        "last_seen": iso(alert.last_seen),
        "resolved_at": iso(alert.resolved_at),
        "acknowledged_at": iso(alert.acknowledged_at),
        "acknowledged_by": alert.acknowledged_by or None,
        "silenced_until": iso(alert.silenced_until),
        "told_at": iso(alert.told_at),
        "told_count": alert.told_count,
        "escalated_at": iso(alert.escalated_at),
    }
