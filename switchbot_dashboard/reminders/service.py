"""Reminders made, changed and told: the rules of `steps` applied to what is kept, and drafts handed to the post."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from ..domain.message import Post, Recipient
from ..domain.reminder import Act, Author, Kind, Planned, Reminder, State, Step, StepKind, Wish
from ..domain.sentence import say
from ..tick.ports import Clock
from .checks import FURTHEST, NotOpen, Unknown, check, check_snooze
from .steps import OF_MORNINGS, Course, next_due
from .words import draft

log = logging.getLogger(__name__)

NO_STEPS: Mapping[int, Sequence[Planned]] = {}
AGAIN = timedelta(seconds=30)  # what could not be told is tried again
EXACT = timedelta(minutes=1)  # as exactly as the instant is known at which hours of running were reached

RunFor = Callable[[str, datetime, datetime], timedelta]
"""How long the air conditioner of a zone ran between two instants."""


class Shelf(Protocol):
    """Where reminders are kept. Lists are newest first; each write is one transaction, and moves the serial.

    What changes a reminder also notes the act. `acts` are those of one, oldest first.
    `replace` puts `after` in the place of `before` and adds steps by round. The pending steps of the round before are
    cancelled, unless the reminder stays open in it. It says whether `before` still stood in its round and status.

    `due` gives pending steps up to an instant in their order, those of one reminder's round together. `told` ends the
    steps of one round: some are `sent`, the `skipped` ones are over, `following` come next (steps without an id are not
    kept yet). It says whether all that are kept were still pending; else nothing is changed. `move` puts one that is
    pending at another instant, or cancels it (None).
    """

    def add(self, wish: Wish, act: Act, steps: Sequence[Planned]) -> Reminder: ...
    def one(self, reminder_id: int) -> Reminder | None: ...
    def some(
        self, *, people: Collection[int] | None, status: State | None, before: int | None, limit: int
    ) -> Sequence[Reminder]: ...
    def steps(self, reminder_ids: Collection[int]) -> Mapping[int, Sequence[Step]]: ...
    def replace(self, before: Reminder, after: Reminder, act: Act, steps: Mapping[int, Sequence[Planned]]) -> bool: ...
    def acts(self, reminder_id: int) -> Sequence[Act]: ...
    def due(self, now: datetime) -> Sequence[tuple[Reminder, Sequence[Step]]]: ...
    def told(self, sent: Sequence[Step], skipped: Sequence[Step], following: Sequence[Step], at: datetime) -> bool: ...
    def move(self, step: Step, at: datetime | None) -> None: ...
    def next_at(self) -> datetime | None: ...
    def by_hours(self) -> Sequence[Reminder]: ...
    def upcoming(self, kind: Kind, until: datetime) -> Sequence[Reminder]: ...


@dataclass(frozen=True)
class Around:
    """What reminders need of the home. `people` are those who can be told; `zones` the ids of the zones there are."""

    clock: Clock
    zone: Callable[[], ZoneInfo]
    people: Callable[[], Sequence[Recipient]]
    zones: Callable[[], Collection[str]]
    run_for: RunFor


@dataclass(frozen=True, slots=True)
class Applied:
    """What one look at the steps came to."""

    told: int = 0
    skipped: int = 0
    by_hours: int = 0
    failed: int = 0


class Reminders:
    """All reminders of the home. Safe to use from several threads and processes."""

    def __init__(self, shelf: Shelf, post: Post, around: Around) -> None:
        self._shelf, self._post, self._around = shelf, post, around
        self._followed: ZoneInfo | None = None  # by whose clock the mornings are known to be

    # what people ask for

    def create(self, wish: Wish, author: Author) -> Reminder:
        """A new reminder. Raises Invalid, and then nothing is kept."""
        now = self._around.clock()
        check(wish, now, self._around.zones())
        self._known(wish.user_id)
        steps = [Planned(now, StepKind.CREATED)] if wish.tell_created else []
        act = Act(now, author, say("wrote it down"))
        made = self._shelf.add(wish, act, [*steps, *self._steps(wish, now, None)])
        self._tell_now()
        return made

    def change(self, reminder_id: int, changes: Mapping[str, Any], by: Author) -> Reminder:
        """The same with other fields of its wish; another start or due begins a new round. Raises Invalid, NotOpen."""
        now, before = self._around.clock(), self._open(reminder_id)
        wish = replace(before.wish, **changes)
        moved = (wish.starts_at, wish.due_at) != (before.wish.starts_at, before.wish.due_at)
        check(wish, now, self._around.zones(), due_is_new=moved)
        self._known(wish.user_id)
        if not moved:
            return self._kept(before, replace(before, wish=wish), Act(now, by, say("changed it")))
        after = replace(before, wish=wish, round=before.round + 1, snoozed_until=None)
        said = say("changed it: due {due:date}", due=wish.due_at) if wish.due_at is not None else say("changed it")
        return self._kept(before, after, Act(now, by, said), {after.round: self._steps(wish, now, None)})

    def done(self, reminder_id: int, by: Author) -> Reminder:
        """Done now; what comes back begins its next round. Raises Unknown, NotOpen."""
        now, before = self._around.clock(), self._open(reminder_id)
        wish, steps = before.wish, dict[int, Sequence[Planned]]()
        if wish.tell_done:
            steps[before.round] = [Planned(now, StepKind.DONE)]
        after = replace(before, status=State.DONE, done_at=now, done_by=by.name, snoozed_until=None)
        if before.comes_back:
            wish = replace(wish, starts_at=now, due_at=self._next_due(wish, now))
            after = replace(after, wish=wish, status=State.OPEN, round=before.round + 1)
            steps[after.round] = self._steps(wish, now, None)
        kept = self._kept(before, after, Act(now, by, say("marked it as done")), steps)
        self._tell_now()
        return kept

    def snooze(self, reminder_id: int, until: datetime, by: Author) -> Reminder:
        """Silent until an instant; from then on as before. Raises Unknown, NotOpen, Invalid."""
        now, before = self._around.clock(), self._open(reminder_id)
        check_snooze(until, now)
        if before.wish.due_at is None:
            raise NotOpen(say("It is not due yet and tells nobody: the hours of running decide when it does."))
        after = replace(before, round=before.round + 1, snoozed_until=until)
        act = Act(now, by, say("snoozed it until {until:date}", until=until))
        return self._kept(before, after, act, {after.round: self._steps(before.wish, now, until)})

    def stop(self, reminder_id: int, by: Author) -> Reminder:
        """No word more of it; what has ended already stays as it is. Raises Unknown."""
        now, before = self._around.clock(), self.one(reminder_id)
        if before.status is not State.OPEN:
            return before
        after = replace(before, status=State.STOPPED, snoozed_until=None)
        return self._kept(before, after, Act(now, by, say("stopped it")))

    # what there is

    def one(self, reminder_id: int) -> Reminder:
        """One reminder. Raises Unknown."""
        found = self._shelf.one(reminder_id)
        if found is None:
            raise Unknown(say("There is no reminder with the number {id}.", id=str(reminder_id)))
        return found

    def some(
        self,
        *,
        people: Collection[int] | None = None,
        status: State | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Reminder]:
        """Reminders of these people, or written by them (None: of all), newest first; `before` is an id."""
        return self._shelf.some(people=people, status=status, before=before, limit=limit)

    def stories(self, reminder_ids: Collection[int]) -> Mapping[int, Sequence[Step]]:
        """The steps of reminders, in the order of their instants."""
        return self._shelf.steps(reminder_ids)

    def acts(self, reminder_id: int) -> Sequence[Act]:
        """What was done to a reminder by whom, oldest first."""
        return self._shelf.acts(reminder_id)

    def run_so_far(self, reminder: Reminder) -> timedelta | None:
        """How long the air conditioner ran since it counts; None where no hours of running are waited for."""
        wish = reminder.wish
        if reminder.status is not State.OPEN or wish.every_hours is None or wish.due_at is not None:
            return None
        return self._around.run_for(wish.zone, wish.starts_at, self._around.clock())

    @property
    def people(self) -> Sequence[Recipient]:
        """Those who can be reminded."""
        return self._around.people()

    @property
    def zones(self) -> Collection[str]:
        """The zones whose hours of running can be counted."""
        return self._around.zones()

    def maintenance(self, until: datetime) -> Sequence[Reminder]:
        """Maintenance due by an instant or overdue, the most urgent first; nothing that is snoozed beyond now."""
        now = self._around.clock()
        found = self._shelf.upcoming(Kind.MAINTENANCE, until)
        return [each for each in found if each.snoozed_until is None or each.snoozed_until <= now]

    # what time brings

    def ring(self, now: datetime) -> datetime | None:
        """Tell what is due; the next instant at which something will be. Quick, and writes nothing needlessly."""
        failed, following = self._tell(now).failed, self._shelf.next_at()
        return now + AGAIN if failed and following is not None and following <= now else following

    def apply(self, now: datetime) -> Applied:
        """The same as a net, and with it the hours of running, and mornings where the home's zone was changed."""
        self._follow_zone(now)
        reached = sum(self._reached(each, now) for each in self._shelf.by_hours())
        return replace(self._tell(now), by_hours=reached)

    def _tell_now(self) -> None:
        """What was just done is kept; where telling fails, the net tells it within minutes."""
        try:
            self._tell(self._around.clock())
        except Exception:
            log.warning("[reminders] What is due could not be told at once; it is tried again", exc_info=True)

    def _tell(self, now: datetime) -> Applied:
        """Of each reminder's round the last step that is due is told, those before it are overtaken.

        One that cannot be told keeps nobody else's waiting.
        """
        done, due = Applied(), self._shelf.due(now)
        people = {person.id: person for person in self._around.people()} if due else {}
        for reminder, steps in due:
            try:
                sent, skipped = self._tell_one(reminder, steps, people, now)
            except Exception:
                log.exception("[reminders] Reminder %d could not be told; it is tried again", reminder.id)
                done = replace(done, failed=done.failed + 1)
            else:
                done = replace(done, told=done.told + sent, skipped=done.skipped + skipped)
        return done

    def _tell_one(
        self, reminder: Reminder, steps: Sequence[Step], people: Mapping[int, Recipient], now: datetime
    ) -> tuple[int, int]:
        """How many steps were told, and how many overtaken; none where another process was faster."""
        passed, following = self._overdue_by_now(reminder, steps, now)
        sent = [step for step in passed if step.plan.at == passed[-1].plan.at]
        overtaken = passed[: -len(sent)]
        told_to = [(step, to) for step in sent for to in _readers(reminder, step, people)]
        # first put, then noted: a key that is there already is not put twice
        self._post.put([draft(reminder, step, to, _name(people, reminder)) for step, to in told_to])
        return (len(sent), len(overtaken)) if self._shelf.told(sent, overtaken, following, now) else (0, 0)

    def _overdue_by_now(
        self, reminder: Reminder, due: Sequence[Step], now: datetime
    ) -> tuple[Sequence[Step], Sequence[Step]]:
        """The steps that are due, with the overdue ones that time brought since; and the one that comes next."""
        last = due[-1]
        course = self._course(reminder.wish, reminder.created_at, reminder.snoozed_until)
        if last.plan.kind is not StepKind.OVERDUE or course is None:
            return due, ()
        found = list(due)
        while True:
            follows = replace(last, id=0, plan=course.overdue(found[-1].plan.number + 1))
            if follows.plan.at > now:
                return found, (follows,)
            found.append(follows)

    def _follow_zone(self, now: datetime) -> None:
        """Move the steps that wait for a morning to that of the home's zone, where it is another one now."""
        zone = self._around.zone()
        if zone == self._followed:
            return
        for reminder, steps in self._shelf.due(now + 2 * FURTHEST):
            course = self._course(reminder.wish, reminder.created_at, reminder.snoozed_until)
            if course is None or steps[0].round != reminder.round:
                continue
            mornings = course.mornings()
            for step in steps:
                if step.plan.kind in OF_MORNINGS and mornings.get(step.plan.kind) != step.plan.at:
                    self._shelf.move(step, mornings.get(step.plan.kind))
        self._followed = zone

    def _reached(self, waiting: Reminder, now: datetime) -> bool:
        """Whether the hours of running are reached; then it is due at the instant at which they were."""
        wish = waiting.wish
        wanted, start = timedelta(hours=wish.every_hours or 0), wish.starts_at
        if start >= now or self._around.run_for(wish.zone, start, now) < wanted:
            return False
        low, high = start, now
        while high - low > EXACT:
            middle = low + (high - low) / 2
            if self._around.run_for(wish.zone, start, middle) < wanted:
                low = middle
            else:
                high = middle
        due = replace(wish, due_at=high.replace(microsecond=0))
        after = replace(waiting, wish=due, round=waiting.round + 1)
        act = Act(now, Author(None, ""), say("{hours} h of running were reached", hours=wish.every_hours or 0))
        return self._shelf.replace(waiting, after, act, {after.round: self._steps(due, now, None)})

    # the parts

    def _open(self, reminder_id: int) -> Reminder:
        found = self.one(reminder_id)
        if found.status is State.DONE:
            raise NotOpen(say("This is done already; nothing was changed."))
        if found.status is State.STOPPED:
            raise NotOpen(say("This was stopped; nothing was changed."))
        return found

    def _known(self, user_id: int) -> None:
        if all(person.id != user_id for person in self._around.people()):
            raise Unknown(say("There is no user with the id {id}; nothing was changed.", id=str(user_id)))

    def _kept(
        self, before: Reminder, after: Reminder, act: Act, steps: Mapping[int, Sequence[Planned]] = NO_STEPS
    ) -> Reminder:
        if not self._shelf.replace(before, after, act, steps):
            raise NotOpen(say("Someone else changed this at the same moment. Look at it again, then try once more."))
        return after

    def _steps(self, wish: Wish, since: datetime, snoozed_until: datetime | None) -> Sequence[Planned]:
        course = self._course(wish, since, snoozed_until)
        return course.steps() if course is not None else ()

    def _course(self, wish: Wish, since: datetime, snoozed_until: datetime | None) -> Course | None:
        if wish.due_at is None:
            return None
        return Course(wish.starts_at, wish.due_at, self._around.zone(), since, snoozed_until)

    def _next_due(self, wish: Wish, done_at: datetime) -> datetime | None:
        if wish.every_days is None or wish.due_at is None:
            return None
        return next_due(wish.due_at, done_at, wish.every_days, self._around.zone())


def _name(people: Mapping[int, Recipient], reminder: Reminder) -> str:
    person = people.get(reminder.wish.user_id)
    return person.name if person is not None else ""


def _readers(reminder: Reminder, step: Step, people: Mapping[int, Recipient]) -> Sequence[Recipient]:
    """Who is told: whoever promised; of what is done also who wrote it down; of what is long overdue administrators."""
    wanted = [reminder.wish.user_id]
    if step.plan.kind is StepKind.DONE and reminder.author.id is not None:
        wanted.append(reminder.author.id)
    if step.plan.to_administrators:
        wanted += [person.id for person in people.values() if person.admin]
    return [people[each] for each in dict.fromkeys(wanted) if each in people]
