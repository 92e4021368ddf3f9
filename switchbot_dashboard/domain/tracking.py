"""The temperature's course: an estimate of level and slope, kept by a Kalman filter over the meter's rounded readings.

Between two changes of what heats it, a room tends to its equilibrium, so its slope fades by 1/e in a time constant:
x = (level, slope), level' = slope, slope' = -slope / TIME_CONSTANT. Switching adds a learned step to the slope, after
the lag of meter and cloud. See R. E. Kalman, "A New Approach to Linear Filtering and Prediction Problems" (1960).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import exp, sqrt

from .learned import Change, Course, Effect, Learned

HOUR = timedelta(hours=1)
TIME_CONSTANT = 24.0  # h; of an ordinary room. A wrong one shows over many hours only
READING = 0.045**2  # K²: rounding to a tenth (0.029 K) and the meter's own noise
DRIFT = 0.12**2  # (K/h)² an hour: sun, people, weather
TREMBLE = 0.01**2  # K² an hour
NEW_SLOPE = 2.0**2  # (K/h)²: a room of which nothing is known
SURPRISE = 4.0  # standard deviations beyond which a reading disagrees
OLD = timedelta(hours=12)  # a course that was not followed for so long is begun anew
TOLD_FOR = 12.0  # h: so long a slope tells of the one that it began with; then it is the weather's
APART = timedelta(seconds=50)  # readings closer together show the same upload
INDEPENDENT = timedelta(minutes=5)  # rounding repeats itself: so far apart, readings tell something new


def ahead(course: Course, to: datetime) -> Course:
    """The course as it is expected to be at an instant; its spread grows with the time."""
    for change in course.changes:
        if change.at > to:
            return _drift(course, to)
        course = _stepped(_drift(course, change.at), change)
    return _drift(course, to)


def _drift(course: Course, to: datetime) -> Course:
    hours = (to - course.at) / HOUR
    if hours <= 0:
        return course
    fades, far = faded(hours), path(hours)
    level, both, slope = course.spread
    spread = (
        level + 2 * far * both + far * far * slope + DRIFT * hours**3 / 3 + TREMBLE * hours,
        fades * (both + far * slope) + DRIFT * hours**2 / 2,
        fades * fades * slope + DRIFT * hours,
    )
    return replace(course, at=to, level=course.level + far * course.slope, slope=fades * course.slope, spread=spread)


def _stepped(course: Course, change: Change) -> Course:
    level, both, slope = course.spread
    spread = (level + change.step**2 * change.late, both, slope + change.variance)
    return replace(course, slope=course.slope + change.step, spread=spread, changes=course.changes[1:])


def path(hours: float) -> float:
    """How far a room goes in `hours` for each K/h of its slope at the beginning."""
    return (1 - exp(-hours / TIME_CONSTANT)) * TIME_CONSTANT


def faded(hours: float) -> float:
    """What is left of a slope after `hours`."""
    return exp(-hours / TIME_CONSTANT)


def slope_before(slope: float, hours: float) -> float | None:
    """What a slope was `hours` ago, had nothing changed since; None where too little is left of it to tell."""
    return slope / faded(hours) if 0 <= hours <= TOLD_FOR else None


def settled_slope(course: Course) -> float:
    """The slope in K/h once every change that was caused shows."""
    return course.slope + sum(change.step for change in course.changes)


def deviation(course: Course) -> float:
    """The standard deviation of the level in K, widened where past readings surprised more than they should."""
    return sqrt(course.spread[0] * max(1.0, course.unrest))


def seen(learned: Learned, celsius: float, at: datetime) -> Learned:
    """What is learned after a reading. One that disagrees is doubted once; the next one decides."""
    course = learned.course
    if course is None or at - course.at > OLD or at < course.at - INDEPENDENT:
        return replace(learned, course=begun(celsius, at, course))
    if at - course.at < APART and course.doubted is None and course.count > 1:
        return learned
    expected = ahead(course, at)
    noise = READING * max(1.0, INDEPENDENT / max(at - course.at, APART)) if course.doubted is None else READING
    surprise = celsius - expected.level
    size = surprise**2 / (expected.spread[0] + noise)
    if size <= SURPRISE**2 * max(1.0, course.unrest):
        now = replace(_corrected(expected, surprise, noise), doubted=None, count=course.count + 1)
        return replace(learned, course=replace(now, unrest=_unrest(course.unrest, size)))
    if course.doubted is None:
        return replace(learned, course=replace(course, doubted=celsius))
    return replace(learned, course=anew(expected, celsius))


def begun(celsius: float, at: datetime, before: Course | None = None) -> Course:
    """A course of which one reading is known."""
    effect, since = (before.effect, before.since) if before else (Effect.REST, None)
    return Course(at, celsius, 0.0, (READING, 0.0, NEW_SLOPE), effect, since)


def anew(expected: Course, celsius: float) -> Course:
    """The course after readings that disagree with it: something happened that nobody announced."""
    spread = (READING, 0.0, expected.spread[2] + NEW_SLOPE)
    return replace(expected, level=celsius, spread=spread, doubted=None, count=1)


def _corrected(course: Course, surprise: float, noise: float) -> Course:
    level, both, slope = course.spread
    total = level + noise
    gain, gain_slope = level / total, both / total
    spread = (level * (1 - gain), both * (1 - gain), slope - gain_slope * both)
    return replace(
        course, level=course.level + gain * surprise, slope=course.slope + gain_slope * surprise, spread=spread
    )


def _unrest(before: float, size: float) -> float:
    return min(9.0, max(0.25, before + 0.05 * (size - before)))
