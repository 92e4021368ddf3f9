"""Chance and weather of the polling benchmark. They depend on the seed alone, so every policy meets the same ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import cos, pi

from switchbot_dashboard.simulator.chance import lot
from switchbot_dashboard.simulator.weather import WINTER_2016, from_file

BEGINS = datetime(2016, 2, 13, 23, 0, tzinfo=UTC)  # local midnight before the first row of the measured weeks
LONGEST = 42  # days; the measured weeks end the day before the clocks change
DAY, CELL, MINUTE = 86_400, 600, 60  # s

NOISE = 0.03  # K, standard deviation of one upload
AIRING = 15 * MINUTE
LOST = 0.05  # share of the commands that the infrared loses
ON_THE_READERS_GRID = 15  # s; an upload becomes visible when a reader every 15 s looks

WEATHERS = ("winter", "sine")


@dataclass(frozen=True, slots=True)
class Draws:
    """What chance does in a run of `days`: seconds are counted from its begin, errors are in K."""

    seed: int
    days: int
    phase: int  # s past each minute at which the meter uploads
    airings: tuple[tuple[float, float], ...]
    errors: tuple[float, ...]  # of each upload
    lost_share: float = LOST

    def loses(self, section: int, on: bool, nth: int) -> bool:
        """Whether the infrared loses the `nth` on, or off, since the `section`-th window's end."""
        return lot(self.seed, "infrared", section, on, nth) < self.lost_share

    @property
    def digest(self) -> str:
        """A short mark of all that was drawn."""
        lost = [
            self.loses(section, on, nth)
            for section in range(2 * self.days)
            for on in (True, False)
            for nth in (1, 2, 3)
        ]
        drawn = (self.phase, self.airings, self.errors, lost)
        return blake2b(repr(drawn).encode(), digest_size=5).hexdigest()


@lru_cache(maxsize=32)
def draws_of(seed: int, days: int, lost_share: float = LOST) -> Draws:
    """The draws of a seed. A shorter run has the first days of a longer one."""
    phase = ON_THE_READERS_GRID * int(lot(seed, "phase") * MINUTE / ON_THE_READERS_GRID)
    opened = [DAY * (day + lot(seed, "airing", day)) for day in range(days)]
    chance = random.Random(f"{seed} meter")
    errors = tuple(chance.gauss(0.0, NOISE) for _ in range(days * DAY // MINUTE + 2))
    return Draws(seed, days, phase, tuple((at, at + AIRING) for at in opened), errors, lost_share)


@lru_cache(maxsize=4)
def outdoor_of(weather: str, days: int) -> Sequence[float]:
    """Outdoor °C of each cell of ten minutes, taken at its middle."""
    middles = [CELL * cell + CELL / 2 for cell in range(days * DAY // CELL)]
    if weather == "sine":
        return [6.0 + 4.0 * cos(2 * pi * (at / DAY - 15 / 24)) for at in middles]
    measured = from_file(WINTER_2016)
    return [measured(BEGINS + timedelta(seconds=at))[0] for at in middles]
