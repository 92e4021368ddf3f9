"""The cloud's lists as values. A bad item is passed over; the rest of the list is not lost to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..domain.errors import NotUnderstood
from ..domain.record import Catalogue, Device
from ..domain.sentence import say

NO_HUB = "000000000000"


def catalogue(devices_body: Mapping[str, object], scenes_body: Sequence[object], now: datetime) -> Catalogue:
    """The account's devices, remotes and scenes as listed at `now`. Raises NotUnderstood when there is no list."""
    things, remotes = devices_body.get("deviceList"), devices_body.get("infraredRemoteList")
    if not isinstance(things, list) and not isinstance(remotes, list):
        raise NotUnderstood(say("The cloud's answer holds no list of devices. It is asked again."), code="shape")
    found: dict[str, Device] = {}
    for item, infrared in [*((item, False) for item in _list(things)), *((item, True) for item in _list(remotes))]:
        device = _device(item, infrared)
        if device is not None:
            found.setdefault(device.id, device)
    return Catalogue(tuple(found.values()), _scenes(scenes_body), now)


def _device(item: object, infrared: bool) -> Device | None:
    if not isinstance(item, Mapping) or not _text(item, "deviceId"):
        return None
    hub, enabled = _text(item, "hubDeviceId"), item.get("enableCloudService")
    return Device(
        id=_text(item, "deviceId"),
        name=_text(item, "deviceName") or _text(item, "deviceId"),
        type=_text(item, "remoteType" if infrared else "deviceType"),
        infrared=infrared,
        hub="" if hub == NO_HUB else hub,
        cloud_enabled=enabled if isinstance(enabled, bool) else None,
        raw=dict(item),
    )


def _scenes(body: Sequence[object]) -> dict[str, str]:
    items = [item for item in body if isinstance(item, Mapping) and _text(item, "sceneId")]
    return {_text(item, "sceneId"): _text(item, "sceneName") or _text(item, "sceneId") for item in items}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _text(item: Mapping[str, object], key: str) -> str:
    value = item.get(key)
    return value.strip() if isinstance(value, str) else ""
