"""The view model of the settings form: what is typed, and what is wrong with it, ready to be looped over. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..domain.record import Catalogue
from ..domain.roles import Role, roles_of
from ..domain.settings_diff import Side, Source, zone_side
from ..domain.settings_faults import Fault
from ..domain.settings_leaves import MISSING, Node, at, default_of, house_leaves, zone_leaves
from .i18n import DAYS, SHORT_DAYS, french, sentence
from .settings_fields import Choice, Field, Form, Section, WindowRow, Windows, Wrong, ZoneForm, element_id
from .settings_typed import NONE, OTHER, Typed, first, picked, rows_of, text_of
from .settings_words import DEVICES, GROUPS, SCENES, UNITS, YES_NO, _, bounds_of, choices_of, help_for, label, rule_for

from .settings_words import value_words, until_words, windows_words  # isort: skip
from .typed_times import clock_typed

Overrides = Mapping[str, tuple[str, object]]
HOSTS = "channels_allowed_hosts"


@dataclass(frozen=True)
class _Maker:
    """What every field is made from."""

    base: Mapping[str, Any]
    typed: Typed
    faults: Mapping[str, Sequence[Fault]]
    catalogue: Catalogue | None
    limited: bool = False
    overrides: Overrides = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)  # the names of fields with faults, and their labels


def form_of(
    base: Mapping[str, Any],
    typed: Typed,
    faults: Sequence[Fault] = (),
    catalogue: Catalogue | None = None,
    *,
    limited: bool = False,
    overrides: Overrides | None = None,
) -> Form:
    """The form over `base`, filled with what is typed. Each fault stands at the field nearest to its key.

    `limited` is the virtual home's visitor, who may not say where notifications may go. `overrides` says which keys the
    environment overrides: the variable and its value.
    """
    by_name, left = _placed(faults, _names(typed))
    maker = _Maker(base, typed, by_name, catalogue, limited, overrides or {})
    sections = [_section(maker, group.id) for group in GROUPS if group.id != "zones"]
    zones = [_zone(maker, row) for row in rows_of(typed, "zones")]
    wrong = [Wrong("", "", fault_words(fault, None, "")) for fault in left]
    for name in dict.fromkeys([*maker.shown, *by_name]):  # in the order of the form
        found = by_name[name]
        target, called = element_id(name), maker.shown.get(name, name)
        wrong += [Wrong(target, called, _words_at(maker, name, fault)) for fault in found]
    return Form(sections, zones, wrong, catalogue is not None)


def _names(typed: Typed) -> set[str]:
    """Everything in the form that a fault can stand at."""
    rows = {name[: name.rindex("].") + 1] for name in typed if "]." in name}
    zone_keys = {f"zones[{row}].{key}" for row in rows_of(typed, "zones") for key in zone_leaves()}
    days = {f"{row}.days" for row in rows if row.rpartition("[")[0].endswith("time_windows")}
    return {*house_leaves(), *rows, *zone_keys, *days, *(f"{row}.{edge}" for row in rows for edge in ("start", "end"))}


def _placed(faults: Sequence[Fault], names: set[str]) -> tuple[dict[str, list[Fault]], list[Fault]]:
    """Faults by the name of the field nearest to their key, and those that no field is near."""
    placed: dict[str, list[Fault]] = {}
    left = []
    for fault in faults:
        name = fault.key
        while name and name not in names:
            name = name[: max(name.rfind("."), name.rfind("["), 0)]
        if name:
            placed.setdefault(name, []).append(fault)
        else:
            left.append(fault)
    return placed, left


def fault_words(fault: Fault, node: Node | None, text: str) -> str:
    """What is wrong, as a sentence that stands beside its field."""
    if fault.between is not None:
        return sentence(fault.between)
    if node is None or node.get("type") == "array" or ("type" not in node and "form" not in node):
        return sentence(fault.said)
    if not text:
        return _("A value is missing here; it must be %(rule)s.", rule=rule_for(node))
    return _("“%(value)s” cannot be used here; it must be %(rule)s.", value=text[:60], rule=rule_for(node))


def _words_at(maker: _Maker, name: str, fault: Fault) -> str:
    key = re.sub(r"^zones\[[0-9]+\]\.", "", name)
    edge = key.rpartition(".")[2] if "time_windows[" in key else ""
    if edge in ("start", "end"):
        return fault_words(fault, _edge_node(), first(maker.typed, name))
    if edge:
        return sentence(fault.said)
    return fault_words(fault, zone_leaves().get(key) or house_leaves().get(key), picked(maker.typed, name))


def _edge_node() -> Node:
    return {"form": "a time from 00:00 to 23:59, written HH:MM"}


def _fault(maker: _Maker, name: str, called: str) -> str:
    found = maker.faults.get(name, ())
    if found:
        maker.shown[name] = called
    return " ".join(_words_at(maker, name, fault) for fault in found)


def _section(maker: _Maker, group_id: str) -> Section:
    group = next(group for group in GROUPS if group.id == group_id)
    known = {key for each in GROUPS for key in (*each.keys, *each.more)}
    stray = [key for key in house_leaves() if key not in known] if group_id == "advanced" else []
    items, more = ([_house_item(maker, key) for key in keys] for keys in ([*group.keys, *stray], group.more))
    faulty = any(_faulty(item) for item in more)
    wrong = faulty or any(_faulty(item) for item in items)
    return Section(group.id, str(group.title), items, more, group.open or wrong, faulty)


def _faulty(item: Field | Windows) -> bool:
    rows = item.rows if isinstance(item, Windows) else ()
    return bool(item.fault) or any(row.fault or row.start.fault or row.end.fault for row in rows)


def _house_item(maker: _Maker, key: str) -> Field | Windows:
    node = house_leaves()[key]
    if key == "time_windows":
        return _windows(maker, key, label(key))
    empty = value_words(key, default_of(node), node, None) if "minimum" in node else ""
    return _field(maker, key, key, node, empty=_("usually %(value)s", value=empty) if empty else "")


def _field(
    maker: _Maker, name: str, key: str, node: Node, empty: str = "", zone: str = "", own: Side | None = None
) -> Field:
    called = label(key)
    least, most = node.get("minimum"), node.get("maximum")
    kind, choices = _kind_and_choices(maker, name, key, node, own)
    return Field(
        name=name,
        key=key,
        kind=kind,
        label=called,
        text=first(maker.typed, name),
        help=help_for(key, node),
        unit=str(UNITS.get(node.get("unit", ""), "")) if kind == "number" else "",
        bounds=bounds_of(node) if kind == "number" else "",
        fault=_fault(maker, name, f"{zone}: {called}" if zone else called),
        empty=empty if kind in ("number", "text") else "",
        usual=text_of(own.value if own else default_of(node), comma=french()),
        other=first(maker.typed, f"{name}.other"),
        choices=choices,
        least=least,
        most=most,
        whole=node.get("type") == "integer",
        overridden=_overridden(maker, name, node),
    )


def _overridden(maker: _Maker, name: str, node: Node) -> str:
    """What holds instead of the file's value, where the environment states it."""
    if name not in maker.overrides:
        return ""
    variable, value = maker.overrides[name]
    words = _("The environment variable %(variable)s overrides this: %(value)s is in force, whatever stands here.")
    return words % {"variable": variable, "value": value_words(name, value, node, None)}


def _kind_and_choices(maker: _Maker, name: str, key: str, node: Node, own: Side | None) -> tuple[str, Sequence[Choice]]:
    text = first(maker.typed, name)
    inherit = [("", _("As the home: %(value)s", value=_said(maker, key, own, node)))] if own is not None else []
    if node.get("type") == "boolean" and key != "repeat_safe":
        return ("switch", ()) if own is None else ("choice", _choices([*inherit, *_pairs(YES_NO)], text))
    listed = choices_of(key)
    if listed is not None:
        pairs = [pair for pair in _pairs(listed) if own is None or pair[0]]
        return "choice", _choices([*inherit, *pairs], text)
    if (key in DEVICES or key in SCENES) and maker.catalogue is not None:
        nothing = [*inherit, (NONE, _("None"))] if own is not None else [("", _("None"))]
        return "pick", _choices([*nothing, *_named(maker.catalogue, key), (OTHER, _("Another id…"))], text)
    if maker.limited and key == HOSTS:
        return "fixed", ()
    kinds = {"integer": "number", "number": "number", "array": "lines"}
    return kinds.get(str(node.get("type")), "text"), ()


def _said(maker: _Maker, key: str, own: Side | None, node: Node) -> str:
    return value_words(key, own.value if own else None, node, maker.catalogue)


def _pairs(words: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(value, str(said)) for value, said in words.items()]


def _choices(pairs: Sequence[tuple[str, str]], text: str) -> list[Choice]:
    """The choices; what stands there and is none of them is kept as one."""
    known = [value for value, _said in pairs]
    strange = [] if text in known else [(text, _("%(value)s (not in the list)", value=text))]
    return [Choice(value, said, value == text) for value, said in [*pairs, *strange]]


def _named(catalogue: Catalogue, key: str) -> list[tuple[str, str]]:
    """Scenes, or devices by name, the likely ones first."""
    if key in SCENES:
        return sorted(catalogue.scenes.items(), key=lambda pair: pair[1].casefold())
    found = sorted(catalogue.devices, key=lambda each: (Role(key[:-10]) not in roles_of(each), each.name.casefold()))
    return [(each.id, " · ".join(part for part in (each.name or each.id, each.type) if part)) for each in found]


def _windows(maker: _Maker, name: str, called: str, zone: str = "") -> Windows:
    rows = [_window(maker, f"{name}[{row}]", row, zone) for row in rows_of(maker.typed, name)]
    help_ = help_for("time_windows", house_leaves()["time_windows"])
    return Windows(name, called, help_, rows, _fault(maker, name, f"{zone}: {called}" if zone else called))


def _window(maker: _Maker, prefix: str, row: int, zone: str) -> WindowRow:
    typed = maker.typed
    called = _("Window %(number)s", number=row + 1)
    if zone:
        called = f"{zone}: {called}"
    days = typed.get(f"{prefix}.days", [])
    start, end = (_edge(maker, f"{prefix}.{edge}", edge, called) for edge in ("start", "end"))
    whole = bool(first(typed, f"{prefix}.whole")) or (start.text == end.text and bool(start.text))
    toggles = [Choice(str(day), str(SHORT_DAYS[day]), str(day) in days, str(DAYS[day])) for day in range(7)]
    faults = [_fault(maker, name, called) for name in (prefix, f"{prefix}.days")]
    return WindowRow(
        prefix=prefix,
        number=row,
        was=first(typed, f"{prefix}.was"),
        days=toggles,
        start=start,
        end=end,
        whole_day=whole,
        until=until_words(start.text, start.text if whole else end.text),
        fault=" ".join(fault for fault in faults if fault),
    )


def _edge(maker: _Maker, name: str, edge: str, called: str) -> Field:
    words = label(edge)
    return Field(
        name,
        edge,
        "clock",
        words,
        clock_typed(first(maker.typed, name)),
        fault=_fault(maker, name, f"{called}, {words}"),
    )


def _zone(maker: _Maker, row: int) -> ZoneForm:
    prefix, typed = f"zones[{row}]", maker.typed
    title = first(typed, f"{prefix}.name") or first(typed, f"{prefix}.id") or _("Zone %(number)s", number=row + 1)
    leaves, own = zone_leaves(), f"{prefix}.time_windows.own"
    names = [_field(maker, f"{prefix}.{key}", key, leaves[key], zone=title) for key in ("id", "name")]
    sections = list(_zone_sections(maker, prefix, title))
    rows = _windows(maker, f"{prefix}.time_windows", label("time_windows"), title)
    inherited = windows_words(_listed_windows(maker))
    stated = "true" if first(typed, own) == "true" or rows.rows else "false"
    pairs = [("false", _("As the home")), ("true", _("Its own windows"))]
    select = Field(
        own,
        "time_windows",
        "choice",
        label("time_windows"),
        stated,
        help=_("The home's: %(windows)s.", windows=inherited),
        choices=_choices(pairs, stated),
    )
    items = [item for section in sections for item in section.items]
    new = not first(typed, f"{prefix}.was")
    wrong = any(_faulty(item) for item in (*items, *names, rows))
    return ZoneForm(prefix, title, first(typed, f"{prefix}.was"), names, sections, select, rows, new or wrong)


def _listed_windows(maker: _Maker) -> object:
    found = at(maker.base, "time_windows")
    return None if found is MISSING else found


def _zone_sections(maker: _Maker, prefix: str, title: str) -> Iterator[Section]:
    leaves = zone_leaves()
    for group in GROUPS:
        keys = [key for key in (*group.keys, *group.more) if key in leaves and key != "time_windows"]
        items = [_own_field(maker, prefix, key, title) for key in keys]
        if items:
            wrong = any(_faulty(item) for item in items)
            stated = any(item.text for item in items)
            yield Section(group.id, str(group.title), items, open=wrong or stated)


def _own_field(maker: _Maker, prefix: str, key: str, title: str) -> Field:
    """A zone's key: empty while it is inherited, with what it inherits beside it."""
    node = house_leaves().get(key, zone_leaves()[key])
    inherited = zone_side(maker.base, {}, key)
    words = value_words(key, inherited.value, node, maker.catalogue)
    empty = _("empty: as the home, %(value)s", value=words) if words else ""
    side = Side(inherited.value, Source.INHERITED)
    return _field(maker, f"{prefix}.{key}", key, node, empty=empty, zone=title, own=side)
