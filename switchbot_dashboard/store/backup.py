"""A copy of all that is kept, in one file: the database as it stood at one moment, and the settings.

The file is a compressed tar of `database.db`, `settings.json` and `manifest.json`. What opens the stored secrets is not
in it. Copies of the database are made, and put back, by SQLite itself, in one transaction and while others read it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from sqlalchemy.engine import make_url

from ..domain.errors import Told
from ..domain.sentence import say

DATABASE, SETTINGS, MANIFEST = "database.db", "settings.json", "manifest.json"
FORMAT = "switchbot-dashboard backup"
MODE = 0o600  # names, password hashes, a year of when someone was at home
PATIENCE = 30.0  # s that a copy waits for a writer
SMALL = 4 * 1024 * 1024  # bytes that settings and manifest may have


class NotBackedUp(Told):
    """No copy was made; the sentence says why, and what to do."""


class NotRestored(Told):
    """Nothing was put back, and nothing was changed; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself: the version that made it, and when. `settings`: whether they are in it."""

    version: str
    made_at: datetime
    settings: bool


def database_file(url: str) -> Path | None:
    """The file of a SQLite database; None for another kind, or one in memory."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or parts.database in (None, "", ":memory:"):
        return None
    return Path(str(parts.database))


def write_backup(target: Path, database: Path, settings: Path, version: str, now: datetime) -> Manifest:
    """Write a backup; one that stands there is replaced, anything else is left alone. Raises NotBackedUp."""
    if target.is_dir() or (target.exists() and not _is_backup(target)):
        raise NotBackedUp(say("{path} is there and is no backup: choose another name.", path=str(target)))
    if not database.exists():
        raise NotBackedUp(say("There is no database at {path} yet: start the dashboard once.", path=str(database)))
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
            copy, made = Path(folder) / DATABASE, Path(folder) / "made"
            copy_database(database, copy)
            text = settings.read_bytes() if settings.is_file() else None
            manifest = Manifest(version, now, text is not None)
            with open(made, "xb", opener=_private) as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
                _add(archive, MANIFEST, _manifest_text(manifest), now)
                if text is not None:
                    _add(archive, SETTINGS, text, now)
                archive.add(copy, DATABASE, filter=_plain)
            with made.open("rb") as written:
                os.fsync(written.fileno())
            os.replace(made, target)
    except sqlite3.Error as error:
        raise NotBackedUp(say("The database could not be copied: {why}.", why=str(error))) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise NotBackedUp(say("{path} could not be written: {why}.", path=str(target), why=why)) from error
    return manifest


@contextlib.contextmanager
def opened(source: Path, room: Path) -> Iterator[tuple[Path, Manifest]]:
    """A folder in `room` that holds a backup's content, whole and checked, until the block ends. Raises NotRestored."""
    room.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=room) as name:
        folder = Path(name)
        yield folder, _unpacked(source, folder)


def put_back(copy: Path, database: Path) -> None:
    """Put a database in the place of another in one transaction, under whoever reads it. Raises NotRestored."""
    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        _move_serial(copy, database)
        copy_database(copy, database)
    except sqlite3.Error as error:
        words = "The database at {path} could not be replaced: {why}. If it is damaged, move it away and try again."
        raise NotRestored(say(words, path=str(database), why=str(error))) from error


def copy_database(source: Path, target: Path) -> None:
    """One database as it stands at this moment into another. Raises sqlite3.Error."""
    with (
        contextlib.closing(sqlite3.connect(f"file:{_quoted(source)}?mode=ro", uri=True, timeout=PATIENCE)) as one,
        contextlib.closing(sqlite3.connect(target, timeout=PATIENCE)) as other,
    ):
        one.backup(other)


def _move_serial(copy: Path, database: Path) -> None:
    """Beyond what stands there, so that whoever knows a page by its number reads it anew."""
    serial = 0
    if database.exists():
        link = sqlite3.connect(database, timeout=PATIENCE)
        with contextlib.closing(link), contextlib.suppress(sqlite3.Error):
            serial = link.execute("SELECT serial FROM heart").fetchone()[0]
    with contextlib.closing(sqlite3.connect(copy)) as link:
        link.execute("UPDATE heart SET serial = max(serial, ?) + 1", (serial,))
        link.commit()


def _unpacked(source: Path, folder: Path) -> Manifest:
    try:
        with tarfile.open(source, "r:*") as archive:
            manifest = _manifest(_content(archive, MANIFEST))
            if manifest.settings:
                (folder / SETTINGS).write_bytes(_content(archive, SETTINGS))
            database = archive.extractfile(DATABASE)
            if database is None:
                raise KeyError(DATABASE)
            with (folder / DATABASE).open("xb") as file:
                shutil.copyfileobj(database, file)
        _check(folder / DATABASE)
    except FileNotFoundError as error:
        raise NotRestored(say("There is no file {path}.", path=str(source))) from error
    except (KeyError, ValueError, TypeError, tarfile.TarError, EOFError, OSError, sqlite3.Error) as error:
        words = "{path} is no whole backup of this dashboard ({why}). Nothing was changed."
        raise NotRestored(say(words, path=str(source), why=str(error).partition("\n")[0].rstrip(":"))) from error
    return manifest


def _check(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(f"file:{_quoted(database)}?mode=ro", uri=True)) as link:
        found = link.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise ValueError(found)


def _is_backup(path: Path) -> bool:
    try:
        with tarfile.open(path, "r:*") as archive:
            _manifest(_content(archive, MANIFEST))
    except (KeyError, ValueError, TypeError, tarfile.TarError, EOFError, OSError):
        return False
    return True


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    """A small member; links and folders have no content. Raises KeyError."""
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read(SMALL)


def _manifest_text(manifest: Manifest) -> bytes:
    body = {"format": FORMAT, "version": manifest.version, "made_at": manifest.made_at.isoformat()}
    return json.dumps({**body, "settings": manifest.settings}, indent=2).encode()


def _manifest(text: bytes) -> Manifest:
    body = json.loads(text)
    if body["format"] != FORMAT:
        raise ValueError(f"it says {body['format']}")
    return Manifest(str(body["version"]), datetime.fromisoformat(body["made_at"]), bool(body["settings"]))


def _add(archive: tarfile.TarFile, name: str, content: bytes, now: datetime) -> None:
    item = tarfile.TarInfo(name)
    item.size, item.mode, item.mtime = len(content), MODE, int(now.timestamp())
    archive.addfile(item, BytesIO(content))


def _plain(item: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of the machine: neither names nor numbers of its users."""
    item.uid = item.gid = 0
    item.uname = item.gname = ""
    item.mode = MODE
    return item


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, MODE)


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.resolve()))
