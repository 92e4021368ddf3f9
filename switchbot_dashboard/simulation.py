"""Whole days in seconds: the real tick on a pretend clock over a virtual home, measured. Joins the rooms it needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .domain.measures import Figures, Moment, Tally
from .domain.record import Call, Order, Record, ZoneState
from .domain.settings import Settings, Zone
from .domain.windows import spans_between
from .simulator import (
    RoomSpec,
    VirtualHome,
    Weather,
    World,
    aircon_id_for,
    kind_of,
    meter_id_for,
    outdoor_id_for,
)
from .simulator.virtual import INFRARED_LOSS
from .simulator.world import MemoryWorld
from .store.memory import MemoryStore
from .tick.ports import Ports, Saved
from .tick.rehearsal import PretendClock
from .tick.run import run_tick

DAY = timedelta(days=1)
SOONEST = timedelta(milliseconds=1)


def rooms_for(settings: Settings) -> list[RoomSpec]:
    """A usual room for each zone."""
    return [room_for(zone) for zone in settings.all_zones]


def room_for(zone: Zone) -> RoomSpec:
    """A usual room for a zone, with the scenes that it names."""
    scenes = {name: getattr(zone.aircon_scenes, name) for name in ("winter", "summer", "fan", "off")}
    named = scenes if any(scenes.values()) else None
    return RoomSpec(
        zone.id, zone.name, zone.meter_device_id, zone.aircon_device_id, kind_of(zone.aircon_device_id), named
    )


@dataclass(frozen=True)
class Stage:
    """What several runs have in common: the days, the seed of all chance, the weather, the rooms and how they begin.

    `step` is the time in seconds between two moments that are measured; `keep`: the moments are kept for a picture.
    """

    start: datetime
    days: int
    seed: int = 1
    weather: Weather | None = None
    rooms: Callable[[Settings], Sequence[RoomSpec]] = rooms_for
    world: World | None = None
    states: Sequence[ZoneState] = ()
    infrared_loss: float = INFRARED_LOSS
    step: int = 60
    keep: bool = False

    @property
    def end(self) -> datetime:
        """The first instant after the days."""
        return self.start + DAY * self.days


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it: figures by zone, calls a day by purpose, ticks in all, and the moments and call times kept."""

    zones: Mapping[str, Figures]
    calls: Mapping[str, float]
    ticks: int
    moments: Mapping[str, Sequence[Moment]] = field(default_factory=dict)
    calls_by_hour: Mapping[int, int] = field(default_factory=dict)


class _Ledger(MemoryStore):
    """A memory that keeps nothing but what the next tick needs, and counts what was spent."""

    def __init__(self) -> None:
        super().__init__(keep=1)
        self.by_purpose: Counter[str] = Counter()
        self.by_hour: Counter[int] = Counter()

    def intend(self, orders: Sequence[Order], calls: Sequence[Call]) -> None:
        self._add(calls)
        super().intend(orders, calls)

    def save(self, saved: Saved) -> Sequence[Record]:
        self._add(saved.calls)
        return super().save(saved)

    def _add(self, calls: Sequence[Call]) -> None:
        for call in calls:
            self.by_purpose[call.purpose] += call.count
            self.by_hour[call.hour] += call.count


def run(settings: Settings, stage: Stage, on_tick: Callable[[datetime], object] = lambda now: None) -> Run:
    """Live through the days with these settings. `on_tick` hears of the time that has been reached."""
    furnished = settings.with_devices(meter=meter_id_for, aircon=aircon_id_for, outdoor=outdoor_id_for)
    clock, store = PretendClock(stage.start), _Ledger()
    home = VirtualHome(
        list(stage.rooms(furnished)),
        clock,
        seed=stage.seed,
        weather=stage.weather,
        worlds=MemoryWorld(stage.world),
        outdoor_meter_ids=sorted({zone.outdoor_meter_device_id for zone in furnished.all_zones}),
        infrared_loss=stage.infrared_loss,
    )
    if stage.states:
        store.save(Saved(stage.start, "simulation", 0, False, stage.states, ()))
    ports = Ports(clock, lambda: furnished, home, store)
    tallies = [_tally(zone, furnished, stage) for zone in furnished.all_zones]
    used = {tally.zone.id: home.room(tally.zone.id).use.kwh for tally in tallies}
    ticks = 0
    while clock.now < stage.end:
        turned = run_tick(ports, "scheduler")
        ticks += 1
        on_tick(clock.now)
        following = min(max(turned.wake_at, clock.now + SOONEST), stage.end)
        instants = _grid(clock.now, following, stage.step)
        for tally in tallies:
            tally.take_in(turned.records)
            for at, room, shown in home.course(tally.zone.id, instants):
                tally.pass_by(at, room.temperature, shown, room.unit.power)
        clock.now = following
    return Run(
        zones={
            tally.zone.id: tally.figures(home.room(tally.zone.id).use.kwh - used[tally.zone.id]) for tally in tallies
        },
        calls={purpose: count / stage.days for purpose, count in sorted(store.by_purpose.items())},
        ticks=ticks,
        moments={tally.zone.id: tally.kept for tally in tallies if tally.kept is not None},
        calls_by_hour=dict(store.by_hour) if stage.keep else {},
    )


def _tally(zone: Zone, settings: Settings, stage: Stage) -> Tally:
    spans = spans_between(zone.windows, settings.tz, stage.start, stage.end)
    return Tally(zone, spans, stage.step, [] if stage.keep else None)


def _grid(after: datetime, until: datetime, step: int) -> range:
    """The whole steps after an instant and up to another, in epoch seconds."""
    first, last = int(after.timestamp() // step) + 1, int(until.timestamp() // step)
    return range(first * step, last * step + 1, step)
