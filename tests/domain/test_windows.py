"""Windows over random weeks, zones of the world and both clock changes, held to a clock read every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchbot_dashboard.domain.windows import Span, Window, opening_at, spans_between

MINUTE = timedelta(minutes=1)
EVERY_DAY = frozenset(range(7))
PARIS = ZoneInfo("Europe/Paris")
NAMES = [
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # moves by half an hour
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Pacific/Chatham",
    "America/Santiago",  # moves at midnight
    "Africa/Casablanca",
    "Pacific/Kiritimati",
]
zones = st.sampled_from(NAMES).map(ZoneInfo)
walls = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]) | st.integers(0, 59))
windows = st.builds(Window, st.frozensets(st.integers(0, 6), max_size=7), walls, walls)
weeks = st.lists(windows, max_size=4).map(tuple)
CHANGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Paris, forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Paris, back
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York, forward
    datetime(2026, 11, 1, 6, tzinfo=UTC),  # New York, back
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),  # Lord Howe, forward
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, back
    datetime(2026, 9, 6, 4, tzinfo=UTC),  # Santiago, forward at midnight
    datetime(2026, 4, 5, 3, tzinfo=UTC),  # Santiago, back at midnight
]
minutes = st.integers(-3 * 24 * 60, 3 * 24 * 60).map(lambda count: count * MINUTE)
instants = st.builds(lambda base, shift: base + shift, st.sampled_from(CHANGES), minutes) | st.builds(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + minute * MINUTE, st.integers(0, 366 * 24 * 60)
)


def clock_of(zone: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
    """The instants from `first` to `last`, one a minute, each with what the local clock shows."""
    steps = range((last - first) // MINUTE)
    return [(now, now.astimezone(zone).replace(tzinfo=None)) for now in (first + step * MINUTE for step in steps)]


def edges_by_scan(window: Window, clock: list[tuple[datetime, datetime]]) -> list[Span]:
    """The spans of one window as a patient person would find them, by looking at the local clock every minute."""
    days = sorted({local.date() for _, local in clock})[1:-2]
    spans = []
    for day in days:
        if day.weekday() in window.days:
            ends = day if window.closes > window.opens else day + timedelta(days=1)
            begin = first_at(clock, datetime.combine(day, window.opens))
            end = last_at(clock, datetime.combine(ends, window.closes))
            if begin < end:
                spans.append(Span(begin, end))
    return spans


def first_at(clock: list[tuple[datetime, datetime]], wall: datetime) -> datetime:
    """The first minute at which the clock shows `wall` or, where it skips it, the first after it."""
    return next(now for now, local in clock if local >= wall)


def last_at(clock: list[tuple[datetime, datetime]], wall: datetime) -> datetime:
    """The last minute at which the clock shows `wall`, or the first after the gap that holds it."""
    shown = [now for now, local in clock if local == wall]
    return shown[-1] if shown else first_at(clock, wall)


@settings(max_examples=50)
@given(windows, zones, instants)
def test_a_span_is_what_a_minute_scan_of_the_local_clock_finds(window: Window, zone: ZoneInfo, now: datetime) -> None:
    clock = clock_of(zone, now - timedelta(days=2), now + timedelta(days=4))
    for span in edges_by_scan(window, clock):
        day = span.opens.astimezone(zone).date()
        found = [window.span(day + timedelta(days=shift), zone) for shift in (-1, 0)]
        assert span in found


@settings(max_examples=50)
@given(weeks, zones, instants)
def test_inside_and_the_next_edge_agree_with_a_minute_scan(
    week: tuple[Window, ...], zone: ZoneInfo, now: datetime
) -> None:
    clock = clock_of(zone, now - timedelta(days=4), now + timedelta(days=4))
    spans = [span for window in week for span in edges_by_scan(window, clock)]
    opening = opening_at(week, zone, now)
    assert opening.inside == any(now in span for span in spans)
    horizon = now + timedelta(days=1)
    open_minutes = [any(now + step * MINUTE in span for span in spans) for step in range(24 * 60)]
    changed = next(
        (now + step * MINUTE for step, is_open in enumerate(open_minutes) if is_open != opening.inside), None
    )
    edge = opening.next_edge
    assert (edge if edge and edge < horizon else None) == changed


@given(weeks, zones, instants)
def test_a_window_contains_its_start_and_not_its_end(week: tuple[Window, ...], zone: ZoneInfo, now: datetime) -> None:
    opening = opening_at(week, zone, now)
    if opening.opens_at:
        assert opening.opens_at > now
        assert opening_at(week, zone, opening.opens_at).inside
        assert not opening_at(week, zone, opening.opens_at - timedelta(microseconds=1)).inside
    if opening.closes_at:
        assert opening.closes_at > now
        assert not opening_at(week, zone, opening.closes_at).inside
        assert opening_at(week, zone, opening.closes_at - timedelta(microseconds=1)).inside


@given(weeks, zones, instants, st.integers(1, 20))
def test_the_spans_of_a_time_are_apart_in_order_and_agree_with_each_instant(
    week: tuple[Window, ...], zone: ZoneInfo, start: datetime, days: int
) -> None:
    end = start + timedelta(days=days)
    spans = spans_between(week, zone, start, end)
    assert all(before.closes < after.opens for before, after in pairwise(spans))
    assert all(start <= span.opens < span.closes <= end for span in spans)
    for step in range(days * 4):
        now = start + step * timedelta(hours=6)
        assert opening_at(week, zone, now).inside == any(now in span for span in spans)


@given(weeks, zones, instants)
def test_going_from_edge_to_edge_misses_none(week: tuple[Window, ...], zone: ZoneInfo, start: datetime) -> None:
    end, now = start + timedelta(days=9), start
    walked = []
    while (edge := opening_at(week, zone, now).next_edge) and edge < end:
        walked.append(edge)
        now = edge
    spans = spans_between(week, zone, start, end)
    edges = sorted(edge for span in spans for edge in (span.opens, span.closes) if start < edge < end)
    assert walked == edges


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def daily(opens: str, closes: str) -> Window:
    return Window(EVERY_DAY, time.fromisoformat(opens), time.fromisoformat(closes))


def test_a_window_across_midnight_belongs_to_the_day_it_opens() -> None:
    monday = Window(frozenset({0}), time(22), time(6))
    assert opening_at([monday], PARIS, paris("2026-01-06T05:59:59+01:00")).inside  # Tuesday morning
    assert not opening_at([monday], PARIS, paris("2026-01-05T05:59:59+01:00")).inside  # Monday morning
    assert opening_at([monday], PARIS, paris("2026-01-06T00:00:00+01:00")).closes_at == paris("2026-01-06T06:00+01:00")


def test_a_window_whose_end_is_its_start_lasts_the_whole_day() -> None:
    sunday = Window(frozenset({6}), time(7), time(7))
    span = sunday.span(date(2026, 3, 22), PARIS)
    assert span == Span(paris("2026-03-22T07:00+01:00"), paris("2026-03-23T07:00+01:00"))


def test_whole_days_in_a_row_never_close_and_have_no_next_start() -> None:
    opening = opening_at([daily("00:00", "00:00")], PARIS, paris("2026-03-28T12:00+01:00"))
    assert opening.inside
    assert (opening.closes_at, opening.opens_at, opening.next_edge) == (None, None, None)


def test_windows_that_touch_or_overlap_are_one() -> None:
    week = [daily("06:00", "08:00"), daily("08:00", "09:00"), daily("07:30", "08:30")]
    opening = opening_at(week, PARIS, paris("2026-01-06T06:30+01:00"))
    assert opening.closes_at == paris("2026-01-06T09:00+01:00")
    assert opening.opens_at == paris("2026-01-07T06:00+01:00")


def test_no_windows_mean_no_edges() -> None:
    for week in ([], [Window(frozenset(), time(6), time(8))]):
        opening = opening_at(week, PARIS, paris("2026-01-06T06:30+01:00"))
        assert (opening.inside, opening.next_edge) == (False, None)


@pytest.mark.parametrize(
    ("opens", "closes", "begins", "ends"),
    [
        ("02:30", "05:00", "2026-03-29T03:00+02:00", "2026-03-29T05:00+02:00"),
        ("01:00", "02:30", "2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"),
        ("02:00", "03:00", None, None),
        ("02:10", "02:50", None, None),
    ],
)
def test_a_time_in_the_gap_is_the_first_instant_after_it(
    opens: str, closes: str, begins: str | None, ends: str | None
) -> None:
    span = daily(opens, closes).span(date(2026, 3, 29), PARIS)
    if begins and ends:
        assert span == Span(paris(begins), paris(ends))
    else:
        assert span.opens >= span.closes
        week = [daily(opens, closes)]
        opening = opening_at(week, PARIS, paris("2026-03-29T00:30+01:00"))
        assert opening.opens_at == daily(opens, closes).span(date(2026, 3, 30), PARIS).opens


@pytest.mark.parametrize(
    ("opens", "closes", "begins", "ends"),
    [
        ("02:30", "05:00", "2026-10-25T02:30+02:00", "2026-10-25T05:00+01:00"),
        ("01:00", "02:30", "2026-10-25T01:00+02:00", "2026-10-25T02:30+01:00"),
        ("02:10", "02:50", "2026-10-25T02:10+02:00", "2026-10-25T02:50+01:00"),
    ],
)
def test_in_a_repeated_hour_a_start_is_the_first_and_an_end_the_last(
    opens: str, closes: str, begins: str, ends: str
) -> None:
    assert daily(opens, closes).span(date(2026, 10, 25), PARIS) == Span(paris(begins), paris(ends))


def test_a_weekly_start_that_the_clocks_skip_comes_a_week_later() -> None:
    sunday = Window(frozenset({6}), time(2, 10), time(2, 50))
    opening = opening_at([sunday], PARIS, paris("2026-03-22T03:00+01:00"))
    assert opening.opens_at == paris("2026-04-05T02:10+02:00")


def test_a_weekly_hour_of_rest_that_the_clocks_skip_closes_a_week_later() -> None:
    week = [
        Window(frozenset(range(6)), time(0), time(0)),
        Window(frozenset({6}), time(0), time(2)),
        Window(frozenset({6}), time(3), time(0)),
    ]
    opening = opening_at(week, PARIS, paris("2026-03-22T03:00+01:00"))
    assert opening.closes_at == paris("2026-04-05T02:00+02:00")


def test_a_day_that_the_calendar_skips_opens_nothing() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    friday = Window(frozenset({4}), time(8), time(9))
    opening = opening_at([friday], apia, datetime(2011, 12, 29, 20, tzinfo=UTC))
    assert opening.opens_at == datetime(2012, 1, 5, 18, tzinfo=UTC)
