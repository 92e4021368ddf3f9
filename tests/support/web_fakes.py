"""A home for the pages to show: real settings and people, a memory and a heart that are told what to say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from switchbot_dashboard.config import Config
from switchbot_dashboard.domain.history import Sample
from switchbot_dashboard.domain.record import (
    Aircon,
    Catalogue,
    Device,
    Done,
    Fate,
    Hold,
    House,
    LastAction,
    Mode,
    Order,
    Origin,
    Outcome,
    Pace,
    Reading,
    Record,
    Step,
    Turn,
    Verdict,
    Wake,
    ZoneState,
)
from switchbot_dashboard.domain.sentence import Sentence, say
from switchbot_dashboard.domain.settings import Settings, parse_settings
from switchbot_dashboard.domain.settings_faults import Fault
from switchbot_dashboard.people import People
from switchbot_dashboard.store.history import History
from switchbot_dashboard.store.schema import metadata
from switchbot_dashboard.web.service import Conflict, Service, UnknownJob, UnknownZone

NOW = datetime(2026, 3, 2, 16, 46, tzinfo=UTC)  # a Monday, 17:46 in Paris
WHY = say(
    "{now:temp} is at or below {limit:temp} ({bound:gap} less {slack:gap}): heating on",
    now=196,
    limit=197,
    bound=200,
    slack=3,
)
DOCUMENT: dict[str, Any] = {
    "automation_enabled": True,
    "timezone": "Europe/Paris",
    "meter_device_id": "METER1",
    "aircon_device_id": "AC1",
    "off_repeat_count": 3,
    "time_windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "17:30", "end": "23:00"}],
}


@dataclass
class Desk:
    """The settings file, in memory."""

    document: dict[str, Any] = field(default_factory=lambda: dict(DOCUMENT))
    faults: Sequence[Fault] = ()
    faults_at: datetime | None = None
    warnings: Sequence[Sentence] = ()
    broken: bool = False

    @property
    def text(self) -> str:
        return json.dumps(self.document, indent=2)

    @property
    def etag(self) -> str:
        return f"v{hash(self.text)}"

    @property
    def current(self) -> Settings | None:
        return None if self.broken else parse_settings(self.text)

    def replace(self, new: Mapping[str, object], if_match: str | None = None) -> None:
        if if_match not in (None, self.etag):
            raise Conflict("The settings have changed since you opened them.")
        parse_settings(json.dumps(new))
        self.document = dict(new)

    def patch(self, change: Mapping[str, object], if_match: str | None = None) -> None:
        self.replace({**self.document, **change}, if_match)


@dataclass(frozen=True)
class Pulse:
    last_tick_at: datetime | None = NOW - timedelta(minutes=2)
    last_tick_trigger: str | None = "scheduler"
    last_tick_duration_ms: int | None = 41
    ticks_total: int = 1200
    ticks_failed: int = 1


def a_state(zone: str = "home") -> ZoneState:
    """Heating since 17:30, read two minutes ago, next look in six minutes."""
    read = NOW - timedelta(minutes=2)
    return ZoneState(
        zone,
        reading=Reading(204, 45, 88, read, read),
        looked_at=read,
        aircon=Aircon(True, 5, 23, 3, NOW - timedelta(minutes=16)),
        last_action=LastAction(Turn.ON, Origin.THERMOSTAT, NOW - timedelta(minutes=16), WHY, "command"),
        verdict=Verdict(Outcome.ALREADY_ON, WHY, read),
        wake=a_wake(),
    )


def a_wake() -> Wake:
    at = NOW + timedelta(minutes=6)
    return Wake(at, say("near the upper threshold by then"), Mode.IN_WINDOW, Pace.PREDICTED, 480, at)


def a_record(number: int = 1, zone: str = "home", action: Done | None = None) -> Record:
    state = a_state(zone)
    assert state.verdict is not None
    return Record(
        zone=zone,
        at=NOW - timedelta(minutes=2 * number),
        trigger="scheduler",
        season="winter",
        inside_window=True,
        looked=True,
        reading=state.reading,
        trouble=None,
        verdict=state.verdict,
        aircon=state.aircon,
        action=action,
        calls=1,
        duration_ms=41,
        wake=a_wake(),
        id=number,
    )


def an_off(fate: Fate = Fate.DONE, errors: tuple[Sentence, ...] = ()) -> Done:
    step = Step(device="AC1", command="turnOff")
    order = Order("o1", "home", Turn.OFF, Origin.MANUAL, (step,), Aircon(False), say("by hand"), NOW, NOW)
    return Done(order, fate, step, NOW, errors)


@dataclass(frozen=True)
class Acted:
    records: Sequence[Record]
    calls: int
    hold_until: datetime | None


@dataclass
class Memory:
    house: House = field(default_factory=lambda: House({"home": a_state()}, (), 312, 312, None))
    kept: Sequence[Record] = field(default_factory=lambda: [a_record(number) for number in range(1, 6)])
    error: tuple[str, datetime] | None = None
    why_not: Sentence | None = None
    listed: Catalogue | None = field(
        default_factory=lambda: Catalogue(
            (
                Device("METER1", "Living room", "MeterPlus", False),
                Device("AC1", "Salon", "Air Conditioner", True, "HUB"),
            ),
            {"S1": "Evening"},
            NOW - timedelta(hours=1),
        )
    )
    asked: list[dict[str, Any]] = field(default_factory=list)
    samples: Sequence[Sample] = ()
    steady: bool = False
    numbers: Iterator[int] = field(default_factory=count)
    history: Any = None

    def load(self, now: datetime) -> House:
        return self.house

    def records(
        self, *, zone: str | None = None, outcome: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[Record]:
        self.asked.append({"zone": zone, "outcome": outcome, "before": before, "limit": limit})
        return self.kept[:limit]

    def pulse(self) -> Pulse:
        return Pulse()

    def calls_of_day(self, now: datetime) -> Mapping[str, int]:
        return {"read": 300, "command": 12}

    def last_error(self, now: datetime) -> tuple[str, datetime] | None:
        return self.error

    def catalogue(self) -> Catalogue | None:
        return self.listed

    def unwell(self) -> Sentence | None:
        return self.why_not

    def acted(self, limit: int) -> Sequence[Record]:
        return [record for record in self.kept if record.action][:limit]

    def recent(self, zone: str, since: datetime, now: datetime) -> Sequence[Sample]:
        return self.samples

    def serial(self) -> int:
        """Another number each time, so that nothing is kept; a test of what is kept says `steady`."""
        return 1 if self.steady else next(self.numbers)


@dataclass
class Heart:
    running: bool = True
    driving: bool = True
    well: bool = True
    next_wake: tuple[datetime, Sentence] | None = field(default_factory=lambda: (a_wake().at, a_wake().reason))
    refuses: Exception | None = None
    ran: int = 0

    def healthy(self, now: datetime) -> bool:
        return self.well

    def run_once(self) -> Sequence[Record]:
        if self.refuses:
            raise self.refuses
        self.ran += 1
        return [a_record(99)]


@dataclass(frozen=True)
class JobTime:
    enabled: bool = True
    day: str = "sun"
    hour: int | None = 3
    minute: int = 0
    every_minutes: int = 0


@dataclass(frozen=True)
class Job:
    id: str
    name: str
    next_run_time: datetime | None = NOW + timedelta(days=1)
    last_run_at: datetime | None = None
    last_outcome: Sentence | None = None
    enabled: bool = True
    last_duration_ms: int | None = None
    time: JobTime = JobTime()


@dataclass
class Jobs:
    job: Job = Job("cleanup", "Cleanup")

    def views(self) -> Sequence[Job]:
        return [self.job]

    def run(self, job_id: str) -> Job:
        if job_id != self.job.id:
            raise UnknownJob(f"There is no job called {job_id}.")
        return self.job

    def pause(self, job_id: str) -> Job:
        self.job = replace(self.run(job_id), enabled=False)
        return self.job

    def resume(self, job_id: str) -> Job:
        self.job = replace(self.run(job_id), enabled=True)
        return self.job


@dataclass
class Home:
    """The parts of a service, to be told what to say, and the service made of them."""

    config: Config = field(default_factory=Config)
    now: datetime = NOW
    desk: Desk = field(default_factory=Desk)
    memory: Memory = field(default_factory=Memory)
    heart: Heart = field(default_factory=Heart)
    jobs: Jobs = field(default_factory=Jobs)
    acted: list[tuple[str, str | None]] = field(default_factory=list)
    meanings: dict[Any, Any] = field(default_factory=dict)
    fate: Fate = Fate.DONE
    refuses: Exception | None = None

    def __post_init__(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        metadata.create_all(self.engine)
        self.memory.history = self.memory.history or History(self.engine)
        self.people = People(self.engine, lambda: self.now)
        self.people.apply_environment(self.config)

    def act(self, action: str, zone: str | None) -> Acted:
        if self.refuses:
            raise self.refuses
        if zone not in (None, "home"):
            raise UnknownZone(f"There is no zone called {zone}; there is home.")
        self.acted.append((action, zone))
        hold = Hold(action, self.now, self.now + timedelta(hours=2))
        return Acted([a_record(7, action=an_off(self.fate, (say("The hub is offline."),)))], 1, hold.until)

    def refreshed(self) -> Catalogue:
        assert self.memory.listed is not None
        return self.memory.listed

    def service(self) -> Service:
        return Service(
            config=self.config,
            clock=lambda: self.now,
            session_key=b"k" * 32,
            version="1.2.3",
            settings=self.desk,
            memory=self.memory,
            heart=self.heart,
            jobs=self.jobs,
            people=self.people,
            act=self.act,
            refresh_devices=self.refreshed,
            refresh_scenes=self.refreshed,
            meanings=self.meanings,
        )
