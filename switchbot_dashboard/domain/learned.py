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
    """Whether the figures can be those of a room."""
    course = learned.course
    estimates = [learned.heat, learned.cool, learned.lag, learned.resting]
    for estimate in estimates:
        if estimate is not None and not (_finite(estimate.mean, 1e5) and 0 <= estimate.variance < 1e10):
            return False
    if course is None:
        return True
    level, both, slope = course.spread
    steps = all(_finite(change.step, 100) and change.variance >= 0 and change.late >= 0 for change in course.changes)
    sound = _finite(course.level, 100) and _finite(course.slope, 100) and 0 < course.unrest < 1e3 and steps
    return sound and 0 <= level < 1e4 and 0 <= slope < 1e6 and both * both <= level * slope * (1 + 1e-6) + 1e-12


def _finite(value: float, most: float) -> bool:
    return isfinite(value) and abs(value) <= most


Kept = Annotated[Learned, WrapValidator(_or_anew)]
"""A field that holds what was learned, however it was kept."""
