"""One tick on one screen: what is known, what is owed, what the meters say, what to do, what came of it, when next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..domain.action import staggered
from ..domain.budget import Quota, Ration, quota_of, ration_of, with_more
from ..domain.case import Case, case_of
from ..domain.hint import hinted, push_of, reported
from ..domain.record import House, Record, ZoneState
from ..domain.sentence import Sentence, say
from ..domain.settings import Settings, Zone
from .act import carry_out
from .look import fresh_catalogue, look, next_edge
from .part import Part, Wish, begin, conclude, decide, record_of, served
from .ports import Ports, Saved
from .without import saved_without_settings


@dataclass(frozen=True, slots=True)
class Turned:
    """What a tick leaves: its records, and the earliest wake of all zones with its reason."""

    records: Sequence[Record]
    wake_at: datetime
    wake_reason: Sentence


def run_tick(ports: Ports, trigger: str, *, every_zone: bool = False, wish: Wish | None = None) -> Turned:
    """One tick over the zones that are due, over all of them, or over those of a wish."""
    now, settings = ports.clock(), ports.settings()
    house = ports.store.load(now)
    if settings is None:
        return _saved(ports, saved_without_settings(ports.devices, house, now, trigger), house, None)

    cases = [_case(settings, zone, house, now) for zone in settings.all_zones]
    edge = next_edge(cases)
    quota = quota_of(settings, house.calls_today, now, house.by_hour)
    routine = trigger == "scheduler" and wish is None
    catalogue = fresh_catalogue(ports, house, cases, edge, quota, routine=routine)
    if catalogue is not house.catalogue:
        cases = [case_of(settings, case.zone, case.state, catalogue, now, case.push) for case in cases]

    told = _hinted(cases, house, now)
    parts = [begin(case, house, wish, hinted=case.zone.id in told) for case in cases]
    parts = served(parts, every_zone=every_zone, wish=wish)
    if not parts:
        return _turned((), house, settings, now)
    look(ports, parts, quota, edge)
    for part in parts:
        decide(part)
    _send(ports, parts, edge, now)

    calls = ports.devices.spent()
    ration = _ration(settings, house, quota, cases, parts)
    states = [conclude(part, ration) for part in parts]
    duration = round((ports.clock() - now) / timedelta(milliseconds=1))
    saved = Saved(
        at=now,
        trigger=trigger,
        duration_ms=duration,
        failed=any(part.failed for part in parts),
        states=states,
        records=[record_of(part, state, trigger, duration) for part, state in zip(parts, states, strict=True)],
        closed=_closed(parts, house, settings),
        calls=calls,
        catalogue=catalogue if catalogue is not house.catalogue else None,
    )
    return _saved(ports, saved, house, settings)


def _ration(settings: Settings, house: House, quota: Quota, cases: Sequence[Case], parts: Sequence[Part]) -> Ration:
    """What the budget allows after this tick's calls."""
    now, just_now = cases[0].now, sum(part.calls for part in parts)
    plugs = sum(case.machine.has_status for case in cases)
    return ration_of(settings, quota.used + just_now, now, with_more(house.by_hour, just_now, now), plugs=plugs)


def _send(ports: Ports, parts: Sequence[Part], edge: datetime | None, now: datetime) -> None:
    """Intents are written down before the first call goes out."""
    orders = staggered([part.order for part in parts if part.order is not None], now)
    if not orders:
        return
    ports.store.intend(orders, ports.devices.spent())
    done = carry_out(ports.devices, orders, edge)
    for part in parts:
        part.done = done.get(part.case.zone.id) if part.order is not None else None
        part.calls += part.done.order.steps.index(part.done.step) + 1 if part.done else 0


def _closed(parts: Sequence[Part], house: House, settings: Settings) -> list[str]:
    """Orders whose fate is settled: those of this tick, those left open, and those of zones that are no more."""
    known = {zone.id for zone in settings.all_zones}
    orphans = [order.id for order in house.open_orders if order.zone not in known]
    left_open = [order_id for part in parts for order_id in part.left_open]
    return orphans + left_open + [part.order.id for part in parts if part.order is not None]


def first_wake(ports: Ports) -> tuple[datetime, Sentence] | None:
    """The earliest wake of all zones as the store has it; None while there are no settings."""
    now, settings = ports.clock(), ports.settings()
    if settings is None:
        return None
    turned = _turned((), ports.store.load(now), settings, now)
    return turned.wake_at, turned.wake_reason


def _saved(ports: Ports, saved: Saved, house: House, settings: Settings | None) -> Turned:
    records = ports.store.save(saved)
    states = {**house.states, **{state.zone: state for state in saved.states}}
    return _turned(records, replace(house, states=states), settings, saved.at)


def _turned(records: Sequence[Record], house: House, settings: Settings | None, now: datetime) -> Turned:
    """The earliest wake of the zones in force; a zone that was never served is due now, as is one with a hint."""
    states = house.states
    zones = [zone.id for zone in settings.all_zones] if settings is not None else list(states)
    wakes = [state.wake for zone in zones if (state := states.get(zone)) is not None and state.wake is not None]
    if len(wakes) < len(zones):
        return Turned(records, now, say("a zone was not served yet"))
    if settings is not None and house.pushes:
        cases = [_case(settings, zone, house, now) for zone in settings.all_zones]
        if _hinted(cases, house, now):
            return Turned(records, now, say("a meter reported a value on which something would be switched"))
    first = min(wakes, key=lambda wake: wake.at)
    return Turned(records, first.at, first.reason)


def _hinted(cases: Sequence[Case], house: House, now: datetime) -> frozenset[str]:
    """The zones that are read at once because of what their meters reported."""
    return hinted(cases, house.states.values(), now) if house.pushes else frozenset()


def _case(settings: Settings, zone: Zone, house: House, now: datetime) -> Case:
    """The zone's case, with what its meter reported by itself in the picture."""
    state = house.states.get(zone.id) or ZoneState(zone.id)
    return reported(case_of(settings, zone, state, house.catalogue, now), push_of(house, zone))
