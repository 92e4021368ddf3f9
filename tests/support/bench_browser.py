"""Measures the first page in a browser: when it is painted, what it weighs. Gunicorn serves the virtual home."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser
from support.bench_table import Figure
from support.browser import PHONE, Visit, chromium
from support.evening import virtual_home

VISITS = 7
KILO = 1000


def browser_figures(folder: Path) -> Iterator[Figure]:
    """When `/` is painted, and what a first visit brings over the network, headers included, files as they are sent."""
    with virtual_home(folder, "gunicorn") as home, chromium() as browser:
        yield _paint(browser, home.url)
        yield _weight(browser, home.url)


def _paint(browser: Browser, url: str) -> Figure:
    """The median over fresh profiles, until the largest thing of the page is there."""

    def seconds() -> float:
        with Visit(browser, url, PHONE) as visit:
            return visit.open("/").evaluate("checks.largestPaint()") / 1000

    seconds()  # what the browser itself sets up once
    taken = [seconds() for _ in range(VISITS)]
    return Figure(f"largest contentful paint of /, median of {VISITS}", 0.6, statistics.median(taken), "s")


def _weight(browser: Browser, url: str) -> Figure:
    with Visit(browser, url, PHONE) as visit:
        sent: list[float] = []
        network = visit.context.new_cdp_session(visit.page)
        network.on("Network.loadingFinished", lambda told: sent.append(told["encodedDataLength"]))
        network.send("Network.enable")
        visit.open("/").wait_for_load_state("networkidle")
        return Figure(f"first visit to /, {len(sent)} files", 150, sum(sent) / KILO, "KB")
