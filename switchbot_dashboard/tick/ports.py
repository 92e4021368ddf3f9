"""What a tick needs of the world, as shapes. Adapters fit them; nothing here imports an adapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from ..domain.errors import CloudError
from ..domain.record import Call, Catalogue, House, Order, Receipt, Record, Step, ZoneState
from ..domain.settings import Settings

Clock: TypeAlias = Callable[[], datetime]
"""The present instant, aware and in UTC."""

Status: TypeAlias = Mapping[str, object]
"""The body of a device's status as the cloud sent it, unchecked."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One step to be sent, and the instant before which it must not leave."""

    step: Step
    leave_at: datetime


class Devices(Protocol):
    """The cloud, or the virtual home. No method raises a CloudError: an error is an answer.

    Each method returns by `until` at the latest, whatever hangs; what was not answered by then is `Unreachable`, for
    a step a receipt with `unknown`. `spent` hands over the tries counted since it was last asked.
    """

    def read(self, device_ids: Sequence[str], until: datetime) -> Mapping[str, Status | CloudError]: ...

    def send(self, dispatches: Sequence[Dispatch], until: datetime) -> Sequence[Receipt]: ...

    def catalogue(self, until: datetime) -> Catalogue | CloudError: ...

    def spent(self) -> Sequence[Call]: ...


@dataclass(frozen=True, slots=True)
class Saved:
    """What a tick leaves behind, written in one transaction. `closed` are the ids of orders whose fate is known."""

    at: datetime
    trigger: str
    duration_ms: int
    failed: bool
    states: Sequence[ZoneState]
    records: Sequence[Record]
    closed: Sequence[str] = ()
    calls: Sequence[Call] = ()
    catalogue: Catalogue | None = None


class Store(Protocol):
    """The memory. `load` takes four reads at most, `intend` and `save` one write transaction each.

    `save` returns the records with their ids.
    """

    def load(self, now: datetime) -> House: ...

    def intend(self, orders: Sequence[Order], calls: Sequence[Call]) -> None: ...

    def save(self, saved: Saved) -> Sequence[Record]: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a tick touches. `settings` is None while no valid settings are known."""

    clock: Clock
    settings: Callable[[], Settings | None]
    devices: Devices
    store: Store
