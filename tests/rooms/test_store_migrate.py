from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError
from support.databases import a_database, counting
from support.home_values import NOON, a_tick

from switchbot_dashboard.store.engine import open_engine, reading
from switchbot_dashboard.store.migrate import HEAD, DatabaseTooNew, migrate
from switchbot_dashboard.store.queries import Queries
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.schema import metadata, tokens, users
from switchbot_dashboard.store.schema_people import messages as _messages  # noqa: F401  (its tables belong to the metadata)

START = """
import sys
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.migrate import migrate
sys.stdin.readline()
engine = open_engine(sys.argv[1])
migrate(engine)
migrate(engine)
engine.dispose()
"""


def test_the_migrations_make_what_the_schema_says(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with a_database(tmp_path) as engine, reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_head_is_the_newest_migration() -> None:
    from alembic.script import ScriptDirectory

    from switchbot_dashboard.store import migrate as module

    scripts = ScriptDirectory(str(Path(module.__file__).parent / "migrations"))
    assert scripts.get_current_head() == HEAD


def test_a_database_at_head_is_left_alone_without_alembic(tmp_path: Path) -> None:
    with a_database(tmp_path) as engine:
        with counting(engine) as counted:
            migrate(engine)
        assert counted.begun_for_writing == 0
        url = engine.url.render_as_string()
    program = START + "\nassert 'alembic' not in sys.modules, 'imported'\n"
    done = subprocess.run([sys.executable, "-c", program, url], input="\n", text=True, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_several_processes_may_start_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'deep' / 'home.db'}"
    command = [sys.executable, "-c", START, url]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ended = [process.communicate("\n", timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], ended
    engine = open_engine(url)
    assert Queries(engine).pulse().ticks_total == 0
    engine.dispose()


def test_a_database_from_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with a_database(tmp_path) as engine:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(DatabaseTooNew, match=r"revision 9999.*restore a backup"):
            migrate(engine)
        with reading(engine) as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'home.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE users (id INTEGER)"))  # the last table but one
    with pytest.raises(OperationalError, match="users"):
        migrate(engine)
    assert inspect(engine).get_table_names() == ["users"]
    engine.dispose()


def test_a_file_that_is_no_database_is_an_error_of_the_database(tmp_path: Path) -> None:
    (tmp_path / "home.db").write_bytes(b"this is not a database" * 100)
    engine = open_engine(f"sqlite:///{tmp_path / 'home.db'}")
    with pytest.raises(Exception, match="not a database"):
        migrate(engine)
    engine.dispose()


def test_the_database_keeps_its_log_beside_it_and_knows_its_keys(tmp_path: Path) -> None:
    with a_database(tmp_path) as engine:
        with reading(engine) as connection:
            pragmas = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 5000}


def test_a_users_tokens_go_with_the_user_and_a_strangers_are_refused() -> None:
    token = {"name": "phone", "digest": "d", "role": "member", "created_at": NOON}
    user = {"id": 1, "name": "ada", "role": "admin", "session_version": 1, "created_at": NOON}
    with a_database() as engine:
        with engine.begin() as connection:
            connection.execute(users.insert(), user)
            connection.execute(tokens.insert(), {"user_id": 1, **token})
            connection.execute(users.delete())
            assert connection.execute(tokens.select()).all() == []
        with pytest.raises(IntegrityError), engine.begin() as connection:
            connection.execute(tokens.insert(), {"user_id": 2, **token})


def test_a_reader_sees_one_moment_and_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    with a_database(tmp_path, lock_wait_seconds=0.05) as engine:
        repository = Repository(engine)
        repository.save(a_tick())
        with engine.begin() as writer:
            writer.execute(text("UPDATE heart SET ticks_total = 99"))
            assert Queries(engine).pulse().ticks_total == 1


def test_a_database_that_cannot_be_written_can_still_be_read(tmp_path: Path) -> None:
    with a_database(tmp_path) as engine:
        Repository(engine).save(a_tick())
        Repository(engine).save(a_tick())
    engine = open_engine(f"sqlite:///file:{tmp_path / 'home.db'}?mode=ro&uri=true")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM records")).scalar() == 2
    engine.dispose()


def test_a_forked_child_opens_connections_of_its_own(tmp_path: Path) -> None:
    program = f"""
import os
from switchbot_dashboard.store.engine import open_engine, reading
from switchbot_dashboard.store.migrate import migrate
from switchbot_dashboard.store.queries import Queries
engine = open_engine("sqlite:///{tmp_path / "home.db"}")
migrate(engine)
before = Queries(engine).serial()
child = os.fork()
if not child:
    Queries(engine).set_driver("child", None)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert Queries(engine).serial() == before + 1
engine.dispose()
"""
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
