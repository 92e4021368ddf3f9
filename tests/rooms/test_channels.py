"""The ways to people over the real tables: sealed, hinted at, tested, and never given out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select
from support.databases import a_database
from support.mailbox import Mailbox, a_mailbox

from switchbot_dashboard.domain.channel import MailForm, Security, UnknownChannel
from switchbot_dashboard.domain.message import Way
from switchbot_dashboard.domain.posted import Unfit
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.notifications.channels import MOST_CHANNELS, Channels, mail_hint
from switchbot_dashboard.notifications.mail import Mail
from switchbot_dashboard.notifications.secrets import KEY_CHANGED, KeyChanged, Secrets, hush
from switchbot_dashboard.store.channels import ChannelRows
from switchbot_dashboard.store.schema import heart, meta, users
from switchbot_dashboard.store.schema_people import channels as table

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANNA, BEN = 1, 2
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544/"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with a_database(tmp_path) as engine:
        with engine.begin() as connection:
            for number, name in ((ANNA, "anna"), (BEN, "ben")):
                row = {"id": number, "name": name, "role": "member", "session_version": 1, "created_at": NOON}
                connection.execute(insert(users).values(row))
        yield engine


def channels_of(engine: Engine, key: bytes = KEY) -> Channels:
    return Channels(ChannelRows(engine), lambda: Secrets(key), lambda: NOON, lambda: ("127.0.0.1",))


@pytest.fixture
def channels(engine: Engine) -> Iterator[Channels]:
    made = channels_of(engine)
    mail = Mail(made, lambda: NOON, lambda: ("127.0.0.1",))
    made.carriers = {Way.EMAIL: mail}
    yield made
    mail.close()


def form_of(box: Mailbox, **changes: object) -> MailForm:
    form = MailForm("127.0.0.1", box.port, Security.NONE, sender="home@example.org", sender_name="Home")
    return replace(form, **changes)


def stored(engine: Engine) -> str:
    with engine.connect() as connection:
        rows = [*connection.execute(select(table)), *connection.execute(select(meta))]
    return repr(rows)


# Someone's channels


def test_a_channel_is_kept_sealed_and_shown_as_a_hint(engine: Engine, channels: Channels) -> None:
    added = channels.add(ANNA, Way.EMAIL, " Anna@Example.org ")
    assert (added.hint, added.enabled, added.problem, added.created_at) == ("A…@example.org", True, None, NOON)
    assert channels.of(ANNA) == [added]
    assert channels.of(BEN) == []
    assert channels.address(added.id) == "Anna@example.org"
    assert "Anna@example.org" not in stored(engine) + repr(added)


def test_an_apprise_channel_is_hinted_at_by_its_service(engine: Engine, channels: Channels) -> None:
    added = channels.add(ANNA, Way.APPRISE, TELEGRAM)
    assert added.hint == "Telegram …"
    assert "abcdefg" not in stored(engine)


@pytest.mark.parametrize(
    ("way", "address", "field"),
    [
        (Way.EMAIL, "anna", "address"),
        (Way.EMAIL, "anna@example.org\r\nBcc: x@example.org", "address"),
        (Way.APPRISE, "what is this", "address"),
        (Way.APPRISE, "nosuchservice://x", "address"),
        (Way.APPRISE, "json://192.168.1.1/", "address"),
        (Way.APPRISE, "ntfy://localhost/topic", "address"),
        (Way.APPRISE, "syslog://here", "address"),
        (Way.APPRISE, "json://8.8.8.8/?attach=/etc/passwd", "address"),
        (Way.APPRISE, TELEGRAM + "444444/", "address"),
        (Way.BELL, "anna", "kind"),
    ],
)
def test_what_cannot_be_used_is_told_by_field_and_keeps_nothing(
    engine: Engine, channels: Channels, way: Way, address: str, field: str
) -> None:
    with pytest.raises(Unfit) as raised:
        channels.add(ANNA, way, address)
    assert list(raised.value.fields) == [field]
    assert channels.of(ANNA) == []


def test_the_same_address_is_added_once(channels: Channels) -> None:
    channels.add(ANNA, Way.EMAIL, "anna@example.org")
    with pytest.raises(Unfit, match="there already"):
        channels.add(ANNA, Way.EMAIL, "anna@EXAMPLE.org")
    channels.add(BEN, Way.EMAIL, "anna@example.org")


def test_a_person_has_a_bounded_number_of_channels(channels: Channels) -> None:
    for number in range(MOST_CHANNELS):
        channels.add(ANNA, Way.EMAIL, f"a{number}@example.org")
    with pytest.raises(Unfit, match="No more than"):
        channels.add(ANNA, Way.EMAIL, "one-more@example.org")


def test_a_channel_is_its_owner_s_alone(channels: Channels) -> None:
    mine = channels.add(ANNA, Way.EMAIL, "anna@example.org")
    for attempt in (
        lambda: channels.remove(BEN, mine.id),
        lambda: channels.enable(BEN, mine.id, False),
        lambda: channels.test(BEN, mine.id, "t", "b"),
        lambda: channels.remove(ANNA, 999),
    ):
        with pytest.raises(UnknownChannel):
            attempt()
    assert channels.of(ANNA) == [mine]
    channels.remove(ANNA, mine.id)
    assert channels.of(ANNA) == []


def test_switching_a_channel_on_or_off_forgets_its_problem(channels: Channels) -> None:
    mine = channels.add(ANNA, Way.EMAIL, "anna@example.org")
    problem = say("It is refused.")
    channels.mark(mine.id, problem)
    assert [each.problem for each in channels.failing()] == [problem]
    assert channels.of(ANNA)[0].problem_at == NOON
    off = channels.enable(ANNA, mine.id, False)
    assert (off.enabled, off.problem, channels.failing()) == (False, None, [])


def test_a_change_is_seen_by_pages(engine: Engine, channels: Channels) -> None:
    def serial() -> int:
        with engine.connect() as connection:
            return int(connection.execute(select(heart.c.serial)).scalar_one())

    before = serial()
    mine = channels.add(ANNA, Way.EMAIL, "anna@example.org")
    channels.mark(mine.id, say("It is refused."))
    channels.remove(ANNA, mine.id)
    assert serial() == before + 3


def test_with_another_key_a_channel_says_so_instead_of_breaking(engine: Engine, channels: Channels) -> None:
    mine = channels.add(ANNA, Way.EMAIL, "anna@example.org")
    later = channels_of(engine, OTHER_KEY)
    assert [each.problem for each in later.of(ANNA)] == [KEY_CHANGED]
    with pytest.raises(KeyChanged, match="SECRETS_KEY has changed"):
        later.address(mine.id)
    tried = later.test(ANNA, mine.id, "t", "b")
    assert (tried.delivered, tried.said) == (False, KEY_CHANGED)
    assert [each.problem for each in later.failing()] == [KEY_CHANGED], "an alert can tell of it"
    later.add(ANNA, Way.EMAIL, "anna@example.org")  # entered again


def test_a_test_message_says_what_came_of_it(channels: Channels) -> None:
    mine = channels.add(ANNA, Way.EMAIL, "anna@example.org")
    assert "No mail server is set" in str(channels.test(ANNA, mine.id, "t", "b").said)
    with a_mailbox(replies={"rcpt": "550 5.1.1 no such user"}, reply_first=1) as box:
        channels.save_mail(form_of(box))
        refused = channels.test(ANNA, mine.id, "Test", "b")
        assert (refused.delivered, channels.of(ANNA)[0].problem) == (False, refused.said)
        taken = channels.test(ANNA, mine.id, "Test", "b")
        assert (taken.delivered, str(taken.said)) == (True, "127.0.0.1 took the mail.")
        assert channels.of(ANNA)[0].problem is None
        assert box.recipients == ["anna@example.org"]


# The mail server


def test_mail_settings_are_kept_without_their_password_in_sight(engine: Engine, channels: Channels) -> None:
    assert channels.mail() is None
    form = MailForm("8.8.8.8", None, "starttls", "home", "top secret", "home@example.org", " My  home ")
    view = channels.save_mail(form)
    assert (view.port, view.security, view.has_password, view.sender_name) == (587, Security.STARTTLS, True, "My home")
    assert channels.mail() == view
    assert "top secret" not in stored(engine) + repr(view) + repr(form) + repr(channels.mail_settings())


def test_an_empty_password_field_keeps_the_one_there_is(channels: Channels) -> None:
    form = MailForm("8.8.8.8", 587, "starttls", "home", "top secret", "home@example.org")
    channels.save_mail(form)
    channels.save_mail(replace(form, password=None, sender="other@example.org"))
    settings = channels.mail_settings()
    assert not isinstance(settings, type(KEY_CHANGED))
    assert (settings.password, settings.sender) == ("top secret", "other@example.org")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "a b"}, "host"),
        ({"host": "192.168.1.1"}, "host"),
        ({"host": "localhost"}, "host"),
        ({"host": "[::1]"}, "host"),
        ({"host": "::ffff:10.0.0.1"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 70000}, "port"),
        ({"security": "ssl3"}, "security"),
        ({"sender": ""}, "sender"),
        ({"sender": "home@example.org\r\nBcc: x@y.z"}, "sender"),
        ({"sender_name": "Home\r\nBcc: x"}, "sender_name"),
        ({"sender_name": "x" * 201}, "sender_name"),
        ({"user": "home", "password": ""}, "password"),
        ({"user": "", "password": "secret"}, "user"),
        ({"security": "none", "user": "home", "password": "secret"}, "security"),
    ],
)
def test_mail_settings_that_cannot_be_used_change_nothing(
    channels: Channels, changes: dict[str, object], field: str
) -> None:
    good = MailForm("8.8.8.8", 587, "starttls", sender="home@example.org")
    before = channels.save_mail(good)
    with pytest.raises(Unfit) as raised:
        channels.save_mail(replace(good, **changes))
    assert list(raised.value.fields) == [field]
    assert channels.mail() == before


def test_a_wrong_password_stands_with_the_settings_until_it_is_right(channels: Channels) -> None:
    mine = channels.add(ANNA, Way.EMAIL, "anna@example.org")
    with a_mailbox(user="home", password="right") as box:
        channels.save_mail(form_of(box, user="home", password="wrong"))
        tried = channels.test(ANNA, mine.id, "t", "b")
        view = channels.mail()
        assert view is not None
        assert not tried.delivered
        assert (view.problem, view.problem_at) == (tried.said, NOON)
        assert channels.of(ANNA)[0].problem is None  # nothing is wrong with the address
        channels.save_mail(form_of(box, user="home", password="right"))
        assert channels.test_mail("ben@example.org", "t", "b").delivered
        after = channels.mail()
        assert after is not None
        assert after.problem is None


def test_the_same_trouble_is_noted_and_logged_once(channels: Channels, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "switchbot_dashboard.notifications")
    channels.save_mail(MailForm("8.8.8.8", 587, "starttls", sender="home@example.org"))
    for number in range(3):
        channels.mark_mail(say("{host} is silent ({reply}).", host="8.8.8.8", reply=f"421 {number}"))
    channels.mark_mail(None)
    channels.mark_mail(None)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "[notifications] Mail does not leave: 8.8.8.8 is silent (421 0).",
        "[notifications] Mail leaves again",
    ]


def test_a_test_mail_needs_an_address(channels: Channels) -> None:
    with pytest.raises(Unfit) as raised:
        channels.test_mail("nobody", "t", "b")
    assert list(raised.value.fields) == ["to"]


def test_with_another_key_the_mail_settings_ask_for_the_password_again(engine: Engine, channels: Channels) -> None:
    form = MailForm("8.8.8.8", 587, "starttls", "home", "top secret", "home@example.org")
    channels.save_mail(form)
    later = channels_of(engine, OTHER_KEY)
    view = later.mail()
    assert view is not None
    assert view.problem == KEY_CHANGED
    assert later.mail_settings() == KEY_CHANGED
    with pytest.raises(Unfit) as raised:
        later.save_mail(replace(form, password=None))
    assert raised.value.fields == {"password": KEY_CHANGED}
    assert later.save_mail(form).problem is None


def test_mail_settings_can_be_taken_away(channels: Channels) -> None:
    channels.save_mail(MailForm("8.8.8.8", 587, "starttls", sender="home@example.org"))
    channels.mark_mail(say("It is silent."))
    channels.forget_mail()
    assert channels.mail() is None


# Secrets


def test_what_is_sealed_opens_with_its_own_key_alone() -> None:
    sealed = Secrets(KEY).seal("anna@example.org")
    assert Secrets(KEY).open(sealed) == "anna@example.org"
    for other, text in ((OTHER_KEY, sealed), (KEY, sealed[:-4] + "AAAA"), (KEY, ""), (KEY, "ü")):
        with pytest.raises(KeyChanged):
            Secrets(other).open(text)


def test_the_same_text_is_sealed_differently_each_time() -> None:
    secrets = Secrets(KEY)
    assert secrets.seal("a") != secrets.seal("a")


@pytest.mark.parametrize("name", ["apprise", "urllib3", "urllib3.connectionpool", "requests", "smtplib"])
def test_libraries_that_name_addresses_reach_no_log(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    hush()
    caught: list[str] = []

    class Catch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            caught.append(record.getMessage())

    catch, root = Catch(), logging.getLogger()
    root.addHandler(catch)
    try:
        logging.getLogger(name).critical("POST /bot123:token/sendMessage")
    finally:
        root.removeHandler(catch)
    logging.getLogger(name).critical("POST /bot123:token/sendMessage")  # with no handler at all
    assert caught == []
    assert "token" not in "".join(capfd.readouterr())


def test_a_hint_is_too_little_to_write_to() -> None:
    assert mail_hint("anna@example.org") == "a…@example.org"
