"""The table of keys in `docs/settings.md`, made from the model: `python -m switchbot_dashboard.domain.settings_doc`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from .settings_schema import in_words, json_schema

INTRODUCTION = """# Settings

`settings.json` is yours to edit, by hand or through the dashboard. A valid edit takes effect within two seconds without
a restart. An edit with a mistake changes nothing: every mistake is shown by key and line, and the last good settings
stay in force. Unknown keys are kept and named in a warning. `python -m switchbot_dashboard check` reads the file and
says what it finds.

A file may state only what differs from the defaults below. `zones` is for homes with more than one air conditioner:
each zone inherits from the file's top level what it does not state, profiles and scenes key by key.

Windows are half-open: a window contains its start and not its end. One that ends before it starts goes on into the
next day and belongs to the day it opens; one whose end equals its start lasts the whole day. When the clocks change, a
time that is skipped means the first moment after the gap; of a repeated hour, a start is the first and an end the last.

This page is made from the model with `make settings-doc`.
"""

Row = tuple[str, str, str, str]


def page() -> str:
    """The whole of `docs/settings.md`."""
    schema = json_schema()
    zone = schema["$defs"]["ZoneOverride"]["properties"]
    shared = [name for name in schema["properties"] if name in zone]
    alone = [name for name in schema["properties"] if name not in zone]
    named = _walk({"properties": {name: zone[name] for name in ("id", "name")}}, schema["$defs"], "zones[].")
    parts = [
        INTRODUCTION,
        "## Keys that a zone may also state for itself\n",
        _table(_rows(schema, shared)),
        "## Keys of the whole home\n",
        _table([*_rows(schema, alone), *named]),
    ]
    return "\n".join(parts)


def _table(rows: list[Row]) -> str:
    lines = ["| key | default | must be | meaning |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _rows(schema: dict[str, Any], names: list[str]) -> list[Row]:
    return list(_walk({"properties": {name: schema["properties"][name] for name in names}}, schema["$defs"], ""))


def _walk(node: dict[str, Any], parts: dict[str, Any], place: str) -> Iterator[Row]:
    for name, child in node["properties"].items():
        key = f"{place}{name}"
        inner = _part(child, parts)
        if inner is not None:
            yield from _walk(inner, parts, f"{key}.")
            continue
        yield f"`{key}`", _default(child), in_words(child), child["description"]
        item = _part(child.get("items", {}), parts)
        if item is not None and name != "zones":
            yield from _walk(item, parts, f"{key}[].")


def _part(node: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any] | None:
    """The object that a node refers to, if it does."""
    target = parts.get(str(node.get("$ref", "")).rsplit("/", 1)[-1])
    return target if target and "properties" in target else None


def _default(node: dict[str, Any]) -> str:
    if "default" not in node:
        return "not stated"
    return "empty" if node["default"] in ("", []) else f"`{json.dumps(node['default']).strip(chr(34))}`"


if __name__ == "__main__":
    sys.stdout.write(page())
