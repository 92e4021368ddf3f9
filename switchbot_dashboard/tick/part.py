"""One zone's part of a tick: what is owed or wished for, what is decided, and the record of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..domain.action import hold_for, settle
from ..domain.budget import Ration
from ..domain.case import Case
from ..domain.chosen import chosen, taught
from ..domain.decision import Choice
from ..domain.duty import Owed, by_hand, owed, recover
from ..domain.hint import read_first
from ..domain.record import Band, Done, Fate, House, Order, Outcome, Record, Trouble, Verdict, ZoneState
from ..domain.sentence import Sentence, say
from ..domain.wake import is_due, must_look, next_wake
from .act import SILENCE

RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for (`winter`, `summer`, `fan`, `off`, `quick-off`, `resume`) in some zones."""

    action: str
    zones: tuple[str, ...]


@dataclass(slots=True)
class Part:
    """A zone's part, filled in step by step. `left_open` are ids of orders that an earlier process began."""

    case: Case
    owed: Owed | None
    left_open: list[str]
    due: bool
    asked: bool = False  # a person wants to see a fresh reading
    hinted: bool = False  # the meter's own report calls for one
    wish: str = ""
    looked: bool = False
    trouble: Trouble | None = None
    choice: Choice | None = None
    order: Order | None = None
    done: Done | None = None
    calls: int = 0

    @property
    def must_look(self) -> bool:
        """Whether the meter is read before deciding; what is owed goes out first."""
        return self.owed is None and (self.asked or self.hinted or must_look(self.case))

    @property
    def failed(self) -> bool:
        """Whether the cloud failed this zone in this tick."""
        return self.trouble is not None or (self.done is not None and self.done.fate is not Fate.DONE)


def begin(case: Case, house: House, wish: Wish | None, *, hinted: bool = False) -> Part:
    """A zone's part: what was left open is settled first, then what is owed, or what a person wishes."""
    left_open = [order.id for order in house.open_orders if order.zone == case.zone.id]
    case, again = recover(case, house.open_orders)
    if wish is None or case.zone.id not in wish.zones:
        due = is_due(case) or bool(left_open) or hinted
        return Part(case, owed(case, again), left_open, due, hinted=hinted)
    if wish.action == RESUME:
        freed = replace(case, state=replace(case.state, hold=None))
        return Part(freed, owed(freed, again), left_open, True, asked=True, wish=RESUME)
    return Part(case, by_hand(wish.action, case), left_open, True, wish=wish.action)


def served(parts: Sequence[Part], *, every_zone: bool, wish: Wish | None) -> list[Part]:
    """The parts that this tick serves. What needs no reading goes first; the rest is still due right after it."""
    if wish is not None:
        return [part for part in parts if part.wish]
    if every_zone:
        for part in parts:
            part.asked = True
        return list(parts)
    due = [part for part in parts if part.due]
    return [part for part in due if not part.must_look] or due


def decide(part: Part) -> None:
    """The part's choice, and its order where something is to be sent."""
    if part.owed is not None:
        part.choice, part.order = part.owed
    else:
        part.choice, part.order = chosen(part.case, part.trouble)
        unread = read_first(part.choice, part.case)
        if unread is not part.choice:
            part.choice, part.order = unread, None
    if part.order is None and part.choice.turn is not None:
        words = "Nothing in this zone can carry that out. Set aircon_device_id or a scene for it in the settings."
        part.choice = replace(part.choice, outcome=Outcome.MISSING_DEVICE, sentence=say(words), turn=None)


def conclude(part: Part, ration: Ration) -> ZoneState:
    """What is known of the zone after the tick, with its next wake."""
    case, choice = part.case, part.choice
    assert choice is not None
    state = case.state
    if part.done is None:
        state = _tidied(state, case.now, lost_repeat=part.owed is not None and part.order is None)
    else:
        state = _without_a_hold_that_ended(settle(state, part.done, case), case.now)
        if part.wish and part.wish != RESUME:
            state = replace(state, hold=hold_for(part.wish, case, part.done.sent_at))
    state = taught(state, case, choice, part.order)
    outcome, sentence = _verdict(part, choice)
    state = replace(state, verdict=Verdict(outcome, sentence, case.now))
    wake = next_wake(replace(case, state=state), choice, looked=part.looked, ration=ration)
    return replace(state, wake=wake)


def record_of(part: Part, state: ZoneState, trigger: str, duration_ms: int) -> Record:
    """The zone's line in the memory."""
    case, profile = part.case, part.case.zone.profile
    assert state.verdict is not None
    assert state.wake is not None
    return Record(
        zone=case.zone.id,
        at=case.now,
        trigger=trigger,
        season=str(case.zone.mode),
        inside_window=case.opening.inside,
        looked=part.looked,
        reading=state.reading,
        trouble=part.trouble,
        verdict=state.verdict,
        aircon=state.aircon,
        action=part.done,
        calls=part.calls,
        duration_ms=duration_ms,
        wake=state.wake,
        band=Band(profile.min_tenths, profile.max_tenths, case.zone.hysteresis_tenths),
        fresh=state.reading is not None and state.looked_at is not None and state.reading.read_at >= state.looked_at,
    )


def _tidied(state: ZoneState, now: datetime, *, lost_repeat: bool) -> ZoneState:
    """Without what is over: a hold that has ended, a retry nothing came of, a repeat that nothing can send."""
    tried = state.retry is not None and state.retry.at <= now
    state = replace(state, retry=None if tried else state.retry, repeat=None if lost_repeat else state.repeat)
    return _without_a_hold_that_ended(state, now)


def _without_a_hold_that_ended(state: ZoneState, now: datetime) -> ZoneState:
    over = state.hold is not None and state.hold.until is not None and state.hold.until <= now
    return replace(state, hold=None) if over else state


def _verdict(part: Part, choice: Choice) -> tuple[Outcome, Sentence]:
    """The choice's own words, or what became of its order when that did not go through."""
    done = part.done
    if done is None or done.fate is Fate.DONE:
        return choice.outcome, choice.sentence
    error = done.errors[-1] if done.errors else SILENCE
    if done.fate is Fate.UNKNOWN and not any(step.repeatable for step in done.order.steps):
        words = "{why}. Whether it arrived is not known ({error}); a toggle is not sent twice, so it is taken as done."
        return choice.outcome, say(words, why=choice.sentence, error=error)
    words = "{why}. The command did not go through: {error}. It is tried again."
    return Outcome.API_ERROR, say(words, why=choice.sentence, error=error)
