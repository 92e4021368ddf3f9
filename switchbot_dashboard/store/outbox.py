"""The rows of the outbox: what is written when a message is handed in, claimed, tried, put off, cancelled.

Whatever changes a delivery names the status it had, so of two processes one goes on. A try is claimed in a transaction
of its own right before it leaves: a process that dies loses sight of what it was sending, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, or_, select, update

from ..domain.delivery import LOST, OVERTAKEN, Address, Bell, Case, Claim, Due, Leg, Routed, Verdict, Wait, summed
from ..domain.message import Piece, Status, Way
from ..domain.sentence import Sentence
from .activity import SENTENCE
from .engine import insert_once, reading
from .outbox_codec import CASES, WITH_MESSAGE, case_of, leg_row, message_row, split
from .repository import MOVE_SERIAL
from .schema import users
from .schema_people import attempts, channels, deliveries, messages, parts

LARGEST_ID = 2**63 - 1  # that a database can be asked for

_PENDING = deliveries.c.status == Status.PENDING.value


class OutboxRows:
    """Fits `notifications.ports.Rows`. SQLAlchemyError when the database does not answer; nothing is half written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._put_once = insert_once(engine, messages)

    # Handing in

    def known(self, user_ids: Iterable[int]) -> set[int]:
        """Which of these users there are."""
        with reading(self._engine) as connection:
            return {
                row.id
                for some in split(each for each in user_ids if 0 < each <= LARGEST_ID)
                for row in connection.execute(select(users.c.id).where(users.c.id.in_(some)))
            }

    def addresses(self, user_ids: Iterable[int]) -> Mapping[int, Sequence[Address]]:
        """The ways to each of these people beside the dashboard, oldest first."""
        found: dict[int, list[Address]] = {}
        wanted = select(*channels.c["id", "user_id", "kind", "enabled"]).order_by(channels.c.id)
        with reading(self._engine) as connection:
            for some in split(user_ids):
                for row in connection.execute(wanted.where(channels.c.user_id.in_(some))):
                    found.setdefault(row.user_id, []).append(Address(row.id, Way(row.kind), row.enabled))
        return found

    def ids_of(self, keys: Iterable[str]) -> Mapping[str, int]:
        """The messages that were handed in under these keys."""
        with reading(self._engine) as connection:
            return _ids(connection, keys)

    def put(self, routed: Sequence[Routed], now: datetime) -> Sequence[int]:
        """Write messages with their ways, in one transaction; one whose key is known already stays as it is."""
        with self._engine.begin() as connection:
            found = self._put(connection, routed, now)
            connection.execute(MOVE_SERIAL)
        return [found[each.draft.key] for each in routed]

    def _put(self, connection: Connection, routed: Sequence[Routed], now: datetime) -> Mapping[str, int]:
        keys = [each.draft.key for each in routed]
        known = _ids(connection, keys)
        new = {each.draft.key: each for each in routed if each.draft.key not in known}
        if not new:
            return known
        connection.execute(self._put_once, [message_row(each, now) for each in new.values()])
        found = _ids(connection, keys)
        settled = {row[0] for row in _of_messages(connection, [found[key] for key in new])}
        fresh = [(found[key], each) for key, each in new.items() if found[key] not in settled]
        _add_legs(connection, [(number, leg) for number, each in fresh for leg in each.legs])
        pieces = [
            {"message_id": number, "name": piece.name, "type": piece.type, "body": piece.body}
            for number, each in fresh
            for piece in each.draft.pieces
        ]
        if pieces:
            connection.execute(insert(parts), pieces)
        return found

    # Leaving

    def next_due(self, after: datetime) -> datetime | None:
        """The earliest instant after this one at which something is due."""
        wanted = select(func.min(deliveries.c.due_at)).where(_PENDING, deliveries.c.due_at > after)
        with reading(self._engine) as connection:
            found: datetime | None = connection.execute(wanted).scalar()
        return found

    def bells(self, now: datetime, limit: int) -> Sequence[Bell]:
        """What is due in the dashboard, oldest first."""
        wanted = select(deliveries.c.id, deliveries.c.message_id, messages.c.recipient_id, messages.c.kind)
        wanted = wanted.select_from(WITH_MESSAGE).where(_PENDING, deliveries.c.channel == Way.BELL.value)
        wanted = wanted.where(deliveries.c.due_at <= now).order_by(deliveries.c.due_at, deliveries.c.id)
        with reading(self._engine) as connection:
            return [Bell(*row) for row in connection.execute(wanted.limit(limit))]

    def due(self, now: datetime, way: Way, limit: int) -> Sequence[Due]:
        """What is due by another way, oldest first."""
        wanted = select(deliveries.c.id, deliveries.c.message_id, deliveries.c.due_at, channels.c.hint)
        wanted = wanted.outerjoin(channels, channels.c.id == deliveries.c.channel_id)
        wanted = wanted.where(_PENDING, deliveries.c.channel == way.value, deliveries.c.due_at <= now)
        wanted = wanted.order_by(deliveries.c.due_at, deliveries.c.id).limit(limit)
        with reading(self._engine) as connection:
            rows = connection.execute(wanted).all()
        mail = way is Way.EMAIL  # all mail goes through one server
        return [Due(row[0], row[1], row[2], way.value if mail else f"{way.value} {row[3]}") for row in rows]

    def ring(self, rung: Mapping[int, Sentence | None], more: Mapping[int, Sequence[Leg]], now: datetime) -> int:
        """Let messages appear in the dashboard, by the ids of their deliveries; with a reason, skip that instead.

        `more` are the ways to each recipient now, by message: those that came since it was handed in are added.
        """
        with self._engine.begin() as connection:
            mine = deliveries.c.id.in_(list(rung)) & _PENDING
            wanted = update(deliveries).where(mine).values(
                status=Status.SENT.value, tries=deliveries.c.tries + 1, claimed_at=now, finished_at=now
            )  # fmt: skip
            rows = connection.execute(wanted.returning(deliveries.c.id, deliveries.c.message_id)).all()
            done: dict[int, int] = {row[0]: row[1] for row in rows}
            if not done:
                return 0
            against = {each: why for each in done if (why := rung[each]) is not None}
            for each, why in against.items():
                change = {"status": Status.SKIPPED.value, "reason": SENTENCE.write(why)}
                connection.execute(update(deliveries).where(deliveries.c.id == each).values(change))
            arrived = [message for each, message in done.items() if each not in against]
            connection.execute(update(messages).where(messages.c.id.in_(arrived)).values(sent_at=now))
            connection.execute(
                insert(attempts),
                [
                    {
                        "delivery_id": each,
                        "message_id": message,
                        "channel": Way.BELL.value,
                        "at": now,
                        "ended_at": now,
                        "result": "skipped" if each in against else "sent",
                    }
                    for each, message in done.items()
                ],
            )
            known = {(row[0], row[2], row[3]) for row in _of_messages(connection, done.values())}
            now_ways = [(message, leg) for message in done.values() for leg in more.get(message, ())]
            _add_legs(connection, [(n, leg) for n, leg in now_ways if (n, leg.way.value, leg.channel_id) not in known])
            settle(connection, done.values())
            connection.execute(MOVE_SERIAL)
        return len(arrived)

    def case(self, delivery_id: int) -> Case | None:
        """A delivery as it stands; None when it is gone."""
        with reading(self._engine) as connection:
            row = connection.execute(CASES.where(deliveries.c.id == delivery_id)).first()
        return None if row is None else case_of(row)

    def cases(self, message_id: int) -> Sequence[Case]:
        """The ways of a message as they stand."""
        with reading(self._engine) as connection:
            rows = connection.execute(CASES.where(deliveries.c.message_id == message_id).order_by(deliveries.c.id))
            return [case_of(row) for row in rows]

    def pieces(self, message_id: int) -> Sequence[Piece]:
        """What a mail carries beside its text."""
        wanted = select(parts.c.name, parts.c.type, parts.c.body).where(parts.c.message_id == message_id)
        with reading(self._engine) as connection:
            return [Piece(*row) for row in connection.execute(wanted.order_by(parts.c.name))]

    def claim(self, case: Case, now: datetime) -> Claim | None:
        """Make a try this process's own, and write down that it begins; None when someone else was faster."""
        mine = (deliveries.c.id == case.id) & _PENDING & (deliveries.c.due_at == case.due_at)
        values = {"status": Status.SENDING.value, "tries": case.tries + 1, "claimed_at": now, "reason": None}
        with self._engine.begin() as connection:
            if connection.execute(update(deliveries).where(mine).values(values)).rowcount != 1:
                return None
            row = {"delivery_id": case.id, "message_id": case.message_id, "channel": case.way.value, "at": now}
            key = connection.execute(insert(attempts).values(**row, result="started")).inserted_primary_key
            assert key is not None  # a single insert always tells its key
            settle(connection, [case.message_id])
        return Claim(case.id, case.message_id, case.tries + 1, int(key[0]))

    def put_off(self, case: Case, wait: Wait) -> None:
        """Try it later, without counting a try."""
        mine = (deliveries.c.id == case.id) & _PENDING & (deliveries.c.due_at == case.due_at)
        values = {"due_at": wait.until, "reason": SENTENCE.write(wait.reason)}
        with self._engine.begin() as connection:
            connection.execute(update(deliveries).where(mine).values(values))
            connection.execute(MOVE_SERIAL)

    def skip(self, case: Case, reason: Sentence, now: datetime) -> None:
        """Never try it."""
        mine = (deliveries.c.id == case.id) & _PENDING
        values = {"status": Status.SKIPPED.value, "finished_at": now, "reason": SENTENCE.write(reason)}
        with self._engine.begin() as connection:
            connection.execute(update(deliveries).where(mine).values(values))
            settle(connection, [case.message_id])
            connection.execute(MOVE_SERIAL)

    def finish(self, claim: Claim, verdict: Verdict, now: datetime, notice: Routed | None = None) -> bool:
        """Write down what came of a try: all of it, or nothing. Whether it still was this try's to say.

        A channel is marked once; `notice` tells its owner, and is handed in with that.
        """
        with self._engine.begin() as connection:
            told = {"ended_at": now, "result": verdict.result, "detail": SENTENCE.write(verdict.detail)}
            connection.execute(update(attempts).where(attempts.c.id == claim.attempt).values(told))
            if not _conclude(connection, claim, verdict, now):
                return False
            if verdict.mark is not None and _mark(connection, claim.delivery, verdict.mark, now) and notice is not None:
                self._put(connection, [notice], now)
            settle(connection, [claim.message], now if verdict.status is Status.SENT else None)
            connection.execute(MOVE_SERIAL)
        return True

    def stuck(self, before: datetime, limit: int) -> Sequence[tuple[Case, Claim]]:
        """What has been on its way since before an instant, with the try that nobody ended."""
        mine = (deliveries.c.status == Status.SENDING.value) & (deliveries.c.claimed_at <= before)
        last = select(func.max(attempts.c.id)).where(attempts.c.delivery_id == deliveries.c.id).scalar_subquery()
        with reading(self._engine) as connection:
            rows = connection.execute(CASES.add_columns(last).where(mine).order_by(deliveries.c.id).limit(limit)).all()
        return [(case_of(row), Claim(row.id, row.message_id, row.tries, row[-1] or 0)) for row in rows]

    def skip_what_was_due(self, before: datetime, now: datetime) -> int:
        """For a database that was restored: nothing that was due before an instant is sent any more. How many messages.

        What was on its way then is unknown, and is not sent again by itself.
        """
        old = select(messages.c.id).where(messages.c.scheduled_at < before).scalar_subquery()
        was_due = or_(deliveries.c.due_at < before, deliveries.c.message_id.in_(old))
        over = {"status": Status.SKIPPED.value, "finished_at": now, "reason": SENTENCE.write(OVERTAKEN)}
        lost = {"status": Status.UNKNOWN.value, "resent": True, "finished_at": now, "reason": SENTENCE.write(LOST)}
        with self._engine.begin() as connection:
            sending = deliveries.c.status == Status.SENDING.value
            gone = connection.execute(
                update(deliveries).where(_PENDING, was_due).values(over).returning(deliveries.c.message_id)
            ).scalars().all()  # fmt: skip
            begun = connection.execute(
                update(deliveries).where(sending).values(lost).returning(deliveries.c.message_id)
            ).scalars().all()  # fmt: skip
            open_tries = update(attempts).where(attempts.c.result == "started").values(result="unknown", ended_at=now)
            connection.execute(open_tries)
            settle(connection, [*gone, *begun])
            connection.execute(MOVE_SERIAL)
        return len(set(gone))


def _conclude(connection: Connection, claim: Claim, verdict: Verdict, now: datetime) -> bool:
    """A late word on a try that was given up still counts, as long as no other was begun since."""
    open_ = deliveries.c.status.in_([Status.SENDING.value, Status.UNKNOWN.value, Status.PENDING.value])
    mine = (deliveries.c.id == claim.delivery) & (deliveries.c.tries == claim.number) & open_
    values: dict[str, Any] = {"status": verdict.status.value, "reason": SENTENCE.write(verdict.detail)}
    if verdict.due_at is not None:
        values |= {"due_at": verdict.due_at, "finished_at": None}
    else:
        values |= {"finished_at": now}
    if verdict.status is Status.SENT:
        values |= {"reason": None}
    if verdict.resent:
        values |= {"resent": True}
    return connection.execute(update(deliveries).where(mine).values(values)).rowcount == 1


def _mark(connection: Connection, delivery_id: int, problem: Sentence, now: datetime) -> bool:
    channel = select(deliveries.c.channel_id).where(deliveries.c.id == delivery_id).scalar_subquery()
    well = (channels.c.id == channel) & channels.c.problem.is_(None)
    values = {"problem": SENTENCE.write(problem), "problem_at": now}
    return connection.execute(update(channels).where(well).values(values)).rowcount == 1


def settle(connection: Connection, message_ids: Iterable[int], sent_at: datetime | None = None) -> None:
    """Make the status of messages what their deliveries add up to.

    Their rows are held from here on: two ways of a message that end at one moment are summed one after the other.
    """
    numbers = sorted(set(message_ids))
    for some in split(numbers):
        held_rows = select(messages.c.id).where(messages.c.id.in_(some)).order_by(messages.c.id)
        connection.execute(held_rows.with_for_update())
    held: dict[int, set[Status]] = {}
    for row in _of_messages(connection, numbers):
        held.setdefault(row[0], set()).add(Status(row[1]))
    by_status: dict[Status, list[int]] = {}
    for number, statuses in held.items():
        by_status.setdefault(summed(statuses), []).append(number)
    for status, each in by_status.items():
        for some in split(each):
            connection.execute(update(messages).where(messages.c.id.in_(some)).values(status=status.value))
    if sent_at is not None:
        for some in split(numbers):
            first = messages.c.id.in_(some) & messages.c.sent_at.is_(None)
            connection.execute(update(messages).where(first).values(sent_at=sent_at))


def _of_messages(connection: Connection, message_ids: Iterable[int]) -> list[tuple[int, str, str, int | None]]:
    wanted = select(*deliveries.c["message_id", "status", "channel", "channel_id"])
    return [
        (row[0], row[1], row[2], row[3])
        for some in split(message_ids)
        for row in connection.execute(wanted.where(deliveries.c.message_id.in_(some)))
    ]


def _ids(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    wanted = select(messages.c.key, messages.c.id)
    return {
        row.key: row.id
        for some in split(keys)
        for row in connection.execute(wanted.where(messages.c.key.in_(some)))
    }  # fmt: skip


def _add_legs(connection: Connection, legs: Sequence[tuple[int, Leg]]) -> None:
    if legs:
        connection.execute(insert(deliveries), [leg_row(number, leg) for number, leg in legs])
