"""What someone reads at each step: a title and a body, with the figures kept apart, read in their language."""

from __future__ import annotations

from ..domain.message import Draft, Priority, Recipient
from ..domain.reminder import Kind, Reminder, Step, StepKind
from ..domain.sentence import Sentence, say

MUCH = 180  # characters of its own title within the title of a message, which has 200


def draft(reminder: Reminder, step: Step, to: Recipient, who: str) -> Draft:
    """The message of a step to one person; `who` is the name of whoever promised.

    Its key is the same each time it is made, so that a step is told once.
    """
    plan = step.plan
    return Draft(
        key=f"reminder:{reminder.id}:{step.round}:{plan.kind}:{plan.number}:{to.id}",
        recipient=to.id,
        title=_title(reminder, plan.kind),
        body=_body(reminder, step, "" if to.id == reminder.wish.user_id else who),
        at=plan.at,
        kind="reminder",
        priority=Priority.HIGH if plan.kind is StepKind.OVERDUE else Priority.NORMAL,
        related_type="reminder",
        related_id=str(reminder.id),
    )


def _title(reminder: Reminder, kind: StepKind) -> Sentence:
    title = reminder.wish.title
    title = title if len(title) <= MUCH else f"{title[: MUCH - 1]}…"
    if kind is StepKind.OVERDUE:
        return say("Overdue: {title}", title=title)
    if kind is StepKind.DONE:
        return say("Done: {title}", title=title)
    if kind is StepKind.CREATED:
        return say("New reminder: {title}", title=title)
    return say("Reminder: {title}", title=title)


def _body(reminder: Reminder, step: Step, who: str) -> Sentence:
    """The facts; with whose promise it is where another person reads it, and the note."""
    if step.plan.kind is StepKind.DONE:
        said = _done(reminder)
    elif step.plan.kind is StepKind.OVERDUE:
        said = _overdue(reminder, step)
    else:
        said = _coming(reminder)
    if who:
        said = say("{who}: {said}.", who=who, said=said)
    return say("{said}. Note: {note}", said=said, note=reminder.wish.note) if reminder.wish.note else said


def _coming(reminder: Reminder) -> Sentence:
    wish = reminder.wish
    if wish.due_at is None:
        words = "It is due once the air conditioner has run for {hours} h since {start:date}."
        return say(words, hours=wish.every_hours or 0, start=wish.starts_at)
    if wish.kind is Kind.LOAN:
        return say("{thing} is to be given back by {due:date}.", thing=_thing(reminder), due=wish.due_at)
    if wish.object:
        return say("{thing} is due {due:date}.", thing=wish.object, due=wish.due_at)
    return say("It is due {due:date}.", due=wish.due_at)


def _overdue(reminder: Reminder, step: Step) -> Sentence:
    wish, due = reminder.wish, reminder.wish.due_at or step.plan.at
    late = round((step.plan.at - due).total_seconds())
    if wish.every_hours is not None and late == 0:
        words = "The air conditioner has run for {hours} h, so it is due since {due:date}."
        return say(words, hours=wish.every_hours, due=due)
    if wish.kind is Kind.LOAN:
        if late <= 0:
            return say("{thing} was to be given back by {due:date}.", thing=_thing(reminder), due=due)
        words = "{thing} was to be given back by {due:date}, {late:span} ago."
        return say(words, thing=_thing(reminder), due=due, late=late)
    if late <= 0:
        return say("It was due {due:date}.", due=due)
    return say("It was due {due:date}, {late:span} ago.", due=due, late=late)


def _done(reminder: Reminder) -> Sentence:
    wish, done = reminder.wish, reminder.done_at or reminder.created_at
    said = say("{who} marked it as done {at:date}.", who=reminder.done_by, at=done)
    if not reminder.comes_back:
        return said
    if wish.due_at is not None:
        return say("{said}. It comes back {due:date}.", said=said, due=wish.due_at)
    return say("{said}. It comes back after {hours} h of running.", said=said, hours=wish.every_hours or 0)


def _thing(reminder: Reminder) -> str:
    return reminder.wish.object or reminder.wish.title
