"""The way in for the cloud's events. Whoever knows the secret is let in, and believed in nothing."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, jsonify, request
from flask_babel import gettext as _

from .access import by_secret, service
from .described import describes
from .errors import Refusal

if TYPE_CHECKING:
    from limits.strategies import MovingWindowRateLimiter

webhook = Blueprint("webhook", __name__)

LARGEST_EVENT = 16 * 1024  # bytes
EVENTS_A_MINUTE = 120
PLACE = "webhook_limiter"

log = logging.getLogger(__name__)


@webhook.post("/webhook/switchbot/<secret>")
@by_secret
@describes(
    "An event as the cloud sends it, up to 16 KB, of which 120 a minute are read; answered at once in any case.",
    {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]},
    refuses=[413],
)
def take(secret: str) -> Response:
    """200 at once. Beyond 120 a minute the rest goes unread; what is no event leaves no trace."""
    door = service().webhook
    if door is None or not door.knows(secret):
        raise Refusal(404)
    if _limiter().goes_on():
        if (request.content_length or 0) > LARGEST_EVENT:
            raise _too_large()
        content = request.stream.read(LARGEST_EVENT + 1)
        if len(content) > LARGEST_EVENT:
            raise _too_large()
        door.take(content)
    return jsonify({"status": "ok"})


def _too_large() -> Refusal:
    return Refusal(413, _("The event is larger than 16 KB."))


class _Limiter:
    """Counts what is read, in this process; of a flood the log says when it begins and when it is over."""

    def __init__(self, window: MovingWindowRateLimiter) -> None:
        from limits import RateLimitItemPerMinute

        self._window, self._most = window, RateLimitItemPerMinute(EVENTS_A_MINUTE)
        self._lock, self._flooded = threading.Lock(), False

    def goes_on(self) -> bool:
        """Counts one event and says whether it is read."""
        fits = self._window.hit(self._most, "webhook")
        with self._lock:
            changed, self._flooded = self._flooded is fits, not fits
        if changed and not fits:
            log.warning("[webhook] More than %d events came in a minute: the rest goes unread", EVENTS_A_MINUTE)
        elif changed:
            log.info("[webhook] The events are read again")
        return fits


def _limiter() -> _Limiter:
    found: _Limiter | None = current_app.extensions.get(PLACE)
    if found is None:
        from limits.storage import MemoryStorage  # slow to import, and most homes have no webhook
        from limits.strategies import MovingWindowRateLimiter

        found = current_app.extensions.setdefault(PLACE, _Limiter(MovingWindowRateLimiter(MemoryStorage())))
    return found
