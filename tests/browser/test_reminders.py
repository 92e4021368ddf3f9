"""A loan from its form to its end, as someone does it in a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from support.browser import Look, Visit, axe_findings, layout_faults
from support.promises import promises
from support.service import Running, wait_until

SAID = ".said:visible"


@pytest.fixture(scope="module", autouse=True)
def promised(home: Running) -> None:
    promises(home)


@pytest.mark.parametrize("look", [Look("phone", "dark", "fr"), Look("desktop", "light", "en")], ids=str)
def test_a_loan_is_written_down_reminded_snoozed_and_done(
    visit: Callable[..., Visit], home: Running, look: Look
) -> None:
    here = visit(look)
    page = here.open("/reminders")
    title = f"Drill {look}"
    page.click("#new > summary")
    page.fill("#title", title)
    page.select_option("#kind", "loan")
    page.fill("#due_day", (datetime.now(UTC) + timedelta(days=3)).date().isoformat())
    page.fill("#due_time", "7h30")
    page.press("#due_time", "Tab")
    assert page.input_value("#due_time") == "07:30"
    page.click("#new button.primary")
    page.wait_for_selector(SAID)
    card = page.locator("article", has_text=title)
    assert card.count() == 1
    assert page.locator("#lent li", has_text=title).count() == 1

    now = datetime.now(UTC)
    number = next(each["id"] for each in home.get("/api/reminders").json() if each["title"] == title)
    soon = {"starts_at": now.isoformat(), "due_at": (now + timedelta(seconds=4)).isoformat()}
    assert home.ask("PATCH", f"/api/reminders/{number}", soon).status_code == 200
    told = [{"left"}, {"left", "overdue"}]
    for kinds in told:  # at half-time, and at the due instant
        wait_until(lambda kinds=kinds: sent(home, number) == kinds, 8, f"that {kinds} were told")

    page = here.open("/reminders")
    card = page.locator("article.bad", has_text=title)
    assert card.count() == 1
    card.locator(".later summary").click()
    card.locator("button[data-key$='-tomorrow']").click()
    page.wait_for_selector(SAID)
    page.locator("article", has_text=title).locator("button[data-key^='done-']").click()
    page.wait_for_function(
        "title => ![...document.querySelectorAll('h3')].some((h) => h.textContent === title)", arg=title
    )
    page.goto(f"{home.url}/reminders/{number}")
    assert page.locator(".story li").count() >= 5
    here.check()
    assert not [*axe_findings(page), *layout_faults(page)]


def sent(home: Running, number: int) -> set[str]:
    """The kinds of step that were told."""
    steps = home.get(f"/api/reminders/{number}").json()["steps"]
    return {step["kind"] for step in steps if step["status"] == "sent"}


def test_what_is_wrong_in_the_form_is_said_at_its_field(visit: Callable[..., Visit]) -> None:
    here = visit(Look("phone", "light", "en"))
    here.expected = {422}
    page = here.open("/reminders")
    page.click("#new > summary")
    page.fill("#title", "<b>Drill</b>")
    page.fill("#due_day", "2020-01-01")
    page.fill("#due_time", "08:00")
    page.click("#new button.primary")
    page.wait_for_selector("#due_at-fault")
    assert page.input_value("#title") == "<b>Drill</b>"
    assert not [*axe_findings(page), *layout_faults(page)]
