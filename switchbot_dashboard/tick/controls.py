"""What a person can ask for: the actions of a zone, checked and carried out as one tick."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..domain.budget import BY_HAND_WITHIN, MOST_BY_HAND, next_by_hand
from ..domain.errors import Told
from ..domain.record import Fate, Outcome, Record
from ..domain.sentence import Sentence, say
from ..domain.settings import Settings
from ..domain.settings_edit import automation_off
from .part import Wish
from .ports import Ports

QUICK_OFF = "quick-off"
Pressed = Callable[[datetime], Sequence[datetime]]


class UnknownZone(Told, LookupError):
    """No zone has this id; the message lists those there are."""


class NotDone(Told):
    """What was asked for did not come about; the message says why and what to do."""


class TooMany(Told):
    """More actions by hand than the day's calls can bear; another is possible in `wait` seconds."""

    def __init__(self, said: Sentence, wait: int) -> None:
        super().__init__(said)
        self.wait = wait


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
    """The buttons. `pressed` tells when a person acted since an instant, in any process, oldest first."""

    def __init__(
        self,
        heart: Acting,
        settings: Callable[[], Settings | None],
        file: Editing,
        ports: Ports,
        pressed: Pressed = lambda since: (),
    ) -> None:
        self._heart, self._settings, self._file, self._ports = heart, settings, file, ports
        self._pressed = pressed

    def act(self, action: str, zone: str | None) -> Acted:
        """Carry out `winter`, `summer`, `fan`, `off`, `quick-off` or `resume` in a zone, or (None) in all of them.

        `quick-off` also switches the automation off in the settings. Raises UnknownZone; NotDone when no command went
        out; TooMany after 60 in an hour; Busy when another turn does not end.
        """
        settings = self._settings()
        if settings is None:
            raise NotDone(say("The settings cannot be used, so no device is known. Correct them first."))
        known = tuple(entry.id for entry in settings.all_zones)
        if zone is not None and zone not in known:
            raise UnknownZone(say("There is no zone “{zone}”. There are: {known}.", zone=zone, known=", ".join(known)))
        self._sparing()
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

    def _sparing(self) -> None:
        now = self._ports.clock()
        again_at = next_by_hand(self._pressed(now - BY_HAND_WITHIN), now)
        if again_at is None:
            return
        words = (
            "There were {most} actions by hand in the last hour, and no more are taken, so that the day's calls last. "
            "The next is possible at {at:clock}."
        )
        wait = max(1, math.ceil((again_at - now).total_seconds()))
        raise TooMany(say(words, most=MOST_BY_HAND, at=now + timedelta(seconds=wait)), wait)


def _done(record: Record) -> bool:
    """Whether the person got what was asked for, or as much of it as can be known."""
    if record.action is None:
        return record.verdict.outcome is not Outcome.MISSING_DEVICE
    return record.action.fate is not Fate.FAILED
