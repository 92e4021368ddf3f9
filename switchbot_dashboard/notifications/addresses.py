"""Where notifications may go: never into the host's own network, unless settings.json allows that host by name.

An address that someone enters is followed by this process, so it could reach what only this machine can reach. Hosts
are therefore resolved when an address is saved and again when something is sent, and the connection is made to an
address that was checked, not to the name, which could mean something else a moment later.
"""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable, Collection, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from ..domain.sentence import Sentence, say

Address: TypeAlias = IPv4Address | IPv6Address
Allowed: TypeAlias = Callable[[], Collection[str]]
"""The hosts that `channels_allowed_hosts` names now."""

LONGEST_MAIL = 254
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

# Addresses of version 6 that carry one of version 4: the network, and where in the 128 bits it stands from the right.
CARRIERS = (
    (ip_network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (ip_network("::/96"), 0),  # IPv4-compatible
    (ip_network("64:ff9b::/96"), 0),  # NAT64
    (ip_network("2002::/16"), 80),  # 6to4
)
NEVER = (
    ip_network("64:ff9b:1::/48"),  # NAT64 of a local network
    ip_network("2001::/32"),  # Teredo
    ip_network("fec0::/10"),  # site-local
    ip_network("100.64.0.0/10"),  # shared by a provider's customers
    ip_network("192.0.0.0/24"),
    ip_network("198.18.0.0/15"),
    ip_network("240.0.0.0/4"),
)


class BadAddress(Exception):
    """An address that cannot be used. `sentence` says why, and what would be accepted."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.text())
        self.sentence = sentence


class Forbidden(BadAddress):
    """A host of the own network that is not allowed by name."""


class Unresolved(BadAddress):
    """A name for which there is no address, at least now."""


def mail_address(text: str) -> str:
    """An e-mail address as mail servers take it, its domain in lower case. Raises BadAddress."""
    address = text.strip()
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise BadAddress(say("This is not an e-mail address; one looks like anna@example.org."))
    if not LOCAL_PART.fullmatch(local) or len(local) > 64:
        raise BadAddress(
            say("The part before the @ may only have letters from a to z, digits, dots and signs such as - _ +.")
        )
    plain = host_name(domain)
    if "." not in plain or plain.rpartition(".")[2].isdigit() or len(local) + len(plain) + 1 > LONGEST_MAIL:
        raise BadAddress(say("{domain} is not a domain that mail can be sent to.", domain=domain[:100]))
    return f"{local}@{plain}"


def host_name(text: str) -> str:
    """A host's name or address in plain ASCII and lower case, without brackets. Raises BadAddress."""
    name = text.strip().strip("[]").rstrip(".").lower()
    with contextlib.suppress(ValueError):
        return str(ip_address(name))
    try:
        plain = name.encode("idna").decode("ascii")
    except UnicodeError:
        plain = ""
    if not plain or len(plain) > 253 or not all(LABEL.fullmatch(label.replace("_", "-")) for label in plain.split(".")):
        raise BadAddress(say("{name} is not a host's name.", name=text.strip()[:100] or "…"))
    return plain


def checked(host: str, port: int, allowed: Collection[str]) -> list[tuple[str, int]]:
    """The addresses and ports a host stands for now, each one safe to connect to.

    Raises Unresolved where there is none, Forbidden where one of them lies in the own network and the host is not in
    `allowed`. The name may mean other addresses a moment later, so connect to these.
    """
    found = list(dict.fromkeys(_resolved(host.strip("[]"), port)))
    if not named(host, allowed):
        for address, _ in found:
            if inside(ip_address(address.partition("%")[0])):
                raise Forbidden(
                    say(
                        "{host} lies in this machine's own network, where notifications are not sent: use a public "
                        "host, or allow it by its name in the settings: Advanced, Internal hosts for notifications.",
                        host=host,
                    )
                )
    return found


def named(host: str, allowed: Collection[str]) -> bool:
    """Whether the settings allow a host by its name."""
    return host.lower().strip("[]") in {name.lower().strip("[]") for name in allowed}


def inside(address: Address) -> bool:
    """Whether an address is this machine's, its network's, or nobody's on the internet."""
    address = _carried(address)
    if not address.is_global or address.is_multicast or address.is_unspecified or address.is_link_local:
        return True
    return any(address.version == network.version and address in network for network in NEVER) or _own(address)


def _carried(address: Address) -> Address:
    """The version 4 address within one of version 6, where it carries one."""
    if isinstance(address, IPv6Address):
        for network, shift in CARRIERS:
            if address in network:
                return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return address


def _own(address: Address) -> bool:
    """Whether it is one of this machine's own: only those can be bound to. Nothing is sent."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((str(address), 0))
        return True
    return False


def _resolved(host: str, port: int) -> Iterator[tuple[str, int]]:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unresolved(
            say("There is no address for {host}: check its spelling, and this machine's network.", host=host)
        ) from None
    for _family, _type, _protocol, _name, where in rows:
        yield str(where[0]), int(where[1])
