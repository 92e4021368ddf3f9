"""What the virtual home says, in the cloud's own words: status bodies, the lists of devices and scenes, commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..domain.record import Catalogue, Device
from .defaults import HUB_ID, SEASONS, Kind, RoomSpec, scene_ids
from .house import Envelope, Room

COMMANDS = {
    Kind.INFRARED: ("setAll", "turnOn", "turnOff"),
    Kind.DIY: ("turnOn", "turnOff"),
    Kind.PLUG: ("turnOn", "turnOff", "toggle"),
}
REMOTE_TYPES = {Kind.INFRARED: "Air Conditioner", Kind.DIY: "DIY Air Conditioner"}
PLUG_TYPE = "Plug Mini (US)"
VOLTS = 120.0


def meter(device: str, kind: str, temperature: float, humidity: int, battery: int) -> dict[str, object]:
    """The status of a meter: °C, percent, percent."""
    return {
        "deviceId": device,
        "deviceType": kind,
        "hubDeviceId": HUB_ID,
        "temperature": temperature,
        "humidity": humidity,
        "battery": battery,
        "version": "V2.5",
    }


def plug(device: str, room: Room, envelope: Envelope) -> dict[str, object]:
    """The status of a plug with a heater: `weight` is the present power in W, `electricityOfDay` minutes on today."""
    watts = envelope.running_watts if room.unit.direction else 0.0
    return {
        "deviceId": device,
        "deviceType": PLUG_TYPE,
        "hubDeviceId": HUB_ID,
        "power": "on" if room.unit.power else "off",
        "voltage": VOLTS,
        "weight": watts,
        "electricityOfDay": int(room.use.on_today // 60),
        "electricCurrent": round(1000.0 * watts / VOLTS),
        "version": "V1.4",
    }


def hub(device: str) -> dict[str, object] | None:
    """The status of the hub; a Hub Mini has none but its own names. None for another id."""
    return {"deviceId": HUB_ID, "deviceType": "Hub Mini", "hubDeviceId": HUB_ID} if device == HUB_ID else None


def scene_command(kind: Kind, season: str) -> tuple[str, str]:
    """The command and parameter that a room's scene sends."""
    parameter = SEASONS[season]
    if kind is Kind.INFRARED and parameter:
        return "setAll", parameter
    return ("turnOn" if parameter else "turnOff"), "default"


def catalogue(rooms: Sequence[RoomSpec], outdoor_meter_ids: Sequence[str], now: datetime) -> Catalogue:
    """The account's devices and scenes; a device that two rooms name is listed once."""
    found = [_device(HUB_ID, "Hub", "Hub Mini")]
    for room in rooms:
        if room.meter_id:
            found.append(_device(room.meter_id, f"{room.name} meter", "Meter"))
        if room.aircon_id and room.kind is Kind.PLUG:
            found.append(_device(room.aircon_id, f"{room.name} plug", PLUG_TYPE))
        elif room.aircon_id:
            found.append(_remote(room.aircon_id, f"{room.name} air conditioner", REMOTE_TYPES[room.kind]))
    found.extend(_device(outdoor, "Outdoor meter", "WoIOSensor") for outdoor in outdoor_meter_ids)
    devices = {device.id: device for device in reversed(found)}
    return Catalogue(tuple(reversed(devices.values())), _scenes(rooms), now)


def _scenes(rooms: Sequence[RoomSpec]) -> Mapping[str, str]:
    scenes: dict[str, str] = {}
    for room in rooms:
        for season, scene in scene_ids(room).items():
            scenes.setdefault(scene, f"{room.name} {season}")
    return scenes


def _device(device: str, name: str, kind: str) -> Device:
    raw = {
        "deviceId": device,
        "deviceName": name,
        "deviceType": kind,
        "enableCloudService": True,
        "hubDeviceId": HUB_ID,
    }
    return Device(device, name, kind, infrared=False, hub=HUB_ID, cloud_enabled=True, raw=raw)


def _remote(device: str, name: str, kind: str) -> Device:
    raw = {"deviceId": device, "deviceName": name, "remoteType": kind, "hubDeviceId": HUB_ID}
    return Device(device, name, kind, infrared=True, hub=HUB_ID, raw=raw)
