"""Where readings come from: the cloud, or the virtual home with its first week."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Config
from .domain.sentence import say
from .domain.settings import Settings
from .store.memory import MemoryStore
from .tick.ports import Clock, Devices, Ports, Saved
from .tick.rehearsal import PretendClock, tick_every

if TYPE_CHECKING:
    from .switchbot.hooks import Hooks

WEEK, STEP = timedelta(days=7), timedelta(minutes=10)
WORLD_FILE = "virtual-home.json"


@dataclass(frozen=True)
class Source:
    """The devices behind the tick's port. `fill` names the devices that settings leave open.

    `give_way` ends a reading that hangs, `stop` every call, also later ones. `rehearse` runs the real tick over the
    week before an instant and returns what it leaves; the cloud has none. `skew` is how far our clock is ahead of the
    cloud's, as its last answer told. `hooks` is the account's webhook; the virtual home has none.
    """

    devices: Devices
    fill: Callable[[Settings], Settings]
    give_way: Callable[[], None]
    stop: Callable[[], None]
    rehearse: Callable[[Settings, datetime], Sequence[Saved]] | None = None
    skew: Callable[[], timedelta | None] = lambda: None
    hooks: Hooks | None = None


def cloud(config: Config, clock: Clock, daily_limit: Callable[[], int], spent_today: Callable[[], int]) -> Source:
    """The account behind the credentials."""
    from .switchbot import Client, Cloud
    from .switchbot.hooks import Hooks

    client = Client(
        config.api_base_url,
        config.token,
        config.secret,
        clock=clock,
        attempts=config.retry_attempts,
        first_delay=config.retry_delay_seconds,
        timeout=config.timeout_seconds,
    )
    account = Cloud(client, clock=clock, daily_limit=daily_limit, spent_today=spent_today)
    hooks = Hooks(client)
    return Source(
        account, lambda settings: settings, account.give_way, account.close, skew=lambda: client.skew, hooks=hooks
    )


def virtual_home(config: Config, clock: Clock) -> Source:
    """A house of our own in the data folder, for whoever has no credentials."""
    from .simulator import MemoryWorld, VirtualHome, WorldFile, aircon_id_for, meter_id_for, outdoor_id_for, rooms_of

    stopping, faults = threading.Event(), config.virtual_home_faults
    world = WorldFile(Path(config.data_dir) / WORLD_FILE)
    home = VirtualHome((), clock, worlds=world, sleep=stopping.wait, faults=faults)

    def rooms(settings: Settings) -> list[tuple[str, str, str, str]]:
        return [(zone.id, zone.name, zone.meter_device_id, zone.aircon_device_id) for zone in settings.all_zones]

    def fill(settings: Settings) -> Settings:
        filled = settings.with_devices(meter=meter_id_for, aircon=aircon_id_for, outdoor=outdoor_id_for)
        outdoors = {zone.outdoor_meter_device_id for zone in filled.all_zones}
        home.furnish(rooms_of(rooms(filled)), sorted(outdoors))
        return filled

    def rehearse(settings: Settings, now: datetime) -> Sequence[Saved]:
        begins = now - WEEK
        pretend = PretendClock(begins.replace(minute=begins.minute // 10 * 10, second=0, microsecond=0))
        memory, store = MemoryWorld(), MemoryStore()
        stand_in = VirtualHome.for_zones(rooms(settings), pretend, worlds=memory)
        tick_every(STEP, Ports(pretend, lambda: settings, stand_in, store), pretend, now, "rehearsal")
        world.save(memory.load())
        return [_stepped(saved) for saved in store.saved]

    return Source(home, fill, lambda: None, stopping.set, rehearse)


def _stepped(saved: Saved) -> Saved:
    """A rehearsed tick whose records announce the step that followed, not the wake that a real home would have had."""
    why = say("the first week was run through in steps of {step:span}", step=round(STEP.total_seconds()))
    at, seconds = saved.at + STEP, round(STEP.total_seconds())
    records = [
        replace(record, wake=replace(record.wake, at=at, look_at=at, interval_seconds=seconds, reason=why))
        for record in saved.records
    ]
    return replace(saved, records=records)
