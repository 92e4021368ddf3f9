"""The JSON API. A GET reads what is kept and costs no call; what costs a call is a POST."""

from __future__ import annotations

from datetime import UTC, tzinfo

from flask import Blueprint, Response, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from ..domain.record import Catalogue, Outcome
from ..domain.settings_schema import json_schema
from .access import admin, caller, member, service
from .bodies import LARGEST_ID, MOST_ROWS, expected_tag, json_object, whole, zone_asked
from .errors import Refusal
from .facts import gather, quota_now, state_text
from .records import record_view
from .service import JobView
from .state import scheduler_view
from .views import View, iso

api = Blueprint("api", __name__)

ACTIONS = ("winter", "summer", "fan", "off", "quick-off", "resume")
SCHEDULER_KEYS = ("running", "driving", "next_wake_at", "next_wake_reason")


@api.get("/api/state")
@member
def state() -> AnyResponse:
    text, tag = state_text(service())
    known = request.environ.get("HTTP_IF_NONE_MATCH")
    if known and request.if_none_match.contains_weak(tag):
        return Response(status=304, headers=[("ETag", f'W/"{tag}"')])
    return Response(text, mimetype="application/json", headers=[("ETag", f'W/"{tag}"')])


@api.post("/api/run-once")
@member
def run_once() -> Response:
    json_object(optional=True)
    return jsonify([record_view(record, _tz()) for record in service().heart.run_once()])


@api.post("/api/actions/<action>")
@member
def act(action: str) -> Response:
    if action not in ACTIONS:
        raise Refusal(404, f"There is no action of this name; there are {', '.join(ACTIONS)}.")
    done = service().act(action, zone_asked(json_object(optional=True)))
    views = [record_view(record, _tz()) for record in done.records]
    first = views[0] if views else None
    return jsonify({"record": first, "records": views, "calls": done.calls, "hold_until": iso(done.hold_until)})


@api.get("/api/settings")
@member
def settings() -> AnyResponse:
    answer = Response(service().settings.text, mimetype="application/json")
    answer.set_etag(service().settings.etag)
    return answer.make_conditional(request)


@api.put("/api/settings")
@admin
def replace_settings() -> AnyResponse:
    desk, document = service().settings, json_object()
    _keep_hosts(document, replaces=True)
    desk.replace(document, expected_tag(desk.etag))
    return settings()


@api.patch("/api/settings")
@admin
def patch_settings() -> AnyResponse:
    desk, merge = service().settings, json_object()
    _keep_hosts(merge, replaces=False)
    desk.patch(merge, expected_tag(desk.etag))
    return settings()


@api.get("/api/settings/schema")
@member
def settings_schema() -> Response:
    return jsonify(json_schema())


@api.get("/api/scheduler")
@member
def scheduler() -> Response:
    known = gather(service())
    view = {key: value for key, value in scheduler_view(known).items() if key in SCHEDULER_KEYS}
    return jsonify({**view, "jobs": [_job(job) for job in service().jobs.views()]})


@api.post("/api/scheduler/jobs/<job>/run")
@admin
def run_job(job: str) -> Response:
    return jsonify(_job(service().jobs.run(job)))


@api.post("/api/scheduler/jobs/<job>/pause")
@admin
def pause_job(job: str) -> Response:
    return jsonify(_job(service().jobs.pause(job)))


@api.post("/api/scheduler/jobs/<job>/resume")
@admin
def resume_job(job: str) -> Response:
    return jsonify(_job(service().jobs.resume(job)))


@api.get("/api/ticks")
@member
def ticks() -> Response:
    faults: dict[str, str] = {}
    limit = whole("limit", 100, 1, MOST_ROWS, faults)
    before = whole("before", None, 1, LARGEST_ID, faults)
    outcome, zone = request.args.get("outcome"), request.args.get("zone")
    if outcome is not None and outcome not in list(Outcome):
        faults["outcome"] = f"outcome is {outcome[:40]!r}; it must be one of {', '.join(Outcome)}."
    if faults:
        raise Refusal(422, fields=faults)
    found = service().memory.records(zone=zone, outcome=outcome, before=before, limit=limit or MOST_ROWS)
    return jsonify([record_view(record, _tz()) for record in found])


@api.get("/api/quota")
@member
def quota() -> Response:
    return jsonify(quota_now(service()))


@api.get("/api/devices")
@member
def devices() -> Response:
    return jsonify(_devices(service().memory.catalogue()))


@api.post("/api/devices/refresh")
@admin
def refresh_devices() -> Response:
    return jsonify(_devices(service().refresh_devices()))


@api.get("/api/scenes")
@member
def scenes() -> Response:
    return jsonify(_scenes(service().memory.catalogue()))


@api.post("/api/scenes/refresh")
@admin
def refresh_scenes() -> Response:
    return jsonify(_scenes(service().refresh_scenes()))


def _tz() -> tzinfo:
    current = service().settings.current
    return current.tz if current else UTC


def _keep_hosts(document: View, *, replaces: bool) -> None:
    """The virtual home's visitor may not change where notifications may go."""
    key, current = "channels_allowed_hosts", service().settings.current
    if not caller().limited or not (replaces or key in document):
        return
    now = list(current.channels_allowed_hosts) if current else []
    if (document.get(key) or []) != now:
        words = "Only an administrator who logged in can change this: set DASHBOARD_PASSWORD and log in."
        raise Refusal(403, words, fields={key: words})


def _job(job: JobView) -> View:
    return {
        "id": job.id,
        "name": job.name,
        "next_run_time": iso(job.next_run_time),
        "last_run_at": iso(job.last_run_at),
        "last_outcome": str(job.last_outcome) if job.last_outcome else None,
        "enabled": job.enabled,
    }


def _devices(catalogue: Catalogue | None) -> list[View]:
    if catalogue is None:
        return []
    return [
        {
            "id": device.id,
            "name": device.name,
            "type": device.type,
            "infrared": device.infrared,
            "hub": device.hub,
            "cloud_enabled": device.cloud_enabled,
            "fetched_at": iso(catalogue.fetched_at),
        }
        for device in catalogue.devices
    ]


def _scenes(catalogue: Catalogue | None) -> list[View]:
    if catalogue is None:
        return []
    listed = iso(catalogue.fetched_at)
    return [{"id": scene, "name": name, "fetched_at": listed} for scene, name in catalogue.scenes.items()]
