"""What a followed command teaches of a unit: its heat, its lag; and what must not teach it anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import sin

import pytest
from support.heated import HeatedHome
from support.pretend import at

DAYS = "2026-01-08 06:00"  # three days after the begin
WEEKDAYS = [{"days": [0, 1], "start": "06:30", "end": "08:30"}, {"days": [0, 1], "start": "17:30", "end": "23:00"}]


@pytest.mark.parametrize("lag", [1, 10, 20])
@pytest.mark.parametrize("rate", [2.0, 3.0, 4.0])
def test_followed_commands_teach_heat_and_lag(rate, lag):
    home = HeatedHome("2026-01-05 00:00", rate=rate, lag=lag)
    home.walk(DAYS)
    learned = home.zone_state.learned
    assert learned.heat is not None
    assert learned.lag is not None
    assert learned.heat.mean == pytest.approx(rate, rel=0.15)
    assert learned.lag.mean == pytest.approx(60 * lag, abs=240)
    assert all(when < at("2026-01-06 00:00") for when in learned.resent)  # before it knew
    assert home.zone_state.doubt is None


@pytest.mark.parametrize("lag", [1, 10])
def test_the_first_heating_of_all_is_enough_to_know_the_unit_roughly(lag):
    home = HeatedHome("2026-01-05 05:00", lag=lag, first=19.0)
    home.walk("2026-01-05 23:30")
    assert home.zone_state.learned.heat is not None
    assert home.zone_state.learned.heat.mean == pytest.approx(3.0, rel=0.3)


def test_cooling_in_summer_is_learned_below_zero():
    def outdoor(now: datetime) -> float:
        return 29 + 3 * sin(now.timestamp() / 86400 * 6.28)

    home = HeatedHome("2026-07-06 00:00", outdoor=outdoor, first=27.0, mode="summer")
    home.walk("2026-07-09 06:00")
    learned = home.zone_state.learned
    assert learned.heat is None
    assert learned.cool is not None
    assert learned.cool.mean == pytest.approx(-3.0, rel=0.15)
    assert any(command.startswith("setAll 24,2") for command in home.cloud.commands)


def test_a_command_that_nothing_came_of_teaches_nothing():
    home = HeatedHome("2026-01-05 00:00")
    home.walk("2026-01-07 04:00")
    before = home.zone_state.learned.heat
    home.cloud.deaf = True
    home.walk("2026-01-08 04:00")
    after = home.zone_state.learned.heat  # the last one that was followed still taught
    assert before is not None
    assert after is not None
    assert after.mean == pytest.approx(before.mean, abs=0.1)
    assert after.count <= before.count + 1


def test_days_of_rest_do_not_change_what_is_known_of_the_unit():
    home = HeatedHome("2026-01-05 00:00", time_windows=WEEKDAYS, first=19.0)
    home.walk("2026-01-07 00:00")
    before = home.zone_state.learned.heat
    assert before is not None
    home.walk("2026-01-12 10:00")  # five days later the unit runs again
    after = home.zone_state.learned.heat
    assert any(when > home.time - timedelta(hours=8) for when, _ in home.cloud.sent)
    assert after is not None
    assert after.mean == pytest.approx(3.0, rel=0.2)


def test_the_room_at_rest_is_learned_for_the_next_start():
    home = HeatedHome("2026-01-05 00:00")
    home.walk(DAYS)
    resting = home.zone_state.learned.resting
    assert resting is not None
    assert -1.2 < resting.mean < -0.4  # (5 °C outdoors - 19 °C) / 20 h
