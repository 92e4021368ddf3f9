"""Mail over a real server: what is sent, what every kind of trouble comes to, and that nothing is sent twice."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.mailbox import BEFORE_ACCEPTANCE, Mailbox, a_certificate, a_mailbox

from switchbot_dashboard.domain.channel import Security
from switchbot_dashboard.domain.message import Piece
from switchbot_dashboard.domain.sentence import Sentence
from switchbot_dashboard.notifications import mail as mail_module
from switchbot_dashboard.notifications import smtp_link
from switchbot_dashboard.notifications.mail import Mail
from switchbot_dashboard.notifications.mail_settings import MailSettings
from switchbot_dashboard.notifications.parcel import Outcome, Parcel, Result

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARCEL = Parcel(key="d-17.abc", address="anna@example.org", title="The heater", body="It is on.\n.\nStill on.")
LOOPBACK = ("127.0.0.1", "localhost")


class Kept:
    """The mail settings and their problem, without a database."""

    def __init__(self, settings: MailSettings | Sentence) -> None:
        self.settings, self.problem, self.marks = settings, None, list[Sentence | None]()

    def mail_settings(self) -> MailSettings | Sentence:
        return self.settings

    def mark_mail(self, problem: Sentence | None) -> None:
        self.problem = problem
        self.marks.append(problem)


def settings_of(box: Mailbox, **changes: object) -> MailSettings:
    plain = MailSettings(
        "127.0.0.1", box.port, Security(box.security), box.user, box.password, "home@example.org", "Home"
    )
    return replace(plain, **changes)


def carried(box: Mailbox, parcel: Parcel = PARCEL, *, times: int = 1, **changes: object) -> tuple[Result, Kept]:
    kept = Kept(settings_of(box, **changes))
    mail = Mail(kept, lambda: NOON, lambda: LOOPBACK)
    try:
        for _ in range(times):
            result = mail.carry(parcel)
    finally:
        mail.close()
    return result, kept


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A certificate for 127.0.0.1 that this process believes."""
    context, authority = a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    return context


# What arrives


def test_a_mail_that_was_taken_is_sent_even_where_that_cannot_be_noted() -> None:
    class Forgetful(Kept):
        def mark_mail(self, problem: Sentence | None) -> None:
            raise OSError("database is locked")

    with a_mailbox() as box:
        mail = Mail(Forgetful(settings_of(box)), lambda: NOON, lambda: LOOPBACK)
        result = mail.carry(PARCEL)
        mail.close()
        assert (result.outcome, len(box.mails)) == (Outcome.SENT, 1)


def test_a_mail_arrives_whole_with_its_headers() -> None:
    with a_mailbox() as box:
        result, _ = carried(
            box, replace(PARCEL, title="Zu kühl – 19,5 °C", link="https://home.example/x", language="fr")
        )
        assert (result.outcome, result.tries) == (Outcome.SENT, 1)
        [sent] = box.mails
        assert sent["Subject"] == "Zu kühl – 19,5 °C"
        assert sent["From"] == "Home <home@example.org>"
        assert sent["To"] == "anna@example.org"
        assert sent["Message-ID"] == "<d-17.abc@example.org>"
        assert sent["Auto-Submitted"] == "auto-generated"
        assert sent["Content-Language"] == "fr"
        assert sent["Date"] == "Mon, 02 Mar 2026 12:00:00 +0000"
        assert sent.get_content().splitlines() == ["It is on.", ".", "Still on.", "", "https://home.example/x"]


def test_html_and_pictures_go_with_the_text() -> None:
    pieces = [
        Piece("html", "text/html", '<p>Été</p><img src="cid:chart">'.encode()),
        Piece("chart", "image/png", b"\x89PNG"),
    ]
    with a_mailbox() as box:
        carried(box, replace(PARCEL, pieces=pieces))
        [sent] = box.mails
    text, page = sent.iter_parts()
    assert sent.get_content_type() == "multipart/alternative"
    assert text.get_content_type() == "text/plain"
    html, picture = page.iter_parts()
    assert "Été" in html.get_content()
    assert (picture["Content-ID"], picture.get_content_type(), picture.get_content()) == (
        "<chart>",
        "image/png",
        b"\x89PNG",
    )
    assert picture.get_content_disposition() == "inline"


@pytest.mark.parametrize(
    "title", ["Hi\r\nBcc: eve@example.org", "Hi\nX: y", "Hi\u2028there", "Hi\x00", "\ud800", "<b>Hi</b>"]
)
def test_a_title_adds_no_header(title: str) -> None:
    with a_mailbox() as box:
        result, _ = carried(box, replace(PARCEL, title=title, sender_name=title))
        [sent] = box.mails
    assert result.outcome is Outcome.SENT
    assert sent["Bcc"] is None
    assert sent["X"] is None
    assert set(sent.keys()) <= {
        "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding", "X-Peer", "X-MailFrom", "X-RcptTo",
    }  # fmt: skip


def test_a_key_that_fits_no_header_still_names_the_mail_the_same_each_time() -> None:
    with a_mailbox() as box:
        carried(box, replace(PARCEL, key="a:b/ü>\r\n"), times=2)
    assert list(box.accepted.values()) == [2]


def test_one_connection_carries_a_run_of_mails() -> None:
    with a_mailbox() as box:
        result, _ = carried(box, times=5)
    assert result.outcome is Outcome.SENT
    assert (box.connections, sum(box.accepted.values())) == (1, 5)


def test_a_connection_ends_after_its_share_of_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_module, "MAILS_OF_A_LINK", 2)
    with a_mailbox() as box:
        carried(box, times=5)
    assert (box.connections, sum(box.accepted.values())) == (3, 5)


def test_a_kept_connection_that_ended_is_opened_anew_and_counts_as_no_try() -> None:
    with a_mailbox() as box:
        kept = Kept(settings_of(box))
        mail = Mail(kept, lambda: NOON, lambda: LOOPBACK)
        mail.carry(PARCEL)
        box.hang_up()
        result = mail.carry(PARCEL)
        mail.close()
    assert (result.outcome, result.tries) == (Outcome.SENT, 1)
    assert not any(kept.marks)


def test_threads_share_connections_and_every_mail_arrives_once() -> None:
    with a_mailbox(drop_at="mix", drop_every=4) as box:
        mail = Mail(Kept(settings_of(box)), lambda: NOON, lambda: LOOPBACK)
        outcomes: list[Outcome] = []

        def run(first: int) -> None:
            outcomes.extend(
                mail.carry(replace(PARCEL, key=f"k{number}")).outcome for number in range(first, first + 25)
            )

        threads = [threading.Thread(target=run, args=(first,)) for first in (0, 25, 50, 75)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        mail.close()
    assert set(outcomes) == {Outcome.SENT}
    assert (len(box.accepted), sum(box.accepted.values())) == (100, 100)


# Before acceptance


@pytest.mark.parametrize("stage", BEFORE_ACCEPTANCE)
def test_a_connection_dropped_before_acceptance_is_tried_again_at_once(stage: str) -> None:
    with a_mailbox(drop_at=stage, drop_first=2) as box:
        result, kept = carried(box)
    assert (result.outcome, result.tries) == (Outcome.SENT, 3)
    assert (sum(box.accepted.values()), box.dropped) == (1, 2)
    assert kept.problem is None


@pytest.mark.parametrize("stage", BEFORE_ACCEPTANCE)
def test_after_three_goes_a_dropped_connection_is_a_passing_failure(stage: str) -> None:
    with a_mailbox(drop_at=stage) as box:
        result, _ = carried(box)
    assert (result.outcome, result.tries, box.connections) == (Outcome.FAILED, 3, 3)
    assert "before it takes the mail" in str(result.detail)


def test_a_server_that_asks_to_come_back_is_asked_three_times() -> None:
    with a_mailbox(replies={"rcpt": "450 4.2.0 greylisted"}, reply_first=2) as box:
        result, kept = carried(box)
    assert (result.outcome, result.tries, sum(box.accepted.values())) == (Outcome.SENT, 3, 1)
    assert kept.problem is None


def test_a_refused_connection_says_which_port_and_marks_the_settings() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result, kept = carried(Mailbox(port=port))
    assert (result.outcome, result.tries) == (Outcome.FAILED, 3)
    assert (
        str(result.detail) == f"127.0.0.1 refuses connections at port {port}: check the port, and that the server runs."
    )
    assert kept.problem == result.detail


def test_silence_before_acceptance_is_a_passing_failure_and_not_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_link, "STEP_SECONDS", 0.2)
    for stage in ("ehlo", "rcpt"):
        with a_mailbox(hang_at=stage) as box:
            result, _ = carried(box)
        assert (result.outcome, result.tries, box.connections) == (Outcome.FAILED, 1, 1)
        assert "does not answer at port" in str(result.detail)


def test_one_mail_takes_no_longer_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_module, "WITHIN_SECONDS", 0.4)
    with a_mailbox(slow_seconds=0.15) as box:
        result, _ = carried(box)
    assert result.outcome is Outcome.FAILED


# After the dot


@pytest.mark.parametrize("keeps", [True, False])
def test_a_connection_lost_after_the_dot_leaves_a_fate_that_nobody_knows(keeps: bool) -> None:
    with a_mailbox(drop_at="dot", keeps_at_dot=keeps) as box:
        result, kept = carried(box)
    assert (result.outcome, result.tries, box.connections) == (Outcome.UNKNOWN, 1, 1)
    assert sum(box.accepted.values()) == keeps
    assert not any(kept.marks)


def test_silence_after_the_dot_leaves_a_fate_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_link, "STEP_SECONDS", 0.2)
    with a_mailbox(hang_at="dot") as box:
        result, _ = carried(box)
    assert (result.outcome, box.connections) == (Outcome.UNKNOWN, 1)


def test_a_mail_that_the_server_refuses_says_nothing_about_the_address() -> None:
    with a_mailbox(replies={"dot": "554 5.7.1 looks like spam"}) as box:
        result, kept = carried(box)
    assert (result.outcome, result.channel_at_fault, kept.problem) == (Outcome.REFUSED, False, None)
    assert "554 5.7.1 looks like spam" in str(result.detail)


# Who is at fault


def test_a_refused_recipient_is_the_address_s_fault_and_is_not_repeated_in_full() -> None:
    with a_mailbox(replies={"rcpt": "550 5.1.1 <anna@example.org>: no such user"}) as box:
        result, kept = carried(box)
    assert (result.outcome, result.tries, result.channel_at_fault) == (Outcome.REFUSED, 1, True)
    assert "no such user" in str(result.detail)
    assert "anna@example.org" not in str(result.detail)
    assert kept.problem is None


def test_a_server_that_passes_on_nothing_is_the_settings_fault() -> None:
    with a_mailbox(replies={"rcpt": "554 5.7.1 relay access denied"}) as box:
        result, kept = carried(box)
    assert result.outcome is Outcome.FAILED
    assert kept.problem == result.detail


def test_a_refused_sender_is_the_settings_fault() -> None:
    with a_mailbox(replies={"mail": "553 5.7.1 not your address"}) as box:
        result, kept = carried(box)
    assert (result.outcome, kept.problem) == (Outcome.FAILED, result.detail)
    assert "sender in the mail settings" in str(result.detail)


def test_a_wrong_password_is_the_settings_fault_until_a_mail_leaves() -> None:
    with a_mailbox(user="home", password="right horse") as box:
        kept = Kept(settings_of(box, password="wrong"))
        mail = Mail(kept, lambda: NOON, lambda: LOOPBACK)
        result = mail.carry(PARCEL)
        assert (result.outcome, result.tries) == (Outcome.FAILED, 1)
        assert "does not accept the user name or the password" in str(result.detail)
        assert "wrong" not in str(result.detail)
        assert kept.problem == result.detail
        kept.settings = settings_of(box)
        assert mail.carry(PARCEL).outcome is Outcome.SENT
        mail.close()
        assert kept.problem is None


def test_a_server_without_logins_says_what_to_choose() -> None:
    with a_mailbox() as box:
        result, _ = carried(box, user="home", password="x")
    assert "takes no user name and password" in str(result.detail)


# Encryption


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_encrypted_to_a_server_that_is_who_it_says(security: str, trusted: ssl.SSLContext) -> None:
    with a_mailbox(security=security, context=trusted, user="home", password="secret") as box:
        result, kept = carried(box, times=2)
    assert (result.outcome, sum(box.accepted.values()), box.connections) == (Outcome.SENT, 2, 1)
    assert kept.problem is None


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_nobody_known_is_refused(security: str, tmp_path: Path) -> None:
    context, _ = a_certificate(tmp_path)
    with a_mailbox(security=security, context=context) as box:
        result, kept = carried(box)
    assert (result.outcome, result.tries, sum(box.accepted.values())) == (Outcome.FAILED, 1, 0)
    assert "The certificate of 127.0.0.1 is not valid" in str(result.detail)
    assert kept.problem == result.detail


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, authority = a_certificate(tmp_path, ("mail.example.org",))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with a_mailbox(security="tls", context=context) as box:
        result, _ = carried(box)
    assert "is not valid" in str(result.detail)


def test_a_server_without_starttls_says_what_to_choose() -> None:
    with a_mailbox() as box:
        result, kept = carried(box, security=Security.STARTTLS)
    assert "does not offer STARTTLS" in str(result.detail)
    assert kept.problem == result.detail


def test_tls_at_a_plain_port_says_what_to_choose() -> None:
    with a_mailbox() as box:
        result, _ = carried(box, security=Security.TLS)
    assert "does not speak TLS as expected" in str(result.detail)


# Where it may go


def test_a_host_that_leads_inside_when_mail_is_sent_is_not_connected_to() -> None:
    with a_mailbox() as box:
        kept = Kept(settings_of(box))
        result = Mail(kept, lambda: NOON, lambda: ()).carry(PARCEL)
    assert (result.outcome, box.connections) == (Outcome.FAILED, 0)
    assert "own network" in str(result.detail)
    assert kept.problem == result.detail


def test_without_a_server_a_mail_waits_for_one() -> None:
    result = Mail(Kept(Sentence("No mail server is set.")), lambda: NOON, lambda: ()).carry(PARCEL)
    assert (result.outcome, str(result.detail)) == (Outcome.FAILED, "No mail server is set.")


def test_a_bad_address_is_refused_before_anything_is_connected() -> None:
    with a_mailbox() as box:
        result, _ = carried(box, replace(PARCEL, address="anna@example.org>\r\nRCPT TO:<eve@example.org"))
    assert (result.outcome, box.connections) == (Outcome.REFUSED, 0)


def test_a_server_that_ends_connections_after_some_mails_is_no_trouble() -> None:
    with a_mailbox(ends_after=2) as box:
        result, kept = carried(box, times=5)
    assert (result.outcome, result.tries, sum(box.accepted.values()), box.connections) == (Outcome.SENT, 1, 5, 3)
    assert not any(kept.marks)


def test_many_mails_with_a_wrong_password_are_one_login() -> None:
    with a_mailbox(user="home", password="right") as box:
        result, _ = carried(box, times=50, password="wrong")
    assert (result.outcome, box.connections) == (Outcome.FAILED, 1)
    assert "user name or the password" in str(result.detail)
