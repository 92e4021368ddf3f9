"""Optimal start: early enough and no earlier, and only where it helps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.heated import FORESIGHT, HeatedHome, taught
from support.pretend import at, settings

from switchbot_dashboard.domain.case import Case, case_of
from switchbot_dashboard.domain.learned import Course, Effect, Estimate, Learned
from switchbot_dashboard.domain.preheat import EARLIEST, lead_of, preparing
from switchbot_dashboard.domain.record import Aircon, Mode, Outcome, Reading, Receipt, ZoneState

MORNING = "2026-01-07 06:30"
OPTIMAL: dict[str, Any] = {"optimal_start_enabled": True}


def a_case(
    now: datetime, celsius: float, slope: float, heat: float, lag: float = 120.0, cool: float = -3.0, **keys: Any
) -> Case:
    """A zone of which so much is known: at rest, its course going by `slope` K/h, its unit adding `heat` K/h."""
    course = Course(now, celsius, slope, (0.002, 0.0, 0.01), Effect.REST, now, count=9)
    learned = Learned(course, Estimate(heat, 0.01, 5), Estimate(cool, 0.01, 5), Estimate(lag, 3600.0, 5))
    reading = Reading(round(celsius * 10), 45, 90, now, now)
    state = ZoneState("home", reading=reading, aircon=Aircon(False, since=now), learned=learned, looked_at=now)
    known = settings(**{**FORESIGHT, **keys})
    return case_of(known, known.all_zones[0], state, None, now)


def first_early(home: HeatedHome, day: str = "2026-01-07") -> datetime | None:
    """When the early start of a morning began."""
    found = [record for record in home.store.records if record.verdict.outcome is Outcome.OPTIMAL_START]
    return next((record.at for record in found if at(f"{day} 00:00") <= record.at < at(f"{day} 06:30")), None)


@pytest.mark.parametrize("lag", [1, 10])
@pytest.mark.parametrize("rate", [2.0, 3.0, 4.0])
def test_the_room_has_its_lowest_temperature_when_the_window_opens(rate, lag):
    home = taught(rate=rate, lag=lag, outdoor=8.0, **OPTIMAL)
    home.walk("2026-01-09 07:00")
    for day in ("07", "08", "09"):
        assert 19.7 <= home.temperature(f"2026-01-{day} 06:30") <= 20.8
        begun = first_early(home, f"2026-01-{day}")
        assert begun is not None
        assert timedelta(0) < at(f"2026-01-{day} 06:30") - begun <= EARLIEST


@hypothesis_settings(max_examples=300)
@given(st.floats(5, 30), st.floats(-3, 3), st.floats(0, 6), st.floats(0, 3600), st.integers(0, 86399), st.booleans())
def test_no_start_is_earlier_than_three_hours_nor_where_it_would_not_help(celsius, slope, heat, lag, second, summer):
    now = at("2026-01-07 00:00") + timedelta(seconds=second)
    case = a_case(now, celsius, slope, heat, lag, -heat, mode="summer" if summer else "winter")
    lead, opens = lead_of(case), case.opening.opens_at
    if case.opening.inside:
        assert lead is None
        return
    assert opens is not None
    if lead is not None:
        assert opens - EARLIEST <= lead.due <= opens
        assert lead.earliest <= opens
        towards = -lead.rate if summer else lead.rate
        assert towards >= 0.2
        lead.words(begins=True).text()
    if preparing(case) is not None:
        assert opens - now <= EARLIEST


@pytest.mark.parametrize(
    ("celsius", "slope", "heat"),
    [(20.5, 0.0, 3.0), (17.0, -0.5, 0.6), (17.0, -1.0, 0.1), (19.5, 0.5, 3.0)],
    ids=["warm enough", "too weak", "hardly there", "warm by itself"],
)
def test_there_is_no_early_start_that_would_not_help(celsius, slope, heat):
    assert lead_of(a_case(at("2026-01-07 04:30"), celsius, slope, heat)) is None


def test_the_colder_the_room_the_earlier_the_start():
    now = at("2026-01-07 03:00")
    leads = [lead_of(a_case(now, celsius, -0.5, 3.0)) for celsius in (19.0, 18.0, 17.0, 16.0)]
    due = [lead.due for lead in leads if lead is not None]
    assert len(due) == 4
    assert due == sorted(due, reverse=True)
    assert at(MORNING) - due[1] == pytest.approx(timedelta(minutes=71), abs=timedelta(minutes=15))


def test_a_room_that_is_far_too_cold_is_started_three_hours_before():
    lead = lead_of(a_case(at("2026-01-07 02:00"), 5.0, -0.3, 3.0))
    assert lead is not None
    assert lead.due == at("2026-01-07 03:30")
    assert preparing(a_case(at("2026-01-07 03:28"), 5.0, -0.3, 3.0)) is None
    assert preparing(a_case(at("2026-01-07 03:30"), 5.0, -0.3, 3.0)) is not None


@pytest.mark.parametrize("change", [{"optimal_start_enabled": False}, {"automation_enabled": False}])
def test_a_switch_that_is_off_means_no_early_start(change):
    assert lead_of(a_case(at("2026-01-07 05:30"), 17.0, -0.5, 3.0)) is not None
    assert lead_of(a_case(at("2026-01-07 05:30"), 17.0, -0.5, 3.0, **change)) is None


def test_nothing_is_started_on_a_reading_that_is_too_old():
    case = a_case(at("2026-01-07 05:30"), 17.0, -0.5, 3.0)
    reading = case.state.reading
    assert reading is not None
    old = replace(reading, read_at=case.now - timedelta(hours=2), changed_at=case.now - timedelta(hours=2))
    assert lead_of(replace(case, state=replace(case.state, reading=old))) is None


def test_what_is_begun_early_is_not_switched_off_as_outside_the_window():
    home = taught(**OPTIMAL)
    home.walk("2026-01-07 06:29")
    begun = first_early(home)
    assert begun is not None
    assert [what for _, what in home.commands_between("2026-01-07 04:00", MORNING)] == ["setAll 23,5,3,on"]
    home.walk("2026-01-07 06:31")
    assert home.room.drive == 1


def test_the_sentence_tells_the_figures_and_the_mode_the_reason():
    home = taught(**OPTIMAL)
    home.walk("2026-01-07 06:20")
    record = next(record for record in home.store.records if record.at == first_early(home))
    words = record.verdict.sentence.text()
    assert words.startswith("20.0 °C at 06:30 needs ")
    assert words.endswith(" °C an hour: started early")
    assert record.wake.mode is Mode.OPTIMAL_START
    assert home.zone_state.last_action is not None
    assert home.zone_state.last_action.reason == record.verdict.sentence


def test_ready_early_it_is_held_at_the_lower_threshold():
    """Milder weather after the start brings the room there too soon: it rests, and is taken up again at the edge."""
    home = taught(outdoor=2.0, **OPTIMAL)
    while first_early(home) is None:
        home.walk((home.time + timedelta(minutes=5)).isoformat(" "))
    home.room.rate = 8.0
    home.walk(MORNING)
    commands = [what for _, what in home.commands_between("2026-01-07 04:00", MORNING)]
    assert commands[:2] == ["setAll 23,5,3,on", "turnOff"]
    off = next(record for record in home.store.records if record.action and record.action.step.command == "turnOff"
               and record.at > at("2026-01-07 04:00"))  # fmt: skip
    assert off.reading is not None
    assert off.reading.tenths < 220
    assert home.temperature(MORNING) >= 19.5


@pytest.mark.parametrize("how", ["off", "quick"])
def test_a_person_or_the_switch_ends_it(how):
    home = taught(**OPTIMAL)
    while first_early(home) is None:
        home.walk((home.time + timedelta(minutes=5)).isoformat(" "))
    if how == "off":
        home.press("off")
    else:
        assert home.settings is not None
        home.settings = settings(**{**FORESIGHT, "automation_enabled": False})
        home.press("off")
    home.walk("2026-01-07 06:29")
    assert home.room.drive == 0
    assert home.cloud.commands[-1] == "turnOff"


def test_switched_off_in_the_settings_it_ends_as_outside_the_window():
    home = taught(**OPTIMAL)
    while first_early(home) is None:
        home.walk((home.time + timedelta(minutes=5)).isoformat(" "))
    home.settings = settings(**{**FORESIGHT, "optimal_start_enabled": False})
    home.tick(every_zone=True)
    assert home.cloud.commands[-1] == "turnOff"


def test_in_summer_the_room_is_cooled_ahead_of_the_window():
    home = HeatedHome("2026-07-06 00:00", outdoor=33.0, first=27.0, mode="summer")
    home.walk("2026-07-09 06:29")
    sent = [what for _, what in home.commands_between("2026-07-09 03:29", "2026-07-09 06:30")]
    assert sent[:1] == ["setAll 24,2,3,on"]
    assert 25.2 <= home.temperature("2026-07-09 06:29") <= 26.3
    assert first_early(home, "2026-07-09") is not None


def test_without_prediction_an_early_start_comes_in_time_by_the_table():
    home = taught(predictive_polling_enabled=False, **OPTIMAL)
    home.walk("2026-01-07 06:31")
    assert first_early(home) is not None
    assert home.temperature(MORNING) >= 19.6


def test_a_long_idle_interval_does_not_make_an_early_start_late():
    home = taught(predictive_polling_enabled=False, idle_poll_interval_seconds=86400, **OPTIMAL)
    home.walk("2026-01-07 06:31")
    assert home.temperature(MORNING) >= 19.6


def test_a_start_whose_fate_is_unknown_is_ordered_again():
    home = taught(**OPTIMAL)
    home.cloud.deaf = True

    def no_answer() -> None:
        home.cloud.refuse["setAll"] = Receipt(False, home.time, unknown=True)

    while not home.commands_between("2026-01-07 04:00", MORNING) and home.time < at(MORNING):
        home.walk((home.time + timedelta(minutes=5)).isoformat(" "), no_answer)
    assert home.time < at(MORNING)
    home.cloud.refuse.clear()
    home.cloud.deaf = False
    home.walk("2026-01-07 06:29")
    assert home.room.drive == 1
