"""What the virtual home is made of when nobody says otherwise, and which ids say more than a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .chance import lot
from .house import Envelope
from .weather import Weather

METER_ID = "VIRTUALMETER01"
AIRCON_ID = "02-VIRTUAL-AIRCON"
OUTDOOR_METER_ID = "VIRTUALOUTDOOR01"
PLUG_ID = "VIRTUALPLUG01"
DIY_AIRCON_ID = "02-VIRTUAL-DIY-AIRCON"
HUB_ID = "VIRTUALHUB01"
HOME = "home"

SEASONS = {"winter": "23,5,3,on", "summer": "24,2,3,on", "fan": "23,4,3,on", "off": ""}
"""The scenes of a room with an air conditioner, and what they send; empty: `turnOff`."""


class Kind(StrEnum):
    """What heats or cools a room."""

    INFRARED = "infrared"  # takes `setAll`, never answers
    DIY = "diy"  # replays one learned button: whatever is sent, the power changes over
    PLUG = "plug"  # a heater on a plug, with a status


@dataclass(frozen=True, slots=True)
class RoomSpec:
    """One room, with its devices in the cloud's ids (either may be empty: there is none). `id` names its state.

    `scenes` maps `winter`, `summer`, `fan` and `off` to scene ids; left out, ids made from `id` are listed. `weather`
    is what this room feels of the weather, where that is something else than the home's.
    """

    id: str
    name: str
    meter_id: str
    aircon_id: str
    kind: Kind = Kind.INFRARED
    scenes: Mapping[str, str] | None = None
    envelope: Envelope = field(default_factory=Envelope)
    weather: Weather | None = None


def meter_id_for(zone: str) -> str:
    """The meter of a zone that names none."""
    return METER_ID if zone == HOME else f"VIRTUALMETER-{_short(zone)}"


def aircon_id_for(zone: str) -> str:
    """The air conditioner of a zone that names none."""
    return AIRCON_ID if zone == HOME else f"{AIRCON_ID}-{_short(zone)}"


def outdoor_id_for(zone: str) -> str:
    """The outdoor meter of a zone that names none: all share one."""
    return OUTDOOR_METER_ID


def _short(zone: str) -> str:
    """Letters and digits of a zone's id, with a mark that keeps two zones apart, in the form of a device id."""
    if zone == HOME:
        return "HOME"
    letters = "".join(sign for sign in zone.upper() if sign.isascii() and sign.isalnum())
    return f"{letters[:20]}{int(lot(zone) * 0xFFFF):04X}"


def kind_of(aircon_id: str) -> Kind:
    """What an id promises: the virtual plug and the virtual DIY remote are known by their ids."""
    if aircon_id.startswith(PLUG_ID.rstrip("0123456789")):
        return Kind.PLUG
    if aircon_id.startswith(DIY_AIRCON_ID):
        return Kind.DIY
    return Kind.INFRARED


def scene_ids(room: RoomSpec) -> Mapping[str, str]:
    """The ids of a room's scenes by season: four with an air conditioner, on and off with a simpler unit."""
    if not room.aircon_id:
        return {}
    if room.scenes is not None:
        return {season: scene for season, scene in room.scenes.items() if season in SEASONS and scene}
    seasons = SEASONS if room.kind is Kind.INFRARED else ("winter", "off")
    return {season: f"T02-{_short(room.id)}-{season.upper()}" for season in seasons}


def rooms_of(zones: Sequence[tuple[str, str, str, str]]) -> tuple[RoomSpec, ...]:
    """A room for each zone, given as (id, name, meter id, air conditioner id), and a storeroom with a plug."""
    rooms = [RoomSpec(zone, name, meter, aircon, kind_of(aircon)) for zone, name, meter, aircon in zones]
    if all(PLUG_ID not in (room.meter_id, room.aircon_id) for room in rooms):
        rooms.append(RoomSpec("storeroom", "Storeroom", "", PLUG_ID, Kind.PLUG))
    return tuple(rooms)
