"""Calls on threads of their own, so that whoever waits for one can stop waiting.

A thread in a hanging name look-up or read cannot be ended, only left behind. So threads are daemons, nobody joins
them, and no more than a few run at once.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import TypeAlias

from ..domain.errors import CloudError, Unreachable
from ..domain.sentence import say

MOST_THREADS = 16
LONGEST_NAP = 0.5  # seconds between two looks at the clock, which may be set while we wait for an instant

AT_ONCE = datetime.min.replace(tzinfo=UTC)

STOPPED, GAVE_WAY, LATE, FULL = "stopping", "gave_way", "timeout", "full"
_WHY = {
    STOPPED: say("The service is stopping."),
    GAVE_WAY: say("The reading was put off for a person's order. It is tried again at once."),
    LATE: say("The cloud did not answer in time. It is tried again."),
    FULL: say("Too many calls to the cloud are still without an answer. It is tried again at the next look."),
}
_UNFORESEEN = say("The call ended in an unforeseen error.")

Clock: TypeAlias = Callable[[], datetime]
log = logging.getLogger(__name__)


class Job:
    """One call and what came of it. It is the call's Caller; `call` runs on a thread, returns or raises CloudError."""

    def __init__(
        self, call: Callable[[Job], object], clock: Clock, until: datetime, leave_at: datetime = AT_ONCE
    ) -> None:
        self._call, self._clock = call, clock
        self._ends = time.monotonic() + (until - clock()).total_seconds()
        self.leave_at = leave_at
        self.sent_at: datetime | None = None  # when the last try left
        self.answer: object = None  # a CloudError, too, is an answer
        self.answered = False
        self._lock, self._left_alone = Lock(), Event()
        self._under_way = False
        self._last_error: CloudError | None = None

    def leave(self) -> bool:
        """A try leaves now, unless nobody waits any more."""
        with self._lock:
            if self.answered:
                return False
            self.sent_at, self._under_way = self._clock(), True
            return True

    def pause(self, seconds: float, error: CloudError) -> bool:
        """Wait before the next try; at once False when it could not leave in time."""
        with self._lock:
            self._under_way, self._last_error = False, error
        return seconds < self.patience() and not self._left_alone.wait(seconds)

    def patience(self) -> float:
        """Seconds until the caller stops waiting; zero or less when it has."""
        return self._ends - time.monotonic()

    def run(self) -> None:
        """Make the call and keep what came of it, unless the caller has left."""
        try:
            answer = self._call(self)
        except CloudError as error:
            answer = error
        except Exception as error:  # an adapter never raises; the text of an unforeseen error could hold anything
            log.error("[switchbot] A call ended in an unforeseen error (%s)", type(error).__name__)
            answer = Unreachable(_UNFORESEEN, code="unforeseen", may_have_happened=True)
        with self._lock:
            if not self.answered:
                self.answer, self.answered = answer, True

    def leave_alone(self, why: CloudError) -> None:
        """Stop waiting for it. The answer is `why`, or the error it pauses after; a try under way may happen yet."""
        with self._lock:
            if not self.answered:
                why.may_have_happened = self._under_way
                self.answer = why if self._under_way else self._last_error or why
                self.answered = True
        self._left_alone.set()


class Crew:
    """Runs jobs and waits for them.

    `close` and `give_way` may come from any thread, a signal handler's too: they take no lock and only put a word into
    the queues (which are made for that) of those who wait.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._closed = clock, False
        self._lock, self._running = Lock(), 0
        self._waits: dict[SimpleQueue[str], bool] = {}

    def close(self) -> None:
        """End every wait, now and later."""
        self._closed = True
        for inbox in list(self._waits):
            inbox.put(STOPPED)

    def give_way(self) -> None:
        """End the waits that yield."""
        for inbox, yields in list(self._waits.items()):
            if yields:
                inbox.put(GAVE_WAY)

    def see_through(
        self, jobs: Sequence[Job], until: datetime, *, at_once: int = MOST_THREADS, most: int, yields: bool = False
    ) -> None:
        """Return when all `jobs` are answered, at `until` or when the wait is ended; then the rest is Unreachable.

        `at_once` of them run side by side; none starts while `most` threads run, left-behind ones included.
        """
        inbox: SimpleQueue[str] = SimpleQueue()
        self._waits[inbox] = yields
        try:  # entered first, looked at second: a close() in between is not lost
            why = STOPPED if self._closed else self._wait(jobs, inbox, until, at_once, most)
        finally:
            del self._waits[inbox]
        for job in jobs:
            job.leave_alone(Unreachable(_WHY.get(why, _UNFORESEEN), code=why))

    def _wait(self, jobs: Sequence[Job], inbox: SimpleQueue[str], until: datetime, at_once: int, most: int) -> str:
        """Start each job when it is due. The code of why the wait ended early, or nothing."""
        queue, under_way = deque(sorted(jobs, key=lambda job: job.leave_at)), 0
        ends = time.monotonic() + (until - self._clock()).total_seconds()
        while queue or under_way:
            left = ends - time.monotonic()
            if left <= 0:
                return LATE
            if queue and under_way < at_once:
                due_in = (queue[0].leave_at - self._clock()).total_seconds()
                if due_in <= 0:
                    under_way += self._start(queue.popleft(), inbox, most)
                    continue
                left = min(left, due_in, LONGEST_NAP)
            try:
                word = inbox.get(timeout=left)
            except Empty:
                continue
            if word:
                return word
            under_way -= 1
        return ""

    def _start(self, job: Job, inbox: SimpleQueue[str], most: int) -> bool:
        """Whether the job runs; where no thread is to be had it is answered at once."""
        with self._lock:
            room = self._running < most
            self._running += room
        if room:
            try:
                Thread(target=self._run, args=(job, inbox), name="switchbot-call", daemon=True).start()
            except RuntimeError:
                self._end()
            else:
                return True
        job.leave_alone(Unreachable(_WHY[FULL], code=FULL))
        return False

    def _run(self, job: Job, inbox: SimpleQueue[str]) -> None:
        try:
            job.run()
        finally:
            self._end()
            inbox.put("")

    def _end(self) -> None:
        with self._lock:
            self._running -= 1
