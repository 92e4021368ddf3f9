"""A fence around other people's code: while it stands, no connection is made into the host's own network.

Apprise has two hundred ways of sending, and opens its connections itself: to hosts that an address names in many
places, and to where those hosts send it on. So the interpreter's audit events are watched, which tell of each
connection before it is made, with the very address it goes to.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Collection, Iterator
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any

from .addresses import BadAddress, Forbidden, Unresolved, checked, inside

CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
RUNNING = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile"}
)
WATCHED = CONNECTING | RUNNING


class Fenced(OSError):
    """What was about to be done is not allowed here. An OSError, so that libraries take it for a lost connection."""


class Fence:
    """What is kept out, and whether anything was; and whether anything was let through."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed
        self.kept_out: str = ""  # the address, or the kind of step, that was refused
        self.let_out = False

    def pass_or_raise(self, event: str, args: tuple[Any, ...]) -> None:
        """Nothing for what may be done. Raises Fenced for the rest."""
        target = _target(event, args)
        if target is None or not self._may_reach(target):
            self.kept_out = str(target or event)
            raise Fenced("kept out by the fence around notifications")
        self.let_out = True

    def _may_reach(self, host: str) -> bool:
        try:
            if not inside(ip_address(host.partition("%")[0])):
                return True
            return any(host == address for name in self._allowed for address in _addresses(name))
        except ValueError:
            with contextlib.suppress(BadAddress):
                checked(host, 0, self._allowed)
                return True
            return False


_standing: ContextVar[Fence | None] = ContextVar("fence", default=None)
_hook = threading.Lock()
_hooked = False


@contextlib.contextmanager
def fenced(allowed: Collection[str]) -> Iterator[Fence]:
    """Within the block, in this thread and those that inherit its context, only outside hosts and allowed ones."""
    _watch_from_now_on()
    fence = Fence(allowed)
    mark = _standing.set(fence)
    try:
        yield fence
    finally:
        _standing.reset(mark)


def _watch_from_now_on() -> None:
    """Once a process, and only in one that needs it: an audit hook cannot be taken away."""
    global _hooked
    with _hook:
        if not _hooked:
            sys.addaudithook(_look)
            _hooked = True


def _look(event: str, args: tuple[Any, ...]) -> None:
    if event in WATCHED and (fence := _standing.get()) is not None:
        fence.pass_or_raise(event, args)


def _target(event: str, args: tuple[Any, ...]) -> str | None:
    """The host of a connection; None for a program to be run and for sockets of this machine alone."""
    if event not in CONNECTING or len(args) < 2:
        return None
    address = args[1]
    if isinstance(address, tuple) and address and isinstance(address[0], str):
        return address[0]
    return None


def _addresses(name: str) -> list[str]:
    try:
        return [address for address, _ in checked(name, 0, (name,))]
    except (Forbidden, Unresolved):
        return []
