"""All that is kept in one file, and back again: consistent under writers, and nothing that was due is sent after it."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, func, insert, select, update
from support.home_values import a_tick

from switchbot_dashboard.cli import main
from switchbot_dashboard.store.backup import DATABASE, MANIFEST, copy_database
from switchbot_dashboard.store.engine import open_engine, reading
from switchbot_dashboard.store.lock import FileLock
from switchbot_dashboard.store.migrate import migrate
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.reports import ReportRows
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.schema import heart, records, users
from switchbot_dashboard.store.schema_people import deliveries, messages, reminder_steps, reminders, weekly_reports

NOW = datetime.now(UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Home:
    """A data folder with a database, and the commands on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data, self.settings = folder, folder / "data", folder / "settings.json"
        self.database = self.data / "switchbot.db"
        self.file = folder / "backup.tar.gz"
        self.settings.write_text('{"automation_enabled": true, "mine": 1}\n', encoding="utf-8")
        self.engine = open_engine(f"sqlite:///{self.database}")
        migrate(self.engine)

    def run(self, *arguments: str, **env: str) -> Result:
        there = {"SWITCHBOT_DATA_DIR": str(self.data), "SWITCHBOT_SETTINGS_PATH": str(self.settings), **env}
        clean = dict.fromkeys(("DATABASE_URL", "SECRETS_KEY", "SWITCHBOT_TOKEN", "SWITCHBOT_SECRET"))
        return CliRunner().invoke(main, list(arguments), env={**clean, **there}, catch_exceptions=False)

    def backup(self) -> Result:
        return self.run("backup", str(self.file))

    def restore(self) -> Result:
        return self.run("restore", str(self.file))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.engine.dispose()


def put(engine: Engine, table: Any, **row: Any) -> int:
    with engine.begin() as connection:
        return int(connection.execute(insert(table), row).inserted_primary_key[0])


def a_user(engine: Engine) -> int:
    row = {"name": "ada", "role": "admin", "session_version": 1, "created_at": NOW - 90 * DAY}
    return put(engine, users, **row)


def a_message(engine: Engine, user: int, at: datetime, status: str = "pending") -> int:
    row = {"key": f"{at}{status}", "recipient_id": user, "author": "", "title": "t", "body": "b", "kind": "system"}
    more = {"priority": "normal", "breaks_quiet": False, "related_type": "", "related_id": "", "data": "{}"}
    found = put(engine, messages, **row, **more, scheduled_at=at, created_at=at - DAY, status=status)
    leg = {"message_id": found, "channel": "bell", "key": f"d{at}{status}", "status": status, "due_at": at}
    put(engine, deliveries, **leg, tries=0, resent=False)
    return found


def statuses(engine: Engine) -> dict[int, str]:
    with reading(engine) as connection:
        return {row.id: row.status for row in connection.execute(select(messages.c.id, messages.c.status))}


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(records)).scalar() or 0


def test_what_was_backed_up_comes_back_and_what_stood_here_is_kept(home: Home) -> None:
    Repository(home.engine).save(a_tick(NOW - HOUR))
    said = home.backup()
    assert said.exit_code == 0
    assert "SECRETS_KEY, or secrets.key in the data folder) is not in it" in said.output
    Repository(home.engine).save(a_tick(NOW))
    home.settings.write_text("{}", encoding="utf-8")
    said = home.restore()
    assert said.exit_code == 0, said.output
    assert count(home.engine) == 1
    assert json.loads(home.settings.read_text(encoding="utf-8"))["mine"] == 1
    kept = next((home.data / "backups").glob("before-restore-*.tar.gz"))
    assert str(kept) in said.output
    assert home.run("restore", str(kept)).exit_code == 0
    assert (count(home.engine), home.settings.read_text(encoding="utf-8")) == (2, "{}")


def test_a_backup_holds_no_key_and_is_for_its_owner_alone(home: Home) -> None:
    (home.data / "secrets.key").write_text("the-key-of-the-house", encoding="ascii")
    (home.data / "webhook.secret").write_text("the-secret-address", encoding="ascii")
    home.backup()
    with tarfile.open(home.file) as archive:
        assert set(archive.getnames()) == {MANIFEST, "settings.json", DATABASE}
        content = b"".join(archive.extractfile(name).read() for name in archive.getnames())  # type: ignore[union-attr]
    assert b"the-key-of-the-house" not in content
    assert b"the-secret-address" not in content
    assert home.file.stat().st_mode & 0o777 == 0o600


def test_a_backup_under_writers_is_one_moment(home: Home) -> None:
    """Each writer's transaction moves two numbers together; a copy from between them would show."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            Repository(home.engine).save(a_tick(NOW))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            assert home.backup().exit_code == 0
            copy = home.folder / "copy.db"
            with tarfile.open(home.file) as archive:
                copy.write_bytes(archive.extractfile(DATABASE).read())  # type: ignore[union-attr]
            engine = open_engine(f"sqlite:///{copy}")
            assert count(engine) == Queries(engine).pulse().ticks_total
            engine.dispose()
            for beside in home.folder.glob("copy.db*"):
                beside.unlink()
    finally:
        stop.set()
        writer.join()


def test_messages_that_were_due_before_the_restore_are_skipped(home: Home) -> None:
    user = a_user(home.engine)
    due, ahead = a_message(home.engine, user, NOW - HOUR), a_message(home.engine, user, NOW + DAY)
    home.backup()
    with home.engine.begin() as connection:
        connection.execute(update(deliveries).values(status="sent"))
        connection.execute(update(messages).values(status="sent"))
    said = home.restore()
    assert "1 messages that were due before now are skipped" in said.output
    assert statuses(home.engine) == {due: "skipped", ahead: "pending"}


def test_a_reminder_that_was_due_meanwhile_is_not_told_and_goes_on(home: Home) -> None:
    user = a_user(home.engine)
    at = NOW - HOUR
    row = {"user_id": user, "author": "", "title": "Filter", "kind": "other", "object": "", "device_id": "", "zone": ""}
    more = {"note": "", "tell_created": False, "tell_done": False, "round": 1, "starts_at": at - DAY, "due_at": at}
    reminder = put(home.engine, reminders, **row, **more, status="open", created_at=at - DAY)
    put(home.engine, reminder_steps, reminder_id=reminder, round=1, kind="overdue", number=0, at=at, status="pending")
    home.backup()
    home.restore()
    assert set(statuses(home.engine).values()) == {"skipped"}
    with reading(home.engine) as connection:
        ahead = connection.execute(select(reminder_steps.c.at).where(reminder_steps.c.status == "pending")).scalars()
        assert all(step > NOW for step in ahead)


def test_a_week_that_was_due_meanwhile_is_noted_as_missed(home: Home) -> None:
    user = a_user(home.engine)
    home.backup()
    home.restore()
    with reading(home.engine) as connection:
        weeks = connection.execute(select(weekly_reports.c.week)).scalars().all()
    assert len(weeks) == 1
    assert ReportRows(home.engine).states(weeks[0]) == {user: "missed"}


def test_a_restore_is_refused_while_a_process_drives(home: Home) -> None:
    home.backup()
    Repository(home.engine).save(a_tick(NOW))
    driver = FileLock(home.data / "heart.lock", "web")
    assert driver.acquire()
    said = home.restore()
    driver.release()
    assert said.exit_code == 1
    assert "(web) drives the home on this data folder" in said.output
    assert count(home.engine) == 1
    assert home.restore().exit_code == 0
    assert count(home.engine) == 0


def test_whoever_knew_a_page_by_its_number_reads_it_anew(home: Home) -> None:
    home.backup()
    with home.engine.begin() as connection:
        connection.execute(update(heart).values(serial=5000))
    home.restore()
    assert Queries(home.engine).serial() > 5000


def spoilt(home: Home, how: str) -> None:
    if how == "text":
        home.file.write_text("no archive", encoding="utf-8")
    elif how == "cut short":
        home.file.write_bytes(home.file.read_bytes()[:-900])
    elif how == "strange":
        with tarfile.open(home.file, "w:gz") as archive:
            archive.addfile(tarfile.TarInfo("../../escaped"), io.BytesIO(b""))
    elif how == "gone":
        home.file.unlink()
    else:
        broken = home.folder / "later.db"
        copy_database(home.database, broken)
        engine = open_engine(f"sqlite:///{broken}")
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        engine.dispose()
        body = {"format": "switchbot-dashboard backup", "version": "9", "made_at": NOW.isoformat(), "settings": False}
        with tarfile.open(home.file, "w:gz") as archive:
            item = tarfile.TarInfo(MANIFEST)
            text = json.dumps(body).encode()
            item.size = len(text)
            archive.addfile(item, io.BytesIO(text))
            archive.add(broken, DATABASE)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("text", "is no whole backup"),
        ("cut short", "is no whole backup"),
        ("strange", "is no whole backup"),
        ("gone", "There is no file"),
        ("later", "revision 9999"),
    ],
)
def test_a_file_that_cannot_be_restored_changes_nothing(home: Home, how: str, words: str) -> None:
    Repository(home.engine).save(a_tick(NOW))
    home.backup()
    spoilt(home, how)
    before = (count(home.engine), Queries(home.engine).serial(), home.settings.read_text(encoding="utf-8"))
    said = home.restore()
    assert said.exit_code == 1
    assert words in said.output
    assert (count(home.engine), Queries(home.engine).serial(), home.settings.read_text(encoding="utf-8")) == before
    assert not list(home.data.glob(".restore-*"))


def test_a_backup_replaces_a_backup_and_nothing_else(home: Home) -> None:
    assert home.backup().exit_code == 0
    assert home.backup().exit_code == 0
    said = home.run("backup", str(home.settings))
    assert (said.exit_code, "is no backup: choose another name" in said.output) == (1, True)
    assert '"mine"' in home.settings.read_text(encoding="utf-8")


def test_on_postgresql_its_own_tools_are_named_and_no_password(home: Home) -> None:
    said = home.run("backup", str(home.file), DATABASE_URL="postgresql+psycopg://ada:hush-hush@db/home")
    assert said.exit_code == 1
    assert "pg_dump" in said.output
    assert "hush-hush" not in said.output
