"""A tick while no valid settings are known: nothing is read, nothing is sent, and the record says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ..domain.record import House, Outcome, Record, Verdict, ZoneState
from ..domain.sentence import say
from ..domain.wake import without_settings
from .ports import Devices, Saved


def saved_without_settings(devices: Devices, house: House, now: datetime, trigger: str) -> Saved:
    """What such a tick leaves behind: one record and a slow wake for each zone that was known."""
    words = "The settings cannot be used, so nothing is read or sent. The page and `check` name every fault."
    verdict, wake = Verdict(Outcome.INVALID_SETTINGS, say(words), now), without_settings(now)
    known = list(house.states.values()) or [ZoneState("home")]
    states = [replace(state, verdict=verdict, wake=wake) for state in known]
    records = [
        Record(
            zone=state.zone,
            at=now,
            trigger=trigger,
            season="",
            inside_window=False,
            looked=False,
            reading=state.reading,
            trouble=None,
            verdict=verdict,
            aircon=state.aircon,
            action=None,
            calls=0,
            duration_ms=0,
            wake=wake,
            fresh=False,
        )
        for state in states
    ]
    return Saved(now, trigger, 0, True, states, records, calls=devices.spent())
