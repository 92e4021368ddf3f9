"""Messages and deliveries as rows and back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ..domain.delivery import Case, Leg, Routed, summed
from ..domain.message import LONGEST_TITLE, Priority, Status, Way
from ..domain.sentence import Sentence
from .activity import SENTENCE
from .codec import Codec
from .schema_people import channels, deliveries, messages

AT_ONCE = 500  # values of one statement

WORDS = Codec[tuple[Sentence | str, Sentence | str]](tuple[Sentence | str, Sentence | str], "words of message")
WITH_MESSAGE = deliveries.join(messages, messages.c.id == deliveries.c.message_id)
CASES = (
    select(
        *deliveries.c["id", "message_id", "channel", "channel_id", "status", "due_at", "tries", "resent", "key"],
        *messages.c["recipient_id", "kind", "priority", "breaks_quiet", "title", "body", "words", "author"],
        *channels.c["enabled", "problem"],
    )
).select_from(WITH_MESSAGE.outerjoin(channels, channels.c.id == deliveries.c.channel_id))


def leg_row(message_id: int, leg: Leg) -> dict[str, Any]:
    """A delivery as it is written when a message is handed in."""
    return {
        "message_id": message_id,
        "channel_id": leg.channel_id,
        "channel": leg.way.value,
        "key": uuid.uuid4().hex,  # not made of numbers: those of a restored database would come a second time
        "status": leg.status.value,
        "due_at": leg.due_at,
        "tries": 0,
        "resent": False,
        "reason": None if leg.reason is None else SENTENCE.write(leg.reason),
    }


def message_row(routed: Routed, now: datetime) -> dict[str, Any]:
    """A message as it is handed in."""
    draft = routed.draft
    plain = isinstance(draft.title, str) and isinstance(draft.body, str)
    return {
        "key": draft.key,
        "recipient_id": draft.recipient,
        "author_id": draft.author_id,
        "author": draft.author,
        "title": str(draft.title)[:LONGEST_TITLE],
        "body": str(draft.body),
        "words": None if plain else WORDS.write((draft.title, draft.body)),
        "kind": draft.kind,
        "priority": draft.priority.value,
        "breaks_quiet": draft.breaks_quiet or draft.by_person,
        "related_type": draft.related_type,
        "related_id": draft.related_id,
        "data": json.dumps(dict(draft.data), ensure_ascii=False),
        "scheduled_at": draft.at,
        "status": summed([leg.status for leg in routed.legs]).value,
        "created_at": now,
    }


def case_of(row: Any) -> Case:
    """A row of `CASES`."""
    words = said(row.message_id, row.words, row.title, row.body)
    return Case(
        id=row.id,
        message_id=row.message_id,
        way=Way(row.channel),
        channel_id=row.channel_id,
        enabled=bool(row.enabled),
        problem=SENTENCE.read(row.channel_id, row.problem) if row.problem else None,
        status=Status(row.status),
        due_at=row.due_at,
        tries=row.tries,
        resent=row.resent,
        key=row.key,
        recipient=row.recipient_id,
        kind=row.kind,
        priority=Priority(row.priority),
        breaks_quiet=row.breaks_quiet,
        title=words[0],
        body=words[1],
        author=row.author,
    )


def said(key: int, words: str | None, title: str, body: str) -> tuple[Sentence | str, Sentence | str]:
    """Title and body as a rule said them, or as a person wrote them."""
    return (WORDS.read(key, words) if words else None) or (title, body)


def split(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Each value once, in lists that fit into one statement."""
    listed = list(dict.fromkeys(values))
    return (listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE))
