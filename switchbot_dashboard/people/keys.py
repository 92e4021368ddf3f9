"""The one key from which all others are derived: given by SECRETS_KEY, or made once and kept in the data folder."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
from pathlib import Path

KEY_FILE = "secrets.key"

log = logging.getLogger(__name__)


def master_key(given: str, data_dir: Path) -> str:
    """The key given, or the one kept in the data folder (mode 0600), made there at the first call.

    Where the folder cannot be written, a key that lasts as long as the process, with a warning: sessions then end
    with it.
    """
    if given:
        return given
    path = data_dir / KEY_FILE
    try:
        return _kept(path) or _made(path)
    except OSError as error:
        log.warning("[people] No key can be kept in %s (%s): sessions end with this process", path, error.strerror)
        return secrets.token_urlsafe(32)


def derived_key(master: str, purpose: str) -> bytes:
    """32 bytes for one purpose; keys of different purposes tell nothing of each other."""
    return hmac.digest(master.encode(), f"switchbot-dashboard/{purpose}".encode(), hashlib.sha256)


def _kept(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def _made(path: Path) -> str:
    """Written aside and linked into place, so that of two processes one wins and none reads half a key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    return _kept(path)
