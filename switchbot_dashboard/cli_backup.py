"""The commands that copy all that is kept into one file, and put it back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click

from . import __version__
from .config import Config, ConfigError, read_config
from .domain.sentence import say

WITHOUT_KEY = (
    "The key that opens stored secrets (SECRETS_KEY, or secrets.key in the data folder) is not in it: keep it "
    "elsewhere. Without it passwords and addresses of mail and channels have to be typed in again."
)
ELSEWHERE = (
    "The database is on PostgreSQL, which has its own tools: {tool}. "
    "The settings are in {settings}; copy them, and keep SECRETS_KEY elsewhere."
)
MOMENT = timedelta(seconds=1)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy database and settings into FILE, also while the dashboard runs."""
    from .app import utc_now
    from .store.backup import NotBackedUp, write_backup

    config = _config()
    try:
        manifest = write_backup(
            file, _database(config, "pg_dump --format=custom"), config.settings_path, __version__, utc_now()
        )
    except NotBackedUp as error:
        _failed(str(error))
    what = "The database and the settings are" if manifest.settings else "The database is (there are no settings)"
    click.echo(f"{what} in {file}, {file.stat().st_size / 1_000_000:.1f} MB. {WITHOUT_KEY}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put back what `backup` wrote; refused while a process drives the home."""
    from .app import utc_now
    from .store.backup import DATABASE, SETTINGS, NotBackedUp, NotRestored, opened, put_back, write_backup

    config = _config()
    database, now = _database(config, "pg_restore --clean"), utc_now()
    try:
        with _alone(config), opened(file, config.data_dir) as (folder, manifest):
            skipped = _prepared(config, folder, now)
            kept = config.data_dir / "backups" / f"before-restore-{now:%Y%m%dT%H%M%SZ}.tar.gz"
            if database.exists():
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_backup(kept, database, config.settings_path, __version__, now)
            put_back(folder / DATABASE, database)
            if manifest.settings:
                _settings_back(folder / SETTINGS, config.settings_path)
    except (NotRestored, NotBackedUp) as error:
        _failed(str(error))
    click.echo(f"What was kept on {manifest.made_at:%Y-%m-%d %H:%M} UTC is back.")
    if kept.exists():
        click.echo(f"What stood here before is in {kept}.")
    click.echo(f"{skipped} messages that were due before now are skipped and will not be sent. {_key_words(config)}")


def _prepared(config: Config, folder: Path, now: datetime) -> int:
    """Make a copy fit for the present before it stands in the place of anything: how many messages were skipped.

    Reminders and the weekly report that were due meanwhile are dealt with as if they had been sent, since they may
    have been, before the restore.
    """
    from .app import Dashboard
    from .reporting import overtaken
    from .store.backup import DATABASE, SETTINGS, NotRestored

    settings = folder / SETTINGS
    if not settings.exists() and config.settings_path.is_file():
        settings.write_bytes(config.settings_path.read_bytes())
    url = f"sqlite:///{folder / DATABASE}"
    there = replace(config, data_dir=folder / "data", database_url=url, settings_path=settings, scheduler_enabled=False)
    dashboard = Dashboard(there, role="restore", clock=lambda: now)
    try:
        if dashboard.problem:
            raise NotRestored(str(dashboard.problem))
        house = dashboard.household
        overtaken(dashboard.engine, dashboard.people, dashboard.settings(), config, now)
        house.reminding.reminders.apply(now)  # its messages are due now, so they are skipped with the others
        return house.outbox.skip_what_was_due(now + MOMENT)
    finally:
        dashboard.engine.dispose()


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    """Nobody drives until the block ends, nor begins to."""
    from .app import FileLock
    from .store.backup import NotRestored

    lock = FileLock(config.data_dir / "heart.lock", "restore")
    if not lock.acquire():
        words = "{who} drives the home on this data folder. End it, restore, and start it again."
        raise NotRestored(say(words, who=lock.holder() or "Another process"))
    try:
        yield
    finally:
        lock.release()


def _settings_back(source: Path, target: Path) -> None:
    from .store.atomic import NotWritable, write_text
    from .store.backup import NotRestored

    try:
        write_text(target, source.read_text(encoding="utf-8"))
    except (NotWritable, UnicodeError) as error:
        words = "The database is back, but not the settings ({why}). Correct that and restore once more."
        raise NotRestored(say(words, why=str(error))) from error


def _key_words(config: Config) -> str:
    from .people.keys import KEY_FILE

    if config.secrets_key or (config.data_dir / KEY_FILE).exists():
        return "Stored secrets open if SECRETS_KEY is the one of that time."
    return "There is no SECRETS_KEY here, so passwords and addresses of mail and channels have to be typed in again."


def _database(config: Config, tool: str) -> Path:
    """The database's file; ends the command where there is none."""
    from .store.backup import database_file

    found = database_file(config.database_url)
    if found is None:
        _failed(ELSEWHERE.format(tool=tool, settings=config.settings_path))
    return found


def _config() -> Config:
    try:
        return read_config(os.environ)
    except ConfigError as error:
        click.echo("\n".join(error.faults), err=True)
        raise SystemExit(2) from None


def _failed(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(1)
