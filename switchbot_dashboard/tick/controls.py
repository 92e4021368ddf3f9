"""What a person can ask for: the actions of a zone, checked and carried out as one tick."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ..domain.errors import Told
from ..domain.record import Fate, Outcome, Record
from ..domain.sentence import say
from ..domain.settings import Settings
from ..domain.settings_edit import automation_off
from .part import Wish
from .ports import Ports

QUICK_OFF = "quick-off"


class UnknownZone(Told, LookupError):
    """No zone has this id; the message lists those there are."""


class NotDone(Told):
    """What was asked for did not come about; the message says why and what to do."""


class Acting(Protocol):
    """The heart, as far as a button needs it."""

    def act(self, wish: Wish) -> Sequence[Record]: ...


class Editing(Protocol):
    """The settings file, as far as a button needs it."""

    @property
    def text(self) -> str: ...

    def patch(self, change: Mapping[str, Any]) -> object: ...


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of an action: a record for each zone, the calls it cost, and until when the choice stands."""

    records: Sequence[Record]
    calls: int
    hold_until: datetime | None


class Controls:
    """The buttons."""

    def __init__(self, heart: Acting, settings: Callable[[], Settings | None], file: Editing, ports: Ports) -> None:
        self._heart, self._settings, self._file, self._ports = heart, settings, file, ports

    def act(self, action: str, zone: str | None) -> Acted:
        """Carry out `winter`, `summer`, `fan`, `off`, `quick-off` or `resume` in a zone, or (None) in all of them.

        `quick-off` also switches the automation off in the settings. Raises UnknownZone; NotDone when no command went
        out; Busy when another turn does not end.
        """
        settings = self._settings()
        if settings is None:
            raise NotDone(say("The settings cannot be used, so no device is known. Correct them first."))
        known = tuple(entry.id for entry in settings.all_zones)
        if zone is not None and zone not in known:
            raise UnknownZone(say("There is no zone “{zone}”. There are: {known}.", zone=zone, known=", ".join(known)))
        if action == QUICK_OFF:
            self._file.patch(automation_off(json.loads(self._file.text), zone))
        records = self._heart.act(Wish(action, known if zone is None else (zone,)))
        failed = [record for record in records if not _done(record)]
        if failed and len(failed) == len(records):
            raise NotDone(failed[0].verdict.sentence)
        states = self._ports.store.load(self._ports.clock()).states
        holds = [states[record.zone].hold for record in records if record.zone in states]
        ends = [hold.until for hold in holds if hold is not None and hold.until is not None]
        return Acted(records, sum(record.calls for record in records), min(ends, default=None))


def _done(record: Record) -> bool:
    """Whether the person got what was asked for, or as much of it as can be known."""
    if record.action is None:
        return record.verdict.outcome is not Outcome.MISSING_DEVICE
    return record.action.fate is not Fate.FAILED
