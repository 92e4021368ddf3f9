"""The actions by hand: what each would send is told by the rules that send it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask.testing import FlaskClient
from support.web_fakes import NOW, Home, a_record, a_state, an_off
from support.web_pages import client_of, text_of

from switchbot_dashboard.domain.record import Fate, Hold, House
from switchbot_dashboard.web.service import Busy


def test_each_action_says_what_it_sends_and_costs(client: FlaskClient) -> None:
    page = text_of(client, "/actions")
    assert "Sends 23 °C, heat, fan medium to Salon." in page
    assert "Sends 24 °C, cool, fan medium to Salon." in page
    assert "Sends fan only, fan medium to Salon." in page
    assert "Sends off to Salon." in page
    assert '<span class="label">Heat</span><span class="cost">1 call</span>' in page
    assert '<span class="label">Off</span><span class="cost">3 calls</span>' in page
    assert "Off is sent 2 times more, every 10 s." in page


def test_a_scene_comes_first_and_the_command_after_it(home: Home, client: FlaskClient) -> None:
    home.desk.document["aircon_scenes"] = {"winter": "S1", "off": "GONE"}
    page = text_of(client, "/actions")
    assert "Runs the scene “Evening”. </p> <p>If that fails: Sends 23 °C" in page.replace(".</p>", ". </p>")
    assert '<span class="label">Heat</span><span class="cost">1 to 2 calls</span>' in page
    assert "The account has no scene with the id GONE." in page


def test_what_nothing_could_carry_out_has_no_button(home: Home, client: FlaskClient) -> None:
    home.desk.document["aircon_device_id"] = ""
    page = text_of(client, "/actions")
    assert "Nothing in this zone can carry out “winter”." in page
    assert 'action="/actions/winter"' not in page


def test_the_virtual_homes_own_devices_count_as_chosen(home: Home) -> None:
    settings = home.desk.current
    home.desk.document["aircon_device_id"] = ""
    client = client_of(home)
    client.application.extensions["dashboard"] = replace(home.service(), furnished=lambda: settings)
    assert "Sends off to Salon." in text_of(client, "/actions")


def test_how_long_a_choice_would_stand_is_said_before(home: Home, client: FlaskClient) -> None:
    assert "A choice made here is kept until 19:46, 120 minutes from now." in text_of(client, "/actions")
    home.desk.document["manual_hold_minutes"] = 0
    assert "A choice made here is kept until the window closes (23:00)." in text_of(client, "/actions")
    home.desk.document["time_windows"] = []
    assert "A choice made here is kept until you resume." in text_of(client, "/actions")


def test_a_hold_can_be_ended_here(home: Home, client: FlaskClient) -> None:
    hold = Hold("off", NOW - timedelta(minutes=6), NOW + timedelta(hours=1))
    home.memory.house = House({"home": replace(a_state(), hold=hold)}, (), 0, 0, None)
    page = text_of(client, "/actions")
    assert "Off was chosen by hand (17:40) and is kept until 18:46, or until you resume." in page
    assert 'action="/actions/resume"' in page


def test_an_action_comes_back_here_with_what_came_of_it(home: Home, client: FlaskClient) -> None:
    answer = client.post("/actions/off", data={"zone": "home"})
    assert (answer.status_code, answer.location) == (303, "/actions")
    assert home.acted == [("off", "home")]
    assert "It cost 1 call." in text_of(client, "/actions")


def test_quick_off_says_that_the_automation_is_off_too(home: Home, client: FlaskClient) -> None:
    answer = client.post("/actions/quick-off", headers={"Accept": "application/json"})
    assert home.acted == [("quick-off", None)]
    assert answer.json["message"].endswith("The automation is off until you turn it on.")


def test_a_busy_home_says_so_and_an_unknown_action_is_none(home: Home, client: FlaskClient) -> None:
    assert client.post("/actions/dance").status_code == 404
    home.refuses = Busy("A tick runs already.")
    answer = client.post("/actions/off", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["message"]) == (409, "A tick runs already.")


def test_the_last_actions_say_what_came_of_them(home: Home, client: FlaskClient) -> None:
    home.memory.kept = [a_record(3, action=an_off(Fate.UNKNOWN)), a_record(4)]
    page = text_of(client, "/actions")
    assert "Switching off (direct command): no answer came: it may have happened" in page
    assert "Wanted by a person" in page
    assert 'href="/ticks/3"' in page
    assert 'href="/ticks/4"' not in page


def test_without_settings_the_page_says_what_to_do(home: Home, client: FlaskClient) -> None:
    home.desk.broken = True
    assert "Correct the settings file first." in text_of(client, "/actions")
