"""The history through the API: columns, sums, rows, files, and what a request may get wrong."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from support.home_values import a_tick, an_order
from support.long_history import a_reading, write_history
from support.web_fakes import NOW, Home

from switchbot_dashboard.config import Config
from switchbot_dashboard.domain.chart import METRICS
from switchbot_dashboard.domain.record import Done, Fate
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.rollups import rolled_up
from switchbot_dashboard.store.schema import heart, records
from switchbot_dashboard.web import build_web
from switchbot_dashboard.web.history_view import harmless

DATA = "/history/api/data"


@pytest.fixture
def home() -> Home:
    home = Home()
    with home.engine.begin() as connection:
        connection.execute(heart.insert(), {"id": 1, "ticks_total": 0, "ticks_failed": 0, "serial": 0})
    write_history(home.engine, NOW - timedelta(days=3), 3)
    return home


@pytest.fixture
def client(home: Home) -> FlaskClient:
    return build_web(home.service()).test_client()


def got(client: FlaskClient, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json


def faults(client: FlaskClient, address: str) -> dict[str, str]:
    answer = client.get(address)
    assert answer.status_code == 422
    assert answer.json is not None
    assert list(answer.json) == ["error", "message", "fields"]
    return dict(answer.json["fields"])


def test_a_chart_gets_columns_of_one_length(client: FlaskClient) -> None:
    found = got(client, f"{DATA}?start=2026-03-02T10:00Z&end=2026-03-02T16:00:00Z")
    assert (found["granularity"], found["zone"], found["timezone"]) == ("raw", "home", "Europe/Paris")
    assert len(found["times"]) == 360
    assert found["times"][0] == datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp()
    columns = ("temperature", "humidity", "low", "high", "cold", "warm")
    assert {len(found[name]) for name in columns} == {360}
    assert (found["low"][0], found["high"][0], found["cold"][0], found["warm"][0]) == (20.0, 22.0, 19.7, 22.3)


def test_without_a_range_it_is_the_last_day(client: FlaskClient) -> None:
    found = got(client, DATA)
    assert (found["start"], found["end"]) == ("2026-03-01T16:46:00Z", "2026-03-02T16:46:00Z")
    assert len(found["times"]) == 1440


def test_windows_running_times_and_marks_come_with_the_columns(client: FlaskClient) -> None:
    found = got(client, f"{DATA}?start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z")
    morning, evening = (datetime(2026, 3, 1, hour, 30, tzinfo=UTC).timestamp() for hour in (6, 17))
    assert found["windows"] == [[morning, morning + 2 * 3600], [evening, evening + 5.5 * 3600]]  # as recorded
    assert [(part["doing"], part["seconds"]) for part in found["running"]] == [("heat", 7200), ("heat", 19800)]
    assert [(mark["kind"], mark["turn"]) for mark in found["marks"]] == [
        ("command", "on"),
        ("command", "off"),
        ("command", "on"),
        ("command", "off"),
    ]
    assert (found["marks_left_out"], found["windows_left_out"]) == (0, False)


def test_an_error_is_marked_with_its_record(home: Home, client: FlaskClient) -> None:
    order = an_order()
    failed = replace(
        a_reading(NOW - timedelta(seconds=30)),
        action=Done(order, Fate.FAILED, order.steps[0], NOW, (say("The hub is off."),)),
    )
    (written,) = Repository(home.engine).save(a_tick(failed.at, failed))
    mark = got(client, DATA)["marks"][-1]
    assert (mark["id"], mark["kind"], mark["turn"], mark["outcome"]) == (written.id, "failed", "on", "no_action")


def test_each_granularity_and_every_metric_can_be_asked_for(home: Home, client: FlaskClient) -> None:
    rolled_up(home.engine, NOW)
    metrics = ",".join(METRICS)
    lengths = {}
    for granularity in ("raw", "minute", "5min", "15min", "hour", "day"):
        found = got(client, f"{DATA}?granularity={granularity}&metrics={metrics}")
        assert found["granularity"] == granularity
        assert {len(found[name]) for name in METRICS} == {len(found["times"])}
        lengths[granularity] = len(found["times"])
    assert lengths == {"raw": 1440, "minute": 1440, "5min": 289, "15min": 97, "hour": 25, "day": 2}


def test_days_begin_at_midnight_at_home(client: FlaskClient) -> None:
    found = got(client, f"{DATA}?granularity=day&start=2026-03-01&end=2026-03-02")
    assert found["times"] == [datetime(2026, 2, 28, 23, tzinfo=UTC).timestamp()]
    assert found["windows_left_out"] is True


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("granularity=week", "granularity", "'week' is no granularity; there are raw, minute"),
        ("metrics=temperature,mood", "metrics", "'mood' is no metric; there are temperature"),
        ("start=yesterday", "start", "'yesterday' is not a date that can be used; write it like 2026-03-01"),
        ("end=2026-02-30", "end", "'2026-02-30' is not a date"),
        ("start=0001-01-01", "start", "is not a date that can be used"),
        ("end=9999-12-31T23:59:59-12:00", "end", "is not a date that can be used"),
        ("start=2026-03-02&end=2026-03-01", "start", "The start must be before the end."),
        ("start=2026-03-02&end=2026-03-02", "start", "The start must be before the end."),
        ("start=2015-01-01&end=2026-03-01", "start", "The range is longer than 10 years; choose a shorter one."),
        ("zone=cellar", "zone", "There is no zone called 'cellar'; there are: home."),
        ("granularity=minute&start=2025-01-01", "granularity", "more than 50 000 points of minute; 15min fits."),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(
    client: FlaskClient, query: str, field: str, words: str
) -> None:
    found = faults(client, f"{DATA}?{query}")
    assert list(found) == [field]
    assert words in found[field]


def test_all_faults_are_told_at_once_and_in_the_readers_language(client: FlaskClient) -> None:
    answer = client.get(f"{DATA}?start=x&metrics=y&zone=z", headers={"Accept-Language": "fr"})
    assert answer.json is not None
    assert set(answer.json["fields"]) == {"start", "metrics", "zone"}


def test_too_many_records_are_refused_by_naming_what_fits(
    home: Home, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["switchbot_dashboard.web.history_api"], "MOST_POINTS", 1000)
    found = faults(client, f"{DATA}?granularity=raw")
    assert found == {"granularity": "This range holds more than 1 000 points of raw; minute fits."}


@pytest.mark.parametrize("written", ["2026-03-02T12:00:00", "2026-03-02T11:00:00Z", "2026-03-02T12:00:00+01:00"])
def test_an_instant_may_be_written_on_the_homes_clock_or_with_an_offset(client: FlaskClient, written: str) -> None:
    assert got(client, f"{DATA}?start={written}")["start"] == "2026-03-02T11:00:00Z"


def test_sums_are_weighted_by_time(client: FlaskClient) -> None:
    found = got(client, "/history/api/aggregates?period_hours=24")
    assert (found["zone"], found["period_hours"], found["covered_minutes"]) == ("home", 24, 1440)
    assert found["minutes_on"] == found["minutes_heating"] == 450
    assert (found["starts"], found["commands"], found["calls"]) == (2, 4, 1440)
    assert found["temperature"]["min"] < found["temperature"]["mean"] < found["temperature"]["max"]
    assert 0 < found["in_band_share"] < 1


@pytest.mark.parametrize("hours", ["0", "-1", "many", "1000000"])
def test_a_period_out_of_bounds_is_refused(client: FlaskClient, hours: str) -> None:
    assert "whole number from 1" in faults(client, f"/history/api/aggregates?period_hours={hours}")["period_hours"]


def test_the_latest_records_are_a_list_newest_first(client: FlaskClient) -> None:
    found = got(client, "/history/api/latest?limit=2")
    assert [row["at"] for row in found] == ["2026-03-02T16:45:00Z", "2026-03-02T16:44:00Z"]
    assert found[0]["temperature"] == pytest.approx(20, abs=3)
    assert found[0]["doing"] == "off"
    older = got(client, f"/history/api/latest?limit=1&before={found[1]['id']}")
    assert older[0]["at"] == "2026-03-02T16:43:00Z"
    assert "limit" in faults(client, "/history/api/latest?limit=1001")


def test_an_export_has_a_header_and_every_record(client: FlaskClient) -> None:
    answer = client.get("/history/export.csv?start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z&zone=home")
    assert answer.mimetype == "text/csv"
    assert 'filename="history-home-2026-03-01-2026-03-02.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 1440
    assert (rows[0]["at"], rows[0]["zone"], rows[0]["inside_window"]) == ("2026-03-01T00:00:00Z", "home", "false")
    as_json = client.get("/history/export.json?start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z")
    told = json.loads(as_json.text)
    assert [row["at"] for row in told] == [row["at"] for row in rows]
    assert told[0]["temperature"] == float(rows[0]["temperature"])


def test_an_export_of_nothing_is_a_header_or_an_empty_list(client: FlaskClient) -> None:
    nothing = "start=2020-01-01&end=2020-01-02"
    assert client.get(f"/history/export.csv?{nothing}").text.startswith("at,zone,temperature")
    assert json.loads(client.get(f"/history/export.json?{nothing}").text) == []
    assert "start" in faults(client, "/history/export.csv?start=2020-01-02&end=2020-01-01")


def test_text_that_could_be_a_formula_is_quoted(home: Home, client: FlaskClient) -> None:
    with home.engine.begin() as connection:
        connection.execute(update(records).where(records.c.id == 1).values(error='=HYPERLINK("evil")', temperature=-32))
    rows = list(csv.DictReader(io.StringIO(client.get("/history/export.csv").text)))
    assert rows[0]["error"] == '\'=HYPERLINK("evil")'
    assert rows[0]["temperature"] == "-3.2"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", " =1"])
def test_a_formula_is_known_by_its_first_character(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_plain_text_and_numbers_stay_as_they_are() -> None:
    assert [harmless(value) for value in ("all well", -3.2, None, True, "a=b")] == [
        "all well",
        -3.2,
        None,
        "true",
        "a=b",
    ]


def test_a_home_without_records_draws_an_empty_chart() -> None:
    client = build_web(Home().service()).test_client()
    found = got(client, DATA)
    assert (found["times"], found["temperature"], found["marks"], found["running"]) == ([], [], [], [])
    sums = got(client, "/history/api/aggregates")
    assert (sums["temperature"]["mean"], sums["in_band_share"], sums["covered_minutes"]) == (None, None, 0)
    assert got(client, "/history/api/latest") == []


def test_the_history_is_for_those_who_are_let_in() -> None:
    home = Home(config=Config(token="T" * 40, secret="S" * 40, dashboard_password="a long password"))
    client = build_web(home.service()).test_client()
    for address in (DATA, "/history/api/aggregates", "/history/api/latest", "/history/export.csv"):
        answer = client.get(address)
        assert answer.status_code == 401, address
        assert answer.json is not None
    assert build_web(Home().service()).test_client().post(DATA).status_code == 405


def test_windows_to_come_are_those_of_the_settings_and_join_what_was_recorded(client: FlaskClient) -> None:
    found = got(client, f"{DATA}?start=2026-03-02T12:00:00Z&end=2026-03-03T12:00:00Z")
    opens, closes = NOW.timestamp(), datetime(2026, 3, 2, 22, tzinfo=UTC).timestamp()
    assert found["windows"] == [[opens, closes]]  # nothing open was recorded; by the settings it is, from now to 23:00
    assert got(client, f"{DATA}?granularity=day")["windows_left_out"]
