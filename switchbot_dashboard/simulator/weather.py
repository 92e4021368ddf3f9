"""The weather around the virtual home: made up from a seed, or read from a file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from math import cos, isfinite, pi, sin
from pathlib import Path
from statistics import median
from typing import TypeAlias

from .chance import lot

Weather: TypeAlias = Callable[[datetime], tuple[float, float]]
"""Outdoor temperature in °C and relative humidity in percent at an aware instant."""

WINTER_2016 = Path(__file__).parent / "data" / "house-2016-winter.csv"
"""Six measured weeks near Mons, Belgium."""

STANDARD_TIME = timezone(timedelta(hours=1))
LONGEST_STEP = timedelta(hours=3)
HOTTEST_USUAL = 36.0  # °C: no place on Earth has a higher median for long
COLUMNS = ("time", "outdoor_c", "outdoor_rh")

_DAY = 86_400.0
_YEAR = 365.2425 * _DAY
_COLDEST = 19 * _DAY  # 20 January
_WARMEST_HOUR = 14 * 3600.0
_FRONTS = ((3.13, 1.4), (5.47, 1.1), (8.71, 0.9), (13.9, 0.6))  # days, K: no two in step


def temperate(seed: int) -> Weather:
    """Weather of the temperate north: 11 ± 8 °C over the year, ± 4 K over the day, and fronts of some days."""
    phases = [2 * pi * lot(seed, "front", number) for number in range(len(_FRONTS))]
    wet = 2 * pi * lot(seed, "wet")

    def weather(at: datetime) -> tuple[float, float]:
        seconds = at.timestamp()
        season = -8.0 * cos(2 * pi * (seconds - _COLDEST) / _YEAR)
        swing = 4.0 * cos(2 * pi * (seconds - _WARMEST_HOUR) / _DAY)
        fronts = 0.0
        for (days, kelvin), phase in zip(_FRONTS, phases, strict=True):
            fronts += kelvin * sin(2 * pi * seconds / (days * _DAY) + phase)
        humidity = 76.0 - 3.0 * swing - 0.6 * season + 7.0 * sin(2 * pi * seconds / (4.21 * _DAY) + wet)
        return 11.0 + season + swing + fronts, min(100.0, max(25.0, humidity))

    return weather


@dataclass(frozen=True, slots=True)
class MeasuredWeather:
    """Weather measured at even steps from `begins`; between two rows it is interpolated, beyond the file it repeats."""

    begins: datetime
    step: timedelta
    rows: Sequence[tuple[float, float]]

    @property
    def ends(self) -> datetime:
        """The instant of the last row."""
        return self.begins + self.step * (len(self.rows) - 1)

    def __call__(self, at: datetime) -> tuple[float, float]:
        place = (at - self.begins) / self.step % len(self.rows)  # whole days in the file keep the hour of the day
        index = min(int(place), len(self.rows) - 1)
        share = place - index
        (here, wet_here), (there, wet_there) = self.rows[index], self.rows[(index + 1) % len(self.rows)]
        return here + (there - here) * share, wet_here + (wet_there - wet_here) * share


def from_file(path: Path | str) -> MeasuredWeather:
    """Weather from a CSV file with the columns `time`, `outdoor_c` (°C) and `outdoor_rh` (%); others are passed over.

    Times are local standard time (+01:00) unless they say otherwise, at even steps of at most three hours. Raises
    ValueError with one sentence that names the file, the line and what was expected there.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return _measured(csv.reader(file, strict=True))
    except OSError as error:
        raise ValueError(f"The weather file {path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"The weather file {path} is not text in UTF-8: save it as CSV and try again.") from None
    except (ValueError, csv.Error) as error:
        raise ValueError(f"The weather file {path} cannot be used: {error}.") from None


def _measured(lines: Iterable[Sequence[str]]) -> MeasuredWeather:
    header, *body = [(number, row) for number, row in enumerate(lines, 1) if row] or [(1, [])]
    names = [name.strip() for name in header[1]]
    if missing := [name for name in COLUMNS if name not in names]:
        wanted, found = ", ".join(COLUMNS), ", ".join(names) or "nothing"
        hint = _header_hint(names)
        raise ValueError(f"line {header[0]}: expected the columns {wanted}; {missing[0]} is missing in {found}{hint}")
    places = [names.index(name) for name in COLUMNS]
    times: list[datetime] = []
    rows: list[tuple[float, float]] = []
    for number, row in body:
        if len(row) != len(names):
            raise ValueError(f"line {number}: expected {len(names)} values as in the first line, found {len(row)}")
        time, outdoor, humidity = (row[place].strip() for place in places)
        times.append(_time(number, time))
        _check_step(number, times)
        celsius = _figure(number, outdoor, "outdoor_c in °C", -60, 60, _unit_hint)
        rows.append((celsius, _figure(number, humidity, "outdoor_rh", 0)))
    if len(rows) < 2:
        raise ValueError(f"line {len(rows) + 1}: expected two rows of figures at least, found {len(rows)}")
    _check_units(body[0][0], rows)
    return MeasuredWeather(times[0], times[1] - times[0], rows)


def _time(number: int, text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"line {number}: expected a time such as 2016-02-14T00:10, found {text!r}") from None
    return (read if read.tzinfo else read.replace(tzinfo=STANDARD_TIME)).astimezone(UTC)


def _check_step(number: int, times: Sequence[datetime]) -> None:
    """The first two rows set the step; every other row must follow it."""
    if len(times) < 2:
        return
    step = times[1] - times[0]
    if not timedelta(0) < step <= LONGEST_STEP:
        raise ValueError(f"line {number}: expected a row within three hours after the one before")
    if times[-1] - times[-2] != step:
        wanted, found = ((at.astimezone(STANDARD_TIME)) for at in (times[-2] + step, times[-1]))
        minutes = step.total_seconds() / 60
        raise ValueError(
            f"line {number}: expected {wanted:%Y-%m-%dT%H:%M}, one row every {minutes:g} minutes, "
            f"found {found:%Y-%m-%dT%H:%M}"
        )


def _figure(
    number: int, text: str, what: str, low: float, high: float = 100, hint: Callable[[float], str] = lambda _: ""
) -> float:
    try:
        figure = float(text)
    except ValueError:
        figure = float("nan")
    if not isfinite(figure) or not low <= figure <= high:
        raise ValueError(f"line {number}: expected {what} from {low:g} to {high:g}, found {text!r}{hint(figure)}")
    return figure


def _header_hint(names: Sequence[str]) -> str:
    """What is likely wrong with the first line."""
    if len(names) == 1 and any(mark in names[0] for mark in (";", "\t")):
        return ". Separate the columns by commas"
    if any(name.lower() in ("outdoor_f", "outdoor_k") for name in names):
        return ". Convert the temperatures to °C"
    return ""


def _unit_hint(figure: float) -> str:
    """The unit that a temperature beyond all weather seems to be in."""
    if 60 < figure <= 140:
        return f", which looks like Fahrenheit: it would be {(figure - 32) / 1.8:.1f} °C"
    return f", which looks like kelvins: it would be {figure - 273.15:.1f} °C" if 210 <= figure <= 335 else ""


def _check_units(line: int, rows: Sequence[tuple[float, float]]) -> None:
    """Units that no single row gives away: Fahrenheit in a mild winter, humidity as a share of one."""
    usual, first = median(celsius for celsius, _ in rows), rows[0]
    if usual > HOTTEST_USUAL:
        words = f"line {line}: expected outdoor_c in °C; {first[0]:g} and a median of {usual:g} look like Fahrenheit"
        raise ValueError(f"{words}. Convert them to °C")
    if all(humidity <= 1 for _, humidity in rows):
        raise ValueError(f"line {line}: expected outdoor_rh in percent, found {first[1]:g}. Multiply it by 100")
