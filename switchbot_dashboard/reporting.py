"""Joins the weekly report: the memory, the outbox, the pictures, and who wants it in which language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Engine

from .config import Config
from .domain.errors import Told
from .domain.message import Post
from .domain.settings import Settings
from .people import People, Role
from .people.preferences import PreferenceBook
from .reports.week import last_due
from .reports.weekly import MISSED, Home, Subscriber, WeeklyReport
from .store import StoreTrouble
from .store.pages import UNWELL
from .store.reports import ReportRows
from .store.repository import Repository
from .tick.jobs import Job, JobTime, merged
from .translations.voice import Voice

if TYPE_CHECKING:
    from .domain.chart import Series
    from .domain.windows import Span
    from .household import House
    from .reports.letter import Reader
    from .reports.week import Week

KIND = "report"
Outcome = TypeVar("Outcome")


class Unanswered(Told):
    """The database does not answer; what is left of the week is sent by the next run."""


class Pictures:
    """The pictures of a week; what draws them is loaded when the first one is wanted."""

    def course(self, week: Week, series: Series, windows: Sequence[Span], reader: Reader) -> bytes:
        """See `week_picture`."""
        from .week_picture import WeekPictures

        return WeekPictures().course(week, series, windows, reader)

    def days(self, week: Week, now: Sequence[int], before: Sequence[int], reader: Reader) -> bytes:
        """See `week_picture`."""
        from .week_picture import WeekPictures

        return WeekPictures().days(week, now, before, reader)


def report_job(house: House, post: Post, book: PreferenceBook) -> Job:
    """The job. It runs however late the clock comes to it, and at the start: it knows itself what is too late."""
    report = weekly_report(house, post, book)
    return Job(
        "weekly_report",
        "Weekly report",
        lambda: report_time(house.config, house.settings()),
        lambda now: answered(report.due, now),
        grace_seconds=7 * 24 * 3600,
        at_start=True,
        by_hand=lambda now: answered(report.by_hand, now),
        also_called=("weekly_reports",),
        tries_again=True,
    )


def answered(run: Callable[[datetime], Outcome], now: datetime) -> Outcome:
    """What a run comes to. Raises Unanswered, which a page may show, where the database does not answer."""
    try:
        return run(now)
    except StoreTrouble as error:
        raise Unanswered(UNWELL) from error


def report_time(config: Config, settings: Settings | None) -> JobTime:
    """When it is told: by the environment where that says so, else by the settings."""
    return merged((settings or Settings()).reports.weekly, config.weekly_report)


def overtaken(engine: Engine, people: People, settings: Settings | None, config: Config, now: datetime) -> None:
    """Note the last week that should have been told as missed, so that no start sends it (a restored database)."""
    time, rows = report_time(config, settings), ReportRows(engine)
    week, _ = last_due(now, time.day, time.hour or 0, time.minute, (settings or Settings()).tz)
    known = rows.states(week.id)
    for user in people.list():
        if user.id not in known:
            rows.close(week.id, user.id, MISSED, now)


def weekly_report(house: House, post: Post, book: PreferenceBook) -> WeeklyReport:
    """The report over the household's database."""

    def subscribers() -> Sequence[Subscriber]:
        chosen = [(user, book.of(user.id)) for user in house.people.list()]
        return [
            Subscriber(user.id, user.role is Role.ADMIN, preferences.language or "en", user.created_at)
            for user, preferences in chosen
            if KIND not in preferences.muted_kinds
        ]

    def batteries(now: datetime) -> Mapping[str, int | None]:
        states = Repository(house.engine).load(now).states
        return {zone: state.reading.battery for zone, state in states.items() if state.reading is not None}

    home = Home(
        settings=house.settings,
        due=lambda: report_time(house.config, house.settings()),
        subscribers=subscribers,
        batteries=batteries,
        reader=lambda language: Voice(language, house.zone()),
        public_url=house.config.public_url,
    )
    return WeeklyReport(ReportRows(house.engine), post, Pictures(), home)
