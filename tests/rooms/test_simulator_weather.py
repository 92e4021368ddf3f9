"""Weather from a seed, and weather from a file that may be wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean

import pytest

from switchbot_dashboard.simulator import WINTER_2016, from_file, temperate

HEADER = "time,outdoor_c,outdoor_rh\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "weather.csv"
    path.write_text(text, encoding="utf-8")
    return path


def month(seed: int, number: int) -> list[float]:
    weather, start = temperate(seed), datetime(2026, number, 1, tzinfo=UTC)
    return [weather(start + timedelta(hours=hour))[0] for hour in range(28 * 24)]


def test_winter_is_cold_and_summer_is_warm() -> None:
    january, july = month(1, 1), month(1, 7)
    assert 0 < fmean(january) < 7
    assert 15 < fmean(july) < 22
    assert -15 < min(january) < max(july) < 36


def test_afternoons_are_warmer_and_drier_than_nights() -> None:
    weather = temperate(3)
    for day in range(1, 29):
        night, noon = (weather(datetime(2026, 4, day, hour, tzinfo=UTC)) for hour in (2, 14))
        assert noon[0] > night[0] + 3
        assert noon[1] < night[1]


def test_a_seed_is_a_weather_and_another_seed_another() -> None:
    assert month(5, 3) == month(5, 3)
    assert month(5, 3) != month(6, 3)


def test_humidity_stays_a_percentage() -> None:
    weather, start = temperate(2), datetime(2026, 1, 1, tzinfo=UTC)
    found = [weather(start + timedelta(hours=3 * step))[1] for step in range(2920)]
    assert 25 <= min(found) < max(found) <= 100


def test_the_shipped_winter_reads_as_it_was_measured() -> None:
    weather = from_file(WINTER_2016)
    assert len(weather.rows) == 6048
    assert weather.begins == datetime(2016, 2, 13, 23, 0, tzinfo=UTC)
    assert weather(weather.begins) == (2.90, 98.00)
    assert weather(weather.begins + timedelta(minutes=5)) == (pytest.approx(2.885), pytest.approx(98.085))
    assert weather(weather.ends) == (13.40, 60.33)


def test_beyond_its_span_a_file_repeats_at_the_same_hour() -> None:
    weather = from_file(WINTER_2016)
    at = datetime(2016, 3, 1, 12, 0, tzinfo=UTC)
    assert weather(at + timedelta(days=42)) == pytest.approx(weather(at))
    assert weather(at - timedelta(days=84)) == pytest.approx(weather(at))


def test_a_file_of_its_own_needs_only_three_columns_and_may_name_its_offset(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "2026-01-01T00:00Z,1,80\n2026-01-01T01:00Z,3,70\n\n")
    assert from_file(path)(datetime(2026, 1, 1, 0, 30, tzinfo=UTC)) == (2.0, 75.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: expected the columns time, outdoor_c, outdoor_rh; time is missing in nothing"),
        ("time,temp,rh\n", "line 1: expected the columns time, outdoor_c, outdoor_rh; outdoor_c is missing"),
        (HEADER, "line 1: expected two rows of figures at least, found 0"),
        (HEADER + "2026-01-01T00:00,1,80\n", "line 2: expected two rows"),
        (HEADER + "2026-01-01T00:00,1\n", "line 2: expected 3 values as in the first line, found 2"),
        (HEADER + "yesterday,1,80\n", "line 2: expected a time such as 2016-02-14T00:10, found 'yesterday'"),
        (HEADER + "2026-01-01T00:00,68,80\n", "line 2: expected outdoor_c in °C from -60 to 60, found '68'"),
        (HEADER + "2026-01-01T00:00,1,101\n", "line 2: expected outdoor_rh from 0 to 100, found '101'"),
        (HEADER + "2026-01-01T00:00,nan,80\n", "line 2: expected outdoor_c in °C from -60 to 60, found 'nan'"),
        (HEADER + "2026-01-01T00:00,,80\n", "found ''"),
        (
            HEADER + "2026-01-01T00:00,1,80\n2026-01-01T00:10,1,80\n2026-01-01T00:30,1,80\n",
            "line 4: expected 2026-01-01T00:20, one row every 10 minutes, found 2026-01-01T00:30",
        ),
        (HEADER + "2026-01-01T00:00,1,80\n2026-01-02T00:00,1,80\n", "line 3: expected a row within three hours"),
        (HEADER + "2026-01-01T00:00,1,80\n2026-01-01T00:00,1,80\n", "line 3: expected a row within three hours"),
        ("time;outdoor_c;outdoor_rh\n", "Separate the columns by commas"),
        ("time,outdoor_f,outdoor_rh\n", "outdoor_c is missing in time, outdoor_f, outdoor_rh. Convert the temp"),
        (HEADER + "2026-01-01T00:00,68,80\n", "found '68', which looks like Fahrenheit: it would be 20.0 °C"),
        (HEADER + "2026-01-01T00:00,283.2,80\n", "found '283.2', which looks like kelvins: it would be 10.1 °C"),
        (HEADER + "2026-01-01T00:00,41,80\n2026-01-01T01:00,43,80\n", "41 and a median of 42 look like Fahrenheit"),
        (HEADER + "2026-01-01T00:00,4,0.8\n2026-01-01T01:00,4,0.81\n", "line 2: expected outdoor_rh in percent"),
        (HEADER + '2026-01-01T00:00,1,"80\n', "cannot be used"),
    ],
)
def test_a_wrong_file_names_the_line_and_what_was_expected(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ValueError) as refusal:
        from_file(path)
    assert said in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_a_file_that_is_missing_or_no_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        from_file(tmp_path / "none.csv")
    (tmp_path / "raw.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ValueError, match="not text in UTF-8"):
        from_file(tmp_path / "raw.csv")
