"""Who did what, in a sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select

from ..domain.posted import Deed
from ..domain.sentence import Sentence
from .codec import Codec
from .engine import reading
from .schema_people import activity

SENTENCE = Codec(Sentence, "sentence of")


def note(
    connection: Connection,
    at: datetime,
    author: tuple[int | None, str],
    about: tuple[str, str],
    sentence: Sentence,
) -> None:
    """Write down within a transaction that someone (id, name; an empty name: the service) did something to an object
    (type, id)."""
    row = {"at": at, "author_id": author[0], "author": author[1], "sentence": SENTENCE.write(sentence)}
    connection.execute(insert(activity).values(**row, object_type=about[0], object_id=about[1]))


def deeds(connection: Connection, object_type: str, object_id: str) -> Sequence[Deed]:
    """What was done to an object, oldest first."""
    wanted = select(activity).where(activity.c.object_type == object_type, activity.c.object_id == object_id)
    return [
        Deed(row.id, row.at, row.author_id, row.author, row.object_type, row.object_id, said)
        for row in connection.execute(wanted.order_by(activity.c.id))
        if (said := SENTENCE.read(row.id, row.sentence)) is not None
    ]


class Activity:
    """The log of deeds, for whoever writes outside a transaction of their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(self, at: datetime, author: tuple[int | None, str], about: tuple[str, str], sentence: Sentence) -> None:
        """See `note`."""
        with self._engine.begin() as connection:
            note(connection, at, author, about, sentence)

    def of(self, object_type: str, object_id: str) -> Sequence[Deed]:
        """See `deeds`."""
        with reading(self._engine) as connection:
            return deeds(connection, object_type, object_id)
