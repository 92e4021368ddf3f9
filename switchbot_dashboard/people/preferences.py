"""How each user wants to be told: the language, which kinds of message and where, and the hours of quiet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from ..domain.message import KINDS, Way
from ..domain.sentence import Sentence, say
from ..domain.windows import Window, opening_at
from ..store.engine import reading, upsert
from ..store.schema import users
from ..store.schema_people import preferences
from ..store.watch import Kept, Watch

LANGUAGES = ("en", "fr")
EVERY_DAY = frozenset(range(7))


class Unfit(ValueError):
    """Preferences that cannot be used; `fields` has a sentence for each field that is wrong. Nothing was changed."""

    def __init__(self, fields: Mapping[str, Sentence]) -> None:
        super().__init__("; ".join(map(str, fields.values())))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a user chose. An empty `language` is that of the browser, and English in a mail.

    Of `muted_kinds` nothing comes at all, of `dashboard_kinds` nothing leaves the dashboard. Quiet hours are `HH:MM` on
    the home's clock, both empty for none; they may cross midnight.
    """

    language: str = ""
    muted_kinds: tuple[str, ...] = ()
    dashboard_kinds: tuple[str, ...] = ()
    quiet_from: str = ""
    quiet_to: str = ""

    def allows(self, kind: str, way: Way) -> bool:
        """Whether a message of this kind may come by this way; a kind without a choice of its own is `system`."""
        counted = kind if kind in KINDS else "system"
        return counted not in self.muted_kinds and (way is Way.BELL or counted not in self.dashboard_kinds)

    def quiet_until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours end in which `now` lies; None outside of them."""
        if not self.quiet_from:
            return None
        hours = Window(EVERY_DAY, time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_to))
        return opening_at((hours,), zone, now).closes_at


STANDARD = Preferences()


def preferences_of(body: Mapping[str, object]) -> Preferences:
    """Preferences from their JSON form; what is left out is as standard. Raises Unfit for every fault at once."""
    faults = {key: say("There is no preference called {key}.", key=key[:40]) for key in body if key not in NAMES}
    found = Preferences(
        _language(body.get("language", ""), faults),
        _kinds(body, "muted_kinds", faults),
        _kinds(body, "dashboard_kinds", faults),
        _clock(body, "quiet_from", faults),
        _clock(body, "quiet_to", faults),
    )
    _agreeing(found, faults)
    if faults:
        raise Unfit(faults)
    return found


NAMES = tuple(asdict(STANDARD))


def _language(value: object, faults: dict[str, Sentence]) -> str:
    if value in ("", *LANGUAGES):
        return str(value)
    faults["language"] = say("The language can be en, fr, or empty: as the browser has it.")
    return ""


def _kinds(body: Mapping[str, object], name: str, faults: dict[str, Sentence]) -> tuple[str, ...]:
    value = body.get(name, ())
    if isinstance(value, list | tuple) and all(kind in KINDS for kind in value):
        return tuple(kind for kind in KINDS if kind in value)
    faults[name] = say("Kinds of message are a list of these words: {kinds}.", kinds=", ".join(KINDS))
    return ()


def _clock(body: Mapping[str, object], name: str, faults: dict[str, Sentence]) -> str:
    value = body.get(name, "")
    if value == "":
        return ""
    try:
        if isinstance(value, str) and len(value) == 5:
            return f"{time.fromisoformat(value):%H:%M}"
    except ValueError:
        pass
    faults[name] = say("{text} is not a time of day; write it like 22:30.", text=repr(value)[:40])
    return ""


def _agreeing(found: Preferences, faults: dict[str, Sentence]) -> None:
    twice = sorted(set(found.muted_kinds) & set(found.dashboard_kinds))
    if twice:
        words = "{kind} cannot be both muted and told in the dashboard: choose one."
        faults.setdefault("muted_kinds", say(words, kind=twice[0]))
    if faults.keys() & {"quiet_from", "quiet_to"}:
        return
    if bool(found.quiet_from) != bool(found.quiet_to):
        missing = "quiet_to" if found.quiet_from else "quiet_from"
        faults[missing] = say("Quiet hours need both a start and an end; leave both empty for none.")
    elif found.quiet_from and found.quiet_from == found.quiet_to:
        words = "Quiet hours from {at} to {at} are no span: choose another end, or leave both empty for none."
        faults["quiet_to"] = say(words, at=found.quiet_to)


@dataclass(frozen=True)
class PreferenceBook:
    """The preferences of all users, in the database; those that were looked up are known until anything is written."""

    engine: Engine
    watch: Watch
    _known: Kept[Preferences] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", Kept[Preferences](self.watch))

    def of(self, user_id: int) -> Preferences:
        """What a user chose; the standard ones for someone who chose nothing, or is not there."""
        return self._known.get(user_id, lambda: self._of(user_id))

    def save(self, user_id: int, chosen: Preferences) -> bool:
        """Keeps them; whether there is such a user."""
        row = {"user_id": user_id, "body": json.dumps(asdict(chosen))}
        with self.engine.begin() as connection:
            if connection.execute(select(users.c.id).where(users.c.id == user_id)).first() is None:
                return False
            connection.execute(upsert(self.engine, preferences).values(row))
            return True

    def _of(self, user_id: int) -> Preferences:
        with reading(self.engine) as connection:
            row = connection.execute(select(preferences.c.body).where(preferences.c.user_id == user_id)).first()
        if row is None:
            return STANDARD
        try:
            return preferences_of({key: value for key, value in json.loads(row.body).items() if key in NAMES})
        except ValueError:  # of an older or a newer version: a person is rather told too much than nothing
            return STANDARD
