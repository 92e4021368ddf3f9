"""How a call proves who sends it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def headers(token: str, secret: str, now: datetime, nonce: str) -> dict[str, str]:
    """The headers that sign one try. Method, path and body are not signed, so a fresh nonce belongs to each try."""
    stamp = str((now - EPOCH) // timedelta(milliseconds=1))
    digest = hmac.new(secret.encode(), f"{token}{stamp}{nonce}".encode(), hashlib.sha256).digest()
    return {"Authorization": token, "t": stamp, "nonce": nonce, "sign": base64.b64encode(digest).decode()}
