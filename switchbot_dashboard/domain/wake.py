"""Step 8: when to look again, and why. The earliest of everything that can happen."""

from __future__ import annotations

from datetime import datetime, timedelta

from .budget import SLOWER, Ration, eased
from .case import Case
from .decision import Choice
from .demand import rank_of
from .hint import quiet_until, quiet_words, silence_of, silent_words, spared
from .polling import choose_mode, interval_of, warmup_start
from .prediction import worth_a_look
from .preheat import lead_of
from .record import Mode, Outcome, Pace, Repeat, Wake
from .sentence import Sentence, say
from .windows import Opening

LEAD = timedelta(seconds=30)  # a start's reading is taken this long before it, so that the command falls on the edge
CLEAR = timedelta(seconds=2)  # no look begins so shortly before an edge that its answer would come after it
SOONEST = timedelta(seconds=1)

MODE_WORDS = {
    Mode.FIXED: say("adaptive polling is off"),
    Mode.AUTOMATION_DISABLED: say("the automation is off"),
    Mode.NO_WINDOWS: say("no window is set"),
    Mode.PENDING_OFF_REPEAT: say("a repeat of off is due"),
    Mode.IN_WINDOW: say("a window is open"),
    Mode.WARMUP: say("a window opens soon"),
    Mode.OPTIMAL_START: say("the room is brought to temperature for a window"),
    Mode.IDLE: say("no window is open"),
}

Candidate = tuple[datetime, Sentence]


def next_wake(case: Case, choice: Choice, *, looked: bool, ration: Ration) -> Wake:
    """The zone's next wake. `case.state` is what is known after the tick; `ration` is what the budget allows."""
    state, now, opening = case.state, case.now, case.opening
    early = case.preheating
    base_mode = choose_mode(case.settings, case.zone, opening, now, preheating=early)
    mode = choose_mode(case.settings, case.zone, opening, now, repeat_due=state.repeat is not None, preheating=early)
    interval, pace = interval_of(base_mode, case.settings), Pace.TABLE
    words = _pace_words(base_mode, interval)
    foreseen = worth_a_look(case, base_mode)
    if foreseen is not None:
        least = timedelta(seconds=case.settings.poll_interval_seconds)
        interval, pace, words = max(foreseen[0] - now, least), Pace.PREDICTED, foreseen[1]
    quiet, silence = quiet_until(case), silence_of(case)
    if quiet is not None and quiet[0] - now > interval_of(base_mode, case.settings):
        interval, pace, words = quiet[0] - now, Pace.PREDICTED, quiet_words(MODE_WORDS[base_mode], quiet[1])
    elif silence is not None:
        words = silent_words(words, *silence)
    wanted, by_the_clock = interval, pace is Pace.TABLE
    interval = _within_budget(case, base_mode, interval, ration, looked=looked, by_the_clock=by_the_clock)
    stretched = 0
    if interval > wanted:
        pace, words = Pace.BUDGET, _budget_words(base_mode, wanted, interval, ration)
        stretched = round(interval.total_seconds()) if by_the_clock else 0
    look_at, why = _look(case, interval, base_mode, words, looked=looked, by_the_clock=by_the_clock)
    look_at = _as_soon_as_a_reading_counts(look_at, case, choice)
    at, reason = min([*_instants(case, choice), (look_at, why)], key=lambda candidate: candidate[0])
    if mode is Mode.PENDING_OFF_REPEAT and state.repeat is not None:
        interval = max(timedelta(0), state.repeat.at - now)
    return Wake(at, reason, mode, pace, round(interval.total_seconds()), look_at, stretched)


def _within_budget(
    case: Case, mode: Mode, wanted: timedelta, ration: Ration, *, looked: bool, by_the_clock: bool
) -> timedelta:
    """The interval that the budget makes of the wanted one; by the clock it changes little, and only with a look."""
    interval, before = ration.stretched(wanted, rank_of(mode, inside=case.opening.inside)), case.state.wake
    goes_on = before is not None and before.mode in (mode, Mode.PENDING_OFF_REPEAT)
    if before is None or not goes_on or not by_the_clock:
        return interval
    if not before.stretched_seconds:  # the table's interval, or one that was foreseen
        return min(interval, wanted * SLOWER) if before.pace is Pace.TABLE else interval
    was = timedelta(seconds=before.stretched_seconds)
    return max(wanted, eased(interval, was) if looked else was)


def _look(case: Case, interval: timedelta, mode: Mode, why: Sentence, *, looked: bool, by_the_clock: bool) -> Candidate:
    """The next reading by the pace, never in the way of an edge; a start has one taken ahead of it."""
    now, before = case.now, case.state.wake
    goes_on = before is not None and not looked and before.mode in (mode, Mode.PENDING_OFF_REPEAT)
    kept = before is not None and goes_on and now < before.look_at <= now + interval
    look_at = before.look_at if before is not None and kept else now + interval
    warmup = warmup_start(case.settings, case.opening) if mode is Mode.IDLE and by_the_clock else None
    if warmup is not None and now < warmup < look_at:
        look_at, why = warmup, say("the warm-up for {opens:time} begins", opens=case.opening.opens_at or warmup)
    lead = lead_of(case) if mode in (Mode.IDLE, Mode.WARMUP) and by_the_clock else None
    if lead is not None and now < lead.due < look_at:
        look_at, why = lead.due, say("{why}; looked at before the early start", why=lead.words(begins=False))
    edge = case.opening.next_edge
    if edge is None or look_at <= edge - CLEAR:
        return look_at, why
    if look_at < edge:
        return max(edge - CLEAR, now + SOONEST), why
    starts = not case.opening.inside and case.zone.automation_enabled
    if starts and now < edge - LEAD - SOONEST:
        return edge - LEAD, say("a reading ahead of the window's start at {edge:time}", edge=edge)
    return look_at, why


def _as_soon_as_a_reading_counts(look_at: datetime, case: Case, choice: Choice) -> datetime:
    """Brought forward to the instants at which a reading would be acted on; put off while the cloud refuses."""
    state = case.state
    wanted = [choice.cooldown_until, state.hold.until if state.hold else None, state.retry.at if state.retry else None]
    look_at = min([look_at, *(instant for instant in wanted if instant is not None and instant > case.now)])
    retry_at = state.trouble.retry_at if state.trouble else None
    if retry_at is None:
        return look_at
    spent = state.trouble is not None and state.trouble.outcome is Outcome.QUOTA_EXHAUSTED
    return retry_at if spent and retry_at > case.now else max(look_at, retry_at)


def _instants(case: Case, choice: Choice) -> list[Candidate]:
    """What can happen without a reading: an edge, a repeat, the end of a cooldown or hold, another try."""
    state = case.state
    found: list[Candidate] = []
    edge = case.opening.next_edge
    if edge is not None:
        found.append((edge, _edge_words(case.opening, edge)))
    if state.repeat is not None:
        found.append((_not_past(state.repeat.at, case.now), _repeat_words(state.repeat)))
    if choice.cooldown_until is not None:
        found.append((choice.cooldown_until, say("the cooldown ends")))
    if state.hold is not None and state.hold.until is not None:
        found.append((state.hold.until, say("the choice made by hand ends")))
    if state.retry is not None:
        found.append((state.retry.at, say("a command that did not go through is tried again")))
    return found


def _not_past(instant: datetime, now: datetime) -> datetime:
    """An overdue instant is served at once, in a tick of its own."""
    return max(instant, now)


def _edge_words(opening: Opening, edge: datetime) -> Sentence:
    if opening.inside:
        return say("the window closes at {edge:time}", edge=edge)
    return say("the window opens at {edge:time}", edge=edge)


def _repeat_words(repeat: Repeat) -> Sentence:
    return say("off is sent again, {remaining} to go", remaining=repeat.remaining)


def _pace_words(mode: Mode, interval: timedelta) -> Sentence:
    return say("{why}: every {interval:span}", why=MODE_WORDS[mode], interval=round(interval.total_seconds()))


def _budget_words(mode: Mode, wanted: timedelta, interval: timedelta, ration: Ration) -> Sentence:
    """How far the calls must reach, and what that makes of the interval."""
    why, table, every = MODE_WORDS[mode], round(wanted.total_seconds()), round(interval.total_seconds())
    if not ration.short:
        words = "{why}: every {interval:span}, soon every {table:span} again, since the day's calls suffice"
        return say(words, why=why, interval=every, table=table)
    words = "{why}; {left:count} calls left for {seconds:span}: every {interval:span} instead of {table:span}"
    if ration.zones == 1:
        return say(words, why=why, left=ration.left, seconds=ration.seconds, interval=every, table=table)
    words = (
        "{why}; {left:count} calls left for {seconds:span} and {zones} zones: "
        "every {interval:span} instead of {table:span}"
    )
    figures = {"left": ration.left, "seconds": ration.seconds, "zones": ration.zones}
    return say(words, why=why, interval=every, table=table, **figures)


def without_settings(now: datetime) -> Wake:
    """The wake while no valid settings are known: a slow beat; a valid edit comes sooner."""
    at = now + timedelta(minutes=10)
    return Wake(at, say("the settings are not valid yet"), Mode.AUTOMATION_DISABLED, Pace.TABLE, 600, at)


def is_due(case: Case) -> bool:
    """Whether the zone must be served now: its wake has come, or it was never served."""
    wake = case.state.wake
    return wake is None or wake.at <= case.now


def must_look(case: Case) -> bool:
    """Whether this tick reads the meter: the look is due, and not within a minute before this tick's start edge."""
    wake, looked_at = case.state.wake, case.state.looked_at
    if wake is None or looked_at is None:
        return True
    fresh = case.now - looked_at < timedelta(minutes=1)
    if case.edge_within is not None and fresh:
        return False
    return wake.look_at <= case.now and not spared(case, LEAD)


def patience(case: Case, edge: datetime | None) -> datetime:
    """Until when a look may take: a minute, the next edge of any zone, or a moment when a start waits for it."""
    if case.edge_within is not None and case.state.reading is not None:
        return case.now + timedelta(milliseconds=700)
    most = case.now + timedelta(minutes=1)
    return min(most, edge) if edge is not None else most
