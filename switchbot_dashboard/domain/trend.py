"""Where the temperature is going: the slope of the last hour's readings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

from .history import HOUR, MINUTE, Sample, held_until

LOOKS_BACK = HOUR
ENOUGH = 20 * MINUTE  # a slope over less than this is mostly the meter's own steps
STEADY = 2  # tenths of a degree an hour: nobody feels less


def trend(samples: Sequence[Sample], now: int) -> int | None:
    """Tenths of a degree an hour over the hour before `now` (milliseconds), each value counted for as long as it held.

    None while less than twenty minutes of that hour are known.
    """
    held: list[tuple[int, float, int]] = []  # weight, middle, tenths
    for sample, following in pairwise(chain(samples, (None,))):
        assert sample is not None
        begins, until = max(sample.at, now - LOOKS_BACK), held_until(sample, following, now)
        if sample.temperature is not None and begins < until:
            held.append((until - begins, (begins + until) / 2 - now, sample.temperature))
    known = sum(weight for weight, _, _ in held)
    if known < ENOUGH:
        return None
    middle = sum(weight * at for weight, at, _ in held) / known
    mean = sum(weight * tenths for weight, _, tenths in held) / known
    spread = sum(weight * (at - middle) ** 2 for weight, at, _ in held)
    rise = sum(weight * (at - middle) * (tenths - mean) for weight, at, tenths in held)
    return round(rise / spread * HOUR) if spread else 0
