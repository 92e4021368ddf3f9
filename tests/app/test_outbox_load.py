"""Many messages due at one instant, over processes: the short form of `make bench-outbox`."""

from __future__ import annotations

from pathlib import Path

from support.bench_outbox import measured

PEOPLE = 150


def test_each_of_many_mails_arrives_once_though_one_connection_in_ten_is_dropped(tmp_path: Path) -> None:
    load = measured(tmp_path, PEOPLE, lead=5.0, patience=90.0, ticks=1)
    assert load.statuses == {"sent": PEOPLE}
    assert (load.server["distinct"], load.server["accepted"]) == (PEOPLE, PEOPLE)
    assert load.first < 2.0
    assert max(load.late) < 2.0
