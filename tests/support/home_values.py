"""Records, states and orders for tests of the store: a home at a moment, with what a test wants to see changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from switchbot_dashboard.domain.record import (
    Aircon,
    Call,
    Done,
    Fate,
    LastAction,
    Mode,
    Order,
    Origin,
    Outcome,
    Pace,
    Reading,
    Record,
    Step,
    Trouble,
    Turn,
    Verdict,
    Wake,
    ZoneState,
)
from switchbot_dashboard.domain.sentence import Sentence, say
from switchbot_dashboard.tick.ports import Saved

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
HEATING = Aircon(power=True, mode=5, temperature=23, fan=3, since=NOON)


def a_wake(now: datetime = NOON) -> Wake:
    later = now + timedelta(seconds=15)
    return Wake(
        later, say("The window is open until {close:time}.", close=later), Mode.IN_WINDOW, Pace.TABLE, 15, later
    )


def a_verdict(now: datetime = NOON, outcome: Outcome = Outcome.NO_ACTION) -> Verdict:
    return Verdict(
        outcome, say("{now:temp} is inside the band of {low:temp} to {high:temp}.", now=208, low=200, high=220), now
    )


def a_state(zone: str = "home", now: datetime = NOON, tenths: int = 208) -> ZoneState:
    return ZoneState(
        zone,
        reading=Reading(tenths, 45, 97, now, now),
        looked_at=now,
        aircon=HEATING,
        last_action=LastAction(Turn.ON, Origin.THERMOSTAT, now, say("{now:temp} is too cold.", now=195), "scene warm"),
        verdict=a_verdict(now),
        wake=a_wake(now),
    )


def an_order(order_id: str = "order-1", zone: str = "home", now: datetime = NOON) -> Order:
    steps = (Step(scene="warm"), Step(device="02-AC", command="setAll", parameter="23,5,3,on"))
    return Order(order_id, zone, Turn.ON, Origin.THERMOSTAT, steps, HEATING, say("Too cold."), now, now)


def a_record(
    zone: str = "home",
    now: datetime = NOON,
    *,
    tenths: int = 208,
    outcome: Outcome = Outcome.NO_ACTION,
    trouble: str = "",
    order: Order | None = None,
    fate: Fate = Fate.DONE,
    errors: tuple[Sentence, ...] = (),
    looked: bool = True,
) -> Record:
    return Record(
        zone,
        now,
        "scheduler",
        "winter",
        inside_window=True,
        looked=looked,
        reading=None if trouble else Reading(tenths, 45, 97, now, now),
        trouble=Trouble(Outcome.API_ERROR, say(trouble), now) if trouble else None,
        verdict=a_verdict(now, outcome),
        aircon=HEATING,
        action=Done(order, fate, order.steps[0], now, errors) if order else None,
        calls=1,
        duration_ms=12,
        wake=a_wake(now),
    )


def reads(now: datetime = NOON, count: int = 1) -> Call:
    return Call(int(now.timestamp()) // 3600, "read", "status", count)


def a_tick(now: datetime = NOON, *records: Record, closed: tuple[str, ...] = (), failed: bool = False) -> Saved:
    """A saved tick: its records (one of `home` unless given), the states that go with them, one call."""
    kept = records or (a_record(now=now),)
    states = [a_state(record.zone, now) for record in kept]
    return Saved(now, "scheduler", 12, failed, states, kept, closed, [reads(now)])
