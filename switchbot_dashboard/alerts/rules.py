"""What is wrong in the home, as findings: pure functions of what is known. How long it lasts is `lifecycle`'s business.

A finding that does not raise keeps an alert open that stands already: the value is back, but only just, or it is not
known any more. So an alert neither flaps at its bound nor ends because the meter went silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..domain.alert import Kind, Severity
from ..domain.budget import planned_reads, quota_of
from ..domain.reading import stale_reason
from ..domain.record import House, Outcome, Suspect, Trouble, ZoneState
from ..domain.sentence import Sentence, say
from ..domain.settings import Settings, Zone, tenths

CLOUD, SETTINGS, CALLS, MAIL = "cloud", "settings", "calls", "mail"
"""Subjects that are no zone; a channel is `channel:ID`, a reminder `reminder:ID`."""

FAR = 50  # tenths of a degree beyond a bound: the room freezes, or someone in it is in danger
NEAR, NEAR_HUMID, NEAR_CHARGED = 5, 3, 5  # tenths, percent, percent inside a bound before an alert ends
AWAY = ("161", "171", "190")  # the cloud's codes for a device or hub that does not answer
HUB = "171"
OFFLINE_PATIENCE = timedelta(minutes=10)
EDITING = timedelta(minutes=5)  # someone who edits the file may be half-way
PROJECTION_PATIENCE = timedelta(minutes=15)
RATE = 3  # hours by which the present rate of calls is told, where looks follow the temperature
TRIES = 2  # of a command, before anyone is told
SOON = timedelta(days=7)  # maintenance is told ahead


@dataclass(frozen=True, slots=True)
class Upkeep:
    """A reminder of maintenance that is not done."""

    id: int
    title: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class FailingChannel:
    """A way to someone by which nothing is sent until a person changes it; `id` 0 is the mail settings themselves."""

    id: int
    owner: str
    problem: Sentence
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules look at. `settings` are those in force; `fault` is the first mistake of the file."""

    now: datetime
    settings: Settings | None
    house: House
    fault: Sentence | None = None
    faults: int = 0
    upkeep: Sequence[Upkeep] = ()
    channels: Sequence[FailingChannel] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong now. `since` is when it began, where that is known; `patience` is how long it must last.

    Where it does not raise, sentence and severity say nothing.
    """

    kind: Kind
    subject: str
    severity: Severity
    sentence: Sentence
    patience: timedelta = timedelta(0)
    since: datetime | None = None
    raises: bool = True

    @property
    def key(self) -> str:
        """One alert of a key is open at a time."""
        return f"{self.kind}:{self.subject}"


OF_ZONES = frozenset(Kind) - {Kind.CHANNEL_FAILING, Kind.SETTINGS_INVALID, Kind.MAINTENANCE_DUE}


def blind_for(facts: Facts) -> frozenset[Kind]:
    """The kinds that cannot be judged: without settings nobody knows the zones, so what is open stays open."""
    return OF_ZONES if facts.settings is None else frozenset()


def findings(facts: Facts) -> list[Finding]:
    """All that is wrong, and what only keeps an alert open."""
    found = [*_settings(facts), *_upkeep(facts), *_channels(facts)]
    if facts.settings is None:
        return found
    for zone in facts.settings.all_zones:
        state = facts.house.states.get(zone.id) or ZoneState(zone.id)
        found += _of_zone(facts.settings, zone, state, facts.now)
    return [*found, *_cloud(facts, facts.settings), *_budget(facts, facts.settings)]


def _of_zone(settings: Settings, zone: Zone, state: ZoneState, now: datetime) -> Iterator[Finding]:
    found = [
        *_temperature(settings, zone, state, now),
        *_humidity(settings, zone, state, now),
        *_meter(zone, state, now),
        *_battery(settings, zone, state),
        *_automation(settings, zone),
        *_command(zone, state),
    ]
    alone = len(settings.all_zones) == 1
    for each in found:
        yield each if alone else _named(each, zone.name)


def _named(finding: Finding, name: str) -> Finding:
    """With the zone's name in front, where there are several."""
    said = say("{zone}: {what}.", zone=name, what=finding.sentence)
    return Finding(
        finding.kind, finding.subject, finding.severity, said, finding.patience, finding.since, finding.raises
    )


def _keeps(kind: Kind, subject: str) -> Finding:
    return Finding(kind, subject, Severity.INFO, Sentence(""), raises=False)


# the air


def _temperature(settings: Settings, zone: Zone, state: ZoneState, now: datetime) -> Iterator[Finding]:
    reading, bounds = state.reading, settings.alerts
    if reading is None or _not_believed(zone, state, now):
        yield _keeps(Kind.TEMPERATURE, zone.id)
        return
    low, high = tenths(bounds.temperature_low), tenths(bounds.temperature_high)
    beyond = max(low - reading.tenths, reading.tenths - high)
    if beyond <= 0:
        if beyond > -NEAR:
            yield _keeps(Kind.TEMPERATURE, zone.id)
        return
    words = "It is {now:temp} (at {at:time}): colder than the {bound:level} at which an alert is raised."
    if reading.tenths > high:
        words = "It is {now:temp} (at {at:time}): warmer than the {bound:level} at which an alert is raised."
    said = say(words, now=reading.tenths, at=reading.read_at, bound=low if reading.tenths < low else high)
    severity = Severity.CRITICAL if beyond >= FAR else Severity.WARNING
    yield Finding(Kind.TEMPERATURE, zone.id, severity, said, timedelta(minutes=bounds.bounds_minutes))


def _humidity(settings: Settings, zone: Zone, state: ZoneState, now: datetime) -> Iterator[Finding]:
    reading, bounds = state.reading, settings.alerts
    if reading is None or reading.humidity is None or _not_believed(zone, state, now):
        yield _keeps(Kind.HUMIDITY, zone.id)
        return
    low, high, value = bounds.humidity_low, bounds.humidity_high, reading.humidity
    beyond = max(low - value, value - high)
    if beyond <= 0:
        if beyond > -NEAR_HUMID:
            yield _keeps(Kind.HUMIDITY, zone.id)
        return
    words = "The air has {now} % of humidity (at {at:time}): drier than the {bound} % at which an alert is raised."
    if value > high:
        words = "The air has {now} % of humidity (at {at:time}): damper than the {bound} % at which an alert is raised."
    said = say(words, now=value, at=reading.read_at, bound=low if value < low else high)
    yield Finding(Kind.HUMIDITY, zone.id, Severity.WARNING, said, timedelta(minutes=bounds.bounds_minutes))


def _not_believed(zone: Zone, state: ZoneState, now: datetime) -> bool:
    frozen = state.doubt is not None and state.doubt.suspect is Suspect.METER
    return frozen or stale_reason(state.reading, zone.stale_after_minutes, now) is not None


# the meter


def _meter(zone: Zone, state: ZoneState, now: datetime) -> Iterator[Finding]:
    if not zone.meter_device_id:
        return
    reading, trouble, limit = state.reading, state.trouble, timedelta(minutes=zone.stale_after_minutes)
    last = reading.read_at if reading else trouble.since if trouble else None
    if last is not None and now - last > limit:
        words = "The meter's last reading is from {at:when}, more than {limit:span} ago: nothing is switched on it."
        if reading is None:
            words = "The meter has brought no reading since {at:when}, more than {limit:span} ago: nothing is switched."
        said = say(words, at=last, limit=round(limit.total_seconds()))
        yield Finding(Kind.METER_STALE, zone.id, Severity.WARNING, said, since=last + limit)
    doubt = state.doubt
    if doubt is not None and doubt.suspect is Suspect.METER:
        yield Finding(Kind.METER_FROZEN, zone.id, Severity.WARNING, doubt.sentence, since=doubt.since)
    if trouble is not None and _is_away(trouble):
        words = (
            "The meter has not answered since {at:when} (the cloud's code {code}). Nothing new is known of the room."
        )
        if trouble.code == HUB:
            words = "The meter's hub has not answered since {at:when} (the cloud's code {code}): it may be offline."
        said = say(words, at=trouble.since, code=trouble.code)
        yield Finding(Kind.DEVICE_OFFLINE, zone.id, Severity.WARNING, said, OFFLINE_PATIENCE, trouble.since)


def _is_away(trouble: Trouble) -> bool:
    return trouble.outcome is Outcome.API_ERROR and trouble.code in AWAY


def _battery(settings: Settings, zone: Zone, state: ZoneState) -> Iterator[Finding]:
    level, bound = state.reading.battery if state.reading else None, settings.alerts.battery_percent
    if level is None or bound < level < bound + NEAR_CHARGED:
        yield _keeps(Kind.BATTERY_LOW, zone.id)
    elif level <= bound:
        severity = Severity.WARNING if level <= bound // 2 else Severity.INFO
        said = say("The meter's battery is at {level} %. Have new ones ready.", level=level)
        yield Finding(Kind.BATTERY_LOW, zone.id, severity, said)


# the air conditioner


def _automation(settings: Settings, zone: Zone) -> Iterator[Finding]:
    if zone.automation_enabled:
        return
    patience = timedelta(hours=settings.alerts.automation_off_hours)
    words = "The automation has been off for {span:span} or more: the temperature is watched, nothing is switched."
    said = say(words, span=round(patience.total_seconds()))
    yield Finding(Kind.AUTOMATION_OFF, zone.id, Severity.WARNING, said, patience)


def _command(zone: Zone, state: ZoneState) -> Iterator[Finding]:
    doubt, retry = state.doubt, state.retry
    if doubt is not None and doubt.suspect is Suspect.UNIT:
        yield Finding(Kind.COMMAND_WITHOUT_EFFECT, zone.id, Severity.WARNING, doubt.sentence, since=doubt.since)
    elif retry is not None and retry.tries >= TRIES:
        words = "The command of {at:when} did not go through in {tries} tries. The next one is at {next:time}."
        said = say(words, at=retry.order.decided_at, tries=retry.tries, next=retry.at)
        yield Finding(Kind.COMMAND_WITHOUT_EFFECT, zone.id, Severity.WARNING, said, since=retry.order.decided_at)


# the cloud


def _cloud(facts: Facts, settings: Settings) -> Iterator[Finding]:
    states = [facts.house.states.get(zone.id) for zone in settings.all_zones]
    troubles = [state.trouble for state in states if state is not None and state.trouble is not None]
    refused = [trouble for trouble in troubles if trouble.code == "credentials"]
    if refused:
        first = min(refused, key=lambda trouble: trouble.since)
        words = (
            "The cloud has not accepted token and secret since {at:when}, so nothing is read and nothing is switched."
        )
        yield Finding(Kind.CREDENTIALS_REFUSED, CLOUD, Severity.CRITICAL, say(words, at=first.since), since=first.since)
    failing = [trouble for trouble in troubles if _is_failure(trouble)]
    if not failing:
        return
    worst = max(failing, key=lambda trouble: trouble.looks)
    if worst.looks < settings.alerts.cloud_failures:
        yield _keeps(Kind.CLOUD_FAILING, CLOUD)
        return
    said = say(
        "{looks} looks in a row have failed since {at:when}: {why}.",
        looks=worst.looks,
        at=worst.since,
        why=worst.sentence,
    )
    yield Finding(Kind.CLOUD_FAILING, CLOUD, Severity.WARNING, said, since=worst.since)


def _is_failure(trouble: Trouble) -> bool:
    """A failure that is not told by an alert of its own."""
    return trouble.outcome is Outcome.API_ERROR and trouble.code != "credentials" and not _is_away(trouble)


def _budget(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """One alert for the day's calls, as bad as the worst of what is true of them."""
    house, now = facts.house, facts.now
    quota = quota_of(settings, house.calls_today, now, house.by_hour)
    used, limit, resets = quota.used, quota.limit, quota.resets_at
    if quota.reads_left <= settings.api_quota_warning_threshold:
        words = "{left:count} calls are left for reading, {used:count} of {limit:count} are used until {at:time}."
        said = say(words, left=quota.reads_left, used=used, limit=limit, at=resets)
        yield Finding(Kind.CALL_BUDGET, CALLS, Severity.CRITICAL, said)
        return
    percent = used * 100 // limit if limit else 100
    allowed = limit - quota.reserved
    expected = used + _to_come(settings, house, now, resets)
    said = say(
        "{percent} % of the day's calls are used: {used:count} of {limit:count}. They are counted anew at {at:time}.",
        percent=percent,
        used=used,
        limit=limit,
        at=resets,
    )
    if percent >= 90:
        yield Finding(Kind.CALL_BUDGET, CALLS, Severity.WARNING, said)
    elif expected > allowed:
        words = (
            "About {expected:count} calls would be used by {at:time}, {allowed:count} are allowed: "
            "readings are made less often."
        )
        said = say(words, expected=expected, at=resets, allowed=allowed)
        yield Finding(Kind.CALL_BUDGET, CALLS, Severity.WARNING, said, PROJECTION_PATIENCE)
    elif percent >= 80:
        yield Finding(Kind.CALL_BUDGET, CALLS, Severity.INFO, said)
    elif expected > allowed * 0.95:
        yield _keeps(Kind.CALL_BUDGET, CALLS)


def _to_come(settings: Settings, house: House, now: datetime, until: datetime) -> int:
    """The calls until an instant: by the polling table, or by the present rate where looks follow the temperature."""
    planned = planned_reads(settings, settings.all_zones, now, until)
    if any(zone.predictive_polling_enabled for zone in settings.all_zones):
        hour = int(now.timestamp()) // 3600
        lately = sum(count for each, count in house.by_hour.items() if hour - RATE <= each < hour)
        planned = min(planned, lately / RATE * ((until - now) / timedelta(hours=1)))
    return round(planned)


# the household's own


def _settings(facts: Facts) -> Iterator[Finding]:
    if facts.fault is None:
        return
    if facts.settings is None:
        words, severity = "The settings file cannot be used, so nothing is driven: {why}.", Severity.CRITICAL
    else:
        words, severity = "The settings file cannot be used: {why}. The last good ones stay in force.", Severity.WARNING
    patience = EDITING if facts.settings else timedelta(0)
    said = say(words, why=facts.fault)
    if facts.faults > 1:
        said = say("{what}. It has {count} mistakes.", what=said, count=facts.faults)
    yield Finding(Kind.SETTINGS_INVALID, SETTINGS, severity, said, patience)


def _upkeep(facts: Facts) -> Iterator[Finding]:
    for each in facts.upkeep:
        if each.due_at > facts.now + SOON:
            continue
        overdue = each.due_at <= facts.now
        words = "“{title}” is due on {at:date}."
        if overdue:
            words = "“{title}” has been due since {at:date} and is not done."
        said = say(words, title=each.title, at=each.due_at)
        severity = Severity.WARNING if overdue else Severity.INFO
        yield Finding(Kind.MAINTENANCE_DUE, f"reminder:{each.id}", severity, said)


def _channels(facts: Facts) -> Iterator[Finding]:
    for each in facts.channels:
        words, subject = "Nothing is sent to a channel of {who}: {why}.", f"channel:{each.id}"
        if not each.id:
            words, subject = "Mail cannot be sent to anyone: {why}.", MAIL
        said = say(words, who=each.owner, why=each.problem) if each.id else say(words, why=each.problem)
        yield Finding(Kind.CHANNEL_FAILING, subject, Severity.WARNING, said, since=each.since)
