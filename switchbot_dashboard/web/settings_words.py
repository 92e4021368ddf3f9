"""The settings in a person's words: what each key is called, where it stands, and its values said aloud."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from ..domain.record import Catalogue
from ..domain.settings_leaves import Node, house_leaves
from .i18n import DAYS, FIXED, SHORT_DAYS, french
from .typed_times import is_clock

Words = Mapping[str, object]
"""Keys with their words: lazy texts, said in the reader's language when they are shown."""


def _(words: str, **figures: object) -> str:
    """The words in the reader's language; typed, as the library's own are not."""
    return str(gettext(words, **figures))


LABELS: Words = {
    "automation_enabled": _l("Automation"),
    "mode": _l("Season"),
    "timezone": _l("Time zone"),
    "winter.min_temp": _l("Lower limit in winter"),
    "winter.max_temp": _l("Upper limit in winter"),
    "winter.target_temp": _l("Set point in winter"),
    "winter.ac_mode": _l("Mode sent in winter"),
    "winter.fan_speed": _l("Fan speed in winter"),
    "summer.min_temp": _l("Lower limit in summer"),
    "summer.max_temp": _l("Upper limit in summer"),
    "summer.target_temp": _l("Set point in summer"),
    "summer.ac_mode": _l("Mode sent in summer"),
    "summer.fan_speed": _l("Fan speed in summer"),
    "hysteresis_celsius": _l("Margin beyond a limit"),
    "time_windows": _l("Windows"),
    "turn_off_outside_windows": _l("Turn off when a window ends"),
    "fan_mode_during_window": _l("Fan instead of off inside a window"),
    "optimal_start_enabled": _l("Start early, to be comfortable in time"),
    "command_cooldown_seconds": _l("Wait between two changes"),
    "action_on_cooldown_seconds": _l("Wait after switching on"),
    "action_off_cooldown_seconds": _l("Wait after switching off"),
    "manual_hold_minutes": _l("How long a choice by hand is kept"),
    "off_repeat_count": _l("Times an off is sent"),
    "off_repeat_interval_seconds": _l("Time between repeated offs"),
    "repeat_safe": _l("Sending a command twice does no harm"),
    "poll_interval_seconds": _l("Reading interval in a window"),
    "adaptive_polling_enabled": _l("Read less often outside windows"),
    "idle_poll_interval_seconds": _l("Reading interval outside windows"),
    "poll_warmup_minutes": _l("Warm-up before a window"),
    "predictive_polling_enabled": _l("Look only when something can happen"),
    "stale_after_minutes": _l("A reading is too old after"),
    "aircon_poll_cooldown_minutes": _l("Look at the air conditioner at most every"),
    "api_daily_limit": _l("Calls allowed in a day"),
    "api_reserved_for_commands": _l("Calls kept for commands"),
    "api_quota_warning_threshold": _l("Warn when calls left fall to"),
    "other_tools_share": _l("Share of other tools"),
    "meter_device_id": _l("Meter"),
    "aircon_device_id": _l("Air conditioner"),
    "outdoor_meter_device_id": _l("Outdoor meter"),
    "aircon_scenes.winter": _l("Scene to heat"),
    "aircon_scenes.summer": _l("Scene to cool"),
    "aircon_scenes.fan": _l("Scene for the fan"),
    "aircon_scenes.off": _l("Scene to turn off"),
    "history_raw_days": _l("Keep every reading for"),
    "history_rollup_days": _l("Keep averages for"),
    "reports.weekly.enabled": _l("Weekly report"),
    "reports.weekly.day": _l("Day of the weekly report"),
    "reports.weekly.hour": _l("Hour of the weekly report"),
    "reports.weekly.minute": _l("Minute of the weekly report"),
    "cleanup.enabled": _l("Clean-up"),
    "cleanup.day": _l("Day of the clean-up"),
    "cleanup.hour": _l("Hour of the clean-up"),
    "cleanup.minute": _l("Minute of the clean-up"),
    "alerts.every_minutes": _l("Look for trouble every"),
    "alerts.temperature_low": _l("Too cold below"),
    "alerts.temperature_high": _l("Too warm above"),
    "alerts.humidity_low": _l("Air too dry below"),
    "alerts.humidity_high": _l("Air too damp above"),
    "alerts.bounds_minutes": _l("Out of bounds for"),
    "alerts.battery_percent": _l("Battery low at"),
    "alerts.cloud_failures": _l("Failed looks in a row"),
    "alerts.automation_off_hours": _l("Automation off for"),
    "alerts.repeat_minutes": _l("Tell again every"),
    "alerts.escalate_minutes": _l("Tell administrators after"),
    "notifications.retry_minutes": _l("Minutes until a message is tried again"),
    "channels_allowed_hosts": _l("Internal hosts for notifications"),
    "zones": _l("Zones"),
    "id": _l("Short name"),
    "name": _l("Name"),
    "days": _l("Days"),
    "start": _l("Opens"),
    "end": _l("Closes"),
}

HELP: Words = {
    "winter.min_temp": _l("Heating starts at or below this, less the margin."),
    "winter.max_temp": _l("Heating stops at or above this, plus the margin."),
    "summer.min_temp": _l("Cooling stops at or below this, less the margin."),
    "summer.max_temp": _l("Cooling starts at or above this, plus the margin."),
    "winter.target_temp": _l("What the air conditioner is set to; a half is rounded up when sent."),
    "summer.target_temp": _l("What the air conditioner is set to; a half is rounded up when sent."),
    "winter.ac_mode": _l("What the air conditioner is told to do when it should heat."),
    "summer.ac_mode": _l("What the air conditioner is told to do when it should cool."),
    "winter.fan_speed": _l("How fast its fan runs then."),
    "summer.fan_speed": _l("How fast its fan runs then."),
    "aircon_scenes.winter": _l("Run instead of the direct command; if it fails, the command is sent."),
    "aircon_scenes.summer": _l("Run instead of the direct command; if it fails, the command is sent."),
    "aircon_scenes.fan": _l("Run instead of the direct command; if it fails, the command is sent."),
    "aircon_scenes.off": _l("Run instead of the direct command; if it fails, the command is sent."),
    "repeat_safe": _l("Some remotes you taught yourself switch over with each press: say no for those."),
    "timezone": _l("The place whose clock the windows follow, such as Europe/Paris."),
    "fan_mode_during_window": _l("Also where it is found off while the room is within its limits."),
    "reports.weekly.enabled": _l("A summary of the week that is sent by itself."),
    "cleanup.enabled": _l("Removes old history by itself."),
    "reports.weekly.day": "",
    "reports.weekly.hour": _l("From 0 to 23, in the home's time."),
    "reports.weekly.minute": _l("Past the hour."),
    "cleanup.day": "",
    "cleanup.hour": _l("From 0 to 23, in the home's time."),
    "cleanup.minute": _l("Past the hour."),
    "alerts.temperature_low": _l("Someone is told when a zone is colder than this."),
    "alerts.temperature_high": _l("Someone is told when a zone is warmer than this."),
    "alerts.humidity_low": _l("Someone is told when the air is drier than this."),
    "alerts.humidity_high": _l("Someone is told when the air is damper than this."),
    "notifications.retry_minutes": _l("Where it could not be delivered for the moment: one pause a line."),
    "channels_allowed_hosts": _l("Machines at home that notifications may be sent to, one a line."),
    "id": _l("Used in addresses and records; change it only with care, its history stays under the old one."),
    "name": _l("What is shown; empty: the short name."),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Keys that a person looks for together. `more` are folded away inside it; `open` groups begin unfolded."""

    id: str
    title: object
    keys: Sequence[str]
    more: Sequence[str] = ()
    open: bool = False


def _season(season: str, *names: str) -> list[str]:
    return [f"{season}.{name}" for name in names]


_BAND, _SENT = ("min_temp", "max_temp", "target_temp"), ("ac_mode", "fan_speed")

GROUPS = (
    Group("home", _l("Home and season"), ("automation_enabled", "mode"), ("timezone",), open=True),
    Group(
        "temperatures",
        _l("Temperatures"),
        [*_season("winter", *_BAND), *_season("summer", *_BAND), "hysteresis_celsius"],
        [*_season("winter", *_SENT), *_season("summer", *_SENT)],
        open=True,
    ),
    Group(
        "windows",
        _l("Windows"),
        ("time_windows", "turn_off_outside_windows"),
        ("fan_mode_during_window", "optimal_start_enabled"),
        open=True,
    ),
    Group(
        "cooldowns",
        _l("Cooldowns and repeats"),
        ("manual_hold_minutes", "command_cooldown_seconds", "off_repeat_count", "off_repeat_interval_seconds"),
        ("action_on_cooldown_seconds", "action_off_cooldown_seconds", "repeat_safe"),
    ),
    Group(
        "polling",
        _l("Polling and calls"),
        ("poll_interval_seconds", "idle_poll_interval_seconds", "predictive_polling_enabled", "api_daily_limit"),
        (
            *("adaptive_polling_enabled", "poll_warmup_minutes", "stale_after_minutes", "api_reserved_for_commands"),
            *("api_quota_warning_threshold", "other_tools_share"),
        ),
    ),
    Group(
        "devices",
        _l("Devices and scenes"),
        ("meter_device_id", "aircon_device_id", "outdoor_meter_device_id"),
        (*(f"aircon_scenes.{name}" for name in ("winter", "summer", "fan", "off")), "aircon_poll_cooldown_minutes"),
    ),
    Group("zones", _l("Zones"), ("zones",)),
    Group(
        "history",
        _l("History and jobs"),
        ("history_raw_days", "history_rollup_days", "reports.weekly.enabled", "cleanup.enabled"),
        (
            *(f"reports.weekly.{name}" for name in ("day", "hour", "minute")),
            *(f"cleanup.{name}" for name in ("day", "hour", "minute")),
        ),
    ),
    Group(
        "alerts",
        _l("Alerts"),
        [f"alerts.{name}" for name in ("temperature_low", "temperature_high", "humidity_low", "humidity_high")],
        [
            *(f"alerts.{name}" for name in ("bounds_minutes", "battery_percent", "cloud_failures")),
            *(f"alerts.{name}" for name in ("automation_off_hours", "repeat_minutes", "escalate_minutes")),
            "alerts.every_minutes",
        ],
    ),
    Group("advanced", _l("Advanced"), ("notifications.retry_minutes", "channels_allowed_hosts")),
)

UNITS: Words = {
    "seconds": _l("seconds"),
    "minutes": _l("minutes"),
    "hours": _l("hours"),
    "days": _l("days"),
    "calls": _l("calls"),
    "percent": _l("percent"),
    "°C": "°C",
}
SEASONS: Words = {"winter": _l("Winter: heat"), "summer": _l("Summer: cool")}
AC_MODES: Words = {
    "0": _l("Auto (0)"),
    "1": _l("Auto"),
    "2": _l("Cool"),
    "3": _l("Dry"),
    "4": _l("Fan"),
    "5": _l("Heat"),
}
FAN_SPEEDS: Words = {"1": _l("Auto"), "2": _l("Low"), "3": _l("Medium"), "4": _l("High")}
WEEKDAYS: Words = dict(zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), DAYS, strict=True))
EVERY_DAY: Words = {**WEEKDAYS, "*": _l("Every day")}
YES_NO: Words = {"true": _l("Yes"), "false": _l("No")}
BY_REMOTE: Words = {"": _l("Yes, but no for DIY remotes"), **YES_NO}
DEVICES = ("meter_device_id", "aircon_device_id", "outdoor_meter_device_id")
SCENES = ("aircon_scenes.winter", "aircon_scenes.summer", "aircon_scenes.fan", "aircon_scenes.off")


def label(key: str) -> str:
    """What a key is called; an unknown one by its own name."""
    return str(LABELS.get(key, key))


def help_for(key: str, node: Node) -> str:
    """What a key does, in a sentence."""
    return str(HELP[key]) if key in HELP else _(str(node.get("description", ""))).replace("`", "")


def choices_of(key: str) -> Words | None:
    """The values that a key can be chosen from, with their words; None where any can be typed."""
    for ending, words in ((".ac_mode", AC_MODES), (".fan_speed", FAN_SPEEDS), ("cleanup.day", EVERY_DAY)):
        if key.endswith(ending):
            return words
    if key.endswith(".day"):
        return WEEKDAYS
    return {"mode": SEASONS, "repeat_safe": BY_REMOTE}.get(key)


def rule_for(node: Node) -> str:
    """What a value must be, said after "it must be": "a whole number from 15 to 3600 seconds"."""
    if "form" in node:
        return _(str(node["form"]))
    if node.get("type") in ("integer", "number"):
        unit = str(UNITS.get(node.get("unit", ""), ""))
        low, high = amount(node["minimum"]), amount(node["maximum"])
        if node["type"] == "integer":
            return _("a whole number from %(low)s to %(high)s %(unit)s", low=low, high=high, unit=unit).rstrip()
        return _("a number from %(low)s to %(high)s %(unit)s", low=low, high=high, unit=unit).rstrip()
    return _("one of the choices shown")


def bounds_of(node: Node) -> str:
    """Both bounds beside the field: `15 to 3600`."""
    if "minimum" not in node:
        return ""
    return _("%(low)s to %(high)s", low=amount(node["minimum"]), high=amount(node["maximum"]))


def amount(value: object) -> str:
    """A number as the reader writes it, without a needless decimal."""
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() else repr(value)
        return text.replace(".", ",") if french() else text
    return str(value)


def value_words(key: str, value: Any, node: Node, catalogue: Catalogue | None) -> str:
    """A key's value said aloud, with its unit."""
    if key == "time_windows":
        return window_words(value) if isinstance(value, Mapping) else windows_words(value)
    choices = YES_NO if node.get("type") == "boolean" and key != "repeat_safe" else choices_of(key)
    text = json.dumps(value) if isinstance(value, bool) else "" if value is None else value
    if choices is not None:
        return str(choices.get(str(text), value))
    if isinstance(value, bool) or value is None or isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("none")
    if key in DEVICES or key in SCENES:
        return named(key, str(value), catalogue) or _("none")
    unit = str(UNITS.get(node.get("unit", ""), ""))
    return f"{amount(value)}{FIXED if french() else ' '}{unit}" if unit and value != "" else amount(value) or _("none")


def named(key: str, found: str, catalogue: Catalogue | None) -> str:
    """A device or a scene by its name, where the account lists it."""
    if catalogue is None or not found:
        return found
    if key in SCENES:
        return catalogue.scenes.get(found, found)
    device = catalogue.device(found)
    return device.name if device is not None and device.name else found


def windows_words(windows: object) -> str:
    """All windows of a list."""
    if not isinstance(windows, Sequence) or isinstance(windows, str) or not windows:
        return _("none: watch only, nothing is sent")
    return " · ".join(window_words(window) for window in windows)


def window_words(window: object) -> str:
    """One window: `Mon–Fri 22:00 until 06:00 the next day`."""
    if not isinstance(window, Mapping):
        return json.dumps(window, ensure_ascii=False)
    start, end = str(window.get("start", "")), str(window.get("end", ""))
    days = days_words(window.get("days"))
    if start == end:
        return _("%(days)s, the whole day from %(start)s", days=days, start=clock_words(start))
    if end < start:
        return _(
            "%(days)s %(start)s until %(end)s the next day", days=days, start=clock_words(start), end=clock_words(end)
        )
    return _("%(days)s %(start)s to %(end)s", days=days, start=clock_words(start), end=clock_words(end))


def until_words(start: str, end: str) -> str:
    """What is worth saying about a window's end: that it is on the next day, or that there is none."""
    if not (is_clock(start) and is_clock(end)) or start < end:
        return ""
    return _("the whole day") if start == end else _("until %(end)s the next day", end=clock_words(end))


def days_words(days: object) -> str:
    """`every day`, `Mon–Fri`, `Mon, Wed`; what is no list of days is shown as it is."""
    if not isinstance(days, Sequence) or not all(isinstance(day, int) and 0 <= day <= 6 for day in days):
        return json.dumps(days, ensure_ascii=False)
    chosen = sorted(set(days))
    if not chosen:
        return _("on no day")
    if len(chosen) == 7:
        return _("every day")
    if len(chosen) > 2 and chosen == list(range(chosen[0], chosen[-1] + 1)):
        return f"{SHORT_DAYS[chosen[0]]}–{SHORT_DAYS[chosen[-1]]}"
    return ", ".join(str(SHORT_DAYS[day]) for day in chosen)


def clock_words(text: str) -> str:
    """A time of the file as the reader writes it: `17:30`, `17 h 30`; what is none as it is."""
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return text
    return f"{found.hour}{FIXED}h{FIXED}{found.minute:02}" if french() and len(text) == 5 else text


def count_words(count: int) -> str:
    """How many values cannot be used."""
    return str(ngettext("%(num)s value cannot be used", "%(num)s values cannot be used", count))


def all_keys() -> list[str]:
    """Every key that a label is needed for."""
    return [*house_leaves(), "zones", "id", "name"]
