"""The pages for people. They work without JavaScript: a button is a form, its answer a redirect."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, session
from flask_babel import gettext as _
from flask_login import logout_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from ..domain.settings_edit import automation_on_again, zone_change
from .access import admin, begin_session, caller, member, public, safe_next, service
from .api import ACTIONS
from .bodies import zone_asked
from .errors import Refusal
from .facts import Facts, facts, gather
from .home import HomePage, home_page
from .i18n import language
from .rate import too_many_logins
from .service import UnknownZone
from .shell import theme
from .told import told
from .words import came_of

pages = Blueprint("pages", __name__)

TOKEN_HERE = f"token-{secrets.token_hex(16)}"  # nobody can write it into a page
LONGEST_KEPT = 8  # pages kept at once: languages, themes, people


@dataclass(frozen=True, slots=True)
class _Kept:
    """A first page as text, with a mark where each visitor's own token stands."""

    of: Facts
    second: datetime
    html: str


@pages.get("/")
@member
def home() -> Response:
    """The page as it was made within this second for the same kind of visitor, or made anew."""
    found, now, who = facts(service()), service().clock(), caller()
    second = now.replace(microsecond=0)
    pages_kept: dict[Any, _Kept] = current_app.extensions.setdefault("first_pages", {})
    key = (language(), theme(), who.kind, who.name, who.admin)
    kept = pages_kept.get(key)
    flashed = "_flashes" in session
    if flashed or kept is None or kept.of is not found or kept.second != second:
        tag = f'W/"{found.state[1]}"'
        html = render_template("home.html", page=_page(found), tag=tag).replace(generate_csrf(), TOKEN_HERE)
        kept = _Kept(found, second, html)
        if not flashed:
            if len(pages_kept) >= LONGEST_KEPT:
                pages_kept.clear()
            pages_kept[key] = kept
    return Response(kept.html.replace(TOKEN_HERE, generate_csrf()), mimetype="text/html")


@pages.get("/parts/home")
@member
def home_parts() -> Response:
    """The parts of the first page that change, by the id of their place."""
    found = facts(service())
    page = _page(found)
    parts = {"banners": render_template("home/banners.html", page=page)}
    parts["calls"] = render_template("home/calls.html", calls=page.calls)
    parts["lately"] = render_template("home/lately.html", page=page)
    for card in page.cards:
        parts[f"zone-{card.id}"] = render_template("home/zone.html", card=card)
        parts[f"hold-{card.id}"] = render_template("home/hold.html", card=card)
        parts[f"acts-{card.id}"] = render_template("home/acts.html", card=card, page=page)
    return jsonify({"now": page.now, "tag": f'W/"{found.state[1]}"', "parts": parts})


def _page(found: Facts) -> HomePage:
    handed = service()
    known, warnings, unwell = found.at(handed.clock()), handed.settings.warnings, handed.memory.unwell()
    return home_page(known, warnings, found.records, found.samples, admin=caller().admin, unwell=unwell)


@pages.post("/do/run-once")
@member
def run_once() -> AnyResponse:
    """One look at all zones now."""

    def run() -> tuple[str, str]:
        known, records = gather(service()), service().heart.run_once()
        return came_of(records, sum(record.calls for record in records), None, known.now, known.tz)

    return told(run, "/")


@pages.post("/do/automation-on")
@admin
def automation_on() -> AnyResponse:
    """The automation on again, wherever it is off."""

    def turn_on() -> tuple[str, str]:
        desk = service().settings
        desk.patch(automation_on_again(json.loads(desk.text)))
        return _("The automation is on again."), "ok"

    return told(turn_on, "/")


@pages.post("/do/automation")
@admin
def automation() -> AnyResponse:
    """The automation of a zone, `on` or `off`."""
    wanted = {"on": True, "off": False}.get(request.form.get("value", ""))
    if wanted is None:
        raise Refusal(422, fields={"value": _("The automation can be on or off.")})
    after = _("The automation is on again.") if wanted else _("The automation is off until you turn it on.")
    return told(lambda: _changed({"automation_enabled": wanted}, after), "/")


@pages.post("/do/season")
@admin
def season() -> AnyResponse:
    """The season of a zone, `winter` or `summer`."""
    wanted = request.form.get("value", "")
    words = {"winter": _("It is winter now: the air conditioner heats."), "summer": _("It is summer now: it cools.")}
    if wanted not in words:
        raise Refusal(422, fields={"value": _("There are two seasons here: winter and summer.")})
    return told(lambda: _changed({"mode": wanted}, words[wanted]), "/")


def _changed(change: dict[str, Any], words: str) -> tuple[str, str]:
    """Changes what the settings state for the zone asked for, or for the only one."""
    desk, zone = service().settings, zone_asked({})
    known = [each.id for each in desk.current.all_zones] if desk.current else []
    if zone is None and len(known) == 1:
        zone = known[0]
    if zone not in known:
        raise UnknownZone(_("There is no such zone."))
    desk.patch(zone_change(json.loads(desk.text), zone, change))
    return words, "ok"


@pages.post("/do/<action>")
@member
def act(action: str) -> AnyResponse:
    """A manual action."""
    if action not in ACTIONS:
        raise Refusal(404)

    def do() -> tuple[str, str]:
        done = service().act(action, zone_asked({}))
        known = gather(service())
        words, tone = came_of(done.records, done.calls, done.hold_until, known.now, known.tz)
        after = _("The automation is off until you turn it on.") if action == "quick-off" else ""
        return f"{words} {after}".strip(), tone

    return told(do, "/")


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
        answer = _login_page(_("Too many tries from this address. Wait a minute, then try again."), target)
        answer.status_code, answer.headers["Retry-After"] = 429, "60"
        return answer
    user = service().people.verify(request.form.get("name", ""), request.form.get("password", ""))
    if user is None:
        answer = _login_page(_("Name and password do not belong together."), target)
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
