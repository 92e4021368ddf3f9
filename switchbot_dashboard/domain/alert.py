"""An alert as it is kept and shown: what it is about, how bad it is, and where it is in its life. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .sentence import Sentence, say


class Kind(StrEnum):
    """What an alert is about."""

    TEMPERATURE = "temperature"
    HUMIDITY = "humidity"
    METER_STALE = "meter_stale"
    METER_FROZEN = "meter_frozen"
    DEVICE_OFFLINE = "device_offline"
    BATTERY_LOW = "battery_low"
    CALL_BUDGET = "call_budget"
    CLOUD_FAILING = "cloud_failing"
    CREDENTIALS_REFUSED = "credentials_refused"
    AUTOMATION_OFF = "automation_off"
    COMMAND_WITHOUT_EFFECT = "command_without_effect"
    MAINTENANCE_DUE = "maintenance_due"
    CHANNEL_FAILING = "channel_failing"
    SETTINGS_INVALID = "settings_invalid"


TITLES: Mapping[Kind, Sentence] = {
    Kind.TEMPERATURE: say("Temperature out of bounds"),
    Kind.HUMIDITY: say("Humidity out of bounds"),
    Kind.METER_STALE: say("No reading from the meter"),
    Kind.METER_FROZEN: say("The meter's value does not move"),
    Kind.DEVICE_OFFLINE: say("A device does not answer"),
    Kind.BATTERY_LOW: say("Battery low"),
    Kind.CALL_BUDGET: say("The day's calls run short"),
    Kind.CLOUD_FAILING: say("The SwitchBot cloud fails"),
    Kind.CREDENTIALS_REFUSED: say("Token and secret are refused"),
    Kind.AUTOMATION_OFF: say("The automation is off"),
    Kind.COMMAND_WITHOUT_EFFECT: say("A command without effect"),
    Kind.MAINTENANCE_DUE: say("Maintenance due"),
    Kind.CHANNEL_FAILING: say("Messages do not arrive"),
    Kind.SETTINGS_INVALID: say("The settings cannot be used"),
}
"""What an alert of each kind is called."""


class Severity(StrEnum):
    """How bad it is: `INFO` is shown, `WARNING` is told, `CRITICAL` is told in quiet hours, too."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return list(Severity).index(self)


class State(StrEnum):
    """Where an alert is in its life."""

    PENDING = "pending"
    ACTIVE = "active"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it is kept. A pending one has not lasted long enough to be shown to anyone."""

    id: int
    kind: Kind
    subject: str
    severity: Severity
    state: State
    sentence: Sentence
    first_seen: datetime
    last_seen: datetime
    active_since: datetime | None = None
    resolved_at: datetime | None = None
    is_read: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    silenced_until: datetime | None = None
    told_at: datetime | None = None
    told_count: int = 0
    escalated_at: datetime | None = None

    @property
    def key(self) -> str:
        """One alert of a key is open at a time."""
        return f"{self.kind}:{self.subject}"

    @property
    def is_active(self) -> bool:
        """Whether it lasts and people see it."""
        return self.state is State.ACTIVE

    def silent(self, now: datetime) -> bool:
        """Whether someone asked not to be told for a time."""
        return self.silenced_until is not None and now < self.silenced_until


@dataclass(frozen=True, slots=True)
class Count:
    """How many alerts last, and how many of those nobody has read."""

    active: int = 0
    unread: int = 0


NO_ALERTS = Count()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts to list, newest first: only those that last, that nobody has read, of a severity, before an id."""

    active: bool = True
    unread: bool = False
    severity: Severity | None = None
    before: int | None = None
    limit: int = 100
    over: bool = False  # only those that are over
