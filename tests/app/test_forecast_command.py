"""The command `forecast`: the coming wakes and calls, for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from switchbot_dashboard.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SWITCHBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SWITCHBOT_SETTINGS_PATH", str(tmp_path / "settings.json"))
    return tmp_path


def said(*words: str) -> Result:
    return CliRunner().invoke(main, ["forecast", *words])


def test_the_coming_wakes_are_told_in_few_lines_with_their_sum(folder: Path) -> None:
    result = said("--hours", "48")
    assert result.exit_code == 0, result.output
    assert ": home, in_window, " in result.output
    assert " wakes and " in result.output
    assert "of 10000 calls are left when the count begins anew" in result.output
    assert len(result.output.splitlines()) < 60


def test_expected_crossings_are_told_with_their_time(folder: Path) -> None:
    said()  # makes the virtual home, whose first week teaches what its room does
    tick = CliRunner().invoke(main, ["tick"])
    assert tick.exit_code == 0, tick.output
    view = json.loads(said("--hours", "48", "--json").output)
    lines = [line for line in said("--hours", "48").output.splitlines() if line.startswith("Expected: ")]
    assert len(lines) == len(view["crossings"])
    assert all(" to 2" in line or " or later)" in line for line in lines)


def test_machines_get_what_the_api_answers(folder: Path) -> None:
    view = json.loads(said("--json").output)
    assert {"wakes", "calls_total", "windows", "quota_at_reset"} <= set(view)
    assert view["wakes_total"] == len(view["wakes"])


def test_hours_out_of_bounds_are_wrong_use(folder: Path) -> None:
    assert said("--hours", "169").exit_code == 2


def test_settings_that_cannot_be_used_end_it_with_a_sentence(folder: Path) -> None:
    (folder / "settings.json").write_text('{"mode": "spring"}')
    result = said()
    assert result.exit_code == 1
    assert "nothing can be foreseen" in result.output
