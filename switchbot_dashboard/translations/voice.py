"""A reader's language: words, figures and times in the form that the reader expects, with or without a request.

The words are those of the compiled catalogue of each language; English needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from gettext import GNUTranslations, NullTranslations, translation
from pathlib import Path
from string import Formatter

from ..domain.sentence import Sentence, english_span

LANGUAGES = {"en": "English", "fr": "Français"}
CATALOGUES = Path(__file__).parent
DAY = 86_400  # seconds
FIXED, NARROW = "\u00a0", "\u202f"  # no-break spaces: before a unit or a colon, and within a number


def _l(text: str) -> str:
    """Marks a text for translation; a Voice reads it."""
    return text


DAYS = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))
SHORT_DAYS = (_l("Mon"), _l("Tue"), _l("Wed"), _l("Thu"), _l("Fri"), _l("Sat"), _l("Sun"))
MONTHS = (
    *(_l("Jan"), _l("Feb"), _l("Mar"), _l("Apr"), _l("May"), _l("Jun")),
    *(_l("Jul"), _l("Aug"), _l("Sep"), _l("Oct"), _l("Nov"), _l("Dec")),
)


@cache
def _words(language: str) -> NullTranslations | GNUTranslations:
    return translation("messages", CATALOGUES, [language], fallback=True)


@dataclass(frozen=True, slots=True)
class Voice:
    """Reads in `language` (`en`, `fr`; another counts as English), times in `zone`."""

    language: str = "en"
    zone: tzinfo = UTC

    @property
    def french(self) -> bool:
        """Whether it reads French."""
        return self.language == "fr"

    def text(self, words: str, **figures: object) -> str:
        """A text in the language; `%(name)s` in it is filled in where figures are given."""
        found = _words(self.language).gettext(words) if words and self.language in LANGUAGES else words
        return found % figures if figures else found

    def sentence(self, said: Sentence | str | None) -> str:
        """A sentence of the domain; nothing for none, and what a person wrote as it is."""
        if said is None or isinstance(said, str):
            return said or ""
        if not self.french:
            return said.text(self.zone)
        return _Reader(self).vformat(self.text(said.template), (), said.figures)

    # figures

    def degrees(self, tenths: int | None, places: int = 1) -> str:
        """Tenths of a degree without their unit: `19.4`, `19,4`; a dash for what is not known."""
        return "–" if tenths is None else self.decimal(tenths / 10, places)

    def temp(self, tenths: int | None) -> str:
        """Tenths of a degree: `19.4 °C`, `19,4 °C`."""
        return f"{self.degrees(tenths)}{self._gap}°C"

    def decimal(self, value: float, places: int = 1) -> str:
        """A number with its decimals: `0.8`, `0,8`; a minus sign, not a hyphen."""
        text = f"{value:,.{places}f}".replace(",", NARROW).replace("-", "−")
        return text.replace(".", ",") if self.french else text

    def short(self, value: float) -> str:
        """A number without a decimal that says nothing: `20`, `20.5`, `20,5`."""
        return self.decimal(value, 0 if value == round(value) else 1)

    def number(self, count: int) -> str:
        """A whole number by threes: `10 000`."""
        return f"{count:,}".replace(",", NARROW).replace("-", "−")

    def percent(self, value: int | None) -> str:
        """`45 %`; a dash for what is not known."""
        return "–" if value is None else f"{value}{self._gap}%"

    # times

    def clock(self, instant: datetime, *, seconds: bool = False) -> str:
        """The time of day: `17:30`, `17 h 30`; with seconds `17:30:05`, `17 h 30 min 05 s`."""
        local = instant.astimezone(self.zone)
        if not self.french:
            return f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
        after = f"{FIXED}min{FIXED}{local:%S}{FIXED}s" if seconds else ""
        return f"{local.hour}{FIXED}h{FIXED}{local:%M}{after}"

    def date(self, instant: datetime) -> str:
        """The day as `Mon 2 Mar`, `lun. 2 mars`."""
        local = instant.astimezone(self.zone)
        return f"{self.text(SHORT_DAYS[local.weekday()])} {local.day} {self.text(MONTHS[local.month - 1])}"

    def day(self, instant: datetime, today: datetime) -> str:
        """The day: `today`, `yesterday`, `tomorrow`, else its date."""
        words = {-1: _l("yesterday"), 0: _l("today"), 1: _l("tomorrow")}
        near = words.get((instant.astimezone(self.zone).date() - today.astimezone(self.zone).date()).days)
        return self.text(near) if near else self.date(instant)

    def moment(self, instant: datetime, today: datetime) -> str:
        """`17:30` today, else with its day: `tomorrow 06:30`, `Mon 2 Mar 17:30`; `demain à 6 h 30`."""
        time = self.clock(instant)
        if instant.astimezone(self.zone).date() == today.astimezone(self.zone).date():
            return time
        return self.text(_l("%(day)s %(time)s"), day=self.day(instant, today), time=time)

    def at_moment(self, instant: datetime, today: datetime) -> str:
        """`moment` for a sentence that says at what time: in French `à 17 h 30`, but `demain à 6 h 30`."""
        text = self.moment(instant, today)
        return f"à {text}" if self.french and text[0].isdigit() else text

    def weekday_and_time(self, instant: datetime) -> str:
        """`Monday 17:30`, `lundi à 17 h 30`."""
        name = self.text(DAYS[instant.astimezone(self.zone).weekday()])
        return self.text(_l("%(day)s %(time)s"), day=name, time=self.clock(instant))

    def date_and_time(self, instant: datetime) -> str:
        """`Mon 2 Mar 17:30`, `lun. 2 mars à 17 h 30`."""
        return self.text(_l("%(day)s %(time)s"), day=self.date(instant), time=self.clock(instant))

    def span(self, seconds: float) -> str:
        """A length of time: `45 s`, `6 min`, `2 h 5 min`."""
        words = english_span(round(seconds))
        return words.replace(" ", FIXED) if self.french else words

    def age(self, instant: datetime, present: datetime) -> str:
        """How long ago: `just now`, `2 min ago`."""
        seconds = round((present - instant) / timedelta(seconds=1))
        if seconds < 5:
            return self.text(_l("just now"))
        return self.text(_l("%(span)s ago"), span=self._far(seconds))

    def ahead(self, instant: datetime, present: datetime) -> str:
        """How long until: `now`, `in 45 s`, `in 6 min`."""
        seconds = round((instant - present) / timedelta(seconds=1))
        if seconds <= 0:
            return self.text(_l("now"))
        return self.text(_l("in %(span)s"), span=self._far(seconds))

    def _far(self, seconds: int) -> str:
        """As `span`, from two days on in days: nobody counts 215 h."""
        if seconds < 2 * DAY:
            return self.span(seconds)
        return self.text(_l("%(count)s days"), count=self.number(round(seconds / DAY)))

    @property
    def _gap(self) -> str:
        return FIXED if self.french else " "


def _at(value: int) -> datetime:
    return datetime.fromtimestamp(value, UTC)


KINDS: dict[str, Callable[[Voice, int], str]] = {
    "temp": lambda voice, value: voice.temp(value),
    "level": lambda voice, value: f"{voice.short(value / 10)}{FIXED}°C",
    "gap": lambda voice, value: voice.degrees(value),
    "time": lambda voice, value: voice.clock(_at(value)),
    "clock": lambda voice, value: voice.clock(_at(value), seconds=True),
    "when": lambda voice, value: voice.weekday_and_time(_at(value)),
    "date": lambda voice, value: voice.date_and_time(_at(value)),
    "day": lambda voice, value: voice.date(_at(value)),
    "weekday": lambda voice, value: voice.text(SHORT_DAYS[_at(value).astimezone(voice.zone).weekday()]),
    "span": lambda voice, value: voice.span(value),
    "count": lambda voice, value: voice.number(value),
    "": lambda voice, value: voice.number(value),
}
"""The kinds of figure in a sentence, as `domain.sentence` names them."""


class _Reader(Formatter):
    """Fills a translated template."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice

    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, Sentence):
            return self.voice.sentence(value).rstrip(".")
        form = KINDS.get(format_spec)
        return form(self.voice, value) if form is not None and isinstance(value, int) else str(value)
