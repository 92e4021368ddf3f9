"""What the pages about people are handed: the shapes of the outbox, channels, preferences, alerts and reminders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..domain.posted import ChannelCount, Message, Part, Scheduled, Story, Viewer
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
    """How each user wants to be told. `of` is the standard for someone who chose nothing; `save` is false for nobody."""

    def of(self, user_id: int) -> Preferences: ...
    def save(self, user_id: int, chosen: Preferences) -> bool: ...


@dataclass(frozen=True)
class Desks:
    """All about people. A desk that is None is not there: its pages and calls are not either."""

    outbox: OutboxDesk | None = None
    preferences: PreferenceDesk | None = None
