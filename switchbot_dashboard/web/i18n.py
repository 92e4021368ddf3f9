"""The reader's language: words through Flask-Babel, figures and times in the form that the reader expects.

Everything here answers in English outside a request, so that view models stay plain functions of what they are given.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, get_translations
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..domain.sentence import Sentence, english_span

if TYPE_CHECKING:
    from .service import Service

LANGUAGES = {"en": "English", "fr": "Français"}
COOKIE = "language"
CATALOGUES = Path(__file__).parents[1] / "translations"
FIXED, NARROW = "\u00a0", "\u202f"  # no-break spaces: before a unit or a colon, and within a number

DAYS = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))
SHORT_DAYS = (_l("Mon"), _l("Tue"), _l("Wed"), _l("Thu"), _l("Fri"), _l("Sat"), _l("Sun"))
MONTHS = (
    *(_l("Jan"), _l("Feb"), _l("Mar"), _l("Apr"), _l("May"), _l("Jun")),
    *(_l("Jul"), _l("Aug"), _l("Sep"), _l("Oct"), _l("Nov"), _l("Dec")),
)


def register_i18n(app: Flask, service: Service) -> None:
    """The language of each request, `g.tz`, and the formats as filters of the templates."""
    app.config.update(BABEL_TRANSLATION_DIRECTORIES=str(CATALOGUES), BABEL_DEFAULT_LOCALE="en")
    Babel(app, locale_selector=language)

    @app.before_request
    def _know_the_zone() -> None:
        current = service.settings.current
        g.tz = current.tz if current is not None else UTC

    filters = (temp, degrees, number, percent, clock, moment, at_moment, day, span, sentence)
    app.jinja_env.filters.update({each.__name__: each for each in filters})
    app.jinja_env.globals.update(language=language, LANGUAGES=LANGUAGES)


def language() -> str:
    """`en` or `fr`: as chosen in the cookie, else as the browser prefers, else English."""
    if not has_request_context():
        return "en"
    chosen: str | None = g.get("language")
    if chosen is None:
        wanted = request.cookies.get(COOKIE, "")
        chosen = wanted if wanted in LANGUAGES else request.accept_languages.best_match(list(LANGUAGES), "en") or "en"
        g.language = chosen
    return chosen


def french() -> bool:
    """Whether the reader reads French."""
    return language() == "fr"


def home_zone() -> tzinfo:
    """The home's time zone, in which people read times."""
    found: tzinfo = g.get("tz", UTC) if has_request_context() else UTC
    return found


def now() -> datetime:
    """The instant of this request, by the service's own clock: one look for the whole page."""
    if not has_request_context():
        return datetime.now(UTC)
    if "now" not in g:
        g.now = current_app.extensions["dashboard"].clock()
    found: datetime = g.now
    return found


# Figures


def degrees(tenths: int | None, places: int = 1) -> str:
    """Tenths of a degree without their unit: `19.4`, `19,4`; a dash for what is not known."""
    return "–" if tenths is None else decimal(tenths / 10, places)


def temp(tenths: int | None) -> str:
    """Tenths of a degree: `19.4 °C`, `19,4 °C`."""
    return f"{degrees(tenths)}{FIXED if french() else ' '}°C"


def decimal(value: float, places: int = 1) -> str:
    """A number with its decimals: `0.8`, `0,8`; a minus sign, not a hyphen."""
    text = f"{value:,.{places}f}".replace(",", NARROW).replace("-", "−")
    return text.replace(".", ",") if french() else text


def short(value: float) -> str:
    """A number without a decimal that says nothing: `20`, `20.5`, `20,5`."""
    return decimal(value, 0 if value == round(value) else 1)


def number(count: int) -> str:
    """A whole number by threes: `10 000`."""
    return f"{count:,}".replace(",", NARROW).replace("-", "−")


def percent(value: int | None) -> str:
    """`45 %`; a dash for what is not known."""
    return "–" if value is None else f"{value}{FIXED if french() else ' '}%"


# Times


def clock(instant: datetime, tz: tzinfo | None = None, *, seconds: bool = False) -> str:
    """The time of day at home: `17:30`, `17 h 30`; with seconds `17:30:05`, `17 h 30 min 05 s`."""
    local = instant.astimezone(tz or home_zone())
    if not french():
        return f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    after = f"{FIXED}min{FIXED}{local:%S}{FIXED}s" if seconds else ""
    return f"{local.hour}{FIXED}h{FIXED}{local:%M}{after}"


def day(instant: datetime, tz: tzinfo | None = None, today: datetime | None = None) -> str:
    """The day at home: `today`, `yesterday`, `tomorrow`, else `Mon 2 Mar`."""
    zone = tz or home_zone()
    date = instant.astimezone(zone).date()
    words = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    near = words.get((date - (today or now()).astimezone(zone).date()).days)
    return near or f"{SHORT_DAYS[date.weekday()]} {date.day} {MONTHS[date.month - 1]}"


def moment(instant: datetime, tz: tzinfo | None = None, today: datetime | None = None) -> str:
    """`17:30` today, else with its day: `tomorrow 06:30`, `Mon 2 Mar 17:30`; `demain à 6 h 30`."""
    zone, present = tz or home_zone(), today or now()
    time = clock(instant, zone)
    if instant.astimezone(zone).date() == present.astimezone(zone).date():
        return time
    return str(_("%(day)s %(time)s", day=day(instant, zone, present), time=time))


def at_moment(instant: datetime, tz: tzinfo | None = None, today: datetime | None = None) -> str:
    """`moment` for a sentence that says at what time: in French `à 17 h 30`, but `demain à 6 h 30`."""
    text = moment(instant, tz, today)
    return f"à {text}" if french() and text[0].isdigit() else text


def span(seconds: float) -> str:
    """A length of time: `45 s`, `6 min`, `2 h 5 min`."""
    words = english_span(round(seconds))
    return words.replace(" ", FIXED) if french() else words


# Sentences


def sentence(said: Sentence | None, tz: tzinfo | None = None) -> str:
    """A sentence of the domain in the reader's language, its times in `tz` (the home's zone); nothing for none."""
    if said is None:
        return ""
    zone = tz or home_zone()
    if not french():
        return said.text(zone)
    return _Reader(zone).vformat(get_translations().gettext(said.template), (), said.figures)


def _weekday_and_time(instant: datetime, zone: tzinfo) -> str:
    name = DAYS[instant.astimezone(zone).weekday()]
    return str(_("%(day)s %(time)s", day=name, time=clock(instant, zone)))


@cache
def _kinds() -> dict[str, Callable[[int, tzinfo], str]]:
    def at(value: int) -> datetime:
        return datetime.fromtimestamp(value, UTC)

    return {
        "temp": lambda value, zone: temp(value),
        "level": lambda value, zone: f"{short(value / 10)}{FIXED}°C",
        "gap": lambda value, zone: degrees(value),
        "time": lambda value, zone: clock(at(value), zone),
        "clock": lambda value, zone: clock(at(value), zone, seconds=True),
        "when": lambda value, zone: _weekday_and_time(at(value), zone),
        "span": lambda value, zone: span(value),
        "count": lambda value, zone: number(value),
        "": lambda value, zone: number(value),
    }


class _Reader(Formatter):
    """Fills a translated template; the kinds of figure are those of `domain.sentence`."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone

    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, Sentence):
            return sentence(value, self.zone).rstrip(".")
        form = _kinds().get(format_spec)
        return form(value, self.zone) if form is not None and isinstance(value, int) else str(value)


def age(instant: datetime, present: datetime) -> str:
    """How long ago: `just now`, `2 min ago`."""
    seconds = round((present - instant) / timedelta(seconds=1))
    return str(_("just now") if seconds < 5 else _("%(span)s ago", span=span(seconds)))


def ahead(instant: datetime, present: datetime) -> str:
    """How long until: `now`, `in 45 s`, `in 6 min`."""
    seconds = round((instant - present) / timedelta(seconds=1))
    return str(_("now") if seconds <= 0 else _("in %(span)s", span=span(seconds)))
