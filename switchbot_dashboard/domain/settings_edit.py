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
