"""The home in figures, as Prometheus reads them. Written out here: the client library costs every start 5 MB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias

from ..domain.record import ZoneState
from .state import Known, held

Sample: TypeAlias = tuple[str, str, str, float | int | bool | None]
"""Name, help, labels in braces or nothing, value."""


def metrics_text(known: Known) -> str:
    """All samples in the text format, version 0.0.4; what is not known is left out."""
    lines: list[str] = []
    named: set[str] = set()
    for name, words, labels, value in sorted((*_house(known), *_zones(known)), key=lambda sample: sample[0]):
        if value is None:
            continue
        full = f"switchbot_dashboard_{name}"
        if full not in named:
            kind = "counter" if name.endswith("_total") else "gauge"
            lines += [f"# HELP {full} {words}", f"# TYPE {full} {kind}"]
            named.add(full)
        lines.append(f"{full}{labels} {float(value):.15g}")
    return "\n".join(lines) + "\n"


def _house(known: Known) -> Iterator[Sample]:
    pulse, wake = known.pulse, known.wake[0] if known.wake else None
    yield "ticks_total", "Ticks so far.", "", pulse.ticks_total
    yield "ticks_failed_total", "Ticks that failed so far.", "", pulse.ticks_failed
    yield "last_tick_timestamp_seconds", "When the last tick began.", "", _epoch(pulse.last_tick_at)
    yield "next_wake_timestamp_seconds", "When the next tick is due.", "", _epoch(wake)
    yield "driving", "Whether this process drives.", "", known.driving
    yield "settings_faults", "Mistakes in the settings file.", "", len(known.faults)
    yield "calls_limit", "Calls that today (UTC) allows.", "", known.quota["limit"]
    yield "calls_used", "Calls to the cloud today (UTC).", "", known.quota["used"]


def _zones(known: Known) -> Iterator[Sample]:
    for zone in known.settings.all_zones if known.settings else ():
        state = known.house.states.get(zone.id, ZoneState(zone.id))
        labels, reading = f'{{zone="{zone.id}"}}', state.reading  # an id is letters, digits, hyphens, underscores
        if reading is not None:
            yield "temperature_celsius", "The last believable temperature.", labels, reading.tenths / 10
            yield "humidity_percent", "The humidity beside it.", labels, reading.humidity
            yield "battery_percent", "The meter's battery.", labels, reading.battery
            yield "read_timestamp_seconds", "When the meter was last read.", labels, _epoch(reading.read_at)
        yield "aircon_on", "Whether the air conditioner is assumed to run.", labels, state.aircon.power
        yield "automation_enabled", "Whether the thermostat may switch.", labels, zone.automation_enabled
        yield "held", "Whether a choice made by hand stands.", labels, held(state, known.now)


def _epoch(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()
