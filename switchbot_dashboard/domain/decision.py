"""Step 5: what should change, and why. Temperatures are whole tenths of a degree: 22.8 + 0.3 is not 23.1 in floats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .action import cooldown_until, same_state, wanted_state
from .case import Case
from .preheat import Lead, early_limits, preparing
from .reading import stale_reason
from .record import Doubt, Origin, Outcome, Reading, Suspect, Trouble, Turn
from .sentence import Sentence, say
from .settings import Profile, Season


@dataclass(frozen=True, slots=True)
class Choice:
    """What a zone's tick comes to: a code, a sentence, and the turn to order, if any."""

    outcome: Outcome
    sentence: Sentence
    turn: Turn | None = None
    origin: Origin = Origin.THERMOSTAT
    season: Season = Season.WINTER
    cooldown_until: datetime | None = None


ON_OUTCOME = {Season.WINTER: Outcome.WINTER_ON, Season.SUMMER: Outcome.SUMMER_ON}
OFF_OUTCOME = {Season.WINTER: Outcome.WINTER_OFF, Season.SUMMER: Outcome.SUMMER_OFF}


COLD = {
    Season.WINTER: "{now:temp} is at or below {limit:temp} ({bound:gap} less {slack:gap}): heating on",
    Season.SUMMER: "{now:temp} is at or below {limit:temp} ({bound:gap} less {slack:gap}): cooling off",
}
WARM = {
    Season.WINTER: "{now:temp} is at or above {limit:temp} ({bound:gap} plus {slack:gap}): heating off",
    Season.SUMMER: "{now:temp} is at or above {limit:temp} ({bound:gap} plus {slack:gap}): cooling on",
}


def thermostat(season: Season, profile: Profile, slack: int, tenths: int) -> tuple[Turn | None, Sentence]:
    """On, off or neither for one temperature, with the comparison in figures; `slack` is the hysteresis in tenths."""
    cold, warm = profile.min_tenths - slack, profile.max_tenths + slack
    winter = season is Season.WINTER
    if tenths <= cold:
        turn = Turn.ON if winter else Turn.OFF
        return turn, say(COLD[season], now=tenths, limit=cold, bound=profile.min_tenths, slack=slack)
    if tenths >= warm:
        turn = Turn.OFF if winter else Turn.ON
        return turn, say(WARM[season], now=tenths, limit=warm, bound=profile.max_tenths, slack=slack)
    words = "{now:temp} is between {cold:temp} and {warm:temp}: nothing to change"
    return None, say(words, now=tenths, cold=cold, warm=warm)


def consider(case: Case, looked: Trouble | None) -> Choice:
    """What the zone's tick comes to; `looked` is why this tick's look brought no reading, if it looked and failed."""
    zone, now = case.zone, case.now
    if not zone.automation_enabled:
        return Choice(Outcome.DISABLED, say("The automation is switched off: the zone is watched, nothing is sent."))
    if not zone.windows:
        return Choice(Outcome.WATCHING, say("No window is set: the zone is watched, nothing is sent."))
    if case.held:
        return Choice(Outcome.HELD, _held(case))
    lead = None if case.opening.inside else preparing(case)
    if not case.opening.inside and lead is None:
        return outside(case)
    doubt = case.state.doubt
    if doubt is not None and doubt.suspect is Suspect.METER and looked is None:
        return _on_no_word(case, doubt)
    trouble = looked or _standing_trouble(case)
    if trouble is not None:
        return Choice(_stale_or(trouble, case), trouble.sentence)
    stale = stale_reason(case.state.reading, zone.stale_after_minutes, now)
    if stale is not None:
        return Choice(Outcome.STALE_READING, stale)
    if case.state.reading is None:
        return Choice(Outcome.API_ERROR, say("The meter has not been read yet."))
    if not zone.aircon_device_id and not any((zone.aircon_scenes.winter, zone.aircon_scenes.summer)):
        words = "No air conditioner is chosen, so nothing can be sent. Set aircon_device_id in the settings."
        return Choice(Outcome.MISSING_DEVICE, say(words))
    if lead is not None:
        return _early(case, case.state.reading, lead)
    return _inside(case, case.state.reading)


def outside(case: Case, *, unsure: bool = False) -> Choice:
    """Outside the windows: off where the household asked for it and it is not, or not surely, off already."""
    opens = case.opening.opens_at
    if case.zone.turn_off_outside_windows and (unsure or case.power is not False) and not case.held:
        words = "No window is open any more: off"
        if not case.power:
            words = "No window is open, and whether it runs is not known: off"
        return Choice(Outcome.TURNED_OFF_OUTSIDE_WINDOW, say(words), Turn.OFF, Origin.WINDOW_END, case.zone.mode)
    if opens is None:
        return Choice(Outcome.OUTSIDE_WINDOW, say("No window is open, and none opens in the coming week."))
    return Choice(Outcome.OUTSIDE_WINDOW, say("No window is open; the next opens {opens:when}.", opens=opens))


def _inside(case: Case, reading: Reading) -> Choice:
    """Inside a window, on a reading that can be trusted."""
    zone, season = case.zone, case.zone.mode
    wanted, why = thermostat(season, zone.profile, zone.hysteresis_tenths, reading.tenths)
    turn, why = _fan_instead(case, wanted, why)
    if turn is None:
        return Choice(Outcome.NO_ACTION, why, season=season)
    if same_state(case.state.aircon, wanted_state(turn, season, case), case.power) and not _said_again(case):
        return _already(case, turn, wanted, why)
    return _unless_cooling_down(case, _ordered(turn, season, why))


def _on_no_word(case: Case, doubt: Doubt) -> Choice:
    """While the meter is not believed: what runs is turned off once, and nothing else is done."""
    if case.power is False or case.state.aircon.since is None or case.state.aircon.since > doubt.since:
        return Choice(Outcome.STALE_READING, doubt.sentence, season=case.zone.mode)
    words = say("{why} What runs is turned off once, to be safe.", why=doubt.sentence)
    return Choice(Outcome.STALE_READING, words, Turn.OFF, Origin.THERMOSTAT, case.zone.mode)


def _unless_cooling_down(case: Case, choice: Choice) -> Choice:
    wait = cooldown_until(case, choice.turn) if choice.turn is not None else None
    if wait is None:
        return choice
    held_back = say("{why}; held back until {until:clock} by the cooldown", why=choice.sentence, until=wait)
    return Choice(Outcome.COOLDOWN, held_back, season=choice.season, cooldown_until=wait)


def _early(case: Case, reading: Reading, lead: Lead) -> Choice:
    """Before a window, on its way to be in the band when that opens; early there, it is held at the near threshold."""
    season, runs = case.zone.mode, case.power is True
    low, high, turns = early_limits(case)
    ready = reading.tenths >= high if season is Season.WINTER else reading.tenths <= low
    spent = reading.tenths <= low if season is Season.WINTER else reading.tenths >= high
    if ready:
        words = "{now:temp} is reached before the window opens at {opens:time}: rests until then"
        why = say(words, now=reading.tenths, opens=lead.opens)
        if case.power is False:
            return Choice(Outcome.OPTIMAL_START, why, season=season)
        return _unless_cooling_down(case, Choice(OFF_OUTCOME[season], why, Turn.OFF, Origin.THERMOSTAT, season))
    begins = not case.preheating
    if begins or (spent and not runs):
        wanted = same_state(case.state.aircon, wanted_state(Turn.ON, season, case), case.power)
        choice = Choice(Outcome.OPTIMAL_START, lead.words(begins=True), None if wanted else Turn.ON, season=season)
        return _unless_cooling_down(case, choice)
    words = "{now:temp}, on the way to {goal:temp} for the window that opens at {opens:time}"
    return Choice(Outcome.OPTIMAL_START, say(words, now=reading.tenths, goal=turns, opens=lead.opens), season=season)


def _said_again(case: Case) -> bool:
    """Whether a window's start is an occasion to order again what the room does not follow."""
    doubt = case.state.doubt
    return doubt is not None and doubt.suspect is Suspect.UNIT and case.edge_within is not None


def _fan_instead(case: Case, wanted: Turn | None, why: Sentence) -> tuple[Turn | None, Sentence]:
    """The fan takes the place of off, and of an off that is found within the band, where the household asked for it."""
    off_within = wanted is None and case.power is False
    if not case.zone.fan_mode_during_window or not (wanted is Turn.OFF or off_within):
        return wanted, why
    if not case.machine.sets_all and not case.zone.aircon_scenes.fan:
        return wanted, why
    return Turn.FAN, say("{why}; the fan runs instead of standing still", why=why)


def _already(case: Case, turn: Turn, wanted: Turn | None, why: Sentence) -> Choice:
    outcome = {Turn.ON: Outcome.ALREADY_ON, Turn.OFF: Outcome.ALREADY_OFF}.get(turn, Outcome.NO_ACTION)
    since = case.state.aircon.since
    if since is None:
        return Choice(outcome, say("{why}, as it is already", why=why), season=case.zone.mode)
    return Choice(
        outcome, say("{why}, as it is already since {since:time}", why=why, since=since), season=case.zone.mode
    )


def _ordered(turn: Turn, season: Season, why: Sentence) -> Choice:
    outcome = {Turn.ON: ON_OUTCOME[season], Turn.OFF: OFF_OUTCOME[season]}.get(turn, Outcome.FAN_ON)
    return Choice(outcome, why, turn, Origin.THERMOSTAT, season)


CHOSEN = {
    "winter": say("Someone chose heating"),
    "summer": say("Someone chose cooling"),
    "fan": say("Someone chose the fan"),
    "off": say("Someone chose off"),
    "quick-off": say("Someone chose off, and to stay off"),
}


def _held(case: Case) -> Sentence:
    hold = case.state.hold
    assert hold is not None
    chosen = CHOSEN.get(hold.action, say("Someone chose by hand"))
    if hold.until is None:
        return say("{chosen} at {since:time}: kept until resumed.", chosen=chosen, since=hold.since)
    words = "{chosen} at {since:time}: kept until {until:time} or until resumed."
    return say(words, chosen=chosen, since=hold.since, until=hold.until)


def _standing_trouble(case: Case) -> Trouble | None:
    """A trouble of an earlier look that still forbids acting: nonsense from the meter, no meter, a spent quota.

    A look that merely got no answer leaves the reading before it in force until that is stale.
    """
    trouble = case.state.trouble
    silent = trouble is None or trouble.outcome is Outcome.API_ERROR
    return None if silent else trouble


def _stale_or(trouble: Trouble, case: Case) -> Outcome:
    """Silence that lasts longer than `stale_after_minutes` has a name of its own."""
    stale = stale_reason(case.state.reading, case.zone.stale_after_minutes, case.now)
    silent = trouble.outcome is Outcome.API_ERROR
    return Outcome.STALE_READING if silent and stale is not None else trouble.outcome
