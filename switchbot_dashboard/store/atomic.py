"""Small files that are never half there: whole reads, atomic writes, dated copies."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from ..domain.sentence import Sentence, say

LARGEST_BYTES = 1_000_000
KEPT_COPIES = 20

Signature: TypeAlias = tuple[int, ...]


class _Told(OSError):
    """What the system refused; `sentence` says why and what to do."""

    def __init__(self, number: int | None, said: Sentence) -> None:
        super().__init__(number, str(said))
        self.sentence = said

    def __str__(self) -> str:
        return str(self.sentence)


class NotReadable(_Told):
    """A file is not there, is none, or holds no text."""


class NotWritable(_Told):
    """A file cannot be written."""


CAUSES: Mapping[int | None, Sentence] = {
    errno.ENOENT: say("No such file or directory"),
    errno.EACCES: say("Permission denied"),
    errno.ENOSPC: say("No space left on device"),
    errno.EROFS: say("Read-only file system"),
}


def cause_of(error: OSError) -> Sentence | str:
    """Why the system refused; rare causes in its own words."""
    return CAUSES.get(error.errno) or str(error.strerror or error)


def signature(path: Path) -> Signature | None:
    """What tells a changed file from the same one; None when nothing is there."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return (error.errno or 0,)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def read_text(path: Path) -> str:
    """The whole text of a file. NotReadable when it is no file, too large, not UTF-8 or not readable."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe in its place must not hang us
    except OSError as error:
        said = say("The file {path} cannot be read: {why}.", path=str(path), why=cause_of(error))
        raise NotReadable(error.errno, said) from error
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        os.close(fd)
        words = "{path} is a folder or a device, not a file. Put a JSON file in its place."
        raise NotReadable(errno.EINVAL, say(words, path=str(path)))
    with open(fd, "rb") as file:
        content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        words = "The file {path} is {size} bytes long; at most {most} are read."
        raise NotReadable(errno.EFBIG, say(words, path=str(path), size=found.st_size, most=LARGEST_BYTES))
    if not content.strip():
        words = "The file {path} is empty. Write the settings, or restore a backup."
        raise NotReadable(errno.ENODATA, say(words, path=str(path)))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        said = say("The file {path} is not UTF-8: see line {line}. Save it as UTF-8.", path=str(path), line=line)
        raise NotReadable(errno.EILSEQ, said) from error


def write_text(path: Path, text: str) -> None:
    """Put a text in place of a file, whole or not at all; NotWritable then. A link is followed, the mode is kept.

    Writers must exclude each other: the temporary file beside it has one name, so that a killed writer leaves one.
    """
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.new")
    try:
        beside.unlink(missing_ok=True)
        _write_beside(beside, text, target)
        os.replace(beside, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise NotWritable(error.errno, _why(target, error)) from error
    _sync_folder(target.parent)


def _write_beside(beside: Path, text: str, target: Path) -> None:
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with open(fd, "w", encoding="utf-8", newline="") as file:
        if target.exists():
            old = target.stat()
            os.fchmod(fd, stat.S_IMODE(old.st_mode))
            with contextlib.suppress(PermissionError):
                os.fchown(fd, old.st_uid, old.st_gid)
        file.write(text)
        file.flush()
        os.fsync(fd)


def _why(target: Path, error: OSError) -> Sentence:
    if error.errno in (errno.EBUSY, errno.EXDEV):
        words = (
            "{path} cannot be replaced because it is mounted by itself. "
            "Mount its folder instead, or edit the file by hand."
        )
        return say(words, path=str(target))
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        words = "{path} cannot be written ({why}). Make it writable, or edit the file elsewhere."
        return say(words, path=str(target.parent), why=cause_of(error))
    return say("{path} cannot be written: {why}.", path=str(target), why=cause_of(error))


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # the text is in place; only a power cut in this second could undo it
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


class Backups:
    """Dated copies of a text in a folder of its own, the newest `KEPT_COPIES`; names sort by age."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Path]:
        """The copies, oldest first."""
        return sorted(self.folder.glob("settings-*.json"))

    def dated(self) -> list[tuple[str, datetime]]:
        """What names each copy, and when it was made; newest first. What is no copy of ours is passed over."""
        found = ((copy.stem.removeprefix("settings-"), copy) for copy in reversed(self.all()))
        return [(stamp, made) for stamp, _ in found if (made := _made(stamp)) is not None]

    def text(self, stamp: str) -> str | None:
        """The text of the copy of this name; None when there is none."""
        if _made(stamp) is None:
            return None
        try:
            return _content(self.folder / f"settings-{stamp}.json").decode("utf-8") or None
        except UnicodeDecodeError:
            return None

    def keep(self, text: str, now: datetime) -> None:
        """Add a copy unless the newest one says the same; OSError when it cannot be written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        copies = self.all()
        if not text or (copies and _content(copies[-1]) == text.encode()):
            return
        stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
        number = max((int(copy.stem[-3:]) + 1 for copy in copies if stamp in copy.name), default=0)
        copy = self.folder / f"settings-{stamp}-{number:03}.json"
        beside = copy.with_suffix(f".{os.getpid()}.new")
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(fd, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(beside, copy)
        for old in copies[: max(0, len(copies) + 1 - KEPT_COPIES)]:
            old.unlink(missing_ok=True)


def _made(stamp: str) -> datetime | None:
    """When the copy of this name was made; None for a name that is not one of ours."""
    if not re.fullmatch(r"[0-9]{8}T[0-9]{12}Z-[0-9]{3}", stamp):
        return None
    try:
        return datetime.strptime(stamp[:-4], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
