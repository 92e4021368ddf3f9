"""`/api/reminders`: what someone promised, by when, and what they were told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _

from ..domain.reminder import Author, Reminder, State, Step, StepState, Wish
from ..reminders import Invalid, NotOpen, Unknown, length_of
from .access import caller, member, service
from .bodies import LARGEST_ID, MOST_ROWS, json_object, whole
from .described import Query, describes
from .errors import Refusal, answer
from .i18n import sentence
from .people_service import ReminderDesk
from .reminders_typed import Typed, read_json, read_until
from .shapes import COUNT, PAGED, one_of
from .shapes_reminders import CHANGED_REMINDER, NEW_REMINDER, SNOOZED
from .views import View, iso

reminders_api = Blueprint("reminders_api", __name__)

ONE = {"path": {"reminder_id": COUNT}}
STATUS = Query("status", "Only those in this status.", one_of(*State))


@reminders_api.get("/api/reminders")
@member
@describes("One's reminders, for administrators everyone's; newest first.", "Reminders", query=(*PAGED, STATUS))
def listed() -> Response:
    faults: dict[str, str] = {}
    limit = whole("limit", 100, 1, MOST_ROWS, faults) or MOST_ROWS
    before = whole("before", None, 1, LARGEST_ID, faults)
    status = request.args.get("status", "")
    if status and status not in list(State):
        faults["status"] = f"status is {status[:40]!r}; it must be one of {', '.join(State)}."
    if faults:
        raise Refusal(422, fields=faults)
    wanted = State(status) if status else None
    found = desk().some(people=seen_people(), status=wanted, before=before, limit=limit)
    return jsonify(views(found))


@reminders_api.post("/api/reminders")
@member
@describes(
    "A new reminder: for oneself, or for anyone where an administrator asks.",
    "Reminder",
    status=201,
    body=NEW_REMINDER,
    body_needed=True,
    refuses=(403, 404, 422),
)
def create() -> tuple[Response, int]:
    typed = read_json(json_object())
    return jsonify({**views([created(typed)])[0], "notes": typed.notes()}), 201


@reminders_api.get("/api/reminders/<int:reminder_id>")
@member
@describes("A reminder with its steps.", "Reminder", **ONE)
def one(reminder_id: int) -> Response:
    return jsonify(views([mine(reminder_id)])[0])


@reminders_api.patch("/api/reminders/<int:reminder_id>")
@member
@describes(
    "The same with other fields; `status` ends it: done or stopped. Another start or due begins its steps anew.",
    "Reminder",
    body=CHANGED_REMINDER,
    body_needed=True,
    refuses=(403, 409, 422),
    **ONE,
)
def change(reminder_id: int) -> Response:
    before, body = mine(reminder_id), json_object()
    status = body.pop("status", before.status.value)
    typed = read_json(body)
    if status not in (before.status.value, State.DONE.value, State.STOPPED.value):
        typed.faults["status"] = _("A reminder can be made done or stopped; write a new one to begin again.")
    after = changed(before, typed)
    if after.status is State.OPEN and status == State.DONE.value:
        after = desk().done(after.id, author())
    elif after.status is State.OPEN and status == State.STOPPED.value:
        after = desk().stop(after.id, author())
    return jsonify({**views([after])[0], "notes": typed.notes()})


@reminders_api.delete("/api/reminders/<int:reminder_id>")
@member
@describes("A reminder that is stopped: it tells nothing more, and its story stays.", "Reminder", **ONE)
def stop(reminder_id: int) -> Response:
    return jsonify(views([desk().stop(mine(reminder_id).id, author())])[0])


@reminders_api.post("/api/reminders/<int:reminder_id>/done")
@member
@describes("Done now; what comes back begins again.", "Reminder", refuses=(409,), **ONE)
def done(reminder_id: int) -> Response:
    return jsonify(views([desk().done(mine(reminder_id).id, author())])[0])


@reminders_api.post("/api/reminders/<int:reminder_id>/snooze")
@member
@describes("Silent until an instant.", "Reminder", body=SNOOZED, body_needed=True, refuses=(409, 422), **ONE)
def snooze(reminder_id: int) -> Response:
    reminder, typed = mine(reminder_id), read_until(json_object())
    if typed.faults:
        raise Refusal(422, fields=typed.faults)
    after = desk().snooze(reminder.id, typed.values["until"], author())
    return jsonify({**views([after])[0], "notes": typed.notes()})


@reminders_api.app_errorhandler(Invalid)
def _invalid(error: Invalid) -> Response:
    return answer(Refusal(422, fields={name: sentence(said) for name, said in error.fields.items()}))


@reminders_api.app_errorhandler(Unknown)
def _unknown(error: Unknown) -> Response:
    return answer(Refusal(404, sentence(error.sentence)))


@reminders_api.app_errorhandler(NotOpen)
def _not_open(error: NotOpen) -> Response:
    return answer(Refusal(409, sentence(error.sentence), code="not_open"))


# What the page shares with the API


def desk() -> ReminderDesk:
    """The reminders; 404 where there are none."""
    found = service().desks.reminders
    if found is None:
        raise Refusal(404)
    return found


def author() -> Author:
    """Who asks, as stories call them."""
    who = caller()
    return Author(who.user_id, who.signature)


def seen_people() -> Sequence[int] | None:
    """Whose reminders the caller sees: None for everyone's."""
    who = caller()
    return None if who.admin else [] if who.user_id is None else [who.user_id]


def mine(reminder_id: int) -> Reminder:
    """A reminder that the caller may see and change; 404 for any other."""
    found = desk().one(reminder_id) if reminder_id <= LARGEST_ID else None
    people = seen_people()
    theirs = found is not None and (people is None or {found.wish.user_id, found.author.id} & set(people))
    if found is None or not theirs:
        raise Refusal(404, _("There is no reminder with the number %(id)s.", id=reminder_id))
    return found


def created(typed: Typed) -> Reminder:
    """A new reminder of what was typed, for the caller where nobody is named."""
    values: dict[str, Any] = {"title": "", "due_at": None, **typed.values}
    values["starts_at"] = values.get("starts_at") or service().clock()
    values["zone"] = _zone(values)
    values["user_id"] = _user_id(typed, caller().user_id)
    if typed.faults:
        raise Refusal(422, fields=typed.faults)
    return desk().create(Wish(**values), author())


def changed(before: Reminder, typed: Typed) -> Reminder:
    """The same with what was typed."""
    values = dict(typed.values)
    if "starts_at" in values:
        values["starts_at"] = values["starts_at"] or before.wish.starts_at
    values["zone"] = _zone({"zone": before.wish.zone, "every_hours": before.wish.every_hours, **values})
    values["user_id"] = _user_id(typed, before.wish.user_id, stays=True)
    if typed.faults:
        raise Refusal(422, fields=typed.faults)
    others: dict[str, object] = {name: new for name, new in values.items() if new != getattr(before.wish, name)}
    return desk().change(before.id, others, author()) if others else before


def _zone(values: Mapping[str, Any]) -> str:
    """The only zone where hours of running are counted and none is named."""
    zones = list(desk().zones)
    only = zones[0] if len(zones) == 1 and values.get("every_hours") else ""
    return str(values.get("zone") or only)


def _user_id(typed: Typed, default: int | None, *, stays: bool = False) -> int:
    """Whom it is for. Refuses someone who is not here with 404, and anyone else where a member asks with 403."""
    who, people = caller(), desk().people
    if typed.user is None and default is not None:
        return default
    if typed.user is None:
        typed.faults.setdefault("user", _("Say who is to be reminded."))
        return 0
    found = next((each for each in people if typed.user in (each.id, each.name)), None)
    if not who.admin and not (found is not None and found.id in (who.user_id, default if stays else who.user_id)):
        raise Refusal(403, _("Members write reminders for themselves; ask an administrator to remind someone else."))
    if found is None:
        words = _("There is no user %(name)s; nothing was changed.", name=str(typed.user)[:50])
        raise Refusal(404, words, fields={"user": words})
    return found.id


WISHED = tuple(each.name for each in fields(Wish) if each.name not in ("kind", "user_id", "starts_at", "due_at"))


def views(found: Sequence[Reminder]) -> list[View]:
    """Reminders as the API shows them, each with its steps."""
    stories, now = desk().stories([each.id for each in found]), service().clock()
    names = {each.id: each.name for each in desk().people}
    return [_view(each, stories.get(each.id, ()), names.get(each.wish.user_id, ""), now) for each in found]


def _view(reminder: Reminder, steps: Sequence[Step], name: str, now: datetime) -> View:
    wish = reminder.wish
    coming = [step.plan.at for step in steps if step.status is StepState.PENDING]
    return {
        "id": reminder.id,
        **{key: getattr(wish, key) for key in WISHED},
        "kind": wish.kind.value,
        "length": length_of(wish.starts_at, wish.due_at).value if wish.due_at is not None else None,
        "user": {"id": wish.user_id, "name": name},
        "author": reminder.author.name,
        "starts_at": iso(wish.starts_at),
        "due_at": iso(wish.due_at),
        "status": reminder.status.value,
        "overdue": reminder.overdue(now),
        "round": reminder.round,
        "snoozed_until": iso(reminder.snoozed_until),
        "done_at": iso(reminder.done_at),
        "done_by": reminder.done_by,
        "created_at": iso(reminder.created_at),
        "next_step_at": iso(min(coming, default=None)),
        "steps": [_step(step) for step in steps],
        "notes": [],
    }


def _step(step: Step) -> View:
    plan = step.plan
    return {
        "kind": plan.kind.value,
        "number": plan.number,
        "round": step.round,
        "at": iso(plan.at),
        "status": step.status.value,
        "ended_at": iso(step.ended_at),
    }
