"""What changes between two settings documents: as a merge patch, and key by key for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .settings_leaves import MISSING, Node, at, default_of, house_leaves, parts, zone_leaves

Document = Mapping[str, Any]


class Source(StrEnum):
    """Where a value comes from; `nothing`: there is none on this side."""

    STATED = "stated"
    DEFAULT = "default"
    INHERITED = "inherited"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Side:
    """A value before or after, and where it comes from."""

    value: Any
    source: Source = Source.STATED


NOTHING = Side(None, Source.NOTHING)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `zone` is a zone's id; the key `zones` stands for a whole zone that comes or goes.

    Windows are compared one by one: a side of `time_windows` is one window, or all of them where a zone begins or
    ends to have its own. A key that means nothing here is not `known`, and is written as a path.
    """

    key: str
    before: Side
    after: Side
    zone: str = ""
    known: bool = True


def merge_patch(old: Document, new: Document) -> dict[str, Any]:
    """The JSON Merge Patch (RFC 7396) that makes `new` of `old`. A null that `new` adds outside a list is lost."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key, MISSING)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inner := merge_patch(before, value):
                patch[key] = inner
        elif not same(before, value):
            patch[key] = value
    return patch


def merged(target: Any, change: Any) -> Any:
    """JSON Merge Patch (RFC 7396): null removes a key, an object is merged key by key, all else replaces."""
    if not isinstance(change, Mapping):
        return change
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def changes(old: Document, new: Document) -> tuple[Change, ...]:
    """Every difference in effect between two documents, the house's first, then zone by zone."""
    found = [*_of_keys(house_leaves(), old, new), *_of_zones(old, new)]
    return (*found, *_of_extras(old, new))


def touched(found: Sequence[Change]) -> frozenset[tuple[str, str]]:
    """The keys that changes touch, with their zones: what two editors may both have changed."""
    return frozenset((change.zone, change.key) for change in found)


def same(one: object, other: object) -> bool:
    """Whether two values mean the same: 20 and 20.0 do, 1 and true do not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _of_keys(leaves: Mapping[str, Node], old: Document, new: Document) -> Iterator[Change]:
    for key, node in leaves.items():
        before, after = (_side(document, key, node) for document in (old, new))
        if key == "time_windows":
            yield from _of_windows(_listed(before.value), _listed(after.value), "")
        elif not same(before.value, after.value):
            yield Change(key, before, after)


def _side(document: Document, key: str, node: Node) -> Side:
    value = at(document, key)
    return Side(default_of(node), Source.DEFAULT) if value is MISSING else Side(value)


def _of_windows(old: list[Any], new: list[Any], zone: str) -> Iterator[Change]:
    """What is in one list alone, paired in order; what is left over comes or goes."""
    gone, come = list(old), list(new)
    for window in old:
        match = next((other for other in come if _same_window(window, other)), MISSING)
        if match is not MISSING:
            gone.remove(window)
            come.remove(match)
    for index in range(max(len(gone), len(come))):
        before = Side(gone[index]) if index < len(gone) else NOTHING
        after = Side(come[index]) if index < len(come) else NOTHING
        yield Change("time_windows", before, after, zone)


def _same_window(one: object, other: object) -> bool:
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return same(one, other)
    days, others = (sorted(map(str, _listed(window.get("days")))) for window in (one, other))
    return days == others and all(one.get(edge) == other.get(edge) for edge in ("start", "end"))


def _of_zones(old: Document, new: Document) -> Iterator[Change]:
    before, after = _zones(old), _zones(new)
    for name, zone in before.items():
        if name not in after:
            yield Change("zones", Side(zone), NOTHING, name)
    for name, zone in after.items():
        if name not in before:
            yield Change("zones", NOTHING, Side(zone), name)
            yield from (Change(key, *sides, name) for key, sides in _stated(old, new, {}, zone) if key != "name")
        else:
            yield from _of_zone(old, new, name)


def _of_zone(old: Document, new: Document, name: str) -> Iterator[Change]:
    before, after = _zones(old)[name], _zones(new)[name]
    for key, (was, will) in _stated(old, new, before, after):
        both = was.source is will.source is Source.STATED
        if key == "time_windows" and both:
            yield from _of_windows(_listed(was.value), _listed(will.value), name)
        elif not (same(was.value, will.value) and both):
            yield Change(key, was, will, name)


def _stated(old: Document, new: Document, before: Document, after: Document) -> Iterator[tuple[str, tuple[Side, Side]]]:
    """The keys that a zone states on at least one side."""
    for key in zone_leaves():
        if key != "id" and (at(before, key) is not MISSING or at(after, key) is not MISSING):
            yield key, (zone_side(old, before, key), zone_side(new, after, key))


def zone_side(house: Document, zone: Document, key: str) -> Side:
    """A zone's value: its own, else the house's, else the default."""
    own, inherited = at(zone, key), at(house, key)
    if own is not MISSING:
        return Side(own)
    node = house_leaves().get(key)
    if node is None:
        return Side(default_of(zone_leaves()[key]), Source.DEFAULT)
    return Side(default_of(node) if inherited is MISSING else inherited, Source.INHERITED)


def _zones(document: Document) -> dict[str, Document]:
    entries = [zone for zone in _listed(document.get("zones")) if isinstance(zone, Mapping)]
    return {str(zone.get("id", "")): zone for zone in entries}


def _of_extras(old: Document, new: Document) -> Iterator[Change]:
    before, after = extras(old), extras(new)
    for key in {**before, **after}:
        sides = [Side(side[key]) if key in side else NOTHING for side in (before, after)]
        if not same(sides[0].value, sides[1].value) or sides[0].source is not sides[1].source:
            yield Change(key, sides[0], sides[1], known=False)


def extras(document: Document) -> dict[str, Any]:
    """What stands in a document and means nothing here, by path: unknown keys, and parts that are no objects."""
    found = dict(_extras(document, "", house_leaves(), ""))
    for name, zone in _zones(document).items():
        found |= _extras(zone, "", zone_leaves(), f"zones[{name}].")
    return found


def _extras(part: Document, prefix: str, leaves: Mapping[str, Node], place: str) -> Iterator[tuple[str, Any]]:
    for name, value in part.items():
        key = f"{prefix}{name}"
        if key in parts() and isinstance(value, Mapping):
            yield from _extras(value, f"{key}.", leaves, place)
        elif key == "time_windows" or (key == "zones" and not place):
            if not isinstance(value, list):
                yield f"{place}{key}", value
            elif key == "time_windows":
                yield from _window_extras(value, f"{place}{key}")
        elif key not in leaves:
            yield f"{place}{key}", value


def _window_extras(windows: list[Any], place: str) -> Iterator[tuple[str, Any]]:
    for index, window in enumerate(windows):
        if not isinstance(window, Mapping):
            yield f"{place}[{index}]", window
            continue
        for name, value in window.items():
            if name not in ("days", "start", "end"):
                yield f"{place}[{index}].{name}", value


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
