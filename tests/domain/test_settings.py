"""What the household asked for: defaults, zones that inherit, and what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from switchbot_dashboard.domain.settings import (
    DEFAULT_FILE,
    Season,
    Settings,
    json_schema,
    older_differences,
    parse_settings,
    tenths,
)
from switchbot_dashboard.domain.settings_doc import page

TOP = Path(__file__).parents[2]


def settings(**values: Any) -> Settings:
    return parse_settings(json.dumps(values))


def test_an_empty_object_is_one_zone_called_home_that_watches_only() -> None:
    (home,) = parse_settings("{}").all_zones
    assert (home.id, home.name, home.mode, home.windows) == ("home", "Home", Season.WINTER, ())
    assert not home.automation_enabled
    assert (home.profile.min_tenths, home.profile.max_tenths, home.profile.set_point) == (200, 220, 23)


def test_a_zone_inherits_what_it_does_not_state_key_by_key() -> None:
    found = settings(
        mode="summer",
        winter={"min_temp": 19},
        aircon_scenes={"off": "off-1", "winter": "heat-1"},
        stale_after_minutes=30,
        zones=[
            {"id": "bed", "winter": {"target_temp": 20.5}, "aircon_scenes": {"winter": "heat-2"}},
            {"id": "office", "name": "Office", "mode": "winter", "stale_after_minutes": 60},
        ],
    )
    bed, office = found.all_zones
    assert (bed.winter.min_temp, bed.winter.max_temp, bed.winter.set_point) == (19, 22, 21)
    assert (bed.aircon_scenes.off, bed.aircon_scenes.winter) == ("off-1", "heat-2")
    assert (bed.name, bed.profile, bed.stale_after_minutes) == ("bed", bed.summer, 30)
    assert (office.name, office.profile, office.stale_after_minutes) == ("Office", office.winter, 60)


def test_a_zone_that_states_a_default_does_not_inherit() -> None:
    (zone,) = settings(manual_hold_minutes=5, time_windows=[window()], zones=[{**own(), "time_windows": []}]).all_zones
    assert (zone.manual_hold_minutes, zone.windows) == (120, ())


def own() -> dict[str, object]:
    return {"id": "a", "manual_hold_minutes": 120}


def window(**values: object) -> dict[str, object]:
    return {"days": [0, 6], "start": "06:30", "end": "08:30", **values}


def test_a_window_becomes_days_and_times() -> None:
    (found,) = settings(time_windows=[window()]).all_zones[0].windows
    assert (found.days, found.opens.isoformat(), found.closes.isoformat()) == ({0, 6}, "06:30:00", "08:30:00")


def test_a_cooldown_of_zero_means_the_general_one() -> None:
    (zone,) = settings(command_cooldown_seconds=90, action_on_cooldown_seconds=400).all_zones
    assert (zone.on_cooldown, zone.off_cooldown) == (400, 90)


def test_an_unknown_time_zone_is_no_fault_and_means_utc() -> None:
    for name in ("Mars/Base", "", "../etc/passwd", "Europe", "\u0000", "a" * 100):
        found = settings(timezone=name)
        assert (found.tz, found.timezone_known) == (ZoneInfo("UTC"), False)


def test_another_time_zone_leaves_the_rest_as_it_is() -> None:
    before = settings(timezone="Mars/Base", mode="summer").with_devices(meter=str.upper, aircon=str, outdoor=str)
    after = before.with_timezone("Asia/Tokyo")
    assert (after.timezone, after.tz, after.timezone_known) == ("Asia/Tokyo", ZoneInfo("Asia/Tokyo"), True)
    assert after.all_zones == before.all_zones
    assert not before.timezone_known


def test_devices_are_filled_in_only_where_none_is_named() -> None:
    found = settings(meter_device_id="M1", zones=[{"id": "a"}, {"id": "b", "aircon_device_id": "B2"}])
    filled = found.with_devices(meter=lambda zone: "no", aircon=lambda zone: f"air-{zone}", outdoor=lambda zone: "out")
    assert [zone.meter_device_id for zone in filled.all_zones] == ["M1", "M1"]
    assert [zone.aircon_device_id for zone in filled.all_zones] == ["air-a", "B2"]
    assert found.all_zones[0].aircon_device_id == ""


def test_unknown_keys_are_kept_and_named_by_path() -> None:
    found = settings(colour="red", _zones=1, winter={"glow": 2}, zones=[{"id": "a", "summer": {"x": 1}, "tz": 3}])
    assert set(found.unknown_keys()) == {"colour", "_zones", "winter.glow", "zones[0].summer.x", "zones[0].tz"}
    assert [zone.id for zone in found.all_zones] == ["a"]


@pytest.mark.parametrize(("degrees", "expected"), [(22.8, 228), (0.25, 3), (23.05, 231), (20, 200), (0.3, 3)])
def test_degrees_become_tenths_with_a_half_rounded_up(degrees: float, expected: int) -> None:
    assert tenths(degrees) == expected


def test_a_half_of_a_set_point_is_rounded_up() -> None:
    assert settings(winter={"target_temp": 22.5}).all_zones[0].profile.set_point == 23
    assert settings(winter={"target_temp": 21.4}).all_zones[0].profile.set_point == 21


def test_the_shipped_file_is_the_default_file() -> None:
    shipped = (TOP / "settings.json").read_text(encoding="utf-8")
    assert list(json.loads(shipped).items()) == list(DEFAULT_FILE.items())
    found = parse_settings(shipped)
    assert found.unknown_keys() == ()
    assert found.model_dump(mode="json") | DEFAULT_FILE == found.model_dump(mode="json")
    assert (found.poll_interval_seconds, found.idle_poll_interval_seconds, found.poll_warmup_minutes) == (15, 300, 10)


def test_the_settings_page_is_made_from_the_model() -> None:
    assert (TOP / "docs" / "settings.md").read_text(encoding="utf-8") == page(), "run make settings-doc"


def test_every_key_has_help_and_numbers_have_bounds() -> None:
    schema = json_schema()
    for part in [schema, *schema["$defs"].values()]:
        for name, node in part.get("properties", {}).items():
            assert node.get("description"), name
            assert node.get("type") not in {"integer", "number"} or {"minimum", "maximum"} <= node.keys(), name


def test_a_file_of_the_older_dashboard_loads_and_its_differences_are_named() -> None:
    older = {
        "automation_enabled": True,
        "mode": "winter",
        "poll_interval_seconds": 30,
        "off_repeat_count": 3,
        "ifttt_webhooks": {"winter": "https://hooks.example/secret-key"},
        "aircon_scenes": {"winter": "", "summer": "", "fan": "", "off": "abc"},
        "time_windows": [{"days": [0], "start": "06:30", "end": "23:59"}],
        "winter": {"min_temp": 18.5, "max_temp": 20, "target_temp": 21, "ac_mode": 5, "fan_speed": 3},
    }
    found = parse_settings(json.dumps(older))
    named = older_differences(older)
    assert found.unknown_keys() == ("ifttt_webhooks",)
    assert [line.split(":")[0] for line in named] == [
        "ifttt_webhooks",
        "poll_interval_seconds",
        "off_repeat_count",
        "time_windows[0].end",
        "manual_hold_minutes",
        "stale_after_minutes",
        "api_reserved_for_commands",
    ]
    assert "secret-key" not in " ".join(named)


def test_a_file_that_states_the_new_keys_differs_in_nothing() -> None:
    assert older_differences({**DEFAULT_FILE, "poll_interval_seconds": 60}) == ()
