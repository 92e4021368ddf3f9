"""The page of alerts. It works without JavaScript: a button is a form, its answer a redirect."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from ..domain.alert import Wanted
from .access import member
from .alerts_api import author, desk, known
from .alerts_view import FOR, SILENCES, alerts_page, title_of
from .bodies import LARGEST_ID, whole
from .errors import Refusal
from .i18n import at_moment, home_zone, now
from .told import in_force, told

alerts = Blueprint("alerts", __name__)

MOST, ROWS = 200, 30  # that last, and that are over, on one page


@alerts.get("/alerts")
@member
def page() -> str:
    """What is wrong, and what was."""
    faults: dict[str, str] = {}
    before = whole("before", None, 1, LARGEST_ID, faults)
    if faults:
        raise Refusal(422, fields=faults)
    over = desk().listed(Wanted(over=True, before=before, limit=ROWS + 1))
    standing = desk().listed(Wanted(limit=MOST)) if before is None else ()
    settings = in_force()
    shown = alerts_page(
        standing,
        over[:ROWS],
        now(),
        home_zone(),
        older=f"/alerts?before={over[ROWS - 1].id}" if len(over) > ROWS else "",
        paged=before is not None,
        every=settings.alerts.every_minutes if settings else 5,
    )
    return render_template("alerts/page.html", page=shown)


@alerts.post("/alerts/<int:alert_id>/acknowledge")
@member
def acknowledge(alert_id: int) -> AnyResponse:
    """Someone sees to it."""
    alert = known(alert_id)

    def do() -> tuple[str, str]:
        if not desk().acknowledge(alert_id, author()):
            return _over()
        return _("“%(title)s”: you see to it. Nobody is told again.", title=title_of(alert.kind)), "ok"

    return told(do, "/alerts")


@alerts.post("/alerts/<int:alert_id>/read")
@member
def read(alert_id: int) -> AnyResponse:
    """Someone has read it."""
    alert = known(alert_id)

    def do() -> tuple[str, str]:
        desk().read(alert_id)
        return _("“%(title)s” is marked as read.", title=title_of(alert.kind)), "ok"

    return told(do, "/alerts")


@alerts.post("/alerts/<int:alert_id>/silence")
@member
def silence(alert_id: int) -> AnyResponse:
    """Nobody is told for a time, or again from now on."""
    alert, text = known(alert_id), request.form.get("minutes", "")
    if text not in ("0", *map(str, SILENCES)):
        words = _("Choose one of: %(choices)s.", choices=", ".join(str(each) for each in FOR.values()))
        raise Refusal(422, fields={"minutes": words})

    def do() -> tuple[str, str]:
        if not desk().silence(alert_id, int(text), author()):
            return _over()
        title, until = title_of(alert.kind), known(alert_id).silenced_until
        if until is None:
            return _("“%(title)s” is no longer silent.", title=title), "ok"
        return _("“%(title)s”: nobody is told until %(at)s.", title=title, at=at_moment(until)), "ok"

    return told(do, "/alerts")


def _over() -> tuple[str, str]:
    return _("This alert is over, so there is nothing to see to any more."), "warn"
