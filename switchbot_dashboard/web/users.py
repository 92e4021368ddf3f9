"""The pages of people: who is here, how each wants to be told, and the mail server. They work without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from ..domain.channel import MailForm, Security
from ..domain.message import Way
from ..people import Role, User, preferences_of
from .access import Whom, begin_session, caller, member, owner, service
from .errors import Refusal
from .i18n import home_zone, moment, now, sentence
from .messages_view import counts_of
from .people_errors import refusal_of, told_words
from .rate import LOGINS_A_MINUTE, too_many
from .told import told
from .typed_times import clock_typed
from .users_api import bounded, channel_desk, known, oneself_or_owner, preference_desk, removed, try_channel

users = Blueprint("users", __name__)

COUNTED = timedelta(days=30)
ROLES = {Role.MEMBER: _l("member"), Role.ADMIN: _l("administrator")}
KINDS = {
    "alert": _l("Alerts"),
    "reminder": _l("Reminders and loans"),
    "report": _l("Weekly report"),
    "system": _l("Messages and news of the service"),
}
TOLD = {
    "all": _l("everywhere"),
    "dashboard_kinds": _l("in the dashboard only"),
    "muted_kinds": _l("not at all"),
}
CHANNELS = {Way.EMAIL: _l("E-mail"), Way.APPRISE: _l("Another service")}
SECURITIES = {
    Security.STARTTLS: _l("STARTTLS (usually port 587)"),
    Security.TLS: _l("TLS from the start (usually port 465)"),
    Security.NONE: _l("none (only within the house)"),
}


@dataclass
class Form:
    """What someone typed, and what is wrong with it."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


Forms = Mapping[str, Form]


@users.get("/users")
@member
def page() -> AnyResponse | str:
    """Everyone, for administrators; members see themselves."""
    who = caller()
    if not who.admin:
        return redirect(f"/users/{who.user_id}" if who.user_id is not None else "/notifications")
    return _list()


@users.post("/users/add")
@owner
def add() -> AnyResponse:
    values = {name: request.form.get(name, "") for name in ("name", "password", "role")}

    def do() -> str:
        role = Role.ADMIN if values["role"] == Role.ADMIN else Role.MEMBER
        user = service().people.add(values["name"], values["password"] or None, role)
        flash(_("%(name)s is here now.", name=user.name), "ok")
        return f"/users/{user.id}"

    return _tried(do, lambda form: _list({"add": form}), values)


@users.post("/users/tokens")
@owner
def create_token() -> AnyResponse:
    """A new token, whose text is shown this once."""
    values = {name: request.form.get(name, "") for name in ("token_name", "token_role", "token_user")}
    role = Role.ADMIN if values["token_role"] == Role.ADMIN else Role.MEMBER
    try:
        token, text = service().people.create_token(values["token_name"], role, values["token_user"] or None)
    except Exception as error:
        refusal = _known(error)
        faults = {"token_name": told_words(refusal)}
        return Response(_list({"token": Form(values, faults, refusal.message)}), refusal.status)
    return Response(_list(secret=(token.name, text)), 201)


@users.post("/users/tokens/<int:token_id>/revoke")
@owner
def revoke_token(token_id: int) -> AnyResponse:
    def do() -> tuple[str, str]:
        service().people.revoke_token(bounded(token_id))
        return _("The token opens nothing any more."), "ok"

    return told(do, "/users#tokens")


@users.get("/users/<int:user_id>")
@member
def person(user_id: int) -> str:
    """One person: how they are told, and by which ways."""
    oneself_or_owner(user_id)
    return _person(known(user_id))


@users.post("/users/<int:user_id>/preferences")
@member
def save_preferences(user_id: int) -> AnyResponse:
    oneself_or_owner(user_id)
    user, form = known(user_id), request.form
    values: dict[str, Any] = {"language": form.get("language", "")}
    values |= {name: clock_typed(form.get(name, "")) for name in ("quiet_from", "quiet_to")}
    values |= {name: [kind for kind in KINDS if form.get(f"kind-{kind}") == name] for name in list(TOLD)[1:]}

    def do() -> str:
        preference_desk().save(user.id, preferences_of(values))
        flash(_("It is kept: this is how messages reach %(name)s from now on.", name=user.name), "ok")
        return f"/users/{user.id}"

    return _tried(do, lambda form: _person(user, {"preferences": form}), values)


@users.post("/users/<int:user_id>/password")
@member
def set_password(user_id: int) -> AnyResponse:
    """A new password; for one's own the old one proves that it is oneself."""
    oneself_or_owner(user_id)
    user, mine = known(user_id), caller().user_id == user_id and caller().kind == "session"
    if not mine and not caller().may(Whom.OWNER):
        raise Refusal(403)  # with a password a program's token would open more than it was made for

    def do() -> str:
        if mine and user.has_password:
            _prove(user, request.form.get("old_password", ""))
        changed = service().people.change(user.id, password=request.form.get("password", ""))
        if mine:
            begin_session(changed)
            flash(_("The password is changed. You are logged out everywhere but here."), "ok")
        else:
            flash(_("The password is changed. %(name)s is logged out everywhere.", name=user.name), "ok")
        return f"/users/{user.id}"

    return _tried(do, lambda form: _person(user, {"password": form}), {})


@users.post("/users/<int:user_id>/role")
@owner
def set_role(user_id: int) -> AnyResponse:
    user = known(user_id)
    role = Role.ADMIN if request.form.get("role") == Role.ADMIN else Role.MEMBER

    def do() -> tuple[str, str]:
        changed = service().people.change(user.id, role=role)
        if caller().user_id == user.id and caller().kind == "session":
            begin_session(changed)
        return _("%(name)s is %(role)s now.", name=user.name, role=ROLES[role]), "ok"

    return told(do, f"/users/{user.id}" if caller().user_id != user.id else "/users")


@users.post("/users/<int:user_id>/remove")
@owner
def remove(user_id: int) -> AnyResponse:
    known(user_id)
    return told(lambda: (removed(user_id), "ok"), "/users")


@users.post("/users/<int:user_id>/channels")
@member
def add_channel(user_id: int) -> AnyResponse:
    oneself_or_owner(user_id)
    user = known(user_id)
    values = {name: request.form.get(name, "") for name in ("kind", "address")}

    def do() -> str:
        way = Way.APPRISE if values["kind"] == Way.APPRISE else Way.EMAIL
        channel = channel_desk().add(user.id, way, values["address"])
        flash(_("%(hint)s is kept. Send a test message to see that it works.", hint=channel.hint), "ok")
        return f"/users/{user.id}#channels"

    return _tried(do, lambda form: _person(user, {"channel": form}), values)


@users.post("/users/<int:user_id>/channels/<int:channel_id>/<do>")
@member
def change_channel(user_id: int, channel_id: int, do: str) -> AnyResponse:
    """A channel's buttons: `test`, `use`, `rest`, `remove`."""
    oneself_or_owner(user_id)
    desk, number = channel_desk(), bounded(channel_id)

    def removes() -> tuple[str, str]:
        desk.remove(user_id, number)
        return _("The channel is removed; nothing more is sent there."), "ok"

    def uses() -> tuple[str, str]:
        desk.enable(user_id, number, True)
        return _("Messages go there again."), "ok"

    def rests() -> tuple[str, str]:
        desk.enable(user_id, number, False)
        return _("Nothing is sent there until you use it again."), "ok"

    doing: dict[str, Callable[[], tuple[str, str]]] = {"remove": removes, "use": uses, "rest": rests}
    doing["test"] = lambda: try_channel(user_id, number)
    if do not in doing:
        raise Refusal(404)
    return told(doing[do], f"/users/{user_id}#channels")


@users.get("/users/mail")
@owner
def mail() -> str:
    """The server that sends the home's mail."""
    return _mail()


@users.post("/users/mail")
@owner
def save_mail() -> AnyResponse:
    values = {
        name: request.form.get(name, "") for name in ("host", "port", "security", "user", "sender", "sender_name")
    }
    port, password = values["port"].strip(), request.form.get("mail_password", "")
    forgets = request.form.get("no_password") == "1"
    form = MailForm(
        values["host"],
        (int(port) if port.isascii() and port.isdigit() and len(port) < 7 else 0) if port else None,
        values["security"],
        values["user"],
        "" if forgets else password or None,
        values["sender"],
        values["sender_name"],
    )

    def do() -> str:
        channel_desk().save_mail(form)
        flash(_("The mail server is kept. Send a test mail to see that it works."), "ok")
        return "/users/mail"

    return _tried(do, lambda form: _mail(form), values)


@users.post("/users/mail/test")
@owner
def test_mail() -> AnyResponse:
    def do() -> tuple[str, str]:
        title = _("A test message from your SwitchBot Dashboard")
        body = _("If you can read this, messages reach you this way.")
        tried = channel_desk().test_mail(request.form.get("to", ""), title, body)
        return sentence(tried.said), "ok" if tried.delivered else "warn"

    return told(do, "/users/mail")


@users.post("/users/mail/remove")
@owner
def forget_mail() -> AnyResponse:
    def do() -> tuple[str, str]:
        channel_desk().forget_mail()
        return _("The mail server is forgotten; no mail is sent until another one is entered."), "ok"

    return told(do, "/users/mail")


def _prove(user: User, old: str) -> None:
    """Refuses a wrong password, and too many of them: a session someone left open is no way to find it out."""
    wait = too_many("passwords", str(user.id), LOGINS_A_MINUTE)
    if wait:
        words = _("Too many tries; wait a minute.")
        raise Refusal(429, words, fields={"old_password": words}, headers={"Retry-After": str(wait)})
    if service().people.verify(user.name, old) is None:
        raise Refusal(422, fields={"old_password": _("This is not the present password.")})


def _tried(do: Callable[[], str], again: Callable[[Form], str], values: dict[str, Any]) -> AnyResponse:
    """Does it and goes where it says; what is refused is told beside its field, with what was typed still there."""
    try:
        return redirect(do(), 303)
    except Exception as error:
        refusal = _known(error)
        return Response(again(Form(values, refusal.fields, refusal.message)), refusal.status, refusal.headers)


def _known(error: Exception) -> Refusal:
    refusal = refusal_of(error)
    if refusal is None:
        raise error
    return refusal


def _list(forms: Forms | None = None, secret: tuple[str, str] | None = None) -> str:
    desk, people = service().desks, service().people.list()
    names = {user.id: user.name for user in people}
    able = caller().may(Whom.OWNER)
    return render_template(
        "users/list.html",
        people=[(user, ROLES[user.role], _ways(user)) for user in people],
        tokens=[(token, names.get(token.user_id or 0, ""), ROLES[token.role]) for token in _tokens()] if able else [],
        counts=counts_of(desk.outbox.counts(now() - COUNTED)) if desk.outbox else [],
        forms={"add": Form(), "token": Form(), **(forms or {})},
        roles=ROLES,
        secret=secret,
        able=able,
        moment=moment,
    )


def _tokens() -> list[Any]:
    return [token for token in service().people.tokens() if token.revoked_at is None]


def _ways(user: User) -> list[str]:
    """The hints of the ways that are used; none is worth a note."""
    return [channel.hint for channel in channel_desk().of(user.id) if channel.enabled and channel.problem is None]


def _person(user: User, forms: Forms | None = None) -> str:
    chosen = preference_desk().of(user.id)
    values = {"language": chosen.language, "quiet_from": chosen.quiet_from, "quiet_to": chosen.quiet_to}
    kept = {**values, "muted_kinds": chosen.muted_kinds, "dashboard_kinds": chosen.dashboard_kinds}
    return render_template(
        "users/person.html",
        user=user,
        mine=caller().user_id == user.id,
        able=caller().may(Whom.OWNER),
        role=ROLES[user.role],
        roles=ROLES,
        kinds=KINDS,
        told=TOLD,
        channels=channel_desk().of(user.id),
        channel_kinds=CHANNELS,
        has_mail=channel_desk().mail() is not None,
        forms={"preferences": Form(kept), "password": Form(), "channel": Form(), **(forms or {})},
        zone=str(home_zone()),
        moment=moment,
    )


def _mail(form: Form | None = None) -> str:
    view = channel_desk().mail()
    values: dict[str, Any] = {"security": Security.STARTTLS}
    if view is not None:
        values = {name: getattr(view, name) for name in ("host", "port", "security", "user", "sender", "sender_name")}
    return render_template(
        "users/mail.html", mail=view, form=form or Form(values), trial=Form(), securities=SECURITIES, moment=moment
    )
