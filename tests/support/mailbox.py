"""A real SMTP server on loopback, with TLS, logins, and ways to go wrong. It counts what it accepted by Message-ID.

In a test: `with a_mailbox(drop_at="rcpt", drop_every=10) as box: ... box.port, box.accepted`. As a program
(`python mailbox.py --drop-at mix --drop-every 10`) it is a server in a process of its own: it prints its port, and at
each line on its standard input one line of JSON with what it has counted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import ipaddress
import json
import ssl
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

BEFORE_ACCEPTANCE = ("connect", "ehlo", "mail", "rcpt", "data", "body")


@dataclass
class Mailbox:
    """The server's knobs and counts. A stage is of BEFORE_ACCEPTANCE, or `dot`: after the mail, before the answer.

    `drop_at`: the connection is reset there, for one connection in `drop_every` or the `drop_first` ones; `mix` takes
    the stages in turn. `ends_after`: so many mails, after which a connection is told to come back. `hang_at`: nothing
    more is said from there on. `replies`: what is answered at a stage instead, for the `reply_first` times it is
    reached. `keeps_at_dot`: whether a mail counts though its answer never left.
    """

    security: str = "none"
    user: str = ""
    password: str = ""
    drop_at: str = ""
    drop_every: int = 1
    drop_first: int = 1_000_000
    ends_after: int = 1_000_000
    hang_at: str = ""
    replies: dict[str, str] = field(default_factory=dict)
    reply_first: int = 1_000_000
    slow_seconds: float = 0.0
    keeps_at_dot: bool = True
    keep_mails: bool = True
    port: int = 0
    connections: int = 0
    dropped: int = 0
    replied: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    first_at: float = 0.0
    last_at: float = 0.0
    context: ssl.SSLContext | None = None
    open: set[asyncio.BaseTransport] = field(default_factory=set)
    _stop: Any = None
    _call: Any = None

    def stage_of(self, connection: int) -> str:
        """Where this connection is dropped, if anywhere."""
        if not self.drop_at or connection % self.drop_every or connection > self.drop_first:
            return ""
        if self.drop_at != "mix":
            return self.drop_at
        return BEFORE_ACCEPTANCE[(connection // self.drop_every) % len(BEFORE_ACCEPTANCE)]

    def keep(self, content: bytes, recipient: str) -> None:
        """Count a mail as accepted."""
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.accepted[str(mail["Message-ID"])] += 1
        self.last_at = time.time()
        self.first_at = self.first_at or self.last_at
        if self.keep_mails:
            self.mails.append(mail)
            self.recipients.append(recipient)

    def hang_up(self) -> None:
        """Reset every connection there is, and come back when that is done."""
        done = threading.Event()
        self._call(lambda: ([each.abort() for each in list(self.open)], done.set()))
        assert done.wait(5)
        time.sleep(0.05)  # for the reset to arrive

    def figures(self) -> dict[str, Any]:
        """The counts, for another process."""
        return {
            "distinct": len(self.accepted),
            "accepted": sum(self.accepted.values()),
            "twice": sum(count > 1 for count in self.accepted.values()),
            "connections": self.connections,
            "dropped": self.dropped,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }


class _Gone(Exception):
    """This connection has been reset on purpose."""


class _Server(SMTP):
    """One connection; what the box says is done at each stage."""

    def __init__(self, box: Mailbox, **options: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it finds logins without TLS unwise, and is right
            super().__init__(_Keeper(box), **options)
        self.box = box
        box.connections += 1
        self.fate = box.stage_of(box.connections)
        self.kept = 0

    async def at(self, stage: str) -> bool:
        """What is to happen at a stage; whether it was answered already."""
        if self.box.slow_seconds:
            await asyncio.sleep(self.box.slow_seconds)
        if self.fate == stage:
            self.box.dropped += 1
            self.transport.abort()
            raise ConnectionResetError
        if self.box.hang_at == stage:
            await asyncio.sleep(3600)
        if stage in self.box.replies and self.box.replied < self.box.reply_first:
            self.box.replied += 1
            await self.push(self.box.replies[stage])
            return True
        return False

    def connection_made(self, transport: Any) -> None:
        if self.fate == "connect":
            self.box.dropped += 1
            self.fate = ""
            transport.abort()
            return
        self.box.open.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.box.open.discard(self.transport)
        if self.transport is not None:
            super().connection_lost(error)

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self.at("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str) -> None:
        if self.kept >= self.box.ends_after:
            await self.push("421 4.7.0 enough on this connection")
            self.transport.close()
        elif not await self.at("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:
        if not await self.at("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if await self.at("data"):
            return
        if self.fate == "body" or self.box.hang_at == "body":
            await self.push("354 go on")
            await self._reader.readline()
            await self.at("body")
        await super().smtp_DATA(arg)


class _Keeper:
    """What is done with a mail once its dot has come."""

    def __init__(self, box: Mailbox) -> None:
        self.box = box

    async def handle_DATA(self, server: _Server, session: Session, envelope: Envelope) -> str:
        box = self.box
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if server.fate == "dot" or box.hang_at == "dot":
            if box.keeps_at_dot:
                box.keep(content, envelope.rcpt_tos[0])
            await server.at("dot")
        if "dot" in box.replies and box.replied < box.reply_first:
            box.replied += 1
            return box.replies["dot"]
        box.keep(content, envelope.rcpt_tos[0])
        server.kept += 1
        return "250 OK"


def _authenticator(box: Mailbox) -> Any:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        fits = data.login.decode() == box.user and data.password.decode() == box.password
        return AuthResult(success=fits, handled=False)

    return check


async def _serve(box: Mailbox, ready: threading.Event) -> None:
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {"hostname": "mailbox.test", "loop": loop, "ident": "Mailbox", "enable_SMTPUTF8": False}
    if box.user:
        options |= {"authenticator": _authenticator(box), "auth_require_tls": False, "auth_required": True}
    if box.security == "starttls":
        options |= {"tls_context": box.context, "require_starttls": True}
    server = await loop.create_server(
        lambda: _Server(box, **options), "127.0.0.1", box.port, ssl=box.context if box.security == "tls" else None
    )
    box.port = server.sockets[0].getsockname()[1]
    stop = asyncio.Event()
    box._stop = lambda: loop.call_soon_threadsafe(stop.set)
    box._call = loop.call_soon_threadsafe
    ready.set()
    await stop.wait()
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0.01)


@contextlib.contextmanager
def a_mailbox(**knobs: Any) -> Iterator[Mailbox]:
    """A server in a thread of its own, until the block ends."""
    box = Mailbox(**knobs)
    ready = threading.Event()
    thread = threading.Thread(target=lambda: _run(box, ready), name="mailbox", daemon=True)
    thread.start()
    assert ready.wait(10), "the mail server did not start"
    try:
        yield box
    finally:
        box._stop()
        thread.join(10)


def _run(box: Mailbox, ready: threading.Event) -> None:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)  # resets on purpose are no news
    try:
        loop.run_until_complete(_serve(box, ready))
    finally:
        loop.close()


def a_certificate(folder: Path, names: tuple[str, ...] = ("127.0.0.1", "localhost")) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context with a fresh certificate for `names`, and the file of the authority that signed it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mailbox.test")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives = [_alternative(name) for name in names]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mailbox.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authority = folder / "authority.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    path.write_bytes(secret + authority.read_bytes())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context, authority


def _alternative(name: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def main() -> None:
    """Serve until standard input ends."""
    options = argparse.ArgumentParser(description="A mail server on loopback that counts.")
    options.add_argument("--drop-at", default="")
    options.add_argument("--drop-every", type=int, default=10)
    options.add_argument("--ends-after", type=int, default=1_000_000)
    options.add_argument("--slow-seconds", type=float, default=0.0)
    chosen = options.parse_args()
    knobs = {name: value for name, value in vars(chosen).items() if value}
    with a_mailbox(keep_mails=False, **knobs) as box:
        print(box.port, flush=True)
        for _ in sys.stdin:
            print(json.dumps(box.figures()), flush=True)


if __name__ == "__main__":
    main()
