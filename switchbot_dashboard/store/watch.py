"""Tells whether anything was written since the last look, at the price of a few microseconds."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from sqlalchemy import Engine

Value = TypeVar("Value")
UNKNOWN = -1


class Watch:
    """A number that changes with every commit of any process; `UNKNOWN` where nobody can tell.

    SQLite keeps such a number for each connection: it moves when another one has committed, so this one never writes.
    Other databases have none, and neither has one that lives in memory.
    """

    def __init__(self, engine: Engine) -> None:
        url = engine.url
        in_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
        self._path = f"file:{quote(str(url.database))}?mode=rw" if in_file else ""
        self._lock = threading.Lock()
        self._link: sqlite3.Connection | None = None
        self._owner, self._last, self._number = 0, UNKNOWN, 0

    def number(self) -> int:
        """The number now."""
        if not self._path:
            return UNKNOWN
        with self._lock:
            try:
                link = self._link if self._link is not None and self._owner == os.getpid() else self._open()
                found: int = link.execute("PRAGMA data_version").fetchone()[0]
            except sqlite3.Error:
                self._link = None
                return UNKNOWN
            if found != self._last:
                self._last, self._number = found, self._number + 1
            return self._number

    def _open(self) -> sqlite3.Connection:
        """A connection of this process; one from before a fork is left alone."""
        link = sqlite3.connect(self._path, uri=True, check_same_thread=False, timeout=0.1, isolation_level=None)
        weakref.finalize(self, link.close).atexit = False  # a fork's copy must not be closed there
        self._link, self._owner, self._last = link, os.getpid(), UNKNOWN
        return link


class Kept(Generic[Value]):
    """What was read, kept until anything is written. No more than `most` values; those that are None are not kept."""

    def __init__(self, watch: Watch, most: int = 200) -> None:
        self._watch, self._most = watch, most
        self._at, self._values = UNKNOWN, dict[Any, Value]()

    def get(self, key: object, read: Callable[[], Value]) -> Value:
        """The value of `key`: as it was read, or read anew. The number is looked at before the reading."""
        at = self._watch.number()
        if at == UNKNOWN:
            return read()
        if at != self._at:
            self._at, self._values = at, {}
        values = self._values
        if key in values:
            return values[key]
        value = read()
        if value is not None and len(values) < self._most:
            values[key] = value
        return value
