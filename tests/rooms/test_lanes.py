"""Whose turn it is: a place that hangs holds one thread, and the others go on."""

from __future__ import annotations

import threading

from switchbot_dashboard.notifications.lanes import Lanes


class Watchmaker:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def lined_up(*names: str) -> tuple[Lanes, Watchmaker]:
    clock = Watchmaker()
    lanes = Lanes(4, hang=5.0, monotonic=clock)
    for number, name in enumerate(names):
        lanes.offer(number, name)
    return lanes, clock


def taken(lanes: Lanes) -> list[int]:
    """All that may be taken now."""
    found: list[int] = []
    while True:
        before = len(lanes.under_way)
        thread = threading.Thread(target=lambda: found.append(lanes.take() or 0), daemon=True)
        thread.start()
        thread.join(0.1)
        if len(lanes.under_way) == before:
            lanes.close()  # lets the thread that waits go
            thread.join()
            return sorted(found[:-1])


def test_a_place_nobody_knows_yet_is_tried_by_one_thread() -> None:
    lanes, _ = lined_up("mail", "mail", "mail", "phone")
    assert taken(lanes) == [0, 3]


def test_a_place_that_answers_soon_gets_more_threads_but_never_the_last() -> None:
    lanes, clock = lined_up(*["mail"] * 9)
    assert lanes.take() == 0
    clock.now = 1.0
    lanes.done(0)
    assert taken(lanes) == [1, 2, 3]


def test_a_place_that_begins_to_hang_gets_no_further_thread() -> None:
    lanes, clock = lined_up(*["mail"] * 9, "phone")
    assert lanes.take() == 0
    lanes.done(0)
    assert {lanes.take(), lanes.take()} == {1, 9}
    clock.now = 6.0
    assert taken(lanes) == []
    clock.now = 7.0
    lanes.done(1)
    assert len(lanes) == 1, "the mail is under way no more, what waited is let go, the phone hangs"


def test_places_take_turns() -> None:
    lanes, _ = lined_up("mail", "mail", "phone", "phone")
    order = []
    for _ in range(4):
        number = lanes.take()
        assert number is not None
        order.append(number)
        lanes.done(number)
    assert order == [0, 2, 1, 3]


def test_what_is_lined_up_already_is_not_lined_up_again() -> None:
    lanes, _ = lined_up("mail")
    lanes.offer(0, "mail")
    assert (len(lanes), lanes.waiting, 0 in lanes) == (1, 1, True)
    assert lanes.take() == 0
    lanes.offer(0, "mail")
    assert (lanes.waiting, lanes.under_way) == (0, [0])
    lanes.done(0)
    assert lanes.wait_until_done(0.0)


def test_once_closed_nothing_is_taken() -> None:
    lanes, _ = lined_up("mail", "phone")
    lanes.close()
    assert lanes.take() is None
    assert len(lanes) == 0
