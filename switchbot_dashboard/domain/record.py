"""Step 7: what happened, and what is known afterwards. Values only; every instant is aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .learned import NOTHING, Kept
from .push import Looks, Push
from .sentence import Sentence


class Outcome(StrEnum):
    """What came of a tick for one zone; the names are part of the contract."""

    WINTER_ON = "winter_on"
    WINTER_OFF = "winter_off"
    SUMMER_ON = "summer_on"
    SUMMER_OFF = "summer_off"
    FAN_ON = "fan_on"
    NO_ACTION = "no_action"
    ALREADY_ON = "already_on"
    ALREADY_OFF = "already_off"
    OFF_REPEAT = "off_repeat"
    COOLDOWN = "cooldown"
    HELD = "held"
    WATCHING = "watching"
    OUTSIDE_WINDOW = "outside_window"
    TURNED_OFF_OUTSIDE_WINDOW = "turned_off_outside_window"
    OPTIMAL_START = "optimal_start"
    DISABLED = "disabled"
    MISSING_METER = "missing_meter"
    MISSING_DEVICE = "missing_device"
    INVALID_TEMPERATURE = "invalid_temperature"
    STALE_READING = "stale_reading"
    API_ERROR = "api_error"
    QUOTA_EXHAUSTED = "quota_exhausted"
    INVALID_SETTINGS = "invalid_settings"


class Mode(StrEnum):
    """How often a zone is looked at, and why; the names are part of the contract."""

    FIXED = "fixed"
    AUTOMATION_DISABLED = "automation_disabled"
    NO_WINDOWS = "no_windows"
    PENDING_OFF_REPEAT = "pending_off_repeat"
    IN_WINDOW = "in_window"
    WARMUP = "warmup"
    OPTIMAL_START = "optimal_start"
    IDLE = "idle"


class Pace(StrEnum):
    """What set the interval: the table, a forecast, or a short budget."""

    TABLE = "table"
    PREDICTED = "predicted"
    BUDGET = "budget"


class Turn(StrEnum):
    """What an order makes of the air conditioner."""

    ON = "on"
    OFF = "off"
    FAN = "fan"


class Origin(StrEnum):
    """Who wanted an order."""

    THERMOSTAT = "thermostat"
    WINDOW_END = "window_end"
    REPEAT = "repeat"
    MANUAL = "manual"
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class Reading:
    """The last believable answer of a zone's meter: tenths of a degree, percent, percent.

    `pushed`: the meter reported it by itself, so nothing is switched on its word alone.
    """

    tenths: int
    humidity: int | None
    battery: int | None
    read_at: datetime
    changed_at: datetime
    pushed: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the last look brought no reading. `retry_at` is the earliest instant at which looking again makes sense.

    `code` is short: the cloud's own, `credentials` or `refused`. `looks` in a row came to the same outcome.
    """

    outcome: Outcome
    sentence: Sentence
    since: datetime
    retry_at: datetime | None = None
    code: str = ""
    looks: int = 1


@dataclass(frozen=True, slots=True)
class Aircon:
    """What the air conditioner is assumed to be doing: infrared never answers. `power` is None while nobody knows."""

    power: bool | None = None
    mode: int | None = None
    temperature: int | None = None
    fan: int | None = None
    since: datetime | None = None
    status_read_at: datetime | None = None  # plugs alone have a status


@dataclass(frozen=True, slots=True)
class Step:
    """One call that makes an order happen: a scene by id, or a device's command.

    `repeatable` says that doing it twice does no harm when its fate is unknown.
    """

    scene: str = ""
    device: str = ""
    command: str = ""
    parameter: str = "default"
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done in a zone: the steps are tried in turn until one is accepted; `then` is assumed after that."""

    id: str
    zone: str
    turn: Turn
    origin: Origin
    steps: tuple[Step, ...]
    then: Aircon
    reason: Sentence
    decided_at: datetime
    leave_at: datetime
    skipped: tuple[Sentence, ...] = ()  # steps passed over before any call, and why


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of one step. `sent_at` is when the last try left; `unknown` means that it may have happened."""

    ok: bool
    sent_at: datetime
    error: Sentence | None = None
    code: str = ""
    unknown: bool = False
    retry_at: datetime | None = None


class Fate(StrEnum):
    """How an order ended."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Done:
    """An order with what came of it: the step that was accepted (or tried last), every error on the way."""

    order: Order
    fate: Fate
    step: Step
    sent_at: datetime
    errors: tuple[Sentence, ...] = ()
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Offs still to be sent, and when the next one is due."""

    remaining: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Retry:
    """An order whose sending failed: tried again at `at` unless an edge or a person came in between."""

    order: Order
    tries: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """A person's choice that the thermostat respects until `until`; None: until someone resumes."""

    action: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LastAction:
    """The last order that went out."""

    turn: Turn
    origin: Origin
    at: datetime
    reason: Sentence
    via: str


@dataclass(frozen=True, slots=True)
class Wake:
    """When to look again, and why. `look_at` is the next reading; `at` may be earlier, for an edge or a repeat.

    `stretched_seconds` is the table's interval as the budget made it, also while a repeat is due; 0 where it did not.
    """

    at: datetime
    reason: Sentence
    mode: Mode
    pace: Pace
    interval_seconds: int
    look_at: datetime
    stretched_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided for a zone, in a code and a sentence."""

    outcome: Outcome
    sentence: Sentence
    at: datetime


class Suspect(StrEnum):
    """What is not believed: the meter, or that the air conditioner hears."""

    METER = "meter"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that does not fit, since an instant, and what to do about it."""

    suspect: Suspect
    sentence: Sentence
    since: datetime


@dataclass(frozen=True, slots=True)
class ZoneState:
    """All that is known of a zone between two ticks."""

    zone: str
    reading: Reading | None = None
    trouble: Trouble | None = None
    looked_at: datetime | None = None
    aircon: Aircon = Aircon()
    repeat: Repeat | None = None
    retry: Retry | None = None
    hold: Hold | None = None
    last_action: LastAction | None = None
    verdict: Verdict | None = None
    wake: Wake | None = None
    learned: Kept = NOTHING
    doubt: Doubt | None = None
    hinted_looks: Looks = ()  # of the last hour


@dataclass(frozen=True, slots=True)
class Band:
    """The comfort band in force, in tenths of a degree; something is switched `slack` beyond it."""

    low: int
    high: int
    slack: int


@dataclass(frozen=True, slots=True)
class Record:
    """One zone's part of one tick, as it is kept and shown. `fresh`: the reading is what the last look brought."""

    zone: str
    at: datetime
    trigger: str
    season: str
    inside_window: bool
    looked: bool
    reading: Reading | None
    trouble: Trouble | None
    verdict: Verdict
    aircon: Aircon
    action: Done | None
    calls: int
    duration_ms: int
    wake: Wake
    id: int | None = None
    band: Band | None = None
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """Tries spent on the cloud in one hour (epoch hours), for one purpose and endpoint."""

    hour: int
    purpose: str  # "read", "command", "catalogue", "probe"
    endpoint: str  # "status", "commands", "scene", "devices", "scenes"
    count: int = 1


@dataclass(frozen=True, slots=True)
class Device:
    """A device or infrared remote of the account; `raw` is the cloud's own item."""

    id: str
    name: str
    type: str  # deviceType, or remoteType of a remote; empty when the cloud does not say
    infrared: bool
    hub: str = ""
    cloud_enabled: bool | None = None
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The account's devices and scenes (id to name) as last listed."""

    devices: tuple[Device, ...]
    scenes: Mapping[str, str]
    fetched_at: datetime

    def device(self, device_id: str) -> Device | None:
        """The device with this id, if the account lists it."""
        return next((device for device in self.devices if device.id == device_id), None)


@dataclass(frozen=True, slots=True)
class House:
    """All that one tick needs to know, loaded once. `open_orders` were begun by a process that did not finish."""

    states: Mapping[str, ZoneState]
    open_orders: tuple[Order, ...]
    calls_today: int  # since 00:00 UTC
    calls_last_24h: int
    catalogue: Catalogue | None
    pushes: Mapping[str, Push] = field(default_factory=dict)  # the last report of each meter, by its plain id
    by_hour: Mapping[int, int] = field(default_factory=dict)  # the calls of the last 24 hours by epoch hour
