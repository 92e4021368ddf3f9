"""The day's calls: on what, in which hour, how the day will end, the days before, and what helps when it runs short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from ..domain.budget import quota_of
from ..domain.forecast import forecast_of
from ..domain.outlook import foresees
from ..domain.record import Call
from ..domain.settings import Settings
from .access import member, service
from .facts import quota_now
from .i18n import MONTHS, SHORT_DAYS, clock, moment, number, percent, span
from .quota import PURPOSES
from .terms import PURPOSES as NAMES
from .told import in_force
from .views import View

quota_page = Blueprint("quota_page", __name__)

DAYS_BEFORE = timedelta(days=29)
HOUR = timedelta(hours=1)
DAY = 24  # hours that a forecast looks ahead: the reset is within them
TALL = 100  # the height of the drawing; a bar's full scale
STEP, BAR = 10, 7.6  # the width of an hour and of its bar


@dataclass(frozen=True, slots=True)
class Part:
    """One purpose's piece of a bar, in the drawing's units."""

    purpose: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour or day: its pieces, and the same in words."""

    name: str
    x: float
    parts: Sequence[Part]
    counts: Sequence[str]
    total: str
    words: str
    now: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """A purpose with its calls of today."""

    purpose: str
    name: str
    count: str
    share: str


@dataclass(frozen=True, slots=True)
class QuotaPage:
    """The whole page. `used`, `projected` and `reserve_from` are shares of the limit, 0 to 100."""

    words: str
    tone: str
    limit: int
    used: float
    projected: float
    reserve_from: float
    facts: Sequence[tuple[str, str]]
    purposes: Sequence[Spent]
    columns: Sequence[str]
    hours: Sequence[Bar]
    hours_top: str
    ticks: Sequence[str]
    days: Sequence[Bar]
    days_top: str
    days_ends: Sequence[str]
    short: str
    advice: Sequence[str]


@quota_page.get("/quota")
@member
def shown() -> str:
    """The page; it costs no call."""
    handed, now = service(), service().clock()
    since = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    by_hour, by_day = handed.memory.calls_by_hour(since), handed.memory.calls_by_day(since - DAYS_BEFORE)
    page = quota_model(_foreseen(quota_now(handed), now), by_hour, by_day, handed.settings.current, now)
    return render_template("quota/page.html", page=page)


def _foreseen(quota: View, now: datetime) -> View:
    """The day's end as the schedule has it, where looks follow the temperature's course and not the table."""
    settings = in_force()
    if settings is None or not any(foresees(zone) for zone in settings.all_zones):
        return quota
    house = service().memory.load(now)
    coming = forecast_of(settings, house, quota_of(settings, house.calls_today, now), now, DAY)
    return {**quota, "projected": coming.limit - coming.quota_at_reset}


def quota_model(
    quota: View,
    by_hour: Sequence[Call],
    by_day: Mapping[date, Mapping[str, int]],
    settings: Settings | None,
    now: datetime,
) -> QuotaPage:
    """The page for the quota as `/api/quota` has it, today's ledger by hour, and that of the days before."""
    limit, used = quota["limit"], quota["used"]
    hours, hours_top = _hours(by_hour, now)
    days, days_top = _days(by_day, now)
    return QuotaPage(
        words=_("%(used)s of %(limit)s calls today", used=number(used), limit=number(limit)),
        tone="warn" if quota["warning"] else "",
        limit=limit,
        used=_share(used, limit),
        projected=_share(quota["projected"], limit),
        reserve_from=_share(limit - quota["reserved"], limit),
        facts=_facts(quota, now),
        purposes=[_spent(purpose, quota["by_purpose"].get(purpose, 0), used) for purpose in PURPOSES],
        columns=[str(NAMES[purpose]) for purpose in PURPOSES],
        hours=hours,
        hours_top=number(hours_top),
        ticks=[hours[place].name for place in (0, 6, 12, 18)],
        days=days,
        days_top=number(days_top),
        days_ends=(days[0].name, days[-1].name),
        short=_short(quota),
        advice=_advice(settings or Settings()),
    )


def _share(part: int, whole: int) -> float:
    return round(100 * min(1.0, part / whole), 2) if whole else 100.0


def _facts(quota: View, now: datetime) -> list[tuple[str, str]]:
    resets = datetime.fromisoformat(quota["resets_at"])
    left = span((resets - now).total_seconds())
    return [
        (_("Left today"), number(quota["remaining"])),
        (_("Of these kept for commands"), number(quota["reserved"])),
        (_("Expected by the reset"), number(quota["projected"])),
        (_("Counted anew"), _("%(time)s, in %(span)s", time=moment(resets, today=now), span=left)),
    ]


def _spent(purpose: str, count: int, used: int) -> Spent:
    return Spent(purpose, str(NAMES[purpose]), number(count), percent(round(100 * count / used) if used else 0))


def _hours(calls: Sequence[Call], now: datetime) -> tuple[list[Bar], int]:
    """The 24 hours of the UTC day, named as the clock at home shows them."""
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = round(start.timestamp()) // 3600
    counts: list[dict[str, int]] = [{} for _hour in range(24)]
    for call in calls:
        if 0 <= call.hour - first < 24:
            spent = counts[call.hour - first]
            spent[call.purpose] = spent.get(call.purpose, 0) + call.count
    present = (now - start) // HOUR
    names = [clock(start + HOUR * place) for place in range(24)]
    return _bars(names, counts, present)


def _days(calls: Mapping[date, Mapping[str, int]], now: datetime) -> tuple[list[Bar], int]:
    today = now.astimezone(UTC).date()
    dates = [today - DAYS_BEFORE + timedelta(days=place) for place in range(DAYS_BEFORE.days + 1)]
    names = [f"{SHORT_DAYS[each.weekday()]} {each.day} {MONTHS[each.month - 1]}" for each in dates]
    return _bars(names, [calls.get(each, {}) for each in dates], len(dates) - 1)


def _bars(names: Sequence[str], counts: Sequence[Mapping[str, int]], present: int) -> tuple[list[Bar], int]:
    """Bars of stacked purposes, on a scale that ends at a round number above the highest."""
    top = _round_up(max((sum(spent.values()) for spent in counts), default=0))
    bars = []
    for place, (name, spent) in enumerate(zip(names, counts, strict=True)):
        parts, below, total = [], 0.0, sum(spent.values())
        for purpose in PURPOSES:
            height = TALL * spent.get(purpose, 0) / top
            if height:
                parts.append(Part(purpose, round(TALL - below - height, 2), round(height, 2)))
            below += height
        words = ngettext("%(name)s: %(count)s call", "%(name)s: %(count)s calls", total, name=name, count=number(total))
        figures = [number(spent.get(purpose, 0)) for purpose in PURPOSES]
        x = round(STEP * place + (STEP - BAR) / 2, 2)
        bars.append(Bar(name, x, parts, figures, number(total), words, place == present))
    return bars, top


def _round_up(most: int) -> int:
    """1, 2 or 5 times a power of ten, not below `most` (nor below 10)."""
    power = 10
    while True:
        for step in (1, 2, 5):
            if step * power >= most:
                return step * power
        power *= 10


def _short(quota: View) -> str:
    """What is to be expected, in a sentence."""
    for_reads = quota["limit"] - quota["reserved"]
    reset = clock(datetime.fromisoformat(quota["resets_at"]))
    if quota["used"] >= for_reads:
        return str(
            _(
                "Today's calls for reading are used up. Commands still go out; readings begin again at %(reset)s.",
                reset=reset,
            )
        )
    if quota["projected"] > for_reads:
        return str(
            _(
                "At this pace the calls would not last, so readings are spaced out to reach the reset at %(reset)s.",
                reset=reset,
            )
        )
    spare = number(for_reads - quota["projected"])
    return str(
        _("At this pace the day ends with %(spare)s calls to spare, the reserve for commands not counted.", spare=spare)
    )


def _advice(settings: Settings) -> list[str]:
    """What spares calls, with the values in force."""
    inside, between = span(settings.poll_interval_seconds), span(settings.idle_poll_interval_seconds)
    reserved = number(settings.api_reserved_for_commands)
    found = [
        _("Nothing is urgent: readings are spaced out by themselves, and %(reserved)s calls stay for commands.")
        % {"reserved": reserved},
        _("Read less often: in windows the meter is read every %(inside)s, between them every %(between)s.")
        % {"inside": inside, "between": between},
    ]
    if not settings.adaptive_polling_enabled:
        found.append(_("Turn adaptive polling on: outside windows the longer interval is then used."))
    if not settings.predictive_polling_enabled:
        found.append(_("Turn predictive polling on: readings are then taken when something could have changed."))
    if settings.other_tools_share:
        share = percent(settings.other_tools_share)
        found.append(
            _(
                "%(share)s of the limit are left to other tools on the account; lower that if there are none.",
                share=share,
            )
        )
    else:
        found.append(
            _("If the cloud refuses earlier than this count says, other tools use the account too: leave them a share.")
        )
    return found
