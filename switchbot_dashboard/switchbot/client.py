"""One call to the cloud: signed, tried again where that does no harm, read with suspicion."""

from __future__ import annotations

import json
import random
import ssl
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3 import exceptions as wire

from ..domain.errors import CloudError, NotUnderstood, Refused, Unreachable
from ..domain.record import Call
from ..domain.sentence import say
from . import signature
from .answers import OFFLINE_CODES, Answer, body_of, instant
from .ledger import Ledger

LARGEST_ANSWER = 1_000_000  # bytes
POOLED_CONNECTIONS = 16
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
NO_PATIENCE_LEFT = 0.05  # seconds; a socket's time-out must not be zero

Body = TypeVar("Body")


class Caller(Protocol):
    """Who waits for a call. All three are asked from the thread that makes it."""

    def leave(self) -> bool:
        """A try is about to leave. False: nobody waits any more, so it must not."""

    def pause(self, seconds: float, error: CloudError) -> bool:
        """Wait before the next try, after `error`. False: there is no time for it, the error is the answer."""

    def patience(self) -> float:
        """Seconds that the caller will still wait."""


class Client:
    """The cloud at `base_url`. `timeout` is for one try, `attempts` are tries in all, both delays in seconds.

    Safe to use from several threads. Every method that calls raises a CloudError when the cloud does not do as asked;
    no text of it, no log line and no repr carries token or secret.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        secret: str,
        *,
        clock: Callable[[], datetime],
        attempts: int = 2,
        first_delay: float = 10.0,
        timeout: float = 15.0,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float], float] = lambda delay: delay * random.uniform(1.0, 1.25),
    ) -> None:
        self._base, self._host = base_url.rstrip("/"), urlsplit(base_url).hostname or ""
        self._token, self._secret = token, secret
        self._clock, self._sleep, self._jitter = clock, sleep, jitter
        self._attempts, self._first_delay, self._timeout = max(1, attempts), first_delay, timeout
        self._session = _session(self._host)
        self.ledger = Ledger()
        self.skew: timedelta | None = None
        """How far this machine's clock is ahead of the cloud's, by the last answer; good to about a second."""

    def __repr__(self) -> str:
        return f"Client({self._host!r})"

    def get(self, path: str, purpose: str, endpoint: str, shape: type[Body], caller: Caller | None = None) -> Body:
        """The body of a reading call, which must be of `shape` (dict or list). `path` begins with `/v1.1/`."""
        body = self._tried("GET", path, None, purpose, endpoint, self._attempts, caller or _Unhurried(self._sleep))
        if not isinstance(body, shape):
            raise NotUnderstood(say("The cloud's answer lacks what was asked for. It is asked again."), code="shape")
        return body

    def post(
        self,
        path: str,
        purpose: str,
        endpoint: str,
        *,
        content: Mapping[str, object] | None = None,
        repeatable: bool = False,
        caller: Caller | None = None,
    ) -> None:
        """A call that changes something. Tried again only where it is `repeatable`, that is, twice does no harm."""
        attempts = self._attempts if repeatable else 1
        data = b"" if content is None else json.dumps(content).encode()
        self._tried("POST", path, data, purpose, endpoint, attempts, caller or _Unhurried(self._sleep))

    def ask(self, path: str, purpose: str, endpoint: str, content: Mapping[str, object]) -> object:
        """The body that a POST is answered with: for questions that the cloud takes as POST. Not tried again."""
        data = json.dumps(content).encode()
        return self._tried("POST", path, data, purpose, endpoint, 1, _Unhurried(self._sleep))

    def spent(self) -> tuple[Call, ...]:
        """The tries counted since this was last asked."""
        return self.ledger.take()

    def _tried(
        self, method: str, path: str, data: bytes | None, purpose: str, endpoint: str, attempts: int, caller: Caller
    ) -> object:
        """The body, after as many tries as are allowed and worth it."""
        happened = False
        for count in range(1, attempts + 1):
            if not caller.leave():
                raise Unreachable(
                    say("Nobody waits for this call any more."), code="stopped", may_have_happened=happened
                )
            self.ledger.add(self._clock(), purpose, endpoint)
            result = self._one_try(method, path, data, caller.patience())
            if not isinstance(result, CloudError):
                return result
            happened = result.may_have_happened = happened or result.may_have_happened
            delay = self._jitter(self._first_delay * 2 ** (count - 1))
            if count == attempts or not _passing(result) or not caller.pause(delay, result):
                raise result
        raise AssertionError("the last try returns or raises")

    def _one_try(self, method: str, path: str, data: bytes | None, patience: float) -> object:
        """The body, or the error as a value: raised inside an `except` it would drag the signed request along."""
        limit = max(NO_PATIENCE_LEFT, min(self._timeout, patience))
        left = self._clock()
        try:
            answer = self._exchange(method, path, data, limit)
        except CloudError as error:
            failure = error
        except (requests.RequestException, wire.HTTPError, OSError, ValueError) as error:
            failure = _transport_error(error, self._host, limit)
        else:
            now = self._clock()
            self._note_skew(answer, left, now)
            try:
                return body_of(answer, now, (self._token, self._secret))
            except CloudError as error:
                failure = error
        failure.may_have_happened = method == "POST" and _fate_unknown(failure)
        return failure

    def _exchange(self, method: str, path: str, data: bytes | None, limit: float) -> Answer:
        """One request and its answer. Past the session's own `send`, which would read and follow a redirect."""
        ends = time.monotonic() + limit
        request = requests.Request(method, self._base + path, data=data, auth=self._signed())
        if data is not None:
            request.headers = {"Content-Type": "application/json; charset=utf8"}
        prepared = self._session.prepare_request(request)
        assert prepared.url is not None
        around = self._session.merge_environment_settings(prepared.url, {}, True, None, None)
        proxies, verify = around["proxies"], True if around["verify"] is None else around["verify"]
        response = self._session.get_adapter(prepared.url).send(
            prepared, stream=True, timeout=(limit, limit), verify=verify, proxies=proxies
        )
        try:
            content = _read(response, ends)
        finally:
            response.close()
        headers = response.headers
        return Answer(response.status_code, content, headers.get("Retry-After", ""), headers.get("Date", ""))

    def _signed(self) -> AuthBase:
        """A fresh signature. As `auth`, so that a netrc file on the machine cannot put its own in its place."""
        return _Signed(signature.headers(self._token, self._secret, self._clock(), str(uuid.uuid4())))

    def _note_skew(self, answer: Answer, left: datetime, now: datetime) -> None:
        date = instant(answer.date)
        if date is not None:  # the header names the second that has begun
            self.skew = left + (now - left) / 2 - date - timedelta(seconds=0.5)


class _Signed(AuthBase):
    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


class _Unhurried:
    """A caller that waits as long as it takes."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep

    def leave(self) -> bool:
        return True

    def pause(self, seconds: float, error: CloudError) -> bool:
        self._sleep(seconds)
        return True

    def patience(self) -> float:
        return float("inf")


def _session(host: str) -> requests.Session:
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=POOLED_CONNECTIONS))
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=POOLED_CONNECTIONS))
    session.trust_env = host not in LOOPBACK  # a proxy is for the world outside this machine
    session.headers.update({"User-Agent": "switchbot-dashboard", "Accept": "application/json"})
    session.headers["Accept-Encoding"] = "identity"  # the answers are small; none can be blown up
    return session


def _read(response: requests.Response, ends: float) -> bytes:
    """The whole answer, in whatever drips it comes. Raises NotUnderstood where it is too long or breaks off."""
    content, announced = bytearray(), response.headers.get("Content-Length", "")
    too_large = NotUnderstood(say("The cloud's answer is longer than 1 MB and was not read."), code="large")
    if announced.isascii() and announced.isdigit() and int(announced[:12]) > LARGEST_ANSWER:
        raise too_large
    while True:
        try:
            piece = response.raw.read1(65536, decode_content=True)
        except wire.TimeoutError:
            raise
        except (wire.HTTPError, OSError):
            raise NotUnderstood(
                say("The cloud's answer broke off. It is asked again at the next look."), code="json"
            ) from None
        if not piece:
            return bytes(content)
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise too_large
        if time.monotonic() > ends:
            raise requests.ReadTimeout


def _passing(error: CloudError) -> bool:
    """Whether asking again in seconds may help: the network, a fault of the cloud's own, the passing kinds of 190."""
    return isinstance(error, Unreachable) and error.code not in OFFLINE_CODES


def _fate_unknown(error: CloudError) -> bool:
    """Whether a command may have been carried out although this came back."""
    lost = error.code in ("timeout", "dropped") or error.code.startswith("http_5")
    return lost or isinstance(error, NotUnderstood)


def _transport_error(error: Exception, host: str, limit: float) -> CloudError:
    """In our own words: a library's message could quote the request."""
    cause = _innermost(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Unreachable(
            say("The certificate of {host} is not trusted. Check this machine's clock and proxy.", host=host),
            code="tls",
        )
    if isinstance(error, requests.ConnectTimeout):
        return Unreachable(
            say("{host} could not be reached within {limit:span}. It is tried again.", host=host, limit=round(limit)),
            code="connect",
        )
    if isinstance(cause, wire.NewConnectionError):
        return Unreachable(
            say("{host} cannot be reached: no connection, or no such name. It is tried again.", host=host),
            code="connect",
        )
    if isinstance(error, requests.ReadTimeout | wire.TimeoutError):
        return Unreachable(
            say("The cloud did not answer within {limit:span}. It is tried again.", limit=round(limit)), code="timeout"
        )
    if isinstance(error, ValueError):  # a header or an address that no request can carry
        return Refused(
            say("The call could not be put together. Check SWITCHBOT_API_BASE_URL and the token."), code="request"
        )
    return Unreachable(say("The connection to the cloud dropped before the answer. It is tried again."), code="dropped")


def _innermost(error: BaseException) -> BaseException:
    """The cause that names the trouble, through the wrappers of the libraries."""
    for _ in range(6):
        wrapped = getattr(error, "reason", None) or next(
            (arg for arg in error.args if isinstance(arg, Exception)), None
        )
        if not isinstance(wrapped, BaseException) or isinstance(error, wire.NewConnectionError):
            break
        error = wrapped
    return error
