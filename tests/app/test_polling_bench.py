"""The polling benchmark: its house against small steps, its measures on hand-made courses, and a short run of it."""

from __future__ import annotations

import json
from itertools import pairwise

import bench_polling
import pytest
from support.polling_crossings import crossings
from support.polling_draws import DAY, MINUTE, draws_of, outdoor_of
from support.polling_figures import figures_of, percentile
from support.polling_house import HIGH, LOW, Room, Sent, stretches
from support.polling_runs import POLICIES, Task, policy_settings, run, windows_of
from support.polling_tables import report

COMMANDS = [(3600.0 * 6, True), (3600.0 * 11, False), (3600.0 * 14.3, True), (3600.0 * 23, False)]


def room_of(seed: int = 1, days: int = 1, weather: str = "winter", lost_share: float = 0.0) -> Room:
    draws, windows = draws_of(seed, days, lost_share), windows_of(days)
    return Room(stretches(outdoor_of(weather, days), draws, windows), draws, windows)


@pytest.mark.parametrize("weather", ["winter", "sine"])
def test_the_closed_form_agrees_with_small_steps(weather: str) -> None:
    room = room_of(weather=weather)
    for at, on in COMMANDS:
        room.hear(at, on)
    room.live(DAY)
    temperature, heated, discomfort = small_steps(weather)
    assert room.temperature == pytest.approx(temperature, abs=0.02)
    assert room.heated_inside + room.heated_outside == pytest.approx(heated, abs=20)
    assert room.discomfort == pytest.approx(discomfort, rel=0.002)


def small_steps(weather: str) -> tuple[float, float, float]:
    """A day in steps of half a second, by the equation as it stands."""
    outdoor, windows, airings = outdoor_of(weather, 1), windows_of(1), draws_of(1, 1).airings
    temperature, on, heating, heated, discomfort, step = 20.0, False, False, 0.0, 0.0, 0.5
    for at in (step * number for number in range(2 * DAY)):
        for when, wanted in COMMANDS:
            if at <= when < at + step:
                on = heating = wanted
        if on:
            heating = temperature < 23.5 if heating else temperature <= 23.2
        aired = any(opens <= at < closes for opens, closes in airings)
        rate = (outdoor[int(at // 600)] - temperature) / (3600 if aired else 72_000) + (3 / 3600 if heating else 0)
        temperature += rate * step
        heated += step * heating
        if any(opens <= at < closes for opens, closes in windows):
            discomfort += step * (max(0.0, LOW - temperature) + max(0.0, temperature - HIGH))
    return temperature, heated, discomfort


def test_looking_often_changes_nothing_in_the_room() -> None:
    rarely, often = room_of(), room_of()
    for minute in range(DAY // MINUTE):
        often.live(minute * MINUTE + 7)
    for room in (rarely, often):
        room.live(DAY)
    assert often.shown == rarely.shown
    assert often.temperature == pytest.approx(rarely.temperature)
    assert len(rarely.shown) == DAY // MINUTE


def test_the_same_command_is_lost_whatever_else_a_policy_sent() -> None:
    draws = draws_of(1, 42)
    lost = [draws.loses(section, True, 1) for section in range(84)]
    assert 0 < sum(lost) < 12
    section = lost.index(True)
    first, second = room_of(days=42, lost_share=0.05), room_of(days=42, lost_share=0.05)
    closed = windows_of(42)[section - 1][1]
    second.hear(closed + 10, False)  # one off more than the other policy sends
    for room in (first, second):
        room.hear(closed + 3600, True)
    assert first.sent[-1].lost
    assert second.sent[-1].lost


def test_shorter_runs_have_the_first_days_of_longer_ones() -> None:
    short, long = draws_of(3, 2), draws_of(3, 5)
    assert long.airings[:2] == short.airings
    assert long.errors[: len(short.errors)] == short.errors
    assert short.digest != long.digest != draws_of(4, 5).digest


WINDOW = ((600.0, 6000.0),)


def shown(*changes: tuple[int, int]) -> list[int]:
    """An upload a minute: each value from its minute on."""
    return [next(value for begins, value in reversed(changes) if begins <= minute) for minute in range(120)]


def test_a_crossing_lasts_to_the_command_that_answers_it() -> None:
    on, again, off = Sent(650, True, False, False), Sent(2000, True, False, True), Sent(2100, False, False, True)
    found = crossings(shown((0, 190), (30, 223)), 0.0, WINDOW, [on, again, off], ())
    assert [(crossing.at, crossing.delay, crossing.warm, crossing.answered) for crossing in found] == [
        (1800, 300, True, True)
    ]


def test_what_is_beyond_as_the_window_opens_is_no_crossing_until_it_was_within() -> None:
    assert crossings(shown((0, 190)), 0.0, WINDOW, [], ()) == []
    (found,) = crossings(shown((0, 190), (20, 200), (50, 197)), 0.0, WINDOW, [], [(2000.0, 2900.0)])
    assert (found.at, found.delay, found.answered, found.disturbed) == (3000, 3000, False, True)


def test_an_airing_disturbs_for_an_hour_after_its_end() -> None:
    course = shown((0, 210), (50, 196))
    for ended, disturbed in ((-599.0, True), (-600.0, False)):
        (found,) = crossings(course, 0.0, WINDOW, [], [(ended - 900, ended)])
        assert (found.at, found.disturbed) == (3000, disturbed)


def test_a_percentile_is_a_figure_that_occurred() -> None:
    assert percentile([], 0.95) is None
    assert percentile([1.0, 2.0, 3.0, 9.0], 0.5) == 2.0
    assert percentile([float(number) for number in range(1, 101)], 0.95) == 95.0


def test_policies_differ_by_settings_only() -> None:
    for first, second in pairwise(POLICIES):
        assert policy_settings(first) != policy_settings(second)
    assert policy_settings("adaptive").poll_interval_seconds == 60
    with pytest.raises(SystemExit):
        bench_polling.main(["--days", "43"])


@pytest.fixture(scope="module")
def short_runs():
    tasks = [Task(policy, "winter", 60, 1, 3) for policy in ("adaptive", "fixed-600")]
    return [run(task) for task in tasks]


def test_a_short_run_adds_up(short_runs) -> None:
    adaptive, slow = short_runs
    assert adaptive.digest == slow.digest
    assert adaptive.ticks / 3 == pytest.approx(666, abs=20)
    assert slow.ticks / 3 == pytest.approx(148, abs=20)
    for done in short_runs:
        assert done.calls["command"] == done.commands > 0
        assert done.calls["catalogue"] == 2 * 3
        assert done.calls["read"] <= done.ticks
        assert 0 < done.heated_inside <= 3 * 7.5 * 3600
        assert done.discomfort > done.discomfort_of_first_day > 0
        assert figures_of([done]).discomfort_later * 3 == pytest.approx(done.discomfort - done.discomfort_of_first_day)


def test_the_report_has_every_line_and_the_draws(short_runs) -> None:
    results = {(done.task.policy, "winter", 60): figures_of([done]) for done in short_runs}
    text = "\n".join(report(results, [1], 3))
    assert short_runs[0].digest in text
    for line in ("| adaptive ", "| fixed-600 ", '"poll_interval_seconds": 600', "wall time", "1 seeds (1), 3 days"):
        assert line in text


def test_a_tuning_round_gives_a_line_of_figures_a_policy(capsys) -> None:
    options = ["--seeds", "1", "--days", "1", "--policy", "predicted", "--weather", "sine", "--jobs", "1", "--json"]
    bench_polling.main(options)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["policy"] for line in lines] == ["adaptive", "predicted"]
    assert lines[0]["calls_share"] == 1
