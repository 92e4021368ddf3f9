"""The shapes of the API's answers about people: users, preferences, channels, messages. See `shapes`."""

from __future__ import annotations

from collections.abc import Mapping

from ..domain.alert import Kind, Severity, State
from ..domain.message import KINDS, LONGEST_TITLE, Priority, Status, Way
from ..people import Role
from .described import Schema
from .shapes import ANY_OBJECT, COUNT, INSTANT, TEXT, TRUTH, WHOLE, coded, many, maybe, obj, one_of, ref

CHANNEL = obj(
    id=COUNT,
    kind=one_of(Way.EMAIL, Way.APPRISE),
    hint=TEXT,
    enabled=TRUTH,
    problem=maybe(TEXT),
    problem_at=maybe(INSTANT),
    created_at=INSTANT,
)
USER = obj(
    id=COUNT,
    name=TEXT,
    role=coded(Role),
    has_password=TRUTH,
    created_at=INSTANT,
    channels=many(ref("Channel")),
)
KINDS_CHOSEN = many(one_of(*KINDS))
CLOCK: Schema = {**TEXT, "pattern": "^([0-9]{2}:[0-9]{2})?$"}
PREFERENCES = obj(
    language=one_of("", "en", "fr"),
    muted_kinds=KINDS_CHOSEN,
    dashboard_kinds=KINDS_CHOSEN,
    quiet_from=CLOCK,
    quiet_to=CLOCK,
)
ATTEMPT = obj(
    at=INSTANT,
    ended_at=maybe(INSTANT),
    channel=coded(Way),
    result=one_of("started", "sent", "failed", "refused", "unknown", "skipped"),
    detail=maybe(TEXT),
)
MESSAGE = obj(
    id=COUNT,
    recipient_id=COUNT,
    author_id=maybe(COUNT),
    author=TEXT,
    title=TEXT,
    message=TEXT,
    type=TEXT,
    priority=coded(Priority),
    related_object_type=TEXT,
    related_object_id=TEXT,
    data=ANY_OBJECT,
    scheduled_at=INSTANT,
    scheduled_status=coded(Status),
    is_read=TRUTH,
    read_at=maybe(INSTANT),
    sent_at=maybe(INSTANT),
    created_at=INSTANT,
    cancelled_at=maybe(INSTANT),
)
STATUS = obj(
    id=COUNT,
    title=TEXT,
    scheduled_at=INSTANT,
    scheduled_status=coded(Status),
    is_sent=TRUTH,
    sent_at=maybe(INSTANT),
    created_at=INSTANT,
    attempts=many(ATTEMPT),
)
SCHEDULED: Schema = {
    **obj(notification_ids=many(COUNT), count=COUNT, scheduled_at=INSTANT),
    "properties": {
        "notification_ids": many(COUNT),
        "count": COUNT,
        "scheduled_at": INSTANT,
        "timezone": {**TEXT, "description": "The home's zone, where the time given had none and was read in it."},
        "message": {**TEXT, "description": "The same in words."},
    },
}
ALERT = obj(
    id=COUNT,
    kind=coded(Kind),
    severity=coded(Severity),
    subject=TEXT,
    message=TEXT,
    state=coded(State),
    is_active=TRUTH,
    is_read=TRUTH,
    first_seen=INSTANT,
    active_since=maybe(INSTANT),
    last_seen=INSTANT,
    resolved_at=maybe(INSTANT),
    acknowledged_at=maybe(INSTANT),
    acknowledged_by=maybe(TEXT),
    silenced_until=maybe(INSTANT),
    told_at=maybe(INSTANT),
    told_count=COUNT,
    escalated_at=maybe(INSTANT),
)
PEOPLE_SHAPES: Mapping[str, Schema] = {
    "Alert": ALERT,
    "Alerts": many(ref("Alert")),
    "AlertsGenerated": obj(message=TEXT, alerts_created=COUNT, alerts_updated=COUNT, alerts_resolved=COUNT),
    "Channel": CHANNEL,
    "Channels": many(ref("Channel")),
    "Tried": obj(delivered=TRUTH, message=TEXT),
    "User": USER,
    "Users": many(ref("User")),
    "Removed": obj(message=TEXT, id=COUNT),
    "Preferences": PREFERENCES,
    "Message": MESSAGE,
    "Messages": many(ref("Message")),
    "MessageStatus": STATUS,
    "MessagesScheduled": SCHEDULED,
    "MessageCancelled": obj(message=TEXT, notification_id=COUNT),
}

# Bodies of requests: what may be left out is not required.

NEW_USER: Schema = {
    "type": "object",
    "properties": {"name": TEXT, "role": coded(Role), "password": TEXT},
    "required": ["name"],
}
CHANGED_USER: Schema = {"type": "object", "properties": {"role": coded(Role), "password": TEXT}}
NEW_CHANNEL: Schema = {
    "type": "object",
    "properties": {"kind": one_of(Way.EMAIL, Way.APPRISE), "address": TEXT},
    "required": ["kind", "address"],
}
CHANGED_CHANNEL: Schema = {"type": "object", "properties": {"enabled": TRUTH}, "required": ["enabled"]}
NEW_MESSAGE: Schema = {
    "type": "object",
    "properties": {
        "recipients": {**many(COUNT), "description": "Users by their ids; each gets a message of their own."},
        "title": {**TEXT, "maxLength": LONGEST_TITLE},
        "message": TEXT,
        "scheduled_at": {**TEXT, "description": "ISO 8601, in the future; without an offset by the home's clock."},
        "type": {**TEXT, "maxLength": 40, "default": "system"},
        "priority": {**coded(Priority), "default": Priority.NORMAL},
        "related_object_type": {**TEXT, "maxLength": 50},
        "related_object_id": {**TEXT, "maxLength": 100},
        "data": ANY_OBJECT,
    },
    "required": ["recipients", "title", "message", "scheduled_at"],
}
DELAYED: Schema = {
    "type": "object",
    "properties": {"retry_delay_minutes": {**WHOLE, "minimum": 0, "maximum": 1440, "default": 10}},
}
SILENCE: Schema = {
    "type": "object",
    "properties": {"minutes": {**WHOLE, "minimum": 0, "maximum": 10_080, "description": "0 ends a silence."}},
    "required": ["minutes"],
}
