"""Small forms that every answer shares: instants, degrees, entity tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

View = dict[str, Any]
"""A JSON object as it goes out."""


def iso(instant: datetime | None) -> str | None:
    """An instant in UTC with `Z`, to the second (to the millisecond where it has a fraction)."""
    if instant is None:
        return None
    spec = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def degrees(tenths: int | None) -> float | None:
    """Tenths of a degree as degrees."""
    return None if tenths is None else tenths / 10


def entity_tag(view: Mapping[str, Any], *without: str) -> str:
    """What stands for a view's content, the named keys left out."""
    kept = {key: value for key, value in view.items() if key not in without}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
