"""What a zone has learned from its own readings. It survives restarts; nonsense is dropped and learned anew.

Temperatures are in °C and kelvins, slopes in K/h, uncertainties are variances.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator


class Effect(StrEnum):
    """What the air conditioner is told to do to the room; the fan alone does nothing to its temperature."""

    HEAT = "heat"
    COOL = "cool"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure that was met `count` times: its mean, and the variance between the meetings."""

    mean: float
    variance: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Change:
    """A step in the slope that the meter will show from `at` on, in K/h; `late` is the variance of `at` in h²."""

    at: datetime
    step: float
    variance: float
    late: float


@dataclass(frozen=True, slots=True)
class Course:
    """Where the temperature is and where it goes, as two correlated estimates at the instant `at`.

    `level` in °C, `slope` in K/h, `spread` the variances of level, of both together, and of slope. `changes` are steps
    of the slope that were caused and do not show yet. `doubted` is a reading that disagreed and waits for another.
    `unrest` compares past surprises with those expected: 1 where the estimates are as good as they say.
    """

    at: datetime
    level: float
    slope: float
    spread: tuple[float, float, float]
    effect: Effect
    since: datetime | None = None
    changes: tuple[Change, ...] = ()
    count: int = 1
    doubted: float | None = None
    unrest: float = 1.0


@dataclass(frozen=True, slots=True)
class Trial:
    """A command that the temperature must follow: `effect` was ordered at `at`; it was at `level` (°C) at `base`.

    `heard` and `unheard` are the slopes (K/h) that the room takes if the unit heard the command, and if it did not;
    `variance` is that of the level then, `doubt` that of the slope. `tries` counts the sendings, `followed` is what
    was judged, None while nothing can be said. `timed` says that the lag was learned from it.
    """

    at: datetime
    base: datetime
    before: Effect
    effect: Effect
    level: float
    heard: float
    unheard: float
    variance: float
    doubt: float
    tries: int = 1
    followed: bool | None = None
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """All that is learned in a zone.

    `heat` and `cool` are what a running unit adds to the slope (K/h, below zero for cooling), `lag` is how long (s) the
    meter's answer stays behind a command, `resting` is the slope when the unit last rested. `still` is the course as it
    was when the meter's value last changed, `repeats` counts the looks since that found it the same, the last at
    `same`. `preheat` is the start of the window that is being prepared for. `resent` are the instants at which a
    command was sent once more.
    """

    course: Course | None = None
    heat: Estimate | None = None
    cool: Estimate | None = None
    lag: Estimate | None = None
    resting: Estimate | None = None
    trial: Trial | None = None
    still: Course | None = None
    same: datetime | None = None
    repeats: int = 0
    preheat: datetime | None = None
    resent: tuple[datetime, ...] = ()


NOTHING = Learned()


def _or_anew(value: Any, handler: ValidatorFunctionWrapHandler) -> Learned:
    """The learned state as it was kept, or nothing where it makes no sense."""
    try:
        learned: Learned = handler(value)
    except ValidationError:
        return NOTHING
    return learned if _sensible(learned) else NOTHING


def _sensible(learned: Learned) -> bool:
    """Whether the figures can be those of a room, and the instants those of this service."""
    courses = [course for course in (learned.course, learned.still) if course is not None]
    estimates = (learned.heat, learned.cool, learned.lag, learned.resting)
    trial = learned.trial
    sound = all(_is_known(estimate) for estimate in estimates if estimate is not None)
    sound = sound and all(_is_course(course) for course in courses) and (trial is None or _is_trial(trial))
    return sound and _ours(learned.same, learned.preheat, *learned.resent)


def _is_known(estimate: Estimate) -> bool:
    return _finite(estimate.mean, 1e5) and 0 <= estimate.variance < 1e10


def _is_course(course: Course) -> bool:
    level, both, slope = course.spread
    sound = _finite(course.level, 100) and _finite(course.slope, 100) and 0 < course.unrest < 1e3
    sound = sound and all(
        _finite(change.step, 100) and 0 <= change.variance < 1e6 and 0 <= change.late < 1e6 for change in course.changes
    )
    sound = sound and (course.doubted is None or _finite(course.doubted, 100))
    sound = sound and 0 <= level < 1e4 and 0 <= slope < 1e6 and both * both <= level * slope * (1 + 1e-6) + 1e-12
    return sound and _ours(course.at, course.since, *(change.at for change in course.changes))


def _is_trial(trial: Trial) -> bool:
    slopes = _finite(trial.heard, 100) and _finite(trial.unheard, 100)
    spread = 0 <= trial.variance < 1e4 and 0 <= trial.doubt < 1e6
    return slopes and spread and _finite(trial.level, 100) and _ours(trial.at, trial.base)


def _finite(value: float, most: float) -> bool:
    return isfinite(value) and abs(value) <= most


def _ours(*instants: datetime | None) -> bool:
    """Whether instants can be compared with the clock's, and lie where it may ever have been."""
    return all(at is None or (at.tzinfo is not None and 1970 <= at.year < 2200) for at in instants)


Kept = Annotated[Learned, WrapValidator(_or_anew)]
"""A field that holds what was learned, however it was kept."""
