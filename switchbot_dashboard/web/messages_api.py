"""`/api/notifications`: messages scheduled, listed, cancelled, read and tried again; each shows its whole story."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from ..domain.message import LONGEST_TITLE, Priority
from ..domain.posted import Message, Part, Scheduled, Story, Viewer
from ..domain.windows import instant
from .access import Caller, caller, member, service
from .bodies import LARGEST_ID, MOST_ROWS, json_object, whole
from .described import Query, describes
from .errors import Refusal
from .i18n import home_zone, sentence
from .people_service import OutboxDesk
from .rate import too_many, wait_before
from .shapes import PAGED, TRUTH, number_asked, words_asked
from .shapes_people import DELAYED, NEW_MESSAGE
from .typed_times import FIRST, LAST
from .users_api import bounded
from .views import View, entity_tag, iso

messages_api = Blueprint("messages_api", __name__)

SCHEDULED_A_MINUTE = 10
LONGEST_MESSAGE = 10_000  # characters
MOST_RECIPIENTS = 1000
LONGEST_KEY = 100
LONGEST_DATA = 10_000  # characters of JSON
LENGTHS = {"type": 40, "related_object_type": 50, "related_object_id": 100}
_counting = threading.Lock()
NAMES = (*NEW_MESSAGE["properties"],)
LISTED = (
    *PAGED,
    Query("unread", "1: only what arrived and was not read.", TRUTH),
    Query("all", "1: of everyone; for administrators, and usual for their tokens that belong to nobody.", TRUTH),
    number_asked("recipient", "Of this user; another's for administrators alone.", None, 1, LARGEST_ID),
    words_asked("part", "What arrived, what is still to come, or what neither did nor will.", list(Part)),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A message as someone asked for it. `assumed`: the time had no zone and was read in the home's."""

    recipients: tuple[int, ...]
    title: str
    message: str
    at: datetime
    kind: str
    priority: str
    related_type: str
    related_id: str
    data: Mapping[str, object]
    assumed: bool


@messages_api.post("/api/notifications/schedule")
@messages_api.post("/api/notifications/schedule/", endpoint="schedule_slash")
@member
@describes(
    "A message to each of the recipients at an instant; ten a minute for one user. An `Idempotency-Key` makes a call "
    "that is repeated one and the same.",
    "MessagesScheduled",
    status=201,
    body=NEW_MESSAGE,
    body_needed=True,
    refuses=(403, 404, 422, 429),
)
def schedule() -> tuple[Response, int]:
    wish = wished(json_object())
    done = put(wish, request.headers.get("Idempotency-Key", ""))
    view: View = {"notification_ids": list(done.ids), "count": len(done.ids), "scheduled_at": iso(done.at)}
    if wish.assumed:
        zone = str(home_zone())
        view |= {"timezone": zone, "message": _("The time had no zone, so it was read as %(zone)s.", zone=zone)}
    return jsonify(view), 201


@messages_api.get("/api/notifications/<int:message_id>/schedule_status")
@messages_api.get("/api/notifications/<int:message_id>/schedule_status/", endpoint="status_slash")
@member
@describes("What became of a message, with every attempt.", "MessageStatus")
def status(message_id: int) -> Response:
    return jsonify(status_view(outbox().get_schedule_status(bounded(message_id), viewer())))


@messages_api.delete("/api/notifications/<int:message_id>/cancel_scheduled")
@messages_api.delete("/api/notifications/<int:message_id>/cancel_scheduled/", endpoint="cancel_slash")
@member
@describes("A message that is not sent after all.", "MessageCancelled", refuses=(400,))
def cancel(message_id: int) -> Response:
    return jsonify({"message": cancelled(message_id), "notification_id": message_id})


@messages_api.get("/api/notifications")
@messages_api.get("/api/notifications/", endpoint="listed_slash")
@member
@describes("One's messages, newest first.", "Messages", query=LISTED, refuses=(403,), tagged=True)
def listed() -> AnyResponse:
    faults: dict[str, str] = {}
    limit = whole("limit", 100, 1, MOST_ROWS, faults) or MOST_ROWS
    before = whole("before", None, 1, LARGEST_ID, faults)
    asked = whole("recipient", None, 1, LARGEST_ID, faults)
    unread, everyone = (_switch(name, faults) for name in ("unread", "all"))
    part = request.args.get("part", Part.ALL)
    if part not in list(Part):
        faults["part"] = f"part is {part[:40]!r}; it must be one of {', '.join(Part)}."
    if faults:
        raise Refusal(422, fields=faults)
    who = caller()
    everyone = everyone or (who.admin and who.user_id is None and asked is None)  # whoever is nobody has none
    recipient = _whose(who, asked, everyone)
    found: list[View] = []
    if recipient is not None or everyone:
        rows = outbox().messages(
            viewer(), recipient=recipient, part=Part(part), unread=unread, before=before, limit=limit
        )
        found = [message_view(each) for each in rows]
    answer = jsonify(found)
    answer.set_etag(entity_tag({"found": found, "who": who.user_id}), weak=True)
    return answer.make_conditional(request)


@messages_api.post("/api/notifications/<int:message_id>/read")
@messages_api.post("/api/notifications/<int:message_id>/read/", endpoint="read_slash")
@member
@describes("A message that its recipient has read.", "Message")
def read(message_id: int) -> Response:
    who = viewer()
    outbox().mark_read(bounded(message_id), who)
    return jsonify(message_view(outbox().get_schedule_status(message_id, who).message))


@messages_api.post("/api/notifications/<int:message_id>/retry")
@messages_api.post("/api/notifications/<int:message_id>/retry/", endpoint="retry_slash")
@member
@describes("What failed is tried again, after so many minutes.", "MessageStatus", body=DELAYED, refuses=(400, 422))
def retry(message_id: int) -> Response:
    body = json_object(optional=True)
    delay = body.get("retry_delay_minutes", 10)
    if not isinstance(delay, int) or isinstance(delay, bool) or not 0 <= delay <= 1440:
        raise Refusal(422, fields={"retry_delay_minutes": _("The delay is a whole number of minutes, 0 to 1440.")})
    return jsonify(status_view(outbox().retry_failed_notification(bounded(message_id), delay, viewer())))


# What the page shares with the API


def outbox() -> OutboxDesk:
    """The outbox; 404 where there is none."""
    found = service().desks.outbox
    if found is None:
        raise Refusal(404)
    return found


def viewer() -> Viewer:
    """Who asks, as the outbox knows them."""
    who = caller()
    return Viewer(who.user_id, who.signature, who.admin)


def put(wish: Wish, key: str = "") -> Scheduled:
    """Schedules it, in the name of whoever asks; ten a minute, refused ones aside. Raises what the outbox refuses."""
    who = caller()
    if len(key) > LONGEST_KEY or not key.isprintable():
        words = _("An Idempotency-Key has at most %(most)s characters on one line.", most=LONGEST_KEY)
        raise Refusal(400, words, code="bad_key")
    counted = f"user {who.user_id}" if who.user_id is not None else f"{who.kind} {who.name}"
    with _counting:  # what is refused does not count, and what is asked for at the same moment does
        wait = wait_before("messages", counted, SCHEDULED_A_MINUTE)
        if wait:
            words = _("No more than %(most)s messages a minute, please. Try again in %(wait)s s.", most=10, wait=wait)
            raise Refusal(429, words, headers={"Retry-After": str(wait)})
        done = outbox().schedule_notification(
            wish.recipients,
            wish.title,
            wish.message,
            wish.at,
            kind=wish.kind,
            priority=wish.priority,
            related_object_type=wish.related_type,
            related_object_id=wish.related_id,
            data=wish.data,
            author=viewer(),
            key=f"{counted}: {key}" if key else "",
        )
        too_many("messages", counted, SCHEDULED_A_MINUTE)
    return done


def cancelled(message_id: int) -> str:
    """Cancels what of a message still waits, and says so. Raises what the outbox refuses."""
    message = outbox().cancel_scheduled(bounded(message_id), viewer())
    if message.sent_at is None:
        return str(_("It is cancelled and will not be sent."))
    return str(_("It has arrived already; what was still to be sent is cancelled."))


def wished(body: View) -> Wish:
    """A message from its JSON form. Raises Refusal with a sentence for each field that cannot be used."""
    faults: dict[str, str] = {name[:100]: _("There is no such field here.") for name in body if name not in NAMES}
    recipients = _recipients(body.get("recipients"), faults)
    title = _text(body, "title", LONGEST_TITLE, faults)
    message = _text(body, "message", LONGEST_MESSAGE, faults)
    at, assumed = _instant(body, faults)
    words = {name: _optional(body, name, most, faults) for name, most in LENGTHS.items()}
    priority = body.get("priority", Priority.NORMAL)
    if priority not in list(Priority):
        faults["priority"] = _("The priority is low, normal, high or urgent.")
    data = body.get("data", {})
    if data is None:
        data = {}
    if not isinstance(data, dict):
        faults["data"] = _("data is an object.")
    elif len(str(data)) > LONGEST_DATA:
        faults["data"] = _("data is too large; %(most)s characters fit.", most=LONGEST_DATA)
    if faults:
        raise Refusal(422, fields=faults)
    kind = words["type"] or "system"
    related = words["related_object_type"], words["related_object_id"]
    return Wish(recipients, title, message, at, kind, str(priority), *related, data, assumed)


def home_instant(local: datetime) -> datetime:
    """A time without a zone as the home's clock has it; in the gap of a clock change the first instant after it."""
    zone: Any = home_zone()
    if not hasattr(zone, "key"):  # UTC, while no settings are known
        return local.replace(tzinfo=UTC)
    return instant(local.date(), local.time(), zone, last=False)


def status_view(story: Story) -> View:
    """What became of a message, as the API shows it."""
    message = story.message
    return {
        "id": message.id,
        "title": sentence_or_text(message.title),
        "scheduled_at": iso(message.scheduled_at),
        "scheduled_status": message.status.value,
        "is_sent": story.is_sent,
        "sent_at": iso(story.sent_at),
        "created_at": iso(message.created_at),
        "attempts": [
            {
                "at": iso(each.at),
                "ended_at": iso(each.ended_at),
                "channel": each.channel.value,
                "result": each.result,
                "detail": sentence(each.detail) if each.detail else None,
            }
            for each in story.attempts
        ],
    }


def message_view(message: Message) -> View:
    """A message as the API shows it."""
    return {
        "id": message.id,
        "recipient_id": message.recipient_id,
        "author_id": message.author_id,
        "author": message.author,
        "title": sentence_or_text(message.title),
        "message": sentence_or_text(message.body),
        "type": message.kind,
        "priority": message.priority.value,
        "related_object_type": message.related_type,
        "related_object_id": message.related_id,
        "data": dict(message.data),
        "scheduled_at": iso(message.scheduled_at),
        "scheduled_status": message.status.value,
        "is_read": message.read_at is not None,
        "read_at": iso(message.read_at),
        "sent_at": iso(message.sent_at),
        "created_at": iso(message.created_at),
        "cancelled_at": iso(message.cancelled_at),
    }


def sentence_or_text(said: Any) -> str:
    """A rule's sentence in the reader's language; what a person wrote as it is."""
    return said if isinstance(said, str) else sentence(said)


def _whose(who: Caller, asked: int | None, everyone: bool) -> int | None:
    """Whose messages are meant; None for everyone's. Refuses what is not the caller's to see."""
    if (everyone or asked not in (None, who.user_id)) and not who.admin:
        raise Refusal(403, _("You see your own messages; an administrator sees those of everyone."))
    return None if everyone else asked if asked is not None else who.user_id


def _switch(name: str, faults: dict[str, str]) -> bool:
    text = request.args.get(name, "0")
    if text.lower() not in ("0", "1", "true", "false"):
        faults[name] = f"{name} is {text[:40]!r}; it must be 0 or 1."
    return text.lower() in ("1", "true")


def _recipients(value: object, faults: dict[str, str]) -> tuple[int, ...]:
    if value is None:
        return ()  # nobody named: the outbox says so
    if not isinstance(value, list) or not all(isinstance(each, int) and not isinstance(each, bool) for each in value):
        faults["recipients"] = _("Recipients are a list of users by their numbers.")
        return ()
    if len(value) > MOST_RECIPIENTS:
        faults["recipients"] = _("No more than %(most)s recipients at once, please.", most=MOST_RECIPIENTS)
        return ()
    return tuple(dict.fromkeys(value))


def _text(body: View, name: str, most: int, faults: dict[str, str]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        faults[name] = _("Write a text here.")
    elif len(value) > most:
        faults[name] = _("This has %(length)s characters; %(most)s fit.", length=len(value), most=most)
    elif "\x00" in value:
        faults[name] = _("This has a character that cannot be kept.")
    return value.strip() if isinstance(value, str) else ""


def _optional(body: View, name: str, most: int, faults: dict[str, str]) -> str:
    value = body.get(name)
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and name == "related_object_id":
        value = str(value)
    return _text({name: value}, name, most, faults)


def _instant(body: View, faults: dict[str, str]) -> tuple[datetime, bool]:
    """The instant, and whether its zone had to be assumed."""
    value = body.get("scheduled_at")
    if value is None or value == "":
        faults["scheduled_at"] = _("Choose a time to come, such as 2026-03-01T17:30:00+01:00.")
        return LAST, False
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        if found is not None:
            at = (found if found.tzinfo else home_instant(found)).astimezone(UTC)
            if FIRST <= at <= LAST:
                return at, found.tzinfo is None
    except (ValueError, OverflowError):
        pass
    words = _("%(text)s is no time that can be used; write it like 2026-03-01T17:30:00+01:00.")
    faults["scheduled_at"] = words % {"text": repr(value)[:42]}
    return LAST, False
