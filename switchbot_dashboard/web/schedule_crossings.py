"""Expected crossings on the schedule: a mark with a band for what is not sure, and the same in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from ..domain.foreseen import ExpectedCrossing, Forecast
from ..domain.record import Turn
from ..domain.settings import Season
from .i18n import moment, temp

ROOM = 6.0  # percent of the line that a label needs on a wide page


@dataclass(frozen=True, slots=True)
class CrossingMark:
    """A crossing on the line, in percent: `x` with its band from `from_x`, `width` wide; `tone` is heat, cool or off.

    `label` stands behind the band, from `label_x`, on a wide page where the next band leaves it room.
    """

    x: str
    from_x: str
    width: str
    tone: str
    label: str
    label_x: str


@dataclass(frozen=True, slots=True)
class CrossingRow:
    """The same in words."""

    when: str
    within: str
    what: str


def marks(crossings: Sequence[ExpectedCrossing], coming: Forecast, season: Season) -> Iterator[CrossingMark]:
    """The marks of one zone."""
    for nth, crossing in enumerate(crossings):
        here, begin = _share(crossing.at, coming), _share(crossing.earliest, coming)
        end = _share(_ends(crossing, coming), coming)
        after = _share(crossings[nth + 1].earliest, coming) if nth + 1 < len(crossings) else 100.0
        label = temp(crossing.threshold) if after - end >= ROOM else ""
        width, tone = f"{end - begin:.3f}%", _tone(crossing, season)
        yield CrossingMark(f"{here:.3f}%", f"{begin:.3f}%", width, tone, label, f"{end:.3f}%")


def rows(crossings: Sequence[ExpectedCrossing], season: Season) -> Iterator[CrossingRow]:
    """The rows of one zone."""
    for crossing in crossings:
        yield CrossingRow(moment(crossing.at), _within(crossing), _what(crossing, season))


def next_words(crossings: Sequence[ExpectedCrossing], season: Season) -> str:
    """The next crossing as a sentence; nothing where none is expected."""
    if not crossings:
        return ""
    first = crossings[0]
    at, earliest, what = moment(first.at), moment(first.earliest), _what(first, season)
    if first.latest is None:
        words = _("Expected at about %(at)s, at %(earliest)s at the earliest: %(what)s.")
        return str(words) % {"at": at, "earliest": earliest, "what": what}
    words = _("Expected at about %(at)s, nine times in ten between %(earliest)s and %(latest)s: %(what)s.")
    return str(words) % {"at": at, "earliest": earliest, "latest": moment(first.latest), "what": what}


def _within(crossing: ExpectedCrossing) -> str:
    if crossing.latest is None:
        return str(_("from %(begin)s, or not before the window closes", begin=moment(crossing.earliest)))
    return str(_("%(begin)s to %(end)s", begin=moment(crossing.earliest), end=moment(crossing.latest)))


def _what(crossing: ExpectedCrossing, season: Season) -> str:
    if crossing.turn is Turn.OFF:
        return str(_("off at %(limit)s", limit=temp(crossing.threshold)))
    if season is Season.WINTER:
        return str(_("heating at %(limit)s", limit=temp(crossing.threshold)))
    return str(_("cooling at %(limit)s", limit=temp(crossing.threshold)))


def _tone(crossing: ExpectedCrossing, season: Season) -> str:
    if crossing.turn is Turn.OFF:
        return "off"
    return "heat" if season is Season.WINTER else "cool"


def _ends(crossing: ExpectedCrossing, coming: Forecast) -> datetime:
    """Where the band ends; that of a crossing which may come after its window ends with the window."""
    if crossing.latest is not None:
        return crossing.latest
    closes = [window.closes_at for window in coming.windows if window.zone == crossing.zone and window.closes_at]
    return min((each for each in closes if each > crossing.at), default=coming.end)


def _share(instant: datetime, coming: Forecast) -> float:
    return max(0.0, min(100.0, 100 * ((instant - coming.start) / (coming.end - coming.start))))
