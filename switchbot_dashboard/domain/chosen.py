"""Steps 5 and 6 joined: what is chosen after a look, and what the zone learns from what was then done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from .action import make_order
from .case import Case
from .decision import Choice, consider
from .duty import damped
from .record import Order, Origin, Outcome, Trouble, ZoneState
from .response import effect_of, ordered, switched
from .truth import resend, unheard

DAY = timedelta(hours=24)


def chosen(case: Case, looked: Trouble | None) -> tuple[Choice, Order | None]:
    """The choice after a look (`looked` is why it brought nothing), and its order where one goes out."""
    again = resend(case) if looked is None else None
    if again is not None:
        return again
    choice = damped(consider(case, looked), case)
    if choice.turn is None:
        return choice, None
    return choice, make_order(choice.turn, choice.season, choice.origin, choice.sentence, case)


def taught(state: ZoneState, case: Case, choice: Choice, order: Order | None) -> ZoneState:
    """The state after the tick with what its order means for the temperature's course, and with the early start."""
    learned, season, opens = state.learned, str(case.zone.mode), case.opening.opens_at
    if order is not None and order.origin is Origin.RESEND:
        effect = effect_of(order.then, season)
        if effect is not None:
            learned = ordered(learned, effect, case.now, tries=2)
        recent = tuple(at for at in learned.resent if case.now - at < DAY)
        learned = replace(learned, resent=(*recent, case.now))
        course = learned.course
        learned = replace(learned, course=replace(course, since=state.aircon.since) if course else None)
    learned = switched(learned, state.aircon, season)
    preheat = learned.preheat
    if choice.outcome is Outcome.OPTIMAL_START and preheat != opens:
        preheat = opens
    elif preheat is not None and (preheat != opens or choice.outcome is Outcome.DISABLED):
        preheat = None
    if preheat != learned.preheat:
        learned = replace(learned, preheat=preheat)
    state = replace(state, learned=learned) if learned is not state.learned else state
    resent = order is not None and order.origin is Origin.RESEND
    return state if resent else unheard(state, case.now)
