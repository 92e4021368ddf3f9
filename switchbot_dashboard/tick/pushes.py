"""Takes the events of the webhook in: at once into a small box, from there, on a thread of its own, into the memory.

The request that brought an event never waits for the database. The heart that drives, here or in another process,
notices the write as it notices another process's turn.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from ..domain.hint import Unlikely, heard
from ..domain.push import Event, Push, plain_id
from ..domain.record import House, Reading
from ..domain.settings import Settings
from .ports import Clock

log = logging.getLogger("switchbot_dashboard.webhook")


class PushMemory(Protocol):
    """Where the reports are kept, one for each device."""

    def all(self) -> Mapping[str, Push]: ...

    def keep(self, push: Push, known: Collection[str]) -> None: ...


class Pushes:
    """The box. It holds one event of each meter that the settings name, the newest: a flood does not fill it."""

    def __init__(
        self,
        settings: Callable[[], Settings | None],
        clock: Clock,
        load: Callable[[], House],
        memory: PushMemory,
        parse: Callable[[bytes], Event | None],
    ) -> None:
        self._settings, self._clock, self._load, self._memory, self._parse = settings, clock, load, memory, parse
        self._box: dict[str, Event] = {}
        self._changed = threading.Condition()
        self._emptying = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failed = False
        self._told: set[str] = set()

    def offer(self, content: bytes) -> None:
        """An event's body as it came. What is no report of a known meter leaves no trace."""
        event = self._parse(content)
        if event is None or not self.put(event):
            return
        with self._changed:
            if self._thread is None:  # not before: threads do not survive the fork of a server
                self._thread = threading.Thread(target=self._work, name="webhook", daemon=True)
                self._thread.start()
            self._changed.notify()

    def put(self, event: Event) -> bool:
        """Into the box with it, if its device is known; it waits there until `empty`."""
        if event.device not in self._known():
            return False
        with self._changed:
            self._box[event.device] = _later(self._box.get(event.device), event)
        return True

    def empty(self) -> None:
        """Judge what is in the box and keep what is plausible; for the thread, and for whoever must not wait for it."""
        with self._emptying:
            with self._changed:
                events, self._box = list(self._box.values()), {}
            for event in events:
                self._judge(event)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._box))
            try:
                self.empty()
            except Exception:
                if not self._failed:
                    log.exception("[webhook] What meters report cannot be kept; they are read as usual")
                self._failed = True
            else:
                self._failed = False

    def _judge(self, event: Event) -> None:
        house, known = self._load(), self._known()
        found = heard(event, self._read(house, event.device), house.pushes.get(event.device), self._clock())
        if isinstance(found, Unlikely):
            log.debug("[webhook] A report of %s is not believed: %s", event.device, found)
            return
        self._memory.keep(found, known)
        if event.device not in self._told:
            self._told.add(event.device)
            log.info("[webhook] The meter %s reports by itself", event.device)

    def _known(self) -> frozenset[str]:
        settings = self._settings()
        zones = settings.all_zones if settings is not None else ()
        named = [device for zone in zones for device in (zone.meter_device_id, zone.outdoor_meter_device_id)]
        return frozenset(plain_id(device) for device in named if device)

    def _read(self, house: House, device: str) -> Reading | None:
        """What was last read of the device, in whatever zone."""
        settings = self._settings()
        zones = [zone.id for zone in settings.all_zones if plain_id(zone.meter_device_id) == device] if settings else []
        states = (house.states.get(zone) for zone in zones)
        readings = [state.reading for state in states if state is not None and state.reading is not None]
        return max((one for one in readings if not one.pushed), key=lambda one: one.read_at, default=None)


def _later(waiting: Event | None, event: Event) -> Event:
    """The newer of two events; one without a time is as new as its arrival."""
    if waiting is None or waiting.sampled_at is None or event.sampled_at is None:
        return event
    return event if event.sampled_at >= waiting.sampled_at else waiting
