"""Times of day in the hand: typed, stepped by the arrows, and kept where they are at fault."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from support.browser import PHONE, Look, Visit


def test_a_time_is_made_tidy_when_it_is_left_and_steps_by_the_arrows(visit: Callable[[Look], Visit]) -> None:
    page = visit(PHONE).open("/settings")
    field = page.locator("[data-clock]").first
    field.fill("7h32")
    field.press("Tab")
    expect(field).to_have_value("07:32")
    field.evaluate("(each) => each.setSelectionRange(0, 0)")
    field.press("ArrowDown")
    expect(field).to_have_value("06:32")
    field.evaluate("(each) => each.setSelectionRange(5, 5)")
    field.press("ArrowUp")
    expect(field).to_have_value("06:35")
    page.evaluate("window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")


def test_a_range_at_fault_stays_as_it_was_typed(visit: Callable[[Look], Visit]) -> None:
    here = visit(PHONE)
    here.expected = {422}
    page = here.open("/history?start=2026-02-02&start_time=25:00&end=2026-02-03&end_time=10:00")
    expect(page.locator("#facts dt").first).to_be_visible()
    expect(page.locator("#start_time")).to_have_value("25:00")
    expect(page.locator("#end")).to_have_value("2026-02-03")
    expect(page.locator("#start_time-fault")).to_be_visible()
