"""What changes between two settings documents, as a patch and key by key."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from switchbot_dashboard.domain.settings_diff import Change, Side, Source, changes, extras, merge_patch, merged, touched
from switchbot_dashboard.domain.settings_leaves import house_leaves, zone_leaves

EVENING = {"days": [0, 1, 2, 3, 4, 5, 6], "start": "17:30", "end": "23:00"}
MORNING = {"days": [0, 1, 2, 3, 4], "start": "06:30", "end": "08:30"}

plain = st.one_of(st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=3))
documents = st.dictionaries(
    st.text(max_size=3), st.one_of(plain, st.dictionaries(st.text(max_size=3), plain, max_size=3)), max_size=4
)


def only(old: dict[str, Any], new: dict[str, Any]) -> Change:
    (change,) = changes(old, new)
    return change


@given(documents, documents)
def test_a_patch_makes_the_new_document_of_the_old_one(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert merged(old, merge_patch(old, new)) == new


def test_a_patch_names_only_what_differs() -> None:
    old = {"mode": "winter", "winter": {"min_temp": 20, "max_temp": 22}, "note": 1}
    new = {"mode": "winter", "winter": {"min_temp": 19, "max_temp": 22.0}}
    assert merge_patch(old, new) == {"winter": {"min_temp": 19}, "note": None}


def test_a_change_tells_both_values() -> None:
    change = only({"winter": {"min_temp": 20}}, {"winter": {"min_temp": 19}})
    assert (change.key, change.before.value, change.after.value) == ("winter.min_temp", 20, 19)


def test_a_key_that_is_not_stated_stands_at_its_default() -> None:
    change = only({}, {"poll_interval_seconds": 30})
    assert change.before == Side(120, Source.DEFAULT)
    assert changes({}, {"poll_interval_seconds": 120}) == ()


def test_true_is_not_one_but_twenty_is_twenty_point_nought() -> None:
    assert changes({"winter": {"min_temp": 20}}, {"winter": {"min_temp": 20.0}}) == ()
    assert changes({"off_repeat_count": 1}, {"off_repeat_count": True})


def test_windows_are_compared_one_by_one_whatever_their_order() -> None:
    longer = {**EVENING, "end": "06:00"}
    assert changes({"time_windows": [MORNING, EVENING]}, {"time_windows": [EVENING, MORNING]}) == ()
    change = only({"time_windows": [MORNING, EVENING]}, {"time_windows": [MORNING, longer]})
    assert (change.before.value, change.after.value) == (EVENING, longer)
    added = only({"time_windows": [MORNING]}, {"time_windows": [MORNING, EVENING]})
    assert (added.before.source, added.after.value) == (Source.NOTHING, EVENING)


def test_a_zone_that_begins_to_state_what_it_inherited_is_a_change() -> None:
    old, new = {"zones": [{"id": "attic"}]}, {"zones": [{"id": "attic", "winter": {"min_temp": 20}}]}
    change = only(old, new)
    assert (change.zone, change.key) == ("attic", "winter.min_temp")
    assert (change.before, change.after) == (Side(20, Source.INHERITED), Side(20))


def test_zones_come_and_go_by_their_ids() -> None:
    old = {"zones": [{"id": "a"}, {"id": "b"}]}
    new = {"zones": [{"id": "b"}, {"id": "c", "hysteresis_celsius": 1}]}
    found = [(change.key, change.zone, change.after.source is Source.NOTHING) for change in changes(old, new)]
    assert found == [("zones", "a", True), ("zones", "c", False), ("hysteresis_celsius", "c", False)]


def test_unknown_keys_are_told_apart() -> None:
    change = only({"note": "old", "winter": {"own": 1}}, {"note": "new", "winter": {"own": 1}})
    assert (change.key, change.known, change.after.value) == ("note", False, "new")
    assert extras({"note": 1, "winter": {"own": 2}, "time_windows": [{**EVENING, "why": "x"}], "cleanup": 5}) == {
        "note": 1,
        "winter.own": 2,
        "time_windows[0].why": "x",
        "cleanup": 5,
    }


def test_two_editors_meet_at_a_key_of_one_zone() -> None:
    one = changes({}, {"mode": "summer", "winter": {"min_temp": 18}})
    other = changes({}, {"winter": {"min_temp": 19}})
    assert touched(one) & touched(other) == {("", "winter.min_temp")}


def test_a_broken_document_is_compared_all_the_same() -> None:
    assert changes({"winter": 5, "time_windows": "x", "zones": [3]}, {"zones": {}, "time_windows": [7]})


def test_every_key_of_a_zone_but_its_names_is_a_key_of_the_house() -> None:
    assert set(zone_leaves()) - set(house_leaves()) == {"id", "name"}
