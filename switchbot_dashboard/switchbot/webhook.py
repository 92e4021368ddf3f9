"""What an event of the cloud's webhook says. Pure; whatever cannot be a temperature report is None.

An event names its device by `deviceMac` (the account's id, at times with colons or in lower case) and the kind of
device by names that differ from the account's, so they are not looked at. `timeOfSample` is milliseconds since 1970 and
may be absent; `scale` says how the temperature is meant.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn

from ..domain.push import Event, plain_id

LARGEST_EVENT = 16 * 1024  # bytes
LONGEST_ID = 50
LAST_MOMENT = 253402300799999  # milliseconds: the end of the year 9999


def event_of(content: bytes) -> Event | None:
    """The temperature report in a body, None where there is none: broken, too large, of another kind or shape."""
    if len(content) > LARGEST_EVENT:
        return None
    try:
        found = json.loads(content.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    context = found.get("context") if isinstance(found, dict) else None
    if not isinstance(context, dict) or found.get("eventType") != "changeReport":
        return None
    device, celsius, times = context.get("deviceMac"), _celsius(context), _sampled_at(context)
    if not isinstance(device, str) or not 0 < len(device) <= LONGEST_ID or celsius is None or times is None:
        return None
    humidity, battery = _number(context.get("humidity")), _number(context.get("battery"))
    return Event(plain_id(device), celsius, humidity, battery, times[0] if times else None)


def _celsius(context: Mapping[str, object]) -> float | None:
    degrees, scale = _number(context.get("temperature")), context.get("scale", "CELSIUS")
    if degrees is None or not isinstance(scale, str):
        return None
    match scale.upper():
        case "CELSIUS" | "C":
            return degrees
        case "FAHRENHEIT" | "F":
            return (degrees - 32) / 1.8
    return None


def _sampled_at(context: Mapping[str, object]) -> tuple[datetime, ...] | None:
    """The time of the sample; nothing where none is named, None where it makes no sense."""
    stamp = context.get("timeOfSample")
    if stamp is None:
        return ()
    if isinstance(stamp, bool) or not isinstance(stamp, int) or not 0 < stamp <= LAST_MOMENT:
        return None
    return (datetime.fromtimestamp(stamp / 1000, UTC),)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
