"""The heart: one APScheduler job as a net, moved after each tick to the instant at which something can happen.

Any process on the data folder may take a turn (a button, the command line): turns exclude each other through one lock.
Only the process that holds the driver's lock beats. The operating system frees both with a dying process.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from ..domain.errors import Told
from ..domain.record import Mode, Record
from ..domain.sentence import Sentence, say
from .joblist import JOBS, JobList
from .part import Wish
from .ports import Ports
from .run import Turned, first_wake, run_tick

log = logging.getLogger("switchbot_dashboard.scheduler")
logging.getLogger("apscheduler").setLevel(logging.ERROR)  # its warnings repeat what the lines here say

TICK = "tick"
WATCH_SECONDS = 0.5  # how often an edit, a turn of another process or a jump of the clock is looked for
TAKE_OVER_SECONDS = 5.0  # how often a process that does not drive asks for the driver's lock
LATE = timedelta(seconds=90)  # a beat that is later than this is a sick heart
CLOCK_JUMP = 5.0  # seconds by which the clock may run away from the monotonic one between two looks
TURN_PATIENCE, BUTTON_PATIENCE = 120.0, 30.0  # seconds a beat, and a button, wait for their turn
HURRY = 1.0  # seconds that one button too many waits: each holds a thread, and the pages need some, too


class Busy(Told):
    """Another turn is under way; the message says what to do."""


class Lock(Protocol):
    """A lock that the operating system frees with the process that holds it."""

    def acquire(self, timeout: float) -> bool: ...

    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the heart needs beside the ports of a tick. Each is asked often and is cheap.

    `settings_changed` says whether what is in force changed since it was last asked; `serial` is a number that every
    turn of any process changes; `took_over` is told when this process begins to drive; `give_way` ends a reading that
    hangs; `stop_calls` ends every call under way, also later ones. `turned` is told the records of each turn, in its
    thread, and returns at once.
    """

    settings_changed: Callable[[], bool]
    interval_seconds: Callable[[], int]
    serial: Callable[[], int]
    took_over: Callable[[], None]
    give_way: Callable[[], None]
    stop_calls: Callable[[], None]
    turned: Callable[[Sequence[Record]], None] = lambda records: None


class Heart:
    """Beats while this process drives; takes turns for buttons in any process."""

    def __init__(
        self, ports: Ports, around: Surroundings, *, turn_lock: Lock, driver_lock: Lock, jobs: JobList, drives: bool,
        patient_buttons: int = 4,
    ) -> None:  # fmt: skip
        self._ports, self._around, self._jobs = ports, around, jobs
        self._turn_lock, self._driver_lock, self._may_drive = turn_lock, driver_lock, drives
        self._patient_buttons = threading.Semaphore(patient_buttons)
        self._scheduler: BackgroundScheduler | None = None
        self._stopping, self._resting = threading.Event(), threading.Event()
        self._resting.set()
        self._guard = threading.Lock()  # of the three fields below
        self._trigger, self._again = "scheduler", ""
        self._next: tuple[datetime, Sentence] | None = None
        self._serial = self._rung = -1  # as of which the next wake was worked out, and the alarms rung
        self._modes: dict[str, tuple[Mode, int]] = {}
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)

    # what others may ask

    @property
    def running(self) -> bool:
        """Whether this process has a scheduler that runs."""
        return self._scheduler is not None and not self._stopping.is_set()

    @property
    def driving(self) -> bool:
        """Whether this process is the one that beats."""
        return self.running

    @property
    def next_wake(self) -> tuple[datetime, Sentence] | None:
        """The next beat and its reason, where this process drives."""
        return self._next

    def healthy(self, now: datetime) -> bool:
        """Whether the heart beats when it should; a process that does not drive has nothing to answer for."""
        return not self.driving or self._next is None or now - self._next[0] < LATE

    def start(self) -> None:
        """Watch the settings, and drive as soon as no other process does."""
        if self._may_drive and not self._try_to_drive():
            log.info("[scheduler] Another process drives this data folder; this one takes over when that ends")
        if not self._may_drive:
            log.info("[scheduler] APScheduler disabled via SCHEDULER_ENABLED=false")
        self._watcher.start()

    def stop(self, timeout: float = 1.5) -> None:
        """End cleanly: calls under way are given up (their intent is on record), the lock is freed."""
        self._stopping.set()
        self._around.stop_calls()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._resting.wait(timeout)
            self._driver_lock.release()
            self._scheduler = None
            log.info("[scheduler] Stopped")

    def run_once(self) -> Sequence[Record]:
        """One tick now for all zones. Raises Busy while another turn is under way."""
        return self._turn("run-once", patience=0.0, every_zone=True).records

    def act(self, wish: Wish) -> Sequence[Record]:
        """What a person asked for, now. A reading that hangs gives way; Busy when another turn does not end.

        So many as `patient_buttons` says may wait long for it at a time.
        """
        self._around.give_way()
        patient = self._patient_buttons.acquire(blocking=False)
        try:
            return self._turn("manual", patience=BUTTON_PATIENCE if patient else HURRY, wish=wish).records
        finally:
            if patient:
                self._patient_buttons.release()

    def wake_soon(self, trigger: str) -> None:
        """Beat at once, for all zones: the settings changed, or the clock did."""
        if self._scheduler is None:
            log.debug("[scheduler] Reschedule called but scheduler not started")
            return
        with self._guard:
            self._trigger = self._again = trigger
            if self._resting.is_set():
                self._move(self._ports.clock())

    # beating

    def _try_to_drive(self) -> bool:
        if not self._driver_lock.acquire(0.0):
            return False
        self._around.took_over()
        scheduler = BackgroundScheduler(timezone=UTC, executors=_threads())
        seconds = self._around.interval_seconds()
        self._trigger = self._again = "start"
        scheduler.add_job(
            self._beat, "interval", seconds=seconds, id=TICK, name="Automation tick", coalesce=True, max_instances=1,
            misfire_grace_time=None, next_run_time=datetime.now(UTC),
        )  # fmt: skip
        scheduler.add_listener(self._rest, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
        log.info("[scheduler] Job scheduled with interval=%d seconds", seconds)
        self._jobs.hand_to(scheduler)
        log.info("[scheduler] Triggering immediate first tick")
        self._scheduler = scheduler
        scheduler.start()
        log.info("[scheduler] BackgroundScheduler started successfully")
        return True

    def _beat(self) -> None:
        """One beat: a tick over what is due, and the next wake planned, whatever happened."""
        with self._guard:
            if self._stopping.is_set():
                return
            self._resting.clear()
            trigger, self._trigger, self._again = self._trigger, "scheduler", ""
        try:
            self._turn(trigger, patience=TURN_PATIENCE, every_zone=trigger != "scheduler")
        except Exception:
            log.exception("[scheduler] Tick failed (will retry next interval)")
            at = self._ports.clock() + timedelta(seconds=self._around.interval_seconds())
            self._plan(at, say("the last tick failed and is tried again"))

    def _rest(self, event: JobExecutionEvent) -> None:
        """After a beat: move the job. Moved to "now" while the beat still counts as running, it would be skipped."""
        if event.job_id != TICK:
            return
        with self._guard:
            self._resting.set()
            if self._again:
                self._move(self._ports.clock())
            elif self._next is not None:
                self._move(self._next[0])

    def _turn(self, trigger: str, *, patience: float, every_zone: bool = False, wish: Wish | None = None) -> Turned:
        if not self._turn_lock.acquire(patience):
            raise Busy(say("Another tick is under way. Try again in a few seconds."))
        try:
            log.info("[automation] Automation tick started | trigger=%r", trigger)
            before = self._around.serial()
            turned = run_tick(self._ports, trigger, every_zone=every_zone, wish=wish)
            self._serial = self._seen(before, turned)
            self._plan(turned.wake_at, turned.wake_reason)  # before another turn can plan something newer
        finally:
            self._turn_lock.release()
        self._tell_modes(turned.records)
        try:
            self._around.turned(turned.records)
        except Exception:
            log.exception("[scheduler] What follows a tick failed (the tick itself is done)")
        return turned

    def _seen(self, before: int, turned: Turned) -> int:
        """The serial after a turn; the one before it where something else was written meanwhile, such as a report."""
        after = self._around.serial()
        own = 2 if any(record.action is not None for record in turned.records) else 1  # an intent, and the turn
        return after if after - before <= own else before

    def _plan(self, at: datetime, reason: Sentence) -> None:
        with self._guard:
            self._next = (at, reason)
            if not self._again:  # someone asked for a beat at once, and it has not begun
                self._move(at)

    def _move(self, at: datetime) -> None:
        """Move the one job by its distance from now: APScheduler has a clock of its own."""
        if self._scheduler is not None and not self._stopping.is_set():
            wait = max(at - self._ports.clock(), timedelta(0))
            self._scheduler.modify_job(TICK, next_run_time=datetime.now(UTC) + wait)

    def _tell_modes(self, records: Sequence[Record]) -> None:
        for record in records:
            mode, seconds = record.wake.mode, record.wake.interval_seconds
            before = self._modes.get(record.zone)
            self._modes[record.zone] = (mode, seconds)
            if before is not None and before[0] is not mode:
                words = "[scheduler] Adaptive polling reschedule: %d -> %d seconds (mode=%s)"
                log.info(words, before[1], seconds, mode)

    # watching

    def _watch(self) -> None:
        """Edits of the settings, turns of other processes, jumps of the clock, and a driver that died."""
        asked, offset = time.monotonic(), self._offset()
        while not self._stopping.wait(WATCH_SECONDS):
            try:
                if self._around.settings_changed():
                    self._jobs.refresh()
                    self.wake_soon("settings")
                before, offset = offset, self._offset()
                jumped = abs(offset - before) > CLOCK_JUMP
                if self._scheduler is not None:
                    self._look_around(jumped=jumped)
                elif self._may_drive and time.monotonic() - asked >= TAKE_OVER_SECONDS:
                    asked = time.monotonic()
                    self._try_to_drive()
            except Exception:
                log.exception("[scheduler] Watching failed (goes on)")

    def _look_around(self, *, jumped: bool) -> None:
        if jumped:
            log.warning("[scheduler] The clock jumped; the next wake is worked out anew")
            self._jobs.refresh()
            self.wake_soon("clock")
            return
        serial = self._around.serial()
        if serial != self._rung:  # also while a turn is under way: a cloud that hangs keeps no message waiting
            self._rung = serial
            self._jobs.refresh()
        if serial != self._serial and self._resting.is_set():
            self._serial = serial
            wake = first_wake(self._ports)
            if wake is not None and serial == self._serial:  # else a turn came in between and knows better
                self._plan(*wake)

    def _offset(self) -> float:
        return self._ports.clock().timestamp() - time.monotonic()


def _threads() -> dict[str, ThreadPoolExecutor]:
    """Threads for the tick, and others for the jobs: however many of those hang, the tick is not late."""
    return {"default": ThreadPoolExecutor(2), JOBS: ThreadPoolExecutor(6)}
