"""The governor: no 24 hours with more calls than there are, what matters least giving way first, and no swings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.pretend import at, settings

from switchbot_dashboard.domain.budget import (
    CAPS,
    FOR_NOW,
    MOST,
    PLENTY,
    SLOWER,
    eased,
    next_by_hand,
    quota_of,
    ration_of,
    with_more,
)
from switchbot_dashboard.domain.demand import Rank, demand_of, rank_of
from switchbot_dashboard.domain.record import Mode
from switchbot_dashboard.domain.settings import Settings

NOON = at("2026-01-05 12:00")
HOUR = int(NOON.timestamp()) // 3600
DAY = 86_400
SECOND = timedelta(seconds=1)


def home(zones: int = 12, **keys: Any) -> Settings:
    """As many zones, with one window from 05:00 to 21:00, at 15 s in it and 5 minutes else."""
    wanted = {
        "zones": [{"id": f"z{nth}"} for nth in range(zones)],
        "poll_interval_seconds": 15,
        "time_windows": [{"days": list(range(7)), "start": "05:00", "end": "21:00"}],
        "predictive_polling_enabled": False,
    }
    return settings(**(wanted | keys))


def evenly(calls: int) -> dict[int, int]:
    """So many calls an hour in the last 24."""
    return {HOUR - back: calls for back in range(1, 25)}


def today(spent: dict[int, int]) -> int:
    return sum(count for hour, count in spent.items() if hour >= HOUR - 12)


def test_the_demand_is_what_the_table_reads():
    house = home(poll_warmup_minutes=30)
    reads = demand_of(house, NOON).between(NOON.timestamp(), NOON.timestamp() + DAY, 1)
    assert reads == pytest.approx((12 * 16 * 240, 12 * 120, 12 * 7.5 * 12))
    evening = at("2026-01-05 20:50").timestamp()
    assert demand_of(house, NOON).between(evening, evening + 1200, 1) == pytest.approx((12 * 40, 0, 12 * 2))


def test_the_demand_follows_a_clock_change_and_windows_across_midnight():
    night = [{"days": list(range(7)), "start": "22:00", "end": "06:00"}]
    house = home(1, timezone="Europe/Paris", time_windows=night, poll_warmup_minutes=0)
    for day, hours in (("2026-03-28 12:00", 7), ("2026-10-24 12:00", 9), ("2026-06-01 12:00", 8)):
        noon = at(day)
        assert demand_of(house, noon).between(noon.timestamp(), noon.timestamp() + DAY, 1)[0] == hours * 240


@pytest.mark.parametrize(
    ("keys", "reads"),
    [
        ({"adaptive_polling_enabled": False}, (16 * 240, 0, 8 * 240)),
        ({"automation_enabled": False}, (0, 0, 288)),
        ({"time_windows": []}, (0, 0, 288)),
    ],
)
def test_the_demand_of_a_zone_that_watches_or_keeps_one_interval(keys: dict[str, Any], reads: tuple[float, ...]):
    found = demand_of(home(1, **keys), NOON).between(NOON.timestamp(), NOON.timestamp() + DAY, 1)
    assert found == pytest.approx(reads)


def test_with_calls_to_spare_nothing_is_stretched():
    assert ration_of(home(2), 5000, NOON, evenly(300)) is PLENTY
    assert ration_of(home(12, poll_interval_seconds=90), 2400, NOON, evenly(200)) is PLENTY


def test_idle_gives_way_first_then_the_warm_up_and_windows_last():
    factors = []
    for limit in (10_000, 6200, 5600, 4500, 300):  # 6 112 reads are wanted: 5 120 in windows, 320 before, 672 between
        keys = {"api_daily_limit": limit, "api_reserved_for_commands": 0}
        house = home(8, poll_interval_seconds=90, poll_warmup_minutes=60, **keys)
        factors.append(tuple(round(each, 2) for each in ration_of(house, 0, at("2026-01-05 00:00"), {}).factors))
    assert factors == [(1, 1, 1), (1, 1, 1.31), (1, 1.6, 12), (1.21, 10, 12), (20.83, 20.83, 25)]


def test_the_figures_of_a_ration_are_those_of_the_day_or_of_24_hours_where_the_day_is_not_even():
    evening, spent = at("2026-01-05 18:50"), {HOUR + hour: 590 for hour in range(-7, 7)}
    ration = ration_of(home(6), 8260, evening, spent)
    assert (ration.left, ration.seconds, ration.zones) == (1240, 5 * 3600 + 600, 6)
    first = ration_of(home(6), 0, evening, {})
    assert (first.left, first.seconds) == (9500, DAY)


HISTORY = st.lists(st.integers(0, 900), min_size=25, max_size=25)
HOMES = st.builds(
    home,
    st.integers(1, 30),
    poll_interval_seconds=st.sampled_from([15, 60, 300]),
    idle_poll_interval_seconds=st.sampled_from([15, 300, 7200]),
    poll_warmup_minutes=st.sampled_from([0, 10, 120]),
    api_daily_limit=st.sampled_from([600, 2000, 10_000]),
    api_reserved_for_commands=st.sampled_from([0, 40, 500]),
    other_tools_share=st.sampled_from([0, 50, 90]),
    adaptive_polling_enabled=st.booleans(),
)


@given(house=HOMES, history=HISTORY, minute=st.integers(0, 59))
@example(house=home(), history=[400] * 25, minute=59)
@hypothesis_settings(deadline=None, max_examples=40)
def test_what_is_planned_fits_into_every_24_hours_to_come(house: Settings, history: list[int], minute: int):
    now = NOON + timedelta(minutes=minute)
    spent = {HOUR - 24 + nth: count for nth, count in enumerate(history)}
    ration = ration_of(house, today(spent), now, spent)
    limit = house.api_daily_limit * (100 - house.other_tools_share) // 100
    allowed = limit - min(limit, house.api_reserved_for_commands)
    demand, at_its_longest = demand_of(house, now), ration.caps[0] >= CAPS[0] * FOR_NOW
    nothing_left = not quota_of(house, today(spent), now, spent).reads_left
    for ahead in range(2, 25):
        counted = sum(count for hour, count in spent.items() if hour >= HOUR + ahead - 24)
        reads = demand.between(now.timestamp(), (HOUR + ahead) * 3600, 1)
        planned = sum(wanted / factor for wanted, factor in zip(reads, ration.factors, strict=True))
        assert counted + planned <= MOST * allowed + 1e-6 or at_its_longest or nothing_left


@given(house=HOMES, history=HISTORY)
@hypothesis_settings(deadline=None, max_examples=40)
def test_a_rank_is_stretched_only_when_those_below_are_at_their_longest(house: Settings, history: list[int]):
    spent = {HOUR - 24 + nth: count for nth, count in enumerate(history)}
    ration = ration_of(house, today(spent), NOON, spent)
    active, idle = house.poll_interval_seconds, house.idle_poll_interval_seconds
    table = (active, active, idle if house.adaptive_polling_enabled else active)
    for rank in (Rank.INSIDE, Rank.WARMUP):
        if ration.factors[rank] > 1:
            below = Rank(rank + 1)
            stretched = ration.stretched(timedelta(seconds=table[below]), below)
            assert stretched >= timedelta(seconds=max(table[below], CAPS[below]))


@given(house=HOMES, history=HISTORY, calls=st.integers(0, 500))
@hypothesis_settings(deadline=None, max_examples=40)
def test_what_was_spent_never_makes_reading_faster(house: Settings, history: list[int], calls: int):
    spent = {HOUR - 24 + nth: count for nth, count in enumerate(history)}
    before = ration_of(house, today(spent), NOON, spent)
    after = ration_of(house, today(spent) + calls, NOON, with_more(spent, calls, NOON))
    wanted = timedelta(seconds=60)
    if quota_of(house, today(spent) + calls, NOON, with_more(spent, calls, NOON)).reads_left:
        assert all(after.stretched(wanted, rank) >= before.stretched(wanted, rank) for rank in Rank)


@given(history=HISTORY, used=st.integers(0, 20_000), limit=st.integers(1, 20_000), reserved=st.integers(0, 20_000))
def test_reading_goes_on_when_enough_calls_are_a_day_old(history: list[int], used: int, limit: int, reserved: int):
    house = home(1, api_daily_limit=limit, api_reserved_for_commands=min(reserved, limit))
    spent = {HOUR - 24 + nth: count for nth, count in enumerate(history) if count}
    quota = quota_of(house, used, NOON, spent)
    assert quota.reads_left <= max(0, limit - min(reserved, limit) - sum(spent.values()))
    if not quota.reads_left:
        assert NOON + timedelta(minutes=1) <= quota.again_at <= NOON + timedelta(hours=25)


def test_a_plugs_status_counts_too():
    keys = {"poll_interval_seconds": 90, "aircon_poll_cooldown_minutes": 1}
    house = home(8, **keys)
    assert ration_of(house, 0, NOON, {}).factors == (1, 1, 1)
    assert ration_of(house, 0, NOON, {}, plugs=4).factors > (1, 1, 1)


def test_a_home_that_predicts_is_not_slowed_down_for_reads_that_it_does_not_need():
    house = home(12, predictive_polling_enabled=True)
    assert ration_of(house, 1500, NOON, evenly(120)) is PLENTY
    assert ration_of(house, 4800, NOON, evenly(394)).factors[2] > 1


@given(before=st.integers(1, 10_000), interval=st.integers(1, 10_000))
def test_an_interval_grows_by_a_quarter_and_shrinks_by_half_at_most(before: int, interval: int):
    found = eased(interval * SECOND, before * SECOND) / SECOND
    assert before / 2 <= found <= before * SLOWER
    assert min(before, interval) <= found <= max(before, interval)


def test_sixty_actions_by_hand_an_hour_and_the_next_when_the_first_is_an_hour_old():
    pressed = [NOON + nth * timedelta(seconds=30) for nth in range(60)]
    now = NOON + timedelta(minutes=40)
    assert next_by_hand(pressed[:59], now) is None
    assert next_by_hand(pressed, now) == NOON + timedelta(hours=1)
    assert next_by_hand(pressed, NOON + timedelta(hours=1)) is None
    assert next_by_hand([now + timedelta(hours=2)] * 60, now) is None  # the clock was set back


@pytest.mark.parametrize(
    ("mode", "inside", "rank"),
    [
        (Mode.IN_WINDOW, True, Rank.INSIDE),
        (Mode.FIXED, True, Rank.INSIDE),
        (Mode.FIXED, False, Rank.IDLE),
        (Mode.WARMUP, False, Rank.WARMUP),
        (Mode.OPTIMAL_START, False, Rank.WARMUP),
        (Mode.NO_WINDOWS, False, Rank.IDLE),
    ],
)
def test_what_a_reading_is_for(mode: Mode, inside: bool, rank: Rank):
    assert rank_of(mode, inside=inside) is rank


def test_with_calls_to_spare_an_interval_is_kept_to_the_microsecond():
    wanted = timedelta(seconds=152, microseconds=123456)
    assert PLENTY.stretched(wanted, Rank.INSIDE) == wanted
