"""The weekly report as a job: when it is due, who is owed one, and that nobody gets two of one week.

A row of week and person is claimed before the letter is handed to the outbox, and closed after it. One that was claimed
and never closed is handed in again, which the key of the draft makes harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ..domain.budget import planned_reads
from ..domain.chart import Series
from ..domain.history import Totals
from ..domain.message import Draft, Piece, Post
from ..domain.record import Call
from ..domain.sentence import Sentence, say
from ..domain.settings import Settings, Zone
from ..domain.windows import Span, spans_between
from .letter import Letter, Reader, picture_of, write
from .week import (
    Calls,
    Overdue,
    Raised,
    Report,
    Spent,
    Week,
    ZoneReport,
    calls_of,
    figures_of,
    last_due,
    last_week,
    total_of,
    week_before,
)

GRACE = timedelta(hours=1)
EARLY = timedelta(seconds=5)  # by which two clocks of one machine may disagree
SENT, MISSED = "sent", "missed"


class Due(Protocol):
    """The weekly time at which it is told."""

    @property
    def day(self) -> str: ...
    @property
    def hour(self) -> int | None: ...
    @property
    def minute(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Someone who wants it: since when they are known, in which language, and who sees everyone's reminders."""

    id: int
    admin: bool
    language: str
    since: datetime


class Rows(Protocol):
    """The memory. Ranges exclude their end. `windows` is None of a time whose records are no longer kept.

    `states` says what became of a week by person: `claimed`, `sent`, `missed`. `claim` is true unless it was sent,
    and `close` leaves what was sent as it is.
    """

    def windows(self, zone: str, span: Span, now: datetime) -> Sequence[Span] | None: ...
    def totals(self, zone: str, spans: Sequence[Span], now: datetime) -> Totals: ...
    def course(self, zone: str, span: Span, settings: Settings, now: datetime) -> Series: ...
    def calls(self, span: Span) -> Sequence[Call]: ...
    def raised(self, span: Span) -> Sequence[tuple[str, Sentence, datetime]]: ...
    def overdue(self, now: datetime) -> Sequence[tuple[str, datetime, int, int | None, str]]: ...
    def states(self, week: str) -> Mapping[int, str]: ...
    def claim(self, week: str, user_id: int, now: datetime) -> bool: ...
    def close(self, week: str, user_id: int, state: str, now: datetime) -> None: ...


class Artist(Protocol):
    """Draws; each answer is a PNG. `days` are the calls of each day, and of each day of the week before."""

    def course(self, week: Week, series: Series, windows: Sequence[Span], reader: Reader) -> bytes: ...
    def days(self, week: Week, now: Sequence[int], before: Sequence[int], reader: Reader) -> bytes: ...


@dataclass(frozen=True)
class Home:
    """What the report needs to know. `batteries` are those of the meters in percent, by zone."""

    settings: Callable[[], Settings | None]
    due: Callable[[], Due]
    subscribers: Callable[[], Sequence[Subscriber]]
    batteries: Callable[[datetime], Mapping[str, int | None]]
    reader: Callable[[str], Reader]
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class _Told:
    """A week looked up once, for however many people."""

    report: Report
    windows: Mapping[str, Sequence[Span]]
    series: Mapping[str, Series]
    days: Sequence[int]
    days_before: Sequence[int]


class WeeklyReport:
    """Tells the last whole week to everyone who wants it, each once."""

    def __init__(self, rows: Rows, post: Post, artist: Artist, home: Home) -> None:
        self._rows, self._post, self._artist, self._home = rows, post, artist, home

    def due(self, now: datetime) -> Sentence | None:
        """What the clock asks for: told at its time or within an hour of it, noted as missed later.

        None when nothing is owed to anyone.
        """
        settings = self._home.settings()
        if settings is None:
            return say("failed: {why}", why=_UNREADABLE)
        time = self._home.due()
        week, at = last_due(now + EARLY, time.day, time.hour or 0, time.minute, settings.tz)
        owed = [each for each in self._open(week) if each.since < at]
        if not owed:
            return None
        if now - at <= GRACE:
            return self._tell(week, owed, settings, now)
        states = self._rows.states(week.id)
        missed = [each for each in owed if states.get(each.id) != MISSED]
        for each in missed:
            self._rows.close(week.id, each.id, MISSED, now)
        return _missed(week, now - at) if missed else None

    def by_hand(self, now: datetime) -> Sentence:
        """What a person asks for: the last whole week, to everyone to whom it was not sent."""
        settings = self._home.settings()
        if settings is None:
            return say("failed: {why}", why=_UNREADABLE)
        week = last_week(now, settings.tz)
        owed = self._open(week)
        if owed:
            return self._tell(week, owed, settings, now)
        if self._home.subscribers():
            return say("the week from {monday:day} was sent already; nobody gets it twice", monday=week.monday_noon)
        return say("nobody wants the weekly report")

    def _open(self, week: Week) -> list[Subscriber]:
        states = self._rows.states(week.id)
        return [each for each in self._home.subscribers() if states.get(each.id) != SENT]

    def _tell(self, week: Week, owed: Sequence[Subscriber], settings: Settings, now: datetime) -> Sentence:
        told = self._look_up(week, settings, now)
        if told is None:
            return say("nothing is known of the week from {monday:day}, so nothing was sent", monday=week.monday_noon)
        pictures: dict[str, Sequence[Piece]] = {}
        sent = 0
        for person in owed:
            reader = self._home.reader(person.language)
            if person.language not in pictures:
                pictures[person.language] = self._pictures(told, reader)
            if self._rows.claim(week.id, person.id, now):
                self._post.put([self._draft(told.report, person, reader, pictures[person.language], now)])
                self._rows.close(week.id, person.id, SENT, now)
                sent += 1
        words = "the week from {monday:day} was sent; recipients: {count:count}"
        return say(words, monday=week.monday_noon, count=sent)

    def _draft(
        self, report: Report, person: Subscriber, reader: Reader, pictures: Sequence[Piece], now: datetime
    ) -> Draft:
        overdue = [each for each in self._overdue(now) if person.admin or person.id in (each.user_id, each.author_id)]
        letter: Letter = write(
            report.with_overdue(overdue),
            reader,
            pictures=[piece.name for piece in pictures],
            public_url=self._home.public_url,
        )
        return Draft(
            key=f"report:{report.week.id}:{person.id}",
            recipient=person.id,
            title=letter.subject,
            body=letter.text,
            at=now,
            kind="report",
            related_type="report",
            related_id=report.week.id,
            pieces=(Piece("html", "text/html", letter.html.encode()), *pictures),
        )

    def _overdue(self, now: datetime) -> Sequence[Overdue]:
        return [Overdue(*row) for row in self._rows.overdue(now)]

    def _look_up(self, week: Week, settings: Settings, now: datetime) -> _Told | None:
        """All that is known of a week; None when that is nothing."""
        earlier, span = week_before(week, settings.tz), Span(week.start, week.end)
        span_before = Span(earlier.start, earlier.end)
        windows = {zone.id: self._windows(zone, span, settings, now) for zone in settings.all_zones}
        weeks = {zone.id: self._spent(zone, span, windows[zone.id], settings, now) for zone in settings.all_zones}
        if not any(spent.whole.covered_ms for spent in weeks.values()):
            return None
        before = {
            zone.id: self._spent(zone, span_before, self._windows(zone, span_before, settings, now), settings, now)
            for zone in settings.all_zones
        }
        calls, calls_before = self._rows.calls(span), self._rows.calls(span_before)
        batteries = self._home.batteries(now)
        report = Report(
            week=week,
            zones=[
                ZoneReport(
                    zone.id,
                    zone.name,
                    figures_of(weeks[zone.id]),
                    figures_of(before[zone.id]),
                    bool(windows[zone.id]),
                    batteries.get(zone.id),
                )
                for zone in settings.all_zones
            ],
            total=total_of(list(weeks.values())),
            calls=_calls(calls, weeks),
            calls_before=_calls(calls_before, before) if calls_before else None,
            alerts=[Raised(*row) for row in self._rows.raised(span)],
            alerts_before=len(self._rows.raised(span_before)),
        )
        series = {zone.id: self._rows.course(zone.id, span, settings, now) for zone in settings.all_zones}
        return _Told(report, windows, series, _by_day(calls, week, settings), _by_day(calls_before, earlier, settings))

    def _windows(self, zone: Zone, span: Span, settings: Settings, now: datetime) -> Sequence[Span]:
        """When windows were open: by the records; where those are gone, by the windows of today's settings."""
        recorded = self._rows.windows(zone.id, span, now)
        return spans_between(zone.windows, settings.tz, span.opens, span.closes) if recorded is None else recorded

    def _spent(self, zone: Zone, span: Span, windows: Sequence[Span], settings: Settings, now: datetime) -> Spent:
        whole = self._rows.totals(zone.id, [span], now)
        share = whole.covered_ms / ((span.closes - span.opens) / timedelta(milliseconds=1))
        planned = planned_reads(settings, [zone], span.opens, span.closes) * min(share, 1.0)
        inside = self._rows.totals(zone.id, windows, now) if windows else whole
        return Spent(inside, whole, planned)

    def _pictures(self, told: _Told, reader: Reader) -> Sequence[Piece]:
        week, found = told.report.week, list[Piece]()
        for place, zone in enumerate(told.report.zones):
            if told.series[zone.id].times:
                drawn = self._artist.course(week, told.series[zone.id], told.windows[zone.id], reader)
                found.append(Piece(picture_of(zone, place), "image/png", drawn))
        if any(told.days):
            found.append(
                Piece(picture_of(None), "image/png", self._artist.days(week, told.days, told.days_before, reader))
            )
        return found


_UNREADABLE = say("the settings cannot be used, so the home's time is not known")


def _missed(week: Week, late: timedelta) -> Sentence:
    words = "the week from {monday:day} was missed by {late:span}, so it was not sent; start this by hand to send it"
    return say(words, monday=week.monday_noon, late=round(late.total_seconds()))


def _calls(calls: Sequence[Call], weeks: Mapping[str, Spent]) -> Calls:
    by_purpose: dict[str, int] = {}
    for call in calls:
        by_purpose[call.purpose] = by_purpose.get(call.purpose, 0) + call.count
    return calls_of(by_purpose, list(weeks.values()))


def _by_day(calls: Sequence[Call], week: Week, settings: Settings) -> list[int]:
    """The calls of each of the seven days, by the hour in which they were made."""
    days = [0] * 7
    for call in calls:
        day = datetime.fromtimestamp(call.hour * 3600, settings.tz).date()
        days[min(6, max(0, (day - week.monday).days))] += call.count
    return days
