"""`kill -9` before and after every port call of a tick: what the next start knows, sends and leaves."""

from __future__ import annotations

from itertools import pairwise

import pytest
from support.kills import NEXT_START, NOW, POINTS, SCENARIOS, Fallout, killed

TIMES = 10
INTENT_IS_WRITTEN = ("after intend", "before send", "after send", "before save")
ON_ITS_WAY = ("after send", "before save", "after save")


@pytest.fixture(scope="module", params=SCENARIOS)
def killed_ticks(request, tmp_path_factory) -> tuple[str, list[Fallout]]:
    """A scenario, and what every point of it left, ten times each."""
    return request.param, killed(tmp_path_factory.mktemp("kills"), request.param, TIMES)


def sent(fallout: Fallout, *commands: str) -> int:
    return sum(what in commands for _, what in fallout.sent)


def test_a_tick_killed_at_any_point_is_put_right_by_the_next_start(killed_ticks):
    scenario, fallouts = killed_ticks
    by_point = {point: [fallout for fallout in fallouts if fallout.point == point] for point in POINTS}
    unread = ("before read", "after read") if scenario == "repeat" else ()
    assert all(len(by_point[point]) == TIMES for point in POINTS if point not in unread)
    for fallout in fallouts:
        assert fallout.reached == (fallout.point not in unread)
        if fallout.reached:
            check_the_memory(fallout)
            CHECKS[scenario](fallout)


def check_the_memory(fallout: Fallout) -> None:
    """Nothing is broken, what was pending is known, no record but the one under way is lost, nothing stays open."""
    assert fallout.integrity == ["ok", "ok"], fallout
    assert fallout.settings_whole, fallout
    before, killed_with, after = fallout.records
    assert killed_with == before + (fallout.point == "after save"), fallout
    assert after > killed_with, fallout
    assert fallout.open_at_the_kill == (fallout.point in INTENT_IS_WRITTEN), fallout
    assert fallout.open_at_the_end == 0, fallout
    assert fallout.sent_before_the_kill == (fallout.point in ON_ITS_WAY), fallout


def check_an_absolute_command(fallout: Fallout) -> None:
    """Sent again where its fate is unknown, and only there."""
    unknown = fallout.point in ("after send", "before save")
    assert sent(fallout, "setAll") == (2 if unknown else 1), fallout
    assert len(fallout.sent) <= 2


def check_a_toggle(fallout: Fallout) -> None:
    """Never sent twice; what may have been sent is taken as done."""
    assert sent(fallout, "turnOn") == (0 if fallout.point in ("after intend", "before send") else 1), fallout
    assert len(fallout.sent) <= 1


def check_a_scene(fallout: Fallout) -> None:
    """Not sent again after a crash; where its fate is unknown the absolute command behind it follows."""
    assert sent(fallout, "WARM") == (0 if fallout.point in ("after intend", "before send") else 1), fallout
    assert sent(fallout, "setAll") == (fallout.point in INTENT_IS_WRITTEN), fallout
    assert 1 <= len(fallout.sent) <= 2, fallout


def check_an_off_with_its_repeats(fallout: Fallout) -> None:
    check_offs(fallout, 3)


def check_a_repeat(fallout: Fallout) -> None:
    check_offs(fallout, 2)


def check_offs(fallout: Fallout, wanted: int) -> None:
    """All the offs that were asked for, one more where a fate is unknown, and none before its instant."""
    unknown = fallout.point in ("after send", "before save")
    assert sent(fallout, "turnOff") == len(fallout.sent) == wanted + unknown, fallout
    assert not fallout.repeats_left, fallout
    instants = [when - NOW.timestamp() for when, _ in fallout.sent]
    again = NEXT_START.total_seconds()
    assert instants[0] in (0, again), fallout
    gaps = [later - first for first, later in pairwise(instants)]
    assert gaps == ([again] if unknown else []) + [10.0] * (wanted - 1), fallout


CHECKS = {
    "absolute": check_an_absolute_command,
    "toggle": check_a_toggle,
    "scene": check_a_scene,
    "off with repeats": check_an_off_with_its_repeats,
    "repeat": check_a_repeat,
}
