"""What the pages and the API show, gathered from the service at one look at the clock. No cloud call.

What was gathered is kept until something has changed: one tiny read tells. It is gathered anew each minute too, and at
the instants at which time alone changes what is true.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from flask import current_app

from ..domain.alert import Alert, Count, Severity, Wanted
from ..domain.hint import pictured
from ..domain.history import Sample
from ..domain.record import Record, ZoneState
from .home_chart import SHOWN
from .people_service import AlertDesk
from .quota import quota_view
from .service import Service
from .state import Known, cooldown_end, state_view
from .views import View, entity_tag, iso

LATEST, COMMANDS = 40, 8  # records that the first page looks through for what happened lately
MOST_TOLD = 50  # alerts that the first page could name
PLACE = "facts"


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands for everything that is known: when it is the same, so is the rest."""

    serial: int
    settings: str
    running: bool
    driving: bool
    wake: datetime | None


class Facts:
    """What was gathered at once, and what is made of it when it is first asked for."""

    def __init__(self, service: Service, known: Known, mark: Mark) -> None:
        self._service = service
        self.known, self.mark, self.until = known, mark, _true_until(known)

    @cached_property
    def state(self) -> tuple[str, str]:
        """The text of `/api/state` behind `now`, and the tag that stands for it."""
        view = state_view(self.known)
        rest = {name: value for name, value in view.items() if name != "now"}
        text = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))
        return text[1:], entity_tag(view, "now")

    @cached_property
    def records(self) -> Sequence[Record]:
        """What happened lately, newest first: the last looks, and the last commands before them."""
        memory = self._service.memory
        found = {record.id or -place: record for place, record in enumerate(memory.records(limit=LATEST), 1)}
        found.update({record.id or 0: record for record in memory.acted(COMMANDS)})
        return sorted(found.values(), key=lambda record: record.at, reverse=True)

    @cached_property
    def samples(self) -> Mapping[str, Sequence[Sample]]:
        """The readings of the last hours by zone."""
        now, settings = self.known.now, self.known.settings
        since = now - timedelta(milliseconds=SHOWN)
        zones = settings.all_zones if settings else ()
        return {zone.id: self._service.memory.recent(zone.id, since, now) for zone in zones}

    def at(self, now: datetime) -> Known:
        """What is known, told at `now`."""
        return replace(self.known, now=now)


def facts(service: Service) -> Facts:
    """What is known now, gathered at most a minute ago and still true."""
    kept: Facts | None = current_app.extensions.get(PLACE)
    mark, now = _mark(service), service.clock()
    if kept is None or kept.mark != mark or mark.serial < 0 or not kept.known.now <= now < kept.until:
        kept = current_app.extensions[PLACE] = Facts(service, gather(service), mark)
    return kept


def _mark(service: Service) -> Mark:
    heart, wake = service.heart, service.heart.next_wake
    at = wake[0] if wake else None
    return Mark(service.memory.serial(), service.settings.etag, heart.running, heart.driving, at)


def _true_until(known: Known) -> datetime:
    """The next whole minute, at which windows open and close and ages are told anew, or what ends before it."""
    ends = [known.now.replace(second=0, microsecond=0) + timedelta(minutes=1)]
    for zone in known.settings.all_zones if known.settings else ():
        state = known.house.states.get(zone.id, ZoneState(zone.id))
        ends += [state.hold.until] if state.hold and state.hold.until else []
        if state.reading is not None:
            ends.append(state.reading.read_at + timedelta(minutes=zone.stale_after_minutes, milliseconds=1))
        cooldown = cooldown_end(state.last_action, zone, known.now)
        ends += [cooldown] if cooldown else []
    return min(end for end in ends if end > known.now)


def state_text(service: Service) -> tuple[str, str]:
    """The answer of `/api/state` and its tag."""
    rest, tag = facts(service).state
    return f'{{"now":"{iso(service.clock())}",{rest}\n', tag


def gather(service: Service) -> Known:
    """All that is known now, read anew."""
    now, desk, memory, heart = service.clock(), service.settings, service.memory, service.heart
    desks = service.desks
    pulse = memory.pulse()
    return Known(
        now=now,
        source=service.config.source,
        settings=desk.current,
        faults=desk.faults,
        faults_at=desk.faults_at,
        house=pictured(memory.load(now), desk.current, now),
        pulse=pulse,
        running=heart.running,
        driving=heart.driving,
        next_wake=heart.next_wake,
        last_error=memory.last_error(now),
        quota=_quota(service, pulse.last_tick_at, now),
        alerts=desks.alerts.count() if desks.alerts else Count(),
        told=_told(desks.alerts) if desks.alerts else (),
    )


def _told(desk: AlertDesk) -> Sequence[Alert]:
    """The alerts that last and are worse than a note."""
    if not desk.count().active:
        return ()
    return [alert for alert in desk.listed(Wanted(limit=MOST_TOLD)) if alert.severity is not Severity.INFO]


def quota_now(service: Service) -> View:
    """The day's calls."""
    return _quota(service, service.memory.pulse().last_tick_at, service.clock())


def _quota(service: Service, last_tick_at: datetime | None, now: datetime) -> View:
    by_purpose = service.memory.calls_of_day(now)
    return quota_view(service.settings.current, by_purpose, last_tick_at or now, now)
