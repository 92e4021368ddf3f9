"""The first page: what it says, and that it works without a script."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from support.web_fakes import NOW, Home, a_record, a_state, an_off

from switchbot_dashboard.config import Config
from switchbot_dashboard.domain.history import HOUR, MINUTE, Sample
from switchbot_dashboard.domain.record import Aircon, Doubt, Fate, Hold, House, Outcome, Reading, Suspect, Trouble
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.domain.settings_faults import Fault
from switchbot_dashboard.people import Role
from switchbot_dashboard.web import build_web
from switchbot_dashboard.web.service import Busy

SCRIPT = {"Accept": "application/json"}


def csrf_of(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def page_of(client: FlaskClient) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return " ".join(unescape(answer.text).split())


def known(home: Home, **zone: Any) -> None:
    home.memory.house = House({"home": replace(a_state(), **zone)}, (), 0, 0, None)


def test_the_page_says_how_it_is_why_and_what_is_next(client: FlaskClient) -> None:
    page = page_of(client)
    assert '<p class="degrees">20.4°</p>' in page
    assert "45 %" in page
    assert "2 min ago" in page
    assert "Heating since 17:30, set to 23°" in page
    assert "19.6 °C is at or below 19.7 °C (20.0 less 0.3): heating on." in page
    assert "in 6 min" in page
    assert "Near the upper threshold by then." in page
    assert "312 of 10 000 calls today" in page
    assert 'max="19800" value="960"' in page


def test_the_virtual_home_says_that_it_is_one(client: FlaskClient) -> None:
    assert "A pretend house" in page_of(client)


def test_the_cloud_does_not() -> None:
    home = Home(config=Config(token="a", secret="b", dashboard_api_token="t" * 32))
    client = build_web(home.service()).test_client()
    page = client.get("/", headers={"Authorization": f"Bearer {'t' * 32}"}).text
    assert "A pretend house" not in page


def test_broken_settings_are_shown_by_key_and_line(home: Home, client: FlaskClient) -> None:
    home.desk.faults = (Fault("mode", say("mode is 3."), 4), Fault("", say("Not JSON."), None))
    page = page_of(client)
    assert "The settings file has 2 mistakes. The last good settings stay in force." in page
    assert "Line 4: mode is 3." in page
    home.desk.broken = True
    assert "Nothing is driven until it is corrected." in page_of(client)


def test_a_stale_reading_warns_in_words(home: Home, client: FlaskClient) -> None:
    home.now = NOW + timedelta(minutes=70)
    assert "The meter's reading is 72 min old, so nothing is switched on its word." in page_of(client)


FROZEN = say("The meter has shown {now:temp} since {since:time}: it is not believed.", now=204, since=NOW)
DEAF = say("The room does not get warmer since heating was ordered at {at:time}. Look whether the unit runs.", at=NOW)


def test_a_meter_that_is_not_believed_is_told_with_what_to_do(home: Home, client: FlaskClient) -> None:
    known(home, doubt=Doubt(Suspect.METER, FROZEN, NOW))
    page = page_of(client)
    assert "The meter has shown 20.4 °C since 17:46: it is not believed. Check the meter's battery" in page
    assert "It is believed again as soon as its value changes." in page
    reading = client.get("/api/state").get_json()["zones"][0]["reading"]
    assert (reading["stale"], reading["stale_reason"]) == (True, FROZEN.text(ZoneInfo("Europe/Paris")))


def test_a_unit_that_does_not_follow_is_told_with_what_to_do(home: Home, client: FlaskClient) -> None:
    known(home, doubt=Doubt(Suspect.UNIT, DEAF, NOW))
    page = page_of(client)
    assert "The room does not get warmer since heating was ordered at 17:46. Look whether the unit runs." in page
    assert "nothing stands between it and the hub, then send the command again." in page
    assert client.get("/api/state").get_json()["zones"][0]["reading"]["stale"] is False


def test_the_next_look_says_its_pace_and_what_is_not_learned_yet(home: Home, client: FlaskClient) -> None:
    assert "The interval is stretched to what is expected." in page_of(client)
    home.desk.document |= {"predictive_polling_enabled": True, "optimal_start_enabled": True}
    page = page_of(client)
    assert "Until three readings in a row agree" in page
    assert "An early start needs one heating that was followed" in page


def test_trouble_with_the_meter_says_since_when(home: Home, client: FlaskClient) -> None:
    known(home, trouble=Trouble(Outcome.API_ERROR, say("The hub has not answered."), NOW - timedelta(hours=1)))
    assert "The hub has not answered. So since 16:46." in page_of(client)


def test_a_hold_can_be_ended(home: Home, client: FlaskClient) -> None:
    known(home, hold=Hold("off", NOW, NOW + timedelta(hours=1)))
    page = page_of(client)
    assert "Chosen by hand: off, since 17:46. It is kept until 18:46." in page
    assert 'action="/do/resume"' in page


def test_an_air_conditioner_nobody_knows_is_told_as_such(home: Home, client: FlaskClient) -> None:
    known(home, aircon=Aircon())
    assert "It is not known whether the air conditioner runs" in page_of(client)


def test_buttons_say_what_they_cost(client: FlaskClient) -> None:
    page = page_of(client)
    assert '<span class="label">Heat</span><span class="cost">1 call</span>' in page
    assert '<span class="label">Off</span><span class="cost">1–3 calls</span>' in page


def test_a_switched_off_automation_can_be_switched_on_again(home: Home, client: FlaskClient) -> None:
    home.desk.document["automation_enabled"] = False
    home.desk.document["zones"] = [{"id": "home", "automation_enabled": False}, {"id": "attic"}]
    assert "Turn the automation on" in page_of(client)
    client.post("/do/automation-on")
    assert home.desk.document["automation_enabled"] is True
    assert home.desk.document["zones"] == [{"id": "home", "automation_enabled": True}, {"id": "attic"}]


def test_a_member_is_told_who_can_switch_it_on(home: Home, client: FlaskClient) -> None:
    home.desk.document["automation_enabled"] = False
    _, text = home.people.create_token("phone", Role.MEMBER)
    page = client.get("/", headers={"Authorization": f"Bearer {text}"}).text
    assert "An administrator can turn it on." in page
    assert "/do/automation-on" not in page


def test_a_missed_wake_is_told(home: Home, client: FlaskClient) -> None:
    home.now = NOW + timedelta(minutes=9)
    assert "No look has been taken since one was due at 17:52." in page_of(client)


def test_without_a_script_a_button_leads_back_to_the_page_with_what_came_of_it(home: Home, client: FlaskClient) -> None:
    answer = client.post("/do/off", data={"zone": "home"})
    assert answer.status_code == 303
    assert home.acted == [("off", "home")]
    assert "Off sent at 17:46. Holds until 19:46 or until you resume. It cost 1 call." in page_of(client)


def test_with_a_script_it_answers_in_words(home: Home, client: FlaskClient) -> None:
    home.fate = Fate.FAILED
    answer = client.post("/do/off", data={"zone": "home"}, headers={"Accept": "application/json"})
    message = "Off did not go through. The hub is offline. It cost 1 call."
    assert (answer.status_code, answer.json) == (200, {"message": message, "tone": "warn"})


def test_a_busy_home_says_so(home: Home, client: FlaskClient) -> None:
    home.heart.refuses = Busy("A tick runs already.")
    answer = client.post("/do/run-once", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json) == (409, {"message": "A tick runs already.", "tone": "warn"})


def test_the_parts_are_those_of_the_page(client: FlaskClient) -> None:
    page, answer = client.get("/").text, client.get("/parts/home").json
    assert answer is not None
    for place, html in answer["parts"].items():
        assert f'id="{place}" data-part' in page
        assert html.strip()[:60] in page


def test_there_is_no_script_or_style_inside_the_page(home: Home, client: FlaskClient) -> None:
    home.desk.faults = (Fault("mode", say("mode is <script>alert(1)</script>."), 4),)
    html = client.get("/").text
    assert "<script>" not in html
    assert " style=" not in html
    assert " onclick=" not in html


def test_several_zones_each_have_their_card(home: Home, client: FlaskClient) -> None:
    home.desk.document["zones"] = [{"id": "salon", "name": "Salon"}, {"id": "attic", "name": "Attic"}]
    page = page_of(client)
    assert "<h1>Home</h1>" in page
    assert "<h2>Salon</h2>" in page
    assert "<h2>Attic</h2>" in page
    assert "The first look has not been taken yet." in page


def test_a_memory_that_keeps_nothing_is_told_first(home: Home, client: FlaskClient) -> None:
    home.memory.why_not = say("the disk is full: what happens now is lost at the next start")
    assert "The disk is full: what happens now is lost at the next start." in page_of(client)


def test_an_unknown_page_is_a_page(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "There is nothing at this address." in answer.text


def test_the_season_and_the_automation_are_switched_in_the_settings(home: Home, client: FlaskClient) -> None:
    answer = client.post("/do/season", data={"zone": "home", "value": "summer"}, headers=SCRIPT)
    assert answer.json == {"message": "It is summer now: it cools.", "tone": "ok"}
    assert home.desk.document["mode"] == "summer"
    client.post("/do/automation", data={"zone": "home", "value": "off"})
    assert home.desk.document["automation_enabled"] is False
    assert 'aria-checked="false"' in client.get("/").text


def test_a_zone_is_switched_for_itself(home: Home, client: FlaskClient) -> None:
    home.desk.document["zones"] = [{"id": "salon"}, {"id": "attic"}]
    client.post("/do/season", data={"zone": "attic", "value": "summer"})
    assert home.desk.document["zones"] == [{"id": "salon"}, {"id": "attic", "mode": "summer"}]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/do/season", {"zone": "home", "value": "autumn"}),
        ("/do/automation", {"zone": "home", "value": ""}),
        ("/do/season", {"zone": "cellar", "value": "summer"}),
    ],
)
def test_a_switch_to_nowhere_changes_nothing(home: Home, client: FlaskClient, path: str, form: dict[str, str]) -> None:
    before = dict(home.desk.document)
    assert client.post(path, data=form, headers=SCRIPT).status_code == 422
    assert home.desk.document == before


def test_a_member_has_no_switches(home: Home, client: FlaskClient) -> None:
    _, text = home.people.create_token("phone", Role.MEMBER)
    bearer = {"Authorization": f"Bearer {text}"}
    assert "/do/season" not in client.get("/", headers=bearer).text
    assert client.post("/do/season", data={"value": "summer"}, headers=bearer).status_code == 403


def test_looks_that_came_to_the_same_are_one_line(home: Home, client: FlaskClient) -> None:
    page = page_of(client)
    lately = page[page.index("<ol") : page.index("</ol>")]
    assert lately.count("<li") == 1
    assert "5 looks since 17:36" in lately
    home.memory.kept = [*home.memory.kept, a_record(9, action=an_off())]
    assert client.get("/parts/home").get_json()["parts"]["lately"].count("<li") == 2


def test_a_rising_temperature_is_told(home: Home, client: FlaskClient) -> None:
    now = round(NOW.timestamp() * 1000)
    home.memory.samples = [Sample(now - HOUR + step * 5 * MINUTE, 5 * MINUTE, 190 + step) for step in range(12)]
    page = page_of(client)
    assert "The temperature rises by 1.2°/h." in page
    assert 'aria-label="Temperature of the last 6 hours: between 19.0 °C and 20.1 °C' in page


def test_the_page_speaks_french(home: Home, client: FlaskClient) -> None:
    known(home, hold=Hold("off", NOW, NOW + timedelta(days=1)))
    page = " ".join(unescape(client.get("/", headers={"Accept-Language": "fr"}).text).split())
    assert "Chauffage depuis 17 h 30, consigne 23°" in page
    assert "Choisi à la main : arrêt, depuis 17 h 46. C'est maintenu jusqu'à demain à 17 h 46." in page
    assert "312 appels sur 10 000 aujourd'hui" in page


def test_a_page_that_is_kept_still_carries_each_visitors_own_token(home: Home) -> None:
    home.memory.steady = True
    app = build_web(home.service())
    one, two = (csrf_of(app.test_client().get("/").text) for _ in range(2))
    assert one != two


def test_a_kept_page_is_made_anew_when_something_changes(home: Home, client: FlaskClient) -> None:
    home.memory.steady = True
    assert "20.4°" in client.get("/").text
    known(home, reading=Reading(211, 45, 88, NOW, NOW))
    assert "20.4°" in client.get("/").text
    home.memory.steady = False
    assert "21.1°" in client.get("/").text
