"""Which of the account's devices may serve a zone, and as what."""

from __future__ import annotations

from enum import StrEnum

from .case import PLUGS
from .record import Device

MEASURES = ("meter", "sensor", "hub 2", "hub 3")  # parts of the types that carry a temperature
NO_TEMPERATURE = ("motion", "contact", "water", "leak", "presence", "vibration", "light")


class Role(StrEnum):
    """What a device may be to a zone; the settings key is `<role>_device_id`."""

    METER = "meter"
    AIRCON = "aircon"
    OUTDOOR = "outdoor_meter"

    @property
    def key(self) -> str:
        """The key of the settings that names the device."""
        return f"{self.value}_device_id"


def roles_of(device: Device) -> tuple[Role, ...]:
    """The roles that a device can fill; none for a hub, a lamp or a lock."""
    kind = device.type.lower()
    if device.infrared:
        return (Role.AIRCON,) if "air conditioner" in kind else ()
    if kind.startswith(PLUGS):
        return (Role.AIRCON,)
    measures = any(word in kind for word in MEASURES) and not any(word in kind for word in NO_TEMPERATURE)
    return (Role.METER, Role.OUTDOOR) if measures else ()
