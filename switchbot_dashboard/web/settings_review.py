"""The view models around the form: what a change does, a conflict, earlier versions, and a plain list. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain.budget import Quota
from ..domain.forecast import forecast_of
from ..domain.outlook import foresees
from ..domain.record import Catalogue, House
from ..domain.settings import Settings
from ..domain.settings_diff import Change, Side, Source, changes, extras, touched
from ..domain.settings_leaves import MISSING, at, default_of, house_leaves, zone_leaves
from .i18n import number
from .settings_words import GROUPS, _, label, value_words, windows_words

Document = Mapping[str, Any]
AHEAD_HOURS = 24
MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One change in words; an empty side: there is nothing there."""

    label: str
    key: str
    before: str
    after: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """One figure of the next 24 hours, as it is and as it would be."""

    label: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Review:
    """What would change, and what it would do."""

    lines: Sequence[Line]
    ahead: Sequence[Ahead]
    reckoned: str
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class Clash:
    """A key with both sides of a conflict; `both`: each side changed it."""

    label: str
    key: str
    zone: str
    theirs: str
    yours: str
    both: bool


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier text of the file, and how it differs from the present one."""

    stamp: str
    at: datetime
    count: int
    labels: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A setting that is only read."""

    label: str
    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Settings that are only read, under their headline."""

    title: str
    rows: Sequence[Row]


def lines_of(old: Document, new: Document, catalogue: Catalogue | None) -> list[Line]:
    """Every change in words."""
    return [_line(change, old, new, catalogue) for change in changes(old, new)]


def _line(change: Change, old: Document, new: Document, catalogue: Catalogue | None) -> Line:
    zone = zone_name(change.zone, new) or zone_name(change.zone, old)
    called = _("Window") if change.key == "time_windows" and _single(change) else label(change.key)
    if change.key == "zones":
        called, zone = _("Zone %(name)s", name=zone), ""
    before, after = (_side(change, side, catalogue) for side in (change.before, change.after))
    return Line(called, change.key, before, after, zone)


def _single(change: Change) -> bool:
    return not any(isinstance(side.value, list | tuple) for side in (change.before, change.after))


def _side(change: Change, side: Side, catalogue: Catalogue | None) -> str:
    if side.source is Source.NOTHING:
        return ""
    if change.key == "zones":
        return change.zone
    node = house_leaves().get(change.key) or zone_leaves().get(change.key)
    if not change.known or node is None:
        text = json.dumps(side.value, ensure_ascii=False)
        return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"
    words = value_words(change.key, side.value, node, catalogue)
    if side.source is Source.INHERITED:
        return _("as the home: %(value)s", value=words)
    return _("%(value)s (the usual value)", value=words) if side.source is Source.DEFAULT else words


def zone_name(zone_id: str, document: Document) -> str:
    """What a zone is called in a document; empty where it has none of this id."""
    zones = document.get("zones")
    for zone in zones if isinstance(zones, list) else []:
        if isinstance(zone, Mapping) and zone_id and zone.get("id") == zone_id:
            return str(zone.get("name") or zone_id)
    return ""


def review_of(
    old: Document,
    new: Document,
    now_and_then: tuple[Settings | None, Settings],
    house: House,
    quota_for: Callable[[Settings], Quota],
    now: datetime,
    catalogue: Catalogue | None,
) -> Review:
    """What changes from one document to another, and what it does to the next 24 hours."""
    then = now_and_then[1]
    lines = lines_of(old, new, catalogue)
    warnings = []
    if not then.timezone_known:
        warnings.append(_("No time zone is called “%(name)s”: the last good one stays.", name=then.timezone))
    if not any(zone.windows for zone in then.all_zones):
        warnings.append(_("No window is set: the home is only watched, and nothing is sent."))
    return Review(lines, _ahead(now_and_then, house, quota_for, now), _reckoned(now_and_then), warnings)


def _reckoned(now_and_then: tuple[Settings | None, Settings]) -> str:
    """What the figures rest on, as `forecast_of` reckons for these settings."""
    if any(foresees(zone) for settings in now_and_then if settings for zone in settings.all_zones):
        return str(_("Reckoned with what is known of the temperature's course, where a zone looks or starts by it."))
    return str(_("Reckoned for a quiet home, in which no limit is crossed."))


def _ahead(
    now_and_then: tuple[Settings | None, Settings], house: House, quota_for: Callable[[Settings], Quota], now: datetime
) -> list[Ahead]:
    figures = [_figures(settings, house, quota_for, now) for settings in now_and_then]
    labels = (_("Looks"), _("Calls"), _("Calls left when the day's count begins anew"))
    return [Ahead(*row) for row in zip(labels, *figures, strict=True)]


def _figures(
    settings: Settings | None, house: House, quota_for: Callable[[Settings], Quota], now: datetime
) -> tuple[str, str, str]:
    if settings is None:
        return "–", "–", "–"
    seen = forecast_of(settings, house, quota_for(settings), now, AHEAD_HOURS, changed=True)
    return number(seen.wakes_total), number(seen.calls_total), number(seen.quota_at_reset)


def clashes(base: Document, theirs: Document, yours: Document, catalogue: Catalogue | None) -> list[Clash]:
    """Every key that either side changed since `base`, with both sides in words."""
    by_them, by_you = changes(base, theirs), changes(base, yours)
    both = touched(by_them) & touched(by_you)
    rows: dict[tuple[str, str], tuple[Line, list[str], list[str]]] = {}
    for place, found, document in ((1, by_them, theirs), (2, by_you, yours)):
        for change in found:
            line = _line(change, base, document, catalogue)
            entry = rows.setdefault((change.zone, change.key), (line, [], []))
            entry[place].append(_after(line))  # type: ignore[union-attr]
    unchanged = _("unchanged")
    return [
        Clash(
            line.label, line.key, line.zone, " · ".join(them) or unchanged, " · ".join(you) or unchanged, place in both
        )
        for place, (line, them, you) in rows.items()
    ]


def _after(line: Line) -> str:
    if not line.after:
        return _("%(what)s removed", what=line.before)
    return line.after if line.before else _("%(what)s added", what=line.after)


def versions(
    backups: Sequence[tuple[str, datetime]], text_of: Callable[[str], str | None], text: str, now: Document
) -> Iterator[Version]:
    """The earlier texts that say something else than the present one, newest first."""
    seen = {text}
    for stamp, kept_at in backups:
        found = text_of(stamp)
        document = object_in(found)
        if found is None or found in seen or document is None:
            continue
        seen.add(found)
        differences = changes(now, document)
        labels = list(dict.fromkeys(label(change.key) for change in differences))
        yield Version(stamp, kept_at, len(differences), labels[:3])


def object_in(text: str | None) -> dict[str, Any] | None:
    """The JSON object in a text; None where it holds none."""
    try:
        found = json.loads((text or "").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def listings(document: Document, catalogue: Catalogue | None) -> list[Listing]:
    """Every setting to be read, group by group, and what each zone states for itself."""
    found = []
    for group in GROUPS:
        keys = [key for key in (*group.keys, *group.more) if key in house_leaves()]
        if keys:
            found.append(Listing(str(group.title), [_row(document, key, catalogue) for key in keys]))
    zones = document.get("zones")
    for zone in zones if isinstance(zones, list) else []:
        if isinstance(zone, Mapping):
            stated = [key for key in zone_leaves() if at(zone, key) is not MISSING]
            title = _("Zone %(name)s", name=zone.get("name") or zone.get("id"))
            found.append(Listing(title, [_row(zone, key, catalogue) for key in stated]))
    return found


def _row(document: Document, key: str, catalogue: Catalogue | None) -> Row:
    node = house_leaves().get(key) or zone_leaves()[key]
    value = at(document, key)
    found = default_of(node) if value is MISSING else value
    words = windows_words(found) if key == "time_windows" else value_words(key, found, node, catalogue)
    return Row(label(key), key, words)


def others(document: Document) -> list[tuple[str, str]]:
    """The keys that mean nothing here, with what they hold; they are kept."""
    return [(key, json.dumps(value, ensure_ascii=False)[:MOST_LETTERS]) for key, value in extras(document).items()]
