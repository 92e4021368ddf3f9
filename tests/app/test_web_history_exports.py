"""Exports: every record while it is kept, averages beyond and where asked for, and a column that says which."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from support.long_history import write_history
from support.web_fakes import NOW, Home

from switchbot_dashboard.store.cleanup import cleaned
from switchbot_dashboard.store.rollups import rolled_up
from switchbot_dashboard.store.schema import heart
from switchbot_dashboard.web import build_web

DAY = timedelta(days=1)


@pytest.fixture
def client() -> FlaskClient:
    """Five days of minutes, of which the records of the last two are kept."""
    home = Home()
    with home.engine.begin() as connection:
        connection.execute(heart.insert(), {"id": 1, "ticks_total": 0, "ticks_failed": 0, "serial": 0})
    write_history(home.engine, NOW - 5 * DAY, 5)
    rolled_up(home.engine, NOW)
    before = {"rollups_before": NOW - 400 * DAY, "calls_before": NOW - 30 * DAY}
    cleaned(home.engine, NOW, records_before=NOW - 2 * DAY, **before)
    return build_web(home.service()).test_client()


def rows(client: FlaskClient, query: str) -> list[dict[str, Any]]:
    answer = client.get(f"/history/export.json?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json
    return found


def test_beyond_the_days_of_records_an_export_goes_on_with_averages(client: FlaskClient) -> None:
    found = rows(client, "start=2026-02-25&end=2026-03-03")
    kinds = Counter(row["granularity"] for row in found)
    assert set(kinds) == {"raw", "5min"}
    assert kinds["5min"] > 2.9 * 288
    assert kinds["raw"] >= 2 * 1440
    assert [row["at"] for row in found] == sorted(row["at"] for row in found)
    step = next(row for row in found if row["granularity"] == "5min")
    assert (step["outcome"], step["id"], step["zone"]) == (None, None, "home")
    assert step["temperature_min"] <= step["temperature"] <= step["temperature_max"]
    assert next(row for row in found if row["granularity"] == "raw")["outcome"] is not None


@pytest.mark.parametrize(("granularity", "many"), [("hour", 24), ("15min", 96), ("5min", 288), ("minute", 1440)])
def test_averages_can_be_asked_for(client: FlaskClient, granularity: str, many: int) -> None:
    found = rows(client, f"start=2026-03-01T12:00Z&end=2026-03-02T12:00Z&granularity={granularity}")
    assert {row["granularity"] for row in found} == {granularity}
    assert len(found) == many


def test_days_are_those_of_the_home_and_none_stands_twice(client: FlaskClient) -> None:
    found = rows(client, "start=2026-02-26&end=2026-03-02&granularity=day")
    assert [row["at"] for row in found] == [f"2026-02-{day}T23:00:00Z" for day in (25, 26, 27, 28)]


def test_records_alone_can_be_asked_for(client: FlaskClient) -> None:
    assert {row["granularity"] for row in rows(client, "start=2026-02-25&granularity=raw")} == {"raw"}


def test_the_table_file_says_the_same(client: FlaskClient) -> None:
    text = client.get("/history/export.csv?start=2026-02-25&end=2026-03-03").text
    table = list(csv.DictReader(io.StringIO(text)))
    told = rows(client, "start=2026-02-25&end=2026-03-03")
    assert len(table) == len(told)
    assert [row["granularity"] for row in table] == [row["granularity"] for row in told]


def test_an_unknown_granularity_is_told_at_its_field(client: FlaskClient) -> None:
    answer = client.get("/history/export.csv?granularity=weekly")
    assert answer.status_code == 422
    assert "there are raw" in answer.json["fields"]["granularity"]
