"""The jobs beside the tick, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from .i18n import DAYS, at_moment, clock, decimal, moment, sentence, span
from .service import JobTime, JobView
from .words import opened


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job; `state` is `on`, `paused` or `off` (by the settings)."""

    id: str
    name: str
    when: str
    next: str
    last: str
    outcome: str
    failed: bool
    state: str


JOBS = {
    "cleanup": _l("Clean-up of old records"),
    "rollup": _l("Averages for the history"),
    "weekly_report": _l("Weekly report"),
    "alerts": _l("Alerts"),
    "reminders": _l("Reminders"),
    "notifications": _l("Notifications"),
}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def job_lines(jobs: Sequence[JobView]) -> list[JobLine]:
    """The jobs in words."""
    return [_job(job) for job in jobs]


def _job(job: JobView) -> JobLine:
    last = _("It has not run yet.")
    if job.last_run_at is not None:
        taken = "" if job.last_duration_ms is None else _duration(job.last_duration_ms)
        last = at_moment(job.last_run_at)
        last = _("Last %(at)s, took %(span)s.", at=last, span=taken) if taken else _("Last %(at)s.", at=last)
    return JobLine(
        id=job.id,
        name=str(JOBS.get(job.id, job.name)),
        when=_job_time(job.time),
        next=moment(job.next_run_time) if job.next_run_time else "",
        last=last,
        outcome=opened(sentence(job.last_outcome)),
        failed=str(job.last_outcome or "").startswith("failed"),
        state="on" if job.enabled else "paused" if job.time.enabled else "off",
    )


def _job_time(wanted: JobTime) -> str:
    if wanted.every_minutes:
        return str(ngettext("every minute", "every %(num)s minutes", wanted.every_minutes))
    if wanted.hour is None:
        return str(_("every hour at minute %(minute)s", minute=wanted.minute))
    at = wall_clock(wanted.hour, wanted.minute)
    if wanted.day not in WEEKDAYS:
        return str(_("every day at %(at)s", at=at))
    return str(_("every %(day)s at %(at)s", day=DAYS[WEEKDAYS.index(wanted.day)], at=at))


def wall_clock(hour: int, minute: int) -> str:
    """A time of day that belongs to no instant."""
    return clock(datetime(2000, 1, 1, hour, minute, tzinfo=UTC), UTC)


def _duration(milliseconds: int) -> str:
    seconds = milliseconds / 1000
    return span(seconds) if seconds >= 10 else _("%(seconds)s s", seconds=decimal(seconds))
