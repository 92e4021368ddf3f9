"""What the settings form is made of, as its templates read it. Values only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


def element_id(name: str) -> str:
    """A field's name as an element's id."""
    return "f-" + re.sub(r"[^0-9A-Za-z_]+", "-", name).strip("-")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that can be chosen."""

    value: str
    words: str
    chosen: bool
    full: str = ""  # the words in full, for those who hear them


@dataclass(frozen=True, slots=True)
class Field:
    """One key. `kind`: `switch`, `choice`, `pick` (a list by name, or an id), `number`, `clock`, `text`, `lines`."""

    name: str
    key: str
    kind: str
    label: str
    text: str
    help: str = ""
    unit: str = ""
    bounds: str = ""
    fault: str = ""
    empty: str = ""  # what holds while nothing is typed, in words, and as it would be typed
    usual: str = ""
    overridden: str = ""  # what the environment says instead
    other: str = ""  # an id typed beside the list
    choices: Sequence[Choice] = ()
    least: float | None = None
    most: float | None = None
    whole: bool = False

    @property
    def id(self) -> str:
        """What its label and the summary of faults point at."""
        return element_id(self.name)

    @property
    def described(self) -> str:
        """The elements that describe it, for `aria-describedby`."""
        parts = [("help", self.help), ("empty", self.empty), ("overridden", self.overridden), ("fault", self.fault)]
        return " ".join(f"{self.id}-{part}" for part, words in parts if words)


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One window: days as toggles, and its times."""

    prefix: str
    number: int
    was: str
    days: Sequence[Choice]
    start: Field
    end: Field
    whole_day: bool
    until: str  # what an end before the start, or at it, means
    fault: str = ""

    @property
    def id(self) -> str:
        """What the summary of faults and the buttons lead to."""
        return element_id(self.prefix)


@dataclass(frozen=True, slots=True)
class Windows:
    """A list of windows."""

    name: str
    label: str
    help: str
    rows: Sequence[WindowRow]
    fault: str = ""
    kind: str = "windows"

    @property
    def id(self) -> str:
        """What the summary of faults leads to."""
        return element_id(self.name)


@dataclass(frozen=True, slots=True)
class Section:
    """A group of fields; `more` is folded away inside it."""

    id: str
    title: str
    items: Sequence[Field | Windows]
    more: Sequence[Field | Windows] = ()
    open: bool = False
    more_open: bool = False


@dataclass(frozen=True, slots=True)
class ZoneForm:
    """One zone: its names, and what it has of its own, in the same groups as the home."""

    prefix: str
    title: str
    was: str
    names: Sequence[Field]
    sections: Sequence[Section]
    own_windows: Field
    windows: Windows
    open: bool

    @property
    def id(self) -> str:
        """What the summary of faults leads to."""
        return element_id(self.prefix)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line of the summary of faults: where it leads, and what it says."""

    target: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Form:
    """The whole form. `listed`: the account's devices and scenes are known, so names can be chosen."""

    sections: Sequence[Section]
    zones: Sequence[ZoneForm]
    wrong: Sequence[Wrong]
    listed: bool
