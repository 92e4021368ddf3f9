"""Brings a database up to the schema, at every start. Where nothing is to be done it costs one small read."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from .engine import reading

HEAD = "0004"
"""The revision that `schema` describes; a test holds it to the newest file of `migrations/versions`."""

LOCK_KEY = 0x5377426F  # of the advisory lock on PostgreSQL; any number that nobody else uses

log = logging.getLogger(__name__)


class DatabaseTooNew(Exception):
    """The database was written by a later version of this program, which knows things that this one does not."""


def migrate(engine: Engine) -> None:
    """Bring the database to `HEAD` in one transaction; of several processes one does it and the others wait.

    Raises DatabaseTooNew when it is at a revision that this program does not know; SQLAlchemyError when it cannot be
    read or written.
    """
    with reading(engine) as connection:
        if _revision(connection) == HEAD:
            return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        if (found := _revision(connection)) != HEAD:
            _upgrade(connection, found)


def _revision(connection: Connection) -> str | None:
    """The revision that the database says it is at; None for one that is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command  # heavy, and seldom needed
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseTooNew(
            f"The database is at revision {found}, and this version of the program knows revisions up to {HEAD}. "
            "Start the newer version that last used this data folder, or restore a backup from before it."
        )
    logging.getLogger("alembic").setLevel(logging.WARNING)  # one line of our own says it
    log.info("[store] Database migration: %s -> %s", found or "empty", HEAD)
    command.upgrade(config, "head")
