"""The weekly report: to each person once a week, whatever stopped in between; and what the letter says."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, insert
from support.databases import a_database
from support.home_values import a_tick
from support.long_history import write_history

from switchbot_dashboard.domain.message import Draft
from switchbot_dashboard.domain.sentence import Sentence, say
from switchbot_dashboard.domain.settings import Settings
from switchbot_dashboard.domain.windows import Span
from switchbot_dashboard.reporting import Pictures
from switchbot_dashboard.reports.weekly import Home, Subscriber, WeeklyReport
from switchbot_dashboard.store.cleanup import cleaned
from switchbot_dashboard.store.codec import SENTENCE
from switchbot_dashboard.store.engine import open_engine
from switchbot_dashboard.store.reports import ReportRows
from switchbot_dashboard.store.repository import Repository
from switchbot_dashboard.store.schema import users
from switchbot_dashboard.store.schema_people import alerts, reminders
from switchbot_dashboard.tick.jobs import JobTime
from switchbot_dashboard.translations.voice import Voice

PARIS = ZoneInfo("Europe/Paris")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ANNA, LUC = Subscriber(1, True, "en", LONG_AGO), Subscriber(2, False, "fr", LONG_AGO)
SETTINGS = Settings.model_validate(
    {"automation_enabled": True, "time_windows": [{"days": list(range(7)), "start": "06:30", "end": "08:30"}]}
)


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)  # type: ignore[arg-type]


@dataclass
class Outbox:
    """Keeps drafts by their key, as the outbox does; `dies` ends the process before or after the row is there."""

    kept: dict[str, Draft] = field(default_factory=dict)
    dies: str = ""

    def put(self, drafts: Sequence[Draft]) -> Sequence[int]:
        if self.dies == "before":
            raise SystemExit
        for draft in drafts:
            self.kept.setdefault(draft.key, draft)
        if self.dies == "after":
            raise SystemExit
        return [1] * len(drafts)


def a_report(engine: Engine, outbox: Outbox, *people: Subscriber, time: JobTime | None = None) -> WeeklyReport:
    home = Home(
        settings=lambda: SETTINGS,
        due=lambda: time or JobTime(True, "mon", 8, 0),
        subscribers=lambda: people,
        batteries=lambda now: {"home": 14},
        reader=lambda language: Voice(language, PARIS),
        public_url="https://home.example",
    )
    return WeeklyReport(ReportRows(engine), outbox, Pictures(), home)


def known(engine: Engine) -> None:
    with engine.begin() as connection:
        for person, name in ((ANNA, "Anna"), (LUC, "Luc")):
            row = {"id": person.id, "name": name, "role": "member", "session_version": 1, "created_at": LONG_AGO}
            connection.execute(insert(users), row)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with a_database(tmp_path) as opened:
        known(opened)
        yield opened


def lived(engine: Engine, until: datetime, days: float = 15) -> None:
    write_history(engine, until - days * DAY, days, step=10 * MINUTE)


MONDAYS = [paris(2026, 3, 30, 8, 0), paris(2026, 10, 26, 8, 0), paris(2026, 11, 23, 8, 0)]


@pytest.mark.parametrize("monday", MONDAYS)
@pytest.mark.parametrize(
    ("late", "sent", "outcome"),
    [
        (timedelta(0), 2, "was sent; recipients: 2"),
        (59 * MINUTE, 2, "was sent; recipients: 2"),
        (61 * MINUTE, 0, "was missed by 61 min, so it was not sent"),
        (3 * DAY, 0, "was missed by 72 h, so it was not sent"),
    ],
)
def test_a_report_missed_by_an_hour_is_sent_and_a_later_one_is_noted(
    engine: Engine, monday: datetime, late: timedelta, sent: int, outcome: str
) -> None:
    lived(engine, monday)
    outbox = Outbox()
    report = a_report(engine, outbox, ANNA, LUC)
    told = report.due(monday + late)
    assert outcome in str(told)
    assert len(outbox.kept) == sent
    assert report.due(monday + late + MINUTE) is None
    assert len(outbox.kept) == sent


def test_nothing_is_sent_before_its_time(engine: Engine) -> None:
    lived(engine, MONDAYS[0])
    outbox = Outbox()
    report = a_report(engine, outbox, ANNA)
    report.due(paris(2026, 3, 23, 8, 0))
    outbox.kept.clear()
    assert report.due(MONDAYS[0] - MINUTE) is None
    assert not outbox.kept


@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_kill_between_the_claim_and_the_row_neither_loses_nor_doubles_a_letter(engine: Engine, dies: str) -> None:
    lived(engine, MONDAYS[0])
    outbox = Outbox(dies=dies)
    with pytest.raises(SystemExit):
        a_report(engine, outbox, ANNA).due(MONDAYS[0])
    outbox.dies = ""
    a_report(engine, outbox, ANNA).due(MONDAYS[0] + 5 * MINUTE)
    assert list(outbox.kept) == ["report:2026-W13:1"]
    assert a_report(engine, outbox, ANNA).due(MONDAYS[0] + 6 * MINUTE) is None


def test_two_processes_at_once_send_one_letter_each_person(engine: Engine, tmp_path: Path) -> None:
    lived(engine, MONDAYS[0], days=3)
    outbox, together = Outbox(), threading.Barrier(2)
    engines = [open_engine(f"sqlite:///{tmp_path / 'home.db'}") for _ in range(2)]

    def run(own: Engine) -> None:
        together.wait()
        a_report(own, outbox, ANNA, LUC).due(MONDAYS[0])

    threads = [threading.Thread(target=run, args=(own,)) for own in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own in engines:
        own.dispose()
    assert sorted(outbox.kept) == ["report:2026-W13:1", "report:2026-W13:2"]
    assert ReportRows(engine).states("2026-W13") == {1: "sent", 2: "sent"}


def test_by_hand_a_week_is_sent_once_and_says_so(engine: Engine) -> None:
    lived(engine, MONDAYS[0])
    outbox = Outbox()
    report = a_report(engine, outbox, ANNA)
    noon = MONDAYS[0] - 3 * HOUR
    assert str(report.by_hand(noon)) == "the week from Mon 23 Mar was sent; recipients: 1"
    assert str(report.by_hand(noon)) == "the week from Mon 23 Mar was sent already; nobody gets it twice"
    assert report.due(MONDAYS[0]) is None
    assert len(outbox.kept) == 1


def test_by_hand_a_missed_week_is_sent_and_someone_new_gets_it_alone(engine: Engine) -> None:
    lived(engine, MONDAYS[0])
    outbox = Outbox()
    a_report(engine, outbox, ANNA).due(MONDAYS[0] + 2 * HOUR)
    assert "recipients: 1" in str(a_report(engine, outbox, ANNA).by_hand(MONDAYS[0] + 3 * HOUR))
    assert "recipients: 1" in str(a_report(engine, outbox, ANNA, LUC).by_hand(MONDAYS[0] + 4 * HOUR))
    assert len(outbox.kept) == 2


def test_someone_who_came_after_its_time_is_owed_nothing(engine: Engine) -> None:
    lived(engine, MONDAYS[0])
    newcomer = Subscriber(1, True, "en", MONDAYS[0] + MINUTE)
    outbox = Outbox()
    assert a_report(engine, outbox, newcomer).due(MONDAYS[0] + 30 * MINUTE) is None
    assert a_report(engine, outbox, newcomer).due(MONDAYS[0] + 30 * DAY) is not None


def test_a_week_of_which_nothing_is_known_is_not_sent(engine: Engine) -> None:
    outbox = Outbox()
    told = a_report(engine, outbox, ANNA).due(MONDAYS[0])
    assert str(told) == "nothing is known of the week from Mon 23 Mar, so nothing was sent"
    assert not outbox.kept


def test_nobody_who_wants_it_is_said(engine: Engine) -> None:
    assert str(a_report(engine, Outbox()).by_hand(MONDAYS[0])) == "nobody wants the weekly report"


def letters(engine: Engine, now: datetime) -> dict[int, Draft]:
    outbox = Outbox()
    a_report(engine, outbox, ANNA, LUC).by_hand(now)
    return {draft.recipient: draft for draft in outbox.kept.values()}


def an_alert(engine: Engine, at: datetime, said: Sentence) -> None:
    row = {"key": str(at), "kind": "battery_low", "subject": "home", "severity": "WARNING", "state": "resolved"}
    times = {"first_seen": at, "active_since": at, "last_seen": at, "is_read": False, "told_count": 1}
    with engine.begin() as connection:
        connection.execute(insert(alerts), {**row, **times, "sentence": SENTENCE.write(said)})


def a_reminder(engine: Engine, title: str, due: datetime, user: int, *, snoozed: datetime | None = None) -> None:
    row = {"user_id": user, "author": "", "title": title, "kind": "other", "object": "", "device_id": "", "zone": ""}
    times = {"starts_at": LONG_AGO, "due_at": due, "created_at": LONG_AGO, "snoozed_until": snoozed}
    more = {"note": "", "tell_created": False, "tell_done": False, "status": "open", "round": 1}
    with engine.begin() as connection:
        connection.execute(insert(reminders), {**row, **times, **more})


def test_a_letter_tells_the_week_in_its_readers_language(engine: Engine) -> None:
    monday = MONDAYS[2]
    lived(engine, monday)
    Repository(engine).save(a_tick(monday - 3 * DAY))
    an_alert(engine, monday - 2 * DAY, say("a window is open"))
    an_alert(engine, monday - 9 * DAY, say("a window is open"))
    an_alert(engine, monday - 10 * DAY, say("a window is open"))
    found = letters(engine, monday)
    assert isinstance(found[1].body, str)
    assert isinstance(found[2].body, str)
    assert found[1].body.startswith("Your week at home, Mon 16 Nov to Sun 22 Nov")
    assert "- Sat 21 Nov 08:00: a window is open." in found[1].body
    assert "Fewer alerts were raised: 1 instead of 2." in found[1].body
    assert "Home: 14 %, change it soon" in found[1].body
    assert "- Spent: 1\n" in found[1].body
    assert found[2].body.startswith("Votre semaine à la maison, du lun. 16 nov. au dim. 22 nov.")
    assert "sam. 21 nov. à 8\u00a0h\u00a000\u00a0: une plage est ouverte." in found[2].body
    assert (found[1].kind, found[1].related_type, found[1].related_id) == ("report", "report", "2026-W47")


def test_a_member_sees_their_own_overdue_reminders_and_an_administrator_all(engine: Engine) -> None:
    monday = MONDAYS[2]
    lived(engine, monday, days=2)
    a_reminder(engine, "Filter", monday - DAY, ANNA.id)
    a_reminder(engine, "Heater <b>back</b>", monday - DAY, LUC.id)
    a_reminder(engine, "Not yet", monday + DAY, LUC.id)
    a_reminder(engine, "Put off", monday - DAY, LUC.id, snoozed=monday + DAY)
    found = {user: str(draft.body) for user, draft in letters(engine, monday).items()}
    assert "Filter, due Sun 22 Nov 08:00 (Anna)" in found[1]
    assert "Heater <b>back</b>, due Sun 22 Nov 08:00 (Luc)" in found[1]
    assert ("Filter" in found[2], "Heater <b>back</b>" in found[2]) == (False, True)
    assert not any("Not yet" in body or "Put off" in body for body in found.values())


def test_what_people_wrote_is_text_in_the_html(engine: Engine) -> None:
    monday = MONDAYS[2]
    lived(engine, monday, days=2)
    a_reminder(engine, "<script>alert(1)</script>", monday - DAY, ANNA.id)
    html = next(piece.body for piece in letters(engine, monday)[1].pieces if piece.name == "html").decode()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_every_picture_of_the_html_comes_along(engine: Engine) -> None:
    monday = MONDAYS[2]
    lived(engine, monday, days=2)
    Repository(engine).save(a_tick(monday - DAY))
    pieces = {piece.name: piece for piece in letters(engine, monday)[2].pieces}
    html = pieces.pop("html").body.decode()
    assert set(pieces) == {"zone-1", "calls"}
    assert all(f'src="cid:{name}"' in html for name in pieces)
    assert all(piece.type == "image/png" and piece.body[:4] == b"\x89PNG" for piece in pieces.values())
    assert '<html lang="fr">' in html


@pytest.mark.parametrize("monday", MONDAYS)
def test_the_figures_are_those_of_the_calendars_week_to_the_millisecond(engine: Engine, monday: datetime) -> None:
    lived(engine, monday + DAY, days=16)
    rows, end = ReportRows(engine), monday - 8 * HOUR
    start = (end.astimezone(PARIS).replace(tzinfo=None) - 7 * DAY).replace(tzinfo=PARIS).astimezone(UTC)
    whole = rows.totals("home", [Span(start, end)], monday)
    assert whole.covered_ms == (end - start) / timedelta(milliseconds=1)
    spans = rows.windows("home", Span(start, end), monday)
    assert spans is not None
    inside = rows.totals("home", spans, monday)
    assert inside.covered_ms == sum((span.closes - span.opens) / timedelta(milliseconds=1) for span in spans)
    assert inside.heating_ms == whole.heating_ms  # the history heats in windows alone


def test_figures_stay_when_the_records_are_gone(engine: Engine) -> None:
    monday = MONDAYS[2]
    lived(engine, monday, days=9)
    span = Span(monday - 7 * DAY - 8 * HOUR, monday - 8 * HOUR)
    rows = ReportRows(engine)
    before = rows.totals("home", [span], monday)
    cleaned(
        engine, monday, records_before=monday - DAY, rollups_before=monday - 40 * DAY, calls_before=monday - 40 * DAY
    )
    assert rows.windows("home", span, monday) is None
    assert rows.totals("home", [span], monday) == before
    assert "recipients: 1" in str(a_report(engine, Outbox(), ANNA).due(monday))
