"""A year of short budgets: twelve zones at 15 s by the real tick, against a cloud that counts what it is asked.

The cloud counts every try, others' too, by the second, and refuses what passes the limit in the UTC day or in any 24
hours. The home's calls fail one time in twenty, and a failed read is tried a second time, as the client does.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from switchbot_dashboard.domain.budget import next_reset
from switchbot_dashboard.domain.errors import CloudError, QuotaSpent, Unreachable
from switchbot_dashboard.domain.record import Call, Catalogue, Device, Mode, Pace, Receipt, Record
from switchbot_dashboard.domain.settings import Settings, parse_settings
from switchbot_dashboard.store.memory import MemoryStore
from switchbot_dashboard.tick.part import Wish
from switchbot_dashboard.tick.ports import Dispatch, Ports
from switchbot_dashboard.tick.rehearsal import PretendClock
from switchbot_dashboard.tick.run import run_tick

ZONES, LIMIT, RESERVE, FAILING = 12, 10_000, 500, 0.05
DAY, DAY_SECONDS, HOUR = timedelta(days=1), 86_400, 3600
EVERY_DAY = list(range(7))
FLAT = math.tau / (3 * HOUR)  # a room swings through its band in three hours: some 100 commands a day


def settings_of(share: int = 0, **keys: Any) -> Settings:
    """Twelve zones that want 45 000 calls a day."""
    zones = [
        {
            "id": f"z{nth}",
            "meter_device_id": f"METER{nth}",
            "aircon_device_id": f"02-AC{nth}",
            "time_windows": [{"days": EVERY_DAY, "start": f"06:{15 * (nth % 4):02}", "end": f"21:{15 * (nth % 3):02}"}],
        }
        for nth in range(ZONES)
    ]
    wanted = {
        "automation_enabled": True,
        "timezone": "Europe/Paris",
        "poll_interval_seconds": 15,
        "idle_poll_interval_seconds": 300,
        "poll_warmup_minutes": 10,
        "turn_off_outside_windows": True,
        "off_repeat_count": 2,
        "manual_hold_minutes": 30,
        "api_daily_limit": LIMIT,
        "api_reserved_for_commands": RESERVE,
        "other_tools_share": share,
        "zones": zones,
    }
    return parse_settings(json.dumps(wanted | keys))


@dataclass
class DayCount:
    """A UTC day as the cloud counted it: tries of the home by kind, and its fullest 24 hours."""

    reads: int = 0
    commands: int = 0
    others: float = 0.0
    fullest: int = 0  # most calls of the home in 24 hours that ended with a read of this day
    fullest_of_all: float = 0.0  # the same with others' calls, at any call
    refused_reads: int = 0
    refused_commands: int = 0
    stretched: int = 0  # looks whose pace was set by the budget
    longest: int = 0  # seconds, in a window
    turns: int = 0  # how often a zone's interval in a window went up after having gone down, or down after up
    looks: int = 0

    @property
    def all(self) -> float:
        """All calls, others' included."""
        return self.reads + self.commands + self.others

    def used(self, limit: int) -> float:
        """The share of the reads allowed that were made."""
        return self.reads / (limit - RESERVE - self.commands)


class CountingCloud:
    """Fits `tick.ports.Devices`; a room's temperature swings through its band, so that the thermostat has to do."""

    failing = FAILING

    def __init__(self, clock: PretendClock, settings: Settings, chance: random.Random, others: float = 0.0) -> None:
        self._clock, self._chance, self._others = clock, chance, others  # calls a second
        self._listed = Catalogue(
            tuple(
                Device(each, each, kind, kind != "Meter")
                for zone in settings.all_zones
                for each, kind in ((zone.meter_device_id, "Meter"), (zone.aircon_device_id, "Air Conditioner"))
            ),
            {},
            clock.now,
        )
        self._phase = {zone.meter_device_id: nth for nth, zone in enumerate(settings.all_zones)}
        self._recent: deque[tuple[float, int]] = deque()  # the home's calls of the last 24 hours
        self._ours, self._since = 0, clock.now.timestamp()
        self._waiting: Counter[tuple[int, str]] = Counter()
        self.days: dict[date, DayCount] = {}

    @property
    def today(self) -> DayCount:
        """The count of the UTC day."""
        return self.days.setdefault(self._clock.now.date(), DayCount())

    def read(self, device_ids: Sequence[str], until: datetime) -> Mapping[str, Any]:
        return {device: self._status(device) for device in device_ids}

    def _status(self, device: str) -> Any:
        for _attempt in range(2):
            error = self._ask("read")
            if isinstance(error, QuotaSpent):
                return error
            if error is None:
                swing = math.sin(self._clock.now.timestamp() * FLAT + self._phase[device])
                return {"temperature": round(21 + 1.7 * swing, 1), "humidity": 45, "battery": 100}
        return error

    def send(self, dispatches: Sequence[Dispatch], until: datetime) -> Sequence[Receipt]:
        receipts = []
        for dispatch in dispatches:
            for _attempt in range(2):
                error = self._ask("command")
                if error is None:
                    break
            sentence = error.sentence if error is not None else None
            receipts.append(Receipt(error is None, max(self._clock.now, dispatch.leave_at), sentence))
        return receipts

    def catalogue(self, until: datetime) -> Catalogue | CloudError:
        errors = [error for _call in range(2) if (error := self._ask("catalogue")) is not None]
        if errors:
            return errors[0]
        return Catalogue(self._listed.devices, {}, self._clock.now)

    def spent(self) -> Sequence[Call]:
        waiting, self._waiting = self._waiting, Counter()
        return [Call(hour, kind, "any", count) for (hour, kind), count in waiting.items()]

    def lose_count(self) -> None:
        """The process was killed before it wrote its calls down."""
        self._waiting.clear()

    def _ask(self, kind: str) -> CloudError | None:
        """One try: counted, and refused where the limit is passed."""
        now, today, command = self._clock.now.timestamp(), self.today, kind == "command"
        self._let_pass(now)
        self._waiting[int(now) // HOUR, kind] += 1
        others_last_day = min(self._others * DAY_SECONDS, LIMIT)
        ours_today = today.reads + today.commands
        full = self._ours + others_last_day >= LIMIT or ours_today + today.others >= LIMIT
        self._recent.append((now, 1))
        self._ours += 1
        today.commands += command
        today.reads += not command
        today.fullest_of_all = max(today.fullest_of_all, self._ours + others_last_day)
        if not command:
            today.fullest = max(today.fullest, self._ours)
        if full:
            today.refused_commands += command
            today.refused_reads += not command
            return QuotaSpent("Spent.", retry_at=next_reset(self._clock.now))
        return Unreachable("It fails now and then.") if self._chance.random() < self.failing else None

    def _let_pass(self, now: float) -> None:
        """Time goes on: others make their calls, and what is a day old no longer counts."""
        self.today.others += self._others * (now - max(self._since, now // DAY_SECONDS * DAY_SECONDS))
        self._since = now
        while self._recent and self._recent[0][0] <= now - DAY_SECONDS:
            self._ours -= self._recent.popleft()[1]


@dataclass
class Year:
    """A run of days from `start` on; every few days there are bursts of actions by hand, and restarts (0: none)."""

    start: datetime
    share: int = 0  # percent of the limit that other tools may use, and do
    seed: int = 1
    burst_every: int = 5
    restart_every: int = 3
    keys: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = settings_of(self.share, **self.keys)
        self.clock, self.chance = PretendClock(self.start), random.Random(self.seed)
        others = LIMIT * self.share / 100 / DAY_SECONDS
        self.cloud = CountingCloud(self.clock, self.settings, random.Random(self.seed + 1), others)
        self.store = MemoryStore(keep=1)
        self.ports = Ports(self.clock, lambda: self.settings, self.cloud, self.store)
        self.limit = LIMIT * (100 - self.share) // 100
        self.steepest = (1.0, 1.0)  # how much an interval shrank and grew from one look to the next, at most
        self._before: dict[str, Record] = {}
        self._intervals: dict[str, tuple[int, int]] = {}  # a zone's last interval in a window, and where it was going

    def days(self, count: int) -> Iterator[tuple[date, DayCount]]:
        """Live through `count` days; each is handed out at its end."""
        events: deque[tuple[datetime, str]] = deque()
        wake = self._tick("start", every_zone=True)
        for nth in range(count):
            ends = next_reset(self.clock.now)
            today = self.clock.now.date()
            events.extend(self._events(nth, ends))
            while True:
                at, event = min([*events, (max(wake, self.clock.now + timedelta(milliseconds=1)), "")])
                if at >= ends:
                    break
                self.clock.now = at
                wake = self._happens(event) if event else self._tick("scheduler")
                if event:
                    events.remove((at, event))
            self.clock.now = ends
            yield today, self.cloud.days[today]

    def _events(self, nth: int, ends: datetime) -> list[tuple[datetime, str]]:
        """A day's bursts and restarts, at random instants."""
        found, begins = [], self.clock.now
        if self.burst_every and nth % self.burst_every == self.burst_every - 1:
            at = begins + (ends - begins - timedelta(hours=1)) * self.chance.random()
            found += [(at + timedelta(seconds=55 * press), "press") for press in range(60)]
            found.append((at + timedelta(seconds=30), "all off"))
        if self.restart_every and nth % self.restart_every == self.restart_every - 1:
            found.append((begins + (ends - begins - timedelta(hours=1)) * self.chance.random(), "restart"))
        return sorted(found)

    def _happens(self, event: str) -> datetime:
        zones = [zone.id for zone in self.settings.all_zones]
        if event == "restart":
            self.cloud.read([zone.meter_device_id for zone in self.settings.all_zones], self.clock.now)
            self.cloud.lose_count()
            self.clock.now += timedelta(seconds=self.chance.randint(2, 1200))
            return self._tick("start", every_zone=True)
        if event == "all off":
            return self._tick("manual", wish=Wish("off", tuple(zones)))
        action = self.chance.choice(["winter", "off", "fan", "resume"])
        return self._tick("manual", wish=Wish(action, (self.chance.choice(zones),)))

    def _tick(self, trigger: str, **how: Any) -> datetime:
        turned = run_tick(self.ports, trigger, **how)
        for record in turned.records:
            self._note(record)
        return turned.wake_at

    def _note(self, record: Record) -> None:
        today, wake = self.cloud.today, record.wake
        today.looks += record.looked
        today.stretched += record.looked and wake.pace is Pace.BUDGET
        if not record.looked:
            return
        self._compare(self._before.get(record.zone), record)
        self._before[record.zone] = record
        if wake.mode is not Mode.IN_WINDOW:
            return
        today.longest = max(today.longest, wake.interval_seconds)
        before, going = self._intervals.get(record.zone, (wake.interval_seconds, 0))
        step = wake.interval_seconds - before
        heads = (step > before / 20) - (step < -before / 20)  # what is less than a twentieth is no swing
        today.turns += heads * going < 0
        self._intervals[record.zone] = (wake.interval_seconds, heads or going)

    def _compare(self, before: Record | None, record: Record) -> None:
        """The change of an interval between two looks in one mode; a second is lost to rounding."""
        if before is None or before.wake.mode is not record.wake.mode or record.wake.mode is Mode.PENDING_OFF_REPEAT:
            return
        was, now = before.wake.interval_seconds, record.wake.interval_seconds
        if abs(now - was) > 1:
            shrank, grew = self.steepest
            self.steepest = (min(shrank, (now + 1) / was), max(grew, (now - 1) / was))


def summary(days: Mapping[date, DayCount], limit: int) -> dict[str, str]:
    """The figures that are bound, over all days, as text."""
    whole = list(days.values())
    shares = sorted(day.used(limit) for day in whole)
    return {
        "days": str(len(whole)),
        "calls wanted a day": "46 000",
        "limit of the home's own calls": f"{limit}",
        "most calls of the home in a UTC day": f"{max(day.reads + day.commands for day in whole)}",
        "most calls in a UTC day, others' included": f"{max(day.all for day in whole):.0f}",
        "most calls in any 24 hours, others' included": f"{max(day.fullest_of_all for day in whole):.0f}",
        "most calls of the home in 24 hours that end with a read": f"{max(day.fullest for day in whole)}",
        "refused: reads, commands": f"{sum(each.refused_reads for each in whole)}, "
        f"{sum(each.refused_commands for each in whole)}",
        "commands a day: mean, most": f"{sum(day.commands for day in whole) / len(whole):.0f}, "
        f"{max(day.commands for day in whole)}",
        "share of the allowed reads used: least, 5 %, mean": f"{shares[0]:.3f}, {shares[len(shares) // 20]:.3f}, "
        f"{sum(shares) / len(shares):.3f}",
        "longest interval in a window, median of days": f"{sorted(day.longest for day in whole)[len(whole) // 2]} s",
        "swings of more than 5 % a zone and day": f"{sum(day.turns for day in whole) / len(whole) / ZONES:.1f}",
    }


def midnight(text: str) -> datetime:
    """00:00 UTC of a date."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
