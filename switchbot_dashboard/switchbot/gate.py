"""Whether reading makes sense: shut while the cloud throttles, the day's calls are spent, or the token is refused.

A state machine over instants that it is given: it looks at no clock and makes no call. Commands pass a shut gate, for
a person or the end of a window needs them; what came of them moves it as well.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from ..domain.budget import next_reset
from ..domain.errors import CloudError, CredentialsRefused, QuotaSpent, Throttled
from ..domain.sentence import Sentence, english_span, say

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
LASTING = timedelta(hours=1)  # a burst limit passes sooner; what lasts so long is most likely the day's end
ASK_FIRST, ASK_LAST = timedelta(hours=1), timedelta(hours=4)  # until one reading asks whether it really is
PROBE_EVERY = timedelta(minutes=15)
NEAR_THE_LIMIT = 0.95
DAY = timedelta(days=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shut:
    """Why the gate is shut. `since` is the first failure of this kind, `at` the last one that counted."""

    error: CloudError
    since: datetime
    at: datetime
    retry_at: datetime
    times: int

    def holds(self, now: datetime) -> bool:
        """Until `retry_at`; an instant much more than a day ahead comes from a clock that was wrong."""
        return now < self.retry_at < now + DAY + LONGEST_WAIT


class Gate:
    """Open until a Throttled, QuotaSpent or CredentialsRefused is reported; open again when a call is answered."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._shut: Shut | None = None

    @property
    def troubled(self) -> bool:
        """Whether the next read is a probe: the last calls failed and none was answered since."""
        return self._shut is not None

    def refusal(self, now: datetime) -> CloudError | None:
        """The error that a read gets at once, without a call; None when it may go out."""
        shut = self._shut
        return _copy(shut) if shut is not None and shut.holds(now) else None

    def answered(self, left: datetime, now: datetime) -> None:
        """A call that left at `left` was answered: the trouble is over, unless it began while that call was out."""
        with self._lock:
            shut = self._shut
            if shut is None or left < shut.at:
                return
            self._shut = None
        log.info("[switchbot] The cloud answers again after %s.", english_span(int((now - shut.since).total_seconds())))

    def failed(self, error: CloudError, left: datetime, now: datetime, used: int, limit: int) -> CloudError:
        """A call that left at `left` failed with one of the three errors, `used` of `limit` calls being counted today.

        The error that tells the truth: its class by what we counted and how long it lasts, with `retry_at`.
        """
        with self._lock:
            before = self._shut
            kind = _kind(error, before, now, used, limit)
            if before is not None and before.holds(left) and isinstance(before.error, (kind, QuotaSpent)):
                return _copy(before)  # one burst is one refusal, however many calls were out
            same = before is not None and isinstance(before.error, kind)
            times = before.times + 1 if before is not None and same else 1
            since = before.since if before is not None and same else now
            until = _until(kind, error, times, now, proven=_proven(error, used, limit))
            words = _words(kind, error, used, limit, now, until)
            self._shut = shut = Shut(kind(words, code=error.code), since, now, until, times)
        if not same:
            log.warning("[switchbot] %s", words)
        return _copy(shut)


def _kind(error: CloudError, before: Shut | None, now: datetime, used: int, limit: int) -> type[CloudError]:
    """Near our own limit, or after an hour of throttling, what the cloud calls something else is a spent quota."""
    if _proven(error, used, limit):
        return QuotaSpent
    if not isinstance(error, Throttled):
        return CredentialsRefused
    if before is not None and isinstance(before.error, QuotaSpent) and next_reset(before.at) == next_reset(now):
        return QuotaSpent
    lasting = before is not None and isinstance(before.error, Throttled) and now - before.since >= LASTING
    return QuotaSpent if lasting else Throttled


def _proven(error: CloudError, used: int, limit: int) -> bool:
    """Whether the day's end is certain: the cloud says so, or our own count comes to it."""
    return isinstance(error, QuotaSpent) or used >= NEAR_THE_LIMIT * limit


def _until(kind: type[CloudError], error: CloudError, times: int, now: datetime, *, proven: bool) -> datetime:
    if kind is QuotaSpent:
        ask = min(ASK_FIRST * (1 << min(times - 1, 10)), ASK_LAST)
        return next_reset(now) if proven else min(now + ask, next_reset(now))
    if kind is CredentialsRefused:
        return now + PROBE_EVERY
    if error.retry_at is not None:
        return min(max(error.retry_at, now + timedelta(seconds=1)), now + DAY)
    return now + min(FIRST_WAIT * (1 << min(times - 1, 10)), LONGEST_WAIT)


def _words(
    kind: type[CloudError], error: CloudError, used: int, limit: int, now: datetime, until: datetime
) -> Sentence:
    seconds = round((until - now).total_seconds())
    if kind is CredentialsRefused:
        words = (
            "The cloud does not accept the token and secret. Check both, and this machine's clock; "
            "the next reading is tried in {wait:span}."
        )
        return say(words, wait=seconds)
    if kind is Throttled:
        words = "The cloud says that there were too many calls in a short time. Reading pauses for {wait:span}."
        return say(words, wait=seconds)
    if not _proven(error, used, limit):
        words = (
            "The cloud has refused calls for an hour or more, as it does when the day's calls are used up; {used} of "
            "{limit} calls are counted here today, others may come from other tools on the account. That is not "
            "certain, so one reading asks again at {at:time}."
        )
        return say(words, used=used, limit=limit, at=until)
    words = (
        "The day's calls to the cloud are used up; {used} of {limit} calls are counted here today. "
        "Reading resumes at 00:00 UTC."
    )
    return say(words, used=used, limit=limit)


def _copy(shut: Shut) -> CloudError:
    """A new exception each time: one that is raised twice would carry both traces."""
    return type(shut.error)(shut.error.sentence, code=shut.error.code, retry_at=shut.retry_at)
