"""What people read of messages, and what they do with them: cancel, send ahead, try again, mark as read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Engine, Select, and_, case, func, or_, select, type_coerce, update

from ..domain.delivery import LATE, Case
from ..domain.message import Priority, Status, Way
from ..domain.posted import Attempt, ChannelCount, Delivery, Message, Part, Story
from ..domain.sentence import Sentence
from .activity import SENTENCE, deeds, note
from .engine import reading
from .outbox import settle
from .outbox_codec import said
from .repository import MOVE_SERIAL
from .schema import MILLISECOND
from .schema_people import attempts, channels, deliveries, messages

By = tuple[int | None, str]  # who does something: id and name
MESSAGE = "message"  # what they do it to

_UNDER_WAY = [Status.PENDING.value, Status.SENDING.value]
_RETRIABLE = [Status.FAILED.value, Status.UNKNOWN.value]


class OutboxStories:
    """Fits `notifications.ports.Stories`. SQLAlchemyError when the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Reading

    def message(self, message_id: int) -> Message | None:
        """The message with this id."""
        with reading(self._engine) as connection:
            row = connection.execute(select(messages).where(messages.c.id == message_id)).first()
        return None if row is None else _message(row)

    def story(self, message_id: int) -> Story | None:
        """All that is known of a message."""
        hints = channels.c.hint, deliveries.join(channels, channels.c.id == deliveries.c.channel_id, isouter=True)
        ways = select(deliveries, hints[0]).select_from(hints[1]).where(deliveries.c.message_id == message_id)
        tries = select(attempts).where(attempts.c.message_id == message_id).order_by(attempts.c.id)
        with reading(self._engine) as connection:
            row = connection.execute(select(messages).where(messages.c.id == message_id)).first()
            if row is None:
                return None
            return Story(
                _message(row),
                [_delivery(each) for each in connection.execute(ways.order_by(deliveries.c.id))],
                [_attempt(each) for each in connection.execute(tries)],
                deeds(connection, MESSAGE, str(message_id)),
            )

    def some(
        self,
        *,
        people: tuple[int | None, int | None] = (None, None),
        part: Part = Part.ALL,
        unread: bool = False,
        pending: bool = False,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """The newest messages by their instant: of a recipient (the first of `people`), or of anyone who received or
        wrote them (the second); `pending` are those that wait."""
        wanted = select(messages).order_by(messages.c.scheduled_at.desc(), messages.c.id.desc()).limit(limit)
        recipient, involved = people
        if recipient is not None:
            wanted = wanted.where(messages.c.recipient_id == recipient)
        if involved is not None:
            wanted = wanted.where(or_(messages.c.recipient_id == involved, messages.c.author_id == involved))
        if part is Part.ARRIVED:
            wanted = wanted.where(messages.c.sent_at.is_not(None))
        if part is Part.COMING:
            wanted = wanted.where(messages.c.sent_at.is_(None), messages.c.status == Status.PENDING.value)
        if part is Part.ENDED:
            wanted = wanted.where(messages.c.sent_at.is_(None), messages.c.status.not_in(_UNDER_WAY))
        if unread:
            wanted = wanted.where(messages.c.read_at.is_(None), messages.c.sent_at.is_not(None))
        if pending:
            wanted = wanted.where(messages.c.status == Status.PENDING.value)
        if before is not None:
            wanted = _older(wanted, before)
        with reading(self._engine) as connection:
            return [_message(row) for row in connection.execute(wanted)]

    def unread(self, user_id: int) -> int:
        """How many messages reached someone and were not read: one look into an index."""
        mine = (messages.c.recipient_id == user_id) & messages.c.read_at.is_(None) & messages.c.sent_at.is_not(None)
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(messages).where(mine)).scalar_one()

    def counts(self, since: datetime) -> Sequence[ChannelCount]:
        """How each way did since an instant, by when something was due."""
        late_by = type_coerce(deliveries.c.claimed_at, BigInteger) - type_coerce(deliveries.c.due_at, BigInteger)
        is_late = (deliveries.c.tries == 1) & (late_by > LATE // MILLISECOND)
        status = deliveries.c.status
        wanted = select(
            deliveries.c.channel,
            func.sum(case((status == Status.SENT.value, 1), else_=0)),
            func.sum(case((status.in_(_RETRIABLE), 1), else_=0)),
            func.sum(case((and_(is_late, status != Status.PENDING.value), 1), else_=0)),
        )
        wanted = wanted.where(deliveries.c.due_at >= since).group_by(deliveries.c.channel)
        with reading(self._engine) as connection:
            found = {Way(row[0]): [int(each or 0) for each in row[1:]] for row in connection.execute(wanted)}
        return [ChannelCount(way, *found.get(way, [0, 0, 0])) for way in Way]

    # Doing. Each says whether there was something to do.

    def cancel(self, message_id: int, by: By, now: datetime, sentence: Sentence) -> bool:
        """What of a message waits is not sent any more; nothing, where some of it is on its way."""
        mine = (deliveries.c.message_id == message_id) & (deliveries.c.status == Status.PENDING.value)
        waits = (messages.c.id == message_id) & (messages.c.status == Status.PENDING.value)
        in_order = select(deliveries.c.id).where(mine).order_by(deliveries.c.id).with_for_update()
        with self._engine.begin() as connection:
            connection.execute(in_order)  # ways before the message, as whoever sends holds them: nobody waits in a ring
            if connection.execute(update(messages).where(waits).values(cancelled_at=now)).rowcount != 1:
                return False
            values = {"status": Status.CANCELLED.value, "finished_at": now, "reason": SENTENCE.write(sentence)}
            connection.execute(update(deliveries).where(mine).values(values))
            settle(connection, [message_id])
            note(connection, now, by, (MESSAGE, str(message_id)), sentence)
            connection.execute(MOVE_SERIAL)
        return True

    def retry(self, message_id: int, by: By, at: datetime, now: datetime, sentence: Sentence) -> bool:
        """What of a message failed, for now or for good, or has an unknown fate, is tried again at an instant."""
        for_now = (deliveries.c.status == Status.PENDING.value) & (deliveries.c.tries > 0)
        mine = (deliveries.c.message_id == message_id) & (deliveries.c.status.in_(_RETRIABLE) | for_now)
        values = {"status": Status.PENDING.value, "due_at": at, "finished_at": None, "reason": None}
        with self._engine.begin() as connection:
            if not connection.execute(update(deliveries).where(mine).values(values)).rowcount:
                return False
            settle(connection, [message_id])
            note(connection, now, by, (MESSAGE, str(message_id)), sentence)
            connection.execute(MOVE_SERIAL)
        return True

    def hurry(self, cases: Iterable[Case], by: By, now: datetime, sentence: Sentence) -> bool:
        """What of a message waits is due at once, also in quiet hours: a person chose this very instant."""
        listed = list(cases)
        mine = deliveries.c.id.in_([each.id for each in listed]) & (deliveries.c.status == Status.PENDING.value)
        with self._engine.begin() as connection:
            if not connection.execute(update(deliveries).where(mine).values(due_at=now)).rowcount:
                return False
            chosen = messages.c.id == listed[0].message_id
            connection.execute(update(messages).where(chosen).values(breaks_quiet=True))
            # Lists go by this instant: kept, a message for next year would stay on top of them until then.
            ahead = chosen & (messages.c.scheduled_at > now)
            connection.execute(update(messages).where(ahead).values(scheduled_at=now))
            note(connection, now, by, (MESSAGE, str(listed[0].message_id)), sentence)
            connection.execute(MOVE_SERIAL)
        return True

    def mark_read(self, user_id: int, message_id: int | None, now: datetime) -> int:
        """How many of someone's messages that arrived were marked: one of them, or all."""
        mine = (messages.c.recipient_id == user_id) & messages.c.read_at.is_(None) & messages.c.sent_at.is_not(None)
        if message_id is not None:
            mine &= messages.c.id == message_id
        with self._engine.begin() as connection:
            marked = connection.execute(update(messages).where(mine).values(read_at=now)).rowcount
            if marked:
                connection.execute(MOVE_SERIAL)
        return marked

    def note(self, message_ids: Iterable[int], by: By, now: datetime, sentence: Sentence) -> None:
        """Write down what someone did to messages."""
        with self._engine.begin() as connection:
            for number in message_ids:
                note(connection, now, by, (MESSAGE, str(number)), sentence)


def _older(wanted: Select[Any], before: int) -> Select[Any]:
    last = messages.alias("last")
    instant = select(last.c.scheduled_at).where(last.c.id == before).scalar_subquery()
    same = (messages.c.scheduled_at == instant) & (messages.c.id < before)
    return wanted.where(or_(messages.c.scheduled_at < instant, same))


def _message(row: Any) -> Message:
    title, body = said(row.id, row.words, row.title, row.body)
    return Message(
        id=row.id,
        recipient_id=row.recipient_id,
        author_id=row.author_id,
        author=row.author,
        title=title,
        body=body,
        kind=row.kind,
        priority=Priority(row.priority),
        breaks_quiet=row.breaks_quiet,
        related_type=row.related_type,
        related_id=row.related_id,
        data=json.loads(row.data),
        scheduled_at=row.scheduled_at,
        status=Status(row.status),
        created_at=row.created_at,
        sent_at=row.sent_at,
        read_at=row.read_at,
        cancelled_at=row.cancelled_at,
    )


def _delivery(row: Any) -> Delivery:
    why = SENTENCE.read(row.id, row.reason) if row.reason else None
    return Delivery(
        row.id, Way(row.channel), row.channel_id, row.hint or "", Status(row.status), row.due_at, row.tries,
        row.finished_at, why,
    )  # fmt: skip


def _attempt(row: Any) -> Attempt:
    detail = SENTENCE.read(row.id, row.detail) if row.detail else None
    return Attempt(row.at, row.ended_at, Way(row.channel), row.result, detail)
