from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, delete, func, select, text, update
from support.databases import a_database
from support.home_values import NOON, a_tick, an_order
from support.long_history import a_reading, write_history

from switchbot_dashboard.domain.chart import METRICS, Granularity, Series
from switchbot_dashboard.domain.record import Done, Fate, Record
from switchbot_dashboard.store import cleanup as cleanup_module
from switchbot_dashboard.store import rollups as rollups_module
from switchbot_dashboard.store.cleanup import Cleaned, cleaned
from switchbot_dashboard.store.codec import RECORD
from switchbot_dashboard.store.engine import open_engine, reading
from switchbot_dashboard.store.history import History
from switchbot_dashboard.store.migrate import migrate
from switchbot_dashboard.store.packed import packed, unpacked
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.rollups import rolled_up
from switchbot_dashboard.store.schema import records, rollups

PARIS = ZoneInfo("Europe/Paris")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
TEN_DAYS = START + 10 * DAY


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with a_database(tmp_path) as opened:
        yield opened


@pytest.fixture
def history(engine: Engine) -> History:
    return History(engine)


def save(engine: Engine, *kept: Record) -> None:
    for record in kept:
        Repository(engine).save(a_tick(record.at, record))


def count(engine: Engine, table: object = records) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar() or 0  # type: ignore[call-overload]


def drawn(
    history: History, start: datetime, end: datetime, granularity: Granularity, tz: ZoneInfo = PARIS, zone: str = "home"
) -> Series:
    return history.series(zone, start, end, granularity, list(METRICS), now=end, tz=tz)


def clean(engine: Engine, now: datetime, *, raw_days: float = 3, rollup_days: float = 400) -> Cleaned:
    return cleaned(
        engine,
        now,
        records_before=now - raw_days * DAY,
        rollups_before=now - rollup_days * DAY,
        calls_before=now - 30 * DAY,
    )


@pytest.mark.parametrize("tz", [PARIS, ZoneInfo("Asia/Kolkata")])
@pytest.mark.parametrize("granularity", [step for step in Granularity if step is not Granularity.RAW])
def test_averages_say_what_the_records_say(
    engine: Engine, history: History, granularity: Granularity, tz: ZoneInfo
) -> None:
    write_history(engine, START, 4, step=7 * MINUTE)
    end = START + 4 * DAY
    by_records = drawn(history, START, end, granularity, tz)
    rolled_up(engine, end - 90 * MINUTE)
    by_averages = drawn(history, START, end, granularity, tz)
    assert by_averages == by_records
    assert len(by_averages.times) > 3


def test_making_the_averages_again_changes_nothing(engine: Engine) -> None:
    write_history(engine, START, 3, step=5 * MINUTE)
    rolled_up(engine, START + 3 * DAY)
    with reading(engine) as connection:
        before = connection.execute(select(rollups)).all()
    rolled_up(engine, START + 3 * DAY)
    rolled_up(engine, START + 3 * DAY, since=START)
    with reading(engine) as connection:
        assert connection.execute(select(rollups)).all() == before
    assert len(before) == 3 * 24 * 13


def test_a_record_that_comes_late_is_drawn_at_once_and_averaged_with_the_next_run(
    engine: Engine, history: History
) -> None:
    write_history(engine, START, 5, step=HOUR)
    end = START + 5 * DAY
    rolled_up(engine, end)
    save(engine, a_reading(START + DAY + 30 * MINUTE, 300, step=30 * MINUTE))
    hot = drawn(history, START, end, Granularity.HOUR)
    assert hot.columns["temperature_max"].count(30.0) == 1
    rolled_up(engine, end)
    assert drawn(history, START, end, Granularity.HOUR) == hot


def test_a_record_that_was_rewritten_is_averaged_anew(engine: Engine, history: History) -> None:
    write_history(engine, START, 5, step=HOUR)
    end = START + 5 * DAY
    rolled_up(engine, end)
    for at, since in ((end - 3 * HOUR, None), (START + DAY, START)):
        with engine.begin() as connection:
            connection.execute(update(records).where(records.c.at == at).values(temperature=350))
        rolled_up(engine, end, since=since)
    assert drawn(history, START, end, Granularity.HOUR).columns["temperature_max"].count(35.0) == 2


def test_a_run_that_was_cut_short_is_made_good_by_the_next(
    engine: Engine, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_history(engine, START, 20, step=30 * MINUTE)
    end = START + 20 * DAY
    whole = drawn(history, START, end, Granularity.DAY)
    left, fold = iter(range(2)), rollups_module.fold
    with monkeypatch.context() as patched:
        patched.setattr(rollups_module, "fold", lambda *args: _die() if next(left, None) is None else fold(*args))
        with pytest.raises(RuntimeError):
            rolled_up(engine, end)
    assert 0 < count(engine, rollups) < 20 * 24 * 13
    assert drawn(history, START, end, Granularity.DAY) == whole
    rolled_up(engine, end)
    assert count(engine, rollups) == 20 * 24 * 13
    assert drawn(history, START, end, Granularity.DAY) == whole


def _die() -> dict[int, object]:
    raise RuntimeError("the power went out")


def test_an_outage_stays_a_gap_in_records_and_averages(engine: Engine, history: History) -> None:
    write_history(engine, START, 0.25)
    write_history(engine, START + DAY, 0.25)
    end = START + 2 * DAY
    rolled_up(engine, end)
    hours = drawn(history, START, end, Granularity.HOUR)
    assert hours.columns["temperature"][6:24] == [None] * 18
    assert len(hours.times) == 30
    raw = drawn(history, START, end, Granularity.RAW)
    assert raw.columns["temperature"].count(None) == 2


def test_a_failed_look_draws_no_temperature(engine: Engine, history: History) -> None:
    good = a_reading(START, step=10 * MINUTE)
    failed = replace(a_reading(START + 10 * MINUTE, step=10 * MINUTE), fresh=False)
    save(engine, good, failed)
    series = drawn(history, START, START + 20 * MINUTE, Granularity.RAW)
    assert series.columns["temperature"] == [20.5, None]
    assert series.columns["low"] == [20.0, 20.0]


def test_zones_are_kept_apart(engine: Engine, history: History) -> None:
    save(engine, a_reading(START, 200), a_reading(START, 300, zone="attic"))
    rolled_up(engine, START + HOUR)
    found = drawn(history, START, START + HOUR, Granularity.HOUR, zone="attic")
    assert found.columns["temperature"] == [30.0]
    assert history.zones() == ["attic", "home"]


def test_a_summary_of_any_length_is_the_sum_of_its_records(engine: Engine, history: History) -> None:
    write_history(engine, START, 3)
    now = START + 3 * DAY - 20 * MINUTE
    plain = [history.summary("home", now - hours * HOUR, now, now=now) for hours in (1, 7, 50)]
    rolled_up(engine, now)
    assert [history.summary("home", now - hours * HOUR, now, now=now) for hours in (1, 7, 50)] == plain
    assert [summary.totals.covered_ms / 3_600_000 for summary in plain] == [1, 7, 50]
    at_once = history.summary("home", now - HOUR, now, now=now).totals
    assert (at_once.calls, at_once.commands) == (60, 1)  # the window's end at 23:00


def test_old_records_go_once_they_are_averaged_and_the_chart_stays(engine: Engine, history: History) -> None:
    write_history(engine, START, 10, step=5 * MINUTE)
    before = drawn(history, START, TEN_DAYS, Granularity.HOUR)
    gone = clean(engine, TEN_DAYS)
    assert gone == Cleaned(records=7 * 288 - 1, rollups=0, calls=0)
    assert count(engine) == 3 * 288 + 1
    assert drawn(history, START, TEN_DAYS, Granularity.HOUR) == before


def test_averages_of_time_whose_records_went_are_never_made_again(engine: Engine, history: History) -> None:
    write_history(engine, START, 10, step=5 * MINUTE)
    clean(engine, TEN_DAYS)
    before = drawn(history, START, TEN_DAYS, Granularity.HOUR)
    rolled_up(engine, TEN_DAYS, since=START)
    save(engine, a_reading(START + DAY + MINUTE, 400))
    rolled_up(engine, TEN_DAYS)
    assert drawn(history, START, TEN_DAYS, Granularity.HOUR) == before


def test_a_clean_up_removes_nothing_that_could_not_be_averaged(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    write_history(engine, START, 10, step=HOUR)
    monkeypatch.setattr(cleanup_module, "rolled_up", lambda *_: 0)
    assert clean(engine, TEN_DAYS).records == 0
    monkeypatch.setattr(cleanup_module, "rolled_up", _fails)
    with pytest.raises(RuntimeError):
        clean(engine, TEN_DAYS)
    assert count(engine) == 240


def _fails(*_args: object) -> int:
    raise RuntimeError("the disk is full")


def test_old_averages_go_but_none_whose_records_are_kept(engine: Engine) -> None:
    write_history(engine, START, 10, step=HOUR)
    assert clean(engine, TEN_DAYS, rollup_days=5).rollups == 5 * 24 * 13
    assert clean(engine, TEN_DAYS, rollup_days=1).rollups == 2 * 24 * 13
    assert count(engine, rollups) == 3 * 24 * 13


def test_a_zone_that_is_no_more_leaves_no_record_behind(engine: Engine, history: History) -> None:
    write_history(engine, START, 1, step=HOUR, zone="attic")
    write_history(engine, START, 10, step=HOUR)
    clean(engine, TEN_DAYS)
    assert history.latest(zone="attic", before=None, limit=10) == []
    assert drawn(history, START, TEN_DAYS, Granularity.DAY, zone="attic").times


def test_the_history_goes_on_after_every_record_was_removed(engine: Engine, history: History) -> None:
    write_history(engine, START, 2, step=HOUR)
    clean(engine, TEN_DAYS)
    with engine.begin() as connection:
        connection.execute(delete(records))
    write_history(engine, TEN_DAYS, 1, step=HOUR)
    now = TEN_DAYS + DAY
    rolled_up(engine, now)
    assert len([value for value in drawn(history, START, now, Granularity.HOUR).columns["calls"] if value]) == 72


def test_a_clean_up_frees_pages_that_the_next_days_use(engine: Engine) -> None:
    write_history(engine, START, 6)
    clean(engine, START + 6 * DAY, raw_days=1)
    size = _pages(engine)
    for day in range(6, 10):
        write_history(engine, START + day * DAY, 1)
        clean(engine, START + (day + 1) * DAY, raw_days=1)
    assert _pages(engine) <= size * 1.02


def _pages(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("PRAGMA page_count")).scalar() or 0)


def test_a_month_of_records_a_minute_stays_small(engine: Engine) -> None:
    written = write_history(engine, START, 3)
    assert _pages(engine) * 4096 / written < 400


def test_marks_are_the_newest_ones_and_the_rest_is_counted(engine: Engine, history: History) -> None:
    done = Done(an_order(), Fate.DONE, an_order().steps[0], START)
    for minute in range(6):
        record = a_reading(START + minute * MINUTE)
        save(engine, replace(record, action=done if minute % 2 else None))
    marks, left_out = history.marks("home", START, START + HOUR, 2)
    assert [(mark.id, mark.mark, mark.turn) for mark in marks] == [(6, "command", "on"), (4, "command", "on")]
    assert left_out == 1
    assert history.marks("home", START, START + HOUR, 10)[1] == 0


def test_rows_for_an_export_come_oldest_first_and_whole(engine: Engine, history: History) -> None:
    write_history(engine, START, 2.5)
    write_history(engine, START, 0.1, zone="attic")
    found = list(history.rows(None, START, START + 2 * DAY))
    assert len({row.id for row in found}) == len(found) == 2 * 1440 + 144
    assert [row.at for row in found] == sorted(row.at for row in found)
    assert {row.zone for row in history.rows("attic", START, START + DAY)} == {"attic"}


def test_a_fine_chart_is_offered_only_while_its_records_are_kept(engine: Engine, history: History) -> None:
    write_history(engine, START, 10, step=10 * MINUTE)
    assert history.granularity("home", START, TEN_DAYS) is Granularity.RAW
    clean(engine, TEN_DAYS)
    assert history.granularity("home", START, TEN_DAYS) is Granularity.QUARTER
    assert history.granularity("home", TEN_DAYS - 2 * DAY, TEN_DAYS) is Granularity.RAW
    assert history.granularity("nowhere", START, TEN_DAYS) is Granularity.RAW


def test_a_chart_of_twenty_days_a_record_a_minute_is_quick(engine: Engine, history: History) -> None:
    write_history(engine, START, 20)
    end = START + 20 * DAY
    rolled_up(engine, end)
    began = datetime.now(UTC)
    for span in (HOUR, 6 * HOUR, DAY, 7 * DAY, 20 * DAY):
        granularity = history.granularity("home", end - span, end)
        assert 20 < len(drawn(history, end - span, end, granularity).times) <= 1500
        history.marks("home", end - span, end, 500)
    assert datetime.now(UTC) - began < timedelta(seconds=1.5)  # five ranges, 300 ms each


def test_a_body_is_small_and_comes_back_as_it_was(engine: Engine) -> None:
    record = replace(a_reading(NOON), id=1)
    save(engine, record)
    assert Queries(engine).record(1) == record
    with reading(engine) as connection:
        body = connection.execute(text("SELECT body FROM records")).scalar()
    assert isinstance(body, bytes)
    assert len(body) < 250
    assert unpacked(packed("{}")) == "{}"
    assert unpacked(b"\x01nonsense") == ""


def test_records_from_before_the_history_are_drawn_too(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    engine = open_engine(f"sqlite:///{tmp_path / 'home.db'}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrate.__code__.co_filename).parent / "migrations"))
        command.upgrade(config, "0001")
    record = a_reading(START, 215, heating=True, step=10 * MINUTE)
    insert = text(
        "INSERT INTO records (at, zone, trigger, outcome, mode, pace, inside_window, looked, temperature, humidity,"
        " power, ac_mode, calls, duration_ms, body) VALUES (:at, 'home', 'scheduler', 'no_action', 'in_window',"
        " 'table', 1, 1, 215, 45, 1, 5, 1, 12, :body)"
    )
    with engine.begin() as connection:
        connection.execute(insert, {"at": int(START.timestamp() * 1000), "body": RECORD.write(record)})
    migrate(engine)
    assert Queries(engine).record(1) == replace(record, id=1)
    series = drawn(History(engine), START, START + HOUR, Granularity.HOUR)
    assert (series.columns["temperature"], series.columns["heating"]) == ([21.5], [600.0])
    engine.dispose()


def test_a_summary_is_exact_within_five_minutes_while_records_are_kept(engine: Engine, history: History) -> None:
    write_history(engine, START, 10)
    rolled_up(engine, TEN_DAYS)
    start, end = START + DAY + 61 * MINUTE + timedelta(seconds=7), START + DAY + 63 * MINUTE
    short = history.summary("home", start, end, now=TEN_DAYS)
    assert (short.start, short.end, short.totals.covered_ms) == (start, end, 113_000)
    clean(engine, TEN_DAYS)
    wide = history.summary("home", start, end, now=TEN_DAYS)
    assert (wide.start, wide.end) == (START + DAY + HOUR, START + DAY + HOUR + 5 * MINUTE)
    assert wide.totals.covered_ms == 300_000
