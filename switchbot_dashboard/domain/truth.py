"""Whether to believe: a command that the temperature does not follow, and a meter that does not move when it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import sqrt

from .action import make_order
from .case import Case
from .decision import OFF_OUTCOME, ON_OUTCOME, Choice
from .learned import Course, Effect, Learned, Trial
from .record import Doubt, Order, Origin, Outcome, Reading, Suspect, Turn, ZoneState
from .response import FIRST_LAG, SURE_SLOPE, UNSURE, drive, effect_of, lowered, rebased, timed
from .sentence import Sentence, say
from .settings import Season
from .tracking import APART as SAME_REPORT
from .tracking import HOUR, READING, ahead, deviation, faded, path, seen, slope_before

APART = 0.4  # K between the two courses before one is believed
SURE = 3.0  # standard deviations between them
FOLLOWED, UNHEARD = 0.6, 0.25  # the share of the way from "not heard" to "heard" beyond which either is believed
UNHEARD_LATER = 0.45  # after a while there is no more "perhaps"
SURELY_APART = 0.8  # K before a heating or cooling is taken for not heard
OPENED = -0.4  # a share below which something else moves the room, such as an open window
OFF_AFTER = timedelta(minutes=45)  # a room holds its heat: an off is judged no sooner
UNKNOWN_LAG = timedelta(minutes=30)
FIRST_PATIENCE = timedelta(minutes=60)
BACK, BACK_OPENED = 0.6, 2.0  # K beyond where it was when off was ordered, and after a window was opened since
STAYS = 1.0  # K that a room which rests should have gone, and has not
LATE = timedelta(minutes=45)  # so long after it was taken for lost, a command may prove to have been heard
UNDECIDED = timedelta(hours=3)  # a trial that nothing came of is given up
FIRST_STEP = 0.5  # K/h that a slope must turn for a unit of which nothing is known
SET_POINT_NEAR = 1.0  # K from its set point a unit may rest by itself
RESENDS = 3  # in 24 hours
DAY = timedelta(hours=24)
NIGHT_FROM, NIGHT_TO = 22, 7  # local hours in which no off is repeated for a second time
STUCK = 0.3  # K that a value must be behind what is expected of it
REPEAT, REPEATS = timedelta(minutes=5), 3  # looks so far apart, so many, must have found the same value
STUCK_AFTER = timedelta(minutes=20)
STUCK_TRIED = timedelta(minutes=45)  # while nobody knows whether the unit heard
STUCK_RESTING = timedelta(hours=2)


def learned_from(state: ZoneState, reading: Reading, at: datetime) -> ZoneState:
    """The zone's state with what a fresh reading teaches, and what it makes doubtful."""
    celsius, moved = reading.tenths / 10, reading.changed_at == reading.read_at
    learned = state.learned if _echoed(state.learned, reading) else seen(state.learned, celsius, at)
    if learned.course is not None and learned.course.count == 1 and state.learned.course is not None:
        learned = _from_now_on(rebased(learned, state.learned.course), at)
    if learned.course is not None and learned.course.doubted is None:
        learned = lowered(learned, celsius, at)
    learned = timed(_judged(learned, celsius, at, state.aircon.temperature))
    if moved:
        learned = replace(learned, still=learned.course, same=at, repeats=0)
    elif learned.same is None or at - learned.same >= REPEAT:
        learned = replace(learned, same=at, repeats=learned.repeats + 1)
    state = replace(state, learned=learned)
    return replace(state, doubt=_doubt(state, reading, moved=moved))


def _from_now_on(learned: Learned, at: datetime) -> Learned:
    """A command taken for lost proves itself only on a course that nothing disturbed since."""
    trial = learned.trial
    if trial is None or trial.followed is not False:
        return learned
    return replace(learned, trial=replace(trial, base=at))


def _echoed(learned: Learned, reading: Reading) -> bool:
    """Whether this is the doubted report of the meter seen a second time: that confirms nothing."""
    doubted = learned.course is not None and learned.course.doubted == reading.tenths / 10
    return doubted and timedelta(0) < reading.read_at - reading.changed_at < SAME_REPORT


def _judged(learned: Learned, celsius: float, at: datetime, set_point: int | None) -> Learned:
    """The trial with its verdict, where one can be given."""
    trial, course = learned.trial, learned.course
    if trial is None or course is None or at <= trial.base:
        return learned
    if trial.followed:
        return _revoked(learned, course, trial, celsius, at)
    if trial.followed is False:
        return _late_response(learned, course, trial)
    if at - trial.at > UNDECIDED:
        return replace(learned, trial=None)
    if _rests_by_itself(trial, set_point) or (trial.effect is Effect.REST and at - trial.at < OFF_AFTER):
        return learned
    if drive(learned, trial.effect) is None or drive(learned, trial.before) is None:
        return _first_response(learned, trial)
    found = _between(learned, trial, celsius, at)
    if found is None:
        return learned
    share, apart = found
    if share >= FOLLOWED and apart >= APART:
        return replace(learned, trial=replace(trial, followed=True))
    opened = share < OPENED and at - trial.at < OFF_AFTER
    late = trial.effect is not Effect.REST and at - trial.base >= OFF_AFTER
    doubtful = UNHEARD_LATER if late else UNHEARD
    if share > doubtful or opened or (apart < SURELY_APART and trial.effect is not Effect.REST):
        return learned
    return replace(learned, trial=replace(trial, followed=False, base=at), course=_unmoved(course, trial, celsius, at))


def _revoked(learned: Learned, course: Course, trial: Trial, celsius: float, at: datetime) -> Learned:
    """An off that seemed to be followed was not, when the room later returns beyond where it was, or stays there."""
    if trial.effect is not Effect.REST or course.doubted is not None:
        return learned
    sign = 1 if trial.before is Effect.HEAT else -1
    most = BACK if trial.base == trial.at else BACK_OPENED
    found = _between(learned, trial, celsius, at)
    stays = found is not None and found[0] <= UNHEARD and found[1] >= STAYS
    if not stays and sign * (celsius - trial.level) < most:
        return learned
    return replace(learned, trial=replace(trial, followed=False, base=at), course=_unmoved(course, trial, celsius, at))


def _unmoved(course: Course, trial: Trial, celsius: float, at: datetime) -> Course:
    """The course of a room whose unit did not hear: as before the command, but a unit that ran may rest by itself."""
    runs_on = trial.effect is Effect.REST
    slope = 0.0 if runs_on else trial.unheard * faded((at - trial.base) / HOUR)
    spread = (READING, 0.0, 1.0 if runs_on else trial.doubt + UNSURE)
    return replace(
        course, at=at, level=celsius, slope=slope, spread=spread, effect=trial.before, changes=(), doubted=None
    )


def _between(learned: Learned, trial: Trial, celsius: float, at: datetime) -> tuple[float, float] | None:
    """How far a reading is from "not heard" (0) to "heard" (1), and how far (K) the two are apart; None while too near.

    A unit that did not hear an off may rest by its own thermostat, so "not heard" is then a room that stays warm.
    """
    hours = (at - trial.base) / HOUR
    behind = max(0.0, (_behind(learned) - (trial.base - trial.at)) / HOUR)
    shown = max(0.0, hours - behind)
    gone = celsius - trial.level - trial.unheard * path(min(hours, behind))
    off = trial.effect is Effect.REST
    unheard = 0.0 if off else trial.unheard * path(shown)
    apart = trial.heard * path(shown) - unheard
    noise = sqrt(trial.variance + READING + hours * hours * trial.doubt)
    sure = max(APART, (SURE if trial.tries == 1 else SURE / 2) * noise)
    if off and gone * trial.unheard > 0 and abs(gone) > sure:
        return UNHEARD, APART  # it goes on as before: that needs no second course to be compared with
    if abs(apart) < sure:
        return None
    return (gone - unheard) / apart, abs(apart)


def _behind(learned: Learned) -> timedelta:
    """How far meter and cloud may stay behind a command; nobody knows before one was followed."""
    lag = learned.lag
    return UNKNOWN_LAG if lag is None else timedelta(seconds=lag.mean + sqrt(lag.variance))


def judged_at(learned: Learned, now: datetime) -> datetime | None:
    """When a trial of heating or cooling can be judged at the earliest; None where none is under way."""
    trial = learned.trial
    if (
        trial is None
        or trial.followed is not None
        or trial.effect is Effect.REST
        or drive(learned, trial.effect) is None
    ):
        return None
    step = abs(trial.heard - trial.unheard)
    if step < FIRST_STEP:
        return None
    behind = _behind(learned)
    first = trial.at + behind + 1.2 * APART / step * HOUR
    apart = APART if now < first else SURELY_APART
    hours = apart / step
    hours = max(apart, SURE * sqrt(trial.variance + READING + hours * hours * trial.doubt)) / step
    return max(now, trial.base + behind + hours * HOUR * 1.1)


def _late_response(learned: Learned, course: Course, trial: Trial) -> Learned:
    """A command that was taken for lost was heard after all, when the slope has become what it makes of it."""
    since = course.at - trial.base
    if since < LATE or course.count < 3 or course.changes or course.spread[2] > SURE_SLOPE:
        return learned
    slope = slope_before(course.slope, since / HOUR)
    unheard = 0.0 if trial.effect is Effect.REST else trial.unheard  # a unit that runs on may rest by itself
    if slope is None or trial.heard == unheard or (slope - unheard) / (trial.heard - unheard) < FOLLOWED:
        return learned
    course = replace(course, effect=trial.effect)
    return replace(learned, trial=replace(trial, followed=True, doubt=2 * SURE_SLOPE), course=course)


def _first_response(learned: Learned, trial: Trial) -> Learned:
    """A unit of which nothing is known was heard when the slope turned the way it should."""
    course = learned.course
    assert course is not None
    if course.changes or course.count < 3 or course.spread[2] > 1.0:
        return learned
    heats = Effect.HEAT in (trial.effect, trial.before)
    up = heats is (trial.effect is not Effect.REST)
    turned = course.slope / faded((course.at - trial.at) / HOUR) - trial.unheard
    if (turned if up else -turned) < FIRST_STEP:
        if course.at - trial.at < FIRST_PATIENCE:
            return learned
        unmoved = _unmoved(course, trial, course.level, course.at)
        return replace(learned, trial=replace(trial, followed=False, base=course.at), course=unmoved)
    return replace(learned, trial=replace(trial, followed=True))


def _rests_by_itself(trial: Trial, set_point: int | None) -> bool:
    if set_point is None or trial.effect is Effect.REST:
        return False
    left = set_point - trial.level if trial.effect is Effect.HEAT else trial.level - set_point
    return left < SET_POINT_NEAR


# a command once more


def resend(case: Case) -> tuple[Choice, Order | None] | None:
    """The command that the temperature did not follow, once more; None where that is not to be done."""
    trial, zone, now = case.state.learned.trial, case.zone, case.now
    if trial is None or not _may_resend(case, trial):
        return None
    season = {Effect.HEAT: Season.WINTER, Effect.COOL: Season.SUMMER}.get(trial.effect, zone.mode)
    turn = Turn.ON if trial.effect is not Effect.REST else Turn.FAN if case.state.aircon.power else Turn.OFF
    outcome = {Turn.ON: ON_OUTCOME[season], Turn.FAN: Outcome.FAN_ON}.get(turn, OFF_OUTCOME[season])
    choice = Choice(outcome, _unheard_words(trial, case), turn, Origin.RESEND, season)
    order = make_order(turn, season, Origin.RESEND, choice.sentence, case)
    steps = tuple(step for step in order.steps if step.repeatable) if order else ()
    return (choice, replace(order, steps=steps)) if order and steps and now >= trial.at else None


def _may_resend(case: Case, trial: Trial) -> bool:
    zone, state = case.zone, case.state
    if trial.followed is not False or trial.tries > 1 or not zone.automation_enabled or not zone.windows:
        return False
    if effect_of(state.aircon, str(zone.mode)) is not trial.effect or state.retry or state.repeat:
        return False
    if state.doubt is not None and state.doubt.suspect is Suspect.METER:
        return False
    if drive(state.learned, trial.effect) is None or drive(state.learned, trial.before) is None:
        return False  # nobody knows yet how this room answers: said aloud, but not sent on a guess
    recent = sum(case.now - at < DAY for at in state.learned.resent)
    if recent >= RESENDS:
        return False
    hour = case.now.astimezone(case.settings.tz).hour
    night = hour >= NIGHT_FROM or hour < NIGHT_TO
    return not (night and trial.effect is Effect.REST and zone.off_repeat_count > 1)


def _unheard_words(trial: Trial, case: Case) -> Sentence:
    hours = (case.now - trial.at) / HOUR
    expected = trial.level + trial.heard * path(max(0.0, hours - (case.state.learned.lag or FIRST_LAG).mean / 3600))
    shown = case.state.reading.tenths if case.state.reading else round(trial.level * 10)
    words = {
        Effect.HEAT: "Heating was ordered at {at:time}; it is {now:temp} and should be {due:temp}: sent once more",
        Effect.COOL: "Cooling was ordered at {at:time}; it is {now:temp} and should be {due:temp}: sent once more",
        Effect.REST: "Off was ordered at {at:time}; it is {now:temp} and should be {due:temp}: sent once more",
    }[trial.effect]
    return say(words, at=trial.at, now=shown, due=round(expected * 10))


# doubts


def _doubt(state: ZoneState, reading: Reading, *, moved: bool) -> Doubt | None:
    """What the reading makes doubtful: the meter, or that the unit hears; the same doubt keeps its beginning."""
    before, trial = state.doubt, state.learned.trial
    if before is not None and before.suspect is Suspect.METER:
        return None if moved else before
    if not moved and (expected := _stuck(state, reading)) is not None:
        words = "The meter has shown {now:temp} since {since:time}, though {due:temp} is expected: it is not believed."
        told = say(words, now=reading.tenths, since=reading.changed_at, due=round(expected * 10))
        return Doubt(Suspect.METER, told, reading.read_at)
    return None if before is not None and trial is not None and trial.followed else before


def unheard(state: ZoneState, now: datetime) -> ZoneState:
    """The state with the doubt that the unit hears, where a command was not followed and is not sent once more."""
    trial = state.learned.trial
    if trial is None or trial.followed is not False or state.doubt is not None:
        return state
    return replace(state, doubt=Doubt(Suspect.UNIT, _deaf_words(trial), now))


def _deaf_words(trial: Trial) -> Sentence:
    words = {
        Effect.HEAT: "The room does not get warmer since heating was ordered at {at:time}. Look whether the unit runs.",
        Effect.COOL: "The room does not get cooler since cooling was ordered at {at:time}. Look whether the unit runs.",
        Effect.REST: "Off was ordered at {at:time}, but the room does not cool down. Look whether the unit still runs.",
    }[trial.effect]
    return say(words, at=trial.at)


def _stuck(state: ZoneState, reading: Reading) -> float | None:
    """The temperature in °C that a value which does not change should have reached; None while it may be true."""
    course, trial = state.learned.course, state.learned.trial
    if course is None or (trial is not None and trial.followed is None and trial.effect is Effect.REST):
        return None
    tried = trial is not None and not trial.followed
    wait = STUCK_RESTING if _meant(state.learned) is Effect.REST else STUCK_TRIED if tried else STUCK_AFTER
    if reading.read_at - reading.changed_at < wait or state.learned.repeats < REPEATS:
        return None
    return overdue(state, reading)


def _meant(learned: Learned) -> Effect:
    """What the unit does if it hears what it is told."""
    trial = learned.trial
    if trial is not None and not trial.followed and trial.effect is not Effect.REST:
        return trial.effect
    return learned.course.effect if learned.course is not None else Effect.REST


def overdue(state: ZoneState, reading: Reading) -> float | None:
    """Where the temperature (°C) should have moved to since its value last changed; None while that is near enough."""
    still, trial = state.learned.still, state.learned.trial
    if still is None or reading.read_at <= still.at:
        return None
    if trial is not None and not trial.followed and trial.effect is not Effect.REST:
        return _off_both(state.learned, still, trial, reading)
    expected = ahead(still, reading.read_at)
    off = abs(expected.level - reading.tenths / 10)
    return expected.level if off - 2 * deviation(expected) >= STUCK else None


def _off_both(learned: Learned, still: Course, trial: Trial, reading: Reading) -> float | None:
    """Where the room (°C) should be if the unit heard the command, when the value fits neither that nor "not heard".

    `still` knows nothing of what the same value seemed to say since, so the course before the command is taken from it.
    """
    lag, now = learned.lag or FIRST_LAG, reading.read_at
    shows = trial.at + timedelta(seconds=lag.mean + sqrt(lag.variance))
    unheard = replace(still, changes=(), slope=still.slope if still.at <= shows else trial.unheard)
    expected = ahead(unheard, now)
    heard = expected.level + (trial.heard - trial.unheard) * path(max(0.0, (now - max(shows, still.at)) / HOUR))
    moved = (heard - still.level, expected.level - still.level)
    return heard if min(abs(way) for way in moved) - 1.5 * deviation(expected) >= STUCK else None


def unmoved(state: ZoneState, reading: Reading) -> bool:
    """Whether the value has stood so long that it should be looked at again soon: late, or nearly so while it runs."""
    learned = state.learned
    if not learned.repeats:
        return False
    runs = _meant(learned) is not Effect.REST and drive(learned, _meant(learned)) is not None
    stood = reading.read_at - reading.changed_at >= STUCK_AFTER - REPEAT
    return (runs and stood) or overdue(state, reading) is not None
