"""The keys of the settings file: each one's default, bounds, unit and help stand here, once.

A zone's keys come first, then those of the house. The parser, the JSON Schema, the fault sentences and
`docs/settings.md` are all made from these fields.
"""

from __future__ import annotations

import math
from datetime import time
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field

from .windows import Window


class Season(StrEnum):
    """Which of the two profiles is in force: winter heats, summer cools."""

    WINTER = "winter"
    SUMMER = "summer"


@lru_cache(maxsize=256)
def tenths(degrees: float) -> int:
    """Degrees as whole tenths, a half rounded up: 22.8 + 0.3 is not 23.1 in floats."""
    return int((Decimal(str(degrees)) * 10).to_integral_value(ROUND_HALF_UP))


def find_zone(name: str) -> ZoneInfo | None:
    """The time zone of this name, None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _number(default: float, low: float, high: float, unit: str, help_: str) -> Any:
    """A number between two bounds, both included; whole where the key's type says so."""
    return Field(default, ge=low, le=high, description=help_, json_schema_extra={"unit": unit} if unit else None)


def _text(default: str, pattern: str, form: str, help_: str) -> Any:
    return Field(default, pattern=pattern, description=help_, json_schema_extra={"form": form})


def _device(help_: str) -> Any:
    return _text("", r"^[0-9A-Za-z:-]{0,50}$", "up to 50 letters, digits, colons or hyphens", help_)


def _clock(help_: str) -> Any:
    form = "a time from 00:00 to 23:59, written HH:MM"
    return Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description=help_, json_schema_extra={"form": form})


class Part(BaseModel):
    """A part of the file: strict types, and unknown keys kept."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)

    def stated(self) -> dict[str, Any]:
        """The known keys that were given, with their values."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


class WindowSetting(Part):
    """One weekly opening, as it is written."""

    days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(
        strict=False, description="Days on which it opens: 0 is Monday, 6 is Sunday."
    )
    start: str = _clock("When it opens, in local time.")
    end: str = _clock("First moment outside; before the start: the next day; equal to it: the whole day.")

    def window(self) -> Window:
        """The opening as the rules use it."""
        return Window(frozenset(self.days), time.fromisoformat(self.start), time.fromisoformat(self.end))


class Profile(Part):
    """What a season asks of a zone: the comfort band, and what the air conditioner is set to."""

    min_temp: float
    max_temp: float
    target_temp: float
    ac_mode: int
    fan_speed: int

    @property
    def min_tenths(self) -> int:
        """Lower limit, in tenths of a degree."""
        return tenths(self.min_temp)

    @property
    def max_tenths(self) -> int:
        """Upper limit, in tenths of a degree."""
        return tenths(self.max_temp)

    @property
    def set_point(self) -> int:
        """What is sent: whole degrees, a half rounded up."""
        return math.floor(self.target_temp + 0.5)


def _lower(default: float) -> Any:
    return _number(default, 10, 35, "°C", "Lower limit of the comfort band; must be below `max_temp`.")


def _upper(default: float) -> Any:
    return _number(default, 10, 35, "°C", "Upper limit of the comfort band.")


def _target(default: float) -> Any:
    return _number(default, 16, 30, "°C", "Set point of the air conditioner; a half is rounded up when sent.")


def _ac_mode(default: int) -> Any:
    return _number(default, 0, 5, "", "Mode that is sent: 0 or 1 auto, 2 cool, 3 dry, 4 fan, 5 heat.")


def _fan_speed(default: int) -> Any:
    return _number(default, 1, 4, "", "Fan speed that is sent: 1 auto, 2 low, 3 medium, 4 high.")


class WinterProfile(Profile):
    """The profile of the heating season."""

    min_temp: float = _lower(20)
    max_temp: float = _upper(22)
    target_temp: float = _target(23)
    ac_mode: int = _ac_mode(5)
    fan_speed: int = _fan_speed(3)


class SummerProfile(Profile):
    """The profile of the cooling season."""

    min_temp: float = _lower(23)
    max_temp: float = _upper(26)
    target_temp: float = _target(24)
    ac_mode: int = _ac_mode(2)
    fan_speed: int = _fan_speed(3)


def _scene(what: str) -> Any:
    form = "up to 100 letters, digits, colons, hyphens or underscores"
    return _text("", r"^[0-9A-Za-z:_-]{0,100}$", form, f"Scene id run {what}; empty: the direct command.")


class Scenes(Part):
    """Scenes that are run before a direct command is tried; empty where there is none."""

    winter: str = _scene("to heat")
    summer: str = _scene("to cool")
    fan: str = _scene("for the fan")
    off: str = _scene("to turn off")


class ZoneKeys(Part):
    """The keys that a zone may state for itself."""

    automation_enabled: bool = Field(False, description="Whether the thermostat may switch anything.")
    mode: Season = Field(Season.WINTER, strict=False, description="The season in force.")
    meter_device_id: str = _device("The meter whose temperature decides.")
    aircon_device_id: str = _device("The air conditioner, or its infrared remote.")
    outdoor_meter_device_id: str = _device("A meter outside, for the history and the forecast.")
    winter: WinterProfile = Field(WinterProfile(), description="Profile of the heating season.")
    summer: SummerProfile = Field(SummerProfile(), description="Profile of the cooling season.")
    aircon_scenes: Scenes = Field(Scenes(), description="Scenes run instead of direct commands.")
    time_windows: tuple[WindowSetting, ...] = Field(
        (), strict=False, description="When the thermostat may act; none: watch only, nothing is sent."
    )
    hysteresis_celsius: float = _number(0.3, 0, 5, "°C", "How far beyond a limit before anything is switched.")
    command_cooldown_seconds: int = _number(180, 0, 3600, "seconds", "Least time between two reversals.")
    action_on_cooldown_seconds: int = _number(
        0, 0, 3600, "seconds", "Wait after an on before the thermostat may reverse it; 0: the general cooldown."
    )
    action_off_cooldown_seconds: int = _number(
        0, 0, 3600, "seconds", "Wait after an off before the thermostat may reverse it; 0: the general cooldown."
    )
    manual_hold_minutes: int = _number(
        120, 0, 1440, "minutes", "How long a person's choice is respected; 0: until the next window edge."
    )
    off_repeat_count: int = _number(1, 1, 10, "", "How often an off is sent in all.")
    off_repeat_interval_seconds: int = _number(10, 1, 600, "seconds", "Time between two sends of an off.")
    repeat_safe: bool | None = Field(
        None, description="Whether the same command twice does no harm; not stated: true, and false for DIY remotes."
    )
    turn_off_outside_windows: bool = Field(False, description="Whether a window's end turns the device off.")
    fan_mode_during_window: bool = Field(
        False, description="Inside a window, send fan instead of off, and also where it is off within the band."
    )
    stale_after_minutes: int = _number(60, 5, 1440, "minutes", "No valid answer for this long: nothing is switched.")
    predictive_polling_enabled: bool = Field(
        False,
        description="Look when a threshold can next be reached, by the readings' course: every 15 minutes at least in "
        "a window, every 60 elsewhere.",
    )
    optimal_start_enabled: bool = Field(
        False,
        description="Start up to three hours ahead of a window, as early as the room has shown it needs, to be in the "
        "band when it opens.",
    )


class ZoneOverride(ZoneKeys):
    """One zone as it is written: what it states for itself. `stated()` tells that from the defaults."""

    id: str = Field(
        pattern=r"^[a-z0-9_-]{1,50}$",
        description="Short name in addresses and records; unique.",
        json_schema_extra={"form": "1 to 50 lower-case letters, digits, hyphens or underscores"},
    )
    name: str = _text("", r"^[^\x00-\x1f\x7f]{0,80}$", "up to 80 characters on one line", "Name shown; empty: the id.")


_WEEKDAY = "^(mon|tue|wed|thu|fri|sat|sun)$"


class WeeklyJob(Part):
    """When a weekly job runs, in local time."""

    enabled: bool = Field(True, description="Whether it runs.")
    day: str = _text("mon", _WEEKDAY, "a weekday from mon to sun", "Day of the week.")
    hour: int = _number(8, 0, 23, "", "Hour, local time.")
    minute: int = _number(0, 0, 59, "", "Minute.")


class CleanupJob(WeeklyJob):
    """When the clean-up runs, in local time."""

    day: str = _text(
        "sun", _WEEKDAY.replace("sun", r"sun|\*"), "a weekday from mon to sun, or *", "Day of the week; `*`: every day."
    )
    hour: int = _number(3, 0, 23, "", "Hour, local time.")


class Reports(Part):
    """What is reported, and when."""

    weekly: WeeklyJob = Field(WeeklyJob(), description="The weekly report.")


class Alerts(Part):
    """The look for trouble, its bounds, and how often people are told."""

    every_minutes: int = _number(5, 1, 1440, "minutes", "Time between two looks for trouble.")
    temperature_low: float = _number(
        10, -20, 40, "°C", "Alert when a zone is colder than this; must be below `temperature_high`."
    )
    temperature_high: float = _number(32, 0, 60, "°C", "Alert when a zone is warmer than this.")
    humidity_low: int = _number(
        20, 0, 100, "percent", "Alert when the air is drier than this; must be below `humidity_high`."
    )
    humidity_high: int = _number(75, 0, 100, "percent", "Alert when the air is damper than this.")
    bounds_minutes: int = _number(
        30, 1, 1440, "minutes", "How long temperature or humidity must be out of bounds before anyone is told."
    )
    battery_percent: int = _number(
        20, 1, 90, "percent", "Note a meter's battery at or below this; people are told at half of it."
    )
    cloud_failures: int = _number(5, 1, 1000, "", "Alert when so many looks in a row have failed.")
    automation_off_hours: int = _number(24, 1, 720, "hours", "Alert when a zone's automation has been off for so long.")
    repeat_minutes: int = _number(
        360, 0, 10080, "minutes", "Tell people again while nobody has acknowledged an alert; 0: tell them once."
    )
    escalate_minutes: int = _number(
        60, 0, 10080, "minutes", "Tell the administrators when nobody has acknowledged for so long; 0: never."
    )


_Minutes = Annotated[int, Field(ge=1, le=1440, json_schema_extra={"unit": "minutes"})]


class Notifications(Part):
    """How messages to people are sent."""

    retry_minutes: tuple[_Minutes, ...] = Field(
        (5, 10, 20),
        strict=False,
        min_length=1,
        max_length=10,
        description="Minutes before each try again, where a message could not be delivered for the moment.",
    )


_Host = Annotated[str, Field(pattern=r"^[0-9A-Za-z._:\[\]-]{1,253}$", json_schema_extra={"form": "a host's name"})]


class HouseKeys(ZoneKeys):
    """Every key of the file. At the top level a zone's keys are what zones inherit."""

    poll_interval_seconds: int = _number(120, 15, 3600, "seconds", "Time between readings while a window is open.")
    adaptive_polling_enabled: bool = Field(True, description="Read less often outside windows.")
    idle_poll_interval_seconds: int = _number(600, 15, 86400, "seconds", "Time between readings outside windows.")
    poll_warmup_minutes: int = _number(
        15, 0, 1440, "minutes", "How long before a window the short interval begins; 0: no warm-up."
    )
    aircon_poll_cooldown_minutes: int = _number(
        15, 1, 1440, "minutes", "Least time between two looks at a device that has a status."
    )
    timezone: str = Field(
        "Europe/Paris",
        max_length=100,
        description="Zone in which windows are meant; an unknown name: UTC, with a warning.",
        json_schema_extra={"form": "an IANA name such as Europe/Paris"},
    )
    api_daily_limit: int = _number(10000, 1, 1_000_000, "calls", "Calls that the cloud allows in a day.")
    api_reserved_for_commands: int = _number(
        500, 0, 1_000_000, "calls", "Calls of the day that readings leave to commands; at most the limit."
    )
    api_quota_warning_threshold: int = _number(
        250, 0, 1_000_000, "calls", "Warn when no more than this is left above the reserve."
    )
    other_tools_share: int = _number(0, 0, 90, "percent", "Part of the limit left to other tools on the account.")
    history_raw_days: int = _number(30, 1, 3650, "days", "How long every reading is kept.")
    history_rollup_days: int = _number(400, 1, 3650, "days", "How long the averages are kept.")
    reports: Reports = Field(Reports(), description="Reports that are sent by themselves.")
    cleanup: CleanupJob = Field(CleanupJob(), description="When old history is dropped.")
    alerts: Alerts = Field(
        Alerts(), description="When the home is looked over for trouble, what counts as such, and how often it is told."
    )
    notifications: Notifications = Field(Notifications(), description="Messages to people.")
    channels_allowed_hosts: tuple[_Host, ...] = Field(
        (), strict=False, description="Internal hosts that notification addresses may name."
    )
    zones: tuple[ZoneOverride, ...] | None = Field(
        None,
        strict=False,
        min_length=1,
        description="Zones; each inherits what it does not state. Absent: one, `home`.",
    )
