"""What a zone has learned, through the store's text and back; nonsense is dropped, the rest is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.heated import HeatedHome

from switchbot_dashboard.domain.learned import NOTHING, Learned
from switchbot_dashboard.domain.record import ZoneState
from switchbot_dashboard.store.codec import STATE
from switchbot_dashboard.tick.run import run_tick

HEATING = "2026-01-07 06:10"  # on the way to a window: a trial, a change to come, and an early start


@lru_cache(maxsize=1)
def lived() -> ZoneState:
    """A zone after two days, in the middle of an early start."""
    home = HeatedHome("2026-01-05 00:00", lag=5)
    home.walk(HEATING)
    return home.zone_state


def kept(**learned: Any) -> dict[str, Any]:
    """The stored row, with some of what was learned put in another way."""
    row: dict[str, Any] = json.loads(STATE.write(lived()))
    row["learned"].update(learned)
    return row


def read(row: dict[str, Any]) -> ZoneState:
    found = STATE.read("home", json.dumps(row))
    assert found is not None
    return found


def serve(state: ZoneState) -> ZoneState:
    """The state after six more hours of ticks."""
    home = HeatedHome(HEATING, lag=5, first=19.0)
    home.begin_with(state)
    for _ in range(12):
        home.turned = run_tick(home.ports, "test", every_zone=True)
        assert home.turned.wake_at > home.time
        home.after(minutes=30)
    return home.zone_state


def test_all_that_was_learned_survives_a_restart():
    state = lived()
    learned = state.learned
    assert learned.course is not None
    assert learned.heat is not None
    assert learned.lag is not None
    assert learned.trial is not None
    assert learned.preheat is not None
    assert STATE.read("home", STATE.write(state)) == state


def test_a_row_from_before_there_was_anything_to_learn_is_read_as_it_was():
    row = kept()
    del row["learned"], row["doubt"]
    assert read(row) == replace(lived(), learned=NOTHING, doubt=None)


ESTIMATE = {"mean": 2.0, "variance": 0.1, "count": 3}
NONSENSE: list[dict[str, Any]] = [
    {"heat": ESTIMATE | {"mean": float("nan")}},
    {"heat": ESTIMATE | {"mean": float("inf")}},
    {"heat": ESTIMATE | {"variance": -1}},
    {"cool": {"mean": "cold"}},
    {"lag": {"mean": 1e30, "variance": 1.0}},
    {"lag": [1, 2, 3]},
    {"course": {"level": 20.0}},
    {"course": "warm"},
    {"still": json.loads(STATE.write(lived()))["learned"]["still"] | {"spread": [-1.0, 0.0, 1.0]}},
    {"still": json.loads(STATE.write(lived()))["learned"]["still"] | {"level": float("nan")}},
    {"course": json.loads(STATE.write(lived()))["learned"]["course"] | {"at": "2026-01-07T06:10:00"}},  # no zone
    {"course": json.loads(STATE.write(lived()))["learned"]["course"] | {"doubted": 1e300}},
    {"trial": json.loads(STATE.write(lived()))["learned"]["trial"] | {"variance": -0.1}},
    {"trial": json.loads(STATE.write(lived()))["learned"]["trial"] | {"at": "0001-01-01T00:00:00Z"}},
    {"trial": json.loads(STATE.write(lived()))["learned"]["trial"] | {"heard": 1e200}},
    {"trial": json.loads(STATE.write(lived()))["learned"]["trial"] | {"base": "9999-12-31T23:59:59Z"}},
    {"preheat": "yesterday"},
    {"resent": ["2026-01-07T06:10:00"]},
    {"repeats": "many"},
]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=str)
def test_nonsense_is_dropped_and_the_rest_of_the_zone_is_kept(nonsense):
    assert read(kept(**nonsense)) == replace(lived(), learned=NOTHING)


@pytest.mark.parametrize("whole", [None, 7, [], "nothing", {"course": 1}])
def test_a_learned_state_that_is_none_at_all_is_dropped(whole):
    row = kept()
    row["learned"] = whole
    assert read(row) == replace(lived(), learned=NOTHING)


def test_what_was_dropped_is_learned_anew():
    home = HeatedHome(HEATING, lag=5, first=19.0)
    home.begin_with(read(kept(course="warm")))
    home.walk("2026-01-08 12:00")
    learned = home.zone_state.learned
    assert learned.heat is not None
    assert learned.heat.mean == pytest.approx(3.0, abs=0.6)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place within a JSON value."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [here, *(place for key, part in inner for place in places(part, (*here, key)))]


INSTANTS = st.sampled_from(
    ["1970-01-01T00:00:00Z", "2026-01-07T06:20:00Z", "2026-01-01T00:00:00Z", "2031-01-01T00:00:00Z",
     "2199-12-31T23:59:59Z", "2026-01-07T05:00:00"]
)  # fmt: skip
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(),
    st.floats(-200, 200),
    st.text(max_size=5),
    INSTANTS,
    INSTANTS,
    st.sampled_from(["heat", "cool", "rest"]),
    st.lists(st.integers(-3, 3), max_size=3),
)


@settings(max_examples=150)
@given(st.data())
def test_no_figure_however_it_was_spoilt_breaks_a_tick(data):
    row = kept()
    for place in data.draw(st.lists(st.sampled_from(places(row["learned"])[1:]), min_size=1, max_size=4)):
        *way, last = place
        part = row["learned"]
        try:
            for key in way:
                part = part[key]
            part[last] = data.draw(ANYTHING)
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change has taken that place away
    state = read(row)
    assert replace(state, learned=NOTHING) == replace(lived(), learned=NOTHING)
    assert isinstance(serve(state).learned, Learned)
