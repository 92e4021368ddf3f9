from __future__ import annotations

import errno
import json
import logging
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchbot_dashboard.domain.settings import DEFAULT_FILE, InvalidSettings
from switchbot_dashboard.domain.settings_diff import merged
from switchbot_dashboard.store import atomic
from switchbot_dashboard.store.settings_file import Conflict, NotWritable, SettingsFile
from switchbot_dashboard.store.settings_text import in_order_of, laid_out

GOOD = """{
    "timezone": "Europe/Paris",
    "my_note": {"kept": [1, 2]},
    "poll_interval_seconds": 30,
    "time_windows": [
        {"days": [0, 1], "start": "06:30", "end": "08:30"}
    ]
}
"""


class Clock:
    """Moves a second with every look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "settings.json"
    path.write_text(GOOD)
    return path


def opened(path: Path) -> SettingsFile:
    return SettingsFile(path, path.parent / "data" / "backups", Clock())


def copies(path: Path) -> list[str]:
    return [copy.read_text() for copy in atomic.Backups(path.parent / "data" / "backups").all()]


def interval(file: SettingsFile) -> int:
    assert file.current is not None
    return file.current.poll_interval_seconds


def test_a_missing_file_is_written_from_the_defaults(tmp_path: Path) -> None:
    file = opened(tmp_path / "settings.json")
    assert json.loads((tmp_path / "settings.json").read_text()) == DEFAULT_FILE
    assert list(json.loads(file.text)) == list(DEFAULT_FILE)
    assert (file.faults, file.warnings) == ((), ())
    assert '"days": [0, 1, 2, 3, 4, 5, 6]' in file.text


def test_a_missing_file_that_cannot_be_written_leaves_the_defaults_in_force_and_a_fault(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "nowhere" / "settings.json", tmp_path / "backups", Clock())
    assert interval(file) == DEFAULT_FILE["poll_interval_seconds"]
    assert "cannot be read" in file.faults[0].message


def test_an_edit_by_hand_is_in_force_at_the_next_look(path: Path) -> None:
    file = opened(path)
    assert not file.poll()
    path.write_text(GOOD.replace("30", "45"))
    assert file.poll()
    assert not file.poll()
    assert interval(file) == 45


def test_a_second_edit_within_the_same_clock_tick_is_seen(path: Path) -> None:
    file = opened(path)
    path.write_text(GOOD.replace("30", "45"))
    same = path.stat()
    file.poll()
    path.write_text(GOOD.replace("30", "46"))
    os.utime(path, ns=(same.st_atime_ns, same.st_mtime_ns))
    assert file.poll()
    assert interval(file) == 46


def test_an_unchanged_file_is_not_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = opened(path)
    file.poll()
    monkeypatch.setattr(os, "open", None)
    assert not file.poll()


def test_an_edit_that_means_the_same_changes_nothing_in_force(path: Path) -> None:
    file = opened(path)
    path.write_text(json.dumps(json.loads(GOOD)))
    assert not file.poll()
    assert file.text == json.dumps(json.loads(GOOD))


def test_an_invalid_edit_keeps_the_last_good_settings_and_shows_every_fault(path: Path) -> None:
    file = opened(path)
    path.write_text(GOOD.replace("30,", "3,").replace("06:30", "late"))
    assert not file.poll()
    assert interval(file) == 30
    assert [fault.key for fault in file.faults] == ["poll_interval_seconds", "time_windows[0].start"]
    assert file.faults_at is not None
    path.write_text(GOOD.replace("30,", "60,"))
    assert file.poll()
    assert (file.faults, file.faults_at, interval(file)) == ((), None, 60)


def test_a_broken_file_at_the_start_drives_nothing(path: Path) -> None:
    path.write_text("{")
    file = opened(path)
    assert file.current is None
    assert file.faults[0].line == 1
    path.write_text(GOOD)
    assert file.poll()
    assert interval(file) == 30


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file"),
        (make_folder, "is a folder or a device"),
        (make_pipe, "is a folder or a device"),
        (make_loop, "cannot be read: Too many levels"),
        (lambda path: path.write_bytes(b'{\n"timezone": "\xff"}'), "is not UTF-8: see line 2"),
        (lambda path: path.write_bytes(GOOD.encode("utf-16")), "is not UTF-8: see line 1"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b" \n"), "is empty"),
        (lambda path: path.write_bytes(b" " * 10_000_000), "10000000 bytes long"),
        (lambda path: path.write_bytes(b"\0" * 100), "not JSON"),
        (lambda path: path.write_text("[" * 100_000), "levels"),
    ],
)
def test_what_is_no_settings_text_is_a_fault_and_no_crash(path: Path, spoil: Any, words: str) -> None:
    file = opened(path)
    spoil(path)
    assert not file.poll()
    assert words in file.faults[0].message
    assert interval(file) == 30
    if path.exists() or path.is_symlink():
        assert words in opened(path).faults[0].message


def test_a_byte_order_mark_does_no_harm(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    file = opened(path)
    assert file.faults == ()
    file.patch({"poll_interval_seconds": 31})
    assert interval(opened(path)) == 31


def test_a_file_that_becomes_readable_again_is_read(path: Path) -> None:
    file = opened(path)
    kept = path.rename(path.with_suffix(".away"))
    file.poll()
    assert file.faults
    kept.rename(path)
    file.poll()
    assert (file.faults, file.text) == ((), GOOD)


def test_an_unknown_time_zone_is_utc_at_the_start_with_a_warning(path: Path) -> None:
    path.write_text(GOOD.replace("Europe/Paris", "Mars/Olympus"))
    file = opened(path)
    assert file.current is not None
    assert str(file.current.tz) == "UTC"
    assert str(file.warnings[0]) == 'The time zone "Mars/Olympus" is unknown; UTC is used instead.'
    assert file.faults == ()


def test_an_unknown_time_zone_at_a_later_edit_keeps_the_last_good_one(path: Path) -> None:
    file = opened(path)
    path.write_text(GOOD.replace("Europe/Paris", "Mars/Olympus").replace("30,", "40,"))
    assert file.poll()
    assert file.current is not None
    assert (str(file.current.tz), interval(file)) == ("Europe/Paris", 40)
    assert str(file.warnings[0]) == 'The time zone "Mars/Olympus" is unknown; Europe/Paris is used instead.'


def test_an_unknown_key_is_warned_about_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        file = opened(path)
        file.patch({"poll_interval_seconds": 31})
    assert [str(warning) for warning in file.warnings] == ['The key "my_note" means nothing here; it is kept.']
    assert len(caplog.messages) == 1


def test_a_patch_keeps_order_layout_and_unknown_keys(path: Path) -> None:
    file = opened(path)
    file.patch({"poll_interval_seconds": 31})
    expected = GOOD.replace("30,", "31,").replace('{"kept": [1, 2]}', '{\n        "kept": [1, 2]\n    }')
    expected = expected.replace(
        '{"days": [0, 1], "start": "06:30", "end": "08:30"}',
        '{\n            "days": [0, 1],\n            "start": "06:30",\n            "end": "08:30"\n        }',
    )
    assert path.read_text() == file.text == expected
    assert interval(file) == 31
    assert not file.poll()


def test_a_patch_with_null_removes_a_key_and_a_new_key_comes_last(path: Path) -> None:
    file = opened(path)
    file.patch({"poll_interval_seconds": None, "hysteresis_celsius": 0.5})
    assert list(json.loads(file.text)) == ["timezone", "my_note", "time_windows", "hysteresis_celsius"]


def test_a_patch_that_changes_nothing_leaves_the_file_alone(path: Path) -> None:
    file = opened(path)
    before = path.stat()
    file.patch({"poll_interval_seconds": 30})
    assert path.stat() == before


def test_a_replacement_keeps_the_order_of_the_file_and_drops_what_it_leaves_out(path: Path) -> None:
    file = opened(path)
    file.replace({"hysteresis_celsius": 1, "poll_interval_seconds": 20, "timezone": "UTC", "own": True})
    assert list(json.loads(path.read_text())) == ["timezone", "poll_interval_seconds", "hysteresis_celsius", "own"]


def test_a_replacement_by_text_is_written_as_it_is(path: Path) -> None:
    file = opened(path)
    text = '{"poll_interval_seconds":   77}'
    file.replace(text)
    assert (path.read_text(), interval(file)) == (text, 77)


@pytest.mark.parametrize("change", [{"poll_interval_seconds": 1}, {"mode": "spring"}, {"timezone": "\ud800"}, [1]])
def test_an_invalid_change_is_refused_and_changes_nothing(path: Path, change: Any) -> None:
    file = opened(path)
    for use in (file.patch, file.replace):
        with pytest.raises(InvalidSettings):
            use(change)
        assert path.read_text() == file.text == GOOD


@pytest.mark.parametrize("new", ['{"note": "\ud800"}', {"note": "\ud800"}, {"\ud800": 1}])
def test_half_a_character_is_refused(path: Path, new: Any) -> None:
    file = opened(path)
    with pytest.raises(InvalidSettings, match="half a character"):
        file.replace(new)
    assert path.read_text() == GOOD


def test_a_stale_etag_is_a_conflict_and_a_fresh_one_is_not(path: Path) -> None:
    file = opened(path)
    old = file.etag
    path.write_text(GOOD.replace("30,", "40,"))
    with pytest.raises(Conflict, match="Load them again"):
        file.patch({"mode": "summer"}, if_match=old)
    assert path.read_text() == GOOD.replace("30,", "40,")
    file.patch({"mode": "summer"}, if_match=f'"{file.etag}"')
    file.patch({"mode": "winter"}, if_match="*")
    assert (json.loads(path.read_text())["mode"], interval(file)) == ("winter", 40)


def test_a_patch_over_an_edit_that_was_not_seen_yet_keeps_the_edit(path: Path) -> None:
    file = opened(path)
    file.poll()
    path.write_text(GOOD.replace("30,", "40,"))
    file.patch({"mode": "summer"})
    assert (json.loads(path.read_text())["mode"], interval(file)) == ("summer", 40)


def test_a_patch_over_a_broken_file_is_refused_with_its_faults(path: Path) -> None:
    file = opened(path)
    path.write_text('{"timezone": ')
    with pytest.raises(InvalidSettings, match="not JSON"):
        file.patch({"mode": "summer"})
    assert path.read_text() == '{"timezone": '


def test_a_patch_may_cure_a_fault(path: Path) -> None:
    file = opened(path)
    path.write_text(GOOD.replace("30,", "3,"))
    file.poll()
    assert file.faults
    file.patch({"poll_interval_seconds": 33})
    assert (file.faults, interval(file)) == ((), 33)


def test_a_replacement_over_a_broken_file_keeps_a_copy_of_it(path: Path) -> None:
    file = opened(path)
    path.write_text('{"timezone": ')
    file.replace({"mode": "summer"})
    assert copies(path) == [GOOD, '{"timezone": ', path.read_text()]


def test_a_patch_after_the_file_was_deleted_writes_the_last_good_settings_again(path: Path) -> None:
    file = opened(path)
    path.unlink()
    file.patch({"mode": "summer"})
    assert json.loads(path.read_text()) == {**json.loads(GOOD), "mode": "summer"}
    assert file.faults == ()


def test_what_was_in_force_is_kept_twenty_deep(path: Path) -> None:
    file = opened(path)
    for number in range(30, 60):
        file.patch({"poll_interval_seconds": number})
    kept = [json.loads(text)["poll_interval_seconds"] for text in copies(path)]
    assert kept == list(range(40, 60))
    assert copies(path)[-1] == path.read_text()


def test_copies_of_one_instant_have_names_of_their_own(tmp_path: Path) -> None:
    backups, now = atomic.Backups(tmp_path), datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(50):
        backups.keep(f"text {number}", now)
    assert [copy.read_text() for copy in backups.all()] == [f"text {number}" for number in range(30, 50)]


def test_settings_are_written_although_no_copy_can_be(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = opened(path)
    for copy in atomic.Backups(path.parent / "data" / "backups").all():
        copy.unlink()
    file._backups.folder = path / "no folder"
    file.patch({"mode": "summer"})
    assert json.loads(path.read_text())["mode"] == "summer"
    assert any("No backup" in line for line in caplog.messages)


def test_the_mode_of_the_file_is_kept(path: Path) -> None:
    path.chmod(0o640)
    opened(path).patch({"mode": "summer"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link(path: Path) -> None:
    real = path.rename(path.with_name("real.json"))
    path.symlink_to(real.name)
    file = opened(path)
    file.patch({"mode": "summer"})
    assert path.is_symlink()
    assert json.loads(real.read_text())["mode"] == "summer"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EBUSY, "is mounted by itself. Mount its folder"),
        (errno.EROFS, "cannot be written .* Make it writable"),
        (errno.ENOSPC, "No space left"),
    ],
)
def test_a_file_that_cannot_be_replaced_stays_as_it_is_and_says_why(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    file = opened(path)

    def refused(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refused)
        with pytest.raises(NotWritable, match=words):
            file.patch({"mode": "summer"})
    assert path.read_text() == file.text == GOOD
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["data", "settings.json"]


def test_a_lock_that_cannot_be_had_is_told_in_a_sentence(path: Path) -> None:
    (path.parent / "data").write_text("a file where the data folder should be")
    file = opened(path)
    assert interval(file) == 30
    with pytest.raises(NotWritable, match=r"settings\.lock cannot be opened"):
        file.patch({"mode": "summer"})


def test_threads_and_processes_that_write_lose_no_change(path: Path) -> None:
    program = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from switchbot_dashboard.store.settings_file import SettingsFile
file = SettingsFile(sys.argv[1], Path(sys.argv[2]), lambda: datetime(2026, 3, 1, tzinfo=UTC))
for number in range(10):
    file.patch({f"{sys.argv[3]}{number}": number})
"""
    backups = path.parent / "data" / "backups"
    started = [subprocess.Popen([sys.executable, "-c", program, str(path), str(backups), name]) for name in "ab"]
    file = opened(path)
    threads = [Thread(target=file.patch, args=({f"t{number}": number},)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait(60) for process in started] == [0, 0]
    written = json.loads(path.read_text())
    assert {f"{name}{number}" for name in "ab" for number in range(10)} <= written.keys()
    assert {f"t{number}" for number in range(5)} <= written.keys()


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4)
)
objects = st.dictionaries(st.sampled_from("abcd"), documents, max_size=4)


def without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: without_nulls(item) for key, item in value.items() if item is not None}


@given(documents, documents)
def test_merging_twice_is_merging_once(target: Any, change: Any) -> None:
    assert merged(merged(target, change), change) == merged(target, change)


@given(documents, objects)
def test_a_merge_keeps_what_it_does_not_name_and_sets_what_it_does(target: Any, change: dict[str, Any]) -> None:
    before = target if isinstance(target, dict) else {}
    result = merged(target, change)
    assert {key: value for key, value in result.items() if key not in change} == {
        key: value for key, value in before.items() if key not in change
    }
    for key, value in change.items():
        if value is None:
            assert key not in result
        elif not isinstance(value, dict):
            assert result[key] == value
    assert merged({}, change) == without_nulls(change)


@given(objects, objects)
def test_the_order_of_a_document_is_kept_and_nothing_else_changes(old: dict[str, Any], new: dict[str, Any]) -> None:
    result = in_order_of(old, new)
    assert result == new
    assert [key for key in result if key in old] == [key for key in old if key in new]


@given(objects, st.sampled_from(["", "{}", '{\n\t"a": 1\n}\n', '{\n "a": 1\n}', '{\r\n  "a": 1\r\n}']))
def test_a_document_is_laid_out_without_loss(document: dict[str, Any], like: str) -> None:
    text = laid_out(document, like)
    assert json.loads(text) == document
    assert list(json.loads(text)) == list(document)


def test_the_examples_of_the_merge_patch_standard_hold() -> None:
    examples: list[tuple[Any, Any, Any]] = [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ]
    for target, change, result in examples:
        assert merged(target, change) == result


def test_the_texts_that_were_in_force_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"mode": "winter"}', encoding="utf-8")
    file = SettingsFile(path, tmp_path / "backups", lambda: datetime(2026, 3, 2, 16, 46, tzinfo=UTC))
    file.patch({"mode": "summer"})
    (newest, kept_at), (older, _) = file.backups()
    assert kept_at == datetime(2026, 3, 2, 16, 46, tzinfo=UTC)
    assert file.backup_text(older) == '{"mode": "winter"}'
    assert file.backup_text(newest) == file.text


@pytest.mark.parametrize("stamp", ["", "../settings", "20260302T164600000000Z-777", "20269999T000000000000Z-000"])
def test_a_name_that_is_no_version_gives_none(tmp_path: Path, stamp: str) -> None:
    file = SettingsFile(tmp_path / "settings.json", tmp_path / "backups", lambda: datetime(2026, 3, 2, tzinfo=UTC))
    (tmp_path / "backups" / "settings-odd.json").write_text("{}", encoding="utf-8")
    assert file.backup_text(stamp) is None
    assert len(file.backups()) == 1
