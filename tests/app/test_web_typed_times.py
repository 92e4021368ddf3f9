"""Times of day as people type them, in the settings' windows and in the history's range."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.web_pages import a_home, client_of, text_of
from support.whole import whole

from switchbot_dashboard.web.typed_times import clock_typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7:30", "07:30"),
        ("0730", "07:30"),
        ("730", "07:30"),
        ("7h30", "07:30"),
        ("7 H 30", "07:30"),
        ("7\u202fh\u202f30", "07:30"),
        ("7.30", "07:30"),
        (" 07:30 ", "07:30"),
        ("7h", "07:00"),
        ("22", "22:00"),
        ("0:00", "00:00"),
    ],
)
def test_a_time_is_read_as_it_was_meant(typed: str, meant: str) -> None:
    assert clock_typed(typed) == meant


@pytest.mark.parametrize(
    "typed", ["24:00", "7:60", "7:5", "half past", "٧:٣٠", "7:30 pm", "-1:00", "07:30:00", "7\x000"]
)
def test_what_is_no_time_stays_as_it_was_typed(typed: str) -> None:
    assert clock_typed(typed) == typed


def a_window(start: str, end: str) -> dict[str, object]:
    return {
        "do": "review",
        "time_windows.shown": "1",
        "time_windows[0].was": "0",
        "time_windows[0].days": ["0", "1"],
        "time_windows[0].start": start,
        "time_windows[0].end": end,
    }


def test_a_windows_times_may_be_typed_in_any_of_these_ways(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        answer = home.client.post("/settings", data=a_window("6h15", "2230"))
    assert answer.status_code == 200
    assert "06:15 to 22:30" in answer.text


def test_a_time_that_is_none_is_told_at_its_field_with_what_was_typed(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        before = home.dashboard.file.text
        answer = home.client.post("/settings", data=a_window("25:99", "22:30"))
        assert home.dashboard.file.text == before
    assert answer.status_code == 422
    assert 'value="25:99"' in answer.text
    assert 'id="f-time_windows-0-start-fault"' in answer.text


def test_no_field_leaves_the_form_of_its_time_to_the_browsers_language(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        for path in ("/settings", "/history"):
            page = home.client.get(path).text
            assert 'type="time"' not in page
            assert 'type="datetime-local"' not in page
            assert 'inputmode="numeric"' in page


def test_a_range_is_typed_by_date_and_time() -> None:
    page = text_of(client_of(a_home()), "/history?start=2026-02-01&start_time=7h30&end=2026-02-02&end_time=2130")
    assert 'data-start="2026-02-01T06:30:00Z" data-end="2026-02-02T20:30:00Z" data-own="1"' in page
    assert 'name="start_time" value="07:30"' in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("start=2026-02-02&start_time=25:00&end=2026-02-03", "'25:00' is not a time; write it like 17:30."),
        ("start=2026-02-02&end=2026-02-01", "The start must be before the end."),
        ("start=2010-02-02&end=2026-02-01", "The range is longer than 10 years; choose a shorter one."),
        ("start=2026-02-31&end=2026-03-01", "'2026-02-31' is not a date that can be used"),
        ("start=2026-02-02", "A date is missing here."),
        ("range=century", "There is no range 'century'; there are 1h, 6h, 24h, 7d, 30d."),
        ("zone=cellar", "There is no zone called 'cellar'; there are: home."),
    ],
)
def test_a_range_that_is_none_is_told_at_its_field_and_keeps_what_was_typed(query: str, words: str) -> None:
    answer = client_of(a_home()).get(f"/history?{query}")
    assert answer.status_code == 422
    page = answer.text.replace("&#39;", "'")
    assert words in page
    for value in query.split("&"):
        name, _, typed = value.partition("=")
        assert name in ("range", "zone") or f'name="{name}" value="{typed}"' in page


def test_nothing_is_said_of_the_next_day_beside_a_time_that_is_none(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        answer = home.client.post("/settings", data=a_window("7h99", "06:30"))
    assert answer.status_code == 422
    assert "until 06:30 the next day" not in answer.text
