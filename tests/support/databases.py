"""Databases for tests, and a count of what is asked of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, event

from switchbot_dashboard.store.engine import READS_ONLY, open_engine
from switchbot_dashboard.store.migrate import migrate


@contextlib.contextmanager
def a_database(folder: Path | None = None, *, lock_wait_seconds: float = 5.0) -> Iterator[Engine]:
    """A migrated database in a folder, or in memory."""
    url = "sqlite://" if folder is None else f"sqlite:///{folder / 'home.db'}"
    engine = open_engine(url, lock_wait_seconds=lock_wait_seconds)
    migrate(engine)
    try:
        yield engine
    finally:
        engine.dispose()


@dataclass
class Counted:
    """What was asked of a database: the statements, and how often a transaction for writing was begun and ended."""

    statements: list[str] = field(default_factory=list)
    begun_for_writing: int = 0
    committed: int = 0

    @property
    def reads(self) -> int:
        return sum(statement.startswith("SELECT") for statement in self.statements)


@contextlib.contextmanager
def counting(engine: Engine) -> Iterator[Counted]:
    """Counts until the block ends."""
    counted = Counted()

    def executed(_connection, _cursor, statement, *_rest) -> None:
        counted.statements.append(statement)

    def begun(connection) -> None:
        counted.begun_for_writing += not connection.get_execution_options().get(READS_ONLY)

    def committed(_connection) -> None:
        counted.committed += 1

    heard = [("before_cursor_execute", executed), ("begin", begun), ("commit", committed)]
    for name, listener in heard:
        event.listen(engine, name, listener)
    try:
        yield counted
    finally:
        for name, listener in heard:
            event.remove(engine, name, listener)
