"""Step 1: what the household asked for, read from its file and filled in. The keys stand in `settings_keys.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import PrivateAttr, ValidationError

from .settings_checks import faults_between, faults_in
from .settings_faults import Fault, InvalidSettings, path, read_document
from .settings_keys import HouseKeys, Part, Profile, Scenes, Season, ZoneKeys, ZoneOverride, find_zone, tenths
from .settings_older import older_differences
from .settings_schema import json_schema
from .windows import Window

__all__ = [
    "DEFAULT_FILE",
    "Fault",
    "InvalidSettings",
    "Profile",
    "Scenes",
    "Season",
    "Settings",
    "Zone",
    "ZoneOverride",
    "json_schema",
    "older_differences",
    "parse_settings",
    "tenths",
]

DEFAULT_FILE: dict[str, object] = {
    "automation_enabled": True,
    "mode": "winter",
    "timezone": "Europe/Paris",
    "meter_device_id": "",
    "aircon_device_id": "",
    "outdoor_meter_device_id": "",
    "time_windows": [
        {"days": [0, 1, 2, 3, 4, 5, 6], "start": "06:30", "end": "08:30"},
        {"days": [0, 1, 2, 3, 4, 5, 6], "start": "17:30", "end": "23:00"},
    ],
    "turn_off_outside_windows": True,
    "winter": {"min_temp": 20, "max_temp": 22, "target_temp": 23, "ac_mode": 5, "fan_speed": 3},
    "summer": {"min_temp": 23, "max_temp": 26, "target_temp": 24, "ac_mode": 2, "fan_speed": 3},
    "fan_mode_during_window": False,
    "hysteresis_celsius": 0.3,
    "command_cooldown_seconds": 180,
    "action_on_cooldown_seconds": 0,
    "action_off_cooldown_seconds": 0,
    "manual_hold_minutes": 120,
    "off_repeat_count": 1,
    "off_repeat_interval_seconds": 10,
    "aircon_scenes": {"winter": "", "summer": "", "fan": "", "off": ""},
    "poll_interval_seconds": 15,
    "adaptive_polling_enabled": True,
    "idle_poll_interval_seconds": 300,
    "poll_warmup_minutes": 10,
    "predictive_polling_enabled": True,
    "optimal_start_enabled": False,
    "stale_after_minutes": 60,
    "api_daily_limit": 10000,
    "api_reserved_for_commands": 500,
    "api_quota_warning_threshold": 250,
}
"""What a missing file is written from; the shipped `settings.json` says the same. Its order is kept."""


@dataclass(frozen=True, slots=True)
class Zone:
    """One meter, one air conditioner, its profiles and windows, with everything inherited filled in."""

    id: str
    name: str
    automation_enabled: bool
    mode: Season
    meter_device_id: str
    aircon_device_id: str
    outdoor_meter_device_id: str
    winter: Profile
    summer: Profile
    aircon_scenes: Scenes
    windows: tuple[Window, ...]
    hysteresis_celsius: float
    command_cooldown_seconds: int
    action_on_cooldown_seconds: int
    action_off_cooldown_seconds: int
    manual_hold_minutes: int
    off_repeat_count: int
    off_repeat_interval_seconds: int
    repeat_safe: bool | None  # None: true, but false for DIY remotes
    turn_off_outside_windows: bool
    fan_mode_during_window: bool
    stale_after_minutes: int
    predictive_polling_enabled: bool
    optimal_start_enabled: bool

    @property
    def profile(self) -> Profile:
        """The profile of the season in force."""
        return self.winter if self.mode is Season.WINTER else self.summer

    @property
    def hysteresis_tenths(self) -> int:
        """The hysteresis in tenths of a degree."""
        return tenths(self.hysteresis_celsius)

    @property
    def on_cooldown(self) -> int:
        """Seconds after an on before the thermostat may reverse it."""
        return self.action_on_cooldown_seconds or self.command_cooldown_seconds

    @property
    def off_cooldown(self) -> int:
        """Seconds after an off before the thermostat may reverse it."""
        return self.action_off_cooldown_seconds or self.command_cooldown_seconds


class Settings(HouseKeys):
    """Everything the household asked for; frozen. `all_zones` is what the rules use."""

    _zones: tuple[Zone, ...] = PrivateAttr()
    _tz: ZoneInfo | None = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Fill the zones in and look the time zone up, once."""
        self._zones = tuple(_resolve(self, zone) for zone in self.zones or [ZoneOverride(id="home", name="Home")])
        self._tz = find_zone(self.timezone)

    @property
    def all_zones(self) -> tuple[Zone, ...]:
        """The zones with everything inherited filled in; one called `home` when the file names none."""
        zones: tuple[Zone, ...] = self._kept["_zones"]
        return zones

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which windows are meant; UTC when its name is unknown."""
        tz: ZoneInfo | None = self._kept["_tz"]
        return tz or ZoneInfo("UTC")

    @property
    def _kept(self) -> dict[str, Any]:
        """The private attributes: pydantic's own way to one takes ten times as long, and a tick asks ten times."""
        assert self.__pydantic_private__ is not None
        return self.__pydantic_private__

    @property
    def timezone_known(self) -> bool:
        """Whether the zone's name means anything."""
        return self._tz is not None

    def with_timezone(self, name: str) -> Settings:
        """The same settings in another time zone."""
        copy = self.model_copy(update={"timezone": name})
        copy._tz = find_zone(name)
        return copy

    def with_devices(
        self, *, meter: Callable[[str], str], aircon: Callable[[str], str], outdoor: Callable[[str], str]
    ) -> Settings:
        """The same settings, with ids (by zone id) for the devices that a zone leaves unnamed."""
        copy = self.model_copy()
        copy._zones = tuple(
            replace(
                zone,
                meter_device_id=zone.meter_device_id or meter(zone.id),
                aircon_device_id=zone.aircon_device_id or aircon(zone.id),
                outdoor_meter_device_id=zone.outdoor_meter_device_id or outdoor(zone.id),
            )
            for zone in self._zones
        )
        return copy

    def unknown_keys(self) -> tuple[str, ...]:
        """The keys that mean nothing here, as paths; they are kept."""
        return tuple(path(parts) for parts in _unknown(self, ()))


def parse_settings(text: str) -> Settings:
    """The settings in a file's text. Raises InvalidSettings with every fault at once, in the order of the file."""
    document = read_document(text)
    faults = list(faults_between(document))
    try:
        settings = Settings.model_validate(document.values)
    except ValidationError as error:
        faults.extend(faults_in(error, document))
    if faults:
        raise InvalidSettings(sorted(faults, key=lambda fault: (fault.line or 0, fault.key)))
    return settings


def _resolve(house: Settings, zone: ZoneOverride) -> Zone:
    """A zone with what it states, over what the house states, over the defaults."""
    stated = zone.stated()
    wanted: dict[str, Any] = {}
    for name in ZoneKeys.model_fields:
        inherited, own = getattr(house, name), stated.get(name)
        if isinstance(inherited, Part):
            wanted[name] = inherited.model_copy(update=own.stated()) if own else inherited
        else:
            wanted[name] = own if name in stated else inherited
    windows = tuple(window.window() for window in wanted.pop("time_windows"))
    return Zone(id=zone.id, name=zone.name or zone.id, windows=windows, **wanted)


def _unknown(part: Part, place: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    for key in part.model_extra or {}:
        yield (*place, key)
    for name, value in part.stated().items():
        if isinstance(value, Part):
            yield from _unknown(value, (*place, name))
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, Part):
                    yield from _unknown(item, (*place, name, index))
