"""Carries what is due: a few threads of its own, one claim right before each try, its result right after it."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from ..domain.delivery import (
    LOST,
    STUCK,
    Bell,
    Case,
    Claim,
    Leg,
    Routed,
    Verdict,
    Wait,
    delivered,
    failed,
    legs,
    lost,
    obstacle,
    refused,
)
from ..domain.message import Draft, Priority, Way
from ..domain.sentence import Sentence, say
from .lanes import Lanes
from .parcel import Outcome, Parcel, Result
from .ports import Around, Rows

log = logging.getLogger("switchbot_dashboard.notifications")

THREADS = 4
BATCH = 100
HELD = 500  # deliveries of one way that are lined up at a time
WRITE_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # seconds before a result is written once more
LONGEST_REST = 60.0  # seconds, while the memory does not answer
OTHER_WAYS = (Way.EMAIL, Way.APPRISE)


class Sender:
    """Sends in threads of its own between `start` and `stop`. What it holds is only ever a list of numbers:
    what is true stands in the rows, so two of them, in one process or two, may work on one database."""

    def __init__(self, rows: Rows, around: Around) -> None:
        self._rows, self._around = rows, around
        self._lanes = Lanes(THREADS)
        self._awake, self._stopping = threading.Event(), threading.Event()
        self._looked = threading.Condition()
        self._asked = self._answered = 0  # looks asked for, and those that have ended
        self._over = False  # nothing starts any more
        self._more = False  # the last look left something for the next one
        self._claimed: dict[int, tuple[Case, Claim]] = {}
        self._threads: list[threading.Thread] = []
        self.results: Counter[str] = Counter()

    @property
    def running(self) -> bool:
        """Whether its threads are there."""
        return bool(self._threads) and not self._stopping.is_set()

    def start(self) -> None:
        """Begin to send what is due. Daemon threads: one that hangs does not keep the process from ending."""
        if self.running or self._over:
            return
        self._lanes, self._stopping = Lanes(THREADS), threading.Event()
        aims: list[Callable[[Lanes, threading.Event], None]] = [self._dispatch, *[self._work] * THREADS]
        self._threads = [
            threading.Thread(target=aim, args=(self._lanes, self._stopping), name=f"outbox-{place}", daemon=True)
            for place, aim in enumerate(aims)
        ]
        for thread in self._threads:
            thread.start()
        self.wake()

    def stop(self, patience: float = 0.4, *, for_good: bool = True) -> None:
        """End soon. What is under way then is given up: its fate is unknown, unless it is known in time."""
        was_running, self._over = self.running, for_good
        self._stopping.set()
        if not was_running:
            return
        self._awake.set()
        with self._looked:
            self._looked.notify_all()
        self._lanes.close()
        if self._lanes.wait_until_done(patience, also_closed=True):
            return
        now = self._around.clock()
        for case, claim in list(self._claimed.values()):
            try:
                self._rows.finish(claim, lost(case, LOST, now), now)
            except Exception as error:
                self._tell(1, "[outbox] That a message was given up cannot be written down; it is found later", error)

    def wake(self) -> None:
        """Something may be due: look soon."""
        with self._looked:
            self._asked += 1
        self._awake.set()

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether all that is due now, as far as it is looked at, was tried within so many seconds. No at the stop."""
        ends = time.monotonic() + seconds
        with self._looked:
            wanted = self._asked
            self._looked.wait_for(lambda: self._answered >= wanted or self._stopping.is_set(), seconds)
            if self._answered < wanted:
                return False
        return self._lanes.wait_until_done(max(0.0, ends - time.monotonic()))

    def send_all(self, cases: Sequence[Case]) -> None:
        """Try some deliveries in the caller's thread."""
        now = self._around.clock()
        self._ring([Bell(one.id, one.message_id, one.recipient, one.kind) for one in cases if one.way is Way.BELL], now)
        for one in cases:
            if one.way is not Way.BELL:
                self._send(one.id)

    def recover(self, now: datetime, limit: int = BATCH) -> int:
        """Give up what has been on its way for five minutes and is not this process's own. How many."""
        found = 0
        for case, claim in self._rows.stuck(now - STUCK, limit):
            if case.id not in self._claimed:
                verdict = lost(case, LOST, now)
                found += self._rows.finish(claim, verdict, now)
                log.warning("[outbox] Message %d was lost sight of (%s)", case.message_id, case.way.value)
        return found

    # threads

    def _dispatch(self, lanes: Lanes, stopping: threading.Event) -> None:
        failures = 0
        while True:
            self._awake.wait()
            if stopping.is_set():
                return
            self._awake.clear()
            with self._looked:
                asked = self._asked
            try:
                self._look(lanes, stopping)
                failures = 0
            except Exception as error:
                failures += 1
                self._tell(failures, "[outbox] What is due cannot be read; it is tried again", error)
            with self._looked:
                self._answered = asked
                self._looked.notify_all()
            if failures:
                self._rest(failures, stopping)

    def _look(self, lanes: Lanes, stopping: threading.Event) -> None:
        """Ring all bells that are due, a batch at a time, and line up what is due by other ways."""
        now = self._around.clock()
        while (bells := self._rows.bells(now, BATCH)) and not stopping.is_set():
            self._ring(bells, now)
            if lanes.waiting < BATCH:  # thousands of bells do not keep the mails waiting
                self._line_up(lanes, now)
        self._line_up(lanes, now)

    def _line_up(self, lanes: Lanes, now: datetime) -> None:
        self._more = False
        for way in OTHER_WAYS:
            found = self._rows.due(now, way, HELD)
            self._more |= len(found) == HELD
            for due in found:
                lanes.offer(due.id, due.lane)

    def _work(self, lanes: Lanes, stopping: threading.Event) -> None:
        failures = 0
        while (number := lanes.take()) is not None:
            try:
                self._send(number)
                failures = 0
            except Exception as error:
                failures += 1
                self._tell(failures, "[outbox] A message could not be tried; it is tried again", error)
            finally:
                lanes.done(number)
            if failures:
                self._rest(failures, stopping)
            if self._more and lanes.waiting < BATCH and not stopping.is_set():
                self.wake()

    def _tell(self, failures: int, words: str, error: Exception) -> None:
        """Once, and not again before something has worked. The memory says by itself why it does not answer."""
        if failures == 1:
            log.error(words, exc_info=not isinstance(error, self._around.unwell))

    def _rest(self, failures: int, stopping: threading.Event) -> None:
        """The memory does not answer: look again after a moment, a longer one each time, not only at the next sweep."""
        stopping.wait(min(LONGEST_REST, 0.5 * 2 ** min(failures, 10)))
        self.wake()

    # one at a time

    def _ring(self, bells: Iterable[Bell], now: datetime) -> None:
        rung: dict[int, Sentence | None] = {}
        more: dict[int, list[Leg]] = {}
        listed = list(bells)
        if not listed:
            return
        addresses = self._rows.addresses(bell.recipient for bell in listed)
        for bell in listed:
            wishes = self._around.wishes(bell.recipient)
            first, *others = legs(bell.kind, wishes, addresses.get(bell.recipient, ()), now)
            rung[bell.id], more[bell.message_id] = first.reason, others
        self.results["sent"] += self._rows.ring(rung, more, now)

    def _send(self, delivery_id: int) -> None:
        now, case = self._around.clock(), self._rows.case(delivery_id)
        if case is None or case.status.value != "pending" or case.due_at > now:
            return  # someone else was faster
        wishes = self._around.wishes(case.recipient)
        against = obstacle(case, wishes, now, self._around.zone())
        if isinstance(against, Wait):
            self._rows.put_off(case, against)
        elif against is not None:
            self._rows.skip(case, against, now)
        elif (claim := self._rows.claim(case, now)) is not None:
            self._claimed[case.id] = case, claim
            try:
                self._conclude(case, claim, self._carried(case, wishes.language or "en"))
            finally:
                del self._claimed[case.id]

    def _carried(self, case: Case, language: str) -> Result:
        carrier = self._around.carriers().get(case.way)
        if carrier is None or case.channel_id is None:
            return Result(Outcome.FAILED, say("This way of sending is not set up."))
        try:
            parcel = self._parcel(case, case.channel_id, language)
        except Exception as error:
            said = getattr(error, "sentence", None)
            if not isinstance(said, Sentence):
                log.exception("[outbox] Message %d cannot be made ready", case.message_id)
                said = say("The message cannot be made ready: see the log.")
            return Result(Outcome.REFUSED, said, channel_at_fault=False)
        try:
            return carrier.carry(parcel)
        except Exception as error:  # it promised not to; the address could be in what it says
            log.error("[outbox] The way %s failed: %s", case.way.value, type(error).__name__)
            return Result(Outcome.UNKNOWN, say("Sending broke off, so nobody knows whether it arrived."))

    def _parcel(self, case: Case, channel_id: int, language: str) -> Parcel:
        around = self._around
        return Parcel(
            key=case.key,
            address=around.address(channel_id),
            title=around.read(case.title, language),
            body=around.read(case.body, language),
            link=around.link(case.message_id),
            language=language,
            sender_name=case.author,
            pieces=self._rows.pieces(case.message_id) if case.way is Way.EMAIL else (),
        )

    def _conclude(self, case: Case, claim: Claim, result: Result) -> None:
        verdict = self._verdict(case, result)
        notice = self._notice(case, verdict.mark) if verdict.mark is not None else None
        self.results[verdict.result] += 1
        for pause in (*WRITE_PAUSES, None):
            try:
                self._rows.finish(claim, verdict, self._around.clock(), notice)
            except Exception as error:
                if pause is None or self._stopping.wait(pause):
                    raise
                log.warning("[outbox] What came of a message cannot be written: %s", type(error).__name__)
            else:
                if verdict.due_at is not None and verdict.due_at <= self._around.clock():
                    self.wake()
                return

    def _verdict(self, case: Case, result: Result) -> Verdict:
        now = self._around.clock()
        match result.outcome:
            case Outcome.SENT:
                return delivered(result.detail)
            case Outcome.REFUSED:
                return refused(result.detail, channel_at_fault=result.channel_at_fault)
            case Outcome.FAILED:
                return failed(case, result.detail, now, self._around.pauses())
            case _:
                return lost(case, result.detail, now)

    def _notice(self, case: Case, problem: Sentence) -> Routed:
        """Tells someone that a way to them is broken, in the dashboard and by their other ways."""
        now = self._around.clock()
        draft = Draft(
            key=f"channel:{case.channel_id}:{case.id}:{case.tries}",
            recipient=case.recipient,
            title=say("A way to you no longer works"),
            body=say(
                "{problem}. Nothing more is sent there until you change it or switch it on again.", problem=problem
            ),
            at=now,
            priority=Priority.HIGH,
            related_type="channel",
            related_id=str(case.channel_id),
        )
        others = [
            each
            for each in self._rows.addresses([case.recipient]).get(case.recipient, ())
            if each.id != case.channel_id
        ]
        return Routed(draft, legs(draft.kind, self._around.wishes(case.recipient), others, now))
