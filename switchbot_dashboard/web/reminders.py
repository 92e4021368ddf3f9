"""The page of reminders and loans: written down, done, snoozed, stopped, changed. It works without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from ..domain.reminder import Kind, Reminder, State, Wish
from ..reminders import Invalid, NotOpen, Unknown, snoozes
from .access import caller, member, service
from .errors import Refusal
from .i18n import at_moment, home_zone, sentence
from .reminders_api import author, changed, created, desk, mine, seen_people
from .reminders_typed import ENDS, SWITCHES, read_form
from .reminders_view import (
    KINDS,
    SNOOZES,
    Form,
    ReminderPage,
    Seen,
    card_of,
    due_words,
    in_order,
    loan_of,
    story_of,
)
from .told import in_force, told

reminders = Blueprint("reminders", __name__)

MOST_OPEN, MOST_ENDED = 500, 20
HERE = "/reminders"
BLANK: Mapping[str, str] = {"kind": Kind.OTHER.value}


@reminders.get("/reminders")
@member
def page() -> str:
    """What is due next, and what is lent."""
    return _listed(BLANK, {})


@reminders.post("/reminders")
@member
def write_down() -> AnyResponse | tuple[str, int]:
    """A new reminder, or the form again with what is wrong."""
    faults = _kept(lambda: created(read_form(request.form)))
    if faults is not None:
        return _listed(request.form, faults), 422
    flash(_("It is written down."), "ok")
    return redirect(HERE, 303)


@reminders.get("/reminders/<int:reminder_id>")
@member
def one(reminder_id: int) -> str:
    """One reminder with its story, to be changed."""
    found = mine(reminder_id)
    return _one(found, _typed_of(found.wish), {})


@reminders.post("/reminders/<int:reminder_id>")
@member
def change(reminder_id: int) -> AnyResponse | tuple[str, int]:
    """The same with what was typed."""
    found = mine(reminder_id)
    typed, shown = read_form(request.form), _typed_of(found.wish)
    for name, short in ENDS.items():  # shown without its seconds: left alone, it stays as it was
        if all(request.form.get(f"{short}{part}") == shown[f"{short}{part}"] for part in ("_day", "_time")):
            typed.values[name] = getattr(found.wish, name)
    faults = _kept(lambda: changed(found, typed))
    if faults is not None:
        return _one(found, request.form, faults), 422
    flash(_("The change is kept."), "ok")
    return redirect(f"{HERE}/{reminder_id}", 303)


@reminders.post("/reminders/<int:reminder_id>/done")
@member
def done(reminder_id: int) -> AnyResponse:
    """Done now."""

    def do() -> str:
        after = desk().done(mine(reminder_id).id, author())
        if after.status is State.DONE:
            return str(_("Done: %(title)s.", title=after.wish.title))
        return str(_("Done: %(title)s. %(next)s.", title=after.wish.title, next=due_words(after, _seen())[0]))

    return _did(do)


@reminders.post("/reminders/<int:reminder_id>/snooze")
@member
def snooze(reminder_id: int) -> AnyResponse:
    """Silent for an hour, until tomorrow morning or for a week."""
    until = snoozes(service().clock(), _zone()).get(request.form.get("value", ""))
    if until is None:
        raise Refusal(422, fields={"value": _("It can be snoozed for an hour, until tomorrow morning or for a week.")})

    def do() -> str:
        after = desk().snooze(mine(reminder_id).id, until, author())
        when = at_moment(until, _zone(), service().clock())
        return str(_("%(title)s is silent until %(when)s.", title=after.wish.title, when=when))

    return _did(do)


@reminders.post("/reminders/<int:reminder_id>/stop")
@member
def stop(reminder_id: int) -> AnyResponse:
    """No word more of it."""

    def do() -> str:
        after = desk().stop(mine(reminder_id).id, author())
        return str(_("%(title)s is stopped; its story stays.", title=after.wish.title))

    return _did(do)


def _did(do: Callable[[], str]) -> AnyResponse:
    """Does it and says so; what was refused is said as well."""

    def guarded() -> tuple[str, str]:
        try:
            return do(), "ok"
        except (NotOpen, Invalid) as error:
            return sentence(error.sentence), "warn"

    back = request.form.get("back", "")
    return told(guarded, back if back.startswith(HERE) and back.isascii() and "\\" not in back else HERE)


def _kept(keep: Callable[[], Reminder]) -> Mapping[str, str] | None:
    """Keeps it; what is wrong by field where it cannot be kept."""
    try:
        keep()
    except Invalid as error:
        return {name: sentence(said) for name, said in error.fields.items()}
    except (NotOpen, Unknown) as error:
        return {"": sentence(error.sentence)}
    except Refusal as refusal:
        if refusal.status not in (404, 422):
            raise
        return refusal.fields or {"": refusal.message}
    return None


def _listed(values: Mapping[str, str], faults: Mapping[str, str]) -> str:
    handed, seen = desk(), _seen()
    people = seen_people()
    found = in_order(handed.some(people=people, status=State.OPEN, limit=MOST_OPEN))
    ended = [*handed.some(people=people, status=State.DONE, limit=MOST_ENDED)]
    ended += handed.some(people=people, status=State.STOPPED, limit=MOST_ENDED)
    stories = handed.stories([each.id for each in found])
    shown = ReminderPage(
        due=[card_of(each, stories.get(each.id, ()), handed.run_so_far(each), seen) for each in found],
        loans=[loan_of(each, seen) for each in found if each.wish.kind is Kind.LOAN],
        ended=[card_of(each, (), None, seen) for each in sorted(ended, key=lambda each: -each.id)[:MOST_ENDED]],
        form=_form(values, faults),
        nobody=not handed.people,
        unfolded=bool(faults) or not found,
    )
    return render_template("reminders/page.html", page=shown, snoozes=SNOOZES)


def _one(reminder: Reminder, values: Mapping[str, str], faults: Mapping[str, str]) -> str:
    handed, seen = desk(), _seen()
    steps = handed.stories([reminder.id]).get(reminder.id, ())
    card = card_of(reminder, steps, handed.run_so_far(reminder), seen)
    story = story_of(handed.acts(reminder.id), steps, seen)
    return render_template(
        "reminders/one.html", card=card, story=story, form=_form(values, faults), snoozes=SNOOZES, admin=caller().admin
    )


def _seen() -> Seen:
    catalogue, now = service().memory.catalogue(), service().clock()
    devices = {each.id: each.name for each in catalogue.devices} if catalogue is not None else {}
    names = {each.id: each.name for each in desk().people}
    return Seen(names, devices, now, _zone(), caller().user_id)


def _zone() -> ZoneInfo:
    zone = home_zone()
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")


def _form(values: Mapping[str, str], faults: Mapping[str, str]) -> Form:
    who, seen, current = caller(), _seen(), in_force()
    zones = [(each.id, each.name) for each in current.all_zones] if current is not None else []
    people = sorted(seen.names.items(), key=lambda each: (each[0] != who.user_id, each[1]))
    choices: dict[str, Sequence[tuple[str, object]]] = {
        "kind": [(kind.value, KINDS[kind]) for kind in Kind],
        "user": [(str(number), name) for number, name in people] if who.admin else [],
        "device_id": [("", "–"), *sorted(seen.devices.items(), key=lambda each: each[1])] if seen.devices else [],
        "zone": zones if len(zones) > 1 else [],
    }
    return Form(values, faults, choices)


def _typed_of(wish: Wish) -> Mapping[str, str]:
    """A wish as its form would have it."""
    texts = {name: getattr(wish, name) for name in ("title", "object", "device_id", "zone", "note")}
    found = {**texts, "kind": wish.kind.value, "user": str(wish.user_id)}
    found |= {name: "on" for name in SWITCHES if getattr(wish, name)}
    for name in ("every_days", "every_hours"):
        value = getattr(wish, name)
        found[name] = "" if value is None else str(value)
    for name, short in ENDS.items():
        at: datetime | None = getattr(wish, name)
        local = at.astimezone(_zone()) if at is not None else None
        found[f"{short}_day"] = f"{local:%Y-%m-%d}" if local is not None else ""
        found[f"{short}_time"] = f"{local:%H:%M}" if local is not None else ""
    return found
