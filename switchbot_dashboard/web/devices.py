"""The account's devices and scenes as last listed, what is known of each, and which zone uses them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from ..domain.hint import pictured
from ..domain.push import plain_id, rhythm_of
from ..domain.record import Catalogue, Device, House, ZoneState
from ..domain.roles import Role, roles_of
from ..domain.settings import Settings, Zone
from ..domain.settings_edit import zone_change
from .access import admin, caller, member, service
from .errors import Refusal
from .i18n import age, moment, number, percent, span, temp
from .terms import aircon_words, name_of
from .told import in_force, told
from .words import opened

devices = Blueprint("devices", __name__)

LISTING_CALLS = 2  # one for the devices, one for the scenes
SLOTS: Mapping[str, object] = {
    "winter": _l("to heat"),
    "summer": _l("to cool"),
    "fan": _l("for the fan"),
    "off": _l("to turn off"),
}
ROLES: Mapping[Role, object] = {
    Role.METER: _l("meter"),
    Role.AIRCON: _l("air conditioner"),
    Role.OUTDOOR: _l("outdoor meter"),
}

Fact = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Use:
    """A way in which a zone may use a device or scene: a button, or (`taken`) what it is already."""

    zone: str
    role: str
    words: str
    taken: bool
    free: str = ""  # the words for giving it back


@dataclass(frozen=True, slots=True)
class Thing:
    """A device, remote or scene."""

    id: str
    name: str
    kind: str
    facts: Sequence[Fact]
    uses: Sequence[Use]
    raw: str = ""


@dataclass(frozen=True, slots=True)
class DevicesPage:
    """All that the account lists; `lost` are devices that a zone names and the account does not."""

    listed: str
    things: Sequence[Thing]
    remotes: Sequence[Thing]
    scenes: Sequence[Thing]
    lost: Sequence[str]
    admin: bool
    cost: str


@devices.get("/devices")
@member
def shown() -> str:
    """The page; it costs no call."""
    handed, now = service(), service().clock()
    settings = in_force()
    house = pictured(handed.memory.load(now), settings, now)
    page = devices_page(
        handed.memory.catalogue(), settings, house, now, admin=caller().admin, stated=handed.settings.current
    )
    return render_template("devices/page.html", page=page)


@devices.post("/devices/refresh")
@admin
def refresh() -> AnyResponse:
    """Lists the account anew."""

    def list_anew() -> tuple[str, str]:
        found = service().refresh_devices()
        things = ngettext("%(count)s device", "%(count)s devices", len(found.devices), count=number(len(found.devices)))
        scenes = ngettext("%(count)s scene", "%(count)s scenes", len(found.scenes), count=number(len(found.scenes)))
        words = _(
            "The account has %(things)s and %(scenes)s. It cost %(calls)s.", things=things, scenes=scenes, calls=_cost()
        )
        return words, "ok"

    return told(list_anew, "/devices")


@devices.post("/devices/use")
@admin
def use() -> AnyResponse:
    """Makes a device the meter or the air conditioner of a zone."""
    zone, role, chosen = _zone_asked(), request.form.get("role", ""), request.form.get("id", "")
    catalogue = service().memory.catalogue()
    device = catalogue.device(chosen) if catalogue else None
    if role not in list(Role):
        raise Refusal(422, _("A zone has no device of this kind."))
    if device is None or Role(role) not in roles_of(device):
        raise Refusal(422, _("The account lists no device of this id that could serve as that."))

    def change() -> tuple[str, str]:
        _change(zone, {Role(role).key: chosen})
        words = _(
            "%(device)s is now the %(role)s of %(zone)s.", device=device.name, role=ROLES[Role(role)], zone=zone.name
        )
        return words, "ok"

    return told(change, "/devices")


@devices.post("/devices/stop")
@admin
def stop_using() -> AnyResponse:
    """Takes a role back that a zone's device was given."""
    zone, role, chosen = _zone_asked(), request.form.get("role", ""), request.form.get("id", "")
    if role not in list(Role):
        raise Refusal(422, _("A zone has no device of this kind."))
    if not chosen or chosen not in _stated(zone.id, Role(role)):
        raise Refusal(422, _("%(zone)s does not use this device as that any more.", zone=zone.name))

    def change() -> tuple[str, str]:
        _change(zone, {Role(role).key: ""})
        return _given_back(zone, Role(role), chosen), "ok"

    return told(change, "/devices")


def _given_back(zone: Zone, role: Role, chosen: str) -> str:
    """What a zone does without the device it had."""
    catalogue, settings = service().memory.catalogue(), in_force()
    name = name_of(chosen, catalogue)
    words = str(_("%(device)s is no longer the %(role)s of %(zone)s.", device=name, role=ROLES[role], zone=zone.name))
    lent = next((getattr(each, role.key) for each in settings.all_zones if each.id == zone.id), "") if settings else ""
    if lent:
        after = _("The virtual home lends it %(device)s.", device=name_of(lent, catalogue))
    elif role is Role.OUTDOOR:
        return words
    else:
        after = _("Nothing is switched there until another one is chosen.")
    return f"{words} {after}"


def _stated(zone_id: str, role: Role) -> set[str]:
    """What the file names for a zone, not what the virtual home lends it."""
    current = service().settings.current
    return {getattr(zone, role.key) for zone in current.all_zones if zone.id == zone_id} if current else set()


@devices.post("/devices/scene")
@admin
def use_scene() -> AnyResponse:
    """Lets a zone run a scene for one of its actions, or the direct command again (no `id`)."""
    zone, slot, chosen = _zone_asked(), request.form.get("role", ""), request.form.get("id", "")
    catalogue = service().memory.catalogue()
    name = catalogue.scenes.get(chosen) if catalogue else None
    if slot not in SLOTS:
        raise Refusal(422, _("There is no action of this name."))
    if chosen and name is None:
        raise Refusal(422, _("The account lists no scene of this id."))

    def change() -> tuple[str, str]:
        _change(zone, {"aircon_scenes": {slot: chosen}})
        if name is None:
            return _("%(zone)s runs no scene %(slot)s any more.", zone=zone.name, slot=SLOTS[slot]), "ok"
        return _("%(zone)s now runs “%(scene)s” %(slot)s.", zone=zone.name, scene=name, slot=SLOTS[slot]), "ok"

    return told(change, "/devices")


def _zone_asked() -> Zone:
    settings, asked = in_force(), request.form.get("zone", "")
    found = next((zone for zone in settings.all_zones if zone.id == asked), None) if settings else None
    if found is None:
        raise Refusal(422, _("There is no zone of this name."), fields={"zone": _("There is no zone of this name.")})
    return found


def _change(zone: Zone, change: Mapping[str, object]) -> None:
    desk = service().settings
    desk.patch(zone_change(json.loads(desk.text), zone.id, change), desk.etag)


def _cost() -> str:
    return str(ngettext("%(count)s call", "%(count)s calls", LISTING_CALLS, count=number(LISTING_CALLS)))


# The view model


def devices_page(
    catalogue: Catalogue | None,
    settings: Settings | None,
    house: House,
    now: datetime,
    *,
    admin: bool,
    stated: Settings | None = None,
) -> DevicesPage:
    """The page for someone who may change settings (`admin`) or not. `stated` is what the file itself says."""
    zones = settings.all_zones if settings else ()
    named = {zone.id: zone for zone in stated.all_zones} if stated else {}
    found = catalogue.devices if catalogue else ()
    names = {device.id: device.name for device in found}
    things = [_thing(device, zones, named, house, names, now) for device in found]
    scenes = catalogue.scenes.items() if catalogue else ()
    listed = ""
    if catalogue is not None:
        listed = _(
            "Last listed: %(time)s (%(age)s).",
            time=moment(catalogue.fetched_at, today=now),
            age=age(catalogue.fetched_at, now),
        )
    return DevicesPage(
        listed=listed,
        things=[thing for thing, device in zip(things, found, strict=True) if not device.infrared],
        remotes=[thing for thing, device in zip(things, found, strict=True) if device.infrared],
        scenes=[_scene(scene, name, zones) for scene, name in scenes],
        lost=tuple(_lost(zones, catalogue)) if catalogue else (),
        admin=admin,
        cost=_cost(),
    )


def _thing(
    device: Device,
    zones: Sequence[Zone],
    named: Mapping[str, Zone],
    house: House,
    names: Mapping[str, str],
    now: datetime,
) -> Thing:
    facts: list[Fact] = []
    for zone in zones:
        facts += _known(device, zone, house.states.get(zone.id, ZoneState(zone.id)), now)
    facts += _reports(device, house, now)
    if device.hub and device.hub != device.id:
        facts.append((_("Hub"), names.get(device.hub, device.hub)))
    if not device.infrared:
        cloud = {True: _("enabled"), False: _("disabled: it cannot be reached"), None: _("not told")}[
            device.cloud_enabled
        ]
        facts.append((_("Cloud service"), cloud))
    firmware = next((str(device.raw[key]) for key in ("version", "firmwareVersion") if device.raw.get(key)), "")
    facts += [(_("Firmware"), firmware)] if firmware else []
    uses = [
        _use(device, zone, role, named.get(zone.id), alone=len(zones) == 1)
        for zone in zones
        for role in roles_of(device)
    ]
    raw = json.dumps(dict(device.raw), indent=2, ensure_ascii=False) if device.raw else ""
    return Thing(device.id, device.name, device.type or _("type not told"), tuple(dict.fromkeys(facts)), uses, raw)


def _known(device: Device, zone: Zone, state: ZoneState, now: datetime) -> list[Fact]:
    """What a zone's last tick says about the device."""
    facts: list[Fact] = []
    reading = state.reading
    if device.id == zone.meter_device_id and reading is not None:
        value = f"{temp(reading.tenths)}, {percent(reading.humidity)}"
        facts.append((_("Last value"), f"{value} ({age(reading.read_at, now)})"))
        facts += [(_("Battery"), percent(reading.battery))] if reading.battery is not None else []
    if device.id == zone.aircon_device_id:
        facts.append((_("Assumed"), aircon_words(state.aircon)))
    return facts


def _reports(device: Device, house: House, now: datetime) -> list[Fact]:
    """Whether the device tells of its readings by itself, how often, and when it last did."""
    push = house.pushes.get(plain_id(device.id))
    if push is None:
        return []
    rhythm, last = rhythm_of(push), age(push.arrived_at, now)
    if rhythm is None:
        return [(_("Reports by itself"), _("last %(age)s", age=last))]
    usual = span(round(rhythm.usual.total_seconds()))
    return [(_("Reports by itself"), _("about every %(span)s, last %(age)s", span=usual, age=last))]


def _use(device: Device, zone: Zone, role: Role, named: Zone | None, *, alone: bool) -> Use:
    words, taken = ROLES[role], getattr(zone, role.key) == device.id
    free = ""
    if taken:
        text = _("In use as %(role)s", role=words) if alone else _("%(role)s of %(zone)s", role=words, zone=zone.name)
        if named is not None and getattr(named, role.key) == device.id:
            free = _("Stop using it as %(role)s", role=words) + ("" if alone else f" ({zone.name})")
    else:
        text = (
            _("Use as %(role)s", role=words) if alone else _("Use as %(role)s of %(zone)s", role=words, zone=zone.name)
        )
    return Use(zone.id, role.value, opened(text).rstrip("."), taken, free)


def _scene(scene: str, name: str, zones: Sequence[Zone]) -> Thing:
    uses = [_scene_use(scene, zone, slot, alone=len(zones) == 1) for zone in zones for slot in SLOTS]
    return Thing(scene, name, "", (), uses)


def _scene_use(scene: str, zone: Zone, slot: str, *, alone: bool) -> Use:
    taken = getattr(zone.aircon_scenes, slot) == scene
    where = "" if alone else f" ({zone.name})"
    if taken:
        give_back = _("Stop using it %(slot)s", slot=SLOTS[slot]) + where
        return Use(zone.id, slot, _("In use %(slot)s", slot=SLOTS[slot]) + where, True, give_back)
    return Use(zone.id, slot, _("Use %(slot)s", slot=SLOTS[slot]) + where, False)


def _lost(zones: Sequence[Zone], catalogue: Catalogue) -> list[str]:
    """Devices and scenes that a zone names and the account does not list."""
    found: list[str] = []
    for zone in zones:
        for role in Role:
            named = getattr(zone, role.key)
            if named and catalogue.device(named) is None:
                found.append(
                    _("%(zone)s names %(id)s as its %(role)s, which the account does not list.")
                    % {"zone": zone.name, "id": named, "role": ROLES[role]}
                )
        for slot, words in SLOTS.items():
            scene = getattr(zone.aircon_scenes, slot)
            if scene and scene not in catalogue.scenes:
                found.append(
                    _("%(zone)s names the scene %(id)s %(slot)s, which the account does not list.")
                    % {"zone": zone.name, "id": scene, "slot": words}
                )
    return found
