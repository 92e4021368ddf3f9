"""Log lines: text for people, JSON for machines."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

OTHERS = ("gunicorn.error", "gunicorn.access", "werkzeug")  # servers, which name the addresses they are asked for
SECRET_PATH = re.compile(r"(webhook(?:/|%2f)+switchbot(?:/|%2f)+)[^\s\"'<>]+", re.IGNORECASE)


class Discreet(logging.Filter):
    """Leaves the webhook's secret out of every line, whoever writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if SECRET_PATH.search(text):
            record.msg, record.args = SECRET_PATH.sub(r"\1…", text), ()
        return True


class JsonLines(logging.Formatter):
    """One JSON object a line: `at` (UTC), `level`, `logger`, `message`, and `trace` where something was raised."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up_logs(level: str, form: str) -> None:
    """Send this package's lines to standard error in `form`, `text` or `json`; a second call replaces the first."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s")
    handler.setFormatter(JsonLines() if form == "json" else text)
    handler.addFilter(Discreet())
    for name in OTHERS:
        _make_discreet(logging.getLogger(name))
    ours = logging.getLogger("switchbot_dashboard")
    for old in list(ours.handlers):
        ours.removeHandler(old)
    ours.addHandler(handler)
    ours.setLevel(level.upper())


def _make_discreet(logger: logging.Logger) -> None:
    if not any(isinstance(one, Discreet) for one in logger.filters):
        logger.addFilter(Discreet())
