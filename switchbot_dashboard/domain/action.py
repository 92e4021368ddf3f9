"""Step 6: the order, its cooldown, its repeats, and what is assumed after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .case import Case, active
from .record import (
    Aircon,
    Done,
    Fate,
    Hold,
    LastAction,
    Order,
    Origin,
    Repeat,
    Retry,
    Step,
    Turn,
    ZoneState,
)
from .sentence import Sentence, say
from .settings import Season

AUTO, FAN_ONLY = 1, 4  # modes of setAll; 0 also means auto, and 1 is what the cloud wants to be sent
SPACING = timedelta(seconds=1)
RETRY_FIRST, RETRY_MOST = timedelta(minutes=1), timedelta(minutes=30)
STILL_MEANT = timedelta(hours=6)  # an order older than this is not sent again, whatever became of it


def wanted_state(turn: Turn, season: Season, case: Case) -> Aircon:
    """What the air conditioner is assumed to do after `turn`; devices that know only on and off carry no mode."""
    if turn is Turn.OFF:
        return Aircon(power=False, since=case.now)
    profile = case.zone.winter if season is Season.WINTER else case.zone.summer
    if not case.machine.sets_all and not _scene(turn, season, case):
        return Aircon(power=True, since=case.now)
    mode = FAN_ONLY if turn is Turn.FAN else profile.ac_mode or AUTO
    return Aircon(True, mode, profile.set_point, profile.fan_speed, case.now)


def same_state(assumed: Aircon, wanted: Aircon, power: bool | None) -> bool:
    """Whether an order would change nothing; `power` is the assumed power, with a toggle's unknown counted as off."""
    if power is not wanted.power:
        return False
    if wanted.power is False:
        return True
    return (assumed.mode, assumed.temperature, assumed.fan) == (wanted.mode, wanted.temperature, wanted.fan)


def make_order(turn: Turn, season: Season, origin: Origin, reason: Sentence, case: Case) -> Order | None:
    """The order for `turn`: the scene if one is set and the account has it, else (or after it) the device's command.

    None when the zone has nothing that could carry it out.
    """
    steps: list[Step] = []
    skipped: list[Sentence] = []
    scene = _scene(turn, season, case)
    if scene and case.catalogue is not None and scene not in case.catalogue.scenes:
        skipped.append(say("The account has no scene with the id {scene}.", scene=scene))
    elif scene:
        steps.append(Step(scene=scene, repeatable=False))
    direct = _direct(turn, season, case)
    if direct is not None:
        steps.append(direct)
    if not steps:
        return None
    order_id = f"{case.zone.id}-{round(case.now.timestamp() * 1000)}-{turn}"
    then = wanted_state(turn, season, case)
    return Order(order_id, case.zone.id, turn, origin, tuple(steps), then, reason, case.now, case.now, tuple(skipped))


def _scene(turn: Turn, season: Season, case: Case) -> str:
    scenes = case.zone.aircon_scenes
    if turn is Turn.OFF:
        return scenes.off
    if turn is Turn.FAN:
        return scenes.fan
    return scenes.winter if season is Season.WINTER else scenes.summer


def _direct(turn: Turn, season: Season, case: Case) -> Step | None:
    """The device's own command. Off is `turnOff`: `setAll` with `off` switches some units on."""
    machine = case.machine
    if not machine.device:
        return None
    if turn is Turn.OFF:
        return Step(device=machine.device, command="turnOff", repeatable=machine.repeat_safe)
    if not machine.sets_all:
        on = Step(device=machine.device, command="turnOn", repeatable=machine.repeat_safe)
        return on if turn is Turn.ON else None
    profile = case.zone.winter if season is Season.WINTER else case.zone.summer
    mode = FAN_ONLY if turn is Turn.FAN else profile.ac_mode or AUTO
    parameter = f"{profile.set_point},{mode},{profile.fan_speed},on"
    return Step(device=machine.device, command="setAll", parameter=parameter, repeatable=machine.repeat_safe)


def staggered(orders: Sequence[Order], now: datetime) -> tuple[Order, ...]:
    """Orders of one tick follow one second apart, offs first."""
    first = sorted(orders, key=lambda order: order.turn is not Turn.OFF)
    return tuple(replace(order, leave_at=now + SPACING * place) for place, order in enumerate(first))


def cooldown_until(case: Case, turn: Turn) -> datetime | None:
    """Until when the thermostat may not reverse its own last action; None when it may.

    What a window's end or a person did is no turn of the thermostat's, so a start stays exact at its edge.

    The wait after an on is `action_on_cooldown_seconds`, after an off or a fan `action_off_cooldown_seconds`.
    """
    last = case.state.last_action
    if last is None or last.origin is not Origin.THERMOSTAT or active(last.turn) == active(turn):
        return None
    wait = case.zone.on_cooldown if active(last.turn) else case.zone.off_cooldown
    until = last.at + timedelta(seconds=wait)
    clock_was_set_back = last.at > case.now
    return until if until > case.now and not clock_was_set_back else None


def fallback(order: Order, step: Step, *, unknown: bool) -> Step | None:
    """The next step after one that failed. A toggle is not sent behind a step that may have happened."""
    later = order.steps[order.steps.index(step) + 1 :]
    following = later[0] if later else None
    return None if following and unknown and not following.repeatable else following


def sent_again(order: Order, case: Case) -> Order | None:
    """The order of a process that died, to be sent again: only steps that do no harm twice, and only while meant.

    It is no longer meant when a window's edge passed in between, when someone chose something else since, or when the
    automation was switched off meanwhile.
    """
    steps = tuple(step for step in order.steps if step.repeatable)
    hold = case.state.hold
    overruled = hold is not None and hold.since > order.decided_at
    by_hand = order.origin is Origin.MANUAL
    stopped = not by_hand and (not case.zone.automation_enabled or (case.held and order.origin is not Origin.REPEAT))
    late = case.now - order.decided_at > STILL_MEANT
    if not steps or overruled or stopped or late or case.edge_since(order.decided_at):
        return None
    return replace(order, steps=steps, leave_at=case.now)


def abandoned(order: Order, state: ZoneState, interval: timedelta) -> ZoneState:
    """The state after an order whose fate nobody will know: a toggle is taken to have happened, the rest is unknown."""
    twice_is_harmless = any(step.repeatable for step in order.steps)
    aircon = Aircon(since=order.decided_at) if twice_is_harmless else order.then
    if order.origin is Origin.REPEAT:
        return replace(state, repeat=_after_repeat(state.repeat, order.decided_at, interval))
    return replace(state, aircon=aircon)


def settle(state: ZoneState, done: Done, case: Case) -> ZoneState:
    """The zone's state after an order: what is assumed, repeats, the next try, the last action."""
    order, zone = done.order, case.zone
    interval = timedelta(seconds=zone.off_repeat_interval_seconds)
    if order.origin is Origin.REPEAT:
        return replace(state, repeat=_after_repeat(state.repeat, done.sent_at, interval))
    twice_is_harmless = any(step.repeatable for step in order.steps)
    if done.fate is Fate.FAILED or (done.fate is Fate.UNKNOWN and twice_is_harmless):
        unknown = Aircon(since=done.sent_at) if done.fate is Fate.UNKNOWN else state.aircon
        return replace(state, aircon=unknown, repeat=None, retry=_next_try(state.retry, done))
    repeat = None
    if order.turn is Turn.OFF and zone.off_repeat_count > 1 and (done.step.scene or done.step.repeatable):
        repeat = Repeat(zone.off_repeat_count - 1, done.sent_at + interval)
    via = "scene" if done.step.scene else "command"
    last = LastAction(order.turn, order.origin, done.sent_at, order.reason, via)
    since = state.aircon.since if state.aircon.power is order.then.power is False else done.sent_at
    aircon = replace(order.then, since=since, status_read_at=state.aircon.status_read_at)
    return replace(state, aircon=aircon, repeat=repeat, retry=None, last_action=last)


def _after_repeat(repeat: Repeat | None, sent_at: datetime, interval: timedelta) -> Repeat | None:
    if repeat is None or repeat.remaining <= 1:
        return None
    return Repeat(repeat.remaining - 1, sent_at + interval)


def _next_try(before: Retry | None, done: Done) -> Retry:
    """One minute after a failure, then two, four, … thirty; later when the cloud named an instant.

    An instant that is not after the sending says that the service ended under it: the next start tries at once.
    """
    tries = before.tries + 1 if before and before.order.turn is done.order.turn else 1
    wait = min(RETRY_FIRST * 2 ** min(tries - 1, 10), RETRY_MOST)
    named = done.retry_at or done.sent_at + wait
    return Retry(done.order, tries, named if named <= done.sent_at else max(named, done.sent_at + wait))


def hold_for(action: str, case: Case, sent_at: datetime) -> Hold:
    """How long a person's choice stands: to the next edge or for `manual_hold_minutes`, whichever is first."""
    minutes = case.zone.manual_hold_minutes
    ends = [case.opening.next_edge] if case.opening.next_edge else []
    if minutes:
        ends.append(sent_at + timedelta(minutes=minutes))
    return Hold(action, sent_at, min(ends) if ends else None)
