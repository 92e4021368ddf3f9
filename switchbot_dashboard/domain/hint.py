"""What a report is good for: it updates the picture, it may bring a look forward, and it spares looks. No more.

An event of the webhook carries no signature, so it is a hint: nothing is ever switched on its word alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from .case import Case
from .decision import Choice, consider
from .push import FORGOTTEN, Event, Push, Rhythm, gaps_with, plain_id, rhythm_of
from .reading import judge
from .record import House, Origin, Outcome, Pace, Reading, ZoneState
from .sentence import Sentence, say
from .settings import Settings, Zone

SKEW = timedelta(seconds=30)  # a time this far ahead of our clock is still believed
OLDEST = timedelta(minutes=5)  # an event takes seconds, seldom a minute
STEP, DRIFT, LARGEST_STEP = 15, 5, 100  # tenths: at once, for each minute since the value was read, and in all
LOOKS_AN_HOUR = 12  # that hints may bring forward, over all zones
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MOST_INSIDE, MOST_ELSEWHERE = timedelta(minutes=15), timedelta(minutes=60)  # between looks, however well it reports
ALIKE = 3  # tenths by which a reading and a report may differ and still tell the same story
SETTLED = timedelta(seconds=30)  # a look that could wait for less is taken at once


class Unlikely(StrEnum):
    """Why an event is not believed."""

    AHEAD = "ahead of our clock"
    OLD = "too old"
    KNOWN = "known already, or older than what is known"
    ABSURD = "nothing that a meter can say"
    LEAP = "too far from what was read"


def heard(event: Event, read: Reading | None, before: Push | None, now: datetime) -> Push | Unlikely:
    """An event as the meter's last report, or why it is not plausible.

    `read` is what is known of the meter, `before` its report before this one. The value is judged by what was *read*:
    by reports alone a forger could lead it anywhere in small steps.
    """
    before = None if before is None or before.sampled_at > now + SKEW else before  # our clock was set back
    sampled_at = event.sampled_at or now
    if sampled_at > now + SKEW:
        return Unlikely.AHEAD
    if now - sampled_at > OLDEST:
        return Unlikely.OLD
    if before is not None and sampled_at <= before.sampled_at:
        return Unlikely.KNOWN
    status = {"temperature": event.celsius, "humidity": event.humidity, "battery": event.battery}
    value = judge(status, None, now)
    if not isinstance(value, Reading):
        return Unlikely.ABSURD
    anchor, anchored_at = _anchor(read, before)
    if anchor is not None and anchored_at is not None:
        minutes = max(0.0, (now - anchored_at) / MINUTE)
        if abs(value.tenths - anchor) > min(LARGEST_STEP, STEP + DRIFT * minutes):
            return Unlikely.LEAP
    gaps = gaps_with(before, sampled_at)
    return Push(
        event.device, value.tenths, value.humidity, value.battery, sampled_at, now, gaps, anchor, anchored_at
    )  # fmt: skip


def _anchor(read: Reading | None, before: Push | None) -> tuple[int | None, datetime | None]:
    if read is not None and not read.pushed:
        return read.tenths, read.read_at
    return (before.anchor, before.anchored_at) if before is not None else (None, None)


def taken_in(state: ZoneState, push: Push | None, now: datetime) -> ZoneState:
    """The zone's picture with the report in it, where that is newer than what is known."""
    if push is None or push.arrived_at > now + SKEW:
        return state
    before, known_at = state.reading, push.known_at
    if before is not None and known_at <= before.read_at:
        return state
    humidity = push.humidity if push.humidity is not None else before.humidity if before else None
    battery = push.battery if push.battery is not None else before.battery if before else None
    same = before is not None and (before.tenths, before.humidity) == (push.tenths, humidity)
    changed_at = before.changed_at if before is not None and same else known_at
    return replace(state, reading=Reading(push.tenths, humidity, battery, known_at, changed_at, pushed=True))


def reported(case: Case, push: Push | None) -> Case:
    """The case with what its meter reported. What was read ahead of a start stands: the command on it is exact."""
    if push is None:
        return case
    edge, looked_at = case.opening.next_edge, case.state.looked_at
    starts = case.edge_within is not None or (
        not case.opening.inside and edge is not None and edge - case.now <= MINUTE
    )  # fmt: skip
    if starts and looked_at is not None and timedelta(0) <= case.now - looked_at < MINUTE:
        return replace(case, push=push)
    return replace(case, push=push, state=taken_in(case.state, push, case.now))


def push_of(house: House, zone: Zone) -> Push | None:
    """The last report of a zone's meter."""
    return house.pushes.get(plain_id(zone.meter_device_id)) if zone.meter_device_id else None


def pictured(house: House, settings: Settings | None, now: datetime) -> House:
    """The house as people should see it between two ticks: with the newer reports in the zones' pictures."""
    if settings is None or not house.pushes:
        return house
    known = {zone.id: house.states[zone.id] for zone in settings.all_zones if zone.id in house.states}
    zones = {zone.id: push_of(house, zone) for zone in settings.all_zones}
    seen = {zone: taken_in(state, zones[zone], now) for zone, state in known.items()}
    return replace(house, states={**house.states, **seen})


def hinted(cases: Sequence[Case], states: Iterable[ZoneState], now: datetime) -> frozenset[str]:
    """The zones whose meter reported a value on which something would be switched, so that it is read now.

    `states` are those of all zones ever known: the looks of the last hour that hints brought forward are counted over
    all of them, and no flood of events gets beyond the cap.
    """
    wanted = [case.zone.id for case in cases if _calls_for_a_look(case)]
    if not wanted:
        return frozenset()
    spent = sum(abs(now - at) < HOUR for state in states for at in state.hinted_looks)
    return frozenset(wanted[: max(0, LOOKS_AN_HOUR - spent)])


def _calls_for_a_look(case: Case) -> bool:
    state, push = case.state, case.push
    if push is None or state.reading is None or not state.reading.pushed or not case.opening.inside:
        return False
    if state.looked_at is not None and push.arrived_at <= state.looked_at:
        return False
    if state.trouble is not None and state.trouble.retry_at is not None and case.now < state.trouble.retry_at:
        return False
    return consider(case, None).turn is not None


def counted(state: ZoneState, now: datetime) -> ZoneState:
    """The state after a look that a hint brought forward."""
    recent = tuple(at for at in state.hinted_looks if abs(now - at) < HOUR)
    return replace(state, hinted_looks=(*recent, now)[-LOOKS_AN_HOUR:])


def read_first(choice: Choice, case: Case) -> Choice:
    """The choice without its command where only a report speaks for it; a window's end needs no reading."""
    reading = case.state.reading
    if choice.turn is None or choice.origin is Origin.WINDOW_END or reading is None or not reading.pushed:
        return choice
    words = "{why}. The meter reported this by itself; it is read before anything is switched."
    return Choice(Outcome.NO_ACTION, say(words, why=choice.sentence), season=choice.season)


def quiet_until(case: Case) -> tuple[datetime, Rhythm] | None:
    """Until when the meter need not be read, since it reports by itself; None where it must be read as usual.

    It may not be silent for longer than the longest interval between two looks, and its word must agree with what was
    read. Only with predictive polling: without, the table of intervals holds.
    """
    state, push, looked_at = case.state, case.push, case.state.looked_at
    if push is None or looked_at is None or state.reading is None or not case.zone.predictive_polling_enabled:
        return None
    most = MOST_INSIDE if case.opening.inside else MOST_ELSEWHERE
    rhythm = rhythm_of(push)
    if rhythm is None or rhythm.silence > most or push.arrived_at > case.now + SKEW:
        return None
    if abs(push.tenths - state.reading.tenths) > ALIKE or state.trouble is not None:
        return None
    if state.reading.pushed and case.opening.inside and consider(case, None).turn is not None:
        return None
    until = min(looked_at + most, push.arrived_at + rhythm.silence)
    return (until, rhythm) if until > case.now else None


def spared(case: Case, lead: timedelta) -> bool:
    """Whether a look that is due can wait: it was planned for a silence, and the meter has reported since.

    Never so shortly (`lead`) before a window's edge.
    """
    wake, push, edge = case.state.wake, case.push, case.opening.next_edge
    if wake is None or wake.pace is not Pace.PREDICTED or push is None:
        return False
    if case.last_tick is None or push.arrived_at <= case.last_tick:
        return False
    if case.edge_within is not None or (edge is not None and edge - case.now <= lead + SETTLED):
        return False
    quiet = quiet_until(case)
    return quiet is not None and quiet[0] - case.now > SETTLED


def silence_of(case: Case) -> tuple[Rhythm, timedelta] | None:
    """The rhythm from which a meter has fallen silent, and for how long; None while it reports, or never did."""
    push = case.push
    rhythm = rhythm_of(push) if push is not None and case.zone.predictive_polling_enabled else None
    if push is None or rhythm is None:
        return None
    silent = case.now - push.arrived_at
    return (rhythm, silent) if rhythm.silence <= silent < FORGOTTEN else None


def quiet_words(why: Sentence, rhythm: Rhythm) -> Sentence:
    """Why a look comes later than usual."""
    usual = round(rhythm.usual.total_seconds())
    return say("{why}: the meter reports by itself about every {usual:span}, so it is read less", why=why, usual=usual)


def silent_words(why: Sentence, rhythm: Rhythm, silent: timedelta) -> Sentence:
    """Why the meter is read as usual again."""
    words = (
        "{why}; the meter, which reported by itself about every {usual:span}, has been silent for {silent:span}, "
        "so it is read as usual again"
    )
    spans = {"usual": round(rhythm.usual.total_seconds()), "silent": round(silent.total_seconds())}
    return say(words, why=why, **spans)
