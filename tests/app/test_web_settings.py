"""The settings page: every key, every fault at its field, a review before anything is saved, and ways back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from support.web_fakes import DOCUMENT, NOW, Home

from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.domain.settings_faults import InvalidSettings
from switchbot_dashboard.domain.settings_leaves import house_leaves, zone_leaves
from switchbot_dashboard.people import Role
from switchbot_dashboard.store.settings_file import Conflict, NotWritable, SettingsFile
from switchbot_dashboard.translations.catalogue import merged as words_in
from switchbot_dashboard.web import build_web
from switchbot_dashboard.web import service as said
from switchbot_dashboard.web.settings_typed import Typed, arranged, document_of, typed_of
from switchbot_dashboard.web.settings_words import HELP, LABELS, all_keys

MEANINGS = {Conflict: said.Conflict, NotWritable: said.Failed}
ZONES = [{"id": "home", "name": "Home"}, {"id": "attic", "name": "Attic", "winter": {"min_temp": 18}, "own": 1}]


class Fields(HTMLParser):
    """The fields of a form as a browser without a script would send them, and the buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.ids: set[str] = set()
        self.buttons: list[str] = []
        self._select: str | None = None
        self._area: str | None = None
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        if tag == "form":
            self._inside = given.get("action") == "/settings"
        name = given.get("name")
        if tag == "button":
            self.buttons.append(given.get("value", ""))
        if not self._inside or not name or tag == "button":
            return
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.sent.append((name, given.get("value", "")))
        if tag == "select":
            self._select = name
        if tag == "textarea":
            self._area = name
            self.sent.append((name, ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"
        self._select = None if tag == "select" else self._select
        self._area = None if tag == "textarea" else self._area

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._area and data.strip():
            self.sent[-1] = (self._area, data.lstrip("\n"))

    def with_options(self, page: str) -> Fields:
        for name, body in re.findall(r'<select id="[^"]*" name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
            first = re.search(r'<option value="([^"]*)"', body)
            chosen = re.search(r'<option value="([^"]*)" selected>', body) or first
            assert chosen is not None
            self.sent.append((unescape(name), unescape(chosen[1])))
        return self


class Page:
    """A browser without a script."""

    def __init__(self, client: FlaskClient, text: str) -> None:
        self.client, self.text = client, text
        fields = Fields(text).with_options(text)
        self.ids, self.buttons = fields.ids, fields.buttons
        self.fields: dict[str, list[str]] = {}
        for name, value in fields.sent:
            self.fields.setdefault(name, []).append(value)

    @property
    def words(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.text)).split())

    def press(self, do: str, status: int = 200, **typed: Any) -> Page:
        sent = {**self.fields, "do": do, **typed}
        answer = self.client.post("/settings", data=sent)
        assert answer.status_code == status, answer.text
        return Page(self.client, answer.text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({**DOCUMENT, "note": "mine"}, indent=2), encoding="utf-8")
    return path


@pytest.fixture
def home(path: Path) -> Home:
    desk: Any = SettingsFile(path, path.parent / "backups", lambda: NOW)
    return Home(desk=desk, meanings=MEANINGS)


@pytest.fixture
def client(home: Home) -> FlaskClient:
    return build_web(home.service()).test_client()


@pytest.fixture
def page(client: FlaskClient) -> Callable[[], Page]:
    return lambda: Page(client, client.get("/settings").text)


def edited(path: Path, **keys: Any) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, **keys}), encoding="utf-8")


@pytest.fixture
def edit(home: Home, path: Path) -> Callable[..., None]:
    """An edit by hand that has been noticed."""

    def noticed(**keys: Any) -> None:
        edited(path, **keys)
        home.desk.poll()

    return noticed


# The form


def test_every_key_of_the_file_has_its_field(client: FlaskClient, page: Callable[[], Page]) -> None:
    form = page()
    missing = set(house_leaves()) - {"time_windows", "channels_allowed_hosts"} - set(form.fields)
    assert not missing
    assert "time_windows[0].start" in form.fields
    assert client.get("/reglages").status_code == 200


def test_a_form_that_is_sent_as_it_came_changes_nothing(page: Callable[[], Page], edit: Callable[..., None]) -> None:
    assert "Nothing is different from the file." in page().press("review").words
    edit(zones=ZONES, winter={"min_temp": 20.5}, repeat_safe=None)
    assert "Nothing is different" in page().press("review").words


@pytest.mark.parametrize("comma", [True, False])
def test_the_form_of_a_document_is_that_document(comma: bool) -> None:
    document = {**DOCUMENT, "zones": ZONES, "winter": 5, "summer": {"min_temp": 23.5, "x": None}, "mode": 3}
    assert document_of(document, typed_of(document, comma=comma)) == document


def test_every_key_has_a_label_and_french_help() -> None:
    french = words_in("fr")
    assert not [key for key in all_keys() if key not in LABELS]
    nodes = {**zone_leaves(), **house_leaves()}
    helps = [node["description"] for key, node in nodes.items() if key not in HELP]
    forms = [node["form"] for node in nodes.values() if "form" in node]
    assert not [words for words in [*helps, *forms] if not french.get(words)]


def test_the_french_page_says_it_in_french(client: FlaskClient, edit: Callable[..., None]) -> None:
    edit(hysteresis_celsius=0.5)
    text = client.get("/settings", headers={"Accept-Language": "fr"}).text
    assert "Limite basse en hiver" in text
    assert 'value="0,5"' in text


def test_numbers_are_read_with_a_comma_and_by_threes(page: Callable[[], Page]) -> None:
    review = page().press("review", **{"winter.min_temp": "19,5", "api_daily_limit": "9 000"})
    assert json.loads(review.fields["patch"][0]) == {"winter": {"min_temp": 19.5}, "api_daily_limit": 9000}


def test_a_review_says_what_its_figures_rest_on(page: Callable[[], Page]) -> None:
    plain = {"predictive_polling_enabled": "false", "optimal_start_enabled": "false", "winter.min_temp": "19.5"}
    foreseen = page().press("review", **{**plain, "optimal_start_enabled": "true"}).words
    assert "Reckoned with what is known of the temperature's course" in foreseen
    assert "Reckoned for a quiet home" not in foreseen


def test_a_list_of_numbers_is_typed_one_a_line(path: Path, page: Callable[[], Page]) -> None:
    form = page()
    assert form.fields["notifications.retry_minutes"] == ["5\n10\n20"]
    form.press("save", 303, **{"notifications.retry_minutes": "1\r\n30\r\n"})
    assert json.loads(path.read_text(encoding="utf-8"))["notifications"] == {"retry_minutes": [1, 30]}
    wrong = page().press("review", 422, **{"notifications.retry_minutes": "5\n0"})
    assert "must be a whole number from 1 to 1440 minutes" in wrong.words


def test_devices_and_scenes_are_chosen_by_name(home: Home, page: Callable[[], Page]) -> None:
    form = page()
    assert '<option value="METER1" selected>Living room · MeterPlus</option>' in form.text
    assert '<option value="S1">Evening</option>' in form.text
    review = form.press("review", **{"aircon_scenes.winter": "(other)", "aircon_scenes.winter.other": "S9"})
    assert "Scene to heat" in review.words
    assert json.loads(review.fields["patch"][0]) == {"aircon_scenes": {"winter": "S9"}}
    home.memory.listed = None
    assert "There is no list of the account's devices yet." in page().words


def test_the_list_is_refreshed_with_what_was_typed_kept(page: Callable[[], Page]) -> None:
    form = page().press("refresh", manual_hold_minutes="77")
    assert "It cost 2 calls." in form.words
    assert form.fields["manual_hold_minutes"] == ["77"]


def test_other_keys_are_shown_and_kept(path: Path, page: Callable[[], Page]) -> None:
    assert 'note "mine"' in page().words
    page().press("review", mode="summer").press("save", 303)
    assert json.loads(path.read_text(encoding="utf-8")) == {**DOCUMENT, "note": "mine", "mode": "summer"}


# Windows and zones


def test_windows_are_added_copied_and_removed_without_a_script(page: Callable[[], Page]) -> None:
    form = page().press("add:time_windows", manual_hold_minutes="77")
    assert form.fields["manual_hold_minutes"] == ["77"]
    assert form.fields["time_windows[1].days"] == list("0123456")
    form = form.press("copy:time_windows[0]")
    assert form.fields["time_windows[1].start"] == ["17:30"]
    form = form.press("remove:time_windows[0]").press("remove:time_windows[1]")
    assert [name for name in form.fields if name.endswith(".start")] == ["time_windows[0].start"]


def test_an_end_before_the_start_is_said_in_words(page: Callable[[], Page]) -> None:
    review = page().press("review", **{"time_windows[0].end": "06:00", "time_windows[0].days": ["0", "1", "2"]})
    assert "every day 17:30 to 23:00" in review.words
    assert "Mon–Wed 17:30 until 06:00 the next day" in review.words
    assert "until 06:00 the next day" in review.press("edit").words


def test_a_whole_day_ends_when_it_began(page: Callable[[], Page]) -> None:
    review = page().press("review", **{"time_windows[0].whole": "1"})
    assert "every day, the whole day from 17:30" in review.words


def test_what_a_window_holds_beside_its_times_is_kept() -> None:
    document = {"time_windows": [{"days": [0], "start": "06:00", "end": "07:00", "why": "school"}]}
    typed: Typed = {**typed_of(document), "time_windows[0].end": ["08:00"]}
    assert document_of(document, typed)["time_windows"] == [{**document["time_windows"][0], "end": "08:00"}]


def test_the_first_zone_comes_with_the_home(page: Callable[[], Page]) -> None:
    form = page().press("add:zones")
    assert (form.fields["zones[0].id"], form.fields["zones[1].id"]) == (["home"], ["zone-2"])
    review = form.press("review", **{"zones[1].winter.min_temp": "18"})
    assert json.loads(review.fields["patch"][0])["zones"] == [
        {"id": "home", "name": "Home"},
        {"id": "zone-2", "winter": {"min_temp": 18}},
    ]


def test_a_zone_inherits_what_is_left_empty_and_keeps_what_is_not_shown(
    page: Callable[[], Page], edit: Callable[..., None]
) -> None:
    edit(zones=ZONES)
    form = page()
    assert "as the home, 20 °C" in form.words
    review = form.press("review", **{"zones[1].winter.min_temp": "", "zones[1].automation_enabled": "false"})
    assert json.loads(review.fields["patch"][0])["zones"][1] == {
        "id": "attic",
        "name": "Attic",
        "own": 1,
        "automation_enabled": False,
    }
    assert "Attic · Lower limit in winter" in review.words
    assert "as the home: 20 °C" in review.words


def test_a_zone_may_have_windows_of_its_own_or_none(page: Callable[[], Page], edit: Callable[..., None]) -> None:
    edit(zones=ZONES)
    form = page().press("add:zones[1].time_windows")
    assert form.fields["zones[1].time_windows.own"] == ["true"]
    own = {"zones[1].time_windows[0].start": "07:00", "zones[1].time_windows[0].end": "09:00"}
    review = form.press("review", **own)
    zone = json.loads(review.fields["patch"][0])["zones"][1]
    assert zone["time_windows"] == [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "07:00", "end": "09:00"}]
    watched = page().press("review", **{"zones[1].time_windows.own": "true"})
    assert json.loads(watched.fields["patch"][0])["zones"][1]["time_windows"] == []


def test_a_button_that_names_nothing_changes_nothing() -> None:
    typed = typed_of({**DOCUMENT, "zones": ZONES})
    for wish in ("remove:zones[9]", "copy:mode", "add:time_windows[0]", "remove:zones", "add:", "copy:zones[0]"):
        assert arranged(dict(typed), wish) == typed


# Faults


def test_every_fault_stands_at_its_field_and_what_was_typed_is_kept(path: Path, page: Callable[[], Page]) -> None:
    before = path.read_text(encoding="utf-8")
    typed = {
        "winter.min_temp": "25",
        "poll_interval_seconds": "abc",
        "time_windows[0].start": "25:00",
        "api_reserved_for_commands": "20000",
    }
    form = page().press("review", 422, **typed)
    assert "4 values cannot be used" in form.words
    assert "“abc” cannot be used here; it must be a whole number from 15 to 3600 seconds." in form.words
    assert "The lower limit (25.0 °C) must be below the upper one (22.0 °C)." in form.words
    assert "Window 1, Opens" in form.words
    assert {name: form.fields[name] for name in typed} == {name: [text] for name, text in typed.items()}
    links = re.findall(r'<li><a href="#([^"]+)"', form.text)
    assert len(links) == 4
    assert set(links) <= form.ids
    assert path.read_text(encoding="utf-8") == before


def test_faults_of_zones_stand_in_their_zone(page: Callable[[], Page], edit: Callable[..., None]) -> None:
    edit(zones=ZONES)
    form = page().press("review", 422, **{"zones[1].id": "home", "zones[0].winter.max_temp": "1"})
    assert "Another zone has the short name home already" in form.words
    assert "Home: Upper limit in winter" in form.words


def test_an_empty_time_is_told_as_missing(page: Callable[[], Page]) -> None:
    form = page().press("add:time_windows").press("review", 422)
    assert "A value is missing here; it must be a time from 00:00 to 23:59, written HH:MM." in form.words


def test_the_faults_of_a_hand_edit_stand_at_their_fields_too(
    home: Home, page: Callable[[], Page], edit: Callable[..., None]
) -> None:
    edit(poll_interval_seconds=5)
    form = page()
    assert "“5” cannot be used here" in form.words
    form.press("review", poll_interval_seconds="15").press("save", 303)
    assert home.desk.faults == ()


def test_a_file_that_is_no_json_is_replaced_by_the_last_good_one(
    home: Home, path: Path, page: Callable[[], Page]
) -> None:
    path.write_text("{broken", encoding="utf-8")
    home.desk.poll()
    form = page()
    assert "The settings file cannot be read" in form.words
    form.press("review", mode="summer").press("save", 303)
    assert json.loads(path.read_text(encoding="utf-8")) == {**DOCUMENT, "note": "mine", "mode": "summer"}


def test_nothing_typed_can_break_the_page(page: Callable[[], Page]) -> None:
    form = page()
    odd = {name: "\"<é>'\x00 1e999 [" for name in form.fields if name not in ("csrf_token", "etag", "base")}
    assert "<é>" not in form.press("review", 422, **odd).text
    form.press("review", base="[", **{"time_windows[999].start": "x", "zones[7].was": "99"}, status=422)


# The review, saving, undoing


def test_the_review_says_what_changes_and_what_it_does(page: Callable[[], Page]) -> None:
    review = page().press("review", poll_interval_seconds="30", **{"winter.min_temp": "19"})
    assert "Lower limit in winter winter.min_temp 20 °C (the usual value) → becomes 19 °C" in review.words
    assert "Reading interval in a window" in review.words
    found = re.search(r"Looks ([\d\u202f]+) ([\d\u202f]+) Calls ([\d\u202f]+) ([\d\u202f]+)", review.words)
    assert found is not None
    looks, then = (int(text.replace("\u202f", "")) for text in found.groups()[:2])
    assert then > 2 * looks


def test_saving_says_so_and_can_be_undone_and_redone(client: FlaskClient, path: Path, page: Callable[[], Page]) -> None:
    before = path.read_text(encoding="utf-8")
    page().press("review", **{"winter.min_temp": "19"}).press("save", 303)
    after = path.read_text(encoding="utf-8")
    saved = client.get("/settings?saved=1").text
    assert "1 change is saved and in force." in saved
    for expected in (before, after):
        stamp = re.findall(r'name="stamp" value="([^"]+)"', client.get("/settings?saved=1").text)[0]
        etag = page().fields["etag"][0]
        assert client.post("/settings/restore", data={"stamp": stamp, "etag": etag}).status_code == 303
        assert path.read_text(encoding="utf-8") == expected


def test_an_earlier_version_is_looked_at_before_it_comes_back(client: FlaskClient, page: Callable[[], Page]) -> None:
    page().press("review", mode="summer").press("save", 303)
    link = re.search(r"/settings/versions/([^\"]+)", page().text)
    assert link is not None
    text = Page(client, client.get(link[0]).text).words
    assert "Summer: cool → becomes Winter: heat" in text
    assert client.get("/settings/versions/..%2f..%2fsettings").status_code == 404
    assert client.get("/settings/versions/20260302T164600000000Z-099").status_code == 404
    assert client.post("/settings/restore", data={"stamp": "../settings"}).status_code == 404


def test_a_full_disk_is_told_and_what_was_typed_is_kept(home: Home, page: Callable[[], Page]) -> None:
    review = page().press("review", mode="summer")

    def full(*_: object) -> None:
        raise NotWritable(28, say("settings.json cannot be written: the disk is full."))

    home.desk.replace = full  # type: ignore[method-assign]
    form = review.press("save", 503)
    assert "the disk is full" in form.words
    assert form.fields["mode"] == ["summer"]


# Others who edit


def test_a_conflict_shows_both_sides_and_overwrites_nothing(
    path: Path, page: Callable[[], Page], edit: Callable[..., None]
) -> None:
    form = page()
    edit(manual_hold_minutes=30, winter={"min_temp": 18})
    conflict = form.press("review", 409, mode="summer", **{"winter.min_temp": "19"})
    assert "manual_hold_minutes In the file now 30 minutes Yours unchanged" in conflict.words
    assert "winter.min_temp changed by both In the file now 18 °C Yours 19 °C" in conflict.words
    assert json.loads(path.read_text(encoding="utf-8"))["winter"] == {"min_temp": 18}
    conflict.press("review").press("save", 303)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert (found["winter"]["min_temp"], found["mode"], found["manual_hold_minutes"]) == (19, "summer", 30)


def test_a_file_changed_during_the_review_is_a_conflict_too(path: Path, page: Callable[[], Page]) -> None:
    review = page().press("review", mode="summer")
    edited(path, manual_hold_minutes=30)
    assert "The file was changed elsewhere" in review.press("save", 409).words


def test_the_same_settings_in_another_layout_are_no_conflict(home: Home, path: Path, page: Callable[[], Page]) -> None:
    form = page()
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")), indent=8), encoding="utf-8")
    home.desk.poll()
    form.press("review", mode="summer").press("save", 303)
    assert '        "mode": "summer"' in path.read_text(encoding="utf-8")


# Who may


def test_a_member_reads_and_cannot_change(home: Home, client: FlaskClient) -> None:
    _, text = home.people.create_token("phone", Role.MEMBER)
    headers = {"Authorization": f"Bearer {text}"}
    found = client.get("/settings", headers=headers).text
    assert "An administrator can change these." in found
    assert "Lower limit in winter" in found
    assert 'name="do"' not in found
    assert client.post("/settings", headers=headers, data={"do": "review"}).status_code == 403


def test_the_visitor_cannot_say_where_notifications_go(path: Path, page: Callable[[], Page]) -> None:
    form = page()
    assert "channels_allowed_hosts" not in form.fields
    patch = json.dumps({"channels_allowed_hosts": ["evil"]})
    form.press("save", 403, patch=patch)
    assert "evil" not in path.read_text(encoding="utf-8")


def test_what_was_typed_outlives_the_session(home: Home, client: FlaskClient, page: Callable[[], Page]) -> None:
    form = page()
    away = {"X-Forwarded-For": "1.2.3.4"}  # no visitor any more
    sent = {**form.fields, "do": "review", "manual_hold_minutes": "77"}
    answer = client.post("/settings", data=sent, headers=away)
    assert answer.status_code == 401
    kept = Page(client, answer.text)
    assert "Your session has ended" in kept.words
    assert kept.press("edit").fields["manual_hold_minutes"] == ["77"]


def test_a_page_that_is_too_old_saves_nothing_and_keeps_what_was_typed(home: Home, page: Callable[[], Page]) -> None:
    home.people.add("ada", "a long password", Role.ADMIN)
    client = build_web(home.service()).test_client()
    away = {"X-Forwarded-For": "1.2.3.4"}
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login", headers=away).text)
    assert token is not None
    login = {"name": "ada", "password": "a long password", "csrf_token": token[1]}
    assert client.post("/login", data=login, headers=away).status_code == 303
    sent = {**page().fields, "csrf_token": "old", "do": "review", "manual_hold_minutes": "77"}
    answer = client.post("/settings", data=sent, headers=away)
    assert answer.status_code == 403
    form = Page(client, answer.text)
    assert "This page had been open for too long, so nothing was saved." in form.words
    assert form.fields["manual_hold_minutes"] == ["77"]
    foreign = client.post("/settings", data=sent, headers={**away, "Sec-Fetch-Site": "cross-site"})
    assert "77" not in foreign.text


def test_a_form_of_more_than_64_kb_is_refused(page: Callable[[], Page]) -> None:
    page().press("review", 413, timezone="x" * 70_000)


def test_invalid_settings_never_reach_the_file(home: Home, page: Callable[[], Page]) -> None:
    form = page().press("save", 422, patch=json.dumps({"poll_interval_seconds": 5}))
    assert form.fields["poll_interval_seconds"] == ["5"]
    with pytest.raises(InvalidSettings):
        home.desk.replace({"poll_interval_seconds": 5})
