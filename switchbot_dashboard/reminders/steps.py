"""When someone is told of a reminder. Pure: from its start, its due instant and the home's zone to the steps.

| length | told |
|---|---|
| short (under 4 h), medium (4 to 24 h) | when two hours are left; at half-time where it is shorter than that |
| long (over 24 h) | at 08:00 local two days before the due day, one day before, and on the day |
| all | once overdue: at the due instant and every 24 h after it, until it is done, snoozed or stopped |

A step after the due instant, or before the start and what `since` says, is dropped. Lengths and the 24 hours are time
that passes; 08:00 is the home's wall clock, through both clock changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ..domain.reminder import Planned, StepKind
from ..domain.windows import instant

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEFT = 2 * HOUR
MORNING = time(8)
BESIDE = timedelta(minutes=5)  # an overdue step that would fall on a morning's own step comes this much later


class Length(StrEnum):
    """How long a reminder runs."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


MORNINGS = ((2, StepKind.TWO_DAYS), (1, StepKind.ONE_DAY), (0, StepKind.SAME_DAY))
OF_MORNINGS = frozenset(kind for _, kind in MORNINGS)


@dataclass(frozen=True, slots=True)
class Course:
    """One round of a reminder. `since` is when it was made or changed: no step lies before it.

    `snoozed_until` silences what lies before it. Where it lies beyond the due instant, the overdue ones count from it.
    """

    starts_at: datetime
    due_at: datetime
    zone: ZoneInfo
    since: datetime
    snoozed_until: datetime | None = None

    @property
    def counts_from(self) -> datetime:
        """The instant of which the overdue steps are counted."""
        return max(self.due_at, self.snoozed_until or self.due_at)

    def steps(self) -> tuple[Planned, ...]:
        """All steps up to the first overdue one, in order; no two at one instant."""
        return (*self._ahead(), self.overdue(0))

    def mornings(self) -> Mapping[StepKind, datetime]:
        """The instants of those steps that go by the home's clock."""
        return {step.kind: step.at for step in self._ahead() if step.kind in OF_MORNINGS}

    def overdue(self, number: int) -> Planned:
        """The overdue step of a number; the first makes way for a morning's step at the very due instant."""
        at = self.counts_from + number * DAY
        if number == 0 and any(step.at == at for step in self._ahead()):
            at += BESIDE
        return Planned(at, StepKind.OVERDUE, number)

    def _ahead(self) -> tuple[Planned, ...]:
        earliest = max(self.starts_at, self.since)
        found = [step for step in self._told_before() if earliest <= step.at <= self.due_at]
        snooze = self.snoozed_until
        if snooze is not None:
            found = [step for step in found if step.at > snooze]
            found += [Planned(snooze, StepKind.SNOOZED)] if snooze < self.due_at else []
        return tuple(sorted(found))

    def _told_before(self) -> Iterator[Planned]:
        length = self.due_at - self.starts_at
        if length_of(self.starts_at, self.due_at) is not Length.LONG:
            left = LEFT if length >= LEFT else length / 2
            yield Planned(self.due_at - left, StepKind.LEFT)
            return
        day = self.due_at.astimezone(self.zone).date()
        for before, kind in MORNINGS:
            yield Planned(instant(day - before * DAY, MORNING, self.zone, last=False), kind)


def length_of(starts_at: datetime, due_at: datetime) -> Length:
    """Short, medium or long, by the time that passes between."""
    length = due_at - starts_at
    if length < 4 * HOUR:
        return Length.SHORT
    return Length.MEDIUM if length <= DAY else Length.LONG


def next_due(due_at: datetime, done_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """When it is due again: so many days of the calendar after the day it was done, at the wall-clock time it had.

    A filter that was cleaned late is not due the sooner for it.
    """
    wall = due_at.astimezone(zone).time()
    day = done_at.astimezone(zone).date() + days * DAY
    return instant(day, wall, zone, last=False).astimezone(UTC)


def snoozes(now: datetime, zone: ZoneInfo) -> Mapping[str, datetime]:
    """What people snooze until: an hour from now, tomorrow morning, this time in a week."""
    local = now.astimezone(zone)
    return {
        "hour": now + HOUR,
        "tomorrow": instant(local.date() + DAY, MORNING, zone, last=False),
        "week": instant(local.date() + 7 * DAY, local.time().replace(microsecond=0), zone, last=False),
    }
