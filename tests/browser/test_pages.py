"""What must hold on every page, at both sizes, in both themes and both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import LOOKS, Look, Visit, axe_findings, jumps, layout_faults, walk_by_tab

PAGES = {
    "home": "/",
    "history": "/history",
    "why": "/ticks",
    "tick": "/ticks/1",
    "schedule": "/schedule",
    "settings": "/settings",
    "actions": "/actions",
    "devices": "/devices",
    "quota": "/quota",
    "login": "/login",
    "nowhere": "/nowhere",
}
WALKED = [look for look in LOOKS if str(look) in ("phone-light-en", "desktop-dark-fr")]

Visits = Callable[[Look], Visit]


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_pressed_and_understood_by_everyone(visit: Visits, look: Look, name: str) -> None:
    here = visit(look)
    here.expected = {404} if name == "nowhere" else set()
    page = here.open(PAGES[name])

    assert page.evaluate("document.documentElement.lang") == look.language
    assert page.locator("h1").count() == 1
    findings = [*axe_findings(page), *layout_faults(page), *jumps(page)]
    assert not findings, "\n".join(["", *findings])


@pytest.mark.parametrize("look", WALKED, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_every_control_is_reached_by_tab_and_shows_its_focus(visit: Visits, look: Look, name: str) -> None:
    here = visit(look)
    here.expected = {404} if name == "nowhere" else set()
    missed, unseen = walk_by_tab(here.open(PAGES[name]))

    assert not missed, "\n".join(["", *missed])
    assert not unseen, "\n".join(["", *unseen])


def test_a_page_follows_the_device_until_theme_and_language_are_chosen(visit: Callable[..., Visit]) -> None:
    page = visit(Look("phone", "dark", "fr"), chosen=False).open("/")

    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 19, 23)"
