"""The account's devices, as a tick sees them: every error is an answer, and nothing makes a tick wait past its time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from ..domain.errors import CloudError, CredentialsRefused, QuotaSpent, Throttled, Unreachable
from ..domain.record import Call, Catalogue, Receipt, Step
from ..domain.sentence import say
from ..tick.ports import Dispatch, Status
from .calls import MOST_THREADS, STOPPED, Crew, Job
from .client import Client
from .gate import Gate
from .payloads import catalogue

READS_AT_ONCE = 4  # the cloud dislikes bursts
MOST_READING_THREADS = 12  # hanging reads leave room for commands

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """What `doctor` asks of the cloud. `skew` is how far this machine's clock is ahead, None when nothing answered."""

    catalogue: Catalogue | None
    error: CloudError | None
    skew: timedelta | None


class Cloud:
    """The Devices of a tick, over a Client.

    `daily_limit` is the account's calls a day; `spent_today` tells how many tries of this UTC day are already written
    down (those not yet handed over by `spent` are added here). Both are asked only when the cloud refuses, from the
    thread of that call.
    """

    def __init__(
        self,
        client: Client,
        *,
        clock: Callable[[], datetime],
        daily_limit: Callable[[], int] = lambda: 10_000,
        spent_today: Callable[[], int] = lambda: 0,
    ) -> None:
        self._client, self._clock = client, clock
        self._daily_limit, self._spent_today = daily_limit, spent_today
        self._gate, self._crew = Gate(), Crew(clock)

    def read(self, device_ids: Sequence[str], until: datetime) -> Mapping[str, Status | CloudError]:
        """The status of each device, or why there is none. A shut gate answers at once and spends nothing."""
        jobs = {device: self._job(partial(self._status, device), until) for device in device_ids}
        self._look(list(jobs.values()), until)
        return {device: _answer(job, dict) for device, job in jobs.items()}

    def send(self, dispatches: Sequence[Dispatch], until: datetime) -> Sequence[Receipt]:
        """A receipt for each step, in order. Each leaves on its own thread, not before its instant."""
        jobs = [
            Job(partial(self._command, dispatch.step), self._clock, until, dispatch.leave_at) for dispatch in dispatches
        ]
        self._crew.see_through(jobs, until, most=MOST_THREADS)
        return [self._receipt(job) for job in jobs]

    def catalogue(self, until: datetime) -> Catalogue | CloudError:
        """The account's devices and scenes; two calls."""
        devices = self._job(partial(self._list, "devices", dict), until)
        scenes = self._job(partial(self._list, "scenes", list), until)
        self._look([devices, scenes], until)
        things, names = _answer(devices, dict), _answer(scenes, list)
        if isinstance(things, CloudError):
            return things
        if isinstance(names, CloudError):
            return names
        try:
            return catalogue(things, names, self._clock())
        except CloudError as error:
            return error

    def spent(self) -> Sequence[Call]:
        """The tries counted since this was last asked, those of calls left behind included."""
        return self._client.spent()

    def check(self, until: datetime) -> Check:
        """Whether the credentials are accepted, what the account lists, and how far the clocks are apart; two calls."""
        found = self.catalogue(until)
        error = found if isinstance(found, CloudError) else None
        return Check(None if isinstance(found, CloudError) else found, error, self._client.skew)

    def close(self) -> None:
        """Every wait, under way or to come, ends at once as Unreachable. From any thread, a signal handler's too."""
        self._crew.close()

    def give_way(self) -> None:
        """A `read` or `catalogue` under way ends at once as Unreachable, so that a person's order need not wait."""
        self._crew.give_way()

    def _job(self, call: Callable[[Job], object], until: datetime) -> Job:
        return Job(call, self._clock, until)

    def _look(self, jobs: Sequence[Job], until: datetime) -> None:
        self._crew.see_through(jobs, until, at_once=READS_AT_ONCE, most=MOST_READING_THREADS, yields=True)

    def _status(self, device: str, job: Job) -> object:
        path = f"/v1.1/devices/{quote(device, safe='')}/status"
        return self._reading(lambda purpose: self._client.get(path, purpose, "status", dict, job), "read", job)

    def _list(self, endpoint: str, shape: type[Answer], job: Job) -> object:
        path = f"/v1.1/{endpoint}"
        return self._reading(lambda purpose: self._client.get(path, purpose, endpoint, shape, job), "catalogue", job)

    def _reading(self, call: Callable[[str], object], purpose: str, job: Job) -> object:
        refusal = self._gate.refusal(self._clock())
        if refusal is not None:
            raise refusal
        return self._through(lambda: call("probe" if self._gate.troubled else purpose), job)

    def _command(self, step: Step, job: Job) -> object:
        if step.scene:
            path = f"/v1.1/scenes/{quote(step.scene, safe='')}/execute"
            return self._through(lambda: self._client.post(path, "command", "scene", caller=job), job)
        path = f"/v1.1/devices/{quote(step.device, safe='')}/commands"
        content = {"command": step.command, "parameter": step.parameter, "commandType": "command"}
        return self._through(
            lambda: self._client.post(
                path, "command", "commands", content=content, repeatable=step.repeatable, caller=job
            ),
            job,
        )

    def _through(self, call: Callable[[], object], job: Job) -> object:
        """Make the call and tell the gate what came of it."""
        try:
            answer = call()
        except (Throttled, QuotaSpent, CredentialsRefused) as error:
            failure = error
        except CloudError as error:
            if error.code.isdigit() and error.code != "190":  # the cloud itself spoke, about the device
                self._gate.answered(job.sent_at or self._clock(), self._clock())
            raise
        else:
            self._gate.answered(job.sent_at or self._clock(), self._clock())
            return answer
        now = self._clock()
        told = self._gate.failed(failure, job.sent_at or now, now, self._used(now), self._daily_limit())
        told.may_have_happened = failure.may_have_happened
        raise told

    def _used(self, now: datetime) -> int:
        try:
            written_down = self._spent_today()
        except Exception as error:  # the memory may be out of order; the cloud's answer must not be lost to it
            log.warning("[switchbot] The day's calls cannot be looked up (%s)", type(error).__name__)
            written_down = 0
        return self._client.ledger.today(now, written_down)

    def _receipt(self, job: Job) -> Receipt:
        sent_at = job.sent_at or self._clock()
        error = job.answer
        if not isinstance(error, CloudError):
            return Receipt(True, sent_at)
        retry_at = sent_at if error.code == STOPPED else error.retry_at  # by the next start, and then at once
        return Receipt(False, sent_at, error.sentence, error.code, error.may_have_happened, retry_at)


def _answer(job: Job, shape: type[Answer]) -> Answer | CloudError:
    answer = job.answer
    return (
        answer
        if isinstance(answer, shape | CloudError)
        else Unreachable(say("The call was not made."), code="unforeseen")
    )
