"""Days of a home that wants five times the calls there are; `make year` lives through all 365."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.pretend import Home, at
from support.year import LIMIT, RESERVE, DayCount, Year, midnight

from switchbot_dashboard.domain.budget import FASTER, SLOWER
from switchbot_dashboard.domain.errors import QuotaSpent
from switchbot_dashboard.domain.record import Outcome, Pace


def lived(year: Year, days: int) -> dict[date, DayCount]:
    return dict(year.days(days))


@pytest.mark.parametrize(("start", "share"), [("2026-03-28", 0), ("2026-10-24", 50)])
def test_around_a_clock_change_no_24_hours_pass_the_limit_and_reads_are_used_up(start: str, share: int):
    year = Year(midnight(start), share, burst_every=2, restart_every=1)
    days = lived(year, 2)
    assert len(days) == 2
    for day in days.values():
        assert day.all <= LIMIT
        assert day.fullest_of_all <= LIMIT
        assert day.fullest <= year.limit - RESERVE  # whatever was read, the reserve was whole
        assert day.refused_reads == day.refused_commands == 0
        assert day.used(year.limit) >= 0.9
        assert day.turns < 60  # swings by more than a twentieth, of twelve zones together
    assert year.steepest[0] >= FASTER
    assert year.steepest[1] <= SLOWER


def test_with_budget_to_spare_the_table_holds_to_the_second():
    year = Year(
        midnight("2026-03-03"),
        burst_every=0,
        restart_every=0,
        keys={"poll_interval_seconds": 88, "off_repeat_count": 1},
    )
    year.cloud.failing = 0.0
    days = list(lived(year, 2).values())
    assert [day.stretched for day in days] == [0, 0]
    assert days[0].longest == 88
    assert days[1].reads + days[1].commands > 0.9 * (LIMIT - RESERVE)


@given(
    limit=st.sampled_from([400, 900, 2500]),
    reserve=st.sampled_from([50, 200]),
    share=st.sampled_from([0, 30]),
    seed=st.integers(0, 100),
    window=st.sampled_from([("00:00", "00:00"), ("06:30", "08:30"), ("22:00", "03:15")]),
    begins=st.sampled_from(["00:00", "13:20"]),
)
@hypothesis_settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_spent_planned_and_reserved_calls_never_pass_the_limit(
    limit: int, reserve: int, share: int, seed: int, window: tuple[str, str], begins: str
):
    zones = [{"id": f"z{nth}", "meter_device_id": f"METER{nth}", "aircon_device_id": f"02-AC{nth}"} for nth in range(5)]
    every_day = [{"days": list(range(7)), "start": window[0], "end": window[1]}]
    keys = {"zones": zones, "time_windows": every_day}
    keys |= {"api_daily_limit": limit, "api_reserved_for_commands": reserve}
    year = Year(at(f"2026-02-03 {begins}"), share, seed, burst_every=0, restart_every=0, keys=keys)
    allowed = limit * (100 - share) // 100
    for day in lived(year, 2).values():
        assert day.fullest <= allowed - reserve
        assert day.reads + day.commands <= allowed
    assert year.steepest[1] <= SLOWER


def test_a_short_day_says_in_figures_how_far_the_calls_must_reach():
    zones = [{"id": "home"}, *({"id": f"z{nth}", "meter_device_id": f"M{nth}"} for nth in range(5))]
    keys = {"zones": zones, "api_daily_limit": 1500, "poll_interval_seconds": 15}
    home = Home("2026-01-05 00:00", time_windows=[{"days": list(range(7)), "start": "18:00", "end": "23:30"}], **keys)
    told = [each for each in home.walk("2026-01-05 18:30") if each.zone == "home" and each.wake.pace is Pace.BUDGET]
    words = str(told[-1].wake.reason)
    assert words.startswith("a window is open; ")
    assert "calls left for 5 h 3" in words
    assert words.endswith(" and 6 zones: every 2 min instead of 15 s")
    one = Home("2026-01-05 18:00", api_daily_limit=900, time_windows=[], idle_poll_interval_seconds=60)
    words = [str(each.wake.reason) for each in one.walk("2026-01-05 19:00")]
    assert words[-1] == "no window is set; 400 calls left for 24 h: every 4 min instead of 60 s"


def test_what_comes_between_two_looks_leaves_a_stretched_interval_as_it_is():
    day = [{"days": list(range(7)), "start": "00:00", "end": "00:00"}]
    keys = {"api_daily_limit": 1000, "poll_interval_seconds": 15, "off_repeat_count": 3, "manual_hold_minutes": 1}
    home = Home("2026-01-05 00:00", time_windows=day, **keys)
    before = home.walk("2026-01-05 03:00")[-1]
    assert before.wake.pace is Pace.BUDGET
    home.after(seconds=20)
    home.press("off")
    home.press("winter")
    home.press("off")
    after = [each for each in home.walk("2026-01-05 03:20") if each.looked and each.wake.mode is before.wake.mode]
    steps = [each.wake.interval_seconds for each in (before, *after)]
    assert all(was * FASTER - 1 <= now <= was * SLOWER + 1 for was, now in pairwise(steps))


def test_a_proven_end_of_the_day_ends_reading_until_the_reset_and_commands_go_on():
    home = Home("2026-01-05 06:31")
    home.tick()
    home.cloud.temperature = QuotaSpent("Spent.", retry_at=at("2026-01-06 00:00"))
    home.walk("2026-01-05 06:40")
    reads = len(home.cloud.reads)
    home.press("winter")
    home.walk("2026-01-05 23:59")
    assert len(home.cloud.reads) == reads
    assert home.cloud.commands == ["setAll 23,5,3,on", "turnOff"]  # a person's, and the one at the window's end
    assert home.state.trouble.outcome is Outcome.QUOTA_EXHAUSTED
    home.cloud.temperature = 21.0
    home.walk("2026-01-06 00:01")
    assert home.cloud.reads[reads][0] == at("2026-01-06 00:00")


def test_where_calls_lack_for_all_the_zone_in_a_window_is_read_first():
    noon = [{"days": list(range(7)), "start": "11:00", "end": "13:00"}]
    zones = [{"id": "attic", "meter_device_id": "ATTIC", "time_windows": []}, {"id": "home", "time_windows": noon}]
    home = Home("2026-01-05 12:00", zones=zones, api_daily_limit=506, api_reserved_for_commands=502)
    home.tick(every_zone=True)
    assert [device for _, device in home.cloud.reads] == ["METER01", "ATTIC"]
    home.after(minutes=1)
    home.tick(every_zone=True)
    assert home.state.trouble.outcome is Outcome.QUOTA_EXHAUSTED
    assert "24 hours" not in str(home.state.trouble.sentence)
