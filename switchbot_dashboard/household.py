"""Joins what is about people: the outbox, its ways, alerts, reminders, reports. `app.py` hands it what it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from .config import Config
from .domain.record import Record
from .domain.settings import Settings
from .people import People, PreferenceBook
from .store.watch import Watch
from .tick.jobs import Alarm, Job
from .tick.ports import Clock

if TYPE_CHECKING:
    from .web.people_service import Desks


@dataclass(frozen=True)
class House:
    """What the rooms about people are handed. `settings` is None while none are in force; `zone` is the home's.

    `master_key` is the key that others are derived from; `public_url` is empty where nobody said it.
    """

    engine: Engine
    watch: Watch
    config: Config
    clock: Clock
    settings: Callable[[], Settings | None]
    zone: Callable[[], tzinfo]
    people: People
    master_key: Callable[[], str] = field(repr=False)


class Household:
    """The rooms about people, joined over one database. Nothing is sent before `start`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.preferences = PreferenceBook(house.engine, house.watch)
        self._soon: Callable[[str], None] = lambda job_id: None

    @property
    def jobs(self) -> Sequence[Job]:
        """What is done beside the tick, for the list of jobs."""
        return ()

    @property
    def alarms(self) -> Sequence[Alarm]:
        """What must happen at instants that move."""
        return ()

    def desks(self) -> Desks:
        """What pages and calls are handed."""
        from .web.people_service import Desks

        return Desks(preferences=self.preferences)

    def start(self, soon: Callable[[str], None]) -> None:
        """This process drives from now on; `soon` runs a job, by its id, in a thread of its own."""
        self._soon = soon

    def stop(self) -> None:
        """End cleanly within two seconds, whatever is under way."""

    def turned(self, records: Sequence[Record]) -> None:
        """After each turn, in its thread: returns at once, and asks for a job where one has something to do."""
