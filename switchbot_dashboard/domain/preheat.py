"""Optimal start: how early the unit must start for the room to be in its band when a window opens.

The resting slope already tells how cold it is outdoors and how well the house keeps its heat; what the unit adds to
it, and how long meter and cloud stay behind, is learned from every command that the room followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

from .case import Case
from .learned import Course, Effect, Estimate
from .reading import stale_reason
from .record import Suspect
from .response import FIRST_LAG, drive
from .sentence import Sentence, say
from .settings import Season
from .tracking import HOUR, TIME_CONSTANT, ahead, deviation, settled_slope

EARLIEST = timedelta(hours=3)
LEAST_RATE = 0.2  # K/h towards the band: below that an early start would not help
AIM = 0.05  # K inside the band, so that rounding does not leave the room just outside it
NEAR = timedelta(minutes=3)  # due so soon, it is begun at once


@dataclass(frozen=True, slots=True)
class Lead:
    """An early start: when it is due, for a window that opens at `opens`, to bring the room from `level` to `goal`.

    Temperatures in °C, `rate` in K/h once the unit runs, `earliest` is the first instant at which it may be due.
    """

    due: datetime
    earliest: datetime
    opens: datetime
    level: float
    goal: float
    rate: float

    def words(self, *, begins: bool) -> Sentence:
        """Why the unit starts (or will start) early, in figures."""
        minutes = round((self.opens - self.due).total_seconds())
        figures = (round(self.level * 10), round(self.goal * 10), round(abs(self.rate) * 10))
        words = "{goal:temp} at {opens:time} needs {lead:span} from {now:temp} at {rate:gap} °C an hour: started early"
        if not begins:
            words = "{goal:temp} at {opens:time} needs {lead:span} from {now:temp} at {rate:gap} °C an hour"
        return say(words, goal=figures[1], opens=self.opens, lead=minutes, now=figures[0], rate=figures[2])


def lead_of(case: Case) -> Lead | None:
    """The early start for the next window; None where it is not wanted, would not help, or cannot be known yet."""
    zone, state, opens = case.zone, case.state, case.opening.opens_at
    learned, effect = state.learned, (Effect.HEAT if zone.mode is Season.WINTER else Effect.COOL)
    course, added = learned.course, drive(learned, effect)
    wanted = zone.optimal_start_enabled and zone.automation_enabled and not case.opening.inside and not case.held
    if not wanted or opens is None or course is None or added is None or not _believable(case):
        return None
    heats = effect is Effect.HEAT
    goal = zone.profile.min_tenths / 10 + AIM if heats else zone.profile.max_tenths / 10 - AIM
    lag = (learned.lag or FIRST_LAG).mean / 3600
    sign = 1.0 if heats else -1.0
    if sign * (goal - ahead(course, opens).level) <= 0:
        return None
    need = _Need(course, added, lag, goal, sign)
    due = _due(need, opens, case.now, 0.0)
    if due is None:
        return None
    earliest = _due(need, opens, case.now, 1.0) or due
    level, rate = need.start(due, 0.0)
    return Lead(max(due, opens - EARLIEST), max(earliest, opens - EARLIEST), opens, level, goal, rate)


def preparing(case: Case) -> Lead | None:
    """The early start that is under way or due now; None outside such a time."""
    lead = lead_of(case) if not case.preheating else _under_way(case)
    if lead is None or case.preheating:
        return lead
    return lead if lead.due <= case.now + NEAR and lead.opens - case.now <= EARLIEST else None


def early_limits(case: Case) -> tuple[int, int, int]:
    """Between which tenths a room that is ready early is held, and the goal: the threshold of the band on that side."""
    profile, slack = case.zone.profile, case.zone.hysteresis_tenths
    goal = profile.min_tenths if case.zone.mode is Season.WINTER else profile.max_tenths
    return goal - slack, goal + slack, goal


def _under_way(case: Case) -> Lead | None:
    course, opens = case.state.learned.course, case.opening.opens_at
    if course is None or opens is None:
        return None
    heats = case.zone.mode is Season.WINTER
    goal = case.zone.profile.min_tenths / 10 if heats else case.zone.profile.max_tenths / 10
    return Lead(case.now, case.now, opens, course.level, goal, settled_slope(course))


def _believable(case: Case) -> bool:
    state = case.state
    doubted = state.doubt is not None and state.doubt.suspect is Suspect.METER
    if state.reading is None or state.trouble is not None or doubted:
        return False
    return stale_reason(state.reading, case.zone.stale_after_minutes, case.now) is None


@dataclass(frozen=True, slots=True)
class _Need:
    """How long a room takes to its goal when the unit starts at an instant."""

    course: Course
    added: Estimate
    lag: float  # h
    goal: float
    sign: float

    def start(self, at: datetime, worse: float) -> tuple[float, float]:
        """Level and slope when the unit's work begins to show; `worse` by so many standard deviations."""
        then = ahead(self.course, at)
        level = then.level + settled_slope(then) * self.lag - self.sign * worse * deviation(then)
        rate = settled_slope(then) + (self.added.mean if self.course.effect is Effect.REST else 0.0)
        return level, rate

    def hours(self, at: datetime, worse: float) -> float | None:
        """Hours from `at` to the goal; None where the room does not get there."""
        level, slope = self.start(at, worse)
        missing, rate = self.sign * (self.goal - level), self.sign * slope
        if rate < LEAST_RATE:
            return None
        share = missing / (rate * TIME_CONSTANT)
        if share <= 0:
            return 0.0
        return self.lag - TIME_CONSTANT * log(1 - share) if share < 0.9 else self.lag + 2 * TIME_CONSTANT


def _due(need: _Need, opens: datetime, now: datetime, worse: float) -> datetime | None:
    """When the unit must start to be in time; the room drifts while it waits, so this closes in step by step."""
    at = max(now, opens - EARLIEST)
    for _ in range(6):
        hours = need.hours(at, worse)
        if hours is None:
            return None
        at = min(opens, max(now, opens - hours * HOUR))
    return at
