"""What must hold on every page, at both sizes, in both themes and both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import LOOKS, Look, Visit, axe_findings, jumps, layout_faults, walk_by_tab
from support.promises import promises
from support.service import Running

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
    "alerts": "/alerts",
    "reminders": "/reminders",
    "notifications": "/notifications",
    "users": "/users",
    "reminder": "/reminders/1",
    "login": "/login",
    "nowhere": "/nowhere",
}
FOLDED = ("home", "history", "schedule", "settings", "devices", "quota", "reminders", "reminder")
WALKED = [look for look in LOOKS if str(look) in ("phone-light-en", "desktop-dark-fr")]
OPENED = [look for look in LOOKS if str(look) in ("phone-dark-fr", "desktop-light-en")]

Visits = Callable[[Look], Visit]


@pytest.fixture(scope="module", autouse=True)
def promised(home: Running) -> None:
    """Someone lives here, who promised something."""
    promises(home)


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_pressed_and_understood_by_everyone(reader: Visits, look: Look, name: str) -> None:
    here = reader(look)
    here.expected = {404} if name == "nowhere" else set()
    page = here.open(PAGES[name])

    assert page.evaluate("document.documentElement.lang") == look.language
    assert page.locator("h1").count() == 1
    findings = [*axe_findings(page), *layout_faults(page), *jumps(page)]
    here.check()
    assert not findings, "\n".join(["", *findings])


@pytest.mark.parametrize("look", OPENED, ids=str)
@pytest.mark.parametrize("name", FOLDED)
def test_what_unfolds_holds_to_the_same(reader: Visits, look: Look, name: str) -> None:
    page = reader(look).open(PAGES[name])
    page.evaluate("document.querySelectorAll('details:not(.more, .bell)').forEach((each) => (each.open = true))")

    findings = [*axe_findings(page), *layout_faults(page)]
    reader(look).check()
    assert not findings, "\n".join(["", *findings])


@pytest.mark.parametrize("look", WALKED, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_every_control_is_reached_by_tab_and_shows_its_focus(reader: Visits, look: Look, name: str) -> None:
    here = reader(look)
    here.expected = {404} if name == "nowhere" else set()
    missed, unseen = walk_by_tab(here.open(PAGES[name]))

    here.check()
    assert not missed, "\n".join(["", *missed])
    assert not unseen, "\n".join(["", *unseen])


def test_a_page_follows_the_device_until_theme_and_language_are_chosen(visit: Callable[..., Visit]) -> None:
    page = visit(Look("phone", "dark", "fr"), chosen=False).open("/")

    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 19, 23)"
