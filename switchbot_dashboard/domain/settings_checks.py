"""From what pydantic refuses, and from what one key asks of another, to faults in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from pydantic import ValidationError

from .sentence import Sentence, say
from .settings_faults import Document, Fault, path, shown
from .settings_keys import Alerts, HouseKeys, Profile, SummerProfile, WinterProfile, tenths
from .settings_schema import rule

SEASONS: Mapping[str, type[Profile]] = {"winter": WinterProfile, "summer": SummerProfile}
LIMITS = ("min_temp", "max_temp")

Found = tuple[str, Sentence, Sentence]
"""A key, what is wrong there, and the same beside its field."""


def faults_in(error: ValidationError, document: Document) -> Iterator[Fault]:
    """One fault for each value that is missing, of the wrong type or out of bounds."""
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            continue  # its entries are at fault, and each has its own sentence
        key = path(detail["loc"])
        wanted = rule(detail["loc"])
        if detail["type"] == "missing":
            said = say("{key} is missing; it must be {rule}.", key=key, rule=wanted)
        else:
            said = say("{key} is {found}; it must be {rule}.", key=key, found=shown(detail["input"]), rule=wanted)
        yield Fault(key, said, document.line(key))


def faults_between(document: Document) -> Iterator[Fault]:
    """Faults between keys, on the merged values. What is wrong by itself is left to `faults_in`."""
    values = document.values
    listed = values.get("zones")
    zones = [(index, zone) for index, zone in enumerate(listed if isinstance(listed, list) else []) if _is_object(zone)]
    found = chain(
        _crossed_limits(values, zones), _crossed_alerts(values), _too_large_reserve(values), _repeated_ids(zones)
    )
    for key, said, between in found:
        yield Fault(key, said, document.line(key), between)


def _crossed_limits(house: dict[str, object], zones: list[tuple[int, dict[str, object]]]) -> Iterator[Found]:
    for season, model in SEASONS.items():
        default = {name: model.model_fields[name].default for name in LIMITS}
        common = {**default, **_object(house.get(season))}
        yield from _crossed(f"{season}.min_temp", common)
        for index, zone in zones:
            own = _object(zone.get(season))
            if any(name in own for name in LIMITS):
                yield from _crossed(f"zones[{index}].{season}.min_temp", {**common, **own})


def _crossed(key: str, profile: dict[str, object]) -> Iterator[Found]:
    low, high = (_within(profile[name], 10, 35) for name in LIMITS)
    if low is not None and high is not None and tenths(low) >= tenths(high):
        limits = {"low": tenths(low), "high": tenths(high)}
        words = "The lower limit {key} ({low:level}) must be below the upper one ({high:level})."
        beside = "The lower limit ({low:temp}) must be below the upper one ({high:temp})."
        yield key, say(words, key=key, **limits), say(beside, **limits)


def _crossed_alerts(house: dict[str, object]) -> Iterator[Found]:
    """The bounds of alerts: each lower one below its upper one."""
    wanted = {name: field.default for name, field in Alerts.model_fields.items()} | _object(house.get("alerts"))
    low, high = _within(wanted["temperature_low"], -20, 40), _within(wanted["temperature_high"], 0, 60)
    if low is not None and high is not None and tenths(low) >= tenths(high):
        limits = {"low": tenths(low), "high": tenths(high)}
        words = "The lower limit {key} ({low:level}) must be below the upper one ({high:level})."
        beside = "The lower limit ({low:temp}) must be below the upper one ({high:temp})."
        yield "alerts.temperature_low", say(words, key="alerts.temperature_low", **limits), say(beside, **limits)
    dry, damp = _within(wanted["humidity_low"], 0, 100), _within(wanted["humidity_high"], 0, 100)
    if dry is not None and damp is not None and dry >= damp:
        shares = {"low": int(dry), "high": int(damp)}
        words = "The lower limit {key} ({low} %) must be below the upper one ({high} %)."
        beside = "The lower limit ({low} %) must be below the upper one ({high} %)."
        yield "alerts.humidity_low", say(words, key="alerts.humidity_low", **shares), say(beside, **shares)


def _too_large_reserve(house: dict[str, object]) -> Iterator[Found]:
    names = ("api_reserved_for_commands", "api_daily_limit")
    reserve, limit = (_within(house.get(name, HouseKeys.model_fields[name].default), 0, 1_000_000) for name in names)
    if reserve is not None and limit is not None and reserve > limit:
        calls = {"reserve": int(reserve), "limit": int(limit)}
        words = "{key} is {reserve}; it must be at most {other}, which is {limit} calls."
        beside = "The calls kept for commands ({reserve}) must be at most those of the day ({limit})."
        yield names[0], say(words, key=names[0], other=names[1], **calls), say(beside, **calls)


def _repeated_ids(zones: list[tuple[int, dict[str, object]]]) -> Iterator[Found]:
    first: dict[str, int] = {}
    for index, zone in zones:
        name = zone.get("id")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            key = f"zones[{index}].id"
            words = "{key} is {found}, as zones[{other}].id already is; each zone needs its own."
            said = say(words, key=key, found=shown(name), other=first[name])
            yield key, said, say("Another zone has the short name {id} already; each needs its own.", id=name)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _within(value: object, low: float, high: float) -> float | None:
    """A number that is in bounds by itself; None for what is a fault already."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number and low <= value <= high else None  # type: ignore[operator,return-value]
