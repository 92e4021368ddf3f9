"""Accelerated days: the real cloud adapter over HTTP, the real database, and a clock that jumps from wake to wake."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.account import Account
from support.cloud_faults import METER, Fault, code, drop, hang, http, raw, reading, truncated
from support.pretend import at
from support.standin import AIRCON, SCENE, StandIn

from switchbot_dashboard.domain.record import Mode, Outcome, Record

EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
HEAT = "setAll 23,5,3,on"


def windows(*spans: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"days": EVERY_DAY, "start": start, "end": end} for start, end in spans]


TWO_WINDOWS = windows(("06:30", "08:30"), ("17:30", "23:00"))
EDGES = [at(f"2026-01-05 {wall}") for wall in ("06:30", "08:30", "17:30", "23:00")]
TABLE = {"poll_interval_seconds": 120, "idle_poll_interval_seconds": 600, "poll_warmup_minutes": 15}


@pytest.fixture
def cloud() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        stand_in.status["METER2"] = {"deviceId": "METER2", "temperature": 19.0, "humidity": 45, "battery": 100}
        stand_in.remotes["02-AC2"] = "Air Conditioner"
        yield stand_in


def every(seconds: int, start: str, end: str) -> list[datetime]:
    """Instants from `start`, included, to `end`, excluded, on 5 January."""
    first, last = at(f"2026-01-05 {start}"), at(f"2026-01-05 {end}")
    return [first + timedelta(seconds=nth) for nth in range(0, int((last - first).total_seconds()), seconds)]


def by_zone(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        found[record.zone].append(record)
    return found


def assert_no_wake_is_missed_or_doubled(records: Sequence[Record], until: datetime, late: timedelta) -> None:
    """Each zone is served once at each of its wakes; `late` is how long the commands of others may hold it up."""
    for zone, mine in by_zone(records).items():
        for before, after in pairwise(mine):
            assert after.at > before.at, f"{zone} was served twice at {after.at}"
            assert before.wake.at <= after.at <= before.wake.at + late, f"{zone}: the wake of {before.at}"
        assert mine[-1].wake.at >= until


def test_the_intervals_of_a_day_are_those_of_the_table_to_the_second(cloud, tmp_path: Path):
    with Account(cloud, tmp_path, "2026-01-05 00:00", time_windows=TWO_WINDOWS, **TABLE) as home:
        records = home.walk("2026-01-06 00:00")
    assert [record.at for record in records] == [
        *every(600, "00:00", "06:15"),
        *every(120, "06:15", "06:30"),
        at("2026-01-05 06:29:30"),  # the reading ahead of the start
        *every(120, "06:30", "08:30"),
        *every(600, "08:30", "17:15"),
        *every(120, "17:15", "17:30"),
        at("2026-01-05 17:29:30"),
        *every(120, "17:30", "23:00"),
        *every(600, "23:00", "23:59"),
    ]
    assert_no_wake_is_missed_or_doubled(records, at("2026-01-06 00:00"), timedelta(0))
    unread = {record.at for record in records if not record.looked}
    assert unread == {EDGES[0], EDGES[2]}  # a start has its reading already


def test_without_adaptive_polling_one_interval_holds_all_day(cloud, tmp_path: Path):
    keys = TABLE | {"time_windows": TWO_WINDOWS, "adaptive_polling_enabled": False, "poll_interval_seconds": 1800}
    with Account(cloud, tmp_path, "2026-01-05 00:00", **keys) as home:
        records = home.walk("2026-01-06 00:00")
    assert {record.wake.mode for record in records} == {Mode.FIXED}
    assert set(EDGES) <= {record.at for record in records}
    looks = [record.at for record in records if record.looked]
    other = [after for before, after in pairwise(looks) if after - before != timedelta(minutes=30)]
    assert other == [at("2026-01-05 06:29:30")]  # the reading ahead of a start; from there it goes on


def mode_by_the_table(now: datetime) -> Mode:
    for opens, closes in ((EDGES[0], EDGES[1]), (EDGES[2], EDGES[3])):
        if opens - timedelta(minutes=15) <= now < opens:
            return Mode.WARMUP
        if opens <= now < closes:
            return Mode.IN_WINDOW
        if closes <= now < closes + timedelta(seconds=45):
            return Mode.PENDING_OFF_REPEAT
    return Mode.IDLE


def test_every_mode_occurs_where_the_table_says(cloud, tmp_path: Path):
    cloud.status[METER]["temperature"] = 19.0
    zones = [
        {"id": "home", "off_repeat_count": 2, "off_repeat_interval_seconds": 45},
        {"id": "attic", "automation_enabled": False, "meter_device_id": "METER2"},
        {"id": "cellar", "time_windows": [], "meter_device_id": "METER2"},
    ]
    with Account(cloud, tmp_path, "2026-01-05 06:00", zones=zones, time_windows=TWO_WINDOWS, **TABLE) as home:
        records = by_zone(home.walk("2026-01-06 00:00"))
    seen = [(record.at, record.wake.mode) for record in records["home"][1:]]  # the very first off has a repeat, too
    assert seen[1:] == [(when, mode_by_the_table(when)) for when, _ in seen[1:]]
    assert {mode for _, mode in seen} == {Mode.WARMUP, Mode.IN_WINDOW, Mode.PENDING_OFF_REPEAT, Mode.IDLE}
    for zone, mode in (("attic", Mode.AUTOMATION_DISABLED), ("cellar", Mode.NO_WINDOWS)):
        assert {record.wake.mode for record in records[zone]} == {mode}
        assert {record.wake.interval_seconds for record in records[zone]} == {600}
        assert not any(record.action for record in records[zone])


def test_the_first_command_after_each_edge_carries_its_very_instant(cloud, tmp_path: Path):
    cloud.status[METER]["temperature"] = 19.0
    with Account(cloud, tmp_path, "2026-01-05 06:00", time_windows=TWO_WINDOWS, **TABLE) as home:
        records = home.walk("2026-01-06 00:00")
        assert [command for command in home.commands if command[0] >= EDGES[0]] == [
            (EDGES[0], AIRCON, HEAT),
            (EDGES[1], AIRCON, "turnOff"),
            (EDGES[2], AIRCON, HEAT),
            (EDGES[3], AIRCON, "turnOff"),
        ]
        assert sum(home.ledger.values()) == len(cloud.seen()) == sum(record.calls for record in records) + 2


def test_two_zones_keep_their_own_edges_and_share_one_a_second_apart(cloud, tmp_path: Path):
    cloud.status[METER]["temperature"] = 19.0
    zones = [
        {"id": "home", "time_windows": windows(("06:30", "08:30"), ("20:00", "22:00"))},
        {
            "id": "attic",
            "meter_device_id": "METER2",
            "aircon_device_id": "02-AC2",
            "time_windows": windows(("08:30", "12:00"), ("18:00", "20:00")),
        },
    ]
    with Account(cloud, tmp_path, "2026-01-05 06:00", zones=zones, **TABLE) as home:
        records = home.walk("2026-01-06 00:00")
        commands = [command for command in home.commands if command[0] >= at("2026-01-05 06:30")]
    assert commands == [
        (at("2026-01-05 06:30"), AIRCON, HEAT),
        (at("2026-01-05 08:30"), AIRCON, "turnOff"),
        (at("2026-01-05 08:30:01"), "02-AC2", HEAT),
        (at("2026-01-05 12:00"), "02-AC2", "turnOff"),
        (at("2026-01-05 18:00"), "02-AC2", HEAT),
        (at("2026-01-05 20:00"), "02-AC2", "turnOff"),
        (at("2026-01-05 20:00:01"), AIRCON, HEAT),
        (at("2026-01-05 22:00"), AIRCON, "turnOff"),
    ]
    assert_no_wake_is_missed_or_doubled(records, at("2026-01-06 00:00"), timedelta(seconds=1))


@pytest.mark.parametrize(
    ("evening", "night", "edges"),
    [
        # 02:30 does not exist: the window closes as the clocks leap
        (
            "2026-03-28 21:00",
            ("01:30", "02:30"),
            ["2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 04:30", "2026-03-29 06:30"],
        ),
        # 02:30 and 02:45 come twice: from the first to the last
        (
            "2026-10-24 21:00",
            ("02:30", "02:45"),
            ["2026-10-25 00:30", "2026-10-25 01:45", "2026-10-25 05:30", "2026-10-25 07:30"],
        ),
    ],
)
def test_on_the_day_of_a_clock_change_every_edge_is_exact(cloud, tmp_path: Path, evening, night, edges):
    cloud.status[METER]["temperature"] = 19.0
    keys = TABLE | {"timezone": "Europe/Paris", "time_windows": windows(night, ("06:30", "08:30"))}
    with Account(cloud, tmp_path, evening, **keys) as home:
        ends = (at(evening) + timedelta(hours=14)).strftime("%Y-%m-%d %H:%M")
        records = home.walk(ends)
        commands = [(when, what) for when, _, what in home.commands if when >= at(edges[0])]
    assert commands == [(at(edge), (HEAT, "turnOff")[nth % 2]) for nth, edge in enumerate(edges)]
    assert_no_wake_is_missed_or_doubled(records, at(ends), timedelta(0))


FAULTS: list[Fault] = [
    hang(),
    drop(),
    http(500),
    http(503, ""),
    http(403, '{"message":"Forbidden"}'),
    http(429, "slow down", Retry_After="20"),
    code(161),
    code(171),
    code(190, "inner"),
    code(300),
    raw(""),
    raw("<html>"),
    raw('{"statusCode":100,"message":"success"}'),
    truncated(),
    reading('"21.5"'),
    reading("NaN"),
    reading("200"),
    reading("0", "0", "0"),
]
NONSENSE = {Outcome.INVALID_TEMPERATURE, Outcome.STALE_READING, Outcome.API_ERROR, Outcome.QUOTA_EXHAUSTED}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_with_faults_in_one_of_twenty_calls_leaves_a_record_at_every_wake(cloud, tmp_path: Path, seed):
    chance = random.Random(seed)
    cloud.status[METER]["temperature"] = 19.0
    zones = [
        {"id": "home", "aircon_scenes": {"winter": SCENE}, "off_repeat_count": 2},
        {"id": "attic", "meter_device_id": "METER2", "aircon_device_id": "02-AC2", "fan_mode_during_window": True},
    ]

    def trouble() -> None:
        cloud.heal()
        for meter in (METER, "METER2"):
            cloud.status[meter]["temperature"] = round(chance.uniform(18.5, 23.5), 1)
        if chance.random() < 0.05 * 2:  # two zones: about two calls a wake
            cloud.misbehave(
                chance.choice(["*", "status", "commands"]), chance.choice(FAULTS), times=chance.choice([1, 3])
            )

    keys = TABLE | {"time_windows": TWO_WINDOWS, "zones": zones, "timeout": 0.15, "poll_interval_seconds": 240}
    with Account(cloud, tmp_path, "2026-01-05 05:00", **keys) as home:
        records = home.walk("2026-01-06 00:00", trouble)
        assert home.queries.pulse().ticks_failed > 3
        assert_no_wake_is_missed_or_doubled(records, at("2026-01-06 00:00"), timedelta(seconds=10))
        assert len(records) == len(home.queries.records(limit=5000))
        assert sum(home.ledger.values()) == len(cloud.seen())
        offs = {when for when, _, what in home.commands if what == "turnOff"}
    assert {EDGES[1], EDGES[3]} <= offs
    for record in records:
        if record.trouble is not None and record.trouble.outcome is not Outcome.API_ERROR:
            assert record.action is None, f"a command at {record.at} on {record.trouble.sentence}"
