"""A browser for the tests that need one, and a home of its own for each module."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser
from support.browser import Look, Visit, chromium, executable
from support.evening import virtual_home
from support.service import Running

MISSING = "no Chromium on this machine: the browser tests need it (Debian: apt-get install chromium)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a module: while it runs, no event loop can be started beside it."""
    if executable() is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service on a virtual home where it is evening, inside a window."""
    with virtual_home(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def reader(browser: Browser, home: Running) -> Iterator[Callable[[Look], Visit]]:
    """Someone who goes from page to page; one for each look, since starting anew costs half a second."""
    with ExitStack() as ends:
        begun: dict[Look, Visit] = {}

        def of(look: Look) -> Visit:
            if look not in begun:
                begun[look] = ends.enter_context(Visit(browser, home.url, look))
            return begun[look]

        yield of


@pytest.fixture
def visit(browser: Browser, home: Running) -> Iterator[Callable[[Look], Visit]]:
    """Starts visits, and holds each to its promises at the end."""
    with ExitStack() as ends:
        yield lambda look, chosen=True: ends.enter_context(Visit(browser, home.url, look, chosen=chosen))
