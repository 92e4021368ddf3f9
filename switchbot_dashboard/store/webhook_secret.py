"""The webhook's secret: 32 random bytes, as text, in a file of the data folder that its owner alone can read."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from pathlib import Path

from .atomic import Signature, signature

SECRET_FILE = "webhook.secret"
RANDOM_BYTES = 32
SHORTEST = 32  # characters; a file that holds less was not made here, and opens nothing


def new_secret() -> str:
    """A secret that fits into an address."""
    return secrets.token_urlsafe(RANDOM_BYTES)


class WebhookSecret:
    """The secret as the file has it now: a new one of another process counts at once. None: nothing is let in."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SECRET_FILE
        self._known: tuple[Signature | None, str | None] = (None, None)

    @property
    def current(self) -> str | None:
        """The secret, None while there is none or the file cannot be read."""
        try:
            now = signature(self._path)
            if now != self._known[0]:
                self._known = (now, self._read() if now is not None else None)
        except (OSError, ValueError):
            self._known = (None, None)
        return self._known[1]

    def matches(self, text: str) -> bool:
        """Whether a text is the secret. How long the answer takes tells nothing of it."""
        wanted = self.current
        same = hmac.compare_digest(text.encode("utf-8", "replace"), (wanted or new_secret()).encode())
        return same and wanted is not None

    def ensured(self) -> str:
        """The secret, made now if there is none. OSError when the folder cannot be written."""
        if self.current is None:
            self.put(new_secret())
        made = self.current
        assert made is not None
        return made

    def put(self, secret: str) -> None:
        """Let this be the secret from now on. Written aside and put into place, so that nobody reads half of one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_name(f"{SECRET_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secret + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, self._path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise

    def forget(self) -> None:
        """From now on nothing is let in."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

    def _read(self) -> str | None:
        text = self._path.read_text(encoding="ascii").strip()
        return text if len(text) >= SHORTEST else None
