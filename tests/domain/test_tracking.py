"""The temperature's course against courses that are known: noisy, rounded, late and sometimes wrong readings."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.pretend import at

from switchbot_dashboard.domain.learned import NOTHING, Change, Course, Effect, Learned
from switchbot_dashboard.domain.tracking import HOUR, NEW_SLOPE, ahead, deviation, path, seen, settled_slope

BEGIN = at("2026-01-05 00:00")
MINUTE = timedelta(minutes=1)
SLOPES = st.floats(-3, 3)
LEVELS = st.floats(5, 30)


def shown(celsius: float, chance: random.Random) -> float:
    """What a meter makes of a temperature."""
    return round(celsius + chance.gauss(0, 0.03), 1)


def follow(
    level: float, slope: float, gaps: list[timedelta], seed: int = 1, learned: Learned = NOTHING
) -> tuple[Learned, datetime, float, float]:
    """What is learned of a room that goes its way; the instant, level and slope of the last reading."""
    chance, now, hours = random.Random(seed), BEGIN, 0.0
    for gap in gaps:
        now += gap
        hours = (now - BEGIN) / HOUR
        learned = seen(learned, shown(level + slope * path(hours), chance), now)
    return learned, now, level + slope * path(hours), slope * path(1e-6 + hours) - slope * path(hours)


def course_of(learned: Learned) -> Course:
    assert learned.course is not None
    return learned.course


@settings(max_examples=200)
@given(LEVELS, SLOPES, st.integers(60, 900), st.integers(0, 10**6))
def test_level_and_slope_of_a_course_are_found_within_four_of_their_deviations(level, slope, seconds, seed):
    gaps = [timedelta(seconds=seconds)] * (2 * 3600 // seconds + 4)
    learned, _, true_level, true_slope = follow(level, slope, gaps, seed)
    course = course_of(learned)
    assert abs(course.level - true_level) < 4 * deviation(course) + 0.02
    assert abs(course.slope - true_slope * 1e6) < 4 * sqrt(course.spread[2]) + 0.02
    assert deviation(course) < 0.1
    assert course.count > 3


def test_the_stated_spread_is_honest_two_times_in_three_and_more():
    within = within_slope = 0
    for seed in range(300):
        chance = random.Random(seed)
        gaps = [timedelta(minutes=chance.uniform(1, 15)) for _ in range(20)]
        learned, _, level, slope = follow(chance.uniform(15, 25), chance.uniform(-2, 3), gaps, seed)
        course = course_of(learned)
        within += abs(course.level - level) <= deviation(course)
        within_slope += abs(course.slope - slope * 1e6) <= sqrt(course.spread[2])
    assert within / 300 > 0.68
    assert within_slope / 300 > 0.68


@given(LEVELS, SLOPES, st.lists(st.integers(0, 86400), min_size=2, max_size=8))
def test_the_spread_grows_with_the_time_ahead(level, slope, seconds):
    learned, now, _, _ = follow(level, slope, [5 * MINUTE] * 6)
    later = [ahead(course_of(learned), now + timedelta(seconds=each)) for each in sorted(seconds)]
    for sooner, after in pairwise(later):
        assert after.spread[0] >= sooner.spread[0]
        assert after.spread[0] * after.spread[2] >= after.spread[1] ** 2 * (1 - 1e-9)


def test_a_change_that_was_caused_turns_the_course_from_its_own_instant_on():
    course = Course(BEGIN, 20.0, -0.6, (0.0, 0.0, 0.0), Effect.HEAT, changes=(Change(BEGIN + HOUR, 3.0, 0.1, 0.01),))
    before, after = ahead(course, BEGIN + HOUR / 2), ahead(course, BEGIN + 2 * HOUR)
    assert before.level == pytest.approx(19.7, abs=0.02)
    assert before.changes == course.changes
    assert after.level == pytest.approx(19.4 + 2.4, abs=0.1)
    assert after.changes == ()
    assert after.spread[0] > ahead(Course(BEGIN, 20.0, -0.6, (0.0, 0.0, 0.0), Effect.HEAT), BEGIN + 2 * HOUR).spread[0]
    assert settled_slope(course) == pytest.approx(2.4)


@given(LEVELS, SLOPES, st.sampled_from([-5.0, -2.0, 2.0, 5.0]))
def test_one_wrong_reading_changes_nothing_but_is_doubted(level, slope, off):
    learned, now, true_level, _ = follow(level, slope, [5 * MINUTE] * 12)
    wrong = seen(learned, round(true_level + off, 1), now + 5 * MINUTE)
    before, after = course_of(learned), course_of(wrong)
    assert after.doubted is not None
    assert (after.level, after.slope, after.spread, after.at) == (before.level, before.slope, before.spread, before.at)
    right = round(ahead(before, now + 6 * MINUTE).level, 1)
    again = course_of(seen(wrong, right, now + 6 * MINUTE))
    assert again.doubted is None
    assert again.level == pytest.approx(right, abs=0.1)
    assert again.count == before.count + 1


@given(LEVELS, SLOPES, st.sampled_from([-5.0, -2.0, 2.0, 5.0]))
def test_two_readings_in_a_row_are_believed(level, slope, off):
    learned, now, true_level, _ = follow(level, slope, [5 * MINUTE] * 12)
    there = round(true_level + off, 1)
    for _ in range(2):
        now += 5 * MINUTE
        learned = seen(learned, there, now)
    course = course_of(learned)
    assert course.level == pytest.approx(there, abs=0.05)
    assert course.doubted is None
    assert course.count == 1
    assert course.spread[2] >= NEW_SLOPE


def test_readings_seconds_apart_do_not_make_it_sure_of_a_rounded_value():
    learned = NOTHING
    for nth in range(600):  # an hour at 6 s, all of them rounded the same way
        learned = seen(learned, 20.0, BEGIN + timedelta(seconds=6 * nth))
    sparse = NOTHING
    for nth in range(13):
        sparse = seen(sparse, 20.0, BEGIN + 5 * MINUTE * nth)
    assert course_of(learned).spread[0] > 0.8 * course_of(sparse).spread[0]
    assert deviation(course_of(learned)) > 0.015


def test_a_rounding_step_while_it_is_looked_at_every_minute_is_no_surprise():
    learned, _, _, _ = follow(20.0, -0.5, [MINUTE] * 240)
    course = course_of(learned)
    assert course.count > 200
    assert course.slope == pytest.approx(-0.5 * 0.85, abs=0.15)


@given(st.integers(-(10**7), 10**7).map(lambda seconds: timedelta(seconds=seconds)), st.floats(-40, 85))
def test_a_clock_set_anywhere_leaves_a_course_that_makes_sense(by, celsius):
    learned, now, _, _ = follow(20.0, -0.5, [5 * MINUTE] * 6)
    for _ in range(3):
        now += by
        learned = seen(learned, round(celsius, 1), now)
        assert_sound(course_of(learned))
    now += 5 * MINUTE
    for _ in range(4):
        now += 10 * MINUTE
        learned = seen(learned, 20.0, now)
    assert course_of(learned).at == now
    assert course_of(learned).level == pytest.approx(20.0, abs=0.5)


def test_after_days_without_a_reading_a_course_is_begun_anew():
    learned, now, _, _ = follow(20.0, -0.5, [5 * MINUTE] * 6)
    after = course_of(seen(learned, 14.0, now + timedelta(days=3)))
    assert (after.level, after.slope, after.count, after.doubted) == (14.0, 0.0, 1, None)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.floats(-40, 85), st.one_of(st.integers(-400, 400), st.integers(0, 90_000))),
        min_size=1,
        max_size=40,
    )
)
def test_no_history_of_readings_leaves_nonsense(history):
    learned, now = NOTHING, BEGIN
    for celsius, seconds in history:
        now += timedelta(seconds=seconds)
        learned = seen(learned, round(celsius, 1), now)
        assert_sound(course_of(learned))
        assert_sound(ahead(course_of(learned), now + timedelta(days=30)))


def assert_sound(course: Course) -> None:
    level, both, slope = course.spread
    assert all(isfinite(figure) for figure in (course.level, course.slope, level, both, slope))
    assert level >= 0
    assert slope >= 0
    assert both * both <= level * slope * (1 + 1e-6) + 1e-12
    assert 0 < course.unrest <= 9
