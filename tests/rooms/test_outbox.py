"""The outbox over a real database, on a clock that is set: what is handed in arrives once, and its story is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from support.databases import a_database, counting
from support.posted import FAILED, NOW, REFUSED, SENT, UNKNOWN, Posted

from switchbot_dashboard.domain.message import Piece, Status, Way
from switchbot_dashboard.domain.posted import (
    InThePast,
    NobodyNamed,
    NothingToRetry,
    NotPending,
    OnlyForOneself,
    Part,
    Unfit,
    UnknownMessage,
    UnknownRecipients,
    Viewer,
)
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.store.schema import users
from switchbot_dashboard.store.schema_people import channels, deliveries

SOON = NOW + timedelta(minutes=10)
ADMIN = Viewer(None, "token cron", admin=True)


@pytest.fixture
def home() -> Iterator[Posted]:
    with a_database() as engine:
        yield Posted(engine)


def test_a_message_goes_to_the_dashboard_and_by_every_way_there_is(home: Posted) -> None:
    anna = home.person("anna", Way.EMAIL, Way.APPRISE)
    number = home.put(anna)
    assert home.status(number) == "pending"
    home.send()
    assert home.status(number) == "sent"
    assert home.tries(number) == ["bell sent", "email sent", "apprise sent"]
    assert (len(home.mail.parcels), len(home.phone.parcels), home.outbox.unread(anna)) == (1, 1, 1)


def test_two_drafts_of_one_key_are_one_message(home: Posted) -> None:
    anna = home.person("anna", Way.EMAIL)
    first, again = home.outbox.put([home.draft(anna), home.draft(anna)])
    home.send()
    assert first == again == home.put(anna)
    home.send()
    assert len(home.mail.parcels) == 1


def test_nothing_leaves_before_its_instant(home: Posted) -> None:
    number = home.put(home.person("anna", Way.EMAIL), at=SOON)
    home.later(minutes=9, seconds=59)
    assert (home.status(number), home.rows.next_due(home.now)) == ("pending", SOON)
    home.later(seconds=1)
    assert home.status(number) == "sent"


def test_someone_without_an_address_is_told_in_the_dashboard_and_the_story_says_why_not_elsewhere(home: Posted, caplog):
    caplog.set_level("INFO")
    anna = home.person()
    numbers = [home.put(anna, key) for key in ("one", "two")]
    home.send()
    story = home.story(numbers[0])
    assert story.is_sent
    assert [(each.channel, each.status) for each in story.deliveries] == [("bell", "sent"), ("email", "skipped")]
    assert "no other way" in str(story.deliveries[1].reason)
    assert caplog.text.count("There is no address of user") == 1


def test_a_way_that_came_meanwhile_counts_and_one_that_went_does_not(home: Posted) -> None:
    anna = home.person("anna", Way.EMAIL)
    number = home.put(anna, at=SOON)
    home.channel(anna, Way.APPRISE)
    with home.engine.begin() as connection:
        connection.execute(delete(channels).where(channels.c.kind == "email"))
    home.later(minutes=10)
    assert home.tries(number) == ["bell sent", "apprise sent"]
    assert home.status(number) == "sent"
    assert [each.status for each in home.story(number).deliveries] == ["sent", "skipped", "sent"]


def test_what_a_person_muted_does_not_come_and_what_stays_in_the_dashboard_does_not_leave_it(home: Posted) -> None:
    deaf = home.person("deaf", Way.EMAIL, muted_kinds=("alert",))
    calm = home.person("calm", Way.EMAIL, dashboard_kinds=("alert",))
    first, second = home.put(deaf, kind="alert"), home.put(calm, "two", kind="alert")
    home.send()
    assert (home.status(first), home.outbox.unread(deaf)) == ("skipped", 0)
    assert (home.status(second), home.outbox.unread(calm), home.mail.parcels) == ("sent", 1, [])
    other = home.put(deaf, "three", kind="anything else")
    home.send()
    assert home.status(other) == "sent"


def test_a_rules_sentence_is_read_in_the_recipients_language(home: Posted) -> None:
    title, body = say("It is {now:temp}.", now=195), say("Look.")
    number = home.put(home.person("anna", Way.EMAIL, language="fr"), title=title, body=body, pieces=[])
    home.send()
    assert [(each.title, each.language) for each in home.mail.parcels] == [("fr: It is 19.5 °C.", "fr")]
    assert home.story(number).message.title == title


def test_a_mail_carries_its_pieces_and_no_other_way_does(home: Posted) -> None:
    piece = Piece("html", "text/html", b"<p>Hello</p>")
    home.put(home.person("anna", Way.EMAIL, Way.APPRISE), pieces=[piece])
    home.send()
    assert (list(home.mail.parcels[0].pieces), list(home.phone.parcels[0].pieces)) == ([piece], [])


@pytest.mark.parametrize(
    ("quiet", "at_once"),
    [({}, False), ({"breaks_quiet": True}, True), ({"by_person": True}, True)],
    ids=["ordinary", "critical", "by a person for this instant"],
)
def test_quiet_hours_hold_back_what_makes_a_noise(home: Posted, quiet: dict[str, bool], at_once: bool) -> None:
    anna = home.person("anna", Way.EMAIL, quiet_from="12:30", quiet_to="14:00")  # it is 13:00 in Paris
    number = home.put(anna, **quiet)
    home.send()
    assert home.outbox.unread(anna) == 1
    assert (home.status(number) == "sent") is at_once
    if not at_once:
        assert "Quiet hours until 13:00" in str(home.story(number).deliveries[1].reason)  # in UTC here
        assert home.rows.next_due(home.now) == NOW + timedelta(hours=1)
        home.later(hours=1)
        assert home.status(number) == "sent"
        assert [each.late for each in home.outbox.counts(NOW)] == [0, 0, 0]


# when it does not go well


def test_a_passing_failure_is_tried_again_after_5_10_and_20_minutes_and_then_given_up(home: Posted) -> None:
    home.mail.answers = [FAILED]
    number = home.put(home.person("anna", Way.EMAIL))
    home.send()
    waits = []
    while (at := home.rows.next_due(home.now)) is not None:
        waits.append((at - home.now) // timedelta(minutes=1))
        home.now = at
        home.send()
    assert waits == [5, 10, 20]
    assert home.tries(number) == ["bell sent", *["email failed"] * 4]
    assert home.status(number) == "failed"
    assert len(home.mail.arrived) == 1


def test_the_pauses_are_those_of_the_settings(home: Posted) -> None:
    home.pauses, home.mail.answers = (1,), [FAILED]
    home.put(home.person("anna", Way.EMAIL))
    home.send()
    assert home.rows.next_due(home.now) == NOW + timedelta(minutes=1)
    home.later(minutes=1)
    assert home.rows.next_due(home.now) is None


def test_a_failure_that_passes_ends_well(home: Posted) -> None:
    home.mail.answers = [FAILED, SENT]
    number = home.put(home.person("anna", Way.EMAIL))
    home.send()
    assert home.status(number) == "pending"
    home.later(minutes=5)
    assert (home.status(number), home.tries(number)[1:]) == ("sent", ["email failed", "email sent"])


def test_a_refusal_for_good_is_not_repeated_marks_the_channel_and_is_told_once(home: Posted) -> None:
    home.mail.answers = [REFUSED]
    anna = home.person("anna", Way.EMAIL, Way.APPRISE)
    numbers = [home.put(anna, key) for key in ("one", "two", "three")]
    home.send()
    assert [home.status(each) for each in numbers] == ["failed", "sent", "sent"]
    assert len(home.mail.parcels) == 1
    told = [each for each in home.outbox.messages(ADMIN) if each.related_type == "channel"]
    assert [str(each.title) for each in told] == ["A way to you no longer works"]
    assert "There is no such mailbox. Nothing more is sent there" in str(told[0].body)
    assert home.tries(told[0].id) == ["bell sent", "apprise sent"]


def test_a_refusal_that_is_not_the_channels_fault_does_not_mark_it(home: Posted) -> None:
    home.mail.answers = [type(REFUSED)(REFUSED.outcome, REFUSED.detail, channel_at_fault=False), SENT]
    anna = home.person("anna", Way.EMAIL)
    first, second = home.put(anna), home.put(anna, "two")
    home.send()
    assert (home.status(first), home.status(second)) == ("failed", "sent")


def test_what_nobody_can_know_is_unknown_and_waits_for_a_person(home: Posted) -> None:
    home.mail.answers = [UNKNOWN, SENT]
    number = home.put(home.person("anna", Way.EMAIL))
    home.send()
    home.later(days=1)
    assert (home.status(number), len(home.mail.parcels)) == ("unknown", 1)
    home.outbox.retry_failed_notification(number, 0)
    home.send()
    assert home.status(number) == "sent"
    assert len(home.mail.arrived) == 1, "the same Message-ID"


def test_what_is_urgent_is_sent_once_more_by_itself_under_the_same_key(home: Posted) -> None:
    home.mail.answers = [UNKNOWN]
    number = home.urgent(home.person("anna", Way.EMAIL))
    home.send()
    home.later(days=1)
    assert home.status(number) == "unknown"
    assert list(home.mail.arrived.values()) == [2]


def test_a_try_that_a_dead_process_left_is_found_after_five_minutes(home: Posted) -> None:
    anna = home.person("anna", Way.EMAIL)
    plain, urgent = home.put(anna), home.urgent(anna, "two")
    for each in home.rows.due(home.now, Way.EMAIL, 10):  # claimed, and never heard of again
        home.rows.claim(home.rows.case(each.id), home.now)
    assert (home.status(plain), home.status(urgent)) == ("sending", "sending")
    home.now += timedelta(minutes=4, seconds=59)
    assert home.outbox.sender.recover(home.now) == 0
    home.now += timedelta(seconds=1)
    assert home.outbox.sender.recover(home.now) == 2
    home.send()
    assert (home.status(plain), home.status(urgent)) == ("unknown", "sent")
    assert home.tries(urgent) == ["email unknown", "bell sent", "email sent"]
    assert "nobody knows" in str(home.story(plain).attempts[0].detail)


def test_a_word_that_comes_late_still_counts(home: Posted) -> None:
    number = home.put(home.person("anna", Way.EMAIL))
    (due,) = home.rows.due(home.now, Way.EMAIL, 10)

    def slow(_parcel: object) -> None:
        home.now += timedelta(minutes=6)
        home.outbox.sender._claimed.clear()  # another process looks
        assert home.outbox.sender.recover(home.now) == 1
        assert home.stories.story(number).deliveries[1].status == "unknown"
        home.outbox.sender._claimed[due.id] = None

    home.mail.before = slow
    home.outbox.sender._send(due.id)
    home.send()
    assert home.status(number) == "sent"


def test_a_carrier_that_breaks_its_promise_leaves_an_unknown_fate(home: Posted, caplog) -> None:
    def broken(parcel: object) -> None:
        raise RuntimeError(f"secret {parcel}")

    home.mail.before = broken
    number = home.put(home.person("anna", Way.EMAIL))
    home.send()
    assert home.status(number) == "unknown"
    assert "secret" not in caplog.text


def test_a_retry_waits_as_long_as_it_was_told(home: Posted) -> None:
    home.mail.answers = [REFUSED, SENT]
    anna = home.person("anna", Way.EMAIL)
    number = home.put(anna)
    home.send()
    with home.engine.begin() as connection:  # the address was put right
        connection.execute(update(channels).values(problem=None))
    home.outbox.retry_failed_notification(number)
    home.later(minutes=9)
    assert home.status(number) == "pending"
    home.later(minutes=1)
    assert (home.status(number), [str(each.sentence) for each in home.story(number).activity]) == (
        "sent",
        ["To be tried again Mon 2 Mar 12:10."],
    )


def test_what_failed_for_now_need_not_wait_for_its_own_next_try(home: Posted) -> None:
    home.mail.answers = [FAILED, SENT]
    number = home.put(home.person("anna", Way.EMAIL))
    home.send()
    assert home.story(number).deliveries[1].to_retry
    home.outbox.retry_failed_notification(number, 0)
    home.send()
    home.later(days=1)
    assert (home.status(number), home.tries(number)) == ("sent", ["bell sent", "email failed", "email sent"])
    assert not any(each.to_retry for each in home.story(number).deliveries)


def test_only_what_failed_can_be_tried_again_and_only_with_a_delay_that_makes_sense(home: Posted) -> None:
    number = home.put(home.person())
    home.send()
    with pytest.raises(NothingToRetry):
        home.outbox.retry_failed_notification(number)
    for delay in (-1, 7 * 24 * 60 + 1):
        with pytest.raises(Unfit):
            home.outbox.retry_failed_notification(number, delay)


# what a person schedules


def test_a_person_schedules_for_many_at_once(home: Posted) -> None:
    people = [home.person(name) for name in ("anna", "bert", "carl")]
    done = home.outbox.schedule_notification(people, "  Filter\nday ", "Clean it.", SOON, author=ADMIN)
    stories = [home.story(number) for number in done.ids]
    assert [each.message.recipient_id for each in stories] == people
    assert {each.message.title for each in stories} == {"Filter day"}
    assert [str(each.activity[0].sentence) for each in stories] == ["Scheduled for Mon 2 Mar 12:10."] * 3
    assert {each.activity[0].author for each in stories} == {"token cron"}


def test_what_cannot_be_scheduled_is_said_and_changes_nothing(home: Posted) -> None:
    anna, bert = home.person("anna"), home.person("bert")
    schedule = home.outbox.schedule_notification
    with pytest.raises(NobodyNamed):
        schedule([], "T", "M", SOON)
    for instant in (home.now, home.now - timedelta(seconds=1)):
        with pytest.raises(InThePast, match="is past; choose an instant to come"):
            schedule([anna], "T", "M", instant)
    with pytest.raises(UnknownRecipients, match="77, 78") as unknown:
        schedule([anna, 77, 78], "T", "M", SOON)
    assert unknown.value.ids == (77, 78)
    with pytest.raises(OnlyForOneself):
        schedule([anna, bert], "T", "M", SOON, author=Viewer(anna, "anna"))
    with pytest.raises(Unfit) as unfit:
        schedule([anna], "x" * 201, "  ", SOON, priority="loud", kind="k" * 41, data={"a": float("nan")})
    assert set(unfit.value.fields) == {"title", "message", "priority", "type", "data"}
    assert home.outbox.messages(ADMIN) == []


def test_a_call_repeated_under_its_key_is_one_message_also_when_its_instant_is_past(home: Posted) -> None:
    anna = home.person()
    first = home.outbox.schedule_notification([anna], "T", "M", SOON, author=ADMIN, key="abc")
    home.later(hours=1)
    assert home.outbox.schedule_notification([anna], "T", "M", SOON, author=ADMIN, key="abc") == first
    with pytest.raises(InThePast):
        home.outbox.schedule_notification([anna], "T", "M", SOON, author=Viewer(anna, "anna"), key="abc")


def test_a_message_is_cancelled_while_it_waits_and_not_after(home: Posted) -> None:
    anna = home.person("anna", Way.EMAIL)
    first, second = home.outbox.put([home.draft(anna, key, at=SOON) for key in ("one", "two")])
    gone = home.outbox.cancel_scheduled(first, Viewer(anna, "anna"))
    assert (gone.status, gone.cancelled_at) == (Status.CANCELLED, home.now)
    home.later(hours=1)
    assert (home.status(first), home.status(second), len(home.mail.parcels)) == ("cancelled", "sent", 1)
    for number in (first, second):
        with pytest.raises(NotPending):
            home.outbox.cancel_scheduled(number)


def test_recipient_author_and_administrators_see_a_message_and_nobody_else(home: Posted) -> None:
    anna, bert, carl = (home.person(name) for name in ("anna", "bert", "carl"))
    number = home.put(anna, author_id=bert, author="bert", at=SOON)
    for viewer in (Viewer(anna, "anna"), Viewer(bert, "bert"), ADMIN, None):
        assert home.outbox.get_schedule_status(number, viewer).message.id == number
        assert [each.id for each in home.outbox.get_pending_notifications(viewer)] == [number]
    for stranger in (Viewer(carl, "carl"), Viewer(None, "token")):
        with pytest.raises(UnknownMessage):
            home.outbox.get_schedule_status(number, stranger)
        with pytest.raises(UnknownMessage):
            home.outbox.cancel_scheduled(number, stranger)
        assert not home.outbox.get_pending_notifications(stranger)
        assert not home.outbox.messages(stranger)
    with pytest.raises(UnknownMessage):
        home.outbox.get_schedule_status(999)


def test_a_message_is_sent_ahead_of_its_time_also_in_quiet_hours(home: Posted) -> None:
    anna = home.person("anna", Way.EMAIL, quiet_from="12:30", quiet_to="14:00")
    number = home.put(anna, at=SOON, author_id=anna, author="anna")
    story = home.outbox.send_scheduled_notification(number, Viewer(anna, "anna"))
    assert story.message.scheduled_at == home.now, "it stands where it arrived"
    assert (story.is_sent, story.sent_at, len(home.mail.parcels)) == (True, home.now, 1)
    with pytest.raises(NotPending):
        home.outbox.send_scheduled_notification(number)


# what is read


def test_reading_counts_what_arrived_and_marks_it(home: Posted) -> None:
    anna, bert = home.person("anna"), home.person("bert")
    here, coming = home.put(anna), home.put(anna, "two", at=SOON)
    home.send()
    mine = Viewer(anna, "anna")
    assert home.outbox.unread(anna) == 1
    assert not home.outbox.mark_read(coming, mine)
    assert not home.outbox.mark_read(here, ADMIN), "an administrator reads nothing for others"
    with pytest.raises(UnknownMessage):
        home.outbox.mark_read(here, Viewer(bert, "bert"))
    assert home.outbox.mark_read(here, mine)
    assert not home.outbox.mark_read(here, mine)
    home.later(hours=1)
    assert (home.outbox.unread(anna), home.outbox.mark_all_read(mine), home.outbox.unread(anna)) == (1, 1, 0)


def test_lists_come_by_their_instant_page_by_page(home: Posted) -> None:
    anna, mine = home.person("anna"), Viewer(1, "anna")
    numbers = [home.put(anna, f"k{each}", at=NOW + timedelta(minutes=(each * 7) % 5)) for each in range(10)]
    found, before = [], None
    while page := home.outbox.messages(mine, before=before, limit=3):
        found += [each.id for each in page]
        before = page[-1].id
    assert sorted(found) == sorted(numbers)
    instants = {each: home.story(each).message.scheduled_at for each in numbers}
    assert found == sorted(numbers, key=lambda each: (instants[each], each), reverse=True)
    home.send()
    arrived = home.outbox.messages(mine, part=Part.ARRIVED)
    coming = home.outbox.messages(mine, part=Part.COMING)
    assert (len(arrived), len(coming)) == (2, 8)
    home.outbox.cancel_scheduled(coming[0].id)
    assert [each.id for each in home.outbox.messages(mine, part=Part.ENDED)] == [coming[0].id]
    assert home.outbox.messages(mine, unread=True) == arrived


def test_counts_tell_what_was_sent_what_failed_and_what_was_late(home: Posted) -> None:
    home.phone.answers = [FAILED, SENT]
    anna, bert = home.person("anna", Way.EMAIL), home.person("bert", Way.APPRISE)
    home.put(anna)
    home.send()
    home.mail.answers = [REFUSED]
    home.put(anna, "late", at=home.now)
    home.put(bert, "again", at=home.now)
    home.later(seconds=2.5)
    home.later(minutes=5)
    counts = {each.channel.value: (each.sent, each.failed, each.late) for each in home.outbox.counts(NOW)}
    assert counts == {"bell": (4, 0, 2), "email": (1, 1, 1), "apprise": (1, 0, 0)}


def test_after_a_restore_nothing_is_sent_that_was_due_before_it(home: Posted) -> None:
    home.mail.answers = [FAILED]
    anna = home.person("anna", Way.EMAIL)
    retried, plain, far = (
        home.put(anna),
        home.put(anna, "two", at=SOON),
        home.put(anna, "far", at=NOW + timedelta(days=9)),
    )
    home.send()
    urgent = home.urgent(anna, "urgent")
    claimed = next(each for each in home.rows.due(home.now, Way.EMAIL, 10) if each.message_id == urgent)
    home.rows.claim(home.rows.case(claimed.id), home.now)
    home.now += timedelta(days=1)  # the backup is a day old
    assert home.outbox.skip_what_was_due(home.now) == 3
    home.mail.answers, already = [SENT], len(home.mail.parcels)
    home.outbox.sender.recover(home.now)
    home.send()
    assert len(home.mail.parcels) == already
    assert [home.status(each) for each in (retried, plain, far, urgent)] == ["sent", "skipped", "pending", "unknown"]


def test_the_unread_count_is_one_look_into_an_index(home: Posted) -> None:
    anna = home.person()
    home.put(anna)
    home.send()
    with counting(home.engine) as counted:
        home.outbox.unread(anna)
    assert counted.reads == 1
    with home.engine.connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT count(*) FROM messages WHERE recipient_id = 1 AND read_at IS NULL "
            "AND sent_at IS NOT NULL"
        ).all()
    assert "ix_messages_recipient_id_read_at" in str(plan)


def test_a_removed_user_takes_their_messages_along(home: Posted) -> None:
    number = home.put(home.person("anna", Way.EMAIL))
    with home.engine.begin() as connection:
        connection.execute(delete(users))
        assert connection.execute(deliveries.select()).all() == []
    with pytest.raises(UnknownMessage):
        home.story(number)
    with pytest.raises(ValueError, match="nobody has the number"):
        home.put(77)
