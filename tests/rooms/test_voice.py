"""A sentence, a figure and a time in a language, where there is no request that would tell the language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.translations.voice import Voice

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
ENGLISH, FRENCH = Voice("en", PARIS), Voice("fr", PARIS)


def test_a_figure_is_told_in_the_readers_form() -> None:
    assert (ENGLISH.temp(-194), FRENCH.temp(-194)) == ("−19.4 °C", "−19,4\u00a0°C")
    assert (ENGLISH.short(20.0), FRENCH.short(20.5), FRENCH.number(10000)) == ("20", "20,5", "10\u202f000")
    assert (ENGLISH.percent(45), FRENCH.percent(None)) == ("45 %", "–")


def test_a_time_is_told_at_home() -> None:
    assert (ENGLISH.clock(NOON), FRENCH.clock(NOON)) == ("12:00", "12\u00a0h\u00a000")
    assert ENGLISH.moment(NOON, NOON + timedelta(days=1)) == "yesterday 12:00"
    assert FRENCH.at_moment(NOON, NOON) == "à 12\u00a0h\u00a000"
    assert FRENCH.date(NOON) == "lun. 2 mars"


def test_a_sentence_is_read_with_what_is_within_it() -> None:
    said = say("{temp:temp}, no window is open and none is coming", temp=194)
    within = say("{why}; it was {was}", why=say("a window is open"), was=3)
    assert ENGLISH.sentence(said) == "19.4 °C, no window is open and none is coming"
    assert FRENCH.sentence(say("a window is open")) == "une plage est ouverte"
    assert FRENCH.sentence(within).startswith("une plage est ouverte; it was 3")


def test_what_a_person_wrote_is_left_as_it_is() -> None:
    assert (FRENCH.sentence("Window {x} %s"), FRENCH.sentence(None), FRENCH.text("")) == ("Window {x} %s", "", "")


def test_a_language_that_is_not_known_is_read_in_english() -> None:
    assert Voice("tlh", PARIS).sentence(say("a window is open")) == "a window is open"
    assert Voice("../..", PARIS).text("Monday") == "Monday"
