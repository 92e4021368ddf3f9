"""The day's calls: what is left for reading, and how far each reading must wait for them to last.

What was spent, what is planned and what is kept for commands never exceed the limit less other tools' share: in the
day from 00:00 to 00:00 UTC and in any 24 hours, since nobody knows when the cloud counts anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from .demand import HOUR, Demand, Rank, Reads, demand_of
from .polling import interval_of
from .record import Mode
from .settings import Settings, Zone
from .windows import spans_between

DAY, A_DAY = timedelta(days=1), 24  # and in hours
TRIES = 2  # of one read
MOST_BY_HAND, BY_HAND_WITHIN = 60, timedelta(hours=1)

AIM = 0.96  # of the reads allowed are laid out; the rest is for failed tries, listings and looks out of turn
MOST = 0.99  # of them may be spent by any hour to come: what runs ahead of the plan is slowed down before it is stopped
UNEVEN = 1.25  # times what is planned until the reset: what is left then is for the day after, too
NEAR = 1800  # seconds; nothing is laid out over less, for it would jump about
CAPS = (900.0, 900.0, 3600.0)  # seconds by rank: no interval is stretched beyond while one of higher rank is whole
LONGEST, FOR_NOW = 24.0, 4.0  # times those, at the very worst; and where it is an hour to come that is full
SLOWER, FASTER = 1.25, 0.5  # how much an interval may change from one look to the next

Spent = Mapping[int, int]
"""The calls of the last 24 hours by epoch hour; of the first hour what is not yet older than that."""


@dataclass(frozen=True, slots=True)
class Quota:
    """The account's calls in the UTC day that is counted here; the cloud itself tells nothing.

    `last_day` are those of the last 24 hours; `again_at` is when reading may go on where nothing is left for it.
    """

    limit: int
    used: int
    reserved: int  # kept back for commands
    resets_at: datetime
    last_day: int
    again_at: datetime

    @property
    def remaining(self) -> int:
        """Calls left today, commands included."""
        return max(0, self.limit - self.used)

    @property
    def reads_left(self) -> int:
        """Calls left for reading now."""
        return max(0, self.limit - self.reserved - max(self.used, self.last_day))

    @property
    def reads_now(self) -> int:
        """How many devices may be read at once: a read that fails is tried a second time."""
        return self.reads_left // TRIES


def quota_of(settings: Settings, used: int, now: datetime, spent: Spent | None = None) -> Quota:
    """The quota at `now`, `used` calls being counted today. What other tools on the account may use is left to them."""
    limit = settings.api_daily_limit * (100 - settings.other_tools_share) // 100
    reserved, resets_at = min(settings.api_reserved_for_commands, limit), next_reset(now)
    last_day = sum(spent.values()) if spent else 0
    again_at, room = resets_at, 2 * len(settings.all_zones)
    if last_day + reserved + room > limit:
        free = _free_again(spent or {}, last_day + reserved + room - limit, now)
        again_at = max(free, resets_at) if used + reserved >= limit else free
    return Quota(limit, used, reserved, resets_at, last_day, again_at)


def _free_again(spent: Spent, wanted: int, now: datetime) -> datetime:
    """When `wanted` calls will be older than a day, each hour's taken as evenly spread."""
    seconds, gone = now.timestamp(), 0
    for hour in sorted(spent):
        begins = max((hour + A_DAY) * HOUR, seconds)
        if gone + spent[hour] >= wanted:
            ends = max((hour + A_DAY + 1) * HOUR, begins)
            begins += (ends - begins) * (wanted - gone) / spent[hour]
            return max(datetime.fromtimestamp(-(-begins // 1), UTC), now + timedelta(minutes=1))
        gone += spent[hour]
    return now + DAY


def with_more(spent: Spent, calls: int, now: datetime) -> Spent:
    """What was spent, with calls made just now."""
    hour = int(now.timestamp()) // HOUR
    return {**spent, hour: spent.get(hour, 0) + calls} if calls else spent


def next_reset(now: datetime) -> datetime:
    """The next 00:00 UTC, the moment at which the count is taken to begin anew."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def next_by_hand(pressed: Sequence[datetime], now: datetime) -> datetime | None:
    """When a person may act again, after `pressed` of the last hour, oldest first; None for at once."""
    recent = [instant for instant in pressed if now - BY_HAND_WITHIN < instant <= now]
    return recent[-MOST_BY_HAND] + BY_HAND_WITHIN if len(recent) >= MOST_BY_HAND else None


def planned_reads(settings: Settings, zones: Sequence[Zone], now: datetime, until: datetime) -> float:
    """The reads that the polling table would spend on `zones` until an instant."""
    return sum(_planned(settings, zone, now, until) for zone in zones)


def _planned(settings: Settings, zone: Zone, now: datetime, until: datetime) -> float:
    total = (until - now).total_seconds()
    idle = interval_of(Mode.IDLE, settings).total_seconds()
    active = interval_of(Mode.IN_WINDOW, settings).total_seconds()
    if not settings.adaptive_polling_enabled:
        return total / active
    if not zone.automation_enabled or not zone.windows:
        return total / idle
    spans = spans_between(zone.windows, settings.tz, now, until)
    warmup = len(spans) * 60 * settings.poll_warmup_minutes
    inside = min(total, sum((span.closes - span.opens).total_seconds() for span in spans) + warmup)
    return inside / active + (total - inside) / idle


@dataclass(frozen=True, slots=True)
class Ration:
    """How the budget stretches intervals: the factor of each rank, the longest interval, and the figures that say why.

    `left` calls are there for reading in the coming `seconds`, mostly those until the reset, for `zones` zones.
    """

    factors: Reads = (1.0, 1.0, 1.0)
    caps: Reads = CAPS
    left: int = 0
    seconds: int = 0
    zones: int = 1

    @property
    def short(self) -> bool:
        """Whether anything is stretched."""
        return self.factors != (1.0, 1.0, 1.0)

    def stretched(self, wanted: timedelta, rank: Rank) -> timedelta:
        """The wanted interval, as long as the budget makes it."""
        if self.factors[rank] == 1.0:
            return wanted  # to the microsecond: a rounded one would look stretched
        seconds = wanted.total_seconds()
        return max(wanted, timedelta(seconds=round(min(seconds * self.factors[rank], self.caps[rank]), 3)))


PLENTY = Ration()
"""Nothing is stretched."""

Tightness = tuple[int, float]
"""How short the calls are: idle (1), warm-up (2), windows (3), all beyond their caps (4), and by which factor."""


def ration_of(settings: Settings, used: int, now: datetime, spent: Spent, *, plugs: int = 0, spare: int = 0) -> Ration:
    """The ration at `now`: the least stretching with which reads, commands and the reserve fit into every day to come.

    The table's reads are laid out so that they last 24 hours at an even factor, slower where the hours before leave
    fewer. `plugs` have a status that is read too; `spare` calls are put aside.
    """
    zones = len(settings.all_zones)
    shortest = min(settings.poll_interval_seconds, settings.idle_poll_interval_seconds)
    limit = settings.api_daily_limit * (100 - settings.other_tools_share) // 100
    allowed = limit - min(settings.api_reserved_for_commands, limit) - spare
    statuses = plugs / 60 / settings.aircon_poll_cooldown_minutes  # a second
    last_day = sum(spent.values())
    if last_day + A_DAY * HOUR * (zones / shortest + statuses) <= AIM * allowed:
        return PLENTY
    layout = _Layout(settings, now, spent, last_day, allowed, statuses)
    tightness = max(layout.even(), layout.by_the_hour())
    if not tightness[0]:
        return PLENTY
    quota = quota_of(settings, used, now, spent)
    seconds = round((quota.resets_at - now).total_seconds())
    factors, caps = layout.factors(tightness)
    if not quota.reads_left:  # no longer than until there are some again
        most = (quota.again_at - now).total_seconds()
        caps = (min(caps[0], max(CAPS[0], most)), min(caps[1], max(CAPS[1], most)), min(caps[2], max(CAPS[2], most)))
    left = quota.reads_left
    if left > UNEVEN * layout.planned(factors, quota.resets_at):  # more than this day's part of any 24 hours
        left, seconds = max(0, allowed), A_DAY * HOUR
    return Ration(factors, caps, left, seconds, zones)


class _Layout:
    """The demand of the coming day against what is allowed for it."""

    def __init__(
        self, settings: Settings, now: datetime, spent: Spent, last_day: int, allowed: int, statuses: float
    ) -> None:
        self._now, self._spent, self._last_day, self._allowed = now.timestamp(), spent, last_day, allowed
        self._statuses = statuses
        self._demand: Demand = demand_of(settings, now)
        adaptive = settings.adaptive_polling_enabled
        active, idle = settings.poll_interval_seconds, settings.idle_poll_interval_seconds
        self._table = (active, active, idle if adaptive else active)
        self._most = tuple(max(1.0, cap / interval) for cap, interval in zip(CAPS, self._table, strict=True))
        self._share = self._needed()

    def _needed(self) -> float:
        """The share of the table's reads that zones need which predict, by what was spent in the last 24 hours."""
        ends = self._now + A_DAY * HOUR
        sure = sum(self._demand.between(self._now, ends, 0))
        foreseen = sum(self._demand.between(self._now, ends, 1)) - sure
        return min(1.0, max(0.0, (self._last_day - sure) / foreseen)) if foreseen > 0 else 0.0

    def even(self) -> Tightness:
        """What lasts a day."""
        ends, aim = self._now + A_DAY * HOUR, AIM * self._allowed
        if self._last_day > aim > 0:  # tries that fail and commands cost calls, too: what was spent tells how many
            aim *= (aim / self._last_day) ** 2
        return self._tightness(aim, ends, self._share)

    def by_the_hour(self) -> Tightness:
        """What keeps each 24 hours that end with one of the coming hours within bounds."""
        hour, worst = int(self._now) // HOUR, (0, 1.0)
        counted, most = self._last_day, MOST * self._allowed
        near = True
        for ahead in range(1, A_DAY + 1):
            counted -= self._spent.get(hour + ahead - A_DAY - 1, 0)  # older than a day by then
            ends = (hour + ahead) * HOUR
            if ends - self._now < NEAR:
                continue
            share = min(1.0, 2 * self._share) if near else self._share  # what predicts may come to need more, and soon
            worst, near = max(worst, self._tightness(most - counted, ends, share)), False
        return min(worst, (4, FOR_NOW))

    def _tightness(self, budget: float, until: float, share: float) -> Tightness:
        """How tight `budget` calls make the reads until an instant, idle giving way first."""
        budget -= self._statuses * (until - self._now)
        (inside, warmup, idle), most = self._demand.between(self._now, until, share), self._most
        if inside + warmup + idle <= budget:
            return 0, 1.0
        least_warmup, least_idle = warmup / most[Rank.WARMUP], idle / most[Rank.IDLE]
        if 0 < budget - inside - warmup >= least_idle:
            return 1, idle / (budget - inside - warmup)
        if 0 < budget - inside - least_idle >= least_warmup:
            return 2, warmup / (budget - inside - least_idle)
        least_inside, rest = inside / most[Rank.INSIDE], budget - least_warmup - least_idle
        if 0 < rest >= least_inside:
            return 3, inside / rest
        least = least_inside + least_warmup + least_idle
        return 4, min(LONGEST, least / budget) if budget > 0 else LONGEST

    def planned(self, factors: Reads, until: datetime) -> float:
        """The reads to be made until an instant."""
        wanted = self._demand.between(self._now, until.timestamp(), self._share)
        return sum(reads / factor for reads, factor in zip(wanted, factors, strict=True))

    def factors(self, tightness: Tightness) -> tuple[Reads, Reads]:
        """The factor of each rank, and the longest interval of each in seconds."""
        stage, factor = tightness
        inside, warmup, idle = self._most
        times = factor if stage == 4 else 1.0
        caps = (CAPS[0] * times, CAPS[1] * times, CAPS[2] * times)
        if stage == 1:
            return (1.0, 1.0, factor), caps
        if stage == 2:
            return (1.0, factor, idle), caps
        if stage == 3:
            return (factor, warmup, idle), caps
        return (inside * factor, warmup * factor, idle * factor), caps


def eased(interval: timedelta, before: timedelta) -> timedelta:
    """The interval, no further from the one before than a look may change it, so that nothing swings."""
    return min(max(interval, before * FASTER), before * SLOWER)
