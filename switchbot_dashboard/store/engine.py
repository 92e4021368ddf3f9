"""Opens the database. What differs between SQLite and PostgreSQL is here, in the upsert and in the migration's lock."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql import ColumnElement

READS_ONLY = "reads_only"
"""Execution option of a connection that will not write; see `reading`."""


def open_engine(url: str | URL, *, lock_wait_seconds: float = 5.0) -> Engine:
    """The engine of a database, by SQLAlchemy URL; the folder of a SQLite file is made.

    On SQLite each transaction takes the write lock as it begins, so that processes wait for each other (for
    `lock_wait_seconds`) and never meet half-way; `reading` is for those that only read. OSError when the folder cannot
    be made. What went into a statement is not in its errors, which are logged and shown.
    """
    wanted = make_url(url)
    if wanted.get_backend_name() != "sqlite":
        return create_engine(wanted, pool_pre_ping=True, hide_parameters=True)
    if wanted.database in (None, "", ":memory:"):
        # One connection, lent to one thread at a time: a second one would see another, empty database.
        engine = create_engine(
            wanted,
            hide_parameters=True,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_timeout=30,
            connect_args={"check_same_thread": False},
        )
    else:
        assert wanted.database is not None
        Path(wanted.database).parent.mkdir(parents=True, exist_ok=True)
        how = {"check_same_thread": False, "timeout": lock_wait_seconds}
        engine = create_engine(wanted, hide_parameters=True, connect_args=how)
        _survive_forks(engine)
    event.listen(engine, "connect", _prepare(lock_wait_seconds))
    event.listen(engine, "begin", _begin)
    return engine


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reads: one consistent view, and no wait for writers."""
    with engine.connect() as plain:
        yield plain.execution_options(**{READS_ONLY: True})


def upsert(
    engine: Engine,
    table: Table,
    changes: Callable[[Table, Mapping[str, ColumnElement[Any]]], Mapping[str, Any]] | None = None,
) -> Any:
    """An insert that becomes an update where the primary key is taken.

    `changes` makes the new values from the present row and the offered one; without it the offered row wins.
    """
    insert = _dialect(engine).insert(table)
    keys = [column.name for column in table.primary_key]
    offered = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=changes(table, offered) if changes else offered)


def insert_once(engine: Engine, table: Table) -> Any:
    """An insert that does nothing where a unique key is taken already, of one index or another."""
    return _dialect(engine).insert(table).on_conflict_do_nothing()


def _dialect(engine: Engine) -> Any:
    if engine.dialect.name != "postgresql":
        return sqlite
    from sqlalchemy.dialects import postgresql  # slow to import, and seldom used

    return postgresql


def _prepare(lock_wait_seconds: float) -> Callable[[sqlite3.Connection, object], None]:
    def connected(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # transactions are begun by _begin, not guessed by the driver
        raw.execute(f"PRAGMA busy_timeout = {round(lock_wait_seconds * 1000)}")
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA synchronous = NORMAL")
        _use_wal(raw, lock_wait_seconds)

    return connected


def _use_wal(raw: sqlite3.Connection, wait_seconds: float) -> None:
    """The switch to WAL is kept in the file. It does not wait for others by itself; a read-only file stays as it is."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                return  # whatever is wrong is met again, and told, by the first statement
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    if connection.get_execution_options().get(READS_ONLY):
        raw.execute("BEGIN")
        return
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if "readonly" not in str(error):
            raise OperationalError("BEGIN IMMEDIATE", None, error) from error
        raw.execute("BEGIN")  # a database that cannot be written can still be read


def _survive_forks(engine: Engine) -> None:
    """A SQLite connection must not be used, nor closed, on both sides of a fork."""
    known = weakref.ref(engine)

    def let_go(*, close: bool) -> None:
        if (alive := known()) is not None:
            alive.dispose(close=close)

    os.register_at_fork(before=lambda: let_go(close=True), after_in_child=lambda: let_go(close=False))
