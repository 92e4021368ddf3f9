"""The ways to people and the mail settings, as rows. Addresses and passwords arrive sealed, and stay so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, delete, insert, select, update

from ..domain.channel import Channel, StoredMail
from ..domain.message import Way
from ..domain.sentence import Sentence
from .codec import SENTENCE
from .engine import reading, upsert
from .repository import MOVE_SERIAL
from .schema import EPOCH, MILLISECOND, epoch_ms, meta
from .schema_people import channels

MAIL, PROBLEM = "mail_settings", "mail_problem"


class ChannelRows:
    """Fits `notifications.channels.Rows`. SQLAlchemyError when the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._put = upsert(engine, meta)

    def of(self, user_id: int) -> Sequence[Channel]:
        """Someone's channels, oldest first."""
        return self._all(select(channels).where(channels.c.user_id == user_id).order_by(channels.c.id))

    def failing(self) -> Sequence[Channel]:
        """Channels in use that have a problem."""
        wrong = channels.c.problem.is_not(None) & channels.c.enabled.is_(True)
        return self._all(select(channels).where(wrong).order_by(channels.c.id))

    def oldest(self) -> Channel | None:
        """The first channel in use that has no problem."""
        well = channels.c.problem.is_(None) & channels.c.enabled.is_(True)
        found = self._all(select(channels).where(well).order_by(channels.c.id).limit(1))
        return found[0] if found else None

    def get(self, channel_id: int) -> Channel | None:
        """One channel."""
        found = self._all(select(channels).where(channels.c.id == channel_id))
        return found[0] if found else None

    def sealed(self, channel_id: int) -> str | None:
        """The address of a channel, sealed."""
        with reading(self._engine) as connection:
            return connection.execute(
                select(channels.c.address).where(channels.c.id == channel_id)
            ).scalar_one_or_none()

    def add(self, channel: Channel, sealed: str) -> Channel:
        """Keep a channel; it comes back with its id."""
        row = {
            "user_id": channel.user_id,
            "kind": channel.way.value,
            "address": sealed,
            "hint": channel.hint,
            "enabled": channel.enabled,
            "created_at": channel.created_at,
        }
        with self._engine.begin() as connection:
            key = connection.execute(insert(channels).values(row)).inserted_primary_key
            connection.execute(MOVE_SERIAL)
        assert key is not None  # a single insert always tells its key
        return replace(channel, id=int(key[0]))

    def remove(self, channel_id: int) -> None:
        """Forget a channel; what was sent there stays in the log."""
        with self._engine.begin() as connection:
            connection.execute(delete(channels).where(channels.c.id == channel_id))
            connection.execute(MOVE_SERIAL)

    def enable(self, channel_id: int, enabled: bool) -> None:
        """Use it or let it rest, and forget its problem."""
        self._change(channel_id, enabled=enabled, problem=None, problem_at=None)

    def mark(self, channel_id: int, problem: Sentence | None, at: datetime) -> None:
        """Keep what is wrong with it, or that nothing is."""
        text = None if problem is None else SENTENCE.write(problem)
        self._change(channel_id, problem=text, problem_at=None if problem is None else at)

    def mail(self) -> StoredMail | None:
        """The mail settings; one read."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(meta.c.key, meta.c.value).where(meta.c.key.in_((MAIL, PROBLEM))))
            found: dict[str, str] = {row.key: row.value for row in rows}
        if MAIL not in found:
            return None
        at, _, text = found.get(PROBLEM, "").partition(" ")
        problem = SENTENCE.read(PROBLEM, text) if text else None
        return StoredMail(found[MAIL], problem, EPOCH + MILLISECOND * int(at) if problem is not None else None)

    def put_mail(self, text: str | None) -> None:
        """Put mail settings in the place of the ones before, or take them away; their problem goes."""
        with self._engine.begin() as connection:
            connection.execute(delete(meta).where(meta.c.key.in_((MAIL, PROBLEM))))
            if text is not None:
                connection.execute(self._put, {"key": MAIL, "value": text})
            connection.execute(MOVE_SERIAL)

    def mark_mail(self, problem: Sentence | None, at: datetime) -> None:
        """Keep what is wrong with the mail settings and since when, or that nothing is."""
        with self._engine.begin() as connection:
            connection.execute(delete(meta).where(meta.c.key == PROBLEM))
            if problem is not None:
                value = f"{epoch_ms(at)} {SENTENCE.write(problem)}"
                connection.execute(self._put, {"key": PROBLEM, "value": value})
            connection.execute(MOVE_SERIAL)

    def _all(self, query: Select[Any]) -> Sequence[Channel]:
        with reading(self._engine) as connection:
            return [_channel(row) for row in connection.execute(query)]

    def _change(self, channel_id: int, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(channels).where(channels.c.id == channel_id).values(values))
            connection.execute(MOVE_SERIAL)


def _channel(row: Row[Any]) -> Channel:
    problem = SENTENCE.read(f"channel {row.id}", row.problem) if row.problem else None
    return Channel(
        row.id,
        row.user_id,
        Way(row.kind),
        row.hint,
        row.enabled,
        row.created_at,
        problem,
        row.problem_at if problem is not None else None,
    )
