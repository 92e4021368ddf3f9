"""E-mail: a carrier over SMTP that knows whether a mail was accepted, and keeps connections for the next ones."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from ..domain.sentence import Sentence, say
from ..tick.ports import Clock
from .addresses import Allowed, BadAddress, mail_address
from .letter import letter
from .mail_settings import MailSettings
from .parcel import Outcome, Parcel, Result
from .smtp_link import Fault, Kind, Link

GOES = 3
WITHIN_SECONDS = 50.0
REST_SECONDS = 10.0  # how long a connection is kept for the next mail
MAILS_OF_A_LINK = 100  # many servers end a connection after that many
BARRED_SECONDS = 10.0  # a thousand mails with one wrong password are a few logins, not a locked account
AT_ONCE = (Kind.DROPPED, Kind.BUSY)

log = logging.getLogger(__name__)


class Post(Protocol):
    """The mail settings in force and what is known to be wrong with them; see `channels.Channels`."""

    def mail_settings(self) -> MailSettings | Sentence: ...
    def mark_mail(self, problem: Sentence | None) -> None: ...


class Mail:
    """Fits `parcel.Carrier`. Up to three goes at once for a connection that is refused, dropped, or told to wait.

    What is wrong with the mail settings is noted with them and never counts against a recipient's address. It is
    looked at where it stands at each mail, so that the next one that leaves takes it back.
    """

    def __init__(self, post: Post, clock: Clock, allowed: Allowed) -> None:
        self._post, self._clock, self._allowed = post, clock, allowed
        self._idle = Idle()
        self._barred: tuple[MailSettings, Sentence, float] | None = None

    def carry(self, parcel: Parcel) -> Result:
        """Send one mail; returns within a minute and never raises."""
        try:
            return self._carried(parcel)
        except Exception as error:  # whatever it is, its text may hold an address
            log.error("[notifications] A mail could not be sent: %s", type(error).__name__)
            return Result(
                Outcome.FAILED, say("Something unexpected went wrong here ({kind}).", kind=type(error).__name__)
            )

    def close(self) -> None:
        """End the connections that wait for the next mail."""
        self._idle.clear()

    def _carried(self, parcel: Parcel) -> Result:
        settings = self._post.mail_settings()
        if isinstance(settings, Sentence):
            return Result(Outcome.FAILED, settings)
        if (barred := self._barred) and barred[0] == settings and time.monotonic() < barred[2]:
            return Result(Outcome.FAILED, barred[1])
        try:
            address = mail_address(parcel.address)
        except BadAddress as error:
            return Result(Outcome.REFUSED, error.sentence)
        content = letter(replace(parcel, address=address), settings, self._clock())
        deadline = time.monotonic() + WITHIN_SECONDS
        for go in range(1, GOES + 1):
            try:
                self._once(settings, address, content, deadline)
            except Fault as fault:
                if fault.kind in AT_ONCE and go < GOES and time.monotonic() < deadline:
                    continue
                return self._failed(settings, fault, go)
            self._note_success()
            return Result(Outcome.SENT, say("{host} took the mail.", host=settings.host), go)
        raise AssertionError("the last go returns")

    def _note_success(self) -> None:
        """The mail is accepted: whatever fails from here on, it was sent, and must not be sent again."""
        try:
            self._post.mark_mail(None)
        except Exception as error:
            log.warning("[notifications] That mail leaves again cannot be noted: %s", type(error).__name__)

    def _once(self, settings: MailSettings, address: str, content: bytes, deadline: float) -> None:
        """One go. A kept connection that has ended meanwhile is opened anew, and is no fault."""
        kept = self._idle.take(settings)
        if kept is not None:
            try:
                return self._over(kept, address, content, deadline)
            except Fault as fault:
                if not (fault.kind is Kind.DROPPED and fault.at_door):
                    raise
        return self._over(Link(settings, self._allowed(), deadline), address, content, deadline)

    def _over(self, link: Link, address: str, content: bytes, deadline: float) -> None:
        try:
            link.send(address, content, deadline)
        except Fault as fault:
            if fault.alive and link.forget():
                self._idle.put(link)
            else:
                link.close()
            raise
        except BaseException:
            link.close()
            raise
        self._idle.put(link)

    def _failed(self, settings: MailSettings, fault: Fault, goes: int) -> Result:
        if fault.kind is Kind.SETTINGS or fault.at_door:
            self._post.mark_mail(fault.said)
        if fault.kind is Kind.SETTINGS and not fault.alive:
            self._barred = settings, fault.said, time.monotonic() + BARRED_SECONDS
        match fault.kind:
            case Kind.RECIPIENT:
                return Result(Outcome.REFUSED, fault.said, goes)
            case Kind.MESSAGE:
                return Result(Outcome.REFUSED, fault.said, goes, channel_at_fault=False)
            case Kind.UNKNOWN:
                return Result(Outcome.UNKNOWN, fault.said, goes)
        return Result(Outcome.FAILED, fault.said, goes)


class Idle:
    """Connections that wait for the next mail, for any thread. Those that waited too long are ended."""

    def __init__(self, rest_seconds: float = REST_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest, self._clock = rest_seconds, clock
        self._lock = threading.Lock()
        self._links: list[Link] = []
        self._timer: threading.Timer | None = None

    def take(self, settings: MailSettings) -> Link | None:
        """The connection that was used last, if one by these settings waits."""
        with self._lock:
            others = [link for link in self._links if link.settings != settings]
            self._links = [link for link in self._links if link.settings == settings]
            found = self._links.pop() if self._links else None
        for link in others:
            link.close()
        return found

    def put(self, link: Link) -> None:
        """Keep it for the next mail, unless it has carried its share."""
        if link.mails >= MAILS_OF_A_LINK:
            link.close(politely=True)
            return
        with self._lock:
            self._links.append(link)
            if self._timer is None:
                self._wait()

    def clear(self) -> None:
        """End all of them."""
        with self._lock:
            links, self._links = self._links, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        for link in links:
            link.close(politely=True)

    def _wait(self) -> None:
        self._timer = threading.Timer(self._rest, self._sweep)
        self._timer.daemon = True
        self._timer.start()

    def _sweep(self) -> None:
        with self._lock:
            before = self._clock() - self._rest
            old = [link for link in self._links if link.rested_since <= before]
            self._links = [link for link in self._links if link.rested_since > before]
            self._timer = None
            if self._links:
                self._wait()
        for link in old:
            link.close(politely=True)
