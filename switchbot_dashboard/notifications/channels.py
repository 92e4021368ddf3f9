"""The ways to people: who has which, and the mail server behind the mails. Addresses come in and never out again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from secrets import token_hex
from typing import Protocol

from ..domain.channel import Channel, MailForm, MailView, StoredMail, Trial, UnknownChannel
from ..domain.message import Way
from ..domain.posted import Unfit
from ..domain.sentence import Sentence, say
from ..tick.ports import Clock
from .addresses import Allowed, BadAddress, mail_address
from .apprise_address import apprise_address
from .mail_settings import MailSettings, read, shown, usable, written
from .parcel import Carrier, Outcome, Parcel, Result
from .secrets import KEY_CHANGED, KeyChanged, Secrets

MOST_CHANNELS = 20  # of one person

NO_SERVER = say("No mail server is set: an administrator enters one under Mail settings.")

log = logging.getLogger(__name__)


class Rows(Protocol):
    """The tables of channels and mail settings. Addresses come in sealed, and are kept as they come."""

    def of(self, user_id: int) -> Sequence[Channel]: ...
    def sealed(self, channel_id: int) -> str | None: ...
    def get(self, channel_id: int) -> Channel | None: ...
    def add(self, channel: Channel, sealed: str) -> Channel: ...
    def remove(self, channel_id: int) -> None: ...
    def enable(self, channel_id: int, enabled: bool) -> None: ...
    def mark(self, channel_id: int, problem: Sentence | None, at: datetime) -> None: ...
    def failing(self) -> Sequence[Channel]: ...

    def oldest(self) -> Channel | None: ...
    def mail(self) -> StoredMail | None: ...
    def put_mail(self, text: str | None) -> None: ...
    def mark_mail(self, problem: Sentence | None, at: datetime) -> None: ...


class Channels:
    """Fits `web.people_service.ChannelDesk`. `carriers` hold one for each way but the bell, and may be set later."""

    def __init__(self, rows: Rows, secrets: Callable[[], Secrets], clock: Clock, allowed: Allowed) -> None:
        self._rows, self._key, self._clock, self._allowed = rows, secrets, clock, allowed
        self.carriers: Mapping[Way, Carrier] = {}

    @cached_property
    def _secrets(self) -> Secrets:
        """Made when first needed: making a key file is no part of joining the rooms."""
        return self._key()

    # Someone's channels

    def of(self, user_id: int) -> Sequence[Channel]:
        """Someone's channels, oldest first; one whose address can no longer be opened says so as its problem."""
        return [self._legible(channel) for channel in self._rows.of(user_id)]

    def add(self, user_id: int, way: Way, address: str) -> Channel:
        """A new channel, enabled. Raises Unfit with a fault for `address` or `kind`; then nothing is kept."""
        if way not in (Way.EMAIL, Way.APPRISE):
            raise Unfit({"kind": say("Choose email or apprise.")})
        plain, hint = self._checked(way, address)
        mine = self._rows.of(user_id)
        if len(mine) >= MOST_CHANNELS:
            raise Unfit({"address": say("No more than {most} channels a person, please.", most=MOST_CHANNELS)})
        if any(channel.way is way and self._address(channel.id) == plain for channel in mine):
            raise Unfit({"address": say("This address is there already.")})
        channel = Channel(0, user_id, way, hint, True, self._clock())
        return self._rows.add(channel, self._secrets.seal(plain))

    def remove(self, user_id: int, channel_id: int) -> None:
        """From now on nothing is sent there. Raises UnknownChannel."""
        self._rows.remove(self._mine(user_id, channel_id).id)

    def enable(self, user_id: int, channel_id: int, enabled: bool) -> Channel:
        """Use a channel or let it rest; either way its problem is forgotten. Raises UnknownChannel."""
        channel = self._mine(user_id, channel_id)
        self._rows.enable(channel.id, enabled)
        return self._mine(user_id, channel_id)

    def test(self, user_id: int, channel_id: int, title: str, body: str) -> Trial:
        """Send a message there now and say what came of it. Raises UnknownChannel.

        Success forgets the channel's problem; a refusal for good marks it.
        """
        channel = self._mine(user_id, channel_id)
        try:
            address = self.address(channel.id)
        except KeyChanged as error:
            return Trial(False, error.sentence)
        result = self._carry(channel.way, address, title, body)
        if result.outcome is Outcome.SENT:
            self._rows.mark(channel.id, None, self._clock())
        elif result.outcome is Outcome.REFUSED and result.channel_at_fault:
            self._rows.mark(channel.id, result.detail, self._clock())
        return _trial(result)

    # For the outbox and the alerts

    def address(self, channel_id: int) -> str:
        """The plain address of a channel, to send to: never show or log it. Raises UnknownChannel or KeyChanged."""
        sealed = self._rows.sealed(channel_id)
        if sealed is None:
            raise UnknownChannel
        return self._secrets.open(sealed)

    def mark(self, channel_id: int, problem: Sentence | None) -> None:
        """Note why nothing is sent there any more, or that all is well again."""
        self._rows.mark(channel_id, problem, self._clock())

    def failing(self) -> Sequence[Channel]:
        """All enabled channels that have a problem; of those that a changed key closed, the oldest stands for all."""
        oldest = self._rows.oldest()
        seen = [] if oldest is None else [self._legible(oldest)]
        return [*self._rows.failing(), *(channel for channel in seen if channel.problem is not None)]

    # The mail server

    def mail(self) -> MailView | None:
        """The mail settings as they may be shown, None while there are none."""
        row = self._rows.mail()
        return None if row is None else shown(row.text, self._secrets, row.problem, row.problem_at)

    def save_mail(self, form: MailForm) -> MailView:
        """Put the mail settings in force; what was wrong with the last ones is forgotten. Raises Unfit."""
        row, kept = self._rows.mail(), ""
        if row is not None and form.password is None:
            try:
                kept = read(row.text, self._secrets).password
            except KeyChanged:
                raise Unfit({"password": KEY_CHANGED}) from None
        self._rows.put_mail(written(usable(form, kept, self._allowed()), self._secrets))
        view = self.mail()
        assert view is not None  # it was written just now
        return view

    def forget_mail(self) -> None:
        """From now on no mail is sent."""
        self._rows.put_mail(None)

    def test_mail(self, to: str, title: str, body: str) -> Trial:
        """Send a mail by the settings in force and say what came of it. Raises Unfit for `to`."""
        try:
            address = mail_address(to)
        except BadAddress as error:
            raise Unfit({"to": error.sentence}) from None
        return _trial(self._carry(Way.EMAIL, address, title, body))

    # For the carrier of mail

    def mail_settings(self) -> MailSettings | Sentence:
        """The settings in force, or why there are none that can be used."""
        row = self._rows.mail()
        if row is None:
            return NO_SERVER
        try:
            return read(row.text, self._secrets)
        except KeyChanged as error:
            return error.sentence

    def mark_mail(self, problem: Sentence | None) -> None:
        """Note what is wrong with the mail settings, or that they work; written only when that is news."""
        row = self._rows.mail()
        if row is None or (row.problem and row.problem.template) == (problem and problem.template):
            return  # the same trouble, though the server may word it differently each time
        self._rows.mark_mail(problem, self._clock())
        if problem is not None:
            log.warning("[notifications] Mail does not leave: %s", problem)
        else:
            log.info("[notifications] Mail leaves again")

    def _mine(self, user_id: int, channel_id: int) -> Channel:
        channel = self._rows.get(channel_id)
        if channel is None or channel.user_id != user_id:
            raise UnknownChannel
        return self._legible(channel)

    def _legible(self, channel: Channel) -> Channel:
        if self._address(channel.id) is not None:
            return channel
        return replace(channel, problem=KEY_CHANGED)

    def _address(self, channel_id: int) -> str | None:
        try:
            return self.address(channel_id)
        except (KeyChanged, UnknownChannel):
            return None

    def _checked(self, way: Way, address: str) -> tuple[str, str]:
        """The address as it is kept, and what is shown of it."""
        try:
            if way is Way.EMAIL:
                plain = mail_address(address)
                return plain, mail_hint(plain)
            return apprise_address(address, self._allowed())
        except BadAddress as error:
            raise Unfit({"address": error.sentence}) from None

    def _carry(self, way: Way, address: str, title: str, body: str) -> Result:
        carrier = self.carriers.get(way)
        if carrier is None:
            return Result(Outcome.FAILED, say("This way of sending is not there."))
        return carrier.carry(Parcel(key=f"test-{token_hex(12)}", address=address, title=title, body=body))


def mail_hint(address: str) -> str:
    """`m…@example.org`: enough to tell one's own addresses apart, too little to write to."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _trial(result: Result) -> Trial:
    return Trial(result.outcome is Outcome.SENT, result.detail)
