from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.home_values import a_record, an_order

from switchbot_dashboard.domain.chart import (
    METRICS,
    Granularity,
    borders,
    chosen,
    ms,
    raw_series,
    split_hours,
    step_series,
    that_fits,
    usual_metrics,
)
from switchbot_dashboard.domain.history import (
    DAY,
    HOUR,
    MINUTE,
    TOLERANCE,
    Doing,
    Mark,
    Sample,
    Totals,
    doing,
    fold,
    mark_of,
    regrouped,
    stretches,
    stretches_of,
    summed,
)
from switchbot_dashboard.domain.record import Aircon, Fate

PARIS, KOLKATA, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")
START = ms(datetime(2026, 3, 2, tzinfo=UTC))


def sample(minute: float, holds: float = 10, temperature: int | None = 200, **more) -> Sample:
    """A sample so many minutes after the start, with a band of 20.0 to 22.0 °C."""
    at = START + round(minute * MINUTE)
    return Sample(
        at, round(holds * MINUTE), temperature, **{"low": 200, "high": 220, "slack": 3, "humidity": 40, **more}
    )


def hour_of(*samples: Sample, now: int = START + HOUR) -> Totals:
    return fold(samples, HOUR, START, START + HOUR, now).get(START, Totals())


def test_a_mean_is_weighted_by_how_long_each_value_held() -> None:
    totals = hour_of(sample(0, 45, 200), sample(45, 15, 240))
    assert METRICS["temperature"](totals) == 21.0
    assert (totals.temperature_min, totals.temperature_max) == (200, 240)
    assert totals.covered_ms == HOUR


def test_the_value_in_force_at_the_start_counts_from_the_start() -> None:
    totals = hour_of(sample(-30, 60, 180), sample(30, 30, 220))
    assert METRICS["temperature"](totals) == 20.0
    assert totals.calls == 0


def test_a_gap_is_never_bridged() -> None:
    totals = hour_of(sample(0, 10, 200), sample(40, 20, 240))
    assert totals.covered_ms == 30 * MINUTE
    assert METRICS["temperature"](totals) == pytest.approx((200 * 10 + 240 * 20) / 300, abs=0.005)


def test_a_tick_that_is_a_little_late_is_no_gap() -> None:
    late = TOLERANCE / MINUTE
    assert hour_of(sample(0, 30), sample(30 + late, 30 - late)).covered_ms == HOUR
    assert hour_of(sample(0, 30), sample(40, 20)).covered_ms == 50 * MINUTE


def test_the_newest_value_holds_until_now_and_not_beyond() -> None:
    now = START + 20 * MINUTE
    assert fold([sample(0, 40)], HOUR, START, now, now)[START].covered_ms == 20 * MINUTE


def test_a_failed_look_has_no_temperature_but_time_goes_on() -> None:
    totals = hour_of(sample(0, 30), sample(30, 30, None, humidity=None, doing="heat", mark="error"))
    assert (totals.temperature_ms, totals.covered_ms, totals.heating_ms) == (30 * MINUTE, HOUR, 30 * MINUTE)
    assert totals.errors == 1


def test_time_in_the_band_counts_only_where_band_and_temperature_are_known() -> None:
    totals = hour_of(sample(0, 15, 200), sample(15, 15, 221), sample(30, 15, None), sample(45, 15, 210, low=None))
    assert (totals.in_band_ms, totals.band_ms) == (15 * MINUTE, 30 * MINUTE)


def test_a_start_is_a_change_to_heating_or_cooling() -> None:
    turns = ["off", "heat", "heat", "fan", "cool", "heat"]
    found = hour_of(*(sample(10 * place, doing=turn) for place, turn in enumerate(turns)))
    assert (found.starts, found.heating_ms, found.cooling_ms, found.fan_ms) == (
        2,
        30 * MINUTE,
        10 * MINUTE,
        10 * MINUTE,
    )


def test_the_first_record_of_all_starts_nothing() -> None:
    assert hour_of(sample(0, 60, doing="heat")).starts == 0


def test_calls_commands_and_errors_are_counted_where_they_happen() -> None:
    records = [sample(0, calls=2), sample(10, mark="command", calls=1), sample(20, mark="failed"), sample(70)]
    found = hour_of(*records)
    assert (found.calls, found.commands, found.errors) == (3, 2, 1)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 50 * MINUTE),
            st.integers(0, 40 * MINUTE),
            st.none() | st.integers(-400, 850),
            st.sampled_from(["heat", "cool", "fan", "off", None]),
        ),
        max_size=30,
    )
)
def test_fine_parts_add_up_to_the_coarse_ones_exactly(steps: list[tuple[int, int, int | None, str | None]]) -> None:
    at, samples = START - HOUR, []
    for later, holds, temperature, does in steps:
        at += later
        samples.append(Sample(at, holds, temperature, 40, 200, 220, 3, does, None, 1))
    end, now = START + 12 * HOUR, START + 30 * HOUR
    coarse = fold(samples, HOUR, START, end, now)
    fine = fold(samples, 5 * MINUTE, START, end, now)
    assert regrouped(fine, range(START, end + 1, HOUR)) == coarse
    assert summed(coarse[key] for key in sorted(coarse)) == summed(fine[key] for key in sorted(fine))
    assert all(0 <= totals.temperature_ms <= totals.covered_ms <= HOUR for totals in coarse.values())


@pytest.mark.parametrize(
    ("aircon", "season", "does"),
    [
        (Aircon(), "winter", None),
        (Aircon(False, 5), "winter", Doing.OFF),
        (Aircon(True, 5), "summer", Doing.HEAT),
        (Aircon(True, 2), "winter", Doing.COOL),
        (Aircon(True, 3), "winter", Doing.COOL),
        (Aircon(True, 4), "winter", Doing.FAN),
        (Aircon(True, 1), "summer", Doing.COOL),
        (Aircon(True), "winter", Doing.HEAT),
    ],
)
def test_what_runs_follows_the_mode_and_on_auto_the_season(aircon: Aircon, season: str, does: Doing | None) -> None:
    assert doing(aircon, season) is does


def test_a_record_is_pointed_out_for_a_command_or_an_error() -> None:
    assert mark_of(a_record()) is None
    assert mark_of(a_record(order=an_order())) is Mark.COMMAND
    assert mark_of(a_record(order=an_order(), fate=Fate.UNKNOWN)) is Mark.FAILED
    assert mark_of(a_record(trouble="The hub is silent.")) is Mark.ERROR


def test_running_times_touch_and_end_with_a_gap() -> None:
    samples = [sample(-10, doing="heat"), sample(0, doing="heat"), sample(10, doing="fan"), sample(40, doing="heat")]
    found = stretches(samples, START, START + HOUR, START + HOUR)
    assert [(part.start - START, part.end - START, part.doing) for part in found] == [
        (0, 10 * MINUTE, Doing.HEAT),
        (10 * MINUTE, 20 * MINUTE, Doing.FAN),
        (40 * MINUTE, 50 * MINUTE, Doing.HEAT),
    ]


def test_of_coarser_steps_running_times_keep_how_long_it_ran() -> None:
    rows = [
        (0, HOUR, Totals(heating_ms=HOUR)),
        (HOUR, 2 * HOUR, Totals(heating_ms=HOUR // 2)),
        (2 * HOUR, 3 * HOUR, None),
    ]
    assert [(part.end, part.active_ms) for part in stretches_of(rows)] == [(HOUR, HOUR), (2 * HOUR, HOUR // 2)]


@pytest.mark.parametrize(
    ("hours", "raw", "wanted"),
    [
        (1, 60, Granularity.RAW),
        (24, 1440, Granularity.RAW),
        (24, 4000, Granularity.MINUTE),
        (24, None, Granularity.FIVE_MINUTES),
        (7 * 24, 10_080, Granularity.QUARTER),
        (30 * 24, 43_200, Granularity.HOUR),
        (400 * 24, 576_000, Granularity.DAY),
        (3650 * 24, None, Granularity.DAY),
        (3650 * 24, 12, Granularity.RAW),
    ],
)
def test_a_chart_is_as_fine_as_it_can_show(hours: int, raw: int | None, wanted: Granularity) -> None:
    assert chosen(START, START + hours * HOUR, raw) is wanted


def test_what_fits_is_the_finest_that_can_be_asked_for() -> None:
    assert that_fits(START, START + 30 * DAY) is Granularity.MINUTE
    assert that_fits(START, START + 400 * DAY) is Granularity.QUARTER


def test_days_begin_at_midnight_at_home_also_where_clocks_change() -> None:
    start, end = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC)
    edges = borders(Granularity.DAY, ms(start), ms(end), PARIS)
    assert [(after - before) // HOUR for before, after in pairwise(edges)] == [24, 23, 24, 24]
    assert edges[0] == ms(datetime(2026, 3, 27, 23, tzinfo=UTC))
    assert split_hours(edges) == []


def test_a_day_may_begin_within_an_hour_of_utc() -> None:
    edges = borders(Granularity.DAY, START, START + DAY, KOLKATA)
    assert edges[0] == START - 5 * HOUR - 30 * MINUTE
    assert split_hours(edges) == [edge - 30 * MINUTE for edge in edges]


def test_steps_cover_the_range_and_begin_on_the_clock() -> None:
    edges = borders(Granularity.QUARTER, START + MINUTE, START + 16 * MINUTE, NEW_YORK)
    assert edges == [START, START + 15 * MINUTE, START + 30 * MINUTE]


def test_a_raw_series_breaks_at_a_gap_and_begins_with_what_was_in_force() -> None:
    samples = [sample(-5, 10, 190), sample(5, 5, 200), sample(30, 10, 210)]
    end = START + HOUR
    series = raw_series(samples, START, end, end, ["temperature", "low", "warm"])
    assert [(time - START / 1000) / 60 for time in series.times] == [0, 5, 10, 30, 40]
    assert series.columns["temperature"] == [19.0, 20.0, None, 21.0, None]
    assert series.columns["low"] == [20.0, 20.0, None, 20.0, None]
    assert series.columns["warm"] == [22.3, 22.3, None, 22.3, None]


def test_a_step_without_records_is_an_empty_one_between_the_others() -> None:
    parts = fold([sample(0, 10), sample(125, 10)], HOUR, START, START + 6 * HOUR, START + 6 * HOUR)
    edges = borders(Granularity.HOUR, START, START + 6 * HOUR, PARIS)
    series = step_series(Granularity.HOUR, parts, edges, usual_metrics(Granularity.HOUR))
    assert series.columns["temperature"] == [20.0, None, 20.0]
    assert series.columns["temperature_max"] == [20.0, None, 20.0]


def test_a_chart_of_nothing_is_empty() -> None:
    end = START + HOUR
    assert raw_series([], START, end, end, ["temperature"]).times == []
    assert step_series(Granularity.HOUR, {}, [START, end], ["temperature"]).columns == {"temperature": []}


def test_a_series_of_every_metric_has_columns_of_one_length() -> None:
    end = START + HOUR
    series = raw_series([sample(0), sample(10, doing="heat", mark="command")], START, end, end, list(METRICS))
    assert {len(column) for column in series.columns.values()} == {len(series.times)} == {3}
