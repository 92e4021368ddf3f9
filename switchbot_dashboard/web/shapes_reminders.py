"""The shapes of the API's answers about reminders. See `shapes`."""

from __future__ import annotations

from collections.abc import Mapping

from ..domain.reminder import Kind, State, StepKind, StepState
from ..reminders import Length
from .described import Schema
from .shapes import COUNT, INSTANT, TEXT, TRUTH, WHOLE, coded, many, maybe, obj, one_of, ref

STEP = obj(
    kind=coded(StepKind), number=COUNT, round=COUNT, at=INSTANT, status=coded(StepState), ended_at=maybe(INSTANT)
)
REMINDER = obj(
    id=COUNT,
    title=TEXT,
    kind=coded(Kind),
    length=maybe(coded(Length)),
    object=TEXT,
    device_id=TEXT,
    zone=TEXT,
    note=TEXT,
    user=obj(id=COUNT, name=TEXT),
    author=TEXT,
    starts_at=INSTANT,
    due_at=maybe(INSTANT),
    every_days=maybe(WHOLE),
    every_hours=maybe(WHOLE),
    tell_created=TRUTH,
    tell_done=TRUTH,
    status=coded(State),
    overdue=TRUTH,
    round=COUNT,
    snoozed_until=maybe(INSTANT),
    done_at=maybe(INSTANT),
    done_by=TEXT,
    created_at=INSTANT,
    next_step_at=maybe(INSTANT),
    steps=many(STEP),
    notes={**many(TEXT), "description": "What had to be assumed, such as the zone of a time that had none."},
)
REMINDER_SHAPES: Mapping[str, Schema] = {"Reminder": REMINDER, "Reminders": many(ref("Reminder"))}

# Bodies of requests

TIME: Schema = {**TEXT, "description": "ISO 8601; without an offset by the home's clock."}
FIELDS: Mapping[str, Schema] = {
    "title": {**TEXT, "maxLength": 200},
    "kind": {**coded(Kind), "default": Kind.OTHER},
    "object": {**TEXT, "maxLength": 200},
    "device_id": {**TEXT, "maxLength": 100},
    "zone": {**TEXT, "maxLength": 100, "description": "Whose hours of running count."},
    "note": {**TEXT, "maxLength": 2000},
    "user": {"anyOf": [COUNT, TEXT], "description": "Who is reminded, by number or name; left out: oneself."},
    "starts_at": maybe(TIME),
    "due_at": maybe(TIME),
    "every_days": maybe({**WHOLE, "minimum": 1, "maximum": 3660}),
    "every_hours": maybe({**WHOLE, "minimum": 1, "maximum": 20000}),
    "tell_created": {**TRUTH, "default": False},
    "tell_done": {**TRUTH, "default": False},
}
NEW_REMINDER: Schema = {"type": "object", "properties": FIELDS, "required": ["title"]}
CHANGED_REMINDER: Schema = {
    "type": "object",
    "properties": {**FIELDS, "status": one_of(State.DONE, State.STOPPED)},
}
SNOOZED: Schema = {"type": "object", "properties": {"until": TIME}, "required": ["until"]}
