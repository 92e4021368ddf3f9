"""What stands in the settings form: made of a document, arranged by its buttons, and made a document again. Pure.

A field is named by its path in the file, `zones[0].winter.min_temp`, so a fault's key is a field's name. Beside the
keys, `….was` is a row's place in the document that the form was made of, and keeps what the form does not show.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..domain.settings_diff import same
from ..domain.settings_leaves import MISSING, Node, at, default_of, house_leaves, zone_leaves
from .typed_times import clock_typed

Typed = dict[str, list[str]]
"""Field names with what was typed."""

NONE, OTHER = "(none)", "(other)"  # no id may hold a bracket
WINDOW_KEYS = ("start", "end", "days")
MOST_DIGITS = 15


def first(typed: Mapping[str, Sequence[str]], name: str, default: str = "") -> str:
    """The last value of a field: a ticked box comes after the hidden one that stands for an empty one."""
    values = typed.get(name)
    return values[-1] if values else default


def typed_of(document: Mapping[str, Any], *, comma: bool = False) -> Typed:
    """The form as a document fills it; `comma`: decimals as the French write them."""
    typed: Typed = {}
    for key, node in house_leaves().items():
        value = at(document, key)
        if key == "time_windows":
            typed |= _windows_typed(value, key)
        else:
            typed[key] = [text_of(default_of(node) if value is MISSING else value, comma=comma)]
    typed["zones.shown"] = ["1"]
    for index, zone in enumerate(_listed(document.get("zones"))):
        typed |= _zone_typed(zone, f"zones[{index}]", index, comma)
    return typed


def text_of(value: object, *, comma: bool = False) -> str:
    """A value as it is typed."""
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() else repr(value)
        return text.replace(".", ",") if comma else text
    if isinstance(value, list | tuple) and all(isinstance(item, str | int) for item in value):
        return "\n".join(map(text_of, value))
    return str(value) if isinstance(value, int | str) else json.dumps(value, ensure_ascii=False)


def document_of(base: Mapping[str, Any], typed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The document that the form stands for. What the form does not show stays as it is in `base`."""
    new = copy.deepcopy(dict(base))
    for key, node in house_leaves().items():
        if key == "time_windows":
            _put_windows(new, typed, key)
        elif key in typed:
            _put(new, key, node, picked(typed, key), default_of(node))
    _put_zones(new, typed)
    return new


def picked(typed: Mapping[str, Sequence[str]], name: str) -> str:
    """What was chosen from a list, or typed beside it; line ends as the file has them."""
    chosen, other = first(typed, name), first(typed, f"{name}.other").strip()
    if chosen == OTHER or (other and f"{name}.other" in typed):
        return other
    return chosen.replace("\r\n", "\n").strip()


def rows_of(typed: Mapping[str, object], prefix: str) -> list[int]:
    """The numbers of the rows of a list that the form shows."""
    pattern = re.compile(re.escape(prefix) + r"\[([0-9]{1,3})\]\.")
    return sorted({int(match[1]) for name in typed if (match := pattern.match(name))})


def arranged(typed: Typed, wish: str) -> Typed:
    """The form after a button: `add:LIST`, `copy:LIST[1]` or `remove:LIST[1]`, LIST being windows or zones."""
    do, _, place = wish.partition(":")
    found = re.fullmatch(r"(zones|(?:zones\[[0-9]{1,3}\]\.)?time_windows)(?:\[([0-9]{1,3})\])?", place)
    if found is None or (do == "add") != (found[2] is None):
        return typed
    prefix, row = found[1], int(found[2] or 0)
    rows = [_row(typed, f"{prefix}[{number}].") for number in rows_of(typed, prefix)]
    if do == "add":
        rows += _new_zones(rows) if prefix == "zones" else [_new_window()]
    elif row < len(rows) and do == "remove":
        del rows[row]
    elif row < len(rows) and do == "copy" and prefix != "zones":
        rows.insert(row + 1, dict(rows[row]))
    kept = {name: values for name, values in typed.items() if not name.startswith(f"{prefix}[")}
    for number, fields in enumerate(rows):
        kept |= {f"{prefix}[{number}].{name}": values for name, values in fields.items()}
    return kept


def _row(typed: Typed, start: str) -> Typed:
    return {name.removeprefix(start): values for name, values in typed.items() if name.startswith(start)}


def _new_window() -> Typed:
    return {"was": [""], "days": [str(day) for day in range(7)], "start": [""], "end": [""]}


def _new_zones(rows: list[Typed]) -> list[Typed]:
    """One more zone; the first comes with `home`, which the house was until then."""
    used = {first(row, "id") for row in rows} | {"home"}
    number = next(number for number in range(2, len(rows) + 3) if f"zone-{number}" not in used)
    home = [] if rows else [{"was": [""], "id": ["home"], "name": ["Home"]}]
    return [*home, {"was": [""], "id": [f"zone-{number}"], "name": [""]}]


def _windows_typed(value: object, prefix: str) -> Typed:
    typed: Typed = {f"{prefix}.shown": ["1"]}
    for index, window in enumerate(_listed(value)):
        row, start = (window if isinstance(window, Mapping) else {}), f"{prefix}[{index}]."
        days = _listed(row.get("days"))
        typed |= {f"{start}was": [str(index)], f"{start}days": [str(day) for day in days]}
        typed |= {f"{start}{edge}": [text_of(row.get(edge))] for edge in ("start", "end")}
    return typed


def _zone_typed(zone: object, prefix: str, index: int, comma: bool) -> Typed:
    typed: Typed = {f"{prefix}.was": [str(index)]}
    for key in zone_leaves():
        value = at(zone, key)
        if key == "time_windows":
            typed[f"{prefix}.{key}.own"] = ["false" if value is MISSING else "true"]
            typed |= _windows_typed(value, f"{prefix}.{key}") if value is not MISSING else {}
        else:
            typed[f"{prefix}.{key}"] = [_zone_text(value, key, comma)]
    return typed


def _zone_text(value: object, key: str, comma: bool) -> str:
    """A zone's own value; an empty one that it states is told apart from one that it inherits."""
    return NONE if value == "" and key not in ("id", "name") else text_of(value, comma=comma)


def _put(document: dict[str, Any], key: str, node: Node, text: str, default: Any) -> None:
    """Write a typed value; what says the same as before stays as it was written."""
    before = at(document, key)
    shown = default if before is MISSING else before
    if text in (text_of(shown), text_of(shown, comma=True)):
        return
    if text == "" and not (node.get("type") == "string" and "enum" not in node and before is not MISSING):
        _remove(document, key)
        return
    value = parsed(node, text)
    if not (before is not MISSING and same(before, value)):
        _set(document, key, value)


def parsed(node: Node, text: str) -> Any:
    """The value that was typed; what cannot be read as one stays text, and the settings say what is wrong with it."""
    kind = node.get("type")
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind in ("integer", "number"):
        plain = re.sub(r"(?<=[0-9])[\s\u00a0\u202f](?=[0-9])", "", text).replace(",", ".").replace("−", "-")
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain) or len(plain) > MOST_DIGITS:
            return text
        return float(plain) if "." in plain and float(plain) % 1 else int(float(plain))
    if kind == "array":
        return [parsed(node.get("items", {}), line.strip()) for line in text.splitlines() if line.strip()]
    return text


def _put_windows(document: dict[str, Any], typed: Mapping[str, Sequence[str]], name: str, prefix: str = "") -> None:
    place = f"{prefix}{name}"
    if f"{place}.shown" not in typed:
        return
    before = document.get(name, MISSING)
    windows = [_window(_listed(before), typed, f"{place}[{row}].") for row in rows_of(typed, place)]
    if before is MISSING and not windows and not prefix:
        return
    if not (isinstance(before, list) and same(before, windows)):
        document[name] = windows


def _window(before: list[Any], typed: Mapping[str, Sequence[str]], start: str) -> dict[str, Any]:
    was = _entry(before, first(typed, f"{start}was"))
    window = dict(was) if isinstance(was, Mapping) else {}
    days = list(typed.get(f"{start}days", ()))
    if sorted(days) != sorted(str(day) for day in _listed(window.get("days", ["?"]))):
        window["days"] = sorted((int(day) if re.fullmatch("[0-6]", day) else day for day in days), key=str)
    for edge in ("start", "end"):
        text = clock_typed(first(typed, f"{start}{edge}"))
        if text != text_of(window.get(edge)) or edge not in window:
            window[edge] = text
    if first(typed, f"{start}whole"):
        window["end"] = window["start"]
    return window


def _put_zones(document: dict[str, Any], typed: Mapping[str, Sequence[str]]) -> None:
    if "zones.shown" not in typed:
        return
    before = _listed(document.get("zones"))
    zones = [_zone(before, typed, f"zones[{row}].") for row in rows_of(typed, "zones")]
    if not zones:
        document.pop("zones", None)
    elif not same(before, zones):
        document["zones"] = zones


def _zone(before: list[Any], typed: Mapping[str, Sequence[str]], start: str) -> dict[str, Any]:
    was = _entry(before, first(typed, f"{start}was"))
    zone = copy.deepcopy(dict(was)) if isinstance(was, Mapping) else {}
    for key, node in zone_leaves().items():
        if key == "time_windows":
            own = first(typed, f"{start}{key}.own")
            if own == "true":
                _put_windows(zone, {f"{start}{key}.shown": "1", **typed}, key, start)
            elif own == "false":
                zone.pop(key, None)
        elif f"{start}{key}" in typed:
            _put_own(zone, key, node, picked(typed, f"{start}{key}"))
    return zone


def _put_own(zone: dict[str, Any], key: str, node: Node, text: str) -> None:
    """Write what a zone states for itself; empty: it inherits."""
    before = at(zone, key)
    if text in (_zone_text(before, key, False), _zone_text(before, key, True)) and (before is not MISSING or not text):
        return
    if text == "" and key != "id":
        _remove(zone, key)
    else:
        value = "" if text == NONE else parsed(node, text)
        if before is MISSING or not same(before, value):
            _set(zone, key, value)


def _set(document: dict[str, Any], key: str, value: Any) -> None:
    *steps, last = key.split(".")
    for step in steps:
        if not isinstance(document.get(step), dict):
            document[step] = {}
        document = document[step]
    document[last] = value


def _remove(document: dict[str, Any], key: str) -> None:
    """Remove a key, and the parts that are empty without it."""
    held = list(_holders(document, key))
    if not held:
        return
    for holder, step in reversed(held):
        if step in holder and (holder is held[-1][0] or not holder[step]):
            del holder[step]


def _holders(document: Any, key: str) -> Iterator[tuple[dict[str, Any], str]]:
    for step in key.split("."):
        if not isinstance(document, dict) or step not in document:
            return
        yield document, step
        document = document[step]


def _entry(entries: list[Any], number: str) -> Any:
    row = int(number) if re.fullmatch(r"[0-9]{1,3}", number) else len(entries)
    return entries[row] if row < len(entries) else None


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
