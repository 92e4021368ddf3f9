"""What a settings file of the older dashboard does differently here, key by key. It loads as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .settings_keys import HouseKeys, find_zone

OLDER_LEAST_INTERVAL = {"poll_interval_seconds": 60, "idle_poll_interval_seconds": 300}


def older_differences(raw: Mapping[str, object]) -> tuple[str, ...]:
    """One sentence for each key of a flat file whose effect differs from the older dashboard; empty when none does.

    Keys that the older dashboard did not know are named only while the file does not state them.
    """
    return tuple(f"{key}: {sentence}" for key, sentence in _differences(raw))


def _differences(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if "ifttt_webhooks" in raw:
        yield "ifttt_webhooks", "kept, but not used: no webhooks are called. Scenes belong in aircon_scenes."
    yield from _intervals(raw)
    if _number(raw, "off_repeat_count") > 1:
        seconds = _number(raw, "off_repeat_interval_seconds")
        sentence = f"each repeat of an off has its own instant, {seconds:g} s after the last, between two readings."
        yield "off_repeat_count", sentence
    yield from _windows(raw)
    yield from _new_keys(raw)
    name = raw.get("timezone", "Europe/Paris")
    if not isinstance(name, str) or find_zone(name) is None:
        yield "timezone", "an unknown name means UTC here, with a warning on the page. Write one like Europe/Paris."


def _intervals(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, least in OLDER_LEAST_INTERVAL.items():
        seconds = _number(raw, key)
        if key in raw and seconds < least:
            yield key, f"{seconds:g} s are taken as written; the older dashboard waited at least {least} s."
        elif key in raw and key == "poll_interval_seconds" and seconds > 3600:
            yield key, f"{seconds:g} s were cut to 3600 there and are refused here; write 3600 or less."
    if raw.get("adaptive_polling_enabled", True) is not True:
        return
    idle = f"every {_number(raw, 'idle_poll_interval_seconds'):g} s (idle_poll_interval_seconds)"
    if raw.get("automation_enabled", False) is not True:
        yield "automation_enabled", f"while it is off the meter is read {idle}, not at the base interval."
    elif not raw.get("time_windows"):
        yield "time_windows", f"without windows the meter is read {idle}, not at the base interval."


def _windows(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    windows = raw.get("time_windows")
    for index, window in enumerate(windows if isinstance(windows, list) else []):
        if isinstance(window, dict) and window.get("end") == "23:59":
            sentence = (
                "23:59 is the first moment outside, so the day's last minute is not in the window. 00:00 closes it."
            )
            yield f"time_windows[{index}].end", sentence


def _new_keys(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    new = {
        "manual_hold_minutes": "new: a person's choice is held for {:g} minutes or until the next window edge.",
        "stale_after_minutes": "new: nothing is switched when the meter has given no valid answer for {:g} minutes.",
        "api_reserved_for_commands": "new: readings leave {:g} calls of the day to commands and slow down before that.",
    }
    for key, sentence in new.items():
        if key not in raw:
            yield key, sentence.format(_number(raw, key))


def _number(raw: Mapping[str, object], key: str) -> float:
    value = raw.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return float(HouseKeys.model_fields[key].default)
