"""What keeps the memory small: the cleaning and the averaging, as jobs; and what a cleaning would remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from .config import Config
from .domain.sentence import Sentence, say
from .domain.settings import Settings
from .store import StoreTrouble
from .store.cleanup import cleaned, counted
from .store.cleanup_people import OldPeople, people_cleaned, people_counted
from .store.pages import UNWELL
from .store.rollups import rolled_up
from .tick.jobs import Job, JobTime, failed, merged

DAY = timedelta(days=1)
CALLS_KEPT, MESSAGES_KEPT, CANCELLED_KEPT, ACTIVITY_KEPT = 30 * DAY, 90 * DAY, 30 * DAY, 180 * DAY

TOLD = {
    "records": say("records"),
    "averages": say("averages"),
    "calls": say("entries of the call ledger"),
    "messages": say("messages"),
    "attempts": say("tries to send"),
    "activity": say("entries of who did what"),
    "alerts": say("alerts"),
    "reminders": say("reminders"),
}


@dataclass(frozen=True, slots=True)
class Pile:
    """Rows of one kind: how many there are before a cleaning, and how many it removes."""

    kind: str
    before: int
    gone: int

    @property
    def after(self) -> int:
        """How many are left."""
        return self.before - self.gone

    @property
    def name(self) -> Sentence:
        """What they are called."""
        return TOLD[self.kind]


class Housekeeping:
    """The memory's jobs. `settings` are those in force, else the standard ones."""

    def __init__(self, engine: Engine, config: Config, settings: Callable[[], Settings]) -> None:
        self._engine, self._config, self._settings = engine, config, settings

    @property
    def jobs(self) -> Sequence[Job]:
        """Cleaning and averaging."""
        averaging = JobTime(True, "*", None, 2)
        return (
            Job("cleanup", "Cleaning", self._time, self.clean),
            Job("rollup", "Averaging", lambda: averaging, self._roll_up),
        )

    def foreseen(self, now: datetime) -> Sequence[Pile]:
        """What a cleaning would do now; nothing is changed."""
        settings = self._settings()
        found = counted(self._engine, now, **self._history_kept(settings, now))
        found |= people_counted(self._engine, self._people_kept(settings, now))
        return [Pile(kind, *found[kind]) for kind in TOLD]

    def clean(self, now: datetime) -> Sentence:
        """Remove what is old; how many rows there were before and after."""
        settings = self._settings()
        try:
            rolled_up(self._engine, now)  # so that the averages are counted as the cleaning finds them
            piles = self.foreseen(now)
            gone = cleaned(self._engine, now, **self._history_kept(settings, now))
            people = people_cleaned(self._engine, self._people_kept(settings, now))
            people |= {"attempts": next(pile.gone for pile in piles if pile.kind == "attempts")}
        except StoreTrouble:
            return failed(UNWELL)
        went = {"records": gone.records, "averages": gone.rollups, "calls": gone.calls, **people}
        return told([Pile(pile.kind, pile.before, went[pile.kind]) for pile in piles])

    def _time(self) -> JobTime:
        return merged(self._settings().cleanup, self._config.cleanup)

    def _roll_up(self, now: datetime) -> Sentence:
        try:
            hours = rolled_up(self._engine, now)
        except StoreTrouble:
            return failed(UNWELL)
        return say("the averages of {hours} hours are made", hours=hours)

    @staticmethod
    def _history_kept(settings: Settings, now: datetime) -> dict[str, datetime]:
        return {
            "records_before": now - settings.history_raw_days * DAY,
            "rollups_before": now - settings.history_rollup_days * DAY,
            "calls_before": now - CALLS_KEPT,
        }

    @staticmethod
    def _people_kept(settings: Settings, now: datetime) -> OldPeople:
        over = now - settings.history_rollup_days * DAY
        return OldPeople(now - MESSAGES_KEPT, now - CANCELLED_KEPT, now - ACTIVITY_KEPT, over)


def told(piles: Sequence[Pile]) -> Sentence:
    """A cleaning's outcome: before and after of each kind of which something went."""
    changed = [pile for pile in piles if pile.gone]
    if not changed:
        rows = sum(pile.before for pile in piles)
        return say("nothing was old enough to be removed; {count:count} rows are kept", count=rows)
    lines = [_line(pile) for pile in changed]
    listed = lines[0]
    for line in lines[1:]:
        listed = say("{first}; {then}", first=listed, then=line)
    return say("removed, with what there was before and is after: {listed}", listed=listed)


def _line(pile: Pile) -> Sentence:
    words = "{kind} {gone:count} ({before:count} → {after:count})"
    return say(words, gone=pile.gone, kind=pile.name, before=pile.before, after=pile.after)
