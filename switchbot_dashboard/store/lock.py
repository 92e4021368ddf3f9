"""A lock between processes that the operating system frees when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import threading
import time
import weakref
from pathlib import Path
from types import TracebackType

POLL_SECONDS = 0.01

_all: weakref.WeakSet[FileLock] = weakref.WeakSet()


class FileLock:
    """Held by at most one thread of one process. Others can read who holds it with `holder`.

    The file stays when the lock is released: removing it would let two hold "the same" lock. `role` is a word for
    people, such as "web" or "scheduler". As a context manager it waits for as long as it takes.
    """

    def __init__(self, path: str | Path, role: str = "") -> None:
        self.path = Path(path)
        self._role = role
        self._mutex = threading.Lock()
        self._fd: int | None = None
        _all.add(self)

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def acquire(self, timeout: float = 0.0) -> bool:
        """Take the lock, waiting up to `timeout` seconds. OSError, in a sentence, when its file cannot be used."""
        deadline = time.monotonic() + timeout
        if not self._mutex.acquire(timeout=max(timeout, 0.0)):
            return False
        try:
            while (fd := self._try()) is None and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
        except BaseException:
            self._mutex.release()
            raise
        if fd is None:
            self._mutex.release()
            return False
        self._fd = fd
        return True

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with contextlib.suppress(OSError):  # a full disk must not keep the lock
                os.ftruncate(fd, 0)
            fcntl.flock(fd, fcntl.LOCK_UN)  # a child that is just being started may hold a copy for a moment
            os.close(fd)
            self._mutex.release()

    def holder(self) -> str:
        """Who holds the lock, as `pid 4711 (web)`; empty when nobody says so."""
        try:
            return self.path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    def __enter__(self) -> FileLock:
        self.acquire(threading.TIMEOUT_MAX)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _try(self) -> int | None:
        fd = self._open()
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_still_at(fd, self.path):  # somebody removed the file between opening and locking
                os.close(fd)
                return None
        except BlockingIOError:
            os.close(fd)
            return None
        except OSError as error:
            os.close(fd)
            raise OSError(error.errno, f"The folder of {self.path} cannot hold locks: {error.strerror}.") from error
        self._sign(fd)
        return fd

    def _open(self) -> int:
        """Not inherited by programs that are started from here: Python opens files so."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            with contextlib.suppress(OSError):  # a folder that became read-only still holds the lock's file
                return os.open(self.path, os.O_RDONLY)
            raise OSError(
                error.errno,
                f"The lock {self.path} cannot be opened ({error.strerror}). "
                "Make its folder writable for the user that runs this program.",
            ) from error

    def _sign(self, fd: int) -> None:
        name = f"pid {os.getpid()}" + (f" ({self._role})" if self._role else "")
        with contextlib.suppress(OSError):  # on a full disk the lock holds without a name
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{name}\n".encode(), 0)

    def _forget(self) -> None:
        """In a forked child: the lock is the parent's, and lives for as long as any copy of its descriptor."""
        self._mutex = threading.Lock()
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def _is_still_at(fd: int, path: Path) -> bool:
    try:
        there = os.stat(path)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return False
        raise
    return os.path.samestat(os.fstat(fd), there)


def _forget_all() -> None:
    for lock in list(_all):
        lock._forget()


os.register_at_fork(after_in_child=_forget_all)
