"""What an answer of the cloud means: pure functions from status, text and headers to a body or an error.

The codes of errors are those of the cloud's envelope (`161`) or, where there is none, words (`http_403`, `timeout`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NoReturn

from ..domain.errors import CloudError, CredentialsRefused, NotUnderstood, QuotaSpent, Refused, Throttled, Unreachable
from ..domain.sentence import say

ACCEPTED = 100
OFFLINE_CODES = frozenset({"161", "171", "300"})  # the cloud is well, so asking at once again brings nothing
LONGEST_MESSAGE = 120

_OFFLINE = {
    161: "The device is offline. Check its power, and its hub in the SwitchBot app.",
    171: "The hub is offline. Check its power and its Wi-Fi.",
    300: "The hub is busy. It is tried again at the next look.",
}
_REFUSED = {
    151: "The cloud says that this is the wrong type of device for the call. Check the device id in the settings.",
    152: "The account has no device with this id. Refresh the device list and check the id in the settings.",
    160: "The device does not know this command. Learned remotes (DIY) know on and off only; check the device id.",
    174: "The device is not enabled for the cloud. Switch on its Cloud Services in the SwitchBot app, its hub's too.",
}
_WRONG_ID = "The cloud does not accept this device id here (remotes have no status). Check the id in the settings."
_HOOK_TAKEN = "The account already has a webhook. Look at it before it is replaced."
_REDIRECT = "The cloud's address answers with a redirect, which is not followed. Check SWITCHBOT_API_BASE_URL."
_FORBIDDEN = (
    "The cloud refuses this address (403): the path or an id is wrong, or the region or network is blocked. "
    "Token and secret are not the cause. Check SWITCHBOT_API_BASE_URL and the ids in the settings."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire. `retry_after` and `date` are headers as sent, empty when absent."""

    status: int
    content: bytes
    retry_after: str = ""
    date: str = ""


def body_of(answer: Answer, now: datetime, hidden: Sequence[str] = ()) -> object:
    """The body of an accepted call, None when it has none. Raises the CloudError that fits anything else.

    `hidden` are secrets that must not show where an error quotes the cloud.
    """
    if answer.status != 200:
        raise _by_status(answer, now)
    envelope = _envelope(answer.content)
    code = envelope.get("statusCode")
    if not isinstance(code, int) or isinstance(code, bool):
        raise NotUnderstood(
            say("The cloud's answer says neither yes nor no. It is asked again at the next look."), code="shape"
        )
    if code != ACCEPTED:
        raise _by_code(code, _words(envelope.get("message"), hidden), retry_at(answer, now))
    return envelope.get("body")


def retry_at(answer: Answer, now: datetime) -> datetime | None:
    """The instant that a Retry-After header names, in seconds or as a date; None when it names none."""
    text = answer.retry_after.strip()
    if text.isascii() and text.isdigit():
        return now + timedelta(seconds=min(int(text[:9]), 86400))
    return instant(text)


def instant(text: str) -> datetime | None:
    """The instant of an HTTP date, None when the text is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _by_status(answer: Answer, now: datetime) -> CloudError:
    """Gateway failures. Their text is never shown: the gateway is known to repeat the token in it."""
    status, code = answer.status, f"http_{answer.status}"
    text = answer.content[:2000].decode("utf-8", "replace").lower()
    if status in (401, 429) and "daily limit" in text:
        return _quota_spent(code)
    if status == 401:
        return CredentialsRefused(say("The cloud does not accept the token and secret."), code=code)
    if status == 429:
        return _throttled(code, retry_at(answer, now))
    if status == 403:
        return Refused(say(_FORBIDDEN), code=code)
    if status >= 500:
        return Unreachable(
            say("The cloud has a fault of its own (HTTP {status}). It is asked again.", status=str(status)), code=code
        )
    if 300 <= status < 400:
        return Refused(say(_REDIRECT), code=code)
    if status >= 400:
        words = "The cloud rejects the call as malformed (HTTP {status}). Check the ids in the settings."
        return Refused(say(words, status=str(status)), code=code)
    return NotUnderstood(
        say("The cloud's answer is of an unknown kind (HTTP {status}).", status=str(status)), code=code
    )


def _by_code(status_code: int, words: str, retry: datetime | None) -> CloudError:
    code = str(status_code)
    if status_code in _OFFLINE:
        return Unreachable(say(_OFFLINE[status_code]), code=code)
    if status_code in _REFUSED:
        return Refused(say(_REFUSED[status_code]), code=code)
    if status_code == 190:
        return _by_message(words, retry)
    quoted = words[:LONGEST_MESSAGE]
    told = say("The cloud answers with code {code}. Check the device in the app.", code=code)
    if quoted:
        told = say(
            "The cloud answers with code {code}, “{words}”. Check the device in the app.", code=code, words=quoted
        )
    return Refused(told, code=code)


def _by_message(words: str, retry: datetime | None) -> CloudError:
    """Code 190 stands for a dozen causes; only its message tells them apart."""
    lowered = words.lower()
    if "daily limit" in lowered:
        return _quota_spent("190")
    if "too many request" in lowered:
        return _throttled("190", retry)
    if "wrong deviceid" in lowered:
        return Refused(say(_WRONG_ID), code="190")
    if "webhook is exist" in lowered:
        return Refused(say(_HOOK_TAKEN), code="190")
    told = say("The cloud has an inner fault (code 190). It is asked again.")
    if words:
        said = words[:LONGEST_MESSAGE]
        told = say("The cloud has an inner fault (code 190, “{words}”). It is asked again.", words=said)
    return Unreachable(told, code="190")


def _quota_spent(code: str) -> QuotaSpent:
    return QuotaSpent(say("The cloud says that the day's calls are used up."), code=code)


def _throttled(code: str, retry: datetime | None) -> Throttled:
    return Throttled(say("The cloud says that there were too many calls in a short time."), code=code, retry_at=retry)


def _envelope(content: bytes) -> Mapping[str, object]:
    if not content.strip():
        raise NotUnderstood(say("The cloud's answer is empty. It is asked again at the next look."), code="empty")
    try:
        found = json.loads(content.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise NotUnderstood(
            say("The cloud's answer is not the JSON that it should be. It is asked again at the next look."),
            code="json",
        ) from None
    if not isinstance(found, dict):
        raise NotUnderstood(
            say("The cloud's answer is not an object. It is asked again at the next look."), code="shape"
        )
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _words(message: object, hidden: Sequence[str]) -> str:
    text = message if isinstance(message, str) else ""
    for secret in hidden:
        text = text.replace(secret, "…") if secret else text
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(kept.split())
