"""What happened lately, told once: looks that came to the same are one line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask_babel import gettext as _

from ..domain.record import Fate, Record
from .i18n import degrees, moment, sentence
from .state import Known
from .views import iso
from .words import opened

LINES = 8
TONES = {"winter_on": "heat", "summer_on": "cool", "fan_on": "fan"}


@dataclass(frozen=True, slots=True)
class Line:
    """A record, or several that came to the same; `since` tells of those before the one that is shown."""

    iso: str
    clock: str
    id: int | None
    zone: str
    temperature: str
    text: str
    tone: str
    since: str = ""


def lately(known: Known, records: Sequence[Record], names: Mapping[str, str]) -> tuple[Line, ...]:
    """The newest lines of `records`; these come newest first."""
    lines = [_line(known, list(run), names) for run in _runs(records)]
    return tuple(sorted(lines, key=lambda line: line.iso, reverse=True)[:LINES])


def _runs(records: Sequence[Record]) -> Iterator[Iterator[Record]]:
    """Records of a zone that follow each other and came to the same; one that did something stands alone."""
    ordered = sorted(records, key=lambda record: (record.zone, record.at), reverse=True)
    for _same, run in groupby(ordered, key=_came_to):
        yield run


def _came_to(record: Record) -> tuple[object, ...]:
    if record.action is not None:
        return record.zone, record.at
    trouble = record.trouble.outcome if record.trouble else None
    return record.zone, record.season, record.verdict.outcome, record.verdict.sentence.template, trouble


def _line(known: Known, run: list[Record], names: Mapping[str, str]) -> Line:
    newest, oldest = run[0], run[-1]
    since = ""
    if len(run) > 1:
        since = _("%(count)s looks since %(when)s", count=len(run), when=_when(oldest.at, known))
    return Line(
        iso=iso(newest.at) or "",
        clock=_when(newest.at, known),
        id=newest.id,
        zone=names.get(newest.zone, newest.zone) if len(names) > 1 else "",
        temperature=f"{degrees(newest.reading.tenths)}°" if newest.looked and newest.reading else "",
        text=opened(sentence(newest.verdict.sentence, known.tz)),
        tone=_tone(newest),
        since=since,
    )


def _when(instant: datetime, known: Known) -> str:
    return moment(instant, known.tz, known.now)


def _tone(record: Record) -> str:
    if record.trouble is not None or (record.action is not None and record.action.fate is not Fate.DONE):
        return "warn"
    return TONES.get(record.verdict.outcome.value, "off") if record.action else ""
