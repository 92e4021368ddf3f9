"""The JSON API. A GET reads what is kept and costs no call; what costs a call is a POST."""

from __future__ import annotations

from datetime import UTC, tzinfo

from flask import Blueprint, Response, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from ..domain.record import Catalogue, Outcome
from ..domain.settings_schema import json_schema
from .access import admin, caller, member, service
from .bodies import LARGEST_ID, MOST_ROWS, expected_tag, json_object, whole, zone_asked
from .described import describes
from .errors import Refusal
from .facts import gather, quota_now, state_text
from .records import record_view
from .service import JobView
from .shapes import ANY_OBJECT, PAGED, TEXT, ZONE_ASKED, one_of, ref, words_asked
from .state import scheduler_view
from .views import View, iso

api = Blueprint("api", __name__)

ACTIONS = ("winter", "summer", "fan", "off", "quick-off", "resume")
OUTCOME_ASKED = words_asked("outcome", "Those with this outcome.", list(Outcome))
ZONE_BODY: View = {"type": "object", "properties": {"zone": {**TEXT, "description": "Left out: all zones."}}}
CHANGES: View = {"refuses": (412, 422, 503), "body_needed": True, "tagged": True}
SCHEDULER_KEYS = ("running", "driving", "next_wake_at", "next_wake_reason")


@api.get("/api/state")
@member
@describes("Everything that is known of the home.", "State", tagged=True)
def state() -> AnyResponse:
    text, tag = state_text(service())
    known = request.environ.get("HTTP_IF_NONE_MATCH")
    if known and request.if_none_match.contains_weak(tag):
        return Response(status=304, headers=[("ETag", f'W/"{tag}"')])
    return Response(text, mimetype="application/json", headers=[("ETag", f'W/"{tag}"')])


@api.post("/api/run-once")
@member
@describes("One tick now for all zones; its records.", "Records", body=ANY_OBJECT, refuses=(409,))
def run_once() -> Response:
    json_object(optional=True)
    return jsonify([record_view(record, _tz()) for record in service().heart.run_once()])


@api.post("/api/actions/<action>")
@member
@describes(
    "A person's choice: the command goes out, and holds its zone.",
    "Acted",
    path={"action": one_of(*ACTIONS)},
    body=ZONE_BODY,
    refuses=(409, 422, 429, 503),
)
def act(action: str) -> Response:
    if action not in ACTIONS:
        raise Refusal(404, f"There is no action of this name; there are {', '.join(ACTIONS)}.")
    done = service().act(action, zone_asked(json_object(optional=True)))
    views = [record_view(record, _tz()) for record in done.records]
    first = views[0] if views else None
    return jsonify({"record": first, "records": views, "calls": done.calls, "hold_until": iso(done.hold_until)})


@api.get("/api/settings")
@member
@describes("The settings file as it stands.", "Settings", tagged=True)
def settings() -> AnyResponse:
    answer = Response(service().settings.text, mimetype="application/json")
    answer.set_etag(service().settings.etag)
    return answer.make_conditional(request)


@api.put("/api/settings")
@admin
@describes("Another settings file in place of this one.", "Settings", **CHANGES, body=ref("Settings"))
def replace_settings() -> AnyResponse:
    desk, document = service().settings, json_object()
    _keep_hosts(document, replaces=True)
    desk.replace(document, expected_tag(desk.etag))
    return settings()


@api.patch("/api/settings")
@admin
@describes("A change merged into the settings file (RFC 7396).", "Settings", **CHANGES, body=ANY_OBJECT)
def patch_settings() -> AnyResponse:
    desk, merge = service().settings, json_object()
    _keep_hosts(merge, replaces=False)
    desk.patch(merge, expected_tag(desk.etag))
    return settings()


@api.get("/api/settings/schema")
@member
@describes("The settings as JSON Schema.", "Object")
def settings_schema() -> Response:
    return jsonify(json_schema())


@api.get("/api/scheduler")
@member
@describes("The heart, and the jobs beside the tick.", "Scheduler")
def scheduler() -> Response:
    known = gather(service())
    view = {key: value for key, value in scheduler_view(known).items() if key in SCHEDULER_KEYS}
    return jsonify({**view, "jobs": [_job(job) for job in service().jobs.views()]})


@api.post("/api/scheduler/jobs/<job>/run")
@admin
@describes("A job run now; what came of it.", "Job")
def run_job(job: str) -> Response:
    return jsonify(_job(service().jobs.run(job)))


@api.post("/api/scheduler/jobs/<job>/pause")
@admin
@describes("A job that runs no more by itself.", "Job", refuses=(503,))
def pause_job(job: str) -> Response:
    return jsonify(_job(service().jobs.pause(job)))


@api.post("/api/scheduler/jobs/<job>/resume")
@admin
@describes("A job that runs at its times again.", "Job", refuses=(503,))
def resume_job(job: str) -> Response:
    return jsonify(_job(service().jobs.resume(job)))


@api.get("/api/ticks")
@member
@describes("Records of ticks, newest first.", "Records", query=(*PAGED, ZONE_ASKED, OUTCOME_ASKED))
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
@describes("The day's calls.", "Quota")
def quota() -> Response:
    return jsonify(quota_now(service()))


@api.get("/api/devices")
@member
@describes("The account's devices as last listed.", "Devices")
def devices() -> Response:
    return jsonify(_devices(service().memory.catalogue()))


@api.post("/api/devices/refresh")
@admin
@describes("The account's devices, listed anew; costs two calls.", "Devices", refuses=(503,))
def refresh_devices() -> Response:
    return jsonify(_devices(service().refresh_devices()))


@api.get("/api/scenes")
@member
@describes("The account's scenes as last listed.", "Scenes")
def scenes() -> Response:
    return jsonify(_scenes(service().memory.catalogue()))


@api.post("/api/scenes/refresh")
@admin
@describes("The account's scenes, listed anew; costs two calls.", "Scenes", refuses=(503,))
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
