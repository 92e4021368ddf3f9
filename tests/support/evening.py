"""The service on a virtual home where it is evening, whenever the tests run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.service import ROOT, Running, Service

HOUR = 19  # in the shipped settings' second window, 17:30 to 23:00, and far from both its edges

# Zones without a summer time, by their distance from UTC in hours.
ZONES = dict(
    zip(
        range(-11, 13),
        (
            *("Pacific/Pago_Pago", "Pacific/Honolulu", "Pacific/Gambier", "Pacific/Pitcairn", "America/Phoenix"),
            *("America/Costa_Rica", "America/Bogota", "America/La_Paz", "America/Montevideo", "America/Noronha"),
            *("Atlantic/Cape_Verde", "Africa/Abidjan", "Africa/Lagos", "Africa/Maputo", "Africa/Nairobi"),
            *("Asia/Dubai", "Asia/Tashkent", "Asia/Dhaka", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo"),
            *("Australia/Brisbane", "Pacific/Noumea", "Pacific/Tarawa"),
        ),
        strict=True,
    )
)


def evening_zone(now: datetime) -> str:
    """A time zone in which it is between seven and eight in the evening."""
    ahead = HOUR - now.astimezone(UTC).hour
    return ZONES[ahead if ahead <= 12 else ahead - 24]


def evening_settings() -> dict[str, Any]:
    """The settings as they are shipped, in that zone."""
    shipped: dict[str, Any] = json.loads((ROOT / "settings.json").read_text(encoding="utf-8"))
    return shipped | {"timezone": evening_zone(datetime.now(UTC))}


@contextmanager
def virtual_home(folder: Path, how: str = "serve") -> Iterator[Running]:
    """The service, started as a new user starts it: no credentials, no password, a week of history at once."""
    service = Service(folder)
    service.settings_path.write_text(json.dumps(evening_settings(), indent=2), encoding="utf-8")
    with service.started(how) as running:
        yield running
