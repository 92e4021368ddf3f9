"""The chart's marks under a finger: each is wide enough, and none takes another's tap."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import expect
from support.browser import DESKTOP, PHONE, Look, Visit

BOXES = """(row) => [...document.querySelectorAll(`.mark.${row}`)]
    .map((each) => each.getBoundingClientRect()).map((box) => [box.left, box.right]).sort((a, b) => a[0] - b[0])"""


@pytest.mark.parametrize(("look", "least"), [(PHONE, 44), (DESKTOP, 24)], ids=str)
@pytest.mark.parametrize("range_", ["6h", "7d"])
def test_each_mark_can_be_pressed_and_covers_no_other(
    visit: Callable[[Look], Visit], look: Look, least: int, range_: str
) -> None:
    page = visit(look).open(f"/history?range={range_}")
    expect(page.locator(".mark").first).to_be_visible()
    boxes: list[list[float]] = page.evaluate(BOXES, "up")
    assert boxes
    assert all(right - left >= least - 0.5 for left, right in boxes)
    assert all(after[0] >= before[1] - 0.5 for before, after in pairwise(boxes))
