"""An alert in the hand: raised by the virtual home's fault, silenced, seen to, over when the fault is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import DESKTOP, LOOKS, PHONE, Look, Visit, axe_findings, layout_faults, walk_by_tab
from support.evening import evening_settings
from support.service import Service

TITLE = {"en": "Token and secret are refused", "fr": "Jeton et secret refusés"}
MINE = {"en": "I see to it", "fr": "Je m'en charge"}
SILENT = {"en": "Silent until", "fr": "Silence jusqu'à"}
LOUD = {"en": "End the silence", "fr": "Mettre fin au silence"}
WELL = {"en": "All is well.", "fr": "Tout va bien."}
TAKEN = {"en": "visitor sees to it", "fr": "visitor s'en charge"}
OPEN = {"en": "Open the alerts", "fr": "Ouvrir les alertes"}


def stands_well(page: Page) -> None:
    """What the page shows at this moment can be read and pressed by everyone."""
    findings = [*axe_findings(page), *layout_faults(page)]
    assert not findings, "\n".join(["", *findings])


def a_service(folder: Path) -> Service:
    service = Service(folder)
    service.settings_path.write_text(json.dumps(evening_settings(), indent=2), encoding="utf-8")
    return service


@pytest.mark.parametrize("look", [PHONE, DESKTOP], ids=str)
def test_an_alert_is_seen_silenced_seen_to_and_over_with_its_fault(
    browser: Browser, tmp_path: Path, look: Look
) -> None:
    service, language = a_service(tmp_path), look.language
    with (
        service.started(VIRTUAL_HOME_FAULTS="401") as running,
        Visit(browser, running.url, look) as visit,
    ):
        page = visit.open("/")
        expect(page.locator("#banners")).to_contain_text(TITLE[language])
        page.get_by_role("link", name=OPEN[language]).click()
        card = page.locator("article.alert", has_text=TITLE[language])
        stands_well(page)
        card.locator("button", has_text="1 h").first.click()
        expect(card).to_contain_text(SILENT[language])
        stands_well(page)
        card.locator("button", has_text=LOUD[language]).click()
        expect(card).not_to_contain_text(SILENT[language])
        card.locator("button", has_text=MINE[language]).click()
        expect(card).to_contain_text(TAKEN[language])
        stands_well(page)
        page = visit.open("/")
        expect(page.locator("#banners")).not_to_contain_text(TITLE[language])
    with service.started() as running, Visit(browser, running.url, look) as visit:
        page = visit.open("/alerts")
        expect(page.locator("#lasting-title")).to_have_text(WELL[language])
        expect(page.locator("#over")).to_contain_text(TITLE[language])


def test_a_lasting_alert_can_be_read_and_pressed_in_every_look(browser: Browser, tmp_path: Path) -> None:
    with a_service(tmp_path).started(VIRTUAL_HOME_FAULTS="401") as running:
        for look in LOOKS:
            with Visit(browser, running.url, look) as visit:
                page = visit.open("/alerts")
                expect(page.locator("article.alert")).to_have_count(1)
                stands_well(page)
                missed, unseen = walk_by_tab(page)
                assert not missed + unseen


def test_without_a_script_a_button_leads_to_its_answer(browser: Browser, tmp_path: Path) -> None:
    with (
        a_service(tmp_path).started(VIRTUAL_HOME_FAULTS="401") as running,
        Visit(browser, running.url, PHONE, script=False) as visit,
    ):
        page = visit.open("/alerts")
        page.locator("button", has_text=MINE["en"]).click()
        expect(page.locator(".said.ok")).to_contain_text("Nobody is told again")
