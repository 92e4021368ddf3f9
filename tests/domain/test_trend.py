"""Where the temperature is going, from the last hour's readings."""

from __future__ import annotations

from switchbot_dashboard.domain.history import HOUR, MINUTE, Sample
from switchbot_dashboard.domain.trend import trend

NOW = 500 * HOUR


def read(minutes_ago: float, tenths: int | None, holds: int = 5) -> Sample:
    return Sample(NOW - round(minutes_ago * MINUTE), holds * MINUTE, tenths)


def test_a_steady_climb_is_told_in_tenths_an_hour() -> None:
    climb = [read(60 - 5 * step, 190 + step) for step in range(13)]
    assert trend(climb, NOW) == 12


def test_a_room_that_does_not_change_has_no_slope() -> None:
    assert trend([read(40, 200, holds=40)], NOW) == 0


def test_too_short_a_time_tells_nothing() -> None:
    assert trend([read(10, 200), read(5, 210)], NOW) is None
    assert trend([], NOW) is None


def test_a_gap_is_not_taken_for_a_reading() -> None:
    silent = [read(60, 200), read(55, None, holds=50), read(5, 230)]
    assert trend(silent, NOW) is None


def test_many_readings_in_a_window_weigh_no_more_than_the_time_they_held() -> None:
    slow = [read(60 - 5 * step, 190 + step) for step in range(6)]
    quick = [Sample(NOW - 30 * MINUTE + step * 15_000, 15_000, 196 + step // 20) for step in range(120)]
    assert trend([*slow, *quick], NOW) == 12


def test_what_is_older_than_an_hour_counts_no_more() -> None:
    assert trend([read(300, 100, holds=240), read(60, 200, holds=60)], NOW) == 0
