"""The reader's language: words through Flask-Babel, figures and times as `translations.voice` says them.

Everything here answers in English outside a request, so that view models stay plain functions of what they are given.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, lazy_gettext

from ..domain.sentence import Sentence
from ..translations import voice as forms
from ..translations.voice import CATALOGUES, Voice
from ..translations.voice import FIXED as FIXED
from ..translations.voice import LANGUAGES as LANGUAGES
from ..translations.voice import NARROW as NARROW

if TYPE_CHECKING:
    from .service import Service

log = logging.getLogger(__name__)

COOKIE = "language"

DAYS = tuple(map(lazy_gettext, forms.DAYS))
SHORT_DAYS = tuple(map(lazy_gettext, forms.SHORT_DAYS))
MONTHS = tuple(map(lazy_gettext, forms.MONTHS))


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
    """`en` or `fr`: as chosen in the cookie, else as the user prefers, else as the browser does, else English."""
    if not has_request_context():
        return "en"
    chosen: str | None = g.get("language")
    if chosen is None:
        wanted = request.cookies.get(COOKIE, "")
        chosen = wanted if wanted in LANGUAGES else _preferred()
        chosen = chosen or request.accept_languages.best_match(list(LANGUAGES), "en") or "en"
        g.language = chosen
    return chosen


def _preferred() -> str:
    """The language that the user who asks chose for all that is told them; empty where nobody did, or can tell."""
    who, handed = g.get("caller"), current_app.extensions["dashboard"]
    if who is None or who.user_id is None or handed.desks.preferences is None:
        return ""
    try:
        language: str = handed.desks.preferences.of(who.user_id).language
    except Exception:
        log.warning("[web] The memory cannot tell the language of user %d", who.user_id, exc_info=True)
        return ""
    return language


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


def voice(tz: tzinfo | None = None) -> Voice:
    """The reader's voice, its times in `tz` (the home's zone)."""
    return Voice(language(), tz or home_zone())


# Figures, times and sentences: each as the method of Voice of that name


def degrees(tenths: int | None, places: int = 1) -> str:
    """Tenths of a degree without their unit: `19.4`, `19,4`; a dash for what is not known."""
    return voice().degrees(tenths, places)


def temp(tenths: int | None) -> str:
    """Tenths of a degree: `19.4 °C`, `19,4 °C`."""
    return voice().temp(tenths)


def decimal(value: float, places: int = 1) -> str:
    """A number with its decimals: `0.8`, `0,8`; a minus sign, not a hyphen."""
    return voice().decimal(value, places)


def short(value: float) -> str:
    """A number without a decimal that says nothing: `20`, `20.5`, `20,5`."""
    return voice().short(value)


def number(count: int) -> str:
    """A whole number by threes: `10 000`."""
    return voice().number(count)


def percent(value: int | None) -> str:
    """`45 %`; a dash for what is not known."""
    return voice().percent(value)


def clock(instant: datetime, tz: tzinfo | None = None, *, seconds: bool = False) -> str:
    """The time of day at home: `17:30`, `17 h 30`; with seconds `17:30:05`, `17 h 30 min 05 s`."""
    return voice(tz).clock(instant, seconds=seconds)


def day(instant: datetime, tz: tzinfo | None = None, today: datetime | None = None) -> str:
    """The day at home: `today`, `yesterday`, `tomorrow`, else `Mon 2 Mar`."""
    return voice(tz).day(instant, today or now())


def moment(instant: datetime, tz: tzinfo | None = None, today: datetime | None = None) -> str:
    """`17:30` today, else with its day: `tomorrow 06:30`, `Mon 2 Mar 17:30`; `demain à 6 h 30`."""
    return voice(tz).moment(instant, today or now())


def at_moment(instant: datetime, tz: tzinfo | None = None, today: datetime | None = None) -> str:
    """`moment` for a sentence that says at what time: in French `à 17 h 30`, but `demain à 6 h 30`."""
    return voice(tz).at_moment(instant, today or now())


def span(seconds: float) -> str:
    """A length of time: `45 s`, `6 min`, `2 h 5 min`."""
    return voice().span(seconds)


def age(instant: datetime, present: datetime) -> str:
    """How long ago: `just now`, `2 min ago`."""
    return voice().age(instant, present)


def ahead(instant: datetime, present: datetime) -> str:
    """How long until: `now`, `in 45 s`, `in 6 min`."""
    return voice().ahead(instant, present)


def sentence(said: Sentence | None, tz: tzinfo | None = None) -> str:
    """A sentence of the domain in the reader's language, its times in `tz`; nothing for none."""
    return voice(tz).sentence(said)
