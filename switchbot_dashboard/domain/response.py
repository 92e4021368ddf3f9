"""What a command does to a room: the step in its slope, the lag until the meter shows it, and whether it was heard.

Infrared never answers, so the temperature must: after a command it follows the course that the unit gives it, or the
one it had. What a unit adds and how long meter and cloud stay behind is learned from each command that was followed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import log, sqrt

from .history import Doing, doing
from .learned import Change, Course, Effect, Estimate, Learned, Trial
from .record import Aircon
from .tracking import HOUR, NEW_SLOPE, TIME_CONSTANT, ahead, anew, path, settled_slope, slope_before

FIRST_LAG = Estimate(180.0, 180.0**2, 0)  # s: the meter's own pace and the cloud's
WEIGHT = 0.25  # of the newest of many observations
LEAST_SHARE = 0.1  # no step is known better than to a tenth of it
SURE_SLOPE = 0.5**2  # (K/h)²: a slope that is known so well tells what the unit adds
TIMED_AFTER = timedelta(minutes=20)  # so long after it shows, a change tells when it began
SETTLED, ODD_LAG = 4, 90.0  # meetings, s
MOST_LAG = 2400.0  # s
UNUSUAL = 0.6  # K/h off what is usual here; an opened window moves a room faster
OPENED = 0.5  # K beyond both courses of a trial: a window was opened
GOES_ON = 0.15  # K more: it is still open
UNSURE = 0.25**2  # (K/h)² of a slope that is taken from what is usual

EFFECTS = {Doing.HEAT: Effect.HEAT, Doing.COOL: Effect.COOL, Doing.OFF: Effect.REST, Doing.FAN: Effect.REST}


def effect_of(aircon: Aircon, season: str) -> Effect | None:
    """What the air conditioner is assumed to do to the room; None while nobody knows."""
    does = doing(aircon, season)
    return None if does is None else EFFECTS[does]


def switched(learned: Learned, aircon: Aircon, season: str) -> Learned:
    """What is known after the assumed state changed, by whatever order; the same where it did not."""
    course, effect = learned.course, effect_of(aircon, season)
    if course is None or effect is None or aircon.since is None or aircon.since == course.since:
        return learned
    if effect is course.effect:
        return replace(learned, course=replace(course, since=aircon.since))
    return ordered(learned, effect, aircon.since)


def ordered(learned: Learned, effect: Effect, at: datetime, *, tries: int = 1) -> Learned:
    """What is known after `effect` was ordered at `at`: the change that will show, and the trial of it."""
    learned = _step_learned(learned, at)
    course = learned.course
    if course is None:
        return learned
    now = ahead(course, max(at, course.at))
    if course.doubted is not None:
        now = anew(now, course.doubted)
    steady = settled_slope(now)
    unheard = near_usual(learned, course.effect, steady)
    step, variance = _step(learned, course.effect, effect, unheard)
    lag = learned.lag or FIRST_LAG
    shows = max(at + timedelta(seconds=lag.mean), now.at)
    change = Change(shows, unheard + step - steady, variance + (unheard - steady) ** 2, lag.variance / 3600**2)
    doubt = min(now.spread[2], UNSURE) if learned.resting else now.spread[2]
    trial = Trial(at, now.at, course.effect, effect, now.level, unheard + step, unheard, now.spread[0], doubt, tries)
    resting = learned.resting
    known = course.count > 2 and not course.changes and course.doubted is None and tries == 1
    if course.effect is Effect.REST and known:
        resting = Estimate(unheard, now.spread[2])
    course = course if course.doubted is None else now
    course = replace(course, effect=effect, since=at, changes=(*course.changes, change)[-4:])
    return replace(learned, course=course, trial=trial, resting=resting)


def near_usual(learned: Learned, effect: Effect, slope: float) -> float:
    """The slope, no further than UNUSUAL from what this effect has here: beyond that something else moves the room."""
    added = drive(learned, effect)
    if learned.resting is None or added is None:
        return slope
    usual = learned.resting.mean + added.mean
    return max(usual - UNUSUAL, min(usual + UNUSUAL, slope))


def rebased(learned: Learned, before: Course) -> Learned:
    """The trial, begun anew where the course was, when an opened window has moved the room since the course `before`.

    That takes the room away from where the unit would, faster than either course; anything else tells of the unit.
    """
    course, trial = learned.course, learned.trial
    if course is None or trial is None or trial.followed is not None or learned.resting is None:
        return learned
    was, will = drive(learned, trial.before), drive(learned, trial.effect)
    sign = 1 if Effect.HEAT in (trial.before, trial.effect) else -1
    hours = max(0.0, (course.at - before.at) / HOUR)
    least = min(sign * trial.heard, sign * trial.unheard, 0.0) * path(hours)
    if was is None or will is None or sign * (course.level - before.level) > least - OPENED:
        return learned
    rest = learned.resting.mean
    again = replace(trial, base=course.at, level=course.level, variance=course.spread[0], doubt=UNSURE)
    return replace(learned, trial=replace(again, heard=rest + will.mean, unheard=rest + was.mean))


def lowered(learned: Learned, celsius: float, at: datetime) -> Learned:
    """The trial that was begun anew, from here once more while the window stands open and the room still goes away."""
    trial = learned.trial
    if trial is None or trial.followed is not None or not trial.at < trial.base < at:
        return learned
    hours, sign = (at - trial.base) / HOUR, 1 if Effect.HEAT in (trial.before, trial.effect) else -1
    least = min(sign * trial.heard, sign * trial.unheard, 0.0) * path(hours)
    if sign * (celsius - trial.level) > least - GOES_ON:
        return learned
    return replace(learned, trial=replace(trial, base=at, level=celsius))


def drive(learned: Learned, effect: Effect) -> Estimate | None:
    """What the unit adds to the slope, in K/h; nothing at rest, None while it is not known."""
    if effect is Effect.REST:
        return Estimate(0.0, 0.0)
    return learned.heat if effect is Effect.HEAT else learned.cool


def _step(learned: Learned, before: Effect, after: Effect, slope: float) -> tuple[float, float]:
    """The step in the slope from one effect to another, and its variance; a wide one while the unit is not known."""
    was, will = drive(learned, before), drive(learned, after)
    if was is None or will is None:
        if after is Effect.REST and learned.resting is not None:
            return learned.resting.mean - slope, NEW_SLOPE
        return 0.0, 2 * NEW_SLOPE
    step, variance = will.mean - was.mean, _variance(was) + _variance(will)
    if after is Effect.REST and learned.resting is not None and was.mean:
        most = learned.resting.mean - was.mean / 2 - slope  # a unit that had stopped by itself adds nothing any more
        step = max(step, most) if was.mean > 0 else min(step, most)
    return step, variance


def _variance(estimate: Estimate) -> float:
    return max(estimate.variance, (LEAST_SHARE * estimate.mean) ** 2)


def _step_learned(learned: Learned, at: datetime) -> Learned:
    """What the trial that now ends tells of the unit."""
    course, trial = learned.course, learned.trial
    if course is None or trial is None or not trial.followed or course.changes or course.count < 3:
        return learned
    hours = (course.at - trial.base) / HOUR
    slope = slope_before(course.slope, hours)
    if slope is None or hours == 0 or course.spread[2] > SURE_SLOPE or trial.doubt > SURE_SLOPE:
        return learned
    step = slope - trial.unheard
    running, sign = (trial.before, -1) if trial.effect is Effect.REST else (trial.effect, 1)
    if Effect.REST not in (trial.before, trial.effect):
        return learned
    added = sign * step
    if (added > 0) is not (running is Effect.HEAT):
        return learned
    if running is Effect.HEAT:
        return replace(learned, heat=blended(learned.heat, added, course.spread[2] + trial.doubt))
    return replace(learned, cool=blended(learned.cool, added, course.spread[2] + trial.doubt))


def blended(before: Estimate | None, found: float, variance: float) -> Estimate:
    """An estimate after another meeting; of many, the newest weighs a quarter."""
    if before is None or before.count == 0:
        return Estimate(found, variance)
    weight = max(WEIGHT, 1 / (before.count + 1))
    off = found - before.mean
    spread = (1 - weight) * (before.variance + weight * off * off)
    return Estimate(before.mean + weight * off, spread, min(before.count + 1, 1000))


def timed(learned: Learned) -> Learned:
    """What a followed command tells of the lag: where the course after it meets the one before."""
    course, trial = learned.course, learned.trial
    if course is None or trial is None or trial.timed or not trial.followed or course.changes or trial.base > trial.at:
        return learned
    lag = learned.lag or FIRST_LAG
    passed = course.at - trial.at
    if passed < TIMED_AFTER + timedelta(seconds=lag.mean) or course.count < 3 or course.spread[2] > SURE_SLOPE:
        return learned
    hours = passed / HOUR
    slope = slope_before(course.slope, hours)
    if slope is None:
        return replace(learned, trial=replace(trial, timed=True))
    step = slope - trial.unheard
    gone = course.level - trial.level - trial.unheard * path(hours)
    learned = replace(learned, trial=replace(trial, timed=True))
    if step == 0 or not 0 < gone / step / TIME_CONSTANT < 1:
        return learned
    found = (hours + TIME_CONSTANT * log(1 - gone / step / TIME_CONSTANT)) * 3600
    spread = (course.spread[0] + trial.variance + hours**2 * (course.spread[2] + trial.doubt)) / step**2 * 3600**2
    if not -600 < found < MOST_LAG or spread > 900**2:
        return learned
    if learned.lag is not None and learned.lag.count >= SETTLED:  # one odd meeting does not overthrow many
        most = 2 * max(ODD_LAG, sqrt(learned.lag.variance))
        found = max(learned.lag.mean - most, min(learned.lag.mean + most, found))
    return replace(learned, lag=blended(learned.lag, max(found, 0.0), spread))
