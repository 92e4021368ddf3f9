"""The state of the virtual home: whole, shared, and replaced where it is nonsense."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.simulated import Stage

from switchbot_dashboard.simulator import MemoryWorld, World, WorldFile, from_json, to_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def lived(**wishes) -> World:
    """A world in which something has happened."""
    worlds = MemoryWorld()
    stage = Stage(worlds=worlds, **wishes)
    stage.body()
    stage.later(minutes=7).sure()
    stage.later(minutes=20).body()
    return worlds.load()


WHOLE = json.loads(to_json(lived()))


def test_a_world_comes_back_exactly() -> None:
    world = lived()
    assert from_json(to_json(world)) == world
    assert world.places["home"].room.unit.power


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_make_a_world(text: bytes) -> None:
    assert isinstance(from_json(text), World)


@given(JSON, st.sampled_from([(), ("rooms",), ("rooms", "home")]))
def test_json_of_any_kind_makes_a_world(value: object, place: tuple[str, ...]) -> None:
    if place:
        for name in reversed(place):
            value = {"version": 1, name: value} if name == "rooms" else {name: value}
    assert from_json(json.dumps(value)).places == {}


@given(st.sampled_from(sorted(WHOLE["rooms"]["home"])), JSON)
def test_a_home_goes_on_in_whatever_it_finds(key: str, value: object) -> None:
    damaged = {"version": 1, "rooms": {"home": {**WHOLE["rooms"]["home"], key: value}}}
    stage = Stage(worlds=MemoryWorld(from_json(json.dumps(damaged))))
    assert -60 <= stage.body()["temperature"] <= 80
    assert stage.order().ok


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, '{"version": 2, "rooms": {}}', "9" * 5000, "\ud800"])
def test_nonsense_is_an_empty_world(text: str) -> None:
    assert from_json(text).places == {}


def test_one_damaged_room_leaves_the_others_alone(tmp_path: Path) -> None:
    damaged = {"version": 1, "rooms": {"home": {"at": "noon"}, "attic": WHOLE["rooms"]["home"]}}
    assert list(from_json(json.dumps(damaged)).places) == ["attic"]


def test_two_processes_on_one_file_live_in_one_house(tmp_path: Path) -> None:
    here, there = (Stage(worlds=WorldFile(tmp_path / "home.json")) for _ in range(2))
    alone = Stage()
    for turn in range(40):
        for stage in (here, there, alone):
            stage.later(minutes=5)
        mine = here if turn % 2 else there
        if turn == 5:
            assert mine.order().ok == alone.order().ok
        assert mine.body() == alone.body()
    assert here.home.room("home") == there.home.room("home") == alone.home.room("home")


def test_a_home_that_starts_again_finds_itself_as_it_was(tmp_path: Path) -> None:
    before = Stage(worlds=WorldFile(tmp_path / "home.json"))
    before.body()
    before.sure()
    after = Stage(worlds=WorldFile(tmp_path / "home.json"), start=before.now)
    assert after.home.room("home") == before.home.room("home")
    assert [path.name for path in tmp_path.iterdir()] == ["home.json"]


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b'{"version": 1, "rooms": {"home": 7}}'])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "home.json"
    path.write_bytes(content)
    assert Stage(worlds=WorldFile(path)).body() == Stage().body()
    assert from_json(path.read_bytes()).places


def test_a_folder_that_takes_no_file_is_told_once_and_the_house_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    folder.write_text("a file where the folder should be")
    stage, alone = Stage(worlds=WorldFile(folder / "home.json")), Stage()
    with caplog.at_level(logging.INFO):
        for each in (stage, alone):
            each.sure()
        assert [stage.later(minutes=10).body() for _ in range(9)] == [alone.later(minutes=10).body() for _ in range(9)]
    assert stage.home.room("home").unit.power
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    folder.unlink()
    folder.mkdir()
    with caplog.at_level(logging.INFO):
        stage.later(minutes=10).body()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert from_json((folder / "home.json").read_bytes()).places


def test_a_clock_that_jumped_does_not_freeze_the_house() -> None:
    worlds = MemoryWorld()
    Stage(worlds=worlds).later(days=3000).body()
    stage = Stage(worlds=worlds)
    assert stage.body() != stage.later(hours=6).body()


def test_a_year_asleep_is_made_up_for() -> None:
    stage = Stage()
    stage.body()
    assert -20 < stage.later(days=365).body()["temperature"] < 30
