"""What people plan, lend and are warned of, from its cause to bell, mailbox and story; all is real but the cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.browser import Look, Visit, axe_findings, layout_faults
from support.evening import evening_settings
from support.mailbox import Mailbox, a_mailbox
from support.service import PASSWORD, Running, Service, wait_until

LOOKS = [Look("phone", "dark", "fr"), Look("desktop", "light", "en")]  # the other halves than those of `test_people`
RIGHT, WRONG = "the-right-password-of-the-mailbox", "a-wrong-password-of-the-mailbox"
PUT_OFF = "451 4.7.1 Greylisted, come back later"
AHEAD = timedelta(seconds=4)  # enough for a form to be sent on a busy machine
SOON = 25_000  # milliseconds in which a page that nobody touches shows it
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "cancelled": "Cancelled.",
        "wrong": "127.0.0.1 does not accept the user name or the password",
        "failed": "By mail: failed for now",
        "delivered": "By mail: delivered",
        "next": "next try",
        "about": "What it is about",
        "alert": "Token and secret are refused",
        "over": "Over: Token and secret are refused",
        "mine": "I see to it",
        "well": "All is well.",
        "done": "Done",
    },
    "fr": {
        "cancelled": "Annulé.",
        "wrong": "127.0.0.1 n'accepte pas le nom d'utilisateur ou le mot de passe",
        "failed": "Par e-mail\u00a0: échec passager",
        "delivered": "Par e-mail\u00a0: remis",
        "next": "prochain essai",
        "about": "De quoi il s'agit",
        "alert": "Jeton et secret refusés",
        "over": "Terminé\u00a0: Jeton et secret refusés",
        "mine": "Je m'en charge",
        "well": "Tout va bien.",
        "done": "Fait",
    },
}


def a_service(folder: Path) -> Service:
    """A virtual home with an administrator, where mail may go to a server on this machine."""
    service = Service(folder, DASHBOARD_PASSWORD=PASSWORD)
    settings = {**evening_settings(), "channels_allowed_hosts": ["127.0.0.1"]}
    service.settings_path.write_text(json.dumps(settings, indent=2), encoding="utf-8")
    service.secrets |= {"the mailbox's password": RIGHT, "what was typed for it": WRONG}
    return service


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with a_service(tmp_path_factory.mktemp("house")).started() as running:
        yield running


@pytest.fixture(scope="module")
def admin(browser: Browser, house: Running) -> Iterator[Callable[[Look], Visit]]:
    """The administrator, logged in once for each look."""
    with ExitStack() as ends:
        begun: dict[Look, Visit] = {}

        def of(look: Look) -> Visit:
            if look not in begun:
                begun[look] = ends.enter_context(Visit(browser, house.url, look))
                log_in(begun[look])
            return begun[look]

        yield of


def log_in(visit: Visit) -> None:
    page = visit.open("/login")
    page.fill("#name", "admin")
    page.fill("#password", PASSWORD)
    page.locator("button.primary").click()
    page.wait_for_url(f"{visit.url}/")


def stands_well(visit: Visit) -> None:
    """What the page shows at this moment can be read and pressed by everyone, and gives no secret away."""
    page = visit.page
    findings = [*axe_findings(page), *layout_faults(page)]
    assert not findings, "\n".join(["", *findings])
    assert page.evaluate("document.documentElement.lang") == visit.look.language
    text = page.content()
    assert not [secret for secret in (RIGHT, WRONG, PASSWORD) if secret in text]


def plan(visit: Visit, title: str, ahead: timedelta) -> Page:
    """Plan a message for oneself by the form, typed as the home's clock has it."""
    page = visit.open("/notifications")
    page.fill("#title", title)
    page.fill("#message", "The heater goes back to Ben on Friday evening.")
    at = datetime.now(ZoneInfo(evening_settings()["timezone"])) + ahead
    page.fill("#scheduled_day", f"{at:%Y-%m-%d}")
    page.fill("#scheduled_time", f"{at:%H:%M:%S}")
    page.locator("#plan button.primary").click()
    expect(page.locator("#planned")).to_contain_text(title)
    return page


def bell(page: Page) -> Locator:
    return page.locator("details.bell summary")


def count(page: Page) -> Locator:
    return bell(page).locator(".count")


def unread(page: Page) -> int:
    """What the bell says."""
    return int(count(page).inner_text()) if count(page).is_visible() else 0


def opened_from_bell(visit: Visit, title: str) -> Page:
    """The message, found behind the bell."""
    page = visit.page
    bell(page).click()
    newest = page.locator(".bell .newest a", has_text=title)
    expect(newest).to_be_visible(timeout=SOON)
    stands_well(visit)
    newest.click()
    expect(page.locator("h1")).to_have_text(title)
    return page


@pytest.mark.parametrize("look", LOOKS[:1], ids=str)
def test_what_is_planned_rings_without_a_reload_and_what_is_cancelled_says_so(
    admin: Callable[[Look], Visit], look: Look
) -> None:
    here, words = admin(look), WORDS[look.language]
    title = f"Heater {look}"
    page = here.open("/notifications")
    before = unread(page)
    plan(here, title, AHEAD)
    page.evaluate("document.body.dataset.stayed = 'here'")
    expect(count(page)).to_have_text(str(before + 1), timeout=SOON)
    expect(page.locator("#arrived a.unread")).to_contain_text(title, timeout=SOON)
    expect(page.locator("#planned")).not_to_contain_text(title)
    expect(page.locator("body[data-stayed]")).to_have_count(1)
    stands_well(here)
    opened_from_bell(here, title)
    wait_until(lambda: unread(page) == before)
    stands_well(here)

    title = f"Ladder {look}"
    page = plan(here, title, timedelta(days=400))
    page.locator("#planned li", has_text=title).locator("button").click()
    expect(page.locator("#coming .said.ok")).to_be_visible()
    expect(page.locator("#planned")).not_to_contain_text(title)
    page.locator("#ended summary").click()
    stands_well(here)
    page.locator("#ended a", has_text=title).click()
    told = page.locator("#events li", has_text=words["cancelled"])
    expect(told).to_contain_text("admin")
    at = datetime.fromisoformat(told.locator("time").get_attribute("datetime") or "")
    assert timedelta(0) <= datetime.now(UTC) - at < timedelta(minutes=1)
    stands_well(here)


@pytest.mark.parametrize("look", LOOKS[1:], ids=str)
def test_a_mail_that_is_put_off_says_why_and_leaves_once_when_a_person_asks(
    admin: Callable[[Look], Visit], look: Look
) -> None:
    here, words = admin(look), WORDS[look.language]
    with a_mailbox(user="home", password=RIGHT) as box:
        works = serve(here, box, WRONG)
        expect(works.locator(".said.warn")).to_contain_text(words["wrong"])
        expect(works.locator("#mail-state")).to_contain_text(words["wrong"])
        stands_well(here)
        works = serve(here, box, RIGHT)
        expect(works.locator(".said.ok")).to_be_visible()
        stands_well(here)

        page = here.open("/users/1")
        page.fill("#address", "anna@example.org")
        page.locator("#channels form.fields button").click()
        expect(page.locator("#channels-list")).to_contain_text("a…@example.org")
        stands_well(here)
        box.replies["rcpt"] = PUT_OFF
        title = f"Filter {look}"
        page = plan(here, title, timedelta(days=400))
        page.locator("#planned a", has_text=title).click()
        page.locator("button[data-key=send]").click()
        failed = page.locator("#events li", has_text=words["failed"])
        expect(failed).to_contain_text("Greylisted", timeout=SOON)
        expect(page.locator("#ways-list")).to_contain_text(words["next"])
        stands_well(here)
        box.replies.clear()
        page.select_option("#delay", "0")
        page.locator("button[data-key=retry]").click()
        expect(page.locator("#events")).to_contain_text(words["delivered"], timeout=SOON)
        expect(page.locator("button[data-key=retry]")).to_have_count(0)
        stands_well(here)
        assert [str(mail["Subject"]) for mail in box.mails].count(title) == 1
        assert set(box.accepted.values()) == {1}
        page = here.open("/users/1")
        page.locator("#channels-list button[data-key^=remove]").click()
        expect(page.locator("#channels-list")).not_to_contain_text("a…@example.org")


def serve(visit: Visit, box: Mailbox, password: str) -> Locator:
    """Enter the mail server and send a test mail; where it says what came of that."""
    page = visit.open("/users/mail")
    entered = {"host": "127.0.0.1", "port": str(box.port), "user": "home", "mail_password": password}
    for name, text in (entered | {"sender": "home@example.org"}).items():
        page.fill(f"#{name}", text)
    page.select_option("#security", "none")
    page.locator("form[action='/users/mail'] button").click()
    works = page.locator("section[aria-labelledby=works]")
    works.locator("#to").fill("anna@example.org")
    works.locator("button[data-key=test]").click()
    return works


@pytest.mark.parametrize("look", LOOKS[:1], ids=str)
def test_a_loan_is_told_when_it_is_written_down_and_when_it_is_done(admin: Callable[[Look], Visit], look: Look) -> None:
    here, words = admin(look), WORDS[look.language]
    title, due = f"Drill {look}", datetime.now(UTC) + timedelta(days=3)
    page = here.open("/reminders")
    if not page.locator("#new[open]").count():
        page.locator("#new > summary").click()
    page.fill("#title", title)
    page.select_option("#kind", "loan")
    page.fill("#due_day", f"{due:%Y-%m-%d}")
    page.fill("#due_time", "18:00")
    page.locator("#new details summary").click()
    page.locator("[name=tell_created]").check()
    page.locator("[name=tell_done]").check()
    stands_well(here)
    page.locator("#new button.primary").click()
    expect(page.locator("#lent")).to_contain_text(title)
    stands_well(here)

    bell(page).click()
    page.locator(".bell .newest a", has_text=title).click(timeout=SOON)
    stands_well(here)
    page.get_by_role("link", name=words["about"]).click()
    expect(page.locator("h1")).to_have_text(title)
    page.locator("button[data-key^=done-]").click()
    expect(page.locator("#stands")).to_contain_text("admin")
    expect(page.locator("#story li")).not_to_have_count(0)
    stands_well(here)
    bell(page).click()
    expect(page.locator(".bell .newest a.unread", has_text=title)).to_be_visible(timeout=SOON)


def test_an_alert_rings_leads_to_its_page_is_seen_to_and_its_end_is_told(browser: Browser, tmp_path: Path) -> None:
    look, words = LOOKS[0], WORDS[LOOKS[0].language]
    service = a_service(tmp_path)
    with Visit(browser, f"http://127.0.0.1:{service.port}", look) as here:
        with service.started(VIRTUAL_HOME_FAULTS="401"):
            log_in(here)
            page = here.open("/")
            expect(page.locator("#banners")).to_contain_text(words["alert"], timeout=SOON)
            stands_well(here)
            page = opened_from_bell(here, words["alert"])
            stands_well(here)
            page.get_by_role("link", name=words["about"]).click()
            card = page.locator("article.alert:target", has_text=words["alert"])
            card.locator("button", has_text=words["mine"]).click()
            expect(page.locator("article.alert")).to_contain_text("admin")
            stands_well(here)
            page.goto("about:blank")
        with service.started() as running:
            wait_until(lambda: not running.get("/api/alerts").json(), what="the end of the alert")
            page = here.open("/alerts")
            expect(page.locator("#lasting-title")).to_have_text(words["well"])
            expect(page.locator("#over")).to_contain_text(words["alert"])
            stands_well(here)
            opened_from_bell(here, words["over"])
            stands_well(here)
