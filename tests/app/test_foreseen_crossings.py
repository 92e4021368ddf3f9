"""The crossings that a forecast tells, against those that come, on the benchmark's house."""

from __future__ import annotations

from datetime import timedelta

from support.forecast_shares import lived
from support.polling_runs import Task


def test_crossings_come_within_their_stated_time_as_often_as_is_said() -> None:
    tasks = [Task("predicted-optimal", weather, 60, 1, 14) for weather in ("winter", "sine")]
    told = [each for task in tasks for each in lived(task, timedelta(minutes=90))]
    stated = [each.held for each in told if each.bounded]
    following = [each.held for each in told if each.bounded and each.next]
    assert (len(stated) > 250, len(following) > 30) == (True, True)
    assert 0.8 <= sum(stated) / len(stated) <= 0.95
    assert sum(following) / len(following) >= 0.8  # few of them: an upper bound would be chance
    assert sum(each.held for each in told if not each.bounded) / (len(told) - len(stated)) >= 0.85  # open at the end
