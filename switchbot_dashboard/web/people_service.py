"""What the pages about people are handed: the shapes of the outbox, channels, preferences, alerts and reminders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ..domain.alert import Alert, Count, Wanted
from ..domain.channel import Channel, MailForm, MailView, Trial
from ..domain.message import Recipient, Way
from ..domain.posted import ChannelCount, Message, Part, Scheduled, Story, Viewer
from ..domain.reminder import Act, Author, Reminder, State, Step, Wish
from ..people import Preferences


class OutboxDesk(Protocol):
    """Messages: scheduled, cancelled, read, tried again. What it refuses is a `domain.posted.Refused` or an `Unfit`.

    `viewer` is who asks; None is the service itself, which may everything. `schedule_notification` raises NobodyNamed,
    InThePast, UnknownRecipients, OnlyForOneself, Unfit; with the `key` of an earlier call it answers as that one did.
    What names a message raises UnknownMessage where there is none, or it is not the viewer's to see.
    `cancel_scheduled` and `send_scheduled_notification` raise NotPending, `retry_failed_notification` NothingToRetry
    and Unfit. `messages` are the newest first by their instant, `before` is the last id of the page before; those of
    `recipient`, or of everyone for an administrator who gives none. `unread` counts what arrived and was not read;
    `mark_read` is for the recipient alone and says whether there was something to mark, `mark_all_read` how many.
    `counts` are by way, since an instant.
    """

    def schedule_notification(
        self,
        recipients: Sequence[int],
        title: str,
        message: str,
        scheduled_at: datetime,
        *,
        kind: str = "system",
        priority: str = "normal",
        related_object_type: str = "",
        related_object_id: str = "",
        data: Mapping[str, object] | None = None,
        author: Viewer | None = None,
        key: str = "",
    ) -> Scheduled: ...
    def cancel_scheduled(self, message_id: int, viewer: Viewer | None = None) -> Message: ...
    def send_scheduled_notification(self, message_id: int, viewer: Viewer | None = None) -> Story: ...
    def get_schedule_status(self, message_id: int, viewer: Viewer | None = None) -> Story: ...
    def retry_failed_notification(
        self, message_id: int, retry_delay_minutes: int = 10, viewer: Viewer | None = None
    ) -> Story: ...
    def get_pending_notifications(
        self, viewer: Viewer | None = None, *, limit: int = 100, before: int | None = None
    ) -> Sequence[Message]: ...
    def messages(
        self,
        viewer: Viewer,
        *,
        recipient: int | None = None,
        part: Part = Part.ALL,
        unread: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Message]: ...
    def unread(self, user_id: int) -> int: ...
    def mark_read(self, message_id: int, viewer: Viewer) -> bool: ...
    def mark_all_read(self, viewer: Viewer) -> int: ...
    def counts(self, since: datetime) -> Sequence[ChannelCount]: ...


class PreferenceDesk(Protocol):
    """How each user wants to be told. `save` says whether there is such a user."""

    def of(self, user_id: int) -> Preferences: ...
    def save(self, user_id: int, chosen: Preferences) -> bool: ...


class ChannelDesk(Protocol):
    """The ways to people, and the mail server. Addresses and passwords go in and are never given out: hints are.

    What is entered wrongly raises `Unfit` with a sentence by field, and changes nothing: `kind` and `address` of a
    channel; the fields of MailForm; `to`. A channel that is not that user's raises UnknownChannel. `add` enables it;
    `enable` forgets its problem. `test` and `test_mail` send now, which takes up to a minute, and say what came of it;
    title and body are text in the language of whoever pressed the button. `mail` is None while no server is set.
    """

    def of(self, user_id: int) -> Sequence[Channel]: ...
    def add(self, user_id: int, way: Way, address: str) -> Channel: ...
    def remove(self, user_id: int, channel_id: int) -> None: ...
    def enable(self, user_id: int, channel_id: int, enabled: bool) -> Channel: ...
    def test(self, user_id: int, channel_id: int, title: str, body: str) -> Trial: ...
    def failing(self) -> Sequence[Channel]: ...
    def mail(self) -> MailView | None: ...
    def save_mail(self, form: MailForm) -> MailView: ...
    def forget_mail(self) -> None: ...
    def test_mail(self, to: str, title: str, body: str) -> Trial: ...


class Generated(Protocol):
    """What a look for trouble came to."""

    @property
    def created(self) -> int: ...
    @property
    def updated(self) -> int: ...
    @property
    def resolved(self) -> int: ...


class AlertDesk(Protocol):
    """Alerts. `generate` looks the home over; nothing else does. `get` is None for one that was never active.

    `count` is kept until anything is written. What a person does is false where there is no such alert; acknowledging
    and silencing (for minutes; 0 ends it) only while it lasts. `by` is a user's id, if it is one, and a name.
    """

    def generate(self) -> Generated: ...
    def get(self, alert_id: int) -> Alert | None: ...
    def listed(self, wanted: Wanted) -> Sequence[Alert]: ...
    def count(self) -> Count: ...
    def read(self, alert_id: int) -> bool: ...
    def acknowledge(self, alert_id: int, by: tuple[int | None, str]) -> bool: ...
    def silence(self, alert_id: int, minutes: int, by: tuple[int | None, str]) -> bool: ...


class ReminderDesk(Protocol):
    """Reminders and loans. What names one raises `reminders.Unknown` where there is none.

    `create` and `change` (fields of its Wish) raise Invalid with a sentence by field, and Unknown for a user who is not
    here; what changes one that is done or stopped raises NotOpen. `some` are those that these people promised or wrote
    down, of all people for None, the newest first. `stories` are the steps of each, `acts` what was done to one.
    `run_so_far` is None where no hours of running are waited for.
    """

    def create(self, wish: Wish, author: Author) -> Reminder: ...
    def change(self, reminder_id: int, changes: Mapping[str, object], by: Author) -> Reminder: ...
    def done(self, reminder_id: int, by: Author) -> Reminder: ...
    def snooze(self, reminder_id: int, until: datetime, by: Author) -> Reminder: ...
    def stop(self, reminder_id: int, by: Author) -> Reminder: ...
    def one(self, reminder_id: int) -> Reminder: ...
    def some(
        self,
        *,
        people: Collection[int] | None = None,
        status: State | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Reminder]: ...
    def stories(self, reminder_ids: Collection[int]) -> Mapping[int, Sequence[Step]]: ...
    def acts(self, reminder_id: int) -> Sequence[Act]: ...
    def run_so_far(self, reminder: Reminder) -> timedelta | None: ...
    @property
    def people(self) -> Sequence[Recipient]: ...
    @property
    def zones(self) -> Collection[str]: ...


@dataclass(frozen=True)
class Desks:
    """All about people. A desk that is None is not there: its pages and calls are not either."""

    outbox: OutboxDesk | None = None
    preferences: PreferenceDesk | None = None
    channels: ChannelDesk | None = None
    alerts: AlertDesk | None = None
    reminders: ReminderDesk | None = None
