"""The command `simulate`: days in the virtual home, two settings side by side, and what wrong input is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from switchbot_dashboard.cli import main
from switchbot_dashboard.domain.settings import DEFAULT_FILE
from switchbot_dashboard.simulator import WINTER_2016

SPARING: dict[str, Any] = {"poll_interval_seconds": 300, "predictive_polling_enabled": False}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWITCHBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SWITCHBOT_SETTINGS_PATH", str(tmp_path / "settings.json"))
    return tmp_path


def said(*words: object) -> Result:
    return CliRunner().invoke(main, ["simulate", *map(str, words)])


def written(folder: Path, name: str, **keys: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps(DEFAULT_FILE | SPARING | keys), encoding="utf-8")
    return path


def told(*words: object) -> Any:
    result = said("--json", *words)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_two_settings_stand_side_by_side_with_their_ratio(folder: Path) -> None:
    seldom = written(folder, "seldom.json")
    often = written(folder, "often.json", poll_interval_seconds=120)
    result = said("--days", 1, "--settings", seldom, "--compare", often)
    assert result.exit_code == 0, result.output
    assert "1 day from 2026-01-10, built-in weather, seed 1." in result.stdout
    lines = {line[:44].strip(): line[44:].split() for line in result.stdout.splitlines() if len(line) > 44}
    assert lines["home"] == ["seldom.json", "often.json", "ratio"]
    assert float(lines["read"][2]) == pytest.approx(float(lines["read"][1]) / float(lines["read"][0]), abs=0.01)
    assert float(lines["read"][2]) > 1.2
    assert not (folder / "data").exists()


def test_the_same_settings_twice_are_the_same_to_the_last_figure(folder: Path) -> None:
    first, second = written(folder, "a.json"), written(folder, "b.json")
    one, other = told("--days", 1, "--settings", first, "--compare", second)["runs"]
    assert one["zones"] == other["zones"]
    assert one["calls"] == other["calls"]


def test_machines_get_every_figure_and_no_progress_bar(folder: Path) -> None:
    found = told("--days", 1, "--settings", written(folder, "a.json"), "--weather", WINTER_2016)
    assert (found["days"], found["start"]) == (1, "2016-02-13T23:00:00Z")
    (run,) = found["runs"]
    assert run["calls_total"] == pytest.approx(sum(run["calls"].values()), abs=0.02)
    home = run["zones"]["home"]
    assert home["outside_band_kelvin_minutes"] > 0
    assert 0 < home["in_band"] < 1
    assert home["kwh"] > 0
    assert home["hours_inside"] > 1
    assert home["switches"] >= 2


def test_people_see_a_bar_on_the_error_output(folder: Path) -> None:
    result = said("--days", 1, "--settings", written(folder, "a.json"))
    assert "Days lived through" in result.stderr
    assert "Days lived through" not in result.stdout


def test_a_picture_has_a_panel_for_each_run(folder: Path) -> None:
    path, settings = folder / "days.png", written(folder, "a.json")
    assert said("--days", 1, "--settings", settings, "--plot", path).exit_code == 0
    with Image.open(path) as alone:
        assert (alone.format, alone.width) == ("PNG", 1600)
        height = alone.height
    assert said("--days", 1, "--settings", settings, "--compare", settings, "--plot", path).exit_code == 0
    with Image.open(path) as both:
        assert both.height > 1.8 * height
        assert len(both.convert("RGB").getcolors(100_000) or []) > 8


def test_without_any_file_the_shipped_settings_are_lived_through(folder: Path) -> None:
    result = said("--days", 1)
    assert result.exit_code == 0, result.output
    assert "the shipped settings" in result.stdout


def test_zones_and_their_scenes_each_have_their_figures(folder: Path) -> None:
    zones = [{"id": "home"}, {"id": "attic", "aircon_scenes": {"winter": "W1", "off": "O1"}}]
    (run,) = told("--days", 1, "--settings", written(folder, "a.json", zones=zones))["runs"]
    assert {zone: figures["switches"] >= 2 for zone, figures in run["zones"].items()} == {"home": True, "attic": True}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--settings", "none.json"), "The settings file none.json does not exist."),
        (("--settings", "bad.json"), 'line 1: mode: mode is "spring"'),
        (("--settings", "good.json", "--compare", "bad.json"), "bad.json, line 1: mode"),
        (("--settings", "raw.json"), "is not text in UTF-8"),
        (("--settings", "."), "cannot be read"),
        (("--weather", "none.csv"), "The weather file none.csv cannot be read: No such file"),
        (("--weather", "warm.csv"), "line 2: expected outdoor_c in °C from -60 to 60, found '68', which looks like"),
        (("--weather", "gap.csv"), "line 4: expected 2026-01-01T02:00, one row every 60 minutes"),
        (("--plot", "days.jpg"), "must be a PNG file"),
        (("--plot", "nowhere/days.png"), "its folder does not exist"),
        (("--days", "0"), "--days"),
        (("--days", "367"), "--days"),
    ],
)
def test_wrong_input_is_told_in_a_sentence_before_anything_is_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], reason: str
) -> None:
    monkeypatch.chdir(folder)
    written(folder, "good.json")
    (folder / "bad.json").write_text('{"mode": "spring"}')
    (folder / "raw.json").write_bytes(b"\xff\xfe{}")
    head, hour = "time,outdoor_c,outdoor_rh\n", "2026-01-01T{:02}:00,4,80\n"
    (folder / "warm.csv").write_text(head + "2026-01-01T00:00,68,80\n")
    (folder / "gap.csv").write_text(head + "".join(hour.format(at) for at in (0, 1, 3)))
    result = said(*words)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert "Traceback" not in result.output
