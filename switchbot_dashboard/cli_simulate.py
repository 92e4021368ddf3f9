"""The command `simulate`: whole days in seconds, one or two settings files side by side."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from .config import ConfigError, read_config
from .domain.settings import DEFAULT_FILE, InvalidSettings, Season, Settings, parse_settings

if TYPE_CHECKING:
    from .domain.measures import Figures
    from .simulation import Run, Stage

SEED = 1
WINTER, SUMMER = (1, 10), (7, 10)  # month and day on which the built-in weather begins
STEP = 15  # s


@dataclass(frozen=True, slots=True)
class Candidate:
    """A settings file by the name that the table calls it."""

    name: str
    settings: Settings


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How many days to live through."
)
@click.option(
    "--settings", "first", type=click.Path(path_type=Path), help="A settings file; without one, that in force."
)
@click.option(
    "--compare", "second", type=click.Path(path_type=Path), help="Another one, over the same days and chance."
)
@click.option("--weather", type=click.Path(path_type=Path), help="A CSV file with time, outdoor_c and outdoor_rh.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the days into this PNG file.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines; without a progress bar.")
def simulate(
    days: int, first: Path | None, second: Path | None, weather: Path | None, plot: Path | None, as_json: bool
) -> None:
    """Live through days in the virtual home with a settings file, or two side by side; costs no call."""
    from .simulation import run

    if plot is not None:
        _check_plot(plot)
    candidates = [_candidate(first or _in_force(), optional=first is None)]
    candidates += [_candidate(second, optional=False)] if second is not None else []
    stage = _stage(days, candidates[0].settings, weather, keep=plot is not None)
    with _progress(len(candidates) * days, hidden=as_json) as advance:
        runs = [run(candidate.settings, stage, _by_day(stage, advance)) for candidate in candidates]
    if plot is not None:
        from .picture import draw

        try:
            draw(plot, stage, [(one.name, one.settings, run) for one, run in zip(candidates, runs, strict=True)])
        except OSError as error:
            click.echo(f"The picture {plot} cannot be written: {error.strerror or error}.", err=True)
            raise SystemExit(1) from None
    if as_json:
        click.echo(json.dumps(_as_json(stage, weather, candidates, runs), ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(_table(stage, weather, candidates, runs)))
    if plot is not None:
        click.echo(f"\nThe picture is in {plot}.")


def _in_force() -> Path:
    try:
        return read_config(os.environ).settings_path
    except ConfigError as error:
        _wrong("\n".join(error.faults))


def _candidate(path: Path, *, optional: bool) -> Candidate:
    """The settings in a file; where there is none in force yet, those that a new one would hold."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if optional:
            return Candidate("the shipped settings", parse_settings(json.dumps(DEFAULT_FILE)))
        _wrong(f"The settings file {path} does not exist.")
    except OSError as error:
        _wrong(f"The settings file {path} cannot be read: {error.strerror or error}.")
    except UnicodeDecodeError:
        _wrong(f"The settings file {path} is not text in UTF-8.")
    try:
        return Candidate(path.name, parse_settings(text))
    except InvalidSettings as error:
        lines = [f"{path}, line {fault.line}: {fault.key or 'the file'}: {fault.message}" for fault in error.faults]
        _wrong("\n".join(lines))


def _stage(days: int, settings: Settings, weather: Path | None, *, keep: bool) -> Stage:
    """The days: from the first midnight of the weather file, or of a cold or hot week by the built-in weather."""
    from .simulation import Stage
    from .simulator import from_file

    if weather is None:
        month, day = WINTER if settings.all_zones[0].mode is Season.WINTER else SUMMER
        start = datetime(2026, month, day, tzinfo=settings.tz).astimezone(UTC)
        return Stage(start, days, SEED, step=STEP, keep=keep)
    try:
        measured = from_file(weather)
    except ValueError as error:
        _wrong(str(error))
    begins = measured.begins.astimezone(settings.tz)
    midnight = datetime.combine(begins.date(), time(), settings.tz)
    start = midnight if midnight == begins else midnight + timedelta(days=1)
    return Stage(start.astimezone(UTC), days, SEED, measured, step=STEP, keep=keep)


def _check_plot(plot: Path) -> None:
    """Wrong names are told before the work is done."""
    if plot.suffix.lower() != ".png":
        _wrong(f"The picture {plot} must be a PNG file: give it a name that ends in .png.")
    if plot.is_dir() or not plot.absolute().parent.is_dir():
        _wrong(f"The picture {plot} cannot be written: its folder does not exist.")


def _silent(_more: int) -> None:
    """No bar."""


@contextmanager
def _progress(days: int, *, hidden: bool) -> Iterator[Callable[[int], None]]:
    """A bar of days on the error output, so that the table can be piped elsewhere."""
    if hidden:
        yield _silent
        return
    with click.progressbar(length=days, label="Days lived through", file=sys.stderr, show_pos=True) as bar:
        yield bar.update


def _by_day(stage: Stage, advance: Callable[[int], None]) -> Callable[[datetime], None]:
    """Moves the bar by whole days; the last one counts when it begins to end."""
    done = 0

    def hear(now: datetime) -> None:
        nonlocal done
        reached = (now - stage.start + timedelta(hours=6)) // timedelta(days=1)
        if reached > done:
            advance(reached - done)
            done = reached

    return hear


Line = tuple[str, Callable[["Figures"], float | None], str]

LINES: tuple[Line, ...] = (
    ("outside the band in windows, K·min a day", lambda each: each.discomfort, ".0f"),
    ("time in the band in windows, %", lambda each: 100 * each.in_band, ".0f"),
    ("switches a day", lambda each: each.switches, ".1f"),
    ("hours on a day, in windows", lambda each: each.hours_inside, ".2f"),
    ("hours on a day, outside windows", lambda each: each.hours_outside, ".2f"),
    ("energy, kWh a day", lambda each: each.kwh, ".2f"),
    ("crossings of a threshold", lambda each: len(each.delays), ".0f"),
    ("  answered after more than 3 min", lambda each: each.late, ".0f"),
    ("  seconds to the command, median", lambda each: each.delay(0.5), ".0f"),
    ("  seconds to the command, 95th percentile", lambda each: each.delay(0.95), ".0f"),
)


def _table(stage: Stage, weather: Path | None, candidates: Sequence[Candidate], runs: Sequence[Run]) -> Iterator[str]:
    tz = candidates[0].settings.tz
    days = f"{stage.days} day{'' if stage.days == 1 else 's'} from {stage.start.astimezone(tz):%Y-%m-%d}"
    yield f"{days}, {f'weather of {weather.name}' if weather else 'built-in weather'}, seed {stage.seed}."
    names = [candidate.name for candidate in candidates]
    if len(set(names)) < len(names):
        names = [f"{letter}: {name}" for letter, name in zip("AB", names, strict=False)]
    wide = max(12, *(len(name) for name in names)) + 2
    zones = list(dict.fromkeys(zone for run in runs for zone in run.zones))
    for zone in zones:
        yield ""
        yield _row(zone, names, "ratio" if len(runs) > 1 else "", wide)
        found = [run.zones.get(zone) for run in runs]
        for label, value, form in LINES:
            yield _figures_row(label, [None if each is None else value(each) for each in found], form, wide)
    yield ""
    yield _row("calls a day", names, "ratio" if len(runs) > 1 else "", wide)
    for purpose in sorted({purpose for run in runs for purpose in run.calls}):
        yield _figures_row(purpose, [run.calls.get(purpose, 0.0) for run in runs], ".1f", wide)
    yield _figures_row("all", [sum(run.calls.values()) for run in runs], ".1f", wide)


def _figures_row(label: str, values: Sequence[float | None], form: str, wide: int) -> str:
    texts = ["–" if value is None else f"{value:{form}}" for value in values]
    nothing = len(values) > 1 and values[0] is not None and float(texts[0]) == 0  # and a share of it says nothing
    return _row(label, texts, "–" if nothing else _ratio(values), wide)


def _ratio(values: Sequence[float | None]) -> str:
    """The second figure as a share of the first."""
    if len(values) < 2:
        return ""
    first, second = values[0], values[1]
    return "–" if not first or second is None else f"{second / first:.2f}"


def _row(label: str, texts: Sequence[str], last: str, wide: int) -> str:
    return f"{label:<44}{''.join(f'{text:>{wide}}' for text in texts)}{last:>9}".rstrip()


def _as_json(
    stage: Stage, weather: Path | None, candidates: Sequence[Candidate], runs: Sequence[Run]
) -> dict[str, Any]:
    def of_zone(each: Figures) -> dict[str, Any]:
        return {
            "outside_band_kelvin_minutes": round(each.discomfort, 2),
            "in_band": round(each.in_band, 4),
            "switches": round(each.switches, 2),
            "hours_inside": round(each.hours_inside, 3),
            "hours_outside": round(each.hours_outside, 3),
            "kwh": round(each.kwh, 3),
            "crossings": len(each.delays),
            "late": each.late,
            "delay_seconds_p50": each.delay(0.5),
            "delay_seconds_p95": each.delay(0.95),
        }

    return {
        "start": stage.start.isoformat().replace("+00:00", "Z"),
        "days": stage.days,
        "seed": stage.seed,
        "weather": str(weather) if weather else "built-in",
        "runs": [
            {
                "settings": candidate.name,
                "calls": {purpose: round(count, 2) for purpose, count in run.calls.items()},
                "calls_total": round(sum(run.calls.values()), 2),
                "zones": {zone: of_zone(figures) for zone, figures in run.zones.items()},
            }
            for candidate, run in zip(candidates, runs, strict=True)
        ],
    }


def _wrong(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(2)
