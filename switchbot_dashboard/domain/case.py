"""One zone at one instant: all that the rules ask about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .push import Push
from .record import Catalogue, Mode, Turn, ZoneState
from .settings import Settings, Zone
from .windows import Opening, opening_at

PLUGS = ("plug", "relay")


@dataclass(frozen=True, slots=True)
class Machine:
    """The air conditioner as it can be spoken to.

    `sets_all` is true where one command carries set point, mode and fan; the others know only on and off. `repeat_safe`
    is false for a toggle: the same command twice would undo itself. `has_status` is true where the cloud can be asked.
    """

    device: str
    sets_all: bool
    repeat_safe: bool
    has_status: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A zone, what is known of it and how its windows stand at `now`; `push` is what its meter last reported."""

    settings: Settings
    zone: Zone
    state: ZoneState
    opening: Opening
    machine: Machine
    catalogue: Catalogue | None
    now: datetime
    push: Push | None = None

    @property
    def power(self) -> bool | None:
        """The assumed power; a toggle whose state nobody knows counts as off, since guessing on would switch it."""
        known = self.state.aircon.power
        return False if known is None and not self.machine.repeat_safe else known

    @property
    def held(self) -> bool:
        """Whether a person's choice still stands."""
        hold = self.state.hold
        return hold is not None and (hold.until is None or self.now < hold.until)

    @property
    def preheating(self) -> bool:
        """Whether an early start for the coming window is under way."""
        prepared = self.state.learned.preheat
        return prepared is not None and prepared == self.opening.opens_at and self.zone.optimal_start_enabled

    @property
    def last_tick(self) -> datetime | None:
        """When the zone was last served."""
        return self.state.verdict.at if self.state.verdict else None

    @property
    def last_mode(self) -> Mode | None:
        """The polling mode of the last tick."""
        return self.state.wake.mode if self.state.wake else None

    def edge_since(self, instant: datetime) -> bool:
        """Whether a window opened or closed after `instant` and up to now."""
        return crossed_edge(self.zone, self.settings, instant, self.now)

    @property
    def edge_within(self) -> datetime | None:
        """The edge that this tick serves: the one crossed since the last tick, not more than a minute ago."""
        span = self.opening.current
        if span is not None and self.last_tick is not None and self.last_tick < span.opens:
            return span.opens if self.now - span.opens < timedelta(minutes=1) else None
        return None


def case_of(
    settings: Settings,
    zone: Zone,
    state: ZoneState,
    catalogue: Catalogue | None,
    now: datetime,
    push: Push | None = None,
) -> Case:
    """The zone's case at `now`."""
    opening = opening_at(zone.windows, settings.tz, now)
    return Case(settings, zone, state, opening, machine_of(zone, catalogue), catalogue, now, push)


def crossed_edge(zone: Zone, settings: Settings, since: datetime, now: datetime) -> bool:
    """Whether a window of the zone opened or closed after `since` and up to `now`."""
    edge = opening_at(zone.windows, settings.tz, since).next_edge
    return edge is not None and edge <= now


def machine_of(zone: Zone, catalogue: Catalogue | None) -> Machine:
    """How the zone's air conditioner can be spoken to, by what the account lists.

    A device that the account does not list is taken for an air conditioner's remote. A remote learned by hand
    (`DIY …`) is a toggle until the zone says otherwise; so is everything while the account was never listed.
    """
    device = catalogue.device(zone.aircon_device_id) if catalogue and zone.aircon_device_id else None
    kind = device.type if device else ""
    by_hand = kind.upper().startswith("DIY")
    safe = zone.repeat_safe if zone.repeat_safe is not None else catalogue is not None and not by_hand
    physical = device is not None and not device.infrared
    sets_all = not physical and kind in ("", "Air Conditioner")
    has_status = physical and kind.lower().startswith(PLUGS)
    return Machine(zone.aircon_device_id, sets_all, safe, has_status)


def active(turn: Turn) -> bool:
    """Whether a turn heats or cools; the fan alone does neither."""
    return turn is Turn.ON
