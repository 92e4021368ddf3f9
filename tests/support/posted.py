"""An outbox over a real database, a clock that is set, and carriers that do as they are told."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, insert
from support.pretend import at

from switchbot_dashboard.domain.channel import Channel
from switchbot_dashboard.domain.message import Draft, Priority, Way
from switchbot_dashboard.domain.posted import Story
from switchbot_dashboard.domain.sentence import Sentence, say
from switchbot_dashboard.notifications.outbox import Outbox
from switchbot_dashboard.notifications.parcel import Outcome, Parcel, Result
from switchbot_dashboard.notifications.ports import Around
from switchbot_dashboard.people import PreferenceBook
from switchbot_dashboard.people.preferences import Preferences
from switchbot_dashboard.store import StoreTrouble
from switchbot_dashboard.store.channels import ChannelRows
from switchbot_dashboard.store.outbox import OutboxRows
from switchbot_dashboard.store.outbox_stories import OutboxStories
from switchbot_dashboard.store.schema import users
from switchbot_dashboard.store.watch import Watch

NOW = at("2026-03-02 12:00")
PARIS = ZoneInfo("Europe/Paris")

SENT = Result(Outcome.SENT)
FAILED = Result(Outcome.FAILED, say("The mail server does not answer."))
REFUSED = Result(Outcome.REFUSED, say("There is no such mailbox."))
UNKNOWN = Result(Outcome.UNKNOWN, say("The connection broke off after the message was handed over."))


@dataclass
class Recording:
    """A carrier that answers by script, the last answer for good, and counts by the key of each message."""

    answers: list[Result] = field(default_factory=lambda: [SENT])
    parcels: list[Parcel] = field(default_factory=list)
    before: Callable[[Parcel], None] = lambda parcel: None
    guard: threading.Lock = field(default_factory=threading.Lock)

    def carry(self, parcel: Parcel) -> Result:
        self.before(parcel)
        with self.guard:
            self.parcels.append(parcel)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def arrived(self) -> Counter[str]:
        return Counter(parcel.key for parcel in self.parcels)


class Posted:
    """An outbox whose clock stands until it is set, and whose carriers are recordings; nothing runs by itself."""

    def __init__(self, engine: Engine, now: datetime = NOW, zone: ZoneInfo = PARIS) -> None:
        self.engine, self.now, self.zone = engine, now, zone
        self.mail, self.phone = Recording(), Recording()
        self.book = PreferenceBook(engine, Watch(engine))
        self.rows, self.stories = OutboxRows(engine), OutboxStories(engine)
        self.pauses: Sequence[int] = (5, 10, 20)
        around = Around(
            clock=lambda: self.now,
            zone=lambda: self.zone,
            wishes=self.book.of,
            address=lambda channel_id: f"address {channel_id}",
            read=lambda said, language: f"{language}: {said}" if isinstance(said, Sentence) else said,
            link=lambda message_id: "",
            pauses=lambda: self.pauses,
            carriers=lambda: {Way.EMAIL: self.mail, Way.APPRISE: self.phone},
            unwell=StoreTrouble,
        )
        self.outbox = Outbox(self.rows, self.stories, around)

    def person(self, name: str = "anna", *ways: Way, **chosen: Any) -> int:
        """Someone with these ways beside the dashboard, and these preferences. Returns their number."""
        row = {"name": name, "role": "member", "session_version": 1, "created_at": self.now}
        with self.engine.begin() as connection:
            key = connection.execute(insert(users).values(row)).inserted_primary_key
        assert key is not None
        for way in ways:
            self.channel(key[0], way)
        if chosen:
            self.book.save(key[0], Preferences(**chosen))
        return int(key[0])

    def channel(self, user_id: int, way: Way = Way.EMAIL) -> int:
        """One more way to someone. Returns its number."""
        return ChannelRows(self.engine).add(Channel(0, user_id, way, "a…@example.org", True, self.now), "sealed").id

    def draft(self, recipient: int, key: str = "one", **wished: Any) -> Draft:
        """A draft of a rule, due now."""
        values = {"title": "Title", "body": "Body", "at": self.now} | wished
        return Draft(key, recipient, **values)

    def put(self, recipient: int, key: str = "one", **wished: Any) -> int:
        """Hand a message in. Returns its number."""
        return self.outbox.put([self.draft(recipient, key, **wished)])[0]

    def urgent(self, recipient: int, key: str = "one") -> int:
        """Hand an urgent message in. Returns its number."""
        return self.put(recipient, key, priority=Priority.URGENT)

    def later(self, **span: float) -> None:
        """Time passes, and what is due then is sent."""
        self.now += timedelta(**span)
        self.send()

    def send(self) -> None:
        """Send what is due, in this thread, until nothing is."""
        sender = self.outbox.sender
        for _ in range(10):
            sender._ring(self.rows.bells(self.now, 100), self.now)
            due = [each.id for way in (Way.EMAIL, Way.APPRISE) for each in self.rows.due(self.now, way, 1000)]
            for number in due:
                sender._send(number)
            if not due:
                return

    def story(self, message_id: int) -> Story:
        return self.outbox.get_schedule_status(message_id)

    def status(self, message_id: int) -> str:
        return self.story(message_id).message.status.value

    def tries(self, message_id: int) -> list[str]:
        """What came of each try, `email sent`, oldest first."""
        return [f"{each.channel.value} {each.result}" for each in self.story(message_id).attempts]


def folder_database(folder: Path) -> str:
    """The address of the database in a folder."""
    return f"sqlite:///{folder / 'home.db'}"
