"""What a report of a meter is good for: judged by device, time and value, and never taken for proof."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.home_values import NOON

from switchbot_dashboard.domain.hint import (
    DRIFT,
    LARGEST_STEP,
    LOOKS_AN_HOUR,
    OLDEST,
    SKEW,
    STEP,
    Unlikely,
    counted,
    heard,
    taken_in,
)
from switchbot_dashboard.domain.push import KEPT_GAPS, Event, Push, plain_id, rhythm_of
from switchbot_dashboard.domain.record import Reading, ZoneState

FAR = timedelta(days=20_000)
MINUTE = timedelta(minutes=1)

instants = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(tzinfo=NOON.tzinfo))  # noqa: DTZ001
near = st.timedeltas(timedelta(minutes=-20), timedelta(minutes=20)).map(lambda by: NOON + by)
numbers = st.one_of(st.floats(allow_nan=False), st.floats(-60, 110))
events = st.builds(
    Event, st.just("METER01"), numbers, st.none() | numbers, st.none() | numbers, st.none() | instants | near
)
readings = st.builds(Reading, st.integers(-400, 850), st.just(45), st.just(90), near, near, st.booleans())


def an_event(celsius: float = 20.9, at: datetime | None = NOON, **other: float | None) -> Event:
    return Event("METER01", celsius, other.get("humidity", 45), other.get("battery", 90), at)


def a_reading(tenths: int = 208, at: datetime = NOON - MINUTE) -> Reading:
    return Reading(tenths, 45, 90, at, at)


def a_push(tenths: int = 209, at: datetime = NOON, gaps: tuple[int, ...] = ()) -> Push:
    return Push("METER01", tenths, 45, 90, at, at, gaps, 208, NOON - MINUTE)


def test_a_report_near_what_was_read_is_believed():
    found = heard(an_event(), a_reading(), None, NOON)
    assert isinstance(found, Push)
    assert (found.tenths, found.sampled_at, found.anchor) == (209, NOON, 208)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (an_event(at=NOON + SKEW + MINUTE), Unlikely.AHEAD),
        (an_event(at=NOON + FAR), Unlikely.AHEAD),
        (an_event(at=NOON - OLDEST - MINUTE), Unlikely.OLD),
        (an_event(900.0), Unlikely.ABSURD),
        (an_event(-41.0), Unlikely.ABSURD),
        (an_event(0, humidity=0, battery=0), Unlikely.ABSURD),
        (an_event(26.0), Unlikely.LEAP),
    ],
)
def test_what_cannot_be_is_not_believed(event: Event, why: Unlikely):
    assert heard(event, a_reading(), None, NOON) is why


def test_the_same_report_counts_once_and_an_older_one_not_at_all():
    assert heard(an_event(), a_reading(), a_push(), NOON + MINUTE) is Unlikely.KNOWN
    assert heard(an_event(at=NOON - MINUTE), a_reading(), a_push(), NOON) is Unlikely.KNOWN


def test_a_report_from_a_time_when_our_clock_was_ahead_does_not_shut_later_ones_out():
    ahead = a_push(at=NOON + timedelta(days=300))
    assert isinstance(heard(an_event(), a_reading(), ahead, NOON), Push)


def test_small_steps_lead_nowhere_since_each_is_judged_by_what_was_read():
    pushed, read, now = None, a_reading(), NOON
    tenths = 208
    for _ in range(60):  # a minute of a report a second, each a degree warmer than the one before
        now, tenths = now + timedelta(seconds=1), tenths + 10
        found = heard(an_event(tenths / 10, now), read, pushed, now)
        pushed = found if isinstance(found, Push) else pushed
    assert pushed is not None
    assert pushed.tenths - 208 <= STEP + DRIFT * 3


@given(event=events, read=st.none() | readings, now=near)
def test_whatever_is_believed_lies_in_time_and_range_and_within_a_step_of_what_was_read(event, read, now):
    found = heard(event, read, None, now)
    if isinstance(found, Unlikely):
        return
    assert -400 <= found.tenths <= 850
    assert now - OLDEST <= found.sampled_at <= now + SKEW
    assert found.known_at <= now == found.arrived_at
    if read is not None and not read.pushed:
        assert abs(found.tenths - read.tenths) <= LARGEST_STEP
        passed = max(0.0, (now - read.read_at) / MINUTE)
        assert abs(found.tenths - read.tenths) <= STEP + DRIFT * passed


@given(st.lists(st.integers(-10, 4 * 3600), max_size=60))
def test_what_is_learned_of_the_rhythm_stays_small(steps):
    pushed, now = None, NOON
    for step in steps:
        now += timedelta(seconds=step)
        found = heard(an_event(20.8, now), a_reading(208, now), pushed, now)
        pushed = found if isinstance(found, Push) else pushed
    assert pushed is None or len(pushed.gaps) <= KEPT_GAPS


def test_a_rhythm_needs_some_gaps_and_forgives_one_long_one():
    assert rhythm_of(a_push(gaps=(180,) * 5)) is None
    found = rhythm_of(a_push(gaps=(180, 170, 190, 3000, 185, 175, 180, 182, 178, 181, 184, 179)))
    assert found is not None
    assert found.usual == timedelta(seconds=180)
    assert found.silence == timedelta(minutes=10)


def test_nonsense_among_the_gaps_is_left_out():
    assert rhythm_of(a_push(gaps=(-5, 0, 10**9, 180, 180))) is None


def test_after_a_silence_of_a_day_the_rhythm_is_learned_anew():
    before = a_push(at=NOON - timedelta(days=2), gaps=(180,) * 20)
    found = heard(an_event(), a_reading(), before, NOON)
    assert isinstance(found, Push)
    assert found.gaps == ()


def test_a_newer_report_takes_the_place_of_the_reading_and_is_marked():
    state = ZoneState("home", reading=a_reading(), looked_at=NOON - 2 * MINUTE)
    reading = taken_in(state, a_push(), NOON).reading
    assert reading is not None
    assert (reading.tenths, reading.read_at, reading.pushed) == (209, NOON, True)


def test_a_report_older_than_the_reading_or_from_the_future_changes_nothing():
    state = ZoneState("home", reading=a_reading(at=NOON), looked_at=NOON)
    assert taken_in(state, a_push(at=NOON - MINUTE), NOON + 5 * MINUTE) is state
    assert taken_in(state, a_push(at=NOON + timedelta(hours=2)), NOON + 5 * MINUTE) is state


def test_no_more_looks_are_remembered_than_the_cap_needs():
    state = ZoneState("home")
    for minute in range(200):
        state = counted(state, NOON + minute * timedelta(seconds=10))
    assert len(state.hinted_looks) == LOOKS_AN_HOUR


def test_an_id_is_the_same_with_and_without_colons():
    assert plain_id("aa:bb:cc:dd:ee:0f") == plain_id("AABBCCDDEE0F") == "AABBCCDDEE0F"


def test_a_report_without_humidity_keeps_what_was_known():
    state = ZoneState("home", reading=a_reading(), looked_at=NOON - 2 * MINUTE)
    reading = taken_in(state, replace(a_push(), humidity=None, battery=None), NOON).reading
    assert reading is not None
    assert (reading.humidity, reading.battery) == (45, 90)
