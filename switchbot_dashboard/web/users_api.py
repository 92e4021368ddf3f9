"""`/api/users`: who is here, how each wants to be told, and by which ways. Addresses come in and never out again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from ..domain.channel import Channel
from ..domain.message import Way
from ..people import Preferences, Role, User, preferences_of
from .access import Whom, caller, member, owner, service
from .bodies import LARGEST_ID, MOST_ROWS, json_object, whole
from .described import describes
from .errors import Refusal
from .i18n import sentence
from .people_service import ChannelDesk, PreferenceDesk
from .shapes import PAGED, ref
from .shapes_people import CHANGED_CHANNEL, CHANGED_USER, NEW_CHANNEL, NEW_USER
from .views import View, iso

users_api = Blueprint("users_api", __name__)

BODY: dict[str, Any] = {"body_needed": True, "refuses": (422,)}


@users_api.get("/api/users")
@owner
@describes("Who is here, newest first.", "Users", query=PAGED)
def users() -> Response:
    faults: dict[str, str] = {}
    limit = whole("limit", 100, 1, MOST_ROWS, faults)
    before = whole("before", None, 1, LARGEST_ID, faults)
    if faults:
        raise Refusal(422, fields=faults)
    found = sorted(service().people.list(), key=lambda user: -user.id)
    return jsonify([user_view(user) for user in found if before is None or user.id < before][:limit])


@users_api.post("/api/users")
@owner
@describes("A new user; without a password they cannot log in yet.", "User", status=201, body=NEW_USER, **BODY)
def add_user() -> tuple[Response, int]:
    body, faults = json_object(), dict[str, str]()
    name, password = _text(body, "name", faults), _password(body, faults)
    role = _role(body, faults) or Role.MEMBER
    _nothing_else(body, ("name", "role", "password"), faults)
    return jsonify(user_view(service().people.add(name, password, role))), 201


@users_api.patch("/api/users/<int:user_id>")
@owner
@describes(
    "Another role or password; either ends their sessions.",
    "User",
    body=CHANGED_USER,
    body_needed=True,
    refuses=(409, 422),
)
def change_user(user_id: int) -> Response:
    body, faults = json_object(), dict[str, str]()
    role, password = _role(body, faults), _password(body, faults)
    if "name" in body:
        faults["name"] = _("A name stays as it is: add another user and remove this one.")
    _nothing_else(body, ("name", "role", "password"), faults)
    return jsonify(user_view(service().people.change(known(user_id).id, role=role, password=password)))


@users_api.delete("/api/users/<int:user_id>")
@owner
@describes("A user removed, with their tokens and what was on its way to them.", "Removed", refuses=(409,))
def remove_user(user_id: int) -> Response:
    return jsonify({"message": removed(user_id), "id": user_id})


@users_api.get("/api/users/<int:user_id>/preferences")
@member
@describes("How a user wants to be told: their own, or for administrators anyone's.", "Preferences", refuses=(403,))
def preferences(user_id: int) -> Response:
    oneself_or_owner(user_id)
    return jsonify(preferences_view(preference_desk().of(known(user_id).id)))


@users_api.put("/api/users/<int:user_id>/preferences")
@member
@describes(
    "Other preferences in place of these; what is left out is as standard.",
    "Preferences",
    body=ref("Preferences"),
    **BODY,
)
def save_preferences(user_id: int) -> Response:
    oneself_or_owner(user_id)
    chosen = preferences_of(json_object())
    if not preference_desk().save(known(user_id).id, chosen):
        raise Refusal(404)
    return jsonify(preferences_view(chosen))


@users_api.get("/api/users/<int:user_id>/channels")
@member
@describes("The ways to a user, with a hint in place of each address.", "Channels", refuses=(403,))
def channels(user_id: int) -> Response:
    oneself_or_owner(user_id)
    return jsonify([channel_view(channel) for channel in channel_desk().of(known(user_id).id)])


@users_api.post("/api/users/<int:user_id>/channels")
@member
@describes("Another way to a user: an e-mail or an Apprise address.", "Channel", status=201, body=NEW_CHANNEL, **BODY)
def add_channel(user_id: int) -> tuple[Response, int]:
    oneself_or_owner(user_id)
    body, faults = json_object(), dict[str, str]()
    address = _text(body, "address", faults)
    kind = body.get("kind")
    if kind not in (Way.EMAIL, Way.APPRISE):
        faults["kind"] = _("The kind of a channel is email or apprise.")
    _nothing_else(body, ("kind", "address"), faults)
    return jsonify(channel_view(channel_desk().add(known(user_id).id, Way(str(kind)), address))), 201


@users_api.patch("/api/users/<int:user_id>/channels/<int:channel_id>")
@member
@describes("A channel used, or left to rest; its problem is forgotten.", "Channel", body=CHANGED_CHANNEL, **BODY)
def change_channel(user_id: int, channel_id: int) -> Response:
    oneself_or_owner(user_id)
    body, faults = json_object(), dict[str, str]()
    enabled = body.get("enabled")
    if not isinstance(enabled, bool):
        faults["enabled"] = _("enabled is true or false.")
    _nothing_else(body, ("enabled",), faults)
    return jsonify(channel_view(channel_desk().enable(user_id, bounded(channel_id), bool(enabled))))


@users_api.delete("/api/users/<int:user_id>/channels/<int:channel_id>")
@member
@describes("A channel forgotten.", "Removed")
def remove_channel(user_id: int, channel_id: int) -> Response:
    oneself_or_owner(user_id)
    channel_desk().remove(user_id, bounded(channel_id))
    return jsonify({"message": _("The channel is removed; nothing more is sent there."), "id": channel_id})


@users_api.post("/api/users/<int:user_id>/channels/<int:channel_id>/test")
@member
@describes("A test message sent there now, and what came of it.", "Tried")
def test_channel(user_id: int, channel_id: int) -> AnyResponse:
    oneself_or_owner(user_id)
    words = try_channel(user_id, channel_id)
    return jsonify({"delivered": words[1] == "ok", "message": words[0]})


# What the pages share with the API


def bounded(number: int) -> int:
    """An id that a database can hold; no row has another."""
    if number > LARGEST_ID:
        raise Refusal(404)
    return number


def known(user_id: int) -> User:
    """The user with this id, as they are now. Raises UnknownUser."""
    return service().people.known(bounded(user_id))


def oneself_or_owner(user_id: int) -> None:
    """Refuses whoever asks for someone else without the right to."""
    who = caller()
    if who.user_id != user_id and not who.may(Whom.OWNER):
        limited = _("The virtual home's visitor cannot change this: set DASHBOARD_PASSWORD and log in.")
        raise Refusal(403, limited if who.limited else _("This is someone else's; an administrator may change it."))


def removed(user_id: int) -> str:
    """Removes a user and says so. Raises UnknownUser, and Unusable for the last administrator."""
    user = known(user_id)
    service().people.remove(user.name, keep_one=True)
    return str(_("%(name)s is removed; what was scheduled for them is dropped.", name=user.name))


def try_channel(user_id: int, channel_id: int) -> tuple[str, str]:
    """Sends a test message now: what came of it, and its tone."""
    title = _("A test message from your SwitchBot Dashboard")
    body = _("If you can read this, messages reach you this way.")
    tried = channel_desk().test(user_id, bounded(channel_id), title, body)
    return sentence(tried.said), "ok" if tried.delivered else "warn"


def channel_desk() -> ChannelDesk:
    """The ways to people; 404 where there are none."""
    found = service().desks.channels
    if found is None:
        raise Refusal(404)
    return found


def preference_desk() -> PreferenceDesk:
    """How users want to be told; 404 where nobody keeps that."""
    found = service().desks.preferences
    if found is None:
        raise Refusal(404)
    return found


def user_view(user: User) -> View:
    """A user as the API shows them."""
    desk = service().desks.channels
    return {
        "id": user.id,
        "name": user.name,
        "role": user.role.value,
        "has_password": user.has_password,
        "created_at": iso(user.created_at),
        "channels": [channel_view(channel) for channel in desk.of(user.id)] if desk else [],
    }


def channel_view(channel: Channel) -> View:
    """A channel as the API shows it: a hint, never the address."""
    return {
        "id": channel.id,
        "kind": channel.way.value,
        "hint": channel.hint,
        "enabled": channel.enabled,
        "problem": sentence(channel.problem) if channel.problem else None,
        "problem_at": iso(channel.problem_at),
        "created_at": iso(channel.created_at),
    }


def preferences_view(chosen: Preferences) -> View:
    """Preferences as the API shows them."""
    return asdict(chosen)


def _text(body: View, name: str, faults: dict[str, str]) -> str:
    value = body.get(name)
    if isinstance(value, str) and value.strip():
        return value
    faults[name] = _("Write a text here.")
    return ""


def _password(body: View, faults: dict[str, str]) -> str | None:
    value = body.get("password")
    if value is None or isinstance(value, str):
        return value
    faults["password"] = _("A password is a text.")
    return None


def _role(body: View, faults: dict[str, str]) -> Role | None:
    value = body.get("role")
    if value is None or value in list(Role):
        return None if value is None else Role(value)
    faults["role"] = _("The role is admin or member.")
    return None


def _nothing_else(body: View, names: tuple[str, ...], faults: dict[str, str]) -> None:
    """Refuses what nobody would read, and whatever is wrong so far."""
    faults |= {name: _("There is no such field here.") for name in body if name not in names}
    if faults:
        raise Refusal(422, fields={name[:100]: words for name, words in faults.items()})
