"""A week at home in figures, beside the week before. Pure.

A week is that of the calendar, from Monday 00:00 to Monday 00:00 on the home's clock: 167 or 169 hours long where the
clocks change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..domain.history import SECOND, Totals
from ..domain.sentence import Sentence, say
from ..domain.windows import instant

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
A_WEEK = timedelta(days=7)
BATTERY_LOW = 20  # percent
LEAST_POINTS, LEAST_SECONDS, LEAST_STARTS = 3, 3600, 5  # what is worth a sentence: percent, seconds, starts
LEAST_SHARE = 0.1  # and a tenth of what it was


@dataclass(frozen=True, slots=True)
class Week:
    """A week at home. `midnights` are the eight instants at which its days begin and the last one ends."""

    monday: date
    midnights: tuple[datetime, ...]

    @property
    def start(self) -> datetime:
        """Its first instant."""
        return self.midnights[0]

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return self.midnights[-1]

    @property
    def id(self) -> str:
        """`2026-W47`."""
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def monday_noon(self) -> datetime:
        """An instant of its Monday, whichever zone it is read in."""
        return self.start + timedelta(hours=12)

    @property
    def sunday_noon(self) -> datetime:
        """An instant of its Sunday, whichever zone it is read in."""
        return self.end - timedelta(hours=12)


def week_from(monday: date, zone: ZoneInfo) -> Week:
    """The week that begins with this Monday."""
    days = (monday + timedelta(days=number) for number in range(8))
    return Week(monday, tuple(instant(day, time(0), zone, last=False) for day in days))


def last_week(now: datetime, zone: ZoneInfo) -> Week:
    """The last week that is over."""
    today = now.astimezone(zone).date()
    return week_from(today - timedelta(days=today.weekday()) - A_WEEK, zone)


def week_before(week: Week, zone: ZoneInfo) -> Week:
    """The week before another."""
    return week_from(week.monday - A_WEEK, zone)


def due_at(week: Week, day: str, hour: int, minute: int, zone: ZoneInfo) -> datetime:
    """When a week is told: the first such time after its end. `day` is `mon` to `sun`; `*` counts as Monday."""
    following = week.monday + A_WEEK + timedelta(days=DAYS.index(day) if day in DAYS else 0)
    return instant(following, time(hour, minute), zone, last=False)


def last_due(now: datetime, day: str, hour: int, minute: int, zone: ZoneInfo) -> tuple[Week, datetime]:
    """The last week that should have been told by now, and when."""
    week = last_week(now, zone)
    due = due_at(week, day, hour, minute, zone)
    if due <= now:
        return week, due
    week = week_before(week, zone)
    return week, due_at(week, day, hour, minute, zone)


@dataclass(frozen=True, slots=True)
class Spent:
    """A zone's week as the memory has it: what its windows and its whole time add up to.

    `planned` are the reads that the polling table would have spent in the time of which something is known.
    """

    inside: Totals
    whole: Totals
    planned: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """A zone's week. Percent of the windows' time (without windows, of all time) in the band; seconds; counts.

    None where nothing is known.
    """

    comfort: int | None = None
    ran: int | None = None
    starts: int | None = None
    mean: int | None = None  # tenths of a degree


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a week: all that were spent, and how many reads fewer than by the polling table."""

    spent: int
    saved: int


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that was raised within the week."""

    severity: str
    sentence: Sentence
    at: datetime


@dataclass(frozen=True, slots=True)
class Overdue:
    """A reminder that nobody has done yet, and who promised."""

    title: str
    due_at: datetime
    user_id: int
    author_id: int | None
    who: str


@dataclass(frozen=True, slots=True)
class ZoneReport:
    """A zone in the letter. `windows`: whether its comfort is that of windows. `battery` is the meter's, in percent."""

    id: str
    name: str
    now: Figures
    before: Figures
    windows: bool
    battery: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """All that is told of a week. `alerts_before` and `before` are those of the week before."""

    week: Week
    zones: Sequence[ZoneReport]
    total: Figures
    calls: Calls
    calls_before: Calls | None
    alerts: Sequence[Raised]
    alerts_before: int
    overdue: Sequence[Overdue] = ()

    def with_overdue(self, overdue: Sequence[Overdue]) -> Report:
        """The same, with the reminders that its reader may see."""
        return replace(self, overdue=overdue)

    @property
    def batteries(self) -> Sequence[tuple[str, int]]:
        """The meters' batteries in percent, by zone, the lowest first."""
        known = [(zone.name, zone.battery) for zone in self.zones if zone.battery is not None]
        return sorted(known, key=lambda each: each[1])


def figures_of(spent: Spent | None) -> Figures:
    """What a zone's week comes to."""
    if spent is None or not spent.whole.covered_ms:
        return Figures()
    inside, whole = spent.inside, spent.whole
    return Figures(
        comfort=round(100 * inside.in_band_ms / inside.band_ms) if inside.band_ms else None,
        ran=(whole.heating_ms + whole.cooling_ms) // SECOND,
        starts=whole.starts,
        mean=round(whole.temperature_sum / whole.temperature_ms) if whole.temperature_ms else None,
    )


def total_of(weeks: Sequence[Spent]) -> Figures:
    """All zones as one: time in the band of all their windows, running time and starts in all."""
    inside, whole = Totals(), Totals()
    for spent in weeks:
        inside.add(spent.inside)
        whole.add(spent.whole)
    return figures_of(Spent(inside, whole))


def calls_of(by_purpose: Mapping[str, int], weeks: Sequence[Spent]) -> Calls:
    """The calls of a week, against what the polling table would have spent on the same zones in the known time."""
    planned = round(sum(spent.planned for spent in weeks))
    return Calls(sum(by_purpose.values()), max(0, planned - by_purpose.get("read", 0)))


def changes(report: Report) -> list[Sentence]:
    """What is different from the week before, where the difference is worth a sentence."""
    found: list[Sentence] = []
    for zone in report.zones:
        alone = len(report.zones) == 1
        found += [each if alone else say("{zone}: {what}.", zone=zone.name, what=each) for each in _changed(zone)]
    before, calls = report.calls_before, report.calls
    if before is not None and _differs(calls.spent, before.spent, 1):
        words = "More calls were spent: {now:count} instead of {before:count}."
        if calls.spent < before.spent:
            words = "Fewer calls were spent: {now:count} instead of {before:count}."
        found.append(say(words, now=calls.spent, before=before.spent))
    if len(report.alerts) != report.alerts_before:
        words = "More alerts were raised: {now:count} instead of {before:count}."
        if len(report.alerts) < report.alerts_before:
            words = "Fewer alerts were raised: {now:count} instead of {before:count}."
        found.append(say(words, now=len(report.alerts), before=report.alerts_before))
    return found


def _changed(zone: ZoneReport) -> list[Sentence]:
    now, before, found = zone.now, zone.before, list[Sentence]()
    if now.comfort is not None and before.comfort is not None and abs(now.comfort - before.comfort) >= LEAST_POINTS:
        words = "It was comfortable for more of the time: {now} % instead of {before} %."
        if now.comfort < before.comfort:
            words = "It was comfortable for less of the time: {now} % instead of {before} %."
        found.append(say(words, now=now.comfort, before=before.comfort))
    if now.ran is not None and before.ran is not None and _differs(now.ran, before.ran, LEAST_SECONDS):
        words = "The air conditioner ran longer: {now:span} instead of {before:span}."
        if now.ran < before.ran:
            words = "The air conditioner ran less: {now:span} instead of {before:span}."
        found.append(say(words, now=now.ran, before=before.ran))
    if now.starts is not None and before.starts is not None and _differs(now.starts, before.starts, LEAST_STARTS):
        words = "It was started more often: {now:count} times instead of {before:count}."
        if now.starts < before.starts:
            words = "It was started less often: {now:count} times instead of {before:count}."
        found.append(say(words, now=now.starts, before=before.starts))
    return found


def _differs(now: int, before: int, least: int) -> bool:
    return abs(now - before) >= max(least, LEAST_SHARE * before)
