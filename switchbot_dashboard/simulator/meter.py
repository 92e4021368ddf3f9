"""A meter and its copy in the cloud: it uploads every one to four minutes, rounded, with a little error, in steps."""

from __future__ import annotations

from .chance import lot, noise
from .house import DAY
from .world import Sample

SLOT = 150  # s: one upload falls into each slot, within its first
SPREAD = 90  # s, so that two uploads lie 60 to 240 s apart
ERROR = 0.03  # K
BATTERY_LIFE = 540 * DAY  # s, until somebody changes it


def last_upload(seed: int, meter: str, now: float) -> float:
    """The instant (epoch seconds) of the meter's last upload up to `now`."""
    slot = int(now // SLOT)
    at = _upload(seed, meter, slot)
    return at if at <= now else _upload(seed, meter, slot - 1)


def _upload(seed: int, meter: str, slot: int) -> float:
    return slot * SLOT + SPREAD * lot(seed, "upload", meter, slot)


def sample(seed: int, meter: str, at: float, temperature: float, humidity: float) -> Sample:
    """What the meter says at an instant in air of `temperature` °C and `humidity` percent."""
    shown = round(temperature + noise(ERROR, seed, "meter", meter, at), 1)
    return Sample(at, shown, min(99, max(1, round(humidity))))


def battery(seed: int, meter: str, now: float) -> int:
    """The battery in the steps that meters report; whoever lives here changes it before it is at 20 %."""
    left = 100.0 - 75.0 * ((now / BATTERY_LIFE + lot(seed, "battery", meter)) % 1.0)
    return 100 if left > 60.0 else 60
