"""The settings as a flat list of keys, and where each one's value stands in a document."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Final, Literal

from .settings_schema import json_schema

Node = Mapping[str, Any]


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""What stands where a key is not stated; null is a value."""

Absent = Literal[_Missing.MISSING]


@cache
def house_leaves() -> Mapping[str, Node]:
    """Every key of the house by its dotted name, with its schema; `time_windows` is one, `zones` is not among them."""
    return {name: node for name, node in _leaves(json_schema(), "") if name != "zones"}


@cache
def zone_leaves() -> Mapping[str, Node]:
    """Every key that a zone may state, `id` and `name` first; those it inherits have no default."""
    found = dict(_leaves(_schema()["$defs"]["ZoneOverride"], ""))
    return {name: found[name] for name in sorted(found, key=lambda name: name not in ("id", "name"))}


@cache
def parts() -> frozenset[str]:
    """The dotted names that hold other keys: `winter`, `reports`, `reports.weekly`."""
    names = [*house_leaves(), *zone_leaves()]
    steps = (name.split(".")[:count] for name in names for count in range(1, name.count(".") + 1))
    return frozenset(".".join(step) for step in steps)


def at(document: object, key: str) -> Any:
    """The value of a dotted key; MISSING where it, or what should hold it, is not there."""
    for step in key.split("."):
        if not isinstance(document, Mapping) or step not in document:
            return MISSING
        document = document[step]
    return document


def default_of(node: Node) -> Any:
    """What holds where nothing is stated: the default of the schema, None where it has none."""
    default = node.get("default")
    return list(default) if isinstance(default, tuple) else default


@cache
def _schema() -> dict[str, Any]:
    return json_schema()


def _leaves(part: Node, prefix: str) -> list[tuple[str, Node]]:
    found: list[tuple[str, Node]] = []
    for name, node in part["properties"].items():
        reference = str(node.get("$ref", "")).rsplit("/", 1)[-1]
        target = _schema()["$defs"][reference] if reference else {}
        if "properties" in target:
            found += _leaves(target, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", {**target, **node}))
    return found
