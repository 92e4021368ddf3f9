"""Reports of meters in the real tick, on a pretend clock: looks brought forward, looks spared, and no command."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.pretend import METER, Home, at

from switchbot_dashboard.domain.errors import Unreachable
from switchbot_dashboard.domain.hint import LOOKS_AN_HOUR
from switchbot_dashboard.domain.push import Event, Push
from switchbot_dashboard.domain.record import Outcome, Pace
from switchbot_dashboard.store.memory import MemoryStore
from switchbot_dashboard.tick.pushes import Pushes
from switchbot_dashboard.tick.run import first_wake, run_tick

WHOLE_DAY = [{"days": list(range(7)), "start": "00:00", "end": "00:00"}]
INSIDE = "2026-01-05 06:40"
RHYTHM = 180


class Rows:
    """The reports, in the store of a pretend home."""

    def __init__(self, store: MemoryStore) -> None:
        self.store, self.writes = store, 0

    def all(self) -> dict[str, Push]:
        return self.store.pushes

    def keep(self, push: Push, known: Any) -> None:
        self.writes += 1
        self.store.pushes = {key: value for key, value in self.store.pushes.items() if key in known}
        self.store.pushes[push.device] = push


class Pushed:
    """A pretend home with a webhook, whose heart notices what is written."""

    def __init__(self, now: str = INSIDE, **keys: Any) -> None:
        keys = {"time_windows": WHOLE_DAY, "predictive_polling_enabled": False, **keys}
        self.home = Home(now, **keys)
        self.rows = Rows(self.home.store)
        self.box = Pushes(
            lambda: self.home.settings,
            lambda: self.home.time,
            lambda: self.home.store.load(self.home.time),
            self.rows,
            lambda _: None,
        )
        self.home.tick("start", every_zone=True)

    def report(self, celsius: float, device: str = METER, at: datetime | None = None) -> None:
        """An event, put into the box and judged at once."""
        self.box.put(Event(device, celsius, 45, 90, at or self.home.time))
        self.box.empty()

    def notice(self) -> None:
        """What the heart does when the serial moved: ask for the first wake, and tick where that is now."""
        for _ in range(5):
            wake = first_wake(self.home.ports)
            if wake is None or wake[0] > self.home.time:
                return
            self.home.turned = run_tick(self.home.ports, "scheduler")
        raise AssertionError("it wakes again and again at one instant")

    def go_on(self, until: datetime, each: Callable[[], None] = lambda: None, every: int = 1) -> None:
        """Let the wakes and, every so many seconds, `each` happen until an instant."""
        while self.home.time < until:
            self.home.time += timedelta(seconds=every)
            each()
            self.notice()

    @property
    def reads(self) -> int:
        return len(self.home.cloud.reads)


def after(pushed: Pushed, **span: float) -> datetime:
    return pushed.home.time + timedelta(**span)


def test_a_report_beyond_the_threshold_brings_the_look_forward_and_the_look_decides():
    pushed = Pushed(poll_interval_seconds=900)
    pushed.home.after(minutes=2)
    pushed.home.cloud.temperature = 19.6
    pushed.report(19.6)
    pushed.notice()
    assert pushed.home.cloud.reads[-1][0] == at("2026-01-05 06:42")
    assert pushed.home.cloud.commands == ["setAll 23,5,3,on"]


def test_nothing_is_switched_when_the_look_says_otherwise():
    pushed = Pushed(poll_interval_seconds=900)
    pushed.home.after(minutes=2)
    pushed.report(19.6)
    pushed.notice()
    assert pushed.reads == 2
    assert pushed.home.cloud.commands == []
    assert not pushed.home.state.reading.pushed


def test_nothing_is_switched_when_the_look_fails():
    pushed = Pushed(poll_interval_seconds=900)
    pushed.home.cloud.temperature = Unreachable("no answer")
    pushed.home.after(minutes=2)
    pushed.report(19.6)
    pushed.notice()
    pushed.go_on(after(pushed, minutes=30), every=10)
    assert pushed.home.cloud.commands == []


def test_a_report_within_the_band_updates_the_picture_without_a_call():
    pushed = Pushed(poll_interval_seconds=900)
    pushed.home.after(minutes=3)
    pushed.report(20.7)
    pushed.notice()
    assert pushed.reads == 1
    assert run_tick(pushed.home.ports, "scheduler").records == ()


def test_an_edge_served_without_a_look_shows_the_report_and_switches_nothing_on_it():
    windows = [{"days": list(range(7)), "start": "06:30", "end": "08:30"}]
    pushed = Pushed("2026-01-05 06:00", time_windows=windows, turn_off_outside_windows=False)
    pushed.go_on(at("2026-01-05 06:29:40"), every=10)
    pushed.report(19.0)  # forged, between the reading ahead of the start and the start
    pushed.go_on(at("2026-01-05 06:30:05"), every=1)
    assert pushed.home.cloud.commands == []


def test_a_start_is_exact_although_the_meter_reported_between_its_reading_and_the_edge():
    windows = [{"days": list(range(7)), "start": "06:30", "end": "08:30"}]
    pushed = Pushed("2026-01-05 06:00", time_windows=windows)
    pushed.home.cloud.temperature = 19.0
    pushed.go_on(at("2026-01-05 06:29:45"))
    pushed.report(19.1)
    pushed.go_on(at("2026-01-05 06:30:05"))
    assert pushed.home.cloud.sent[-1][0] == at("2026-01-05 06:30")
    assert pushed.home.cloud.commands[-1] == "setAll 23,5,3,on"


def test_outside_windows_a_report_brings_no_look_forward():
    windows = [{"days": list(range(7)), "start": "10:30", "end": "11:30"}]
    pushed = Pushed(time_windows=windows)
    before = pushed.reads
    pushed.home.after(minutes=2)
    pushed.report(19.0)
    pushed.notice()
    assert pushed.reads == before


def test_a_report_of_a_stranger_changes_nothing():
    pushed = Pushed(poll_interval_seconds=900)
    pushed.home.after(minutes=2)
    pushed.report(19.0, device="STRANGER")
    pushed.notice()
    assert pushed.reads == 1
    assert pushed.home.store.pushes == {}


@pytest.mark.parametrize("celsius", [19.3, 22.6])
def test_a_flood_of_plausible_forgeries_costs_no_more_looks_than_the_cap_and_switches_nothing(celsius: float):
    pushed = Pushed(poll_interval_seconds=3600, idle_poll_interval_seconds=3600)
    begins = pushed.home.time

    def forge() -> None:
        for _ in range(5):
            pushed.report(celsius)

    pushed.go_on(begins + timedelta(minutes=59), forge, every=2)
    assert pushed.reads - 1 == LOOKS_AN_HOUR
    assert pushed.home.cloud.commands == []
    assert len(pushed.home.store.pushes) == 1
    assert len(pushed.home.store.records) <= LOOKS_AN_HOUR + 2


def test_the_cap_holds_over_all_zones_and_any_hour():
    zones = [{"id": f"room{n}", "meter_device_id": f"METER{n}"} for n in range(4)]
    pushed = Pushed(poll_interval_seconds=3600, idle_poll_interval_seconds=3600, zones=zones)
    begins, draws = pushed.home.time, random.Random(4)

    def forge() -> None:
        pushed.report(draws.choice([19.2, 19.4, 22.5]), device=f"METER{draws.randrange(4)}")

    pushed.go_on(begins + timedelta(hours=3), forge, every=7)
    looks = [when for when, _ in pushed.home.cloud.reads if when > begins]
    hinted = [when for when in looks if (when - begins) % timedelta(hours=1)]
    assert hinted
    for when in hinted:
        within = [other for other in hinted if when <= other < when + timedelta(hours=1)]
        assert len(within) <= LOOKS_AN_HOUR + len(zones)  # an hour after a hinted look comes one by the table
    assert pushed.home.cloud.commands == []


def teach(pushed: Pushed, celsius: float = 21.0, count: int = 10) -> None:
    """A regular meter: reports of what is true, three minutes apart."""
    for _ in range(count):
        pushed.go_on(after(pushed, seconds=RHYTHM), every=RHYTHM)
        pushed.report(celsius)
        pushed.notice()


def test_a_meter_that_reports_is_read_less_and_the_sentence_says_so():
    pushed = Pushed(predictive_polling_enabled=True, poll_interval_seconds=60)
    pushed.home.cloud.temperature = 21.0
    teach(pushed)
    before = pushed.reads
    teach(pushed, count=20)
    assert pushed.reads - before <= 5  # in an hour, instead of sixty
    wake = pushed.home.state.wake
    assert wake.pace is Pace.PREDICTED
    assert wake.interval_seconds <= 900


def test_with_prediction_off_the_table_holds_although_the_meter_reports():
    pushed = Pushed(poll_interval_seconds=60)
    teach(pushed)
    before = pushed.reads
    pushed.go_on(after(pushed, minutes=30), every=1)
    assert pushed.reads - before == 30
    assert pushed.home.state.wake.pace is Pace.TABLE


def test_when_the_meter_falls_silent_reading_returns_and_says_so():
    pushed = Pushed(predictive_polling_enabled=True)
    teach(pushed, count=16)
    last = pushed.home.time
    pushed.go_on(last + timedelta(minutes=10, seconds=5), every=5)
    looks = [when for when, _ in pushed.home.cloud.reads if when > last]
    assert looks
    assert looks[-1] <= last + timedelta(minutes=10, seconds=5)
    assert "has been silent" in pushed.home.state.wake.reason.text()


def test_a_meter_whose_reports_disagree_with_what_is_read_spares_no_look():
    pushed = Pushed(predictive_polling_enabled=True, adaptive_polling_enabled=True)
    teach(pushed)
    pushed.home.cloud.temperature = 20.2
    pushed.home.tick(every_zone=True)
    assert "reports by itself" not in pushed.home.state.wake.reason.text()


def test_a_meter_that_reports_too_seldom_is_read_as_usual_inside_a_window():
    pushed = Pushed(predictive_polling_enabled=True)
    for _ in range(10):
        pushed.go_on(after(pushed, minutes=12), every=60)
        pushed.report(21.0)
        pushed.notice()
    assert "reports by itself" not in pushed.home.state.wake.reason.text()


def test_a_forged_calm_delays_a_command_by_a_quarter_of_an_hour_at_most():
    pushed = Pushed(predictive_polling_enabled=True)
    teach(pushed)
    pushed.home.cloud.temperature = 19.0
    begins = pushed.home.time

    def calm() -> None:
        if pushed.home.time.second == 0:
            pushed.report(21.0)

    pushed.go_on(begins + timedelta(minutes=16), calm, every=5)
    assert pushed.home.cloud.commands == ["setAll 23,5,3,on"]


def test_what_is_shown_of_a_reported_value_is_kept_as_known():
    windows = [{"days": list(range(7)), "start": "06:30", "end": "08:30"}]
    pushed = Pushed(
        "2026-01-05 08:20", time_windows=windows, predictive_polling_enabled=False, poll_interval_seconds=3600
    )
    pushed.home.time = at("2026-01-05 08:27")
    pushed.report(20.8)
    pushed.home.time = at("2026-01-05 08:30")
    pushed.notice()
    record = pushed.home.store.records[-1]
    assert record.verdict.outcome in (Outcome.TURNED_OFF_OUTSIDE_WINDOW, Outcome.OUTSIDE_WINDOW)
    assert record.reading is not None
    assert record.reading.pushed
    assert record.fresh
