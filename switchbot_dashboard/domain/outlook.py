"""What a forecast expects of the temperature: the learned course, read at each foreseen look, and how sure it is.

Two courses are followed. One takes each expected reading in, as the tick will, so that it tells when a look comes. The
other is the course as it is known now, with what is expected to be switched and no reading after it: it tells how sure
a crossing is. Where too little is learned the home is taken for quiet.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from .case import Case
from .decision import Choice, thermostat
from .foreseen import ExpectedCrossing
from .learned import Course, Effect, Learned
from .prediction import FEWEST, HORIZON, NINE_IN_TEN, plausible
from .preheat import EARLIEST, NEAR, early_limits, lead_of
from .record import Mode, Order, Outcome, Reading, Suspect, Turn, ZoneState
from .response import drive, switched
from .sentence import Sentence, say
from .settings import Season, Zone
from .tracking import OLD, READING, ahead, settled_slope
from .truth import learned_from

COLDEST, WARMEST = 0.0, 45.0  # °C: a course that leaves these is none of a room
A_STEP = timedelta(minutes=5)  # in which an expected course is looked through
STEEPEST = 8.0  # times: how much more a second slope may make of the first one's uncertainty


def foresees(zone: Zone) -> bool:
    """Whether the zone's looks or starts depend on the temperature's course."""
    return zone.predictive_polling_enabled or zone.optimal_start_enabled


def expects(case: Case) -> bool:
    """Whether enough is learned to say how the temperature goes on."""
    learned, doubt = case.state.learned, case.state.doubt
    course = learned.course
    if course is None or course.count < FEWEST or case.now - course.at > OLD:
        return False
    if course.changes and not knows_the_unit(case):
        return False
    believed = doubt is None or doubt.suspect is not Suspect.METER
    return believed and COLDEST <= ahead(course, case.now).level <= WARMEST


def knows_the_unit(case: Case) -> bool:
    """Whether it is learned what the unit does to the room."""
    effect = Effect.HEAT if case.zone.mode is Season.WINTER else Effect.COOL
    return drive(case.state.learned, effect) is not None


def lacks(zone: Zone, state: ZoneState) -> list[Sentence]:
    """What is not learned yet of a zone that foresees its temperature: what it needs, and what is done until then."""
    if not foresees(zone) or not zone.automation_enabled or not zone.windows:
        return []
    learned, found = state.learned, []
    if zone.predictive_polling_enabled and (learned.course is None or learned.course.count < FEWEST):
        found.append(say("Until three readings in a row agree, looks follow the table of intervals."))
    heats = zone.mode is Season.WINTER
    if zone.optimal_start_enabled and drive(learned, Effect.HEAT if heats else Effect.COOL) is None:
        words = "An early start needs one heating that was followed; until then there is none."
        if not heats:
            words = "An early start needs one cooling that was followed; until then there is none."
        found.append(say(words))
    return found


def looked(case: Case, quiet: Reading, *, expected: bool) -> ZoneState:
    """The state after a look that finds what is expected, or `quiet` where nothing can be said; the tick's own rules.

    A meter that is not believed goes on showing what it shows.
    """
    state, last = replace(case.state, trouble=None), case.state.reading
    if not foresees(case.zone):
        return replace(state, reading=quiet)
    reading, then = quiet, None
    if last is not None and state.doubt is not None and state.doubt.suspect is Suspect.METER:
        reading = replace(last, read_at=case.now)
    elif expected and state.learned.course is not None:
        then = ahead(state.learned.course, case.now)
        reading = replace(quiet, tenths=round(then.level * 10), changed_at=case.now)
    if last is not None and last.tenths == reading.tenths:
        reading = replace(reading, changed_at=last.changed_at)
    state = learned_from(replace(state, reading=reading), reading, case.now)
    course = state.learned.course
    if then is None or course is None or course.at != case.now:
        return state
    course = replace(course, level=then.level, slope=then.slope)  # not drawn to the tenths, hour after hour
    return replace(state, learned=replace(state.learned, course=course))


# stretches in which nothing happens


def alike_until(case: Case, state: ZoneState, mode: Mode) -> datetime:
    """Up to when wakes by the table are alike although the temperature moves; `case.now` where that cannot be said."""
    zone, course, now = case.zone, state.learned.course, case.now
    doubted = state.doubt is not None and state.doubt.suspect is Suspect.METER
    if course is None or state.trouble is not None or doubted or mode in (Mode.AUTOMATION_DISABLED, Mode.NO_WINDOWS):
        return now + 2 * OLD
    if zone.predictive_polling_enabled and mode is not Mode.FIXED:
        return now
    if case.opening.inside or case.preheating:
        return _same_side(case, course)
    if not zone.optimal_start_enabled or case.opening.opens_at is None:
        return now + OLD
    soonest, lead = case.opening.opens_at - EARLIEST, lead_of(replace(case, state=state))
    if lead is not None:
        return now + max(timedelta(0), lead.due - NEAR - now) * 0.8
    return min(now + OLD, max(soonest, now + A_STEP))


def _same_side(case: Case, course: Course) -> datetime:
    """Up to when the expected level stays where it is: below, between or above the thresholds."""
    low, high = _limits(case)

    def side(at: datetime) -> int:
        tenths = round(ahead(course, at).level * 10)
        return -1 if tenths <= low else int(tenths >= high)

    at = case.now
    here, end = side(at), at + HORIZON
    while at < end and side(at + A_STEP) == here:
        at += A_STEP
    return at


def _limits(case: Case) -> tuple[int, int]:
    if not case.opening.inside:
        low, high, _goal = early_limits(case)
        return low, high
    profile, slack = case.zone.profile, case.zone.hysteresis_tenths
    return profile.min_tenths - slack, profile.max_tenths + slack


def after_run(state: ZoneState, at: datetime, *, expected: bool) -> ZoneState:
    """The state after a stretch of looks on which nothing was done, the last one at `at`."""
    reading, course = state.reading, state.learned.course
    if reading is None or state.trouble is not None:
        return state
    if not expected or course is None:
        return replace(state, reading=replace(reading, read_at=at))
    then = ahead(course, at)
    tenths = round(then.level * 10)
    changed = reading.changed_at if tenths == reading.tenths else at
    reading = replace(reading, tenths=tenths, read_at=at, changed_at=changed)
    learned = replace(state.learned, course=then, still=then if changed == at else state.learned.still)
    return replace(state, reading=reading, learned=learned)


# crossings, as they are known now


def crossing_of(seen: Learned, case: Case, choice: Choice, order: Order, start: datetime) -> ExpectedCrossing | None:
    """The crossing that brings an order; None where it follows from something else, as a window's end.

    `seen` is the course as it is known at `start`, the forecast's beginning.
    """
    course, reading = seen.course, case.state.reading
    if course is None or reading is None or choice.outcome is Outcome.OPTIMAL_START:
        return None
    season, (low, high) = case.zone.mode, _limits(case)
    turn = thermostat(season, case.zone.profile, case.zone.hysteresis_tenths, reading.tenths)[0]
    if not case.opening.inside:
        turn = Turn.OFF if order.turn is Turn.OFF and case.preheating else None
    if turn is None:
        return None
    rising = (turn is Turn.OFF) is (season is Season.WINTER)
    limit, begins = high if rising else low, _begins(case, course, start)
    ends = max(case.opening.closes_at or case.now + HORIZON, case.now)
    at = plausible(course, limit, rising, (begins, ends), 0.0) or case.now
    earliest = plausible(course, limit, rising, (begins, at), NINE_IN_TEN) or at
    latest = plausible(course, limit, rising, (at, ends), -NINE_IN_TEN)
    return ExpectedCrossing(case.zone.id, at, min(earliest, at), latest, limit, turn, choice.sentence)


def _begins(case: Case, course: Course, start: datetime) -> datetime:
    """From when on the threshold counts: the window's start, the end of a hold, or what was switched last."""
    wanted = [start, course.at]
    span, hold = case.opening.current, case.state.hold
    if span is not None:
        wanted.append(span.opens)
    if hold is not None and hold.until is not None:
        wanted.append(hold.until)
    return min(case.now, max(wanted))


def as_known(learned: Learned) -> Learned:
    """The course as it is known now: a reading that waits for another is left out."""
    course = learned.course
    return replace(learned, trial=None, course=replace(course, doubted=None) if course is not None else None)


def gone_on(seen: Learned, case: Case, state: ZoneState, *, crossed: bool, early: bool) -> Learned:
    """The course as it is known now, with what was switched in the foreseen tick.

    Switched at a threshold (`crossed`), what is not known of the level is a time by which all that follows comes
    sooner or later: it weighs as much more as the new slope is steeper. A room whose phase is lost is still within its
    thresholds. An early start is chosen by the level, so the level is known when it ends.
    """
    if seen.course is None or seen.course.since == state.aircon.since:
        return seen
    before = ahead(seen.course, max(case.now, seen.course.at))
    known = replace(seen, course=before, heat=state.learned.heat, cool=state.learned.cool, lag=state.learned.lag)
    after = replace(switched(known, state.aircon, str(case.zone.mode)), trial=None)
    course = after.course
    if course is None or course.effect is before.effect or not (crossed or early):
        return after
    if early:
        return replace(after, course=replace(course, spread=(READING, 0.0, course.spread[2])))
    was, will = settled_slope(before), settled_slope(course)
    times = max(-STEEPEST, min(STEEPEST, will / was)) if was else STEEPEST
    low, high = _limits(case)
    level, both, slope = course.spread
    lost = ((high - low) / 10) ** 2 / 12
    if level * times * times > lost:
        times = (lost / level) ** 0.5 * (1 if times > 0 else -1)
    return replace(after, course=replace(course, spread=(level * times * times, both * times, slope)))
