"""The settings as JSON Schema, and each key's rule in words, both made from the fields of `settings_keys.py`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce
from typing import Any

from .sentence import Sentence, say
from .settings_keys import HouseKeys, ZoneKeys


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the settings file, with default, bounds, unit and help for every key."""
    schema = HouseKeys.model_json_schema()
    for part in [schema, *schema["$defs"].values()]:
        part.pop("title", None)
        for node in part.get("properties", {}).values():
            _tidy(node)
    for name in ZoneKeys.model_fields:  # a zone inherits what it does not state: it has no defaults
        schema["$defs"]["ZoneOverride"]["properties"][name].pop("default", None)
    heading = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "SwitchBot Dashboard settings"}
    return {**heading, **schema, "description": "The whole file. Unknown keys are kept."}


def _tidy(node: dict[str, Any]) -> None:
    """Drop generated titles, and the null that only stands for a key which is not stated."""
    node.pop("title", None)
    choices = [choice for choice in node.get("anyOf", []) if choice.get("type") != "null"]
    if len(choices) == 1:
        del node["anyOf"]
        node.update(choices[0])
        if node.get("default", ...) is None:
            del node["default"]


@cache
def _schema() -> dict[str, Any]:
    return json_schema()


def rule(place: Sequence[str | int]) -> Sentence:
    """What the value at a place must be, in words: "a whole number from 15 to 3600 seconds"."""
    node = _schema()
    for step in place:
        node = _resolved(node["items"] if isinstance(step, int) else node["properties"][step])
    return rule_of(node)


def in_words(node: dict[str, Any]) -> str:
    """The rule of a schema's node, in English."""
    return str(rule_of(node))


def rule_of(node: dict[str, Any]) -> Sentence:
    """The rule of a schema's node. Its own words, where it has some, are a constant beside its field."""
    node = _resolved(node)
    if "form" in node:
        return Sentence(str(node["form"]))
    if "enum" in node:
        said = [Sentence(f'"{choice}"') for choice in node["enum"]]
        return reduce(lambda first, last: say("{first} or {last}", first=first, last=last), said)
    if node["type"] in {"integer", "number"}:
        return _number(node)
    if node["type"] == "array":
        if node.get("maxItems"):
            return say("a list of {low} to {high} entries", low=node.get("minItems", 0), high=node["maxItems"])
        return say("a list with at least one entry") if node.get("minItems") else say("a list")
    return say("true or false") if node["type"] == "boolean" else say("an object in braces")


def _number(node: dict[str, Any]) -> Sentence:
    low, high, unit = str(node["minimum"]), str(node["maximum"]), str(node.get("unit", ""))
    whole = node["type"] == "integer"
    if not unit:
        words = "a whole number from {low} to {high}" if whole else "a number from {low} to {high}"
        return say(words, low=low, high=high)
    beside = "a whole number from {low} to {high} {unit}" if whole else "a number from {low} to {high} {unit}"
    return say(beside, low=low, high=high, unit=Sentence(unit))


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    """The node with what it refers to, its own words first."""
    reference = node.get("$ref")
    if reference is None:
        return node
    return {**_schema()["$defs"][str(reference).rsplit("/", 1)[-1]], **node}
