"""People and their messages in the hand: planned, rung, cancelled, refused and sent again, with a real mail server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import DESKTOP, LOOKS, PHONE, Look, Visit, axe_findings, jumps, layout_faults, walk_by_tab
from support.evening import evening_settings
from support.mailbox import Mailbox, a_mailbox
from support.service import PASSWORD, Running, Service

PAGES = {"notifications": "/notifications", "message": "/notifications/1", "users": "/users", "person": "/users/1"}
PAGES |= {"mail": "/users/mail"}
WALKED = [look for look in LOOKS if str(look) in ("phone-dark-fr", "desktop-light-en")]
LATER = ("2030-07-01", "1730")  # as a person types it
SOON = 25_000  # milliseconds in which an open page follows
WORDS = {
    "en": {
        "planned": "It is planned for",
        "cancelled": "It is cancelled",
        "wrong": "password",
        "unread": "1 unread",
        "read": "nothing unread",
        "broken": "does not work",
        "used": "Messages go there again",
        "again": "It is tried again now",
        "sent": "delivered",
    },
    "fr": {
        "planned": "C'est prévu",
        "cancelled": "Annulé",
        "wrong": "mot de passe",
        "unread": "1 non lue",
        "read": "tout est lu",
        "broken": "ne fonctionne pas",
        "used": "y sont de nouveau envoyés",
        "again": "Nouvel essai maintenant",
        "sent": "remis",
    },
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A virtual home with an administrator, where mail may go to a server on this machine."""
    service = Service(tmp_path_factory.mktemp("house"), DASHBOARD_PASSWORD=PASSWORD)
    settings = {**evening_settings(), "channels_allowed_hosts": ["127.0.0.1"]}
    service.settings_path.write_text(json.dumps(settings, indent=2), encoding="utf-8")
    with service.started() as running:
        yield running


@pytest.fixture(scope="module")
def admin(browser: Browser, house: Running) -> Iterator[Callable[[Look], Visit]]:
    """The administrator, logged in, once for each look."""
    with ExitStack() as ends:
        begun: dict[Look, Visit] = {}

        def of(look: Look) -> Visit:
            if look not in begun:
                begun[look] = visit = ends.enter_context(Visit(browser, house.url, look))
                page = visit.open("/login")
                page.fill("#name", "admin")
                page.fill("#password", PASSWORD)
                page.locator("button.primary").click()
                page.wait_for_url("**/")
            return begun[look]

        yield of


@pytest.fixture(scope="module")
def one_message(admin: Callable[[Look], Visit]) -> None:
    plan(admin(DESKTOP).open("/notifications"), "<b>Filter</b> & co")


def plan(page: Page, title: str) -> None:
    page.fill("#title", title)
    page.fill("#message", "The heater goes back to Ben on Friday evening.")
    page.fill("#scheduled_day", LATER[0])
    page.fill("#scheduled_time", LATER[1])
    page.locator("#plan button").click()


def stands_well(page: Page) -> None:
    findings = [*axe_findings(page), *layout_faults(page)]
    assert not findings, "\n".join(["", *findings])


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_people_can_be_read_pressed_and_understood_by_everyone(
    admin: Callable[[Look], Visit], one_message: None, look: Look, name: str
) -> None:
    here = admin(look)
    page = here.open(PAGES[name])
    assert page.evaluate("document.documentElement.lang") == look.language
    findings = [*axe_findings(page), *layout_faults(page), *jumps(page)]
    page.evaluate("document.querySelectorAll('details:not(.more, .bell)').forEach((each) => (each.open = true))")
    findings += [*axe_findings(page), *layout_faults(page)]
    here.check()
    assert not findings, "\n".join(["", *findings])


@pytest.mark.parametrize("look", WALKED, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_every_control_of_people_is_reached_by_tab_and_shows_its_focus(
    admin: Callable[[Look], Visit], one_message: None, look: Look, name: str
) -> None:
    missed, unseen = walk_by_tab(admin(look).open(PAGES[name]))
    assert not missed, "\n".join(["", *missed])
    assert not unseen, "\n".join(["", *unseen])


def server(page: Page, box: Mailbox, password: str) -> None:
    """Enter the mail server."""
    for name, text in (("host", "127.0.0.1"), ("port", str(box.port)), ("user", "home"), ("mail_password", password)):
        page.fill(f"#{name}", text)
    page.select_option("#security", "none")
    page.fill("#sender", "home@example.org")
    page.locator("form[action='/users/mail'] button").click()


@pytest.mark.parametrize("look", [PHONE, DESKTOP], ids=str)
def test_a_message_goes_from_its_form_to_bell_and_mailbox_over_every_obstacle(
    admin: Callable[[Look], Visit], look: Look
) -> None:
    here, words = admin(look), WORDS[look.language]
    title = f"Filter {look}"
    with a_mailbox(user="home", password="the right password") as box:
        page = here.open("/users/mail")
        server(page, box, "a wrong password")
        works = page.locator("section[aria-labelledby=works]")
        works.locator("#to").fill("anna@example.org")
        works.locator("button[data-key=test]").click()
        expect(works.locator(".said")).to_contain_text(words["wrong"])
        stands_well(page)
        server(page, box, "the right password")
        works.locator("#to").fill("anna@example.org")
        works.locator("button[data-key=test]").click()
        expect(works.locator(".said.ok")).to_be_visible()
        assert len(box.accepted) == 1

        page = here.open("/users/1")
        page.fill("#address", "admin@example.org")
        page.locator("#channels form.fields button").click()
        expect(page.locator("#channels-list")).to_contain_text("a…@example.org")

        box.replies["rcpt"] = "550 5.1.1 no such mailbox"
        plan(here.open("/notifications"), title)
        expect(page.locator("main .said").first).to_contain_text(words["planned"])
        page.locator("#planned a", has_text=title).click()
        page.locator("button[data-key=send]").click()
        bell = page.locator("details.bell summary")
        expect(bell.locator(".count")).to_have_text("2", timeout=20_000)  # and that the way does not work
        bell.click()
        expect(page.locator(".bell .newest a")).not_to_have_count(0)
        assert not axe_findings(page)
        page.locator(".bell .newest a", has_text=title).click()
        expect(bell).to_have_attribute("aria-label", f"Notifications, {words['unread']}")
        bell.click()
        page.locator(".bell .newest button").click()
        expect(bell).to_have_attribute("aria-label", f"Notifications, {words['read']}")

        box.replies.clear()
        page = here.open("/users/1")
        expect(page.locator("#channels-list")).to_contain_text(words["broken"])
        page.locator("#channels-list button[data-key^=use]").click()
        expect(page.locator("#channels .said")).to_contain_text(words["used"])
        page = here.open("/notifications")
        page.locator("#arrived a", has_text=title).click()
        stands_well(page)
        page.select_option("#delay", "0")
        page.locator("button[data-key=retry]").click()
        expect(page.locator(".two > section .said")).to_contain_text(words["again"])
        expect(page.locator("button[data-key=retry]")).to_have_count(0, timeout=SOON)
        expect(page.locator("#events li").last).to_contain_text(words["sent"])
        assert set(box.accepted.values()) == {1}
        assert title in {str(mail["Subject"]) for mail in box.mails}

        plan(here.open("/notifications"), f"{title} too")
        row = page.locator("#planned li", has_text=f"{title} too")
        row.locator("button").click()
        expect(page.locator("#coming .said")).to_contain_text(words["cancelled"])
        expect(page.locator("#planned")).not_to_contain_text(f"{title} too")
        page = here.open("/users/1")
        page.locator("#channels-list button[data-key^=remove]").click()
        expect(page.locator("#channels-list")).not_to_contain_text("a…@example.org")
    here.check()


def test_nobody_is_asked_about_the_bell_while_nobody_looks(admin: Callable[[Look], Visit]) -> None:
    here = admin(DESKTOP)
    page = here.page
    page.clock.install()
    here.open("/users")
    with page.expect_response("**/parts/bell"):
        page.clock.run_for(6_000)
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)
    assert not [url for url in asked if "/parts/bell" in url]
