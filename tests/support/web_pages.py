"""A home whose memory also answers what the pages beside the first one ask, and the fixtures of its visitors.

Every test in `tests/app` may ask for `home`, `app` and `client`; one that needs another home names its own `home`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support.web_fakes import NOW, Home, Memory, a_record

from switchbot_dashboard.domain.history import Totals
from switchbot_dashboard.domain.record import Call, Record
from switchbot_dashboard.web import build_web

HOUR = round(NOW.timestamp()) // 3600


@dataclass(frozen=True)
class Summed:
    """What a time adds up to."""

    start: datetime
    end: datetime
    totals: Totals


@dataclass
class Past:
    """A history that always adds up to the same."""

    totals: Totals = field(default_factory=Totals)
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def summary(self, zone: str, start: datetime, end: datetime, *, now: datetime) -> Summed:
        self.asked.append((zone, start, end))
        return Summed(start, end, self.totals)


@dataclass
class PagesMemory(Memory):
    """Records by their ids, and a ledger."""

    ledger: Sequence[Call] = (Call(HOUR, "read", "status", 40), Call(HOUR - 1, "command", "commands", 2))
    by_day: Mapping[date, Mapping[str, int]] = field(
        default_factory=lambda: {NOW.date(): {"read": 40, "command": 2}, NOW.date() - timedelta(days=1): {"read": 900}}
    )
    history: Any = field(default_factory=Past)

    def record(self, record_id: int) -> Record | None:
        return next((record for record in self.kept if record.id == record_id), None)

    def beside(self, record_id: int, zone: str) -> tuple[int | None, int | None]:
        ids = sorted(record.id for record in self.kept if record.id is not None and record.zone == zone)
        before = [each for each in ids if each < record_id]
        after = [each for each in ids if each > record_id]
        return (before[-1] if before else None, after[0] if after else None)

    def acted(self, limit: int) -> Sequence[Record]:
        return [record for record in self.kept if record.action is not None][:limit]

    def calls_by_hour(self, since: datetime) -> Sequence[Call]:
        return self.ledger

    def calls_by_day(self, since: datetime) -> Mapping[date, Mapping[str, int]]:
        return self.by_day


def a_home(**settings: Any) -> Home:
    """A home with such a memory; `settings` are stated in its file."""
    home = Home(memory=PagesMemory())
    home.desk.document.update(settings)
    return home


@pytest.fixture
def home() -> Home:
    """The home that the application shows; tell it what to say."""
    return a_home()


@pytest.fixture
def app(home: Home) -> Flask:
    """The pages and the API of that home."""
    return build_web(home.service())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor of that home."""
    return app.test_client()


def client_of(home: Home) -> FlaskClient:
    """A visitor of the home."""
    return build_web(home.service()).test_client()


def text_of(client: FlaskClient, path: str, **headers: str) -> str:
    """A page's text with its spaces made one; it must be there."""
    answer = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(answer.text).replace("\u202f", " ").replace("\u00a0", " ").split())


def records(many: int, **changes: Any) -> list[Record]:
    """Records, the newest first, with ids that fall."""
    return [replace(a_record(number), id=many + 1 - number, **changes) for number in range(1, many + 1)]
