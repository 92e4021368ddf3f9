"""The next instant worth a look: when the temperature can first be at a threshold on which something is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot

from .case import Case
from .learned import Course, Effect
from .preheat import EARLIEST, early_limits, lead_of
from .reading import stale_reason
from .record import Mode, Suspect
from .sentence import Sentence, say
from .settings import Season
from .tracking import ahead, deviation
from .truth import REPEAT, judged_at, unmoved

MOST_INSIDE, MOST_OUTSIDE = timedelta(minutes=15), timedelta(minutes=60)
MOST_BEFORE_START = timedelta(minutes=20)  # a window opened meanwhile makes the start earlier
MOST_PREHEATING = timedelta(minutes=20)  # a meter that freezes, or a unit that stops, is noticed in time
BRINK = timedelta(seconds=60)  # it should have been crossed, and the meter's noise hides it
GRAIN = timedelta(seconds=150)  # a threshold that is about to be crossed is looked for so often
LIKELY = 0.6  # standard deviations: a quarter of the crossings comes sooner than that
LIKELY_COMFORT = 1.0  # who asks for comfort in time gets a little more of it at the thresholds, for some calls
NOISE = 0.03  # K: the first reading beyond a threshold is an early one
SHOWN = 0.05  # K: a reading is rounded to the threshold from so far before it
HORIZON = timedelta(hours=12)
NINE_IN_TEN = 1.645  # standard deviations to both sides
FEWEST = 3  # readings before a course is followed


@dataclass(frozen=True, slots=True)
class Crossing:
    """A threshold (tenths) that is expected to be reached at `at`, nine times in ten between two instants."""

    limit: int
    at: datetime
    earliest: datetime
    latest: datetime | None


def worth_a_look(case: Case, mode: Mode) -> tuple[datetime, Sentence] | None:
    """The next look that prediction asks for, and why; None where the table has to do."""
    course = case.state.learned.course
    if not case.zone.predictive_polling_enabled or course is None or case.state.trouble is not None:
        return None
    if mode not in (Mode.IN_WINDOW, Mode.IDLE, Mode.WARMUP, Mode.OPTIMAL_START):
        return None
    if mode in (Mode.IDLE, Mode.WARMUP) and not _start_near(case):
        return case.now + MOST_OUTSIDE, say("nothing is due before the next window")
    reading = case.state.reading
    if reading is not None and unmoved(case.state, reading):
        return case.now + REPEAT, say("the meter's value should have moved: looked at again")
    if not _trusted(case, course):
        return None
    if mode is Mode.IN_WINDOW:
        return _inside(case, course)
    if mode in (Mode.IDLE, Mode.WARMUP):
        return _outside(case)
    return _preheating(case, course)


def _start_near(case: Case) -> bool:
    """Whether an early start could be due before two looks have passed."""
    opens = case.opening.opens_at
    return case.zone.optimal_start_enabled and opens is not None and opens - case.now <= EARLIEST + 2 * MOST_OUTSIDE


def _trusted(case: Case, course: Course) -> bool:
    state = case.state
    if state.reading is None or state.trouble is not None or course.doubted is not None or course.count < FEWEST:
        return False
    if state.doubt is not None and state.doubt.suspect is Suspect.METER:
        return False
    return stale_reason(state.reading, case.zone.stale_after_minutes, case.now) is None


def _inside(case: Case, course: Course) -> tuple[datetime, Sentence]:
    now, limit, rising = case.now, threshold(case, course.effect), rises(case, course.effect)
    most = now + MOST_INSIDE
    if case.state.doubt is not None:
        return now + MOST_INSIDE, say("the room does not follow: looked at now and then")
    if case.held:
        return now + MOST_INSIDE, say("nothing can be due before the choice made by hand ends")
    comfort = case.zone.optimal_start_enabled
    earliest = plausible(course, limit, rising, (now, most), LIKELY_COMFORT if comfort else LIKELY)
    if earliest is None:
        return most, say("{limit:temp} is not expected before {until:time}", limit=limit, until=most)
    there = plausible(course, limit, rising, (now, now), 0.0) is not None
    look = max(earliest, now + (BRINK if there or comfort else GRAIN))
    return look, say("{limit:temp} is expected soon, at {from:time} at the earliest", limit=limit, **{"from": earliest})


def _outside(case: Case) -> tuple[datetime, Sentence]:
    opens, lead = case.opening.opens_at, lead_of(case)
    near = opens is not None and opens - case.now <= EARLIEST and _start_near(case)
    most = case.now + (MOST_BEFORE_START if near else MOST_OUTSIDE)
    if lead is None or lead.earliest >= most:
        return most, say("nothing is due before the next window")
    return max(lead.earliest, case.now + GRAIN), say(
        "{why}; looked at before the early start", why=lead.words(begins=False)
    )


def _preheating(case: Case, course: Course) -> tuple[datetime, Sentence]:
    now, most = case.now, case.now + MOST_PREHEATING
    low, high, _ = early_limits(case)
    goal = high if rises(case, course.effect) else low
    judged = judged_at(case.state.learned, now)
    earliest = (
        plausible(course, goal, rises(case, course.effect), (now, most), LIKELY)
        if course.effect is not Effect.REST
        else None
    )
    if judged is not None and (earliest is None or judged < earliest):
        return max(judged, now + GRAIN), say("whether the room follows the command can be seen then")
    if earliest is None:
        return most, say("{limit:temp} is not expected before {until:time}", limit=goal, until=most)
    return max(earliest, now + GRAIN), say(
        "{limit:temp} is expected soon, at {from:time} at the earliest", limit=goal, **{"from": earliest}
    )


def threshold(case: Case, effect: Effect) -> int:
    """The threshold, in tenths, on which the thermostat acts next."""
    profile, slack = case.zone.profile, case.zone.hysteresis_tenths
    return profile.max_tenths + slack if rises(case, effect) else profile.min_tenths - slack


def rises(case: Case, effect: Effect) -> bool:
    """Whether the threshold that comes next is the warm one."""
    return effect is Effect.HEAT or (effect is Effect.REST and case.zone.mode is Season.SUMMER)


def plausible(
    course: Course, limit: int, rising: bool, between: tuple[datetime, datetime], likely: float
) -> datetime | None:
    """The first instant of a stretch at which the level can be at `limit` (tenths), `likely` deviations off."""
    low, high = between
    sign = 1.0 if rising else -1.0
    goal = limit / 10 - sign * SHOWN

    def reached(at: datetime) -> bool:
        then = ahead(course, at)
        return sign * (goal - then.level) <= likely * hypot(deviation(then), NOISE)

    if reached(low):
        return low
    if not reached(high):
        return None
    while high - low > timedelta(seconds=10):
        middle = low + (high - low) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def crossing(case: Case) -> Crossing | None:
    """The threshold that comes next inside the window, if it is expected within twelve hours."""
    course = case.state.learned.course
    if course is None or not _trusted(case, course):
        return None
    limit, rising = threshold(case, course.effect), rises(case, course.effect)
    span = (case.now, case.now + HORIZON)
    mean = plausible(course, limit, rising, span, 0.0)
    earliest = plausible(course, limit, rising, span, NINE_IN_TEN)
    if mean is None or earliest is None:
        return None
    return Crossing(limit, mean, earliest, plausible(course, limit, rising, span, -NINE_IN_TEN))
