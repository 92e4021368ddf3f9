"""Measures the first page in a browser: when it is painted, what it weighs. Gunicorn serves the virtual home.

`python tests/bench_browser.py` prints the table; `lcp_figure()` and `first_visit_bytes()` measure one of them.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from bench import Figure, line  # noqa: E402  (the path comes first)
from playwright.sync_api import Browser  # noqa: E402
from support.browser import PHONE, Visit, chromium  # noqa: E402
from support.evening import virtual_home  # noqa: E402

VISITS = 7
KILO = 1000


def lcp_figure() -> Figure:
    """Seconds until the largest thing of `/` is painted in a fresh profile, the median of seven visits."""
    with _browser_at_home() as (browser, url):
        return _paint(browser, url)


def first_visit_bytes() -> Figure:
    """What a first visit to `/` brings over the network, headers included, all files as they are sent."""
    with _browser_at_home() as (browser, url):
        return _weight(browser, url)


def _paint(browser: Browser, url: str) -> Figure:
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


@contextmanager
def _browser_at_home() -> Iterator[tuple[Browser, str]]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        virtual_home(Path(folder), "gunicorn") as home,
        chromium() as browser,
    ):
        yield browser, home.url


def main() -> None:
    """Measure and print; the exit status is 0 whatever the figures say."""
    print(f"{'figure':<50}{'bound':>10}{'measured':>12}{'ratio to bound':>16}")
    with _browser_at_home() as (browser, url):
        for measure in (_paint, _weight):
            print(line(measure(browser, url)), flush=True)


if __name__ == "__main__":
    main()
