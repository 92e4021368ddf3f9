"""What is to come: the forecast for programs, the schedule for people, and the jobs beside the tick."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from ..domain.budget import quota_of
from ..domain.forecast import Forecast, forecast_of
from ..domain.record import House
from ..domain.settings import Settings
from .access import admin, caller, member, service
from .bodies import whole
from .described import describes
from .errors import Refusal
from .forecast_view import forecast_view
from .i18n import now
from .schedule_jobs import job_lines
from .schedule_view import schedule_page
from .shapes import number_asked
from .told import in_force, told

schedule = Blueprint("schedule", __name__)

DAY, WEEK = 24, 168  # hours
HOURS_ASKED = (number_asked("hours", "How far ahead.", DAY, 1, WEEK),)
DOES = ("run", "pause", "resume")


@schedule.get("/api/forecast")
@member
@describes("The coming wakes and calls.", "Forecast", query=HOURS_ASKED, refuses=(503,))
def forecast() -> Response:
    """The coming wakes and calls; costs no call."""
    faults: dict[str, str] = {}
    hours = whole("hours", DAY, 1, WEEK, faults)
    if faults:
        raise Refusal(422, fields=faults)
    settings = in_force()
    if settings is None:
        raise Refusal(503, _("No settings are in force, so nothing can be foreseen. Correct the settings file."))
    return jsonify(forecast_view(_forecast(settings, service().memory.load(now()), hours or DAY), settings.tz))


@schedule.get("/schedule")
@member
def page() -> str:
    """The next day, the coming week and the jobs."""
    settings, jobs = in_force(), job_lines(service().jobs.views())
    view = None
    if settings is not None:
        house = service().memory.load(now())
        view = schedule_page(settings, house, _forecast(settings, house, DAY), _forecast(settings, house, WEEK))
    return render_template("schedule/page.html", page=view, jobs=jobs, admin=caller().admin)


@schedule.post("/schedule/jobs/<job>/<do>")
@admin
def do_job(job: str, do: str) -> AnyResponse:
    """A job's buttons: as for the API, with what came of it in words."""
    if do not in DOES:
        raise Refusal(404)

    def did() -> tuple[str, str]:
        view = getattr(service().jobs, do)(job)
        (line,) = job_lines([view])
        if do == "run":
            return _("%(job)s ran: %(outcome)s", job=line.name, outcome=line.outcome), "warn" if line.failed else "ok"
        if do == "pause":
            return _("%(job)s is paused until someone resumes it.", job=line.name), "ok"
        return _("%(job)s runs at its times again, next %(at)s.", job=line.name, at=line.next), "ok"

    return told(did, "/schedule#jobs")


def _forecast(settings: Settings, house: House, hours: int) -> Forecast:
    present = now()
    return forecast_of(settings, house, quota_of(settings, house.calls_today, present), present, hours)
