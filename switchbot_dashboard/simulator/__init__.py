"""The virtual home: a house with weather, meters and air conditioners, behind the same port as the cloud."""

from .defaults import (
    AIRCON_ID,
    DIY_AIRCON_ID,
    METER_ID,
    OUTDOOR_METER_ID,
    PLUG_ID,
    Kind,
    RoomSpec,
    aircon_id_for,
    kind_of,
    meter_id_for,
    outdoor_id_for,
    rooms_of,
)
from .faults import ACCEPTED as ACCEPTED_FAULTS
from .faults import Faults
from .house import Envelope, Room
from .virtual import VirtualHome
from .weather import WINTER_2016, Weather, from_file, temperate
from .world import MemoryWorld, Place, Sample, World, WorldFile, Worlds, from_json, to_json

__all__ = [
    "ACCEPTED_FAULTS",
    "AIRCON_ID",
    "DIY_AIRCON_ID",
    "METER_ID",
    "OUTDOOR_METER_ID",
    "PLUG_ID",
    "WINTER_2016",
    "Envelope",
    "Faults",
    "Kind",
    "MemoryWorld",
    "Place",
    "Room",
    "RoomSpec",
    "Sample",
    "VirtualHome",
    "Weather",
    "World",
    "WorldFile",
    "Worlds",
    "aircon_id_for",
    "from_file",
    "from_json",
    "kind_of",
    "meter_id_for",
    "outdoor_id_for",
    "rooms_of",
    "temperate",
    "to_json",
]
