"""`/api/state`: everything that is known of the home, in one answer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from ..domain.alert import NO_ALERTS, Alert, Count
from ..domain.case import active
from ..domain.reading import stale_reason
from ..domain.record import House, LastAction, Repeat, Suspect, Wake, ZoneState
from ..domain.sentence import Sentence
from ..domain.settings import Settings, Zone
from ..domain.settings_faults import Fault
from ..domain.windows import opening_at
from .service import Pulse
from .views import View, degrees, iso


@dataclass(frozen=True, slots=True)
class Known:
    """What a state is made of, gathered at `now`. `next_wake` is the heart's own, where it drives.

    `told` are the alerts that last and are worse than a note, whether or not someone sees to them.
    """

    now: datetime
    source: str
    settings: Settings | None
    faults: Sequence[Fault]
    faults_at: datetime | None
    house: House
    pulse: Pulse
    running: bool
    driving: bool
    next_wake: tuple[datetime, Sentence] | None
    last_error: tuple[str, datetime] | None
    quota: View
    alerts: Count = NO_ALERTS
    told: Sequence[Alert] = ()

    @property
    def tz(self) -> tzinfo:
        """The zone in which people read times; UTC while no settings are known."""
        return self.settings.tz if self.settings else UTC

    @property
    def wake(self) -> tuple[datetime, Sentence] | None:
        """The next wake: the heart's own, else the earliest of the zones that are configured."""
        if self.next_wake is not None:
            return self.next_wake
        zones = self.settings.all_zones if self.settings else ()
        states = (self.house.states.get(zone.id) for zone in zones)
        wakes = [state.wake for state in states if state is not None and state.wake is not None]
        first = min(wakes, key=lambda wake: wake.at, default=None)
        return (first.at, first.reason) if first else None

    def stale(self, zone: Zone, state: ZoneState) -> Sentence | None:
        """Why nothing is switched on a zone's reading: too old, or not believed; None where it is good or missing."""
        doubted = state.doubt.sentence if state.doubt and state.doubt.suspect is Suspect.METER else None
        return stale_reason(state.reading, zone.stale_after_minutes, self.now) or doubted

    @property
    def resets_at(self) -> datetime:
        """When the day's calls are counted anew."""
        return datetime.fromisoformat(self.quota["resets_at"])


def state_view(known: Known) -> View:
    """The answer of `/api/state`; every key is always there."""
    settings, error = known.settings, known.last_error
    zones = settings.all_zones if settings else ()
    return {
        "now": iso(known.now),
        "timezone": settings.tz.key if settings else "UTC",
        "source": known.source,
        "scheduler": scheduler_view(known),
        "zones": [zone_view(known, zone) for zone in zones],
        "quota": known.quota,
        "settings_error": settings_error(known.faults, known.faults_at),
        "last_error": {"message": error[0], "at": iso(error[1])} if error else None,
        "alerts": {"active": known.alerts.active, "unread": known.alerts.unread},
    }


def scheduler_view(known: Known) -> View:
    """The heart: whether it beats here, and when next."""
    pulse, wake = known.pulse, known.wake
    return {
        "running": known.running,
        "driving": known.driving,
        "next_wake_at": iso(wake[0]) if wake else None,
        "next_wake_reason": wake[1].text(known.tz) if wake else None,
        "last_tick_at": iso(pulse.last_tick_at),
        "last_tick_trigger": pulse.last_tick_trigger,
        "last_tick_duration_ms": pulse.last_tick_duration_ms,
        "ticks_total": pulse.ticks_total,
        "ticks_failed": pulse.ticks_failed,
    }


def settings_error(faults: Sequence[Fault], at: datetime | None) -> View | None:
    """Every fault of the settings by key and line; None while there is none."""
    return {"at": iso(at), "faults": fault_list(faults)} if faults else None


def fault_list(faults: Sequence[Fault]) -> list[View]:
    """Faults as objects of key, line and message."""
    return [{"key": fault.key, "line": fault.line, "message": fault.message} for fault in faults]


def zone_view(known: Known, zone: Zone) -> View:
    """One zone: how it is looked at, its window, its reading, its air conditioner and the last decision."""
    state = known.house.states.get(zone.id, ZoneState(zone.id))
    verdict = state.verdict
    return {
        "id": zone.id,
        "name": zone.name,
        "season": zone.mode.value,
        "automation_enabled": zone.automation_enabled,
        "hold_until": iso(state.hold.until) if held(state, known.now) and state.hold else None,
        "polling": _polling(state.wake, known.tz),
        "window": _window(known, zone),
        "reading": _reading(known, zone, state),
        "aircon": _aircon(known, zone, state),
        "decision": {
            "outcome": verdict.outcome.value if verdict else None,
            "explanation": verdict.sentence.text(known.tz) if verdict else None,
            "at": iso(verdict.at) if verdict else None,
        },
    }


def held(state: ZoneState, now: datetime) -> bool:
    """Whether a person's choice stands at `now`, with or without an end."""
    return state.hold is not None and (state.hold.until is None or now < state.hold.until)


def _polling(wake: Wake | None, tz: tzinfo) -> View:
    return {
        "mode": wake.mode.value if wake else None,
        "pace": wake.pace.value if wake else None,
        "interval_seconds": wake.interval_seconds if wake else None,
        "next_wake_at": iso(wake.at) if wake else None,
        "next_wake_reason": wake.reason.text(tz) if wake else None,
    }


def _window(known: Known, zone: Zone) -> View:
    assert known.settings is not None  # a zone comes from settings
    opening = opening_at(zone.windows, known.settings.tz, known.now)
    return {
        "inside": opening.inside,
        "opened_at": iso(opening.current.opens) if opening.current else None,
        "closes_at": iso(opening.closes_at),
        "next_opens_at": iso(opening.opens_at),
    }


def _reading(known: Known, zone: Zone, state: ZoneState) -> View:
    """The last believable reading; `stale` when it is too old or too doubtful to act on, or when there is none."""
    reading, trouble = state.reading, state.trouble
    old = known.stale(zone, state)
    why = old or (trouble.sentence if trouble and reading is None else None)
    return {
        "temperature": degrees(reading.tenths) if reading else None,
        "humidity": reading.humidity if reading else None,
        "battery": reading.battery if reading else None,
        "read_at": iso(reading.read_at) if reading else None,
        "changed_at": iso(reading.changed_at) if reading else None,
        "stale": reading is None or old is not None,
        "stale_reason": why.text(known.tz) if why else "The meter has not been read yet." if reading is None else None,
    }


def _aircon(known: Known, zone: Zone, state: ZoneState) -> View:
    aircon, last = state.aircon, state.last_action
    return {
        "assumed_power": aircon.power,
        "assumed_mode": aircon.mode,
        "assumed_temperature": aircon.temperature,
        "assumed_fan": aircon.fan,
        "last_action": last.turn.value if last else None,
        "last_action_reason": last.reason.text(known.tz) if last else None,
        "last_action_at": iso(last.at) if last else None,
        "cooldown_until": iso(cooldown_end(last, zone, known.now)),
        "pending_off_repeat": _repeat(state.repeat),
    }


def cooldown_end(last: LastAction | None, zone: Zone, now: datetime) -> datetime | None:
    """The end of the wait that the last action began; None when it is over."""
    if last is None:
        return None
    until = last.at + timedelta(seconds=zone.on_cooldown if active(last.turn) else zone.off_cooldown)
    return until if until > now else None


def _repeat(repeat: Repeat | None) -> View | None:
    return {"remaining": repeat.remaining, "next_run_at": iso(repeat.at)} if repeat else None
