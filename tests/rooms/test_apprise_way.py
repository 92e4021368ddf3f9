"""Messages by Apprise to a real web server: what came of them, and what may not be reached."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from apprise.plugins.custom_json import NotifyJSON

from switchbot_dashboard.notifications import apprise_address
from switchbot_dashboard.notifications.addresses import BadAddress, Forbidden
from switchbot_dashboard.notifications.apprise_address import apprise_address as accepted
from switchbot_dashboard.notifications.apprise_way import AppriseWay
from switchbot_dashboard.notifications.parcel import Outcome, Parcel, Result


class Service(ThreadingHTTPServer):
    """A web service: `/code/N` answers N, `/drop` hangs up, `/hang` says nothing, `/away` leads elsewhere."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, bytes]] = []
        self.let_go = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.path, body))
        path = self.path.strip("/")
        if path == "drop":
            return
        if path == "hang":
            self.server.let_go.wait(5)
        self.send_response(302 if path == "away" else int(path.partition("code/")[2] or 200))
        if path == "away":
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/secret")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.let_go.set()
    server.shutdown()
    server.server_close()
    thread.join()


def carried(service: Service, path: str, *, allowed: tuple[str, ...] = ("127.0.0.1",)) -> Result:
    address = f"json://127.0.0.1:{service.server_port}/{path}"
    return AppriseWay(lambda: allowed).carry(
        Parcel("k", address, "Too <b>cold</b>", "19,5 °C", "https://home.example/1")
    )


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    """What reaches the root logger, at every level."""
    lines: list[str] = []

    class Listen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler, root = Listen(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


def test_a_message_arrives_with_title_text_and_link(service: Service) -> None:
    result = carried(service, "ok")
    assert (result.outcome, result.tries, str(result.detail)) == (Outcome.SENT, 1, "JSON took the message.")
    [(_, body)] = service.asked
    sent = json.loads(body)
    assert sent["title"] == "Too <b>cold</b>"
    assert sent["message"] == "19,5 °C\n\nhttps://home.example/1"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (401, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (410, Outcome.REFUSED),
        (429, Outcome.FAILED),
        (503, Outcome.FAILED),
    ],
)
def test_an_answer_tells_a_refusal_for_good_from_a_passing_one(service: Service, code: int, outcome: Outcome) -> None:
    result = carried(service, f"code/{code}")
    assert (result.outcome, len(service.asked)) == (outcome, 1)
    assert str(code) in str(result.detail)


def test_a_request_without_an_answer_is_not_repeated_since_it_may_have_arrived(service: Service) -> None:
    result = carried(service, "drop")
    assert (result.outcome, result.tries, len(service.asked)) == (Outcome.UNKNOWN, 1, 1)


@pytest.mark.parametrize(("sends", "outcome"), [(True, Outcome.UNKNOWN), (False, Outcome.FAILED)])
def test_what_breaks_off_once_it_may_have_arrived_is_not_repeated(
    service: Service, monkeypatch: pytest.MonkeyPatch, sends: bool, outcome: Outcome
) -> None:
    real = NotifyJSON.send

    def broken(plugin: NotifyJSON, *given: object, **named: object) -> bool:
        if sends:
            real(plugin, *given, **named)
        raise KeyError("an answer that nobody expected")

    monkeypatch.setattr(NotifyJSON, "send", broken)
    assert (carried(service, "ok").outcome, len(service.asked)) == (outcome, int(sends))


def test_silence_is_bounded_and_leaves_a_fate_that_nobody_knows(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apprise_address, "ANSWER_WITHIN", 0.2)
    result = carried(service, "hang?rto=600&retry=5")
    assert (result.outcome, len(service.asked)) == (Outcome.UNKNOWN, 1), str(result.detail)


def test_a_refused_connection_is_tried_three_times(service: Service) -> None:
    result = AppriseWay(lambda: ("127.0.0.1",)).carry(Parcel("k", "json://127.0.0.1:1/", "t", "b"))
    assert (result.outcome, result.tries) == (Outcome.FAILED, 3)


def test_nobody_is_led_elsewhere(service: Service) -> None:
    result = carried(service, "away?redirect=yes")
    assert result.outcome is Outcome.FAILED
    assert [path.strip("/") for path, _ in service.asked] == ["away"]


def test_a_host_of_the_own_network_is_not_connected_to_when_something_is_sent(service: Service) -> None:
    result = carried(service, "ok", allowed=())
    assert (result.outcome, service.asked) == (Outcome.REFUSED, [])
    assert "own network (127.0.0.1)" in str(result.detail)


def test_no_address_and_no_text_reaches_a_log(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    with listening() as lines:
        for path in ("ok", "code/401", "drop"):
            carried(service, f"{path}?+X-Token=verysecret")
        with pytest.raises(BadAddress):
            accepted("tgram://verysecret/x/y/z", ())
    heard = "".join([*lines, *capfd.readouterr()])
    assert "verysecret" not in heard
    assert "19,5" not in heard
    assert f":{service.server_port}" not in heard


@pytest.mark.parametrize(
    "address",
    [
        "json://10.0.0.1/",
        "json://user:pass@2130706433:8080/",
        "jsons://[::1]/",
        "json://[::ffff:10.0.0.1]/",
        "ntfy://2130706433/topic",
        "gotify://169.254.169.254/AAAAAAAAAAAAAAA",
        "mailto://u:p@example.org?smtp=10.0.0.1",
    ],
)
def test_a_host_of_the_own_network_is_refused_when_an_address_is_saved(address: str) -> None:
    with pytest.raises(Forbidden, match="own network"):
        accepted(address, ())


@pytest.mark.parametrize(
    "address",
    [
        "syslog://here",
        "DBUS://x",
        "gnome://x",
        "macosx://x",
        "windows://x",
        "vapid://a@example.org",
        "file:///etc/passwd",
        "fcm://project/target?keyfile=/etc/passwd",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js/?template=/etc/passwd",
        "mailto://u:p@8.8.8.8?pgppub=/etc/passwd",
        "json://8.8.8.8/?ATTACH=http://10.0.0.1/x",
        "json://8.8.8.8/\r\nX: y",
        "json://" + "a" * 3000,
        "",
        "telegram",
    ],
)
def test_an_address_that_shows_runs_or_reads_something_here_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        accepted(address, ())


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("ntfy://mytopic", "ntfy …"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "Telegram …"),
        (f"twilio://AC{'a' * 32}:{'b' * 32}@15551234567/15557654321", "Twilio …"),
        ("https://discord.com/api/webhooks/1234567890/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord …"),
    ],
)
def test_an_address_of_a_service_is_accepted(address: str, hint: str) -> None:
    assert accepted(address, ()) == (address, hint)
