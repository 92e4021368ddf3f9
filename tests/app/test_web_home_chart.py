"""The small chart of the first page: what is drawn, and what is said of it."""

from __future__ import annotations

import json
from datetime import timedelta

from support.web_fakes import DOCUMENT, NOW

from switchbot_dashboard.domain.history import HOUR, MINUTE, Sample
from switchbot_dashboard.domain.settings import parse_settings
from switchbot_dashboard.domain.windows import Span
from switchbot_dashboard.web.home_chart import Chart, chart_of
from switchbot_dashboard.web.words import calls, listed

SETTINGS = parse_settings(json.dumps(DOCUMENT))
ZONE = SETTINGS.all_zones[0]
END = round(NOW.timestamp() * 1000)


def read(minutes_ago: int, tenths: int | None, holds: int = 60, doing: str = "off") -> Sample:
    return Sample(END - minutes_ago * MINUTE, holds * MINUTE, tenths, low=200, high=220, doing=doing)


def drawn(*samples: Sample) -> Chart:
    chart = chart_of(ZONE, samples, [Span(NOW - timedelta(hours=1), NOW)], NOW, SETTINGS.tz)
    assert chart is not None
    return chart


def test_nothing_is_drawn_of_nothing() -> None:
    assert chart_of(ZONE, [], [], NOW, SETTINGS.tz) is None
    assert chart_of(ZONE, [read(60, None)], [], NOW, SETTINGS.tz) is None


def test_a_gap_is_never_bridged() -> None:
    assert len(drawn(read(300, 200), read(240, 201)).lines) == 1
    assert len(drawn(read(300, 200), read(240, None), read(60, 201)).lines) == 2
    assert len(drawn(read(300, 200), read(100, 201)).lines) == 2


def test_it_says_in_words_what_it_shows() -> None:
    name = drawn(read(300, 194), read(240, 212, doing="heat"), read(180, 204)).name
    assert "between 19.4 °C and 21.2 °C, 20.4 °C at the end" in name
    assert "Comfort lies between 20.0 °C and 22.0 °C." in name
    assert "The air conditioner ran for 60 min." in name


def test_a_window_and_the_running_time_are_drawn_where_they_were() -> None:
    chart = drawn(read(360, 200, holds=300), read(60, 204, doing="heat"))
    assert [(box.x, box.width) for box in chart.windows] == [(300, 60)]
    assert [(box.x, box.width, box.kind) for box in chart.running] == [(300, 60, "heat")]


def test_a_day_of_readings_makes_no_more_points_than_can_be_seen() -> None:
    many = [Sample(END - 6 * HOUR + step * 15_000, 15_000, 200 + step % 7) for step in range(1440)]
    assert len(drawn(*many).lines[0].split()) <= 183


def test_hours_stand_under_it_by_the_homes_clock() -> None:
    assert [hour.words for hour in drawn(read(60, 200)).hours] == ["12:00", "14:00", "16:00"]


def test_costs_and_names_are_said_in_words() -> None:
    assert (calls(1), calls(1200), calls(1, 3)) == ("1 call", "1\u202f200 calls", "1–3 calls")
    assert listed(["A", "B", "C"]) == "A, B and C"


def test_the_bands_names_have_room_above_and_below_in_a_room_far_from_it() -> None:
    for tenths in (71, 180, 224, 330):
        low, high = drawn(read(300, 210), read(60, tenths)).levels
        assert 100 - low.at >= 13 or low.lift < 0
        assert high.at >= 16 or high.lift > 0
