"""What is learned of a house from its readings, held to houses of which everything is known, and to a measured one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from support.lived import lived, measured

from switchbot_dashboard.domain.course import CELLS, Point, cells_of, hours_of
from switchbot_dashboard.domain.fit import HouseFit, Lack, fit, misses
from switchbot_dashboard.simulator import Envelope, from_file
from switchbot_dashboard.simulator.weather import WINTER_2016

FOUR_WEEKS = 4 * 7 * 144


def fitted(course: list[Point]) -> HouseFit:
    found = fit(course)
    assert isinstance(found, HouseFit), found
    assert found.certain
    return found


@pytest.mark.parametrize("outdoors", [True, False], ids=["outdoor meter", "no outdoor meter"])
@pytest.mark.parametrize("seed", [1, 2, 5])
def test_two_weeks_tell_time_constant_and_heat_within_fifteen_percent(seed: int, outdoors: bool) -> None:
    found = fitted(lived(seed=seed, outdoors=outdoors))
    assert found.time_constant.value == pytest.approx(20, rel=0.15)
    assert found.heating is not None
    assert found.heating.value == pytest.approx(3, rel=0.15)
    assert found.cooling is None
    assert found.outdoor_known is outdoors


@pytest.mark.parametrize(("hours", "heat"), [(8, 5.0), (35, 2.0)])
def test_other_houses_are_told_apart(hours: float, heat: float) -> None:
    envelope = Envelope(time_constant=hours * 3600.0, heating=heat / 3600.0)
    found = fitted(lived(envelope=envelope))
    assert found.time_constant.value == pytest.approx(hours, rel=0.15)
    assert found.heating is not None
    assert found.heating.value == pytest.approx(heat, rel=0.15)


def test_the_measured_weather_is_as_good_as_any() -> None:
    found = fitted(lived(weather=from_file(WINTER_2016), outdoors=False))
    assert found.time_constant.value == pytest.approx(20, rel=0.15)


def test_opened_windows_and_lost_commands_do_not_spoil_it() -> None:
    found = fitted(lived(seed=3, airing=True, loss=0.05))
    assert found.time_constant.value == pytest.approx(20, rel=0.15)
    assert found.heating is not None
    assert found.heating.value == pytest.approx(3, rel=0.15)


def test_cooling_is_learned_in_summer() -> None:
    hot, mild = Envelope(cooling=-2.0 / 3600.0), from_file(WINTER_2016)

    def heatwave(at: datetime) -> tuple[float, float]:
        celsius, wet = mild(at)
        return celsius + 26.0, wet

    found = fitted(lived(summer=True, envelope=hot, weather=heatwave))
    assert found.heating is None
    assert found.cooling is not None
    assert found.cooling.value == pytest.approx(2, rel=0.15)


def test_the_error_that_is_stated_covers_what_is_missed() -> None:
    found = [fitted(lived(seed=seed, outdoors=False)) for seed in (2, 4, 6)]
    assert all(abs(each.time_constant.value - 20) < 4 * each.time_constant.error for each in found)


def test_looks_one_hour_ahead_in_the_measured_living_room_beat_standing_still() -> None:
    course = measured("living_room")
    learned = fit(course[:FOUR_WEEKS])
    assert isinstance(learned, HouseFit)
    seen = misses(learned, cells_of(course[FOUR_WEEKS:]))
    assert seen.looks > 600
    assert seen.rmse < 0.7 * seen.persistence


def test_a_room_that_others_heat_does_not_tell_how_fast_it_cools() -> None:
    found = fit(measured("living_room"))
    assert isinstance(found, HouseFit)
    assert not found.certain
    assert found.heating is None


def test_a_history_too_short_says_how_many_days_are_missing() -> None:
    found = fit(lived(days=2.5))
    assert isinstance(found, Lack)
    assert str(found.sentence) == (
        "To learn how this home holds its warmth takes readings of 5 days; there are 2.5 so far. Days still missing: 3."
    )


@pytest.mark.parametrize("course", [[], [Point(0.0, 20.0, 0)], [Point(0.0, 20.0, 0)] * 3])
def test_next_to_nothing_is_too_short_as_well(course: list[Point]) -> None:
    assert isinstance(fit(course), Lack)


def test_readings_that_never_move_tell_nothing_and_break_nothing() -> None:
    found = fit([Point(600.0 * step, 20.0, 0) for step in range(1100)])
    assert isinstance(found, HouseFit)
    assert not found.certain
    assert (found.rmse, found.persistence) == (pytest.approx(0, abs=1e-6), 0)


def test_a_gap_in_the_readings_is_left_out() -> None:
    course = lived(days=7)
    whole = cells_of(course)
    holed = cells_of([point for point in course if not 200_000 < point.at - course[0].at < 230_000])
    assert len(whole) - len(holed) == pytest.approx(30_000 / 600, abs=3)
    missing = {cell.number for cell in whole} - {cell.number for cell in holed}
    assert not any(hour.at <= number <= hour.at + CELLS for hour in hours_of(holed) for number in missing)


def test_what_runs_counts_from_its_own_instant() -> None:
    (cell,) = cells_of([Point(0, 20.0, 0), Point(450, 20.0, 1), Point(600, 21.0, 1)])
    assert cell.heats == 0.25
    assert replace(fitted(lived()), heating=None).drive(next(hours_of(cells_of(lived(days=1))))) == 0
