"""Everything that Apprise can reach: a carrier that keeps its connections out of the own network, and bounds its time.

Apprise says little more than yes or no. What it logs while it sends is read here, in memory, to tell a refusal for
good from a passing one, and both from a request that may have arrived although no answer came.
"""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING

from ..domain.sentence import say
from .addresses import Allowed, BadAddress
from .apprise_address import opened
from .fence import Fence, fenced
from .parcel import Outcome, Parcel, Result

if TYPE_CHECKING:
    from apprise import AppriseResult, NotifyBase

GOES = 3
WITHIN_SECONDS = 40.0
ANSWERED = re.compile(r"\berror=(\d{3})\b")
NEVER_CONNECTED = re.compile(r"NewConnectionError|Failed to establish|ConnectTimeout|NameResolution|Connection refused")
NO_ANSWER = re.compile(
    r"Read timed out|Connection aborted|RemoteDisconnected|Connection broken|reset by peer|timed out"
)
BROKE_OFF = "Notification Exception"  # its own code for the service failed, maybe on the answer
COME_BACK = (408, 409, 423, 425, 429)  # of the 4xx, those that pass

log = logging.getLogger(__name__)


class AppriseWay:
    """Fits `parcel.Carrier`."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed

    def carry(self, parcel: Parcel) -> Result:
        """Send by Apprise; returns within a minute and never raises."""
        try:
            return self._carried(parcel)
        except Exception as error:  # whatever it is, its text may hold an address
            log.error("[notifications] Apprise could not send: %s", type(error).__name__)
            return Result(
                Outcome.FAILED, say("Something unexpected went wrong here ({kind}).", kind=type(error).__name__)
            )

    def _carried(self, parcel: Parcel) -> Result:
        allowed = self._allowed()
        try:
            plugin = opened(parcel.address, allowed)
        except BadAddress as error:
            return Result(Outcome.REFUSED, error.sentence)
        deadline = time.monotonic() + WITHIN_SECONDS
        for go in range(1, GOES + 1):
            with fenced(allowed) as fence:
                answer = _notify(plugin, parcel, deadline - time.monotonic())
            result, again = _judged(str(plugin.service_name), answer, fence, go)
            if not again or go == GOES or time.monotonic() > deadline - 1:
                return result
        raise AssertionError("the last go returns")


def _notify(plugin: NotifyBase, parcel: Parcel, seconds: float) -> AppriseResult:
    from apprise import Apprise, NotifyFormat

    logging.getLogger("apprise").setLevel(logging.DEBUG)  # for the answer alone: `hush` keeps it from all others
    sender = Apprise(asset=plugin.asset)
    sender.add(plugin)
    body = f"{parcel.body}\n\n{parcel.link}" if parcel.link else parcel.body
    return sender.notify(
        body=body or parcel.title,
        title=parcel.title,
        body_format=NotifyFormat.TEXT,
        timeout=max(1.0, seconds),
        log_level=logging.DEBUG,
    )


def _judged(service: str, answer: AppriseResult, fence: Fence, go: int) -> tuple[Result, bool]:
    """What came of one go, and whether it may be tried again at once."""
    from apprise import AppriseResultStatus

    if answer:
        return Result(Outcome.SENT, say("{service} took the message.", service=service), go), False
    if fence.kept_out:
        said = say(
            "{service} would have connected to this machine's own network ({target}), so nothing was sent: use a "
            "public host, or allow it by its name in the settings: Advanced, Internal hosts for notifications.",
            service=service,
            target=fence.kept_out,
        )
        return Result(Outcome.REFUSED, said, go), False
    lines = list(answer.logs())  # the payload stands in them too, and may say anything
    codes = [int(code) for line in lines if line.level == "WARNING" for code in ANSWERED.findall(line.message)]
    words = " ".join(line.message for line in lines if line.message.startswith("Socket Exception"))
    if codes:
        return _answered(service, codes[-1], go), False
    if fence.let_out and any(line.message.startswith(BROKE_OFF) for line in lines):
        return Result(Outcome.UNKNOWN, say("Sending broke off, so nobody knows whether it arrived."), go), False
    if NEVER_CONNECTED.search(words):
        said = say("There was no way to {service} from here: check this machine's network.", service=service)
        return Result(Outcome.FAILED, said, go), True
    if answer.status is AppriseResultStatus.TIMEOUT or NO_ANSWER.search(words):
        said = say(
            "{service} was handed the message and did not answer, so nobody knows whether it took it. Look there "
            "before you send it again.",
            service=service,
        )
        return Result(Outcome.UNKNOWN, said, go), False
    return Result(Outcome.FAILED, say("{service} did not take the message.", service=service), go), False


def _answered(service: str, code: int, go: int) -> Result:
    if 400 <= code < 500 and code not in COME_BACK:
        said = say(
            "{service} refuses the message with the code {code}: check the address, it may have expired.",
            service=service,
            code=code,
        )
        return Result(Outcome.REFUSED, said, go)
    said = say("{service} does not take the message just now (code {code}).", service=service, code=code)
    return Result(Outcome.FAILED, said, go)
