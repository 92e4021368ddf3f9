"""What a tick owes before it reads anything: an order left open, a window's end, a repeat, a try by hand again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from .action import abandoned, make_order, sent_again
from .case import Case
from .decision import OFF_OUTCOME, ON_OUTCOME, Choice, outside
from .record import Order, Origin, Outcome, Suspect, Turn
from .sentence import say
from .settings import Season

Owed = tuple[Choice, Order | None]


def owed(case: Case, recovered: Order | None) -> Owed | None:
    """What the zone owes now, with the order that settles it; None when the tick may look first.

    `recovered` is an order of a process that died and that may be sent again.
    """
    if recovered is not None:
        words = "The service stopped at {at:clock} before it knew whether this had arrived; it is sent again: {why}"
        why = say(words, at=recovered.decided_at, why=recovered.reason)
        return Choice(_outcome(recovered, case), why, recovered.turn, recovered.origin, case.zone.mode), recovered
    return _window_end(case) or _repeat(case) or _manual_retry(case)


def recover(case: Case, open_orders: Sequence[Order]) -> tuple[Case, Order | None]:
    """What open orders mean for a zone: the case with what must now be assumed, and the one to send again, if any."""
    mine = sorted((order for order in open_orders if order.zone == case.zone.id), key=lambda order: order.decided_at)
    again = sent_again(mine[-1], case) if mine else None
    interval = timedelta(seconds=case.zone.off_repeat_interval_seconds)
    for order in mine if again is None else mine[:-1]:
        case = replace(case, state=abandoned(order, case.state, interval))
    return case, again


def damped(choice: Choice, case: Case) -> Choice:
    """The choice, held back while the same order failed a moment ago and no edge has passed since."""
    retry = case.state.retry
    if retry is None or choice.turn is not retry.order.turn or case.now >= retry.at:
        return choice
    if case.edge_since(retry.order.decided_at):
        return choice
    words = "{why}. It did not go through at {at:clock}; the next try is at {next:clock}."
    told = say(words, why=choice.sentence, at=retry.order.decided_at, next=retry.at)
    return Choice(Outcome.API_ERROR, told, season=choice.season)


def _window_end(case: Case) -> Owed | None:
    """Off at a window's end. Where nobody knows the state, as at the very first tick, there is no hurry."""
    if not case.zone.automation_enabled or not case.zone.windows or case.opening.inside or case.preheating:
        return None
    just_closed = case.last_tick is not None and case.edge_since(case.last_tick)
    if case.power is None and not just_closed:
        return None
    choice = damped(outside(case, unsure=just_closed and _may_run_on(case)), case)
    if choice.turn is None:
        return None
    return choice, make_order(choice.turn, choice.season, choice.origin, choice.sentence, case)


def _may_run_on(case: Case) -> bool:
    """Whether the room goes on as if the unit had not heard an off: a window's end is an occasion to say it again."""
    doubt = case.state.doubt
    return doubt is not None and doubt.suspect is Suspect.UNIT and case.power is False


def _repeat(case: Case) -> Owed | None:
    repeat = case.state.repeat
    interval = timedelta(seconds=case.zone.off_repeat_interval_seconds)
    if repeat is None or case.edge_within is not None:
        return None
    if case.now < repeat.at <= case.now + 2 * interval:  # further off only after the clock was set back
        return None
    nth = case.zone.off_repeat_count - repeat.remaining + 1
    words = "Off is sent again, {nth} of {count}, in case the infrared was not received"
    why = say(words, nth=max(nth, 2), count=max(case.zone.off_repeat_count, nth))
    choice = Choice(Outcome.OFF_REPEAT, why, Turn.OFF, Origin.REPEAT, case.zone.mode)
    return choice, make_order(Turn.OFF, case.zone.mode, Origin.REPEAT, why, case)


def _manual_retry(case: Case) -> Owed | None:
    retry = case.state.retry
    if retry is None or retry.order.origin is not Origin.MANUAL or not case.held or retry.at > case.now:
        return None
    order = replace(retry.order, decided_at=case.now, leave_at=case.now)
    order = replace(order, id=f"{order.zone}-{round(case.now.timestamp() * 1000)}-{order.turn}")
    return Choice(_outcome(order, case), order.reason, order.turn, Origin.MANUAL, case.zone.mode), order


ASKED = {
    "winter": say("Heating was asked for by hand"),
    "summer": say("Cooling was asked for by hand"),
    "fan": say("The fan was asked for by hand"),
    "off": say("Off was asked for by hand"),
    "quick-off": say("Off was asked for by hand, and to stay off"),
}


def by_hand(action: str, case: Case) -> Owed:
    """What a person asks for: `winter`, `summer`, `fan`, `off` or `quick-off`. Windows and readings have no say."""
    season = {"winter": Season.WINTER, "summer": Season.SUMMER}.get(action, case.zone.mode)
    turn = {"winter": Turn.ON, "summer": Turn.ON, "fan": Turn.FAN}.get(action, Turn.OFF)
    why = ASKED.get(action, ASKED["off"])
    order = make_order(turn, season, Origin.MANUAL, why, case)
    if order is None:
        lack = "Nothing in this zone can carry out “{what}”. Set aircon_device_id or a scene for it in the settings."
        return Choice(Outcome.MISSING_DEVICE, say(lack, what=action), season=season), None
    outcome = {Turn.ON: ON_OUTCOME[season], Turn.FAN: Outcome.FAN_ON}.get(turn, OFF_OUTCOME[season])
    return Choice(outcome, why, turn, Origin.MANUAL, season), order


def _outcome(order: Order, case: Case) -> Outcome:
    if order.origin is Origin.REPEAT:
        return Outcome.OFF_REPEAT
    if order.origin is Origin.WINDOW_END:
        return Outcome.TURNED_OFF_OUTSIDE_WINDOW
    season = case.zone.mode
    return {Turn.ON: ON_OUTCOME[season], Turn.FAN: Outcome.FAN_ON}.get(order.turn, OFF_OUTCOME[season])
