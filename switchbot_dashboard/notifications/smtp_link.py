"""One connection to a mail server, spoken step by step, so that it is known whether a mail was accepted.

Until the dot that ends a mail has left this machine, nothing can have been accepted. Between the dot and the server's
answer nobody can know. Every way in which a step can go wrong becomes a `Fault` that says which of these it was, and
in plain words what to do.
"""

from __future__ import annotations

import contextlib
import re
import select
import smtplib
import socket
import ssl
import time
from collections.abc import Collection, Iterator, Sequence
from enum import Enum, auto

from ..domain.channel import Security
from ..domain.sentence import Sentence, say
from .addresses import BadAddress, checked
from .mail_settings import MailSettings

STEP_SECONDS = 20.0
FEWEST_SECONDS = 5.0  # for each of several addresses
FEWEST_MS, MOST_MS = 5, 100  # waited for a server that answers, or leaves, before the dot
LINE_STARTS_WITH_A_DOT = re.compile(rb"(?m)^\.")
MAIL_ADDRESS = re.compile(r"[^\s<>\"'():;,]+@[^\s<>\"'():;,]+")
CREDENTIALS = (530, 534, 535, 538)
BAD_RECIPIENT_MAYBE_POLICY = re.compile(r"^5\.7\.\d+")


class Kind(Enum):
    """What a fault means for the mail at hand."""

    DROPPED = auto()
    """The connection was refused, or ended before the mail was accepted: it may be tried again at once."""
    BUSY = auto()
    """The server asks to come back: it may be tried again at once, and later."""
    SLOW = auto()
    """No answer in time, and nothing accepted: later."""
    SETTINGS = auto()
    """The mail settings are at fault, so no mail would leave: later, when someone has changed them."""
    RECIPIENT = auto()
    """This recipient is refused for good."""
    MESSAGE = auto()
    """This mail is refused for good."""
    UNKNOWN = auto()
    """It was handed over, and nobody knows whether it was accepted."""


class Fault(Exception):
    """Why a mail did not leave for certain. `at_door`: no mail was begun, so the server or the settings are to blame.

    `alive` is true while the connection can be used for the next mail.
    """

    def __init__(self, kind: Kind, said: Sentence, *, at_door: bool = False, alive: bool = False) -> None:
        super().__init__(kind.name)
        self.kind, self.said, self.at_door, self.alive = kind, said, at_door, alive


class _Pinned(smtplib.SMTP):
    """Connects to addresses that were checked, and greets and verifies by the name. Looks up nothing itself."""

    def __init__(self, settings: MailSettings, where: Sequence[tuple[str, int]]) -> None:
        self._where = where
        self.context = ssl.create_default_context() if settings.security is not Security.NONE else None
        self._wrapped = settings.security is Security.TLS
        super().__init__(local_hostname=settings.sender.rpartition("@")[2], timeout=STEP_SECONDS)
        self._host = settings.host  # the name on the certificate

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        last: OSError = ConnectionRefusedError()
        for address in self._where:
            try:
                plain = socket.create_connection(address, max(FEWEST_SECONDS, timeout / len(self._where)))
            except OSError as error:
                last = error
                continue
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot does not wait for its neighbours
            return self._closed_to_others(plain, host) if self._wrapped else plain
        raise last

    def _closed_to_others(self, plain: socket.socket, host: str) -> socket.socket:
        assert self.context is not None
        try:
            return self.context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


class Link:
    """A connection that is greeted and logged in. Raises Fault alone. Used by one thread at a time."""

    def __init__(self, settings: MailSettings, allowed: Collection[str], deadline: float) -> None:
        self.settings = settings
        self.mails = 0
        self._began = False  # a mail, at any time
        self._slowest = 0.0  # seconds that an answer took
        self.rested_since = time.monotonic()
        try:
            where = checked(settings.host, settings.port, allowed)
        except BadAddress as error:
            raise Fault(Kind.SETTINGS, error.sentence, at_door=True) from None
        self._smtp = _Pinned(settings, where)
        try:
            self._greet(deadline)
            self._log_in(deadline)
        except BaseException:
            self.close()
            raise

    def _greet(self, deadline: float) -> None:
        host, smtp = self.settings.host, self._smtp
        with self._step(deadline):
            code, words = smtp.connect(host, self.settings.port)
            if code != 220:
                raise self._refused(code, words, at_door=True)
        with self._step(deadline):
            code, words = smtp.ehlo()
            if code != 250:
                code, words = smtp.helo()
            if code != 250:
                raise self._refused(code, words, at_door=True)
        if self.settings.security is not Security.STARTTLS:
            return
        with self._step(deadline):
            if not smtp.has_extn("starttls"):
                raise self._settings_fault(
                    say(
                        "{host} does not offer STARTTLS at port {port}: choose TLS (usually at 465), or another port.",
                        host=host,
                        port=self.settings.port,
                    )
                )
            code, words = smtp.starttls(context=smtp.context)
            if code != 220:
                raise self._refused(code, words, at_door=True)
            smtp.ehlo()

    def _log_in(self, deadline: float) -> None:
        host, user = self.settings.host, self.settings.user
        if not user:
            return
        with self._step(deadline):
            if not self._smtp.has_extn("auth"):
                raise self._settings_fault(
                    say(
                        "{host} takes no user name and password at port {port} with this encryption: choose STARTTLS "
                        "(usually port 587) or TLS (465), or leave the user name empty.",
                        host=host,
                        port=self.settings.port,
                    )
                )
            try:
                self._smtp.login(user, self.settings.password)
            except UnicodeError:
                raise self._settings_fault(
                    say("{host} takes user names and passwords of plain letters only.", host=host)
                ) from None
            except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
                raise
            except smtplib.SMTPException:
                raise self._settings_fault(
                    say("{host} offers no way of logging in that is known here: ask who runs it.", host=host)
                ) from None

    def send(self, recipient: str, content: bytes, deadline: float) -> None:
        """Hand over one mail; returns when the server has accepted it. Raises Fault."""
        sender, smtp = self.settings.sender, self._smtp
        waited, self._began, self._slowest = self._began, True, 0.0
        with self._step(deadline, at_door=waited):
            code, words = smtp.mail(sender)
            if code != 250:
                raise self._sender_refused(code, words)
        with self._step(deadline, at_door=False):
            code, words = smtp.rcpt(recipient)
            if code not in (250, 251):
                raise self._recipient_refused(code, words)
        with self._step(deadline, at_door=False):
            code, words = smtp.docmd("DATA")
            if code != 354:
                raise self._message_refused(code, words)
        with self._step(deadline, at_door=False):
            smtp.send(LINE_STARTS_WITH_A_DOT.sub(b"..", content.removesuffix(b"\r\n")) + b"\r\n")
            if self._spoke_early():
                early = self._message_refused(*smtp.getreply())
                raise Fault(early.kind, early.said)  # it may still take what follows for text
            smtp.send(b".\r\n")
        self._await_answer(deadline)
        self.mails += 1
        self.rested_since = time.monotonic()

    def _spoke_early(self) -> bool:
        """Whether the server answered, or left, before the dot: then the mail was not accepted, and that is certain.

        Worth a moment, as long as its answers took so far: what follows the dot is in nobody's hands.
        """
        sock = self._smtp.sock
        if sock is None:
            return False
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(min(MOST_MS, max(FEWEST_MS, 1500 * self._slowest))))

    def _await_answer(self, deadline: float) -> None:
        """The dot has left: from here on only the server's own words tell what became of the mail."""
        self._hold_to(deadline)
        try:
            code, words = self._smtp.getreply()
        except (OSError, smtplib.SMTPException):
            said = say(
                "{host} was handed the mail and then fell silent, so nobody knows whether it took it. Ask the "
                "recipient before you send it again.",
                host=self.settings.host,
            )
            raise Fault(Kind.UNKNOWN, said) from None
        if not 200 <= code < 300:
            raise self._message_refused(code, words)

    def forget(self) -> bool:
        """Drop the mail that was begun; whether the connection can be used for the next one."""
        try:
            return self._smtp.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def close(self, *, politely: bool = False) -> None:
        """End it, with a word of farewell where nobody waits."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if politely and self._smtp.sock is not None:
                self._smtp.sock.settimeout(1.0)
                self._smtp.docmd("QUIT")
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.close()

    # What can go wrong

    @contextlib.contextmanager
    def _step(self, deadline: float, *, at_door: bool = True) -> Iterator[None]:
        """One exchange with the server, with its errors as faults."""
        self._hold_to(deadline)
        began = time.monotonic()
        try:
            yield
            self._slowest = max(self._slowest, time.monotonic() - began)
        except smtplib.SMTPResponseException as error:
            raise self._refused(error.smtp_code, error.smtp_error, at_door=True) from None
        except (OSError, smtplib.SMTPException) as error:
            raise self._broken(error, at_door=at_door) from None

    def _broken(self, error: Exception, *, at_door: bool) -> Fault:
        """The connection failed; `smtplib` hides the reason behind an error of its own."""
        host, port = self.settings.host, self.settings.port
        cause = error if isinstance(error, OSError) and error.args else None
        if isinstance(error, smtplib.SMTPServerDisconnected):
            cause = error.__context__ if isinstance(error.__context__, OSError) else None
        match cause:
            case ssl.SSLCertVerificationError():
                said = say(
                    "The certificate of {host} is not valid ({why}): check the server's name, or ask who runs it.",
                    host=host,
                    why=cause.verify_message or "unknown",
                )
                return self._settings_fault(said)
            case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
                return Fault(Kind.DROPPED, _ended(host, port), at_door=at_door)
            case ssl.SSLError():
                said = say(
                    "{host} does not speak TLS as expected at port {port}: TLS is usual at port 465, STARTTLS at 587.",
                    host=host,
                    port=port,
                )
                return self._settings_fault(said)
            case TimeoutError():
                return Fault(Kind.SLOW, _silent(host, port), at_door=at_door)
            case ConnectionRefusedError():
                said = say(
                    "{host} refuses connections at port {port}: check the port, and that the server runs.",
                    host=host,
                    port=port,
                )
                return Fault(Kind.DROPPED, said, at_door=at_door)
        return Fault(Kind.DROPPED, _ended(host, port), at_door=at_door)

    def _hold_to(self, deadline: float) -> None:
        left = max(0.1, min(STEP_SECONDS, deadline - time.monotonic()))
        self._smtp.timeout = left
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(left)

    def _refused(self, code: int, words: bytes | str, *, at_door: bool) -> Fault:
        """A step before any mail was answered with no."""
        host, reply = self.settings.host, _reply(code, words)
        if code == 421 or (400 <= code < 500 and code not in (432, 454)):
            said = say("{host} is busy just now ({reply}).", host=host, reply=reply)
            return Fault(Kind.BUSY, said, at_door=at_door)
        if code in CREDENTIALS:
            return self._settings_fault(
                say(
                    "{host} does not accept the user name or the password ({reply}): enter them again; some providers "
                    "want a password made for programs.",
                    host=host,
                    reply=reply,
                )
            )
        return self._settings_fault(say("{host} does not take mail from here ({reply}).", host=host, reply=reply))

    def _sender_refused(self, code: int, words: bytes) -> Fault:
        host, reply = self.settings.host, _reply(code, words)
        if code in CREDENTIALS:
            return self._refused(code, words, at_door=True)
        if code == 421:
            return Fault(Kind.DROPPED, _ended(host, self.settings.port), at_door=True)
        if 400 <= code < 500:
            said = say("{host} is busy just now ({reply}).", host=host, reply=reply)
            return Fault(Kind.BUSY, said, alive=True)
        return self._settings_fault(
            say(
                "{host} does not send mail for the sender in the mail settings ({reply}): enter the address that "
                "belongs to the user name.",
                host=host,
                reply=reply,
            )
        )

    def _recipient_refused(self, code: int, words: bytes) -> Fault:
        host, reply = self.settings.host, _reply(code, words)
        if 400 <= code < 500:
            said = say("{host} does not take mail for this address just now ({reply}).", host=host, reply=reply)
            return Fault(Kind.BUSY, said, alive=code != 421)
        if code in CREDENTIALS or BAD_RECIPIENT_MAYBE_POLICY.match(reply.partition(" ")[2]):
            # Nothing is wrong with the address where the server does not pass on mail for whoever we are.
            return self._settings_fault(
                say(
                    "{host} does not pass mail on from here ({reply}): check user name, password and sender.",
                    host=host,
                    reply=reply,
                ),
                alive=True,
            )
        said = say("{host} refuses this address ({reply}): correct it or choose another.", host=host, reply=reply)
        return Fault(Kind.RECIPIENT, said, alive=True)

    def _message_refused(self, code: int, words: bytes) -> Fault:
        host, reply = self.settings.host, _reply(code, words)
        if 400 <= code < 500:
            said = say("{host} does not take this mail just now ({reply}).", host=host, reply=reply)
            return Fault(Kind.BUSY, said, alive=code != 421)
        said = say("{host} refuses this mail ({reply}).", host=host, reply=reply)
        return Fault(Kind.MESSAGE, said, alive=True)

    def _settings_fault(self, said: Sentence, *, alive: bool = False) -> Fault:
        return Fault(Kind.SETTINGS, said, at_door=True, alive=alive)


def _reply(code: int, words: bytes | str) -> str:
    """A server's answer on one line, without any address in it."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    plain = "".join(letter if letter.isprintable() else " " for letter in MAIL_ADDRESS.sub("…", text))
    return f"{code} {' '.join(plain.split())[:160]}".strip()


def _silent(host: str, port: int) -> Sentence:
    return say(
        "{host} does not answer at port {port}. If it never did, check name, port and encryption: STARTTLS is usual at "
        "port 587, TLS at 465.",
        host=host,
        port=port,
    )


def _ended(host: str, port: int) -> Sentence:
    return say("{host} refuses or ends the connection at port {port} before it takes the mail.", host=host, port=port)
