"""A pretend clock and a scripted cloud, for tests of the tick."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from switchbot_dashboard.domain.errors import CloudError
from switchbot_dashboard.domain.record import Call, Catalogue, Device, Receipt, Record, Step
from switchbot_dashboard.domain.settings import Settings, parse_settings
from switchbot_dashboard.store.memory import MemoryStore
from switchbot_dashboard.tick.part import Wish
from switchbot_dashboard.tick.ports import Dispatch, Ports
from switchbot_dashboard.tick.run import Turned, run_tick

METER, AIRCON, PLUG, DIY = "METER01", "02-AIRCON", "PLUG01", "02-DIY"
REMOTES = {AIRCON: "Air Conditioner", DIY: "DIY Air Conditioner"}


def at(text: str) -> datetime:
    """An instant from `2026-01-05 06:30` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def settings(**keys: Any) -> Settings:
    """Settings for one zone in UTC with a meter and a remote, automation on, changed by `keys`."""
    base: dict[str, Any] = {
        "automation_enabled": True,
        "timezone": "UTC",
        "meter_device_id": METER,
        "aircon_device_id": AIRCON,
        "turn_off_outside_windows": True,
        "poll_interval_seconds": 60,
        "idle_poll_interval_seconds": 300,
        "poll_warmup_minutes": 10,
        "time_windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "06:30", "end": "08:30"}],
    }
    return parse_settings(json.dumps(base | keys))


@dataclass
class Cloud:
    """A cloud by script: `temperature` may be a number, text, a whole status body or an error; `refuse` names steps."""

    now: Callable[[], datetime]
    temperature: Any = 21.0
    refuse: dict[str, Receipt] = field(default_factory=dict)
    scenes: dict[str, str] = field(default_factory=dict)
    plug: bool = False
    reads: list[tuple[datetime, str]] = field(default_factory=list)
    sent: list[tuple[datetime, Step]] = field(default_factory=list)
    counted: int = 0
    total: int = 0  # of all calls, those handed over before a command included

    def read(self, device_ids: Sequence[str], until: datetime) -> Mapping[str, Any]:
        self.reads += [(self.now(), device) for device in device_ids]
        self.counted += len(device_ids)
        return {device: self._status(device) for device in device_ids}

    def _status(self, device: str) -> Any:
        if device == PLUG:
            return {"power": "on" if self.plug else "off"}
        if isinstance(self.temperature, CloudError | dict):
            return self.temperature
        return {"temperature": self.temperature, "humidity": 45, "battery": 100}

    def send(self, dispatches: Sequence[Dispatch], until: datetime) -> Sequence[Receipt]:
        receipts = []
        for dispatch in dispatches:
            leaves = max(self.now(), dispatch.leave_at)
            self.sent.append((leaves, dispatch.step))
            self.counted += 1
            refused = self.refuse.get(dispatch.step.scene or dispatch.step.command)
            receipts.append(refused or Receipt(True, leaves))
        return receipts

    def catalogue(self, until: datetime) -> Catalogue:
        self.counted += 2
        devices = [Device(METER, "Meter", "Meter", False), Device(PLUG, "Heater", "Plug", False)]
        devices += [Device(remote, kind, kind, True) for remote, kind in REMOTES.items()]
        return Catalogue(tuple(devices), self.scenes, self.now())

    def spent(self) -> Sequence[Call]:
        counted, self.counted = self.counted, 0
        self.total += counted
        return [Call(int(self.now().timestamp()) // 3600, "read", "status", counted)] if counted else []

    @property
    def commands(self) -> list[str]:
        """What was sent, in short."""
        return [step.scene or f"{step.command} {step.parameter}".removesuffix(" default") for _, step in self.sent]


class Home:
    """A home on a pretend clock: set the time or walk through it from wake to wake."""

    def __init__(self, now: str, **keys: Any) -> None:
        self.time = at(now)
        self.settings: Settings | None = settings(**keys)
        self.cloud = Cloud(lambda: self.time)
        self.store = MemoryStore()
        self.ports = Ports(lambda: self.time, lambda: self.settings, self.cloud, self.store)
        self.turned: Turned | None = None

    def tick(self, trigger: str = "scheduler", **how: Any) -> Record:
        """One tick now; its first record."""
        self.turned = run_tick(self.ports, trigger, **how)
        return self.store.records[-1]

    def press(self, action: str, zone: str = "home") -> Record:
        """A button, now."""
        return self.tick("manual", wish=Wish(action, (zone,)))

    def tick_at(self, now: str) -> Record:
        """One tick at an instant, for all zones."""
        self.time = at(now)
        return self.tick(every_zone=True)

    def walk(self, until: str, each: Callable[[], None] = lambda: None) -> list[Record]:
        """Follow the wakes to an instant; the records on the way."""
        before = len(self.store.records)
        self.turned = self.turned or run_tick(self.ports, "start", every_zone=True)
        while self.turned.wake_at <= at(until):
            assert self.turned.wake_at >= self.time, "a wake in the past"
            self.time = self.turned.wake_at
            each()
            self.turned = run_tick(self.ports, "scheduler")
        self.time = at(until)
        return self.store.records[before:]

    @property
    def state(self) -> Any:
        """What is known of the zone `home`."""
        return self.store.load(self.time).states["home"]

    def after(self, **span: float) -> None:
        """Let time pass."""
        self.time += timedelta(**span)
