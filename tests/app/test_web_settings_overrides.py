"""A field that the environment overrides says so, with the variable and the value in force."""

from __future__ import annotations

from html import unescape
from pathlib import Path

from support.whole import whole


def test_a_field_that_the_environment_overrides_says_so(tmp_path: Path) -> None:
    said = {"SCHEDULER_CLEANUP_HOUR": "4", "SCHEDULER_CLEANUP_DAY": "*", "SCHEDULER_WEEKLY_REPORT_ENABLED": "0"}
    with whole(tmp_path, **said) as home:
        page = unescape(home.client.get("/settings").text)
        french = unescape(home.client.get("/settings", headers={"Accept-Language": "fr"}).text)
    assert "The environment variable SCHEDULER_CLEANUP_HOUR overrides this: 4 is in force" in page
    assert "The environment variable SCHEDULER_CLEANUP_DAY overrides this: Every day is in force" in page
    assert "The environment variable SCHEDULER_WEEKLY_REPORT_ENABLED overrides this: No is in force" in page
    assert 'aria-describedby="f-cleanup-hour-help f-cleanup-hour-empty f-cleanup-hour-overridden"' in page
    assert "La variable d'environnement SCHEDULER_CLEANUP_HOUR l'emporte : 4 est en vigueur" in french
    assert page.count("overrides this") == 3


def test_nothing_is_said_where_the_file_decides(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        assert "overrides this" not in home.client.get("/settings").text
