"""What the pages are handed: the shapes of settings, memory, heart and people, and what they may refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from ..config import Config
from ..domain.chart import Granularity, Series
from ..domain.comparison import Comparison
from ..domain.history import Sample, Totals
from ..domain.record import Call, Catalogue, House, Record
from ..domain.sentence import Sentence
from ..domain.settings import Settings
from ..domain.settings_faults import Fault
from ..domain.windows import Span
from ..people import Role, Token, User
from .i18n import sentence
from .people_service import Desks

Body = Mapping[str, object]


class Sorry(Exception):
    """Base of what the service may refuse; the message is a sentence for the person who asked.

    `wait` is in how many seconds to ask again, where that is known.
    """

    wait: int | None = None


class Busy(Sorry):
    """A tick or an action runs already."""

    wait = 2


class UnknownZone(Sorry):
    """No zone has this id."""


class UnknownJob(Sorry):
    """No job has this id."""


class Failed(Sorry):
    """What was asked for did not come about: the cloud said no, or there are no valid settings."""


class TooMany(Sorry):
    """More was asked for by hand than the day's calls can bear."""


class Conflict(Sorry):
    """The settings changed since they were read."""


class MemoryFailed(Sorry):
    """The database does not answer; its own words, with statement and figures, are for the log alone."""

    def __init__(self, _its_own_words: str) -> None:
        super().__init__(_("The memory does not answer. Check the disk's space and the data folder's permissions."))


class SettingsDesk(Protocol):
    """The settings file and what is in force.

    `current` is None while no valid settings are known. `text` is the file as it stands, `etag` (without quotes) stands
    for it. `replace` and `patch` (RFC 7396) raise InvalidSettings, and Conflict when `if_match` is the etag no more.
    `backups` names the texts that were in force, newest first.
    """

    @property
    def current(self) -> Settings | None: ...
    @property
    def faults(self) -> Sequence[Fault]: ...
    @property
    def faults_at(self) -> datetime | None: ...
    @property
    def text(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def warnings(self) -> Sequence[Sentence]: ...
    def replace(self, new: Body | str, if_match: str | None = None) -> object: ...
    def patch(self, change: Body, if_match: str | None = None) -> object: ...
    def backups(self) -> Sequence[tuple[str, datetime]]: ...
    def backup_text(self, stamp: str) -> str | None: ...


class Pulse(Protocol):
    """How the ticks went, from the memory."""

    @property
    def last_tick_at(self) -> datetime | None: ...
    @property
    def last_tick_trigger(self) -> str | None: ...
    @property
    def last_tick_duration_ms(self) -> int | None: ...
    @property
    def ticks_total(self) -> int: ...
    @property
    def ticks_failed(self) -> int: ...


class HistoryRow(Protocol):
    """A record as tables and exports show it: tenths of a degree, percent; what `doing` and `action` name is text."""

    @property
    def id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def zone(self) -> str: ...
    @property
    def temperature(self) -> int | None: ...
    @property
    def low(self) -> int | None: ...
    @property
    def high(self) -> int | None: ...


class MarkedRow(Protocol):
    """A record that a chart points out: `mark` is `command`, `failed` or `error`."""

    @property
    def id(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def mark(self) -> str: ...
    @property
    def turn(self) -> str | None: ...
    @property
    def outcome(self) -> str: ...


class Summary(Protocol):
    """What a time adds up to."""

    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def totals(self) -> Totals: ...


class History(Protocol):
    """What is kept of the past, by zone; ends of ranges are excluded. `latest` is newest first, `rows` oldest first.

    `extent` is the first and the last instant of which anything is known. `raw_count` stops counting beyond `most`.
    `granularity` suits a range to a chart; `marks` also says how many more there are than `limit`; `inside` is when a
    window was open, by the records, of which all from `raw_from` on are kept.
    """

    def zones(self) -> Sequence[str]: ...
    def extent(self, zone: str) -> tuple[datetime, datetime] | None: ...
    def raw_count(self, zone: str, start: datetime, end: datetime, most: int) -> int: ...
    def granularity(self, zone: str, start: datetime, end: datetime) -> Granularity: ...
    def series(
        self,
        zone: str,
        start: datetime,
        end: datetime,
        granularity: Granularity,
        metrics: Sequence[str],
        *,
        now: datetime,
        tz: ZoneInfo,
    ) -> Series: ...
    def summary(self, zone: str, start: datetime, end: datetime, *, now: datetime) -> Summary: ...
    def marks(self, zone: str, start: datetime, end: datetime, limit: int) -> tuple[Sequence[MarkedRow], int]: ...
    def raw_from(self) -> datetime: ...
    def inside(self, zone: str, start: datetime, end: datetime, *, now: datetime) -> Sequence[Span]: ...
    def latest(self, *, zone: str | None, before: int | None, limit: int) -> Sequence[HistoryRow]: ...
    def rows(self, zone: str | None, start: datetime, end: datetime) -> Iterator[HistoryRow]: ...


class Memory(Protocol):
    """What is kept. `records` are newest first, `before` an id, `outcome` a code; `last_error` a sentence and when.

    `beside` gives the ids of a zone's records before and after one; `acted` the newest records with a command; `recent`
    a zone's readings, oldest first. `serial` moves with every write; it is -1 while the database does not answer.
    `calls_of_day` counts tries since 00:00 UTC by purpose, `calls_by_day` those of each UTC day; `unwell` says why
    nothing can be read or kept, if so.
    """

    def load(self, now: datetime) -> House: ...
    def records(
        self, *, zone: str | None = None, outcome: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[Record]: ...
    def record(self, record_id: int) -> Record | None: ...
    def beside(self, record_id: int, zone: str) -> tuple[int | None, int | None]: ...
    def acted(self, limit: int) -> Sequence[Record]: ...
    def recent(self, zone: str, since: datetime, now: datetime) -> Sequence[Sample]: ...
    def calls_by_hour(self, since: datetime) -> Sequence[Call]: ...
    def calls_by_day(self, since: datetime) -> Mapping[date, Mapping[str, int]]: ...
    def pulse(self) -> Pulse: ...
    def calls_of_day(self, now: datetime) -> Mapping[str, int]: ...
    def last_error(self, now: datetime) -> tuple[str, datetime] | None: ...
    def catalogue(self) -> Catalogue | None: ...
    def unwell(self) -> Sentence | None: ...
    def serial(self) -> int: ...
    @property
    def history(self) -> History: ...


class JobTime(Protocol):
    """When a job runs, on the home's clock: `day` is `mon` to `sun` or `*`; no `hour` means every one.

    `every_minutes`, where it is not 0, stands instead of all that.
    """

    @property
    def enabled(self) -> bool: ...
    @property
    def day(self) -> str: ...
    @property
    def hour(self) -> int | None: ...
    @property
    def minute(self) -> int: ...
    @property
    def every_minutes(self) -> int: ...


class JobView(Protocol):
    """A job of the scheduler."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def next_run_time(self) -> datetime | None: ...
    @property
    def last_run_at(self) -> datetime | None: ...
    @property
    def last_outcome(self) -> Sentence | None: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def last_duration_ms(self) -> int | None: ...
    @property
    def time(self) -> JobTime: ...


class Jobs(Protocol):
    """The jobs beside the tick. What names one raises UnknownJob."""

    def views(self) -> Sequence[JobView]: ...
    def run(self, job_id: str) -> JobView: ...
    def pause(self, job_id: str) -> JobView: ...
    def resume(self, job_id: str) -> JobView: ...


class Heart(Protocol):
    """The scheduler. `running`: it runs in this process; `driving`: this process is the one that acts.

    `next_wake` is known where it drives. `run_once` is one tick for all zones; it raises Busy.
    """

    @property
    def running(self) -> bool: ...
    @property
    def driving(self) -> bool: ...
    @property
    def next_wake(self) -> tuple[datetime, Sentence] | None: ...
    def healthy(self, now: datetime) -> bool: ...
    def run_once(self) -> Sequence[Record]: ...


class ActionResult(Protocol):
    """What came of an action: its records (one a zone), the calls it cost, and until when its choice stands."""

    @property
    def records(self) -> Sequence[Record]: ...
    @property
    def calls(self) -> int: ...
    @property
    def hold_until(self) -> datetime | None: ...


class People(Protocol):
    """Who may come in. What is refused is a PeopleError; `list` is by name, `tokens` are newest first.

    `known` is `user` as they are now. `remove` keeps the last user too, if `keep_one`. A new token's text comes once.
    """

    def user(self, user_id: int) -> User | None: ...
    def verify(self, name: str, password: str) -> User | None: ...
    def bearer(self, text: str) -> Token | None: ...
    def list(self) -> Sequence[User]: ...
    def known(self, user_id: int) -> User: ...
    def add(self, name: str, password: str | None, role: Role = ...) -> User: ...
    def change(self, user_id: int, *, role: Role | None = None, password: str | None = None) -> User: ...
    def remove(self, name: str, *, keep_one: bool = False) -> None: ...
    def tokens(self) -> Sequence[Token]: ...
    def create_token(self, name: str, role: Role = ..., user: str | None = None) -> tuple[Token, str]: ...
    def revoke_token(self, token_id: int) -> None: ...


@dataclass(frozen=True)
class Webhook:
    """The way in for the cloud's events: whether a text is the secret, and where an event's body goes.

    Both are quick: no call, no tick, and no wait for the database.
    """

    knows: Callable[[str], bool]
    take: Callable[[bytes], None]


@dataclass(frozen=True)
class Service:
    """All that the pages work with.

    `session_key` signs sessions. `furnished` gives the settings in force with the virtual home's devices where they
    name none; None while there are none. `act` takes an action and a zone (None: all of them) and raises Busy,
    UnknownZone or Failed; the refreshes cost a call each and raise Failed. `what_if` lives through the last days with
    other settings; it takes seconds and raises TooMany while it runs already. `desks` is all about people. `meanings`
    says what the errors of other rooms come to here: a Conflict of the settings file, a Busy of the heart.
    """

    config: Config
    clock: Callable[[], datetime]
    session_key: bytes = field(repr=False)
    version: str
    settings: SettingsDesk
    memory: Memory
    heart: Heart
    jobs: Jobs
    people: People
    act: Callable[[str, str | None], ActionResult]
    refresh_devices: Callable[[], Catalogue]
    refresh_scenes: Callable[[], Catalogue]
    meanings: Mapping[type[Exception], type[Sorry]] = field(default_factory=dict)
    furnished: Callable[[], Settings | None] = lambda: None
    what_if: Callable[[Settings], Comparison] = lambda wished: Comparison(0, 0, ())
    webhook: Webhook | None = None
    desks: Desks = field(default_factory=Desks)

    def sorry(self, error: Exception) -> Sorry | None:
        """The error as one that a person is told of, in their language; None for one that nobody expected."""
        if isinstance(error, Sorry):
            return error
        kind = next((kind for known, kind in self.meanings.items() if isinstance(error, known)), None)
        if kind is None:
            return None
        said = getattr(error, "sentence", None)  # of a Told, or of what the system refused
        sorry = kind(sentence(said) if isinstance(said, Sentence) else str(error))
        sorry.wait = getattr(error, "wait", sorry.wait)
        return sorry
