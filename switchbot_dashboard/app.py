"""Joins the rooms, and alone knows them all. Importing it starts nothing."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from . import __version__, sources
from .config import Config, ConfigError, read_config, start_refusal
from .domain.comparison import Comparison, Occupied
from .domain.errors import CloudError
from .domain.push import Event
from .domain.record import Catalogue
from .domain.sentence import say
from .domain.settings import Settings
from .household import House, Household
from .housekeeping import Housekeeping
from .logs import set_up_logs
from .people import People, derived_key, master_key
from .store import StoreTrouble as StoreTrouble
from .store.engine import open_engine
from .store.lock import FileLock as FileLock
from .store.pages import UNWELL as UNWELL
from .store.pages import PageMemory, SteadyJobs, prepared
from .store.pushes import Pushes as PushRows
from .store.queries import Queries
from .store.repository import Repository
from .store.settings_file import Conflict, NotWritable, SettingsFile
from .store.steady import SteadyStore
from .store.watch import Watch
from .store.webhook_secret import WebhookSecret
from .tick.controls import Controls, NotDone, TooMany, UnknownZone
from .tick.heart import Busy, Heart, Surroundings
from .tick.joblist import JobList, UnknownJob
from .tick.ports import Clock, Ports
from .tick.pushes import Pushes

if TYPE_CHECKING:
    from flask import Flask

    from .web.service import Service
    from .whatif import WhatIf

log = logging.getLogger("switchbot_dashboard.app")

LISTING_PATIENCE = timedelta(seconds=45)
EXTENSION = "switchbot_dashboard"


def utc_now() -> datetime:
    """The present instant, aware and in UTC."""
    return datetime.now(UTC)


class Dashboard:
    """The whole service of one process: every room, joined. `start` begins to beat, `stop` ends cleanly."""

    def __init__(self, config: Config, *, role: str = "web", clock: Clock = utc_now) -> None:
        self.config, self.clock, self.role = config, clock, role
        config.data_dir.mkdir(parents=True, exist_ok=True)
        self.engine = open_engine(config.database_url)
        self.problem = prepared(self.engine)
        self.queries = Queries(self.engine)
        self.store = SteadyStore(Repository(self.engine))
        watch = Watch(self.engine)
        self.memory = PageMemory(self.engine, self.store, watch)
        self.people = People(self.engine, clock, watch)
        self.people.apply_environment(config if not self.problem else replace(config, dashboard_password=""))
        self.file = SettingsFile(config.settings_path, config.data_dir / "backups", clock)
        self._listing = threading.Lock()
        self._filled: tuple[Settings, Settings] | None = None
        self.source = self._source()
        self.ports = Ports(clock, self.settings, self.source.devices, self.store)
        self.webhook_secret = WebhookSecret(config.data_dir)
        self.pushes = Pushes(self.settings, clock, lambda: self.memory.load(clock()), PushRows(self.engine), _event_of)
        self.turn_lock = FileLock(config.data_dir / "turn.lock", role)
        house = House(
            self.engine, watch, config, clock, self.settings, self.zone, self.people, lambda: self.master_key,
            faults=lambda: self.file.faults,
        )  # fmt: skip
        self.household = Household(house)
        self.housekeeping = Housekeeping(self.engine, config, lambda: self.file.current or Settings())
        jobs = [*self.housekeeping.jobs, *self.household.jobs]
        self.jobs = JobList(jobs, SteadyJobs(self.queries), clock, self.zone, self.household.alarms)
        self.heart = Heart(
            self.ports,
            self._surroundings(),
            turn_lock=self.turn_lock,
            driver_lock=FileLock(config.data_dir / "heart.lock", role),
            jobs=self.jobs,
            drives=config.scheduler_enabled,
            patient_buttons=config.web_threads // 2,
        )
        self.controls = Controls(self.heart, self.settings, self.file, self.ports, self._pressed)
        self.settings()  # furnishes the virtual home

    def settings(self) -> Settings | None:
        """The settings in force, with the virtual home's devices where they name none."""
        current = self.file.current
        if current is None:
            return None
        if self._filled is None or self._filled[0] is not current:
            self._filled = (current, self.source.fill(current))
        return self._filled[1]

    def zone(self) -> tzinfo:
        """The home's time zone."""
        current = self.file.current
        return current.tz if current is not None else UTC

    def start(self) -> None:
        """Give a new virtual home its first week, then beat (or wait for the one who does)."""
        if self.config.scheduler_enabled:
            self.rehearse()
        self.heart.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """End cleanly within two seconds; calls under way are given up, their intent is on record."""
        atexit.unregister(self.stop)
        self.household.stop()
        self.heart.stop()
        self.engine.dispose()

    def rehearse(self) -> int:
        """Fill the memory of a new virtual home by the real tick on a pretend clock. How many ticks that took."""
        settings = self.settings()
        if self.source.rehearse is None or settings is None or self.problem:
            return 0
        with self.turn_lock:
            if self.queries.pulse().ticks_total:
                return 0
            saved = self.source.rehearse(settings, self.clock())
            Repository(self.engine).save_many(saved)
        log.info("[app] The virtual home's first seven days were run through: %d ticks", len(saved))
        return len(saved)

    def list_account(self) -> Catalogue:
        """List the account's devices and scenes anew; two calls. Raises NotDone with the cloud's own reason.

        One at a time, since each holds a thread that pages need, and spends calls: else Busy.
        """
        if not self._listing.acquire(blocking=False):
            raise Busy(say("The account is being listed already. Try again in a few seconds."))
        try:
            found = self.source.devices.catalogue(self.clock() + LISTING_PATIENCE)
        finally:
            self._listing.release()
        spent = self.source.devices.spent()
        if isinstance(found, CloudError):
            self.queries.add_calls(spent)
            raise NotDone(found.sentence)
        known = self.queries.catalogue()
        if known is not None and not found.devices:
            found = replace(found, devices=known.devices)
        self.queries.save_catalogue(found, spent)
        return found

    def service(self) -> Service:
        """What the pages are handed."""
        from .web import service as said

        return said.Service(
            config=self.config,
            clock=self.clock,
            session_key=derived_key(self.master_key, "sessions"),
            version=__version__,
            settings=self.file,
            memory=self.memory,
            heart=self.heart,
            jobs=self.jobs,
            people=self.people,
            act=self.controls.act,
            furnished=self.settings,
            what_if=self._what_if,
            refresh_devices=self.list_account,
            refresh_scenes=self.list_account,
            webhook=said.Webhook(self.webhook_secret.matches, self.pushes.offer),
            desks=self.household.desks(),
            meanings={
                Busy: said.Busy,
                UnknownZone: said.UnknownZone,
                UnknownJob: said.UnknownJob,
                NotDone: said.Failed,
                Occupied: said.TooMany,
                TooMany: said.TooMany,
                Conflict: said.Conflict,
                NotWritable: said.Failed,
                StoreTrouble: said.MemoryFailed,
            },
        )

    @cached_property
    def master_key(self) -> str:
        """The key that all others are derived from."""
        return master_key(self.config.secrets_key, self.config.data_dir)

    def _what_if(self, wished: Settings) -> Comparison:
        """The last seven days with other settings. Raises Occupied, and NotDone while no settings are in force."""
        in_force = self.settings()
        if in_force is None:
            raise NotDone(say("The settings in force cannot be used, so there is nothing to compare with."))
        return self._comparing(in_force, wished)

    @cached_property
    def _comparing(self) -> WhatIf:
        from .whatif import WhatIf  # the virtual home and all that belongs to it, only for who asks

        return WhatIf(self.memory.recent, self.memory.load, self.clock, self.config.data_dir / "what-if.lock")

    def _source(self) -> sources.Source:
        if not self.config.credentials:
            return sources.virtual_home(self.config, self.clock)

        def daily_limit() -> int:
            return (self.file.current or Settings()).api_daily_limit

        def spent_today() -> int:
            return sum(self.queries.calls_of_day(self.clock()).values())

        return sources.cloud(self.config, self.clock, daily_limit, spent_today)

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            settings_changed=self.file.poll,
            interval_seconds=lambda: (self.file.current or Settings()).poll_interval_seconds,
            serial=self.memory.serial,
            took_over=self._took_over,
            give_way=self.source.give_way,
            stop_calls=self.source.stop,
            turned=self.household.turned,
        )

    def _pressed(self, since: datetime) -> Sequence[datetime]:
        """When a person acted; nothing while the memory does not answer, since a button must work all the same."""
        try:
            return self.queries.pressed(since)
        except StoreTrouble:
            return ()

    def _took_over(self) -> None:
        log.info("[scheduler] This process drives the home: pid %d (%s)", os.getpid(), self.role)
        self.memory.name_driver(f"{self.role}, pid {os.getpid()}", self.clock())
        self.household.start(self.jobs.soon)


def create_app(config: Config | None = None) -> Flask:
    """The WSGI application; starts the heart unless this process only prepares or watches another that serves."""
    from .web import build_web

    try:
        config = config or read_config(os.environ)
    except ConfigError as error:
        print("\n".join(error.faults), file=sys.stderr)
        raise SystemExit(2) from None
    set_up_logs(config.log_level, config.log_format)
    dashboard = Dashboard(config)
    refusal = refused(dashboard)
    if refusal is not None:
        print(refusal, file=sys.stderr)
        raise SystemExit(2)
    app = build_web(dashboard.service())
    app.extensions[EXTENSION] = dashboard
    if starts_here(os.environ, sys.argv):
        dashboard.start()
    return app


def _event_of(content: bytes) -> Event | None:
    from .switchbot.webhook import event_of  # its room brings requests along, which the virtual home never needs

    return event_of(content)


def refused(dashboard: Dashboard) -> str | None:
    """Why the pages must not be served: nobody could log in, and others could reach them. None when they may."""
    try:
        able = dashboard.people.has_password_or_token()
    except StoreTrouble:
        able = False
    return start_refusal(dashboard.config, able)


def scheduler_lock(config: Config) -> FileLock:
    """Held by the command `scheduler` while it runs; its holder says which process that is."""
    return FileLock(config.data_dir / "scheduler.lock", "scheduler")


def starts_here(environ: Mapping[str, str], argv: Sequence[str]) -> bool:
    """Whether the heart starts with the application.

    Not under gunicorn, whose master may build the application before it forks: `gunicorn.conf.py` starts it in the
    worker. Not in the process of `flask run` that only watches the files and starts another one to serve.
    """
    if environ.get("HEART_STARTS_IN_WORKER"):
        return False
    if environ.get("FLASK_RUN_FROM_CLI") != "true" or environ.get("WERKZEUG_RUN_MAIN") == "true":
        return True
    debugging = environ.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no") or "--debug" in argv
    reloads = "--reload" in argv or (debugging and "--no-reload" not in argv)
    return not reloads
