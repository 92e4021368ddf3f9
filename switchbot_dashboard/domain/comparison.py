"""What the last days would have been with other settings, beside those in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .errors import Told
from .fit import HouseFit
from .measures import Figures
from .sentence import Sentence, say


@dataclass(frozen=True, slots=True)
class ZoneCompared:
    """A zone's figures with the settings in force and with the others, or why there are none. `house` is its fit."""

    name: str
    in_force: Figures | None = None
    wished: Figures | None = None
    house: HouseFit | None = None
    lack: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`days` were lived through, of the `asked` last ones; `calls` are calls a day by purpose, both ways."""

    days: int
    asked: int
    zones: Sequence[ZoneCompared]
    calls: tuple[Mapping[str, float], Mapping[str, float]] | None = None


class Occupied(Told):
    """A comparison is being worked out already; another may be asked for in `wait` seconds."""

    wait = 3

    def __init__(self) -> None:
        super().__init__(say("Another comparison is being worked out. Try again in a few seconds."))
