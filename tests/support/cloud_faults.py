"""Ways in which the stand-in of the cloud can misbehave."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

METER = "METER1"


@dataclass(frozen=True)
class Fault:
    """How an answer goes wrong. Without `status` and `text` the right answer is given, after the hang or in drips.

    `hang` is in seconds, or `"released"`; `late` moves what a command does behind the hang; `drip` is seconds a byte.
    """

    status: int = 0
    text: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hang: float | str = 0.0
    late: bool = False
    drop: bool = False
    drip: float = 0.0
    cut: int = 0


def hang(seconds: float | None = None, *, late: bool = False) -> Fault:
    """Answer rightly after so many seconds, or when released; a command acts before the hang unless `late`."""
    return Fault(hang="released" if seconds is None else seconds, late=late)


def drop() -> Fault:
    """Close the connection without an answer; a command has acted."""
    return Fault(drop=True)


def drip(seconds: float = 0.1) -> Fault:
    """The right answer, a byte at a time."""
    return Fault(drip=seconds)


def http(status: int, text: str = '{"message":"no"}', **headers: str) -> Fault:
    """A gateway's failure. Underscores in header names become hyphens: `http(429, Retry_After="30")`."""
    return Fault(status=status, text=text, headers={name.replace("_", "-"): value for name, value in headers.items()})


def code(status_code: int, message: str = "") -> Fault:
    """HTTP 200 with an envelope of this statusCode."""
    return raw(json.dumps({"statusCode": status_code, "message": message, "body": {}}))


def raw(text: str) -> Fault:
    """HTTP 200 with this text: garbage, HTML, an empty body, half an envelope."""
    return Fault(status=200, text=text)


def reading(temperature: str, humidity: str = "45", battery: str = "90") -> Fault:
    """A meter's status with these JSON fragments for its values: `'"21.5"'`, `NaN`, `200`, `0`."""
    body = f'{{"deviceId":"{METER}","temperature":{temperature},"humidity":{humidity},"battery":{battery}}}'
    return raw(f'{{"statusCode":100,"message":"success","body":{body}}}')


def truncated() -> Fault:
    """The right answer, its connection closed after twenty bytes of what was announced."""
    return Fault(cut=20)
