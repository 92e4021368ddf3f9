"""The pages for people. They work without JavaScript: a button is a form, its answer a redirect."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, session
from flask_login import logout_user
from werkzeug.wrappers import Response as AnyResponse

from ..domain.settings_faults import InvalidSettings
from .access import admin, begin_session, caller, member, public, safe_next, service
from .api import ACTIONS
from .bodies import zone_asked
from .errors import KINDS, Refusal
from .facts import gather
from .home import HomePage, home_page
from .login_limit import too_many_logins
from .state import state_view
from .views import entity_tag
from .words import came_of

pages = Blueprint("pages", __name__)

LATELY = 8  # records listed on the first page


@pages.get("/")
@member
def home() -> Response:
    page, tag = _home()
    return Response(render_template("home.html", page=page, tag=tag, who=caller()), mimetype="text/html")


@pages.get("/parts/home")
@member
def home_parts() -> Response:
    """The parts of the first page that change, by the id of their place."""
    page, _ = _home()
    parts = {"banners": render_template("home/banners.html", page=page)}
    parts["calls"] = render_template("home/calls.html", calls=page.calls)
    parts["lately"] = render_template("home/lately.html", page=page)
    for card in page.cards:
        parts[f"zone-{card.id}"] = render_template("home/zone.html", card=card)
        parts[f"hold-{card.id}"] = render_template("home/hold.html", card=card)
    return jsonify({"now": page.now, "parts": parts})


def _home() -> tuple[HomePage, str]:
    handed = service()
    known = gather(handed)
    tag = entity_tag(state_view(known), "now")
    lately = handed.memory.records(limit=LATELY)
    warnings, unwell = handed.settings.warnings, handed.memory.unwell()
    return home_page(known, warnings, lately, admin=caller().admin, unwell=unwell), f'W/"{tag}"'


@pages.post("/do/run-once")
@member
def run_once() -> AnyResponse:
    def run() -> tuple[str, str]:
        known, records = gather(service()), service().heart.run_once()
        return came_of(records, sum(record.calls for record in records), None, known.now, known.tz)

    return _said(run)


@pages.post("/do/automation-on")
@admin
def automation_on() -> AnyResponse:
    def turn_on() -> tuple[str, str]:
        service().settings.patch(_automation_on(service().settings.text))
        return "The automation is on again.", "ok"

    return _said(turn_on)


@pages.post("/do/<action>")
@member
def act(action: str) -> AnyResponse:
    if action not in ACTIONS:
        raise Refusal(404)

    def do() -> tuple[str, str]:
        done = service().act(action, zone_asked({}))
        known = gather(service())
        words, tone = came_of(done.records, done.calls, done.hold_until, known.now, known.tz)
        after = " The automation is off until you turn it on." if action == "quick-off" else ""
        return words + after, tone

    return _said(do)


def _automation_on(text: str) -> dict[str, Any]:
    """The merge that turns the automation on: for the house, and for the zones that state it for themselves."""
    document = json.loads(text)
    zones = document.get("zones")
    if not zones:
        return {"automation_enabled": True}
    stated = [{**zone, "automation_enabled": True} if "automation_enabled" in zone else zone for zone in zones]
    return {"automation_enabled": True, "zones": stated}


def _said(do: Callable[[], tuple[str, str]]) -> AnyResponse:
    """Does it and says what came of it: as JSON for the page's script, else on the page that follows."""
    status = 200
    try:
        message, tone = do()
    except InvalidSettings as error:
        status, tone, message = 422, "warn", f"The settings cannot be used: {error.faults[0].message}"
    except Exception as error:
        sorry = service().sorry(error)
        if sorry is None:
            raise
        status, tone, message = KINDS[type(sorry)][0], "warn", str(sorry)
    if request.accept_mimetypes.best == "application/json":
        answer = jsonify({"message": message, "tone": tone})
        answer.status_code = status
        return answer
    flash(message, tone)
    return redirect("/", 303)


@pages.get("/login")
@public
def login() -> AnyResponse:
    if caller().kind == "session":
        return redirect(safe_next(request.args.get("next")))
    return _login_page("", request.args.get("next"))


@pages.post("/login")
@public
def log_in() -> AnyResponse:
    target = request.form.get("next")
    if too_many_logins(request.remote_addr or "unknown"):
        answer = _login_page("Too many tries from this address. Wait a minute, then try again.", target)
        answer.status_code, answer.headers["Retry-After"] = 429, "60"
        return answer
    user = service().people.verify(request.form.get("name", ""), request.form.get("password", ""))
    if user is None:
        answer = _login_page("Name and password do not belong together.", target)
        answer.status_code = 401
        return answer
    begin_session(user)
    return redirect(safe_next(target), 303)


def _login_page(message: str, target: str | None) -> Response:
    name = request.form.get("name", "")[:50]
    html = render_template("login.html", message=message, next=safe_next(target), name=name)
    return Response(html, mimetype="text/html")


@pages.post("/logout")
@member
def log_out() -> AnyResponse:
    logout_user()
    session.clear()
    return redirect("/login", 303)
