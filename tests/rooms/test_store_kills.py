"""What a process that dies in the middle of writing leaves behind."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from support.databases import a_database

from switchbot_dashboard.store.engine import reading
from switchbot_dashboard.store.queries import Queries

TESTS = Path(__file__).parents[1]

SAVE = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from datetime import timedelta
from support.home_values import NOON, a_record, a_tick, an_order
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.repository import Repository
repository = Repository(open_engine(sys.argv[1]))
print("begun", flush=True)
number = 0
while True:
    number += 1
    order = an_order(f"{{sys.argv[2]}}-{{number}}")
    repository.intend([order], [])
    repository.save(a_tick(NOON, a_record(order=order), a_record("attic"), closed=(order.id,)))
"""

STOP_INSIDE = f"""
import os, signal, sys
sys.path.insert(0, {str(TESTS)!r})
from sqlalchemy import event
from support.home_values import NOON, a_record, a_tick, an_order
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.repository import Repository
engine = open_engine(sys.argv[1])
repository = Repository(engine)
order = an_order()
repository.intend([order], [])
seen = 0
def die(*_):
    global seen
    if seen == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    seen += 1
event.listen(engine, "after_cursor_execute", die)
event.listen(engine, "commit", die)
repository.save(a_tick(NOON, a_record(order=order), closed=(order.id,)))
"""

WRITE_SETTINGS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from switchbot_dashboard.store.settings_file import SettingsFile
file = SettingsFile(sys.argv[1], Path(sys.argv[2]), lambda: datetime.now(UTC))
print("begun", flush=True)
while True:
    for number in range(15, 1000):
        file.patch({"poll_interval_seconds": number, "filler": "x" * number * 20})
"""


def killed_in_the_middle(program: str, *arguments: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(random.uniform(0.005, 0.05))
    process.kill()
    process.communicate(timeout=10)


def test_a_killed_save_leaves_whole_ticks_only(tmp_path: Path) -> None:
    with a_database(tmp_path) as engine:
        for number in range(10):
            killed_in_the_middle(SAVE, str(engine.url), str(number))
            with reading(engine) as connection:
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
                records = connection.execute(text("SELECT count(*) FROM records")).scalar()
                done = connection.execute(text("SELECT count(*) FROM orders WHERE status = 'done'")).scalar()
            ticks = Queries(engine).pulse().ticks_total
            assert (records, done) == (2 * ticks, ticks)
        assert ticks > 0


@pytest.mark.parametrize("statement", range(7))
def test_a_save_that_dies_at_any_statement_leaves_its_order_open(tmp_path: Path, statement: int) -> None:
    with a_database(tmp_path) as engine:
        process = subprocess.run([sys.executable, "-c", STOP_INSIDE, str(engine.url), str(statement)], timeout=60)
        died = process.returncode == -9
        with reading(engine) as connection:
            assert connection.execute(text("SELECT status FROM orders")).scalar() == ("open" if died else "done")
            assert connection.execute(text("SELECT count(*) FROM records")).scalar() == (0 if died else 1)
        assert died == (statement < 6)


def test_a_killed_settings_write_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path, backups = tmp_path / "settings.json", tmp_path / "backups"
    for _ in range(10):
        killed_in_the_middle(WRITE_SETTINGS, str(path), str(backups))
        written = json.loads(path.read_text())
        assert "filler" not in written or len(written["filler"]) == 20 * written["poll_interval_seconds"]
    assert {entry.name for entry in tmp_path.iterdir()} <= {"settings.json", "backups", ".settings.json.new"}
    for copy in backups.glob("settings-*.json"):
        json.loads(copy.read_text())
