"""The page of reminders: what is due next, who has what, and the story of one. Pure view models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..domain.reminder import Act, Kind, Reminder, State, Step, StepKind, StepState
from .i18n import ahead, at_moment, moment, number, sentence, span
from .words import opened

KINDS: Mapping[Kind, object] = {
    Kind.MAINTENANCE: _l("Maintenance"),
    Kind.LOAN: _l("Loan"),
    Kind.OTHER: _l("Reminder"),
}
STEPS: Mapping[StepKind, object] = {
    StepKind.CREATED: _l("That it was written down"),
    StepKind.LEFT: _l("Reminder before the end"),
    StepKind.TWO_DAYS: _l("Reminder two days before"),
    StepKind.ONE_DAY: _l("Reminder one day before"),
    StepKind.SAME_DAY: _l("Reminder on the day"),
    StepKind.SNOOZED: _l("Reminder after the snooze"),
    StepKind.OVERDUE: _l("Overdue"),
    StepKind.DONE: _l("That it is done"),
}
SNOOZES: Mapping[str, object] = {
    "hour": _l("An hour"),
    "tomorrow": _l("Until tomorrow morning"),
    "week": _l("A week"),
}
LATE = timedelta(minutes=2)  # what came later than this says so
SOON = timedelta(days=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """Who reads: the names of people, the present instant and the home's zone."""

    names: Mapping[int, str]
    devices: Mapping[str, str]
    now: datetime
    tz: tzinfo
    me: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One reminder in the list. `tone` is `bad` when overdue, `warn` when it is due within a day."""

    id: int
    title: str
    facts: str
    due: str
    tone: str
    more: Sequence[str]
    note: str
    open: bool
    can_snooze: bool


@dataclass(frozen=True, slots=True)
class Loan:
    """Who has what until when."""

    id: int
    thing: str
    who: str
    until: str
    tone: str


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a story."""

    at: datetime
    when: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Form:
    """A reminder as typed. `choices` are the options of its lists: value and words."""

    values: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Sequence[tuple[str, object]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReminderPage:
    """All that the list shows. `nobody`: there is no user who could be reminded."""

    due: Sequence[Card]
    loans: Sequence[Loan]
    ended: Sequence[Card]
    form: Form
    nobody: bool
    unfolded: bool


def in_order(found: Sequence[Reminder]) -> list[Reminder]:
    """What is due first comes first; what waits for hours of running last."""
    dated = [each for each in found if each.counts_from is not None]
    return sorted(dated, key=lambda each: (each.counts_from, each.id)) + [each for each in found if each not in dated]


def card_of(reminder: Reminder, steps: Sequence[Step], ran: timedelta | None, seen: Seen) -> Card:
    """One reminder in the list."""
    due, tone = due_words(reminder, seen, ran)
    return Card(
        id=reminder.id,
        title=reminder.wish.title,
        facts=_facts(reminder, seen),
        due=due,
        tone=tone,
        more=_more(reminder, steps, seen),
        note=reminder.wish.note,
        open=reminder.status is State.OPEN,
        can_snooze=reminder.status is State.OPEN and reminder.wish.due_at is not None,
    )


def loan_of(reminder: Reminder, seen: Seen) -> Loan:
    """A thing that is lent."""
    wish, due = reminder.wish, reminder.wish.due_at
    until = moment(due, seen.tz, seen.now) if due is not None else ""
    who = seen.names.get(wish.user_id, "")
    return Loan(reminder.id, wish.object or wish.title, who, until, "bad" if reminder.overdue(seen.now) else "")


def due_words(reminder: Reminder, seen: Seen, ran: timedelta | None = None) -> tuple[str, str]:
    """When it is due, and the tone of it."""
    due, now = reminder.wish.due_at, seen.now
    if reminder.status is State.DONE:
        done = reminder.done_at or reminder.created_at
        return _("Done %(when)s by %(who)s", when=at_moment(done, seen.tz, now), who=reminder.done_by or "–"), "ok"
    if reminder.status is State.STOPPED:
        return _("Stopped"), "quiet"
    if due is None:
        hours = number(reminder.wish.every_hours or 0)
        so_far = number(int((ran or timedelta(0)) / timedelta(hours=1)))
        return _("Due after %(hours)s h of running; %(ran)s h so far", hours=hours, ran=so_far), ""
    if due <= now:
        words = _("Overdue for %(long)s: it was due %(when)s")
        return words % {"long": long_span(now - due), "when": at_moment(due, seen.tz, now)}, "bad"
    left = ahead(due, now) if due - now < DAY else _("in %(span)s", span=long_span(due - now))
    tone = "warn" if due - now <= SOON else ""
    return _("Due %(when)s, %(left)s", when=at_moment(due, seen.tz, now), left=left), tone


def long_span(length: timedelta) -> str:
    """A length of time: minutes within a day, hours within two, then days."""
    if length < DAY:
        return span(length.total_seconds())
    if length < 2 * DAY:
        return span(round(length / HOUR) * HOUR.total_seconds())
    return str(ngettext("%(num)s day", "%(num)s days", length // DAY))


def story_of(acts: Sequence[Act], steps: Sequence[Step], seen: Seen) -> list[Event]:
    """What was done and told, oldest first, and what is still to come."""
    events = [_deed(act, seen) for act in acts]
    events += [_told(step, seen) for step in steps]
    return sorted(events, key=lambda event: event.at)


def _deed(act: Act, seen: Seen) -> Event:
    who, said = act.by.name, sentence(act.said, seen.tz)
    words = _("%(who)s %(did)s", who=who, did=said) if who else opened(said)
    return Event(act.at, moment(act.at, seen.tz, seen.now), words, "")


def _told(step: Step, seen: Seen) -> Event:
    plan, ended = step.plan, step.ended_at or step.plan.at
    what = str(STEPS[plan.kind])
    if plan.kind is StepKind.OVERDUE and plan.number:
        what = str(ngettext("Overdue, %(num)s day later", "Overdue, %(num)s days later", plan.number))
    states = {
        StepState.PENDING: (_("%(what)s: is told then", what=what), "quiet"),
        StepState.SENT: (_("%(what)s: told", what=what), "ok"),
        StepState.SKIPPED: (_("%(what)s: skipped, since a later one was due too", what=what), "quiet"),
        StepState.CANCELLED: (_("%(what)s: not needed any more", what=what), "quiet"),
    }
    words, tone = states[step.status]
    if step.status is StepState.SENT and ended - plan.at > LATE:
        late = at_moment(ended, seen.tz, seen.now)
        words = _("%(what)s: told late, %(when)s, since the service was down", what=what, when=late)
    return Event(plan.at, moment(plan.at, seen.tz, seen.now), words, tone)


def _facts(reminder: Reminder, seen: Seen) -> str:
    """`Loan · Heater · anna`."""
    wish = reminder.wish
    thing = " · ".join(part for part in (wish.object, seen.devices.get(wish.device_id, wish.device_id)) if part)
    who = seen.names.get(wish.user_id, "")
    return " · ".join(part for part in (str(KINDS[wish.kind]), thing, who) if part)


def _more(reminder: Reminder, steps: Sequence[Step], seen: Seen) -> list[str]:
    wish, found = reminder.wish, list[str]()
    if reminder.status is not State.OPEN:
        return found
    if reminder.snoozed_until is not None and reminder.snoozed_until > seen.now:
        found.append(_("Silent until %(when)s", when=moment(reminder.snoozed_until, seen.tz, seen.now)))
    coming = min((step.plan.at for step in steps if step.status is StepState.PENDING), default=None)
    if coming is not None and coming > seen.now:
        found.append(_("Next message: %(when)s", when=moment(coming, seen.tz, seen.now)))
    if wish.every_days is not None:
        words = ngettext(
            "Comes back %(num)s day after it is done", "Comes back %(num)s days after it is done", wish.every_days
        )
        found.append(words)
    if wish.every_hours is not None:
        found.append(_("Comes back after %(hours)s h of running", hours=number(wish.every_hours)))
    return found
