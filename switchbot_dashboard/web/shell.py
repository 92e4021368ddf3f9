"""What surrounds every page: the navigation, the theme, the language, and the manifest of the web app."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Blueprint, Flask, Response, current_app, g, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from .access import Caller, caller, member, public, safe_next, service
from .errors import Refusal
from .i18n import COOKIE, LANGUAGES, now
from .messages_view import shown, unread_words
from .views import iso

log = logging.getLogger(__name__)

shell = Blueprint("shell", __name__)

THEMES = {"auto": _l("Auto"), "light": _l("Light"), "dark": _l("Dark")}
THEME_COOKIE = "theme"
A_YEAR = timedelta(days=365)
GROUNDS = {"light": "#f6f6f3", "dark": "#0f1317"}


@dataclass(frozen=True, slots=True)
class Place:
    """A page that can be gone to; `first` are those with a place of their own on a phone."""

    path: str
    name: object  # a lazy text
    icon: str
    first: bool = False


PLACES = (
    Place("/", _l("Home"), "home", first=True),
    Place("/history", _l("History"), "history", first=True),
    Place("/schedule", _l("Schedule"), "schedule", first=True),
    Place("/settings", _l("Settings"), "settings", first=True),
    Place("/alerts", _l("Alerts"), "alerts"),
    Place("/reminders", _l("Reminders"), "reminders"),
    Place("/notifications", _l("Notifications"), "bell"),
    Place("/ticks", _l("Why"), "why"),
    Place("/actions", _l("Actions"), "actions"),
    Place("/devices", _l("Devices"), "devices"),
    Place("/quota", _l("Quota"), "quota"),
    Place("/users", _l("People"), "people"),
)


@dataclass(frozen=True, slots=True)
class Shell:
    """What `base.html` shows around a page."""

    places: tuple[Place, ...]
    here: str
    who: Caller
    virtual: bool
    theme: str
    badges: Mapping[str, int] = field(default_factory=dict)  # what nobody has read yet, by the page's path

    @property
    def behind(self) -> int:
        """What nobody has read yet on the places behind "more"."""
        return sum(self.badges.get(place.path, 0) for place in self.more)

    @property
    def more(self) -> tuple[Place, ...]:
        """The places behind "more" on a phone."""
        return tuple(place for place in self.places if not place.first)

    @property
    def in_more(self) -> bool:
        """Whether the page shown is one of those."""
        return any(place.path == self.here for place in self.more)


@dataclass(frozen=True, slots=True)
class Bell:
    """The bell in the head of a page. `count` is None for someone to whom no messages can come."""

    count: int | None
    shown: str = ""
    words: str = ""


def register_shell(app: Flask) -> None:
    """The views of this module, and `shell()` for the templates."""
    app.register_blueprint(shell)
    app.jinja_env.globals.update(
        shell=_shell,
        bell=_bell,
        theme=theme,
        THEMES=THEMES,
        GROUNDS=GROUNDS,
        here=lambda: request.full_path.rstrip("?"),
        now_iso=lambda: iso(now()),
    )


def theme() -> str:
    """`light`, `dark`, or `auto`: as the device has it."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


def _shell() -> Shell:
    paths = current_app.extensions.get("paths")
    if paths is None:
        paths = current_app.extensions["paths"] = {rule.rule for rule in current_app.url_map.iter_rules()}
    places = tuple(place for place in PLACES if place.path in paths)
    top = "/" + request.path.strip("/").partition("/")[0]
    here = {"/reglages": "/settings"}.get(top, top)
    return Shell(places, here, caller(), service().config.source == "virtual_home", theme(), _badges())


def _badges() -> dict[str, int]:
    """None while the memory does not answer: a page that says so needs its navigation."""
    desks, who = service().desks, caller()
    if who.role is None:
        return {}
    try:
        return {"/alerts": desks.alerts.count().unread} if desks.alerts else {}
    except Exception as error:
        if service().sorry(error) is None:
            raise
        return {}


def _bell() -> Bell | None:
    """None where there are no messages at all, or while the memory cannot tell."""
    desk, me = service().desks.outbox, caller().user_id
    if "bell" not in g:
        g.bell = None
        if desk is not None and me is None:
            g.bell = Bell(None)
        elif desk is not None and me is not None:
            try:
                count = desk.unread(me)
                g.bell = Bell(count, shown(count), unread_words(count))
            except Exception:
                log.warning("[web] The memory cannot tell what is unread", exc_info=True)
    found: Bell | None = g.bell
    return found


@shell.get("/language/<code>")
@member
def choose_language(code: str) -> AnyResponse:
    """Keeps the language in a cookie and goes back."""
    return _kept(COOKIE, code, code in LANGUAGES)


@shell.get("/theme/<name>")
@member
def choose_theme(name: str) -> AnyResponse:
    """Keeps the theme in a cookie and goes back."""
    return _kept(THEME_COOKIE, name, name in THEMES)


def _kept(cookie: str, value: str, known: bool) -> AnyResponse:
    if not known:
        raise Refusal(404)
    answer = redirect(safe_next(request.args.get("next")), 303)
    answer.set_cookie(cookie, value, max_age=A_YEAR, samesite="Lax", secure=request.is_secure, httponly=True)
    return answer


@shell.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """The web app's manifest, in the reader's language."""
    icons = [
        {"src": url_for("static", filename=f"icons/{name}.png"), "sizes": size, "type": "image/png", "purpose": purpose}
        for name, size, purpose in (
            ("icon-192", "192x192", "any"),
            ("icon-512", "512x512", "any"),
            ("maskable-512", "512x512", "maskable"),
        )
    ]
    answer = jsonify(
        {
            "name": "SwitchBot Dashboard",
            "short_name": _("Home"),
            "start_url": "/",
            "id": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": GROUNDS["light"],
            "theme_color": GROUNDS["light"],
            "icons": icons,
        }
    )
    answer.mimetype = "application/manifest+json"
    return answer
