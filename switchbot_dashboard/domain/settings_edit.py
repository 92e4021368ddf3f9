"""Changes to the settings that the program makes itself, as merge patches (RFC 7396) of the user's file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def automation_off(document: Mapping[str, Any], zone: str | None) -> dict[str, Any]:
    """The patch that switches the automation off in one zone of the file, or (None) everywhere."""
    zones, off = document.get("zones"), {"automation_enabled": False}
    if not zones:
        return off
    chosen = [{**entry, **off} if zone in (None, entry.get("id")) else entry for entry in zones]
    return {"zones": chosen} if zone is not None else {**off, "zones": chosen}


def automation_on_again(document: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that switches the automation on: for the house, and for the zones that state it for themselves."""
    zones, on = document.get("zones"), {"automation_enabled": True}
    if not zones:
        return on
    return {**on, "zones": [{**entry, **on} if "automation_enabled" in entry else entry for entry in zones]}


def zone_change(document: Mapping[str, Any], zone: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that lets one zone of the file state `change`; a file without zones states it for its only one.

    A part such as `aircon_scenes` is merged with what the zone states of it.
    """
    zones = document.get("zones")
    if not zones:
        return dict(change)
    return {"zones": [_stating(entry, change) if entry.get("id") == zone else entry for entry in zones]}


def _stating(entry: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    stated = dict(entry)
    for key, value in change.items():
        old = entry.get(key)
        stated[key] = {**old, **value} if isinstance(value, Mapping) and isinstance(old, Mapping) else value
    return stated
