"""Where notifications may go: e-mail addresses, hosts, and what Apprise's own connections are held to."""

from __future__ import annotations

import socket
import subprocess
import sys
from ipaddress import ip_address, ip_network

import pytest

from switchbot_dashboard.notifications.addresses import (
    BadAddress,
    Forbidden,
    Unresolved,
    checked,
    host_name,
    inside,
    mail_address,
)
from switchbot_dashboard.notifications.fence import Fenced, fenced

THIS = (ip_network(0), ip_network(2**32 - 1))
OWN_NETWORK = (
    *("127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "100.127.255.255", "224.0.0.251", "239.1.1.1", "240.0.0.1", "192.0.0.8", "198.18.0.1"),
    *(str(network.network_address) for network in THIS),
    *("::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "::127.0.0.1", "2001:0:1:2::3"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:c0a8:101::1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
)
OUTSIDE = (
    *("8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1"),
    *("2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"),
)


@pytest.mark.parametrize("address", OWN_NETWORK)
def test_an_address_of_the_own_network_is_told_in_every_form(address: str) -> None:
    assert inside(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_internet_is_outside(address: str) -> None:
    assert not inside(ip_address(address))


def test_a_public_address_of_this_very_machine_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    bound = []
    monkeypatch.setattr(socket.socket, "bind", lambda self, where: bound.append(where))
    assert inside(ip_address("8.8.8.8"))
    assert bound == [("8.8.8.8", 0)]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "localhost", "[::1]", "::1"]
)
def test_a_host_is_refused_by_where_it_leads_not_by_how_it_is_written(host: str) -> None:
    with pytest.raises(Forbidden, match="own network"):
        checked(host, 25, ())


def test_a_host_that_settings_allow_by_name_may_lie_inside() -> None:
    assert checked("127.0.0.1", 25, ("127.0.0.1",)) == [("127.0.0.1", 25)]
    assert checked("[::1]", 25, ("::1",)) == [("::1", 25)]
    with pytest.raises(Forbidden):
        checked("127.0.0.1", 25, ("localhost",))  # by name means by this name


def test_a_name_that_leads_inside_and_outside_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(socket.AF_INET, 1, 6, "", (address, 25)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: rows)
    with pytest.raises(Forbidden):
        checked("mail.example.org", 25, ())


def test_a_name_without_an_address_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_args: object, **_named: object) -> None:
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(Unresolved, match=r"no address for mail\.example\.org"):
        checked("mail.example.org", 25, ())


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Anna.B+home@Example.ORG ", "Anna.B+home@example.org"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
    ],
)
def test_an_e_mail_address_is_kept_as_servers_take_it(typed: str, kept: str) -> None:
    assert mail_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "anna@",
        "@example.org",
        "anna@localhost",
        "anna@127.0.0.1",
        "anna@example.org\nBcc: x@example.org",
        "anna b@example.org",
        "änna@example.org",
        "a..b@example.org",
        "anna@exa mple.org",
        "anna@-x.example",
        "anna@example.org, ben@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 64}.org",
        "<anna@example.org>",
    ],
)
def test_what_is_no_e_mail_address_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress):
        mail_address(typed)


@pytest.mark.parametrize("typed", ["", "a b", "http://x", "x/y", "a\nb", "-x", "x" * 300, "exa_mple..org"])
def test_what_is_no_host_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress):
        host_name(typed)


def test_within_the_fence_no_connection_leads_into_the_own_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = server.getsockname()
        with fenced(()) as fence, pytest.raises(Fenced):
            socket.create_connection(where, 1)
        assert fence.kept_out == "127.0.0.1"
        with fenced(("localhost",)), socket.create_connection(where, 1):
            pass  # allowed by name, and this is its address
        with socket.create_connection(where, 1):
            pass  # the fence is gone


def test_within_the_fence_nothing_is_sent_to_a_socket_of_this_machine_alone() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as plain, fenced(("localhost",)), pytest.raises(Fenced):
        plain.connect("/run/systemd/journal/socket")


def test_within_the_fence_no_datagram_leaves_for_the_own_network() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain, fenced(()), pytest.raises(Fenced):
        plain.sendto(b"x", ("localhost", 514))


def test_within_the_fence_no_program_is_run() -> None:
    with fenced(("127.0.0.1",)), pytest.raises(Fenced):
        subprocess.run([sys.executable, "-c", "pass"], check=False)
