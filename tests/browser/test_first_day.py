"""The first day of a new user, hand on the phone or at the desk, and what a page does on a bad one."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.browser import DESKTOP, PHONE, Look, Visit, axe_findings, layout_faults
from support.evening import virtual_home
from support.service import Running, wait_until

HELD = {"en": re.compile(r"Holds until \d\d:\d\d"), "fr": re.compile(r"Maintenu jusqu'à \d+\sh\s\d\d")}
NEXT_DAY = {"en": "until 06:15 the next day", "fr": "6\u00a0h\u00a015"}
CLOCK = {"en": re.compile(r"\d\d:\d\d"), "fr": re.compile(r"\d+\sh\s\d\d")}
GROUND = {"light": "rgb(246, 246, 243)", "dark": "rgb(15, 19, 23)"}
SOON = 8_000  # milliseconds, in which the page follows by itself


@pytest.mark.parametrize("look", [PHONE, DESKTOP], ids=str)
def test_a_new_user_sees_understands_acts_and_tunes_on_the_first_day(
    browser: Browser, tmp_path: Path, look: Look
) -> None:
    with virtual_home(tmp_path / "home") as home, Visit(browser, home.url, look, chosen=False) as visit:
        understands_the_state(visit)
        turns_it_on_and_off_by_hand(visit)
        switches_all_off_and_the_automation_on_again(visit)
        tries_an_overnight_window_and_takes_it_back(visit, home)
        looks_closer_at_the_history(visit)
        opens_a_tick_from_its_mark(visit)
        takes_the_history_along(visit, tmp_path)
        finds_the_other_pages(visit)
        changes_language_and_theme(visit)


def understands_the_state(visit: Visit) -> None:
    page = visit.open("/")
    expect(page.locator(".degrees")).to_have_text(re.compile(r"^\d\d[.,]\d°$"))
    expect(page.locator(".why")).to_contain_text("°C")
    expect(page.locator(".window").first).to_contain_text(CLOCK[visit.look.language])
    countdown = page.locator(".next [data-coming]")
    before = countdown.inner_text()
    page.evaluate("Date.now = ((now) => () => now() + 61_000)(Date.now)")  # the next look may be minutes away
    expect(countdown).not_to_have_text(before, timeout=SOON)
    visit.open("/")


def stands_well(page: Page) -> None:
    """What the page shows at this moment can be read and pressed, too."""
    findings = [*axe_findings(page), *layout_faults(page)]
    assert not findings, "\n".join(["", *findings])


def turns_it_on_and_off_by_hand(visit: Visit) -> None:
    page = visit.page
    for action, doing in (("off", "off"), ("winter", "heat")):
        key = f'[data-key="{action}-home-"]'
        expect(page.locator(key)).to_contain_text("1")  # its price, before it is pressed
        page.locator(key).click()
        expect(page.locator(".thumb .said.ok")).to_contain_text(HELD[visit.look.language])
        expect(page.locator(f".doing.{doing}")).to_be_visible()
        expect(page.locator(".hold")).to_contain_text(CLOCK[visit.look.language])
    stands_well(page)
    page.locator('[data-key="resume-home-"]').press("Enter")
    expect(page.locator(".hold")).to_have_count(0)


def switches_all_off_and_the_automation_on_again(visit: Visit) -> None:
    page = visit.page
    page.locator('[data-key^="quick-off-"]').click()
    expect(page.locator(".doing.off")).to_be_visible()
    expect(page.locator('[role="switch"]')).to_have_attribute("aria-checked", "false")
    stands_well(page)
    page.locator("#banners form[data-act] button").click()
    expect(page.locator('[role="switch"]')).to_have_attribute("aria-checked", "true")
    expect(page.locator("#banners form[data-act]")).to_have_count(0)


def tries_an_overnight_window_and_takes_it_back(visit: Visit, home: Running) -> None:
    page, before = visit.open("/settings"), home.service.settings_path.read_text(encoding="utf-8")
    row = page.locator(".window").first
    row.locator("input[data-clock]").nth(0).fill("22:30")
    row.locator("input[data-clock]").nth(1).fill("6h15")
    expect(row.locator(".until")).to_contain_text(NEXT_DAY[visit.look.language])
    page.locator('.save button[value="review"]').click()

    expect(page.locator(".changes li")).to_have_count(1)
    stands_well(page)
    rows = page.locator(".review table tbody tr").all()
    assert any(row.locator("td").nth(0).inner_text() != row.locator("td").nth(1).inner_text() for row in rows)
    page.locator('.decide button[value="save"]').click()

    undo = page.locator(".undo button")
    expect(undo).to_be_visible()
    stands_well(page)
    starts = [each["start"] for each in json.loads(home.service.settings_path.read_text())["time_windows"]]
    assert starts == ["22:30", "17:30"]
    undo.click()
    expect(page.locator(".window").first.locator("input[data-clock]").nth(0)).to_have_value("06:30")
    assert home.service.settings_path.read_text(encoding="utf-8") == before


def looks_closer_at_the_history(visit: Visit) -> None:
    page = visit.open("/history")
    shown = page.locator("#shown")
    expect(shown).to_contain_text(CLOCK[visit.look.language])
    day = shown.inner_text()
    page.locator('[data-move="closer"]').click()
    expect(shown).not_to_have_text(day)
    half = shown.inner_text()
    if visit.look.phone:
        spread_two_fingers(page)
    else:
        page.locator(".u-over").hover()
        page.mouse.wheel(0, -240)
    expect(shown).not_to_have_text(half)
    page.locator('[data-move="reset"]').click()
    expect(shown).to_have_text(re.compile(f"^{re.escape(day[:10])}"))


def spread_two_fingers(page: Page) -> None:
    """A pinch, told to the browser as its touch screen would."""
    box = page.locator(".u-over").bounding_box()
    assert box is not None
    middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    screen = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchEnd", 0)):
        points = [{"x": middle - apart, "y": y, "id": 0}, {"x": middle + apart, "y": y, "id": 1}] if apart else []
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    screen.detach()


def opens_a_tick_from_its_mark(visit: Visit) -> None:
    page = visit.page
    mark = page.locator("a.mark").first
    mark.focus()
    mark.press("Enter")
    page.wait_for_url(re.compile(r"/ticks/\d+$"))
    expect(page.locator(".verdict .sentence")).to_contain_text(re.compile(r"\w"))
    page.go_back()
    expect(page.locator("a.mark").first).to_be_attached()


def takes_the_history_along(visit: Visit, folder: Path) -> None:
    with visit.page.expect_download() as coming:
        visit.page.locator("#export-csv").click()
    file = folder / "history.csv"
    coming.value.save_as(file)
    assert coming.value.suggested_filename.endswith(".csv")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        assert len(list(csv.reader(lines))) > 100


def finds_the_other_pages(visit: Visit) -> None:
    page = visit.page
    for path in ("/schedule", "/ticks", "/actions", "/devices", "/quota", "/"):
        way = navigation(visit)
        if visit.look.phone and path in ("/ticks", "/actions", "/devices", "/quota"):
            way.locator("summary").click()
        way.locator(f'a[href="{path}"]').click()
        page.wait_for_url(visit.url + path)
        expect(navigation(visit).locator('[aria-current="page"]')).to_have_count(1)
        expect(page.locator("main h1")).to_have_text(re.compile(r"\w"))


def changes_language_and_theme(visit: Visit) -> None:
    page = visit.page
    other = "en" if visit.look.language == "fr" else "fr"
    theme = "light" if visit.look.theme == "dark" else "dark"
    for part in (f'a[href^="/language/{other}"]', f'a[href^="/theme/{theme}"]'):
        if visit.look.phone:
            page.locator(".more summary").press("Enter")
        navigation(visit).locator(part).click()
    page.goto(visit.url + "/schedule")
    assert page.evaluate("document.documentElement.lang") == other
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == GROUND[theme]


def navigation(visit: Visit) -> Locator:
    """The bar of a phone, or the side of a desk."""
    return visit.page.locator("nav.bar" if visit.look.phone else "nav.side")


def test_escape_closes_what_more_opened_and_gives_the_focus_back(visit: Callable[[Look], Visit]) -> None:
    page = visit(PHONE).open("/")
    page.locator(".more summary").press("Enter")
    expect(page.locator(".sheet-up")).to_be_visible()
    stands_well(page)
    page.locator(".sheet-up a").first.focus()
    page.keyboard.press("Escape")

    expect(page.locator(".sheet-up")).to_be_hidden()
    expect(page.locator(".more summary")).to_be_focused()


def test_an_outage_is_told_and_ends_by_itself(visit: Callable[[Look], Visit]) -> None:
    here = visit(PHONE)
    page = here.open("/")
    here.outage = True
    here.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible(timeout=SOON)
    expect(page.locator(".degrees")).to_be_visible()
    here.context.set_offline(False)

    expect(page.locator("#offline")).to_be_hidden(timeout=SOON)


def test_an_edit_by_hand_is_told_on_the_open_settings_page(visit: Callable[[Look], Visit], home: Running) -> None:
    page = visit(PHONE).open("/settings")
    path = home.service.settings_path
    before = path.read_text(encoding="utf-8")
    try:
        path.write_text(before.replace('"max_temp": 22', '"max_temp": 22.5'), encoding="utf-8")
        expect(page.locator("#elsewhere")).to_be_visible(timeout=SOON)
    finally:
        path.write_text(before, encoding="utf-8")
        wait_until(lambda: page.request.get(f"{home.url}/api/settings").text() == before)


def test_a_fault_is_told_at_its_field_and_nothing_is_saved(visit: Callable[[Look], Visit], home: Running) -> None:
    here = visit(PHONE)
    here.expected = {422}
    page, before = here.open("/settings"), home.service.settings_path.read_text(encoding="utf-8")
    page.locator('[name="winter.min_temp"]').fill("24")
    page.locator('.save button[value="review"]').click()

    expect(page.locator("#wrong")).to_be_focused()
    stands_well(page)
    expect(page.locator('[name="winter.min_temp"]')).to_have_value("24")
    expect(
        page.locator('[name="winter.min_temp"][aria-invalid="true"], [name="winter.max_temp"][aria-invalid="true"]')
    ).not_to_have_count(0)
    assert home.service.settings_path.read_text(encoding="utf-8") == before


def test_the_buttons_work_without_a_script(browser: Browser, home: Running) -> None:
    with Visit(browser, home.url, PHONE, script=False) as visit:
        page = visit.open("/")
        page.locator('[data-key="off-home-"]').click()
        expect(page.locator("p.said").first).to_contain_text(HELD["en"])
        page.locator('[data-key="resume-home-"]').click()
        expect(page.locator(".hold")).to_have_count(0)
