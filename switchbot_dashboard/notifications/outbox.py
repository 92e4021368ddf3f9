"""The one outbox: rules and people hand messages in, and it sees that each arrives once.

A message is a row before anyone is told that it is scheduled. It leaves by the heart's own alarm, within two seconds
of its instant; the job `notifications` is the net below. See `sending` for how, and `domain.delivery` for the rules.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ..domain.delivery import Routed, legs
from ..domain.message import Draft, Priority, Status
from ..domain.posted import (
    ChannelCount,
    InThePast,
    Message,
    NobodyNamed,
    NothingToRetry,
    NotPending,
    OnlyForOneself,
    Part,
    Scheduled,
    Story,
    Unfit,
    UnknownMessage,
    UnknownRecipients,
    Viewer,
)
from ..domain.posted_checks import faults_of, plain
from ..domain.sentence import Sentence, say
from .ports import Around, By, Rows, Stories
from .sending import BATCH, Sender

log = logging.getLogger("switchbot_dashboard.notifications")

FARTHEST = timedelta(days=3660)
LONGEST_DELAY = 7 * 24 * 60  # minutes
HASTE = 5.0  # seconds that someone who sends ahead waits for what comes of it
SWEEP_SECONDS = 20.0  # that a sweep waits for what it found


class Outbox:
    """Fits `domain.message.Post` and `web.people_service.OutboxDesk`. Safe to use from several threads and processes.

    Whoever names a message as `viewer` must be its recipient, its author or an administrator; None is the service.
    """

    def __init__(self, rows: Rows, stories: Stories, around: Around) -> None:
        self._rows, self._stories, self._around = rows, stories, around
        self.sender = Sender(rows, around)
        self._without_address = set[int]()  # of whom the log has been told

    # Handing in

    def put(self, drafts: Sequence[Draft]) -> Sequence[int]:
        """Hand in messages; those whose key is known already are there already. Returns their ids, in this order.

        All are rows when it returns, or none is. A draft whose recipient is gone is an error of its caller: ValueError.
        """
        if not drafts:
            return ()
        recipients = {draft.recipient for draft in drafts}
        gone = recipients - self._rows.known(recipients)
        if gone:
            raise ValueError(f"nobody has the number {sorted(gone)[:10]}")
        for again in (True, True, False):
            try:
                ids = self._rows.put(self._routed(drafts), self._around.clock())
                break
            except Exception:  # a channel or a user that was just removed: what is there now counts
                if not again or recipients - self._rows.known(recipients):
                    raise
        if self.sender.running:
            self.sender.wake()
        return ids

    def _routed(self, drafts: Sequence[Draft]) -> Sequence[Routed]:
        addresses = self._rows.addresses(draft.recipient for draft in drafts)
        wishes = self._around.wishes
        for user_id in {draft.recipient for draft in drafts} - addresses.keys() - self._without_address:
            self._without_address.add(user_id)
            log.info("[outbox] There is no address of user %d: told in the dashboard alone", user_id)
        return [
            Routed(draft, legs(draft.kind, wishes(draft.recipient), addresses.get(draft.recipient, ()), draft.at))
            for draft in drafts
        ]

    # The Python service

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
    ) -> Scheduled:
        """Schedule a message of a person to each of these users, for an instant to come. All of them, or none.

        Members schedule for themselves, administrators and the service (no author) for anyone. It leaves at that very
        instant, also in quiet hours. A call that repeats the `key` of an earlier one of this author answers like it.
        Raises NobodyNamed, InThePast, UnknownRecipients, OnlyForOneself, and Unfit for title, message and the others.
        """
        wanted = list(dict.fromkeys(recipients))
        if not wanted:
            raise NobodyNamed(say("Nobody is named: give the number of one recipient at least."))
        texts = {
            "type": kind,
            "related_object_type": related_object_type,
            "related_object_id": related_object_id,
        }
        if faults := faults_of(title, message, priority, texts, data, len(wanted)):
            raise Unfit(faults)
        by = _by(author)
        keys = _keys(by, key, wanted)
        known = self._rows.ids_of(keys) if key else {}
        if known and len(known) == len(keys):
            first = self._stories.message(known[keys[0]])
            return Scheduled([known[each] for each in keys], first.scheduled_at if first else scheduled_at)
        self._check(wanted, scheduled_at, author)
        drafts = [
            Draft(
                each, recipient, plain(title), message.strip(), scheduled_at, kind, Priority(priority), by_person=True,
                author_id=by[0], author=by[1], related_type=related_object_type, related_id=related_object_id,
                data=data or {},
            )
            for each, recipient in zip(keys, wanted, strict=True)
        ]  # fmt: skip
        ids = self.put(drafts)
        said = say("Scheduled for {at:date}.", at=scheduled_at)
        self._stories.note(ids, by, self._around.clock(), said)
        return Scheduled(ids, scheduled_at)

    def cancel_scheduled(self, message_id: int, viewer: Viewer | None = None) -> Message:
        """Cancel what of a message still waits. Raises UnknownMessage, and NotPending when nothing does."""
        self._open(message_id, viewer)
        now = self._around.clock()
        if not self._stories.cancel(message_id, _by(viewer), now, say("Cancelled.")):
            raise NotPending(say("This message does not wait any more, so it cannot be cancelled."))
        return self._open(message_id, viewer)

    def get_pending_notifications(
        self, viewer: Viewer | None = None, *, limit: int = 100, before: int | None = None
    ) -> Sequence[Message]:
        """What still waits, of all messages that someone may see; the latest first."""
        involved = None if viewer is None or viewer.admin else viewer.user_id
        if viewer is not None and not viewer.admin and viewer.user_id is None:
            return ()
        return self._stories.some(people=(None, involved), pending=True, before=before, limit=limit)

    def send_scheduled_notification(self, message_id: int, viewer: Viewer | None = None) -> Story:
        """Send what of a message waits at once, ahead of its time, and say what came of it within a few seconds.

        For its author and administrators. Raises UnknownMessage, and NotPending when nothing waits.
        """
        found = self._open(message_id, viewer)
        if viewer is not None and not viewer.admin and viewer.user_id != found.author_id:
            raise OnlyForOneself(say("Only its author and administrators can send a message ahead of its time."))
        waiting = [case for case in self._rows.cases(message_id) if case.status is Status.PENDING]
        now = self._around.clock()
        if not self._stories.hurry(waiting, _by(viewer), now, say("Sent ahead of its time.")):
            raise NotPending(say("Nothing of this message waits, so there is nothing to send."))
        self._now([case.id for case in waiting])
        return self.get_schedule_status(message_id, viewer)

    def get_schedule_status(self, message_id: int, viewer: Viewer | None = None) -> Story:
        """The whole story of a message. Raises UnknownMessage."""
        self._open(message_id, viewer)
        story = self._stories.story(message_id)
        if story is None:
            raise UnknownMessage(_UNKNOWN)
        return story

    def retry_failed_notification(
        self, message_id: int, retry_delay_minutes: int = 10, viewer: Viewer | None = None
    ) -> Story:
        """Try what of a message failed, or has an unknown fate, once more after some minutes (0: at once).

        Raises UnknownMessage, NothingToRetry, and Unfit for the delay.
        """
        self._open(message_id, viewer)
        if isinstance(retry_delay_minutes, bool) or not 0 <= retry_delay_minutes <= LONGEST_DELAY:
            words = "The delay must be from 0 to {most} minutes."
            raise Unfit({"retry_delay_minutes": say(words, most=LONGEST_DELAY)})
        now = self._around.clock()
        at = now + timedelta(minutes=retry_delay_minutes)
        if not self._stories.retry(message_id, _by(viewer), at, now, say("To be tried again {at:date}.", at=at)):
            raise NothingToRetry(say("No part of this message failed, so there is nothing to try again."))
        if self.sender.running:
            self.sender.wake()
        return self.get_schedule_status(message_id, viewer)

    # Reading

    def messages(
        self,
        viewer: Viewer,
        *,
        recipient: int | None = None,
        part: Part = Part.ALL,
        unread: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Messages, the latest instant first: to someone, or to anyone for an administrator who names nobody.

        A member sees what they received or wrote; `recipient` narrows that down.
        """
        if not viewer.admin and viewer.user_id is None:
            return ()
        involved = None if viewer.admin else viewer.user_id
        people = (recipient, involved)
        return self._stories.some(people=people, part=part, unread=unread, before=before, limit=limit)

    def unread(self, user_id: int) -> int:
        """How many messages reached someone and were not read."""
        return self._stories.unread(user_id)

    def mark_read(self, message_id: int, viewer: Viewer) -> bool:
        """The recipient has read it. Whether there was something to mark. Raises UnknownMessage."""
        self._open(message_id, viewer)
        return viewer.user_id is not None and self._marked(viewer.user_id, message_id) > 0

    def mark_all_read(self, viewer: Viewer) -> int:
        """The recipient has read all that arrived. How many."""
        return 0 if viewer.user_id is None else self._marked(viewer.user_id, None)

    def counts(self, since: datetime) -> Sequence[ChannelCount]:
        """How each way did since an instant."""
        return self._stories.counts(since)

    # For the heart, the job and the command line

    def ring(self, now: datetime) -> datetime | None:
        """The heart's alarm: send what is due, and say when the next is."""
        if self.sender.running:
            self.sender.wake()
        return self._rows.next_due(now)

    def sweep(self, now: datetime) -> Sentence:
        """The net: finds what got stuck, and what is due and was not sent. Its outcome in a sentence."""
        stuck = self.sender.recover(now, BATCH)
        before = self.sender.results.copy()
        ours = not self.sender.running  # a command by hand
        if ours:
            self.sender.start()
        else:
            self.sender.wake()
        idle = self.sender.wait_until_idle(SWEEP_SECONDS)
        if ours:
            self.sender.stop(for_good=False)
        came = self.sender.results - before
        others = came.total() - came["sent"]
        if idle:
            return say("{sent} sent, {others} not, {stuck} found stuck", sent=came["sent"], others=others, stuck=stuck)
        words = "{sent} sent, {others} not, {stuck} found stuck; more are on their way"
        return say(words, sent=came["sent"], others=others, stuck=stuck)

    def skip_what_was_due(self, before: datetime) -> int:
        """After a backup was restored: what was due before an instant is not sent any more. How many messages."""
        return self._rows.skip_what_was_due(before, self._around.clock())

    # Helpers

    def _open(self, message_id: int, viewer: Viewer | None) -> Message:
        found = self._stories.message(message_id)
        if found is None or not found.open_to(viewer):
            raise UnknownMessage(_UNKNOWN)
        return found

    def _check(self, recipients: Sequence[int], at: datetime, author: Viewer | None) -> None:
        now = self._around.clock()
        if at <= now:
            raise InThePast(say("{at:date} is past; choose an instant to come.", at=at))
        if at > now + FARTHEST:
            raise Unfit({"scheduled_at": say("That is more than ten years away; choose an earlier time.")})
        if author is not None and not author.admin and set(recipients) != {author.user_id}:
            raise OnlyForOneself(say("You can schedule for yourself; an administrator can for others."))
        known = self._rows.known(recipients)
        if unknown := [each for each in recipients if each not in known]:
            raise UnknownRecipients(unknown)

    def _now(self, delivery_ids: Sequence[int]) -> None:
        if self.sender.running:
            self.sender.wake()
            self.sender.wait_until_idle(HASTE)
        else:
            self.sender.send_all([case for each in delivery_ids if (case := self._rows.case(each)) is not None])

    def _marked(self, user_id: int, message_id: int | None) -> int:
        return self._stories.mark_read(user_id, message_id, self._around.clock())


_UNKNOWN = say("There is no such message.")


def _by(viewer: Viewer | None) -> By:
    return (None, "") if viewer is None else (viewer.user_id, viewer.name)


def _keys(by: By, key: str, recipients: Sequence[int]) -> list[str]:
    """One for each recipient: the same again for the same call of the same author."""
    call = hashlib.sha256(f"{by[0]}\n{by[1]}\n{key}".encode()).hexdigest() if key else uuid.uuid4().hex
    return [f"person:{call}:{recipient}" for recipient in recipients]
