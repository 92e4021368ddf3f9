"""The coming wakes, foreseen: the tick's own rules on a pretend course of time, for the modes that the clock drives.

Assumed is that every command goes through and is heard, and that nobody presses a button. Where a zone foresees its
temperature each meter shows what the learned course expects (see outlook.py); elsewhere, and where too little is
learned, the home is quiet: each meter answers within its zone's band. Then each wake follows from the one before it,
and a stretch of equal intervals is reckoned at once, since nothing else can happen in it. Intervals that the budget
stretches, or could, are reckoned as they are for a quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .action import settle, staggered
from .budget import Quota, Ration, next_reset, quota_of, ration_of
from .case import Case, case_of
from .chosen import chosen, taught
from .decision import Choice, thermostat
from .demand import rank_of
from .duty import Owed, owed
from .foreseen import Expected, ExpectedCrossing, Forecast, Ledger, Planned, Run, joined
from .outlook import after_run, alike_until, as_known, crossing_of, expects, foresees, gone_on, knows_the_unit, looked
from .polling import interval_of, warmup_start
from .reading import missing_meter, quota_trouble
from .record import Catalogue, Done, Fate, House, Mode, Order, Outcome, Pace, Reading, Trouble, Verdict, Wake, ZoneState
from .sentence import Sentence, say
from .settings import Settings, Zone
from .wake import CLEAR, must_look, next_wake
from .windows import FORTNIGHT, Opening, spans_between

__all__ = ["Expected", "Forecast", "Planned", "Run", "forecast_of"]

LISTED_FOR, LISTING_CALLS = timedelta(hours=24), 2  # the account's devices and scenes, listed once a day
QUARTER_HOUR = 900
ONE_RATION = timedelta(minutes=15)  # an interval is held for so long where calls are short: it hardly moves
SPARE_READS = 200  # so many reads in hand for each zone, and the budget does not come into it before the reset
A_MOMENT = timedelta(milliseconds=1)
NOW_WORDS = say("the zone is due now")
CHANGED_WORDS = say("the settings changed")


def forecast_of(
    settings: Settings, house: House, quota: Quota, now: datetime, hours: int, *, changed: bool = False
) -> Forecast:
    """The coming `hours` under `settings`, from what is known in `house` and the calls used so far in `quota`.

    With `changed`, all zones are served at once, as after an edit: the way to compare settings that are not in force.
    """
    end, today = now + timedelta(hours=hours), quota_of(settings, quota.used, now)
    walk = _Walk(settings, house, today.used, now, changed)
    runs = list(joined(walk.until(max(end, today.resets_at))))
    shown = sorted((cut for run in runs if (cut := _cut(run, end)) is not None), key=lambda run: run.first)
    before_reset = sum(run.before(today.resets_at) * run.calls for run in runs)
    return Forecast(
        start=now,
        end=end,
        runs=tuple(shown),
        windows=tuple(_windows(settings, now, end)),
        limit=today.limit,
        used=today.used,
        resets_at=today.resets_at,
        quota_at_reset=max(0, today.limit - today.used - before_reset),
        crossings=tuple(sorted((each for each in walk.crossings if each.at < end), key=lambda each: each.at)),
    )


def _cut(run: Run, end: datetime) -> Run | None:
    count = run.before(end)
    return replace(run, count=count) if count else None


def _windows(settings: Settings, now: datetime, end: datetime) -> Iterator[Planned]:
    """The windows that are open, or warmed up for, between two instants."""
    low, high = now - FORTNIGHT, end + FORTNIGHT
    for zone in settings.all_zones:
        warms = settings.adaptive_polling_enabled and zone.automation_enabled
        for span in spans_between(zone.windows, settings.tz, low, high):
            opens, closes = (span.opens if span.opens > low else None), (span.closes if span.closes < high else None)
            warmup = warmup_start(settings, Opening(None, span, None, opens)) if warms else None
            begins = min(instant for instant in (warmup, span.opens) if instant is not None)
            if begins < end and span.closes > now:
                yield Planned(zone.id, opens, closes, warmup)


@dataclass(slots=True)
class _Part:
    """A zone's part of a foreseen tick."""

    case: Case
    owed: Owed | None
    looks: bool
    quiet: bool  # from a look that could not say how the temperature goes on
    expected: bool = False
    trouble: Trouble | None = None
    choice: Choice | None = None
    order: Order | None = None
    calls: int = 0


class _Walk:
    """From wake to wake, as the tick would go."""

    def __init__(self, settings: Settings, house: House, used: int, now: datetime, changed: bool) -> None:
        self._settings, self._zones = settings, {zone.id: zone for zone in settings.all_zones}
        self._states = {zone: house.states.get(zone) or ZoneState(zone) for zone in self._zones}
        self._catalogue: Catalogue | None = house.catalogue
        self._ledger, self._asked = Ledger(house.by_hour, used, now), changed
        self._next = {zone: _first(state.wake, now, changed) for zone, state in self._states.items()}
        self._runs: list[Run] = []
        self.crossings: list[ExpectedCrossing] = []
        self._began, self._quiet = now, set[str]()
        self._seen = {zone: as_known(state.learned) for zone, state in self._states.items()}
        cases = [case_of(settings, zone, self._states[zone.id], house.catalogue, now) for zone in settings.all_zones]
        self._plugs = sum(case.machine.has_status for case in cases)

    def until(self, end: datetime) -> list[Run]:
        """The wakes before `end`; the last run may go on beyond it."""
        while (now := min(at for at, _ in self._next.values())) < end:
            self._turn(now, end)
        return self._runs

    def _turn(self, now: datetime, end: datetime) -> None:
        """One tick: what needs no reading goes first; the rest is still due right after it."""
        due = [zone for zone, (at, _) in self._next.items() if at <= now]
        for zone in due:
            self._ledger.end(zone)
        quota = self._quota(now)
        listing = self._listing(due[0], now, quota)
        parts = [self._begin(self._zones[zone], now) for zone in due]
        parts = [part for part in parts if self._asked or not part.looks] or parts
        left = quota.reads_now
        for part in sorted(parts, key=lambda part: not part.case.opening.inside):
            _look(part, quota, left)
            left -= part.calls
        for part in parts:
            _decide(part)
        sent = staggered([part.order for part in parts if part.order is not None], now)
        leaves = {order.zone: order for order in sent}
        self._ledger.add(now, sum(part.calls + (part.order is not None) for part in parts))
        ration, sure = self._ration(now)
        self._ledger.add(now, listing)  # the tick, too, finds these in its ledger the next time only
        for part in parts:
            order = leaves.get(part.case.zone.id)
            self._conclude(part, order, listing, ration)
            listing = 0
            self._coalesce(part, ration, end, sure=sure)
        self._asked = False

    def _begin(self, zone: Zone, now: datetime) -> _Part:
        case = case_of(self._settings, zone, self._states[zone.id], self._catalogue, now)
        duty = owed(case, None)
        return _Part(case, duty, duty is None and (self._asked or must_look(case)), zone.id in self._quiet)

    def _conclude(self, part: _Part, order: Order | None, listing: int, ration: Ration) -> None:
        case, choice = part.case, part.choice
        assert choice is not None
        state = _settled(part, order)
        if foresees(case.zone):
            state = self._foreseen(part, order, choice, taught(state, case, choice, order))
        state = replace(state, verdict=Verdict(choice.outcome, choice.sentence, case.now))
        wake = next_wake(replace(case, state=state), choice, looked=part.looks, ration=ration)
        zone, calls = case.zone.id, part.calls + (order is not None) + listing
        self._states[zone] = replace(state, wake=wake)
        reason = self._next[zone][1]
        self._runs.append(Run(zone, case.now, 1, timedelta(0), wake.mode, wake.pace, reason, calls))
        self._next[zone] = (max(wake.at, case.now + timedelta(milliseconds=1)), wake.reason)

    def _foreseen(self, part: _Part, order: Order | None, choice: Choice, state: ZoneState) -> ZoneState:
        """The state of a zone that foresees its temperature; what brought an order is kept as a crossing."""
        case, seen = part.case, self._seen[part.case.zone.id]
        crossing = None
        if order is not None and part.expected:
            crossing = crossing_of(seen, case, choice, order, self._began)
            self.crossings += [crossing] if crossing is not None else []
        early = order is not None and choice.outcome is Outcome.OPTIMAL_START
        self._seen[case.zone.id] = gone_on(seen, case, state, crossed=crossing is not None, early=early)
        if (part.looks and not part.expected) or (order is not None and not knows_the_unit(case)):
            self._quiet.add(case.zone.id)
        return state

    def _quota(self, now: datetime) -> Quota:
        return quota_of(self._settings, self._ledger.used(now), now, self._ledger.spent(now))

    def _ration(self, now: datetime) -> tuple[Ration, bool]:
        """What the budget allows, and whether that is sure to be plenty until the count begins anew."""
        used, spent, settings = self._ledger.used(now), self._ledger.spent(now), self._settings
        careful = ration_of(settings, used, now, spent, plugs=self._plugs, spare=SPARE_READS * len(self._zones))
        if not careful.short:
            return careful, True
        return ration_of(settings, used, now, spent, plugs=self._plugs), False

    def _coalesce(self, part: _Part, ration: Ration, end: datetime, *, sure: bool) -> None:
        """Reckon at once the wakes that will be like the one just foreseen; the first that may differ comes next."""
        zone, now, state = part.case.zone.id, part.case.now, self._states[part.case.zone.id]
        wake = state.wake
        assert wake is not None
        every = wake.at - now
        if not _steady(part, state, wake, every, ration, self._settings):
            return
        stops = [end, next_reset(now), self._listing_at(now), *_status_at(part.case, state)]
        if not sure:
            stops.append(now + ONE_RATION)
        alike = _alike_until(part.case, state, wake)
        if foresees(part.case.zone):
            alike = min(alike, alike_until(part.case, state, wake.mode))
        count = min((alike - wake.at) // every, -((wake.at - min(stops)) // every))
        if not sure:
            count = min(count, self._quota(now).reads_left // (2 * len(self._zones)))
        if count > 0:
            run = Run(zone, wake.at, count, every, wake.mode, wake.pace, wake.reason, int(part.trouble is None))
            self._runs.append(run)
            self._ledger.begin(run)
            self._states[zone] = _after(run, state, wake, expected=part.expected)
            self._next[zone] = (run.last + every, wake.reason)

    def _listing_at(self, now: datetime) -> datetime:
        return now if self._catalogue is None else self._catalogue.fetched_at + LISTED_FOR

    def _listing(self, zone: str, now: datetime, quota: Quota) -> int:
        """The calls of listing the account, where this tick does it: once a day, in a quiet moment."""
        known = self._catalogue
        if known is not None and now - known.fetched_at < LISTED_FOR:
            return 0
        cases = [case_of(self._settings, self._zones[each], self._states[each], known, now) for each in self._zones]
        scarce = quota.reads_left < LISTING_CALLS + len(cases)
        if known is not None and (scarce or not all(_quiet(case) for case in cases)):
            return 0
        edge = min((case.opening.next_edge for case in cases if case.opening.next_edge), default=None)
        hurried = edge is not None and edge - now < timedelta(minutes=1)
        before = next(case.last_tick for case in cases if case.zone.id == zone)
        if not self._asked and (hurried or (before is not None and _quarter(before) == _quarter(now))):
            return 0
        self._catalogue = replace(known or Catalogue((), {}, now), fetched_at=now)
        return LISTING_CALLS


def _first(wake: Wake | None, now: datetime, changed: bool) -> tuple[datetime, Sentence]:
    """A zone's first wake: the one that is planned, or now."""
    if changed:
        return now, CHANGED_WORDS
    return (now, NOW_WORDS) if wake is None else (max(wake.at, now), wake.reason)


def _look(part: _Part, quota: Quota, left: int) -> None:
    """The reading that a quiet home would give, where calls are left for it."""
    if not part.looks:
        return
    case, zone = part.case, part.case.zone
    state = replace(case.state, looked_at=case.now)
    if not zone.meter_device_id:
        part.trouble = missing_meter(case.now)
    elif left <= 0:
        part.trouble = quota_trouble(quota, case.now)
    else:
        part.calls += 1
        part.expected = foresees(zone) and not part.quiet and expects(case)
        state = looked(replace(case, state=state), _within_the_band(case), expected=part.expected)
    state = replace(state, trouble=part.trouble)
    if left > 1 and any(at <= case.now for at in _status_at(case, state)):
        part.calls += 1
        state = replace(state, aircon=replace(state.aircon, power=bool(state.aircon.power), status_read_at=case.now))
    part.case = replace(case, state=state)


def _within_the_band(case: Case) -> Reading:
    """The last temperature again, or the middle of the band where the thermostat would act on that."""
    zone, last = case.zone, case.state.reading
    low, high = zone.profile.min_tenths, zone.profile.max_tenths
    quiet = last is not None and thermostat(zone.mode, zone.profile, zone.hysteresis_tenths, last.tenths)[0] is None
    if last is not None and quiet:
        return replace(last, read_at=case.now)
    return Reading((low + high) // 2, None, None, case.now, case.now)


def _status_at(case: Case, state: ZoneState) -> list[datetime]:
    """When the status of a plug is next asked for; empty for remotes, which have none."""
    if not case.machine.has_status:
        return []
    read_at = state.aircon.status_read_at
    return [case.now if read_at is None else read_at + timedelta(minutes=case.settings.aircon_poll_cooldown_minutes)]


def _decide(part: _Part) -> None:
    """The choice, and the order that goes out for it; none where the zone has nothing to carry it out."""
    if part.owed is not None:
        part.choice, part.order = part.owed
    else:
        part.choice, part.order = chosen(part.case, part.trouble)


def _settled(part: _Part, order: Order | None) -> ZoneState:
    """What is known after the order went through, or where there was none; without a hold that has ended."""
    state, now = part.case.state, part.case.now
    if order is not None:
        state = settle(state, Done(order, Fate.DONE, order.steps[0], order.leave_at), part.case)
    else:
        tried = state.retry is not None and state.retry.at <= now
        lost = part.owed is not None
        state = replace(state, retry=None if tried else state.retry, repeat=None if lost else state.repeat)
    over = state.hold is not None and state.hold.until is not None and state.hold.until <= now
    return replace(state, hold=None) if over else state


def _steady(part: _Part, state: ZoneState, wake: Wake, every: timedelta, ration: Ration, settings: Settings) -> bool:
    """Whether the next wake will be like this one: a reading by the pace, on which nothing is done."""
    told = part.trouble is None or part.trouble.outcome is Outcome.MISSING_METER
    idle = part.looks and part.order is None and state.repeat is None and state.retry is None and told
    assert part.choice is not None
    if not idle or part.choice.cooldown_until is not None or wake.mode is Mode.PENDING_OFF_REPEAT:
        return False
    rank = rank_of(wake.mode, inside=part.case.opening.inside)
    return wake.pace is not Pace.PREDICTED and every == ration.stretched(interval_of(wake.mode, settings), rank)


def _alike_until(case: Case, state: ZoneState, wake: Wake) -> datetime:
    """Up to when a wake by the pace may be followed by another such: before an edge, the warm-up or a hold's end."""
    edge, ends = case.opening.next_edge, [case.now + FORTNIGHT]
    if edge is not None:
        ends.append(edge - CLEAR)
    warmup = warmup_start(case.settings, case.opening) if wake.mode is Mode.IDLE else None
    if warmup is not None:
        ends.append(warmup)
    if state.hold is not None and state.hold.until is not None:
        ends.append(state.hold.until - A_MOMENT)
    return min(ends)


def _after(run: Run, state: ZoneState, wake: Wake, *, expected: bool) -> ZoneState:
    """What is known after the last wake of a run."""
    following = run.last + run.every
    assert state.verdict is not None
    return replace(
        after_run(state, run.last, expected=expected),
        looked_at=run.last,
        verdict=replace(state.verdict, at=run.last),
        wake=replace(wake, at=following, look_at=following),
    )


def _quiet(case: Case) -> bool:
    crossed = case.last_tick is not None and case.edge_since(case.last_tick)
    return case.state.repeat is None and case.state.retry is None and not crossed


def _quarter(instant: datetime) -> int:
    return int(instant.timestamp()) // QUARTER_HOUR
