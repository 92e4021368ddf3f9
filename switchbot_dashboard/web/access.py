"""Who may do what. Every view says whom it is for; a view that says nothing is closed to all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, g, redirect, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from ..config import is_loopback
from ..people import Role, User
from .errors import Refusal, wants_json
from .service import Service

log = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., Any])

SESSION_LASTS = timedelta(days=30)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
FORWARDING = ("FORWARDED", "VIA", "X_REAL_IP", "X_CLIENT_IP", "X_CLUSTER_CLIENT_IP", "TRUE_CLIENT_IP")
FORWARDED = frozenset(f"HTTP_{name}" for name in FORWARDING)
GUARDS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
COOKIE = "switchbot_dashboard"
MARK, SECRET_MARK = "_for", "_by_secret"


class Whom(Enum):
    """Whom a view is for. `OWNER` is an administrator who proved to be one: not the visitor of the virtual home."""

    PUBLIC = "public"
    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `kind` is `nobody`, `session`, `token` or `visitor` (the virtual home's, from this machine).

    `user_id` is whose session or token it is; None for the visitor, and for a token that belongs to nobody.
    """

    kind: str
    name: str = ""
    role: Role | None = None
    user_id: int | None = None

    @property
    def admin(self) -> bool:
        """Whether they may change everything but what `limited` keeps from them."""
        return self.role is Role.ADMIN

    @property
    def limited(self) -> bool:
        """Kept from mail, channels, users, tokens and the webhook."""
        return self.kind == "visitor"

    @property
    def signature(self) -> str:
        """How they sign what they do: their name, and of a program that it is one."""
        return f"token {self.name}" if self.kind == "token" else self.name

    def may(self, whom: Whom) -> bool:
        """Whether a view for `whom` is open to them."""
        if whom is Whom.PUBLIC:
            return True
        if whom is Whom.MEMBER:
            return self.role is not None
        return self.admin and not (whom is Whom.OWNER and self.limited)


NOBODY = Caller("nobody")


def _marks(whom: Whom) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, MARK, whom)
        return view

    return mark


public, member, admin, owner = (_marks(whom) for whom in Whom)


def by_secret(view: View) -> View:
    """For a program that knows the secret in the address, which the view itself compares: nobody is looked up."""
    setattr(view, SECRET_MARK, True)
    return public(view)


def whom_for(app: Flask, endpoint: str) -> Whom | None:
    """Whom an endpoint is for; None when it does not say."""
    return getattr(app.view_functions.get(endpoint), MARK, None)


class SessionUser(UserMixin):  # type: ignore[misc]
    """A user as Flask-Login keeps them: the id carries the session's version, so that a newer one ends it."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        return f"{self.user.id}:{self.user.session_version}"


class _Sessions(SecureCookieSessionInterface):
    """Cookies are `Secure` whenever the request came by https. The signer is made once, and not for programs."""

    _signer: URLSafeTimedSerializer | None = None

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint != "static" and (session or session.modified or COOKIE in request.cookies):
            super().save_session(app, session, response)


def register_access(app: Flask, service: Service) -> None:
    """Sessions, tokens, forgery protection and the check before every view."""
    app.config.update(
        SECRET_KEY=service.session_key,
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
        WTF_CSRF_CHECK_DEFAULT=False,  # asked for below, for sessions alone
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page stays open for days
    )
    app.session_interface = _Sessions()
    csrf = CSRFProtect(app)
    manager = LoginManager(app)
    manager.session_protection = None  # a phone changes its address with every network

    @manager.user_loader  # type: ignore[untyped-decorator]
    def _load(known_as: str) -> SessionUser | None:
        number, _, version = known_as.partition(":")
        user = service.people.user(int(number)) if number.isdigit() else None
        return SessionUser(user) if user is not None and version == str(user.session_version) else None

    app.before_request(lambda: _admit(service, csrf))
    app.extensions["dashboard"] = service


def service() -> Service:
    """What this application was built over."""
    found: Service = current_app.extensions["dashboard"]
    return found


def caller() -> Caller:
    """Who asks."""
    found: Caller = g.get("caller", NOBODY)
    return found


def begin_session(user: User) -> None:
    """Logs a user in, on a session of their own."""
    session.clear()
    session.permanent = True
    login_user(SessionUser(user))


def safe_next(target: str | None) -> str:
    """Where to go after the login: a path of this site, or the first page."""
    text = target or "/"
    plain = text.isprintable() and "\\" not in text and text.startswith("/") and not text.startswith("//")
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return text if plain and not parts.scheme and not parts.netloc else "/"


def _admit(service: Service, csrf: CSRFProtect) -> AnyResponse | None:
    if request.endpoint is None:
        return None  # no such address or method: routing has its own answer
    whom = whom_for(current_app, request.endpoint)
    if whom is None:
        raise Refusal(403)
    if getattr(current_app.view_functions[request.endpoint], SECRET_MARK, False):
        return None
    g.caller = who = _who_if_known(service) if whom is Whom.PUBLIC else _who(service)
    if not who.may(whom):
        return _turned_away(who, whom)
    if request.method not in SAFE_METHODS:
        _not_forged(who, csrf)
    return None


def _turned_away(who: Caller, whom: Whom) -> AnyResponse:
    if who.role is not None:
        limited = _("The virtual home's visitor cannot change this: set DASHBOARD_PASSWORD and log in.")
        raise Refusal(403, limited if who.limited and whom is Whom.OWNER else _("This needs an administrator."))
    if wants_json() or request.method not in SAFE_METHODS:
        raise Refusal(401, headers={"WWW-Authenticate": "Bearer"} if wants_json() else {})
    here = request.full_path.rstrip("?")
    return redirect("/login" if here == "/" else f"/login?next={quote(here)}")


def _who_if_known(service: Service) -> Caller:
    """Who asks; nobody while the memory cannot tell, so that what is open to all answers even then."""
    try:
        return _who(service)
    except Exception:
        log.warning("[web] The memory cannot tell who asks for %s", request.path, exc_info=True)
        return NOBODY


def _who(service: Service) -> Caller:
    header = request.environ.get("HTTP_AUTHORIZATION", "")
    if header:
        scheme, _, text = header.partition(" ")
        token = service.people.bearer(text.strip()) if scheme.lower() in ("bearer", "token") else None
        return Caller("token", token.name, token.role, token.user_id) if token else NOBODY
    if COOKIE in request.cookies and current_user.is_authenticated:
        user: User = current_user.user
        return Caller("session", user.name, user.role, user.id)
    if _visits_the_virtual_home(service):
        return Caller("visitor", "visitor", Role.ADMIN)
    return NOBODY


def _visits_the_virtual_home(service: Service) -> bool:
    """The one way in without a password: from this machine, by its own name, straight, while nothing real is driven.

    The name is what stops a page elsewhere from reaching us under its own name once it resolves to this machine.
    """
    if service.config.credentials or service.config.proxy_fix_for:
        return False
    if not is_loopback(request.remote_addr or ""):
        return False
    if any(name in FORWARDED or name.startswith("HTTP_X_FORWARDED") for name in request.environ):
        return False
    return _without_port(request.environ.get("HTTP_HOST", "")) in LOCAL_HOSTS


def _without_port(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() and len(port) <= 5 else host.lower()


def _not_forged(who: Caller, csrf: CSRFProtect) -> None:
    """A session proves with the page's own token that the page is ours; a program's token needs no such proof."""
    if who.kind == "token":
        return
    if who.kind == "visitor" and not _sent_by_another_page():
        return
    try:
        csrf.protect()
    except CSRFError:
        message = _("This page is too old to be acted on: load it again.")
        raise Refusal(403, message, code="csrf_failed") from None


def _sent_by_another_page() -> bool:
    """Browsers say where a request comes from; what says nothing is no browser."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin != f"{request.scheme}://{request.headers.get('Host', '')}"


def guard_headers(response: Response) -> Response:
    """What every answer says to the browser: nothing foreign, nothing framed, nothing kept."""
    response.headers.extend(GUARDS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
