"""A sentence with its figures kept apart, so that one record can be read in any language.

The template is English and names each figure with its kind: `{now:temp}` is tenths of a degree. The record stores
template and figures; whoever shows it chooses the words and the form of the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from string import Formatter
from typing import Union


@dataclass(frozen=True, slots=True)
class Sentence:
    """A reason in words: `template` is English, `figures` are tenths, seconds, epoch seconds, text or sentences."""

    template: str
    figures: Mapping[str, Union[int, str, Sentence]] = field(default_factory=dict)  # noqa: UP007 (refers to itself)

    def text(self, zone: tzinfo = UTC) -> str:
        """The sentence in English, with instants in `zone`."""
        return _English(zone).vformat(self.template, (), self.figures)

    def __str__(self) -> str:
        return self.text()


def say(template: str, **figures: int | str | Sentence | datetime) -> Sentence:
    """A sentence whose instants are kept as epoch seconds. The template is a literal, so that it can be translated."""
    return Sentence(template, {name: _plain(value) for name, value in figures.items()})


def _plain(value: int | str | Sentence | datetime) -> int | str | Sentence:
    return round(value.timestamp()) if isinstance(value, datetime) else value


class _English(Formatter):
    """Kinds of figure: `temp`, `level` (no needless decimal), `gap` (no unit) are tenths of a degree; `time`, `clock`,
    `when` (weekday and time), `date` (weekday, day, month and time), `day` (no time),
    `weekday` (`Mon`) are instants; `span` is seconds.

    A sentence within a sentence loses its full stop.
    """

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone

    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, Sentence):
            return value.text(self.zone).rstrip(".")
        if not isinstance(value, int):
            return str(value)
        match format_spec:
            case "temp":
                return f"{value / 10:.1f} °C"
            case "level":
                return f"{value / 10:g} °C"
            case "gap":
                return f"{value / 10:.1f}"
            case "time":
                return f"{datetime.fromtimestamp(value, self.zone):%H:%M}"
            case "clock":
                return f"{datetime.fromtimestamp(value, self.zone):%H:%M:%S}"
            case "when":
                return f"{datetime.fromtimestamp(value, self.zone):%a %H:%M}"
            case "date":
                local = datetime.fromtimestamp(value, self.zone)
                return f"{local:%a} {local.day} {local:%b %H:%M}"
            case "day":
                local = datetime.fromtimestamp(value, self.zone)
                return f"{local:%a} {local.day} {local:%b}"
            case "weekday":
                return f"{datetime.fromtimestamp(value, self.zone):%a}"
            case "span":
                return english_span(value)
            case "count":
                return f"{value:,}".replace(",", "\u202f")
            case _:
                return str(value)


def english_span(seconds: int) -> str:
    """A length of time as people say it: `45 s`, `6 min`, `2 h 5 min`."""
    if seconds < 120:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
