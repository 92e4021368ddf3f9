"""Debian's Chromium through Playwright, for tests: pages as a person sees them, and what must hold on every one.

In a test::

    with chromium() as browser, Visit(browser, service.url, PHONE) as visit:
        visit.open("/")
        assert not axe_findings(visit.page)

Leaving a visit raises when the console told an error, the content security policy was broken, a request failed on our
side, or one went to another host.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
)
CHECKS = Path(__file__).with_name("page_checks.js")
HOSTLESS = ("data", "blob", "about")
PATIENCE = 10_000  # milliseconds


@dataclass(frozen=True)
class Look:
    """How someone looks at a page."""

    size: str
    theme: str
    language: str

    def __str__(self) -> str:
        return f"{self.size}-{self.theme}-{self.language}"

    @property
    def phone(self) -> bool:
        return self.size == "phone"

    @property
    def viewport(self) -> tuple[int, int]:
        return (390, 844) if self.phone else (1440, 900)


LOOKS = [Look(*each) for each in product(("phone", "desktop"), ("light", "dark"), ("en", "fr"))]
PHONE, DESKTOP = Look("phone", "light", "en"), Look("desktop", "dark", "fr")


def executable() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of one's own, ended on leaving."""
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=[*QUIET, *as_root])
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """Someone at the dashboard: a page in a fresh profile, and all that went wrong in it so far.

    `chosen` says that theme and language were picked on the dashboard before; else they are what the device has.
    """

    def __init__(self, browser: Browser, url: str, look: Look, *, chosen: bool = True, script: bool = True) -> None:
        self.url, self.look = url, look
        self.troubles: list[str] = []
        self.expected: set[int] = set()  # statuses that a test provokes
        self.outage = False  # whether a test took the network away
        self.context = _context(browser, look, script)
        if chosen:
            cookies = {"theme": look.theme, "language": look.language}
            self.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(path=CHECKS)
        self.context.on("request", self._requested)
        self.context.on("response", self._answered)
        self.context.on("console", self._told)
        self.context.on("weberror", lambda error: self.troubles.append(f"script: {error.error}"))
        self.page = self.context.new_page()

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.context.close()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Nothing went wrong so far."""
        troubles, self.troubles = self.troubles, []
        assert not troubles, "\n".join(["", *troubles])

    def open(self, path: str) -> Page:
        """Go to a page of the dashboard and wait until it stands."""
        self.page.goto(self.url + path, wait_until="load")
        return self.page

    def _requested(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in HOSTLESS and f"{address.scheme}://{address.netloc}" != self.url:
            self.troubles.append(f"a request to elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.troubles.append(f"{response.status} for {response.request.method} {response.url}")

    def _told(self, message: ConsoleMessage) -> None:
        provoked = any(f"status of {status}" in message.text for status in self.expected)
        provoked = provoked or (self.outage and "net::ERR_" in message.text)
        if message.type in ("error", "warning") and not provoked:
            self.troubles.append(f"console: {message.text}")


def _context(browser: Browser, look: Look, script: bool) -> BrowserContext:
    width, height = look.viewport
    return browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=1,
        has_touch=look.phone,
        is_mobile=look.phone,
        color_scheme="dark" if look.theme == "dark" else "light",
        locale={"en": "en-GB", "fr": "fr-FR"}[look.language],
        timezone_id="America/New_York",  # far from any home of the tests: times must be the home's all the same
        reduced_motion="reduce",
        accept_downloads=True,
        java_script_enabled=script,
    )


RUN_AXE = "axe.run({ resultTypes: ['violations'] }).then((told) => told.violations)"

# What must hold on every page


@cache
def _axe_script() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def axe_findings(page: Page) -> list[str]:
    """What axe objects to, one line for each element; injected past the page's own content security policy."""
    page.evaluate(_axe_script())
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then((told) => told.violations)"
    )
    return [
        f"{rule['id']}: {node['html'][:160]} ({' '.join((node.get('failureSummary') or rule['help']).split())[:300]})"
        for rule in found
        for node in rule["nodes"]
    ]


def layout_faults(page: Page) -> list[str]:
    """What is too wide, too small for a finger, cut, broken within a word, or over something else."""
    return page.evaluate(
        "[...checks.overflow(), ...checks.smallTargets(44), ...checks.cutTexts(), ...checks.brokenWords(), "
        "...checks.overlaps()]"
    )


def jumps(page: Page) -> list[str]:
    """What moved by itself while the page was built."""
    return page.evaluate("checks.jumps(0.02)")


def walk_by_tab(page: Page) -> tuple[list[str], list[str]]:
    """Walks the page with Tab: the controls never reached, and those that showed no focus when they were."""
    stops: int = page.evaluate("checks.watchFocus()")
    for _ in range(4 * stops + 8):  # a field for a time or a date has several stops of its own
        page.keyboard.press("Tab")
        if not page.evaluate("checks.focusLeft()"):
            break
    return page.evaluate("checks.focusFound()")
