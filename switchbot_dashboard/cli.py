"""The command line: `python -m switchbot_dashboard COMMAND`. Exit status 0 is done, 1 failed, 2 wrong use."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from . import __version__
from .config import Config, ConfigError, read_config

if TYPE_CHECKING:
    from .app import Dashboard, FileLock
    from .domain.foreseen import ExpectedCrossing, Run
    from .tick.jobs import JobView


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """SwitchBot Dashboard: climate automation for a home with SwitchBot devices."""


as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")


@main.command()
def serve() -> None:
    """Serve the dashboard and drive the home, as `make run` does."""
    config = _config()
    with _dashboard(config) as dashboard:
        from .app import refused

        refusal = refused(dashboard)
        if refusal is not None:
            _wrong(refusal)
    click.echo(f"The dashboard is on http://{config.host}:{config.port} (Ctrl+C ends it)", err=True)
    conf = Path("gunicorn.conf.py")
    named = ["--config", str(conf if conf.exists() else Path(__file__).parents[1] / conf)]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "switchbot_dashboard:create_app()", *named])  # noqa: S606


@main.command()
@click.option("--stop", is_flag=True, help="End a scheduler that runs elsewhere on this data folder.")
def scheduler(stop: bool) -> None:
    """Drive the home without pages, in the foreground."""
    from .app import scheduler_lock

    config = _config()
    lock = scheduler_lock(config)
    if stop:
        _stop_scheduler(lock)
        return
    with _dashboard(config, role="scheduler", logs=True) as dashboard:
        if not lock.acquire():
            _failed(f"A scheduler runs on this data folder already: {lock.holder()}.")
        for job in dashboard.jobs.views():
            click.echo(f"{job.id}: {job.name}, next {_when(job.next_run_time, dashboard.zone())}")
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        dashboard.start()
        try:
            ended.wait()
        finally:
            dashboard.stop()
            lock.release()


@main.command()
@as_json
def tick(as_json: bool) -> None:
    """One tick now for all zones; prints the decision and why."""
    from .tick.heart import Busy
    from .web.records import record_view

    with _dashboard() as dashboard:
        try:
            records = dashboard.heart.run_once()
        except Busy as error:
            _failed(str(error))
        zone = dashboard.zone()
        if as_json:
            _print_json([record_view(record, zone) for record in records])
        for record in () if as_json else records:
            click.echo(f"{record.zone}: {record.verdict.outcome} · {record.verdict.sentence.text(zone)}")
            click.echo(f"  looks again {_when(record.wake.at, zone)}: {record.wake.reason.text(zone)}")
        if any(record.trouble or (record.action and record.action.fate != "done") for record in records):
            raise SystemExit(1)


@main.command()
@as_json
def jobs(as_json: bool) -> None:
    """List the jobs with their next and last runs."""
    with _dashboard() as dashboard:
        views = dashboard.jobs.views()
        if as_json:
            _print_json([_job_plainly(view) for view in views])
            return
        for view in views:
            due = _when(view.next_run_time, dashboard.zone()) if view.enabled else "paused"
            outcome = view.last_outcome.text(dashboard.zone()) if view.last_outcome else ""
            last = f"last {_when(view.last_run_at, dashboard.zone())}: {outcome}"
            click.echo(f"{view.id}: {view.name}, next {due}, {last if view.last_run_at else 'never ran'}")


def _job_plainly(view: JobView) -> dict[str, object]:
    """A job for machines, with its outcome in words."""
    return {**asdict(view), "last_outcome": str(view.last_outcome) if view.last_outcome else None}


@main.command()
@click.argument("job")
@click.option("--dry-run", is_flag=True, help="Of cleanup: show what would go, and change nothing.")
@as_json
def run(job: str, dry_run: bool, as_json: bool) -> None:
    """Run one job now."""
    from .tick.joblist import UnknownJob

    if dry_run and job != "cleanup":
        _wrong("Only cleanup can be tried without being done: run cleanup --dry-run.")
    with _dashboard() as dashboard:
        if dry_run:
            _show_piles(dashboard, as_json=as_json)
            return
        try:
            view = dashboard.jobs.run(job)
        except UnknownJob as error:
            _wrong(str(error))
        if as_json:
            _print_json(_job_plainly(view))
        else:
            told = view.last_outcome.text(dashboard.zone()) if view.last_outcome else "nothing was to be done"
            click.echo(f"{view.name}: {told}")
        if str(view.last_outcome or "").startswith("failed"):
            raise SystemExit(1)


def _show_piles(dashboard: Dashboard, *, as_json: bool) -> None:
    """What a cleaning would remove: rows before, gone and after, by kind."""
    piles = dashboard.housekeeping.foreseen(dashboard.clock())
    if as_json:
        _print_json({pile.kind: {"before": pile.before, "gone": pile.gone, "after": pile.after} for pile in piles})
        return
    for pile in piles:
        click.echo(f"{pile.name}: {pile.before} now, {pile.gone} would go, {pile.after} would be left")
    click.echo("Nothing was changed.")


@main.command()
@as_json
def check(as_json: bool) -> None:
    """Check settings and environment; every fault by key and line."""
    from .checkup import check_settings

    with _dashboard() as dashboard:
        found = check_settings(dashboard)
    if as_json:
        _print_json(found)
    else:
        for fault in found["faults"]:
            click.echo(f"{found['path']}, line {fault['line']}: {fault['key'] or 'the file'}: {fault['message']}")
        for warning in found["warnings"]:
            click.echo(f"Note: {warning}")
        for difference in found["older_dashboard"]:
            click.echo(f"Unlike the older dashboard: {difference}")
        click.echo(f"{found['path']} is {'in order' if found['ok'] else 'not usable: correct the lines above'}.")
    raise SystemExit(0 if found["ok"] else 1)


@main.command()
@as_json
def doctor(as_json: bool) -> None:
    """Look at credentials, clock, quota, database, disk, devices and scenes; two calls to the cloud."""
    from .checkup import examine

    with _dashboard() as dashboard:
        findings = list(examine(dashboard))
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    for finding in () if as_json else findings:
        click.echo(f"{finding.state:<5}{finding.subject}: {finding.says}")
    raise SystemExit(1 if any(finding.state == "bad" for finding in findings) else 0)


@main.command()
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="How far to look ahead.")
@as_json
def forecast(hours: int, as_json: bool) -> None:
    """The coming wakes and calls, and the crossings that the learned course lets expect; costs no call."""
    from .domain.budget import quota_of
    from .domain.forecast import forecast_of
    from .web.forecast_view import forecast_view

    with _dashboard() as dashboard:
        settings, now = dashboard.settings(), dashboard.clock()
        if settings is None:
            _failed("The settings cannot be used, so nothing can be foreseen. `check` names every fault.")
        house = dashboard.memory.load(now)
        coming = forecast_of(settings, house, quota_of(settings, house.calls_today, now), now, hours)
    if as_json:
        _print_json(forecast_view(coming, settings.tz))
        return
    for runs in _alike(coming.runs):
        click.echo(_runs_words(runs, settings.tz))
    for crossing in coming.crossings:
        click.echo(f"Expected: {_crossing_words(crossing, settings.tz)}")
    click.echo(f"{coming.wakes_total} wakes and {coming.calls_total} calls in {hours} h.")
    left = f"{coming.quota_at_reset} of {coming.limit} calls are left"
    click.echo(f"{left} when the count begins anew, {_when(coming.resets_at, settings.tz)}.")


def _alike(runs: Sequence[Run]) -> list[list[Run]]:
    """Runs that are told in one line: looks at the predicted pace that follow each other in one mode."""
    found: list[list[Run]] = []
    for run in runs:
        before = found[-1][-1] if found else None
        same = before is not None and (before.zone, before.mode, before.pace) == (run.zone, run.mode, run.pace)
        if same and run.pace == "predicted":
            found[-1].append(run)
        else:
            found.append([run])
    return found


def _runs_words(runs: Sequence[Run], tz: tzinfo) -> str:
    """`2026-01-05 17:45:00 to …, every 15 min: home, in_window, 21 calls (why)`."""
    from .domain.sentence import english_span

    first, count, calls = runs[0], sum(run.count for run in runs), sum(run.count * run.calls for run in runs)
    total, last, more = f"{calls} call{'' if calls == 1 else 's'}", _when(runs[-1].last, tz), ""
    if len(runs) > 1:
        more = f" to {last}, {count} times"
    elif count > 1:
        more = f" to {last}, every {english_span(round(first.every.total_seconds()))}"
    return f"{_when(first.first, tz)}{more}: {first.zone}, {first.mode}, {total} ({first.reason.text(tz)})"


def _crossing_words(crossing: ExpectedCrossing, tz: tzinfo) -> str:
    """`Mon 18:32 (18:10 to 18:55): home, 22.3 °C, off`."""
    until = f"to {_when(crossing.latest, tz)}" if crossing.latest else "or later"
    within = f"{_when(crossing.earliest, tz)} {until}"
    return f"{_when(crossing.at, tz)} ({within}): {crossing.zone}, {crossing.threshold / 10:.1f} °C, {crossing.turn}"


def _stop_scheduler(lock: FileLock) -> None:
    """The lock, not a file that a crash may leave behind, says which process it is: no stranger is ever ended."""
    if lock.acquire():
        lock.release()
        _failed("No scheduler runs on this data folder.")
    pid = int(re.sub(r"\D", "", lock.holder()) or 0)
    if not pid:
        _failed("The scheduler on this data folder does not say which process it is. End it where it was started.")
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    click.echo(f"The scheduler (pid {pid}) was told to end.")


def _config() -> Config:
    try:
        return read_config(os.environ)
    except ConfigError as error:
        _wrong("\n".join(error.faults))


@contextlib.contextmanager
def _dashboard(config: Config | None = None, *, role: str = "command", logs: bool = False) -> Iterator[Dashboard]:
    """The joined service, not started; with its log lines only where they are the output."""
    from .app import UNWELL, Dashboard, StoreTrouble
    from .logs import set_up_logs

    config = config or _config()
    set_up_logs(config.log_level if logs else "error", config.log_format)
    dashboard = Dashboard(config, role=role)
    try:
        yield dashboard
    except StoreTrouble:
        _failed(str(UNWELL))
    finally:
        dashboard.engine.dispose()


def _when(at: datetime | None, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at is not None else "not planned"


def _print_json(value: object) -> None:
    def plain(item: object) -> str:
        if isinstance(item, datetime):
            return item.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return str(item)

    click.echo(json.dumps(value, default=plain, ensure_ascii=False, indent=2))


def _wrong(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(2)


def _failed(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(1)


from .cli_backup import backup, restore  # noqa: E402  (the commands above come first in the help)
from .cli_people import token, user  # noqa: E402
from .cli_simulate import simulate  # noqa: E402
from .cli_webhook import webhook  # noqa: E402

main.add_command(simulate)
main.add_command(user)
main.add_command(token)
main.add_command(webhook)
main.add_command(backup)
main.add_command(restore)
