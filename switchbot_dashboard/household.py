"""Joins what is about people: the outbox, its ways, alerts, reminders, reports. `app.py` hands it what it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from .alerts.rules import SOON, Facts, FailingChannel, Upkeep
from .alerts.service import Alerts, Noticed
from .config import Config
from .domain.hint import pictured
from .domain.message import Way
from .domain.record import Record
from .domain.sentence import Sentence, say
from .domain.settings import Settings
from .domain.settings_faults import Fault
from .notifications.apprise_way import AppriseWay
from .notifications.channels import Channels
from .notifications.mail import Mail
from .notifications.secrets import Secrets
from .people import People, PreferenceBook, derived_key
from .posting import posting
from .reminding import reminding
from .reporting import report_job
from .store import StoreTrouble
from .store.alerts import AlertRows
from .store.channels import ChannelRows
from .store.pages import UNWELL
from .store.repository import Repository
from .store.watch import Watch
from .tick.jobs import Alarm, Job, JobTime, failed
from .tick.ports import Clock

if TYPE_CHECKING:
    from .web.people_service import Desks


@dataclass(frozen=True)
class House:
    """What the rooms about people are handed. `settings` is None while none are in force; `zone` is the home's.

    `faults` are the mistakes of the settings file. `master_key` is the key that others are derived from.
    """

    engine: Engine
    watch: Watch
    config: Config
    clock: Clock
    settings: Callable[[], Settings | None]
    zone: Callable[[], tzinfo]
    people: People
    master_key: Callable[[], str] = field(repr=False)
    faults: Callable[[], Sequence[Fault]] = tuple


class Household:
    """The rooms about people, joined over one database. Nothing is sent before `start`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.preferences = PreferenceBook(house.engine, house.watch)
        self.channels = Channels(
            ChannelRows(house.engine),
            lambda: Secrets(derived_key(house.master_key(), "channels")),
            house.clock,
            self._hosts,
        )
        self.mail = Mail(self.channels, house.clock, self._hosts)
        self.channels.carriers = {Way.EMAIL: self.mail, Way.APPRISE: AppriseWay(self._hosts)}
        self.posting = posting(
            house.engine,
            house.clock,
            house.settings,
            house.zone,
            self.preferences.of,
            self.channels,
            house.config.public_url,
        )
        self.outbox = self.posting.outbox
        self.alerts = Alerts(
            AlertRows(house.engine, house.watch), self._alert_facts, house.people.list, self.outbox, house.clock
        )
        self.reminding = reminding(house.engine, house.clock, house.settings, house.people.list, self.outbox)
        self.report = report_job(house, self.outbox, self.preferences)
        self._noticed, self._known = Noticed(), Repository(house.engine)
        self._soon: Callable[[str], None] = lambda job_id: None

    @property
    def jobs(self) -> Sequence[Job]:
        """What is done beside the tick, for the list of jobs."""
        alerts = Job("alerts", "Alerts", self._alert_time, self._look_for_trouble, at_start=True)
        return (alerts, self.reminding.job, self.posting.job, self.report)

    @property
    def alarms(self) -> Sequence[Alarm]:
        """What must happen at instants that move."""
        return (self.posting.alarm, self.reminding.alarm)

    def desks(self) -> Desks:
        """What pages and calls are handed."""
        from .web.people_service import Desks

        return Desks(
            outbox=self.outbox,
            channels=self.channels,
            preferences=self.preferences,
            reminders=self.reminding.reminders,
            alerts=self.alerts,
        )

    def start(self, soon: Callable[[str], None]) -> None:
        """This process drives from now on; `soon` runs a job, by its id, in a thread of its own."""
        self._soon = soon
        self.outbox.sender.start()

    def stop(self) -> None:
        """End cleanly within two seconds, whatever is under way."""
        self.outbox.sender.stop()
        self.mail.close()

    def _hosts(self) -> Sequence[str]:
        """The hosts at home that notifications may be sent to."""
        settings = self._house.settings()
        return settings.channels_allowed_hosts if settings is not None else ()

    def turned(self, records: Sequence[Record]) -> None:
        """After each turn, in its thread: returns at once, and asks for a job where one has something to do."""
        if self._noticed.changed(records):
            self._soon("alerts")

    # alerts

    def _alert_time(self) -> JobTime:
        return JobTime(True, every_minutes=(self._house.settings() or Settings()).alerts.every_minutes)

    def _look_for_trouble(self, now: datetime) -> Sentence:
        try:
            done = self.alerts.generate()
        except StoreTrouble:
            return failed(UNWELL)
        words = "{created} alerts are new, {updated} last, {resolved} are over"
        return say(words, created=done.created, updated=done.updated, resolved=done.resolved)

    def _alert_facts(self) -> Facts:
        """What the rules look at, gathered at one look at the clock."""
        now, settings, faults = self._house.clock(), self._house.settings(), self._house.faults()
        return Facts(
            now=now,
            settings=settings,
            house=pictured(self._known.load(now), settings, now),
            fault=faults[0].said if faults else None,
            faults=len(faults),
            upkeep=self._upkeep(now + SOON),
            channels=self._failing_channels(),
        )

    def _upkeep(self, until: datetime) -> Sequence[Upkeep]:
        due = self.reminding.reminders.maintenance(until)
        return [Upkeep(each.id, each.wish.title, each.wish.due_at) for each in due if each.wish.due_at is not None]

    def _failing_channels(self) -> Sequence[FailingChannel]:
        names = {user.id: user.name for user in self._house.people.list()}
        found = [
            FailingChannel(each.id, names.get(each.user_id, ""), each.problem, each.problem_at)
            for each in self.channels.failing()
            if each.enabled and each.problem is not None
        ]
        mail = self.channels.mail()
        if mail is not None and mail.problem is not None:
            found.append(FailingChannel(0, "", mail.problem, mail.problem_at))
        return found
