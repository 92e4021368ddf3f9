"""Addresses that Apprise knows: what is accepted when one is saved, and how it is opened when something is sent."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from ..domain.sentence import Sentence, say
from .addresses import BadAddress, Unresolved, checked
from .fence import fenced
from .secrets import hush

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

LONGEST = 2000
ANSWER_WITHIN = 15.0  # seconds, for one connection and for one answer

# What shows something on this machine, runs a program here or reads a file here.
LOCAL = frozenset(
    ("syslog", "dbus", "kde", "qt", "glib", "gio", "gnome", "macosx", "windows", "blink1", "vapid", "file")
)
# Fields that name a file, or something to be fetched from elsewhere.
FETCHING = frozenset(
    (
        "attach",
        "attachment",
        "config",
        "include",
        "keyfile",
        "pem",
        "subfile",
        "pgp",
        "pgpkey",
        "pgpprv",
        "pgppub",
        "wkd",
    )
)
HOSTS = frozenset(["smtp", "host", "hostname", "server", "relay", "blossom"])  # fields that name a host

log = logging.getLogger(__name__)


def apprise_address(text: str, allowed: Collection[str]) -> tuple[str, str]:
    """An Apprise address as it is kept, and what is shown of it (`Telegram …`). Raises BadAddress.

    A host that cannot be resolved just now is accepted: it is looked at again before each sending.
    """
    address = text.strip()
    plugin = opened(address, allowed)
    for host in _hosts(address, plugin):
        with contextlib.suppress(Unresolved):
            checked(host, 0, allowed)
    return address, f"{plugin.service_name} …"


def opened(address: str, allowed: Collection[str]) -> NotifyBase:
    """What Apprise makes of an address, with bounds that no address can move. Raises BadAddress."""
    _look_at(address)
    hush()
    from apprise import Apprise  # takes most of a second, and 40 MB

    with fenced(allowed):
        try:
            plugin = Apprise.instantiate(address, asset=asset())
        except Exception as error:  # any service may raise anything
            log.warning("[notifications] An Apprise address could not be opened (%s)", type(error).__name__)
            plugin = None
    if plugin is None:
        raise BadAddress(
            say(
                "Apprise cannot read this address: compare it with the example for your service at "
                "appriseit.com/services, and mind every part of it."
            )
        )
    if _reads_files(plugin):
        raise BadAddress(_fetches("template"))
    plugin.redirects, plugin.retry = False, 0
    plugin.socket_connect_timeout = plugin.socket_read_timeout = ANSWER_WITHIN
    if len(plugin) > 1:
        raise BadAddress(say("This address names several recipients: add one channel for each of them."))
    return plugin


def asset() -> AppriseAsset:
    """How Apprise is used here: no plugins or files from outside, no redirects, nothing kept on the disk."""
    from apprise import AppriseAsset

    return AppriseAsset(
        app_id="SwitchBot Dashboard",
        app_desc="SwitchBot Dashboard",
        async_mode=False,
        http_redirects=False,
        allow_templates=False,
        secure_logging=True,
        pgp_autogen=False,
        pem_autogen=False,
        storage_mode="memory",
    )


def _look_at(address: str) -> None:
    """What can be told without opening it. Raises BadAddress."""
    scheme, separator, rest = address.partition("://")
    if not separator or not rest or len(address) > LONGEST or not address.isprintable():
        raise BadAddress(
            say("This is not an Apprise address: it begins with a service, as in ntfy://… (appriseit.com/services).")
        )
    if scheme.lower() in LOCAL:
        raise BadAddress(
            say(
                "{scheme} would show, run or read something on this machine: choose another.",
                scheme=scheme[:20],
            )
        )
    for field, _ in _fields(address):
        if field in FETCHING:
            raise BadAddress(_fetches(field))


def _fetches(field: str) -> Sentence:
    return say("An address may not name files or things to be fetched: leave out {field}.", field=field)


def _fields(address: str) -> Iterator[tuple[str, str]]:
    for name, value in parse_qsl(address.partition("?")[2], keep_blank_values=True):
        yield name.strip().lower().lstrip("+-:"), value.strip()


def _hosts(address: str, plugin: NotifyBase) -> Iterator[str]:
    """The hosts that an address names, as far as they can be seen in it."""
    if "{host}" in "".join(map(str, plugin.templates or ())) and isinstance(plugin.host, str) and plugin.host:
        yield unquote(plugin.host)
    for field, value in _fields(address):
        if "://" in value:
            with contextlib.suppress(ValueError):
                yield urlsplit(value).hostname or value
        elif field in HOSTS and value:
            yield value.partition(":")[0]


def _reads_files(plugin: NotifyBase) -> bool:
    """Whether it holds what Apprise would fetch before sending, such as a template in a file."""
    from apprise import AppriseAttachment

    return any(isinstance(value, AppriseAttachment) and len(value) > 0 for value in vars(plugin).values())
