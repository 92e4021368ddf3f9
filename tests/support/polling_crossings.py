"""Crossings: when a command became due by what the cloud showed, and how long after that it went out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .polling_draws import MINUTE
from .polling_house import Sent, Spans

COLD, WARM = 197, 223  # tenths: the band's limits less and plus the hysteresis
LINGERS = 3600  # s for which an airing that is over still counts as a disturbance


@dataclass(frozen=True, slots=True)
class Crossing:
    """A value at or beyond a threshold (`warm` or cold), seconds since the begin, and the seconds to its command.

    `answered` is false where the window closed first; the delay then lasts until it closed.
    """

    at: float
    delay: float
    warm: bool
    disturbed: bool
    answered: bool


def crossings(
    shown: Sequence[int], first_at: float, windows: Spans, sent: Sequence[Sent], airings: Spans
) -> list[Crossing]:
    """All crossings inside the windows. `first_at` is when the first upload became visible; one follows each minute.

    What is assumed is what the last command asked for, lost or not. A value that is beyond already when the window
    opens counts once it has been back within, or once a command has gone out.
    """
    found: list[Crossing] = []
    for opens, closes in windows:
        found += _in_window(shown, first_at, opens, closes, sent, airings)
    return found


def _in_window(
    shown: Sequence[int], first_at: float, opens: float, closes: float, sent: Sequence[Sent], airings: Spans
) -> list[Crossing]:
    found: list[Crossing] = []
    assumed = next((command.on for command in reversed(sent) if command.at < opens), False)
    commands = [command for command in sent if opens <= command.at < closes]
    armed, begun, warm = False, None, False
    upload = max(0, int((opens - first_at) // MINUTE))
    for at, value in _visible(shown, first_at, upload, closes):
        while commands and commands[0].at < at:
            command = commands.pop(0)
            if begun is not None and command.on is not warm:
                found.append(_crossing(begun, command.at, warm, airings))
                begun = None
            armed, assumed = armed or command.on is not assumed, command.on
        due = value >= WARM if assumed else value <= COLD
        if due and armed and begun is None:
            begun, warm = at, assumed
        armed = armed or not due
    if begun is not None:
        answer = next((command.at for command in commands if command.on is not warm), None)
        found.append(_crossing(begun, answer or closes, warm, airings, answered=answer is not None))
    return found


def _visible(shown: Sequence[int], first_at: float, upload: int, closes: float) -> Iterator[tuple[float, int]]:
    """The uploads from the one shown at the window's start on, each with the instant at which it became visible."""
    for number in range(upload, len(shown)):
        at = first_at + number * MINUTE
        if at >= closes:
            return
        yield at, shown[number]


def _crossing(at: float, until: float, warm: bool, airings: Spans, *, answered: bool = True) -> Crossing:
    disturbed = any(opens <= at < closes + LINGERS for opens, closes in airings)
    return Crossing(at, until - at, warm, disturbed, answered)
