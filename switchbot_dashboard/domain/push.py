"""What a meter tells by itself, through the webhook: the event, the last report of each meter, and its rhythm.

Anyone who knows the address can send an event: nothing here is proof of anything, see `hint`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Annotated, Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator

KEPT_GAPS = 24
ENOUGH_GAPS = 6  # of a meter with fewer nobody can say what is usual
SHORTEST_GAP, LONGEST_GAP = 10, 2 * 3600  # seconds: less is a burst, more an interruption
FORGOTTEN = timedelta(days=1)  # after so long a silence the rhythm is learned anew
LEAST_SILENCE = timedelta(minutes=10)
TIMES_USUAL, TIMES_LATE = 3, 1.5


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> tuple[datetime, ...]:
    """Nonsense in what was kept is dropped, and the rest of the zone's state stays."""
    try:
        instants: tuple[datetime, ...] = handler(value)
    except ValidationError:
        return ()
    return instants if all(instant.tzinfo is not None for instant in instants) else ()


Looks = Annotated[tuple[datetime, ...], WrapValidator(_or_none)]
"""The instants of the last looks that a hint brought forward."""


@dataclass(frozen=True, slots=True)
class Event:
    """A report as it was sent: degrees Celsius and percents, unchecked. `sampled_at` is None where it names no time."""

    device: str
    celsius: float
    humidity: float | None
    battery: float | None
    sampled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Push:
    """The last plausible report of a meter: tenths of a degree, percents.

    `gaps` are the seconds between its reports, the newest last; `anchor` is the last value that was read from the cloud
    before it, by which the next report is judged.
    """

    device: str
    tenths: int
    humidity: int | None
    battery: int | None
    sampled_at: datetime
    arrived_at: datetime
    gaps: tuple[int, ...] = ()
    anchor: int | None = None
    anchored_at: datetime | None = None

    @property
    def known_at(self) -> datetime:
        """When the value was true, as far as our own clock can tell."""
        return min(self.sampled_at, self.arrived_at)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a meter reports: the `usual` gap, and the `silence` after which something is wrong."""

    usual: timedelta
    silence: timedelta


def plain_id(device: str) -> str:
    """A device's id as both the account and the events write it, in one form: upper case, without colons."""
    return device.replace(":", "").upper()


def rhythm_of(push: Push) -> Rhythm | None:
    """The rhythm that the last gaps show; None while there are too few of them. What makes no sense is left out."""
    gaps = sorted(gap for gap in push.gaps[-KEPT_GAPS:] if SHORTEST_GAP <= gap <= LONGEST_GAP)
    if len(gaps) < ENOUGH_GAPS:
        return None
    usual, late = median(gaps), gaps[(len(gaps) - 1) * 9 // 10]
    silence = max(LEAST_SILENCE, timedelta(seconds=round(max(TIMES_USUAL * usual, TIMES_LATE * late))))
    return Rhythm(timedelta(seconds=round(usual)), silence)


def gaps_with(before: Push | None, sampled_at: datetime) -> tuple[int, ...]:
    """The gaps known after a report at `sampled_at`; none after a silence of a day."""
    if before is None or sampled_at - before.sampled_at > FORGOTTEN:
        return ()
    gap = round((sampled_at - before.sampled_at).total_seconds())
    if not SHORTEST_GAP <= gap <= LONGEST_GAP:
        return before.gaps[-KEPT_GAPS:]
    return (*before.gaps, gap)[-KEPT_GAPS:]
