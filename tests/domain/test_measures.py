"""What a stretch of days is worth, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.pretend import settings
from support.web_fakes import a_record, an_off

from switchbot_dashboard.domain.measures import Tally
from switchbot_dashboard.domain.record import Aircon, Done, Origin, Turn
from switchbot_dashboard.domain.windows import Span

START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
OPENS = START + timedelta(minutes=10)
SPAN = Span(OPENS, START + timedelta(minutes=40))
OFF = Aircon(False)


def tally() -> Tally:
    return Tally(settings().all_zones[0], [SPAN], 60)


def minutes(found: Tally, first: int, values: list[float], *, on: bool = False) -> None:
    for place, celsius in enumerate(values):
        found.pass_by((START + timedelta(minutes=first + place)).timestamp(), celsius, celsius, on)


def an_order(minute: int, turn: Turn, origin: Origin = Origin.THERMOSTAT) -> Done:
    done = an_off()
    return replace(done, order=replace(done.order, turn=turn, origin=origin), sent_at=START + timedelta(minutes=minute))


def test_discomfort_counts_kelvins_outside_the_band_in_windows_alone() -> None:
    found = tally()
    minutes(found, 0, [10.0] * 10)  # before the window
    minutes(found, 10, [19.0] * 5 + [21.0] * 10 + [22.5] * 15)
    figures = found.figures(kwh=1.0)
    days = 40 / 1440
    assert figures.discomfort * days == pytest.approx(5 * 1.0 + 15 * 0.5)
    assert figures.in_band == pytest.approx(10 / 30)
    assert figures.kwh * days == pytest.approx(1.0)


def test_hours_and_switches_follow_the_unit() -> None:
    found = tally()
    minutes(found, 4, [21.0] * 6, on=True)
    minutes(found, 10, [21.0] * 10, on=True)
    minutes(found, 20, [21.0] * 5)
    figures = found.figures(0.0)
    days = 21 / 1440
    assert figures.hours_outside * days * 60 == pytest.approx(6)
    assert figures.hours_inside * days * 60 == pytest.approx(10)
    assert figures.switches * days == pytest.approx(1)


def test_a_crossing_waits_for_the_command_that_answers_it() -> None:
    found = tally()
    minutes(found, 8, [20.5] * 6)
    minutes(found, 14, [19.7, 19.6, 19.5, 19.4])
    found.take_in([a_record(action=an_order(18, Turn.ON))])
    assert found.figures(0.0).delays == (240.0,)
    assert found.figures(0.0).late == 1
    assert found.figures(0.0).delay(0.5) == 240.0


def test_what_is_cold_already_when_a_window_opens_is_no_crossing() -> None:
    found = tally()
    minutes(found, 5, [18.0] * 12)
    found.take_in([a_record(action=an_order(17, Turn.ON))])
    assert found.figures(0.0).delays == ()
    assert found.figures(0.0).delay(0.95) is None


def test_a_value_that_comes_back_by_itself_needed_no_answer() -> None:
    found = tally()
    minutes(found, 8, [20.5] * 6 + [19.7, 20.1, 20.1])
    found.take_in([a_record(action=an_order(17, Turn.OFF, Origin.MANUAL))])
    assert found.figures(0.0).delays == ()


def test_an_answer_before_the_next_moment_is_no_delay() -> None:
    found = tally()
    minutes(found, 8, [20.5] * 6)
    found.take_in([a_record(action=an_order(13, Turn.ON))])
    assert found.figures(0.0).delays == (0.0,)
