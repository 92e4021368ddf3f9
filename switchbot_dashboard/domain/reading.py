"""Step 4: what the meter said, and whether to believe it. A bad answer is a value with a reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from .budget import Quota
from .errors import CloudError, CredentialsRefused, QuotaSpent, Refused
from .record import Outcome, Reading, Trouble
from .sentence import Sentence, say

COLDEST, WARMEST = -40, 85  # °C; the range of the meters, beyond which a value is absurd


def judge(status: Mapping[str, object], previous: Reading | None, now: datetime) -> Reading | Trouble:
    """The reading in a status body, or why it cannot be believed.

    An all-zero triple is what the cloud serves for a meter that never synchronised. The cloud gives no time of
    sampling, so `read_at` is the moment of asking and `changed_at` the moment at which the value was last seen to move.
    """
    celsius = status.get("temperature")
    if celsius is None:
        return _invalid(say("The meter's answer carries no temperature."), now)
    if isinstance(celsius, bool) or not isinstance(celsius, int | float):
        return _invalid(say("The meter's temperature is not a number: {value}.", value=repr(celsius)[:40]), now)
    if not math.isfinite(celsius):
        return _invalid(say("The meter's temperature is not a number: {value}.", value=str(celsius)), now)
    if not COLDEST <= celsius <= WARMEST:
        words = "The meter says {value} °C, outside what it can measure ({low} to {high} °C)."
        return _invalid(say(words, value=f"{celsius:.5g}", low=COLDEST, high=WARMEST), now)
    humidity, battery = _percent(status.get("humidity")), _percent(status.get("battery"))
    if celsius == 0 and humidity == 0 and battery in (0, None):
        words = "The meter says 0 °C, 0 % and an empty battery: it has not reported to the cloud."
        return _invalid(say(words), now)
    tenths = round(celsius * 10)
    same = previous is not None and (previous.tenths, previous.humidity) == (tenths, humidity)
    return Reading(tenths, humidity, battery, now, previous.changed_at if previous and same else now)


def trouble_of(error: CloudError, now: datetime) -> Trouble:
    """A failed look as a value. Its sentence is the error's own."""
    spent = isinstance(error, QuotaSpent)
    outcome = Outcome.QUOTA_EXHAUSTED if spent else Outcome.API_ERROR
    return Trouble(outcome, error.sentence, now, error.retry_at, _code(error))


def _code(error: CloudError) -> str:
    """Short and the same whoever stands behind the port; code 190 of a refusal is none of a device that is away."""
    named = {CredentialsRefused: "credentials", Refused: "refused"}
    return named.get(type(error), error.code)


def missing_meter(now: datetime) -> Trouble:
    """The zone names no meter."""
    words = "No meter is chosen, so no temperature is known. Set meter_device_id in the settings."
    return Trouble(Outcome.MISSING_METER, say(words), now)


def quota_trouble(quota: Quota, now: datetime) -> Trouble:
    """Our own count says that the day's reads are used up, or those of 24 hours."""
    words, used, again = (
        "Today's calls for reading are used up ({used}; {reserved} are kept for commands). "
        "Reading goes on at {at:time}.",
        quota.used,
        quota.again_at,
    )
    if quota.last_day > used:
        used = quota.last_day
        words = (
            "The calls for reading of the last 24 hours are used up ({used}; {reserved} are kept for commands). "
            "Reading goes on at {at:time}."
        )
    return Trouble(Outcome.QUOTA_EXHAUSTED, say(words, used=used, reserved=quota.reserved, at=again), now, again)


def plug_power(status: Mapping[str, object]) -> bool | None:
    """Whether a plug or relay says that it is on; None when it does not say."""
    power = status.get("power")
    if isinstance(power, str) and power.lower() in ("on", "off"):
        return power.lower() == "on"
    switched = status.get("switchStatus")
    return bool(switched) if isinstance(switched, int) else None


def lasting(trouble: Trouble, before: Trouble | None) -> Trouble:
    """The same trouble, dated from when it began, with the looks counted that came to it."""
    if before is None or before.outcome is not trouble.outcome:
        return trouble
    return replace(trouble, since=before.since, looks=before.looks + 1)


def stale_reason(reading: Reading | None, after_minutes: int, now: datetime) -> Sentence | None:
    """Why the last believable reading is too old to act on; None while it is fresh enough, or none was ever taken."""
    if reading is None or now - reading.read_at <= timedelta(minutes=after_minutes):
        return None
    words = "The meter's reading is {age:span} old, so nothing is switched on its word."
    return say(words, age=round((now - reading.read_at).total_seconds()))


def _invalid(sentence: Sentence, now: datetime) -> Trouble:
    return Trouble(Outcome.INVALID_TEMPERATURE, sentence, now)


def _percent(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return round(value) if 0 <= value <= 100 else None
