"""The chart in the hand: closer, along and back, by wheel, mouse, fingers, buttons and marks; and as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from support.browser import Look, Visit

Visits = Callable[[Look], Visit]
DESKTOP, PHONE = Look("desktop", "light", "en"), Look("phone", "dark", "fr")
SETTLED = 900  # ms: a movement comes to rest, and what it needs is fetched


@pytest.fixture
def desktop(visit: Visits) -> Page:
    page = visit(DESKTOP).open("/history?range=7d")
    expect(page.locator("#facts dt").first).to_be_visible()
    return page


def shown(page: Page) -> tuple[datetime, datetime]:
    """What is shown, as the export would have it."""
    page.wait_for_timeout(SETTLED)
    address = page.get_attribute("#export-csv", "href")
    asked = parse_qs(urlsplit(address or "").query)
    return datetime.fromisoformat(asked["start"][0]), datetime.fromisoformat(asked["end"][0])


def length(page: Page) -> timedelta:
    start, end = shown(page)
    return end - start


def test_the_wheel_comes_closer_the_mouse_moves_along_and_a_double_click_goes_back(desktop: Page) -> None:
    whole = shown(desktop)
    box = desktop.locator(".u-over").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 90
    desktop.mouse.move(x, y)
    for _turn in range(5):
        desktop.mouse.wheel(0, -300)
    closer = shown(desktop)
    assert closer[1] - closer[0] < timedelta(days=2)
    assert whole[0] < closer[0] < closer[1] < whole[1]
    desktop.mouse.down()
    desktop.mouse.move(x + 200, y, steps=6)
    desktop.mouse.up()
    along = shown(desktop)
    assert along[0] < closer[0]
    assert abs((along[1] - along[0]) - (closer[1] - closer[0])) <= timedelta(seconds=2)
    desktop.mouse.dblclick(x, y)
    assert shown(desktop) == whole


def test_buttons_do_the_same_for_the_keyboard(desktop: Page) -> None:
    whole = shown(desktop)
    for name, days in (("Closer", 3.5), ("Further away", 7), ("Further away", 14)):
        desktop.get_by_role("button", name=name, exact=True).press("Enter")
        assert abs(length(desktop) - timedelta(days=days)) < timedelta(seconds=5)
    desktop.get_by_role("button", name="Reset", exact=True).press("Enter")
    desktop.get_by_role("button", name="Earlier", exact=True).press("Enter")
    assert shown(desktop)[1] < whole[1]


def test_a_crowd_of_marks_opens_into_single_ones_that_lead_to_their_records(desktop: Page) -> None:
    desktop.locator("button.mark").first.click()
    expect(desktop.locator("a.mark").first).to_be_visible()
    assert length(desktop) < timedelta(days=1)
    desktop.locator("a.mark").first.click()
    desktop.wait_for_url("**/ticks/*")
    assert "accepted by the cloud" in desktop.inner_text("main")


def test_the_shown_time_is_told_in_a_table_too(desktop: Page) -> None:
    desktop.get_by_text("The same as a table").click()
    expect(desktop.locator("#as-table tbody tr").nth(160)).to_be_visible()  # an hour each
    row = desktop.locator("#as-table tbody tr").nth(80).inner_text()
    assert "°C" in row
    assert "20.0 – 22.0 °C" in row


def test_a_range_typed_backwards_is_refused_before_it_is_asked_for(desktop: Page) -> None:
    desktop.get_by_text("From … to …").click()
    desktop.fill("#start", "2026-02-02")
    desktop.fill("#end", "2026-02-01")
    desktop.locator("#own button").click()
    expect(desktop.locator("#own-fault")).to_be_visible()
    assert "range=7d" in desktop.url


def test_two_fingers_come_closer_and_one_moves_along(visit: Visits) -> None:
    page = visit(PHONE).open("/history")
    expect(page.locator("#facts dt").first).to_be_visible()
    box = page.locator(".u-over").bounding_box()
    assert box is not None
    middle, y = box["x"] + box["width"] / 2, box["y"] + 100
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *places: float) -> None:
        points = [{"x": x, "y": y, "id": finger} for finger, x in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def stroke(moves: Sequence[Sequence[float]]) -> None:
        touch("touchStart", *moves[0])
        for move in moves[1:]:
            touch("touchMove", *move)
        touch("touchEnd")

    stroke([(middle - 30 - 6 * step, middle + 30 + 6 * step) for step in range(10)])
    closer = shown(page)
    assert closer[1] - closer[0] < timedelta(hours=12)
    stroke([(middle + 8 * step,) for step in range(10)])
    along = shown(page)
    assert along[0] < closer[0]
    assert abs((along[1] - along[0]) - (closer[1] - closer[0])) <= timedelta(seconds=2)
