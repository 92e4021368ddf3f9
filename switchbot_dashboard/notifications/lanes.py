"""Whose turn it is among what is due: a place that hangs holds one thread, and never all of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class _Lane:
    waiting: deque[int] = field(default_factory=deque)
    begun: dict[int, float] = field(default_factory=dict)  # under way, and since when
    proven: bool = False  # its last try came back soon


class Lanes:
    """Numbers of deliveries, each in the lane of the place it goes to. Safe to use from several threads.

    A lane gets a second thread only once a try there came back within `hang` seconds, and none while one takes longer;
    it never gets the last of `threads`.
    """

    def __init__(self, threads: int, hang: float = 5.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._threads, self._hang, self._monotonic = threads, hang, monotonic
        self._lanes: dict[str, _Lane] = {}
        self._where: dict[int, str] = {}
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        """How many wait or are under way."""
        with self._changed:
            return len(self._where)

    def __contains__(self, number: int) -> bool:
        with self._changed:
            return number in self._where

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._changed:
            return sum(len(lane.waiting) for lane in self._lanes.values())

    @property
    def under_way(self) -> list[int]:
        """What was taken and is not done."""
        with self._changed:
            return [number for lane in self._lanes.values() for number in lane.begun]

    def offer(self, number: int, name: str) -> None:
        """Line it up, unless it waits or is under way already."""
        with self._changed:
            if number not in self._where and not self._closed:
                self._where[number] = name
                self._lanes.setdefault(name, _Lane()).waiting.append(number)
                self._changed.notify()

    def take(self) -> int | None:
        """The next one, as soon as its lane is open; None once all is closed."""
        with self._changed:
            while not self._closed:
                for name, lane in list(self._lanes.items()):
                    if lane.waiting and self._open(lane):
                        self._lanes[name] = self._lanes.pop(name)  # to the end: others come first next time
                        number = lane.waiting.popleft()
                        lane.begun[number] = self._monotonic()
                        return number
                self._changed.wait()
            return None

    def done(self, number: int) -> None:
        """It is through, however it went."""
        with self._changed:
            name = self._where.pop(number)
            lane = self._lanes[name]
            lane.proven = self._monotonic() - lane.begun.pop(number) < self._hang
            if not lane.waiting and not lane.begun and not lane.proven:
                del self._lanes[name]
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing is taken any more; what waits is let go."""
        with self._changed:
            self._closed = True
            for lane in self._lanes.values():
                for number in lane.waiting:
                    del self._where[number]
                lane.waiting.clear()
            self._changed.notify_all()

    def wait_until_done(self, seconds: float, *, also_closed: bool = False) -> bool:
        """Whether all came through within so many seconds. Once closed nobody waits, unless they say so."""
        with self._changed:
            self._changed.wait_for(lambda: not self._where or (self._closed and not also_closed), seconds)
            return not self._where

    def _open(self, lane: _Lane) -> bool:
        if not lane.begun:
            return True
        now = self._monotonic()
        hangs = any(now - since >= self._hang for since in lane.begun.values())
        return lane.proven and not hangs and len(lane.begun) < self._threads - 1
