"""The account's devices and scenes, and what may use them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from support.web_fakes import NOW, Home
from support.web_pages import a_home, client_of, text_of

from switchbot_dashboard.domain.push import Push
from switchbot_dashboard.domain.record import Catalogue, Device
from switchbot_dashboard.domain.roles import Role as Part
from switchbot_dashboard.domain.roles import roles_of
from switchbot_dashboard.domain.settings_edit import zone_change
from switchbot_dashboard.people import Role
from switchbot_dashboard.web.service import Conflict, Failed


@pytest.fixture
def home() -> Home:
    home = a_home()
    assert home.memory.listed is not None
    more = (
        Device("HUB", "Hub", "Hub Mini", False, raw={"deviceId": "HUB", "version": "V2.5"}),
        Device("METER2", "Bedroom", "Meter", False, "HUB", True),
    )
    home.memory.listed = replace(home.memory.listed, devices=(*home.memory.listed.devices, *more))
    return home


@pytest.fixture
def client(home: Home) -> FlaskClient:
    return client_of(home)


@pytest.mark.parametrize(
    ("kind", "infrared", "roles"),
    [
        ("MeterPro(CO2)", False, (Part.METER, Part.OUTDOOR)),
        ("WoIOSensor", False, (Part.METER, Part.OUTDOOR)),
        ("Hub 2", False, (Part.METER, Part.OUTDOOR)),
        ("Motion Sensor", False, ()),
        ("Hub Mini", False, ()),
        ("Plug Mini (US)", False, (Part.AIRCON,)),
        ("Air Conditioner", True, (Part.AIRCON,)),
        ("DIY Air Conditioner", True, (Part.AIRCON,)),
        ("TV", True, ()),
    ],
)
def test_a_device_serves_as_what_it_can(kind: str, infrared: bool, roles: tuple[Part, ...]) -> None:
    assert roles_of(Device("D", "d", kind, infrared)) == roles


def test_a_zone_of_several_states_its_own() -> None:
    document = {"zones": [{"id": "a", "aircon_scenes": {"off": "S1"}}, {"id": "b"}]}
    change = zone_change(document, "a", {"aircon_scenes": {"winter": "S2"}})
    assert change == {"zones": [{"id": "a", "aircon_scenes": {"off": "S1", "winter": "S2"}}, {"id": "b"}]}
    assert zone_change({}, "home", {"meter_device_id": "M"}) == {"meter_device_id": "M"}


def test_a_device_says_what_is_known_of_it(client: FlaskClient) -> None:
    page = text_of(client, "/devices")
    assert "In use as meter" in page
    assert "20.4 °C, 45 % (2 min ago)" in page
    assert "Battery</dt><dd>88 %" in page
    assert "Assumed</dt><dd>23 °C, heat, fan medium" in page
    assert "Hub</dt><dd>Hub" in page
    assert "Firmware</dt><dd>V2.5" in page
    assert '"deviceId": "HUB"' in page
    assert "Last listed: 16:46 (60 min ago)." in page
    assert "Evening" in page


def test_a_device_that_the_account_lacks_is_told(home: Home, client: FlaskClient) -> None:
    home.desk.document |= {"meter_device_id": "GONE", "aircon_scenes": {"off": "S9"}}
    page = text_of(client, "/devices")
    assert "Home names GONE as its meter, which the account does not list." in page
    assert "Home names the scene S9 to turn off, which the account does not list." in page


def test_another_meter_can_be_chosen(home: Home, client: FlaskClient) -> None:
    answer = client.post("/devices/use", data={"zone": "home", "role": "meter", "id": "METER2"})
    assert (answer.status_code, answer.location) == (303, "/devices")
    assert home.desk.document["meter_device_id"] == "METER2"
    assert "Bedroom is now the meter of Home." in text_of(client, "/devices")


def test_a_scene_can_be_taken_up_and_given_back(home: Home, client: FlaskClient) -> None:
    said = {"Accept": "application/json"}
    answer = client.post("/devices/scene", data={"zone": "home", "role": "winter", "id": "S1"}, headers=said)
    assert answer.json == {"message": "Home now runs “Evening” to heat.", "tone": "ok"}
    assert home.desk.document["aircon_scenes"] == {"winter": "S1"}
    assert "In use to heat" in text_of(client, "/devices")
    answer = client.post("/devices/scene", data={"zone": "home", "role": "winter", "id": ""}, headers=said)
    assert answer.json == {"message": "Home runs no scene to heat any more.", "tone": "ok"}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/devices/use", {"zone": "home", "role": "meter", "id": "AC1"}),
        ("/devices/use", {"zone": "home", "role": "meter", "id": "NONE"}),
        ("/devices/use", {"zone": "home", "role": "lamp", "id": "METER2"}),
        ("/devices/use", {"zone": "cellar", "role": "meter", "id": "METER2"}),
        ("/devices/scene", {"zone": "home", "role": "winter", "id": "S7"}),
        ("/devices/scene", {"zone": "home", "role": "dance", "id": "S1"}),
        ("/devices/scene", {}),
    ],
)
def test_what_cannot_be_used_changes_nothing(home: Home, client: FlaskClient, path: str, data: dict[str, str]) -> None:
    before = home.desk.text
    assert client.post(path, data=data).status_code == 422
    assert home.desk.text == before


def test_a_change_of_the_file_in_between_is_not_overwritten(home: Home, client: FlaskClient) -> None:
    def changed(*_: object) -> None:
        raise Conflict("The settings have changed since you opened them.")

    home.desk.patch = changed  # type: ignore[method-assign]
    said = {"Accept": "application/json"}
    answer = client.post("/devices/use", data={"zone": "home", "role": "meter", "id": "METER2"}, headers=said)
    assert (answer.status_code, answer.json["message"]) == (412, "The settings have changed since you opened them.")


def test_listing_anew_says_what_it_found_and_cost(client: FlaskClient) -> None:
    client.post("/devices/refresh")
    assert "The account has 4 devices and 1 scene. It cost 2 calls." in text_of(client, "/devices")


def test_a_listing_that_fails_says_so_in_place(home: Home) -> None:
    def refused() -> Catalogue:
        raise Failed("The cloud did not answer.")

    client = client_of(home)
    client.application.extensions["dashboard"] = replace(home.service(), refresh_devices=refused)
    answer = client.post("/devices/refresh", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json) == (503, {"message": "The cloud did not answer.", "tone": "warn"})


def test_a_member_sees_no_button_and_may_not_press_one(home: Home, client: FlaskClient) -> None:
    _, text = home.people.create_token("phone", Role.MEMBER)
    page = text_of(client, "/devices", Authorization=f"Bearer {text}")
    assert "data-form" not in page
    for path in ("/devices/use", "/devices/scene", "/devices/refresh"):
        assert client.post(path, headers={"Authorization": f"Bearer {text}"}).status_code == 403


def test_an_account_that_was_never_listed_says_so(home: Home, client: FlaskClient) -> None:
    home.memory.listed = None
    assert "have not been listed yet" in text_of(client, "/devices")


def test_a_device_that_reports_by_itself_says_how_often_and_when_last(home: Home, client: FlaskClient) -> None:
    assert "Reports by itself" not in text_of(client, "/devices")
    last = NOW - timedelta(minutes=1)
    push = Push("METER1", 212, 45, 90, last, last, (180,) * 8)
    home.memory.house = replace(home.memory.house, pushes={"METER1": push})
    page = text_of(client, "/devices")
    assert "Reports by itself</dt><dd>about every 3 min, last 60 s ago" in page
    assert "21.2 °C, 45 % (60 s ago)" in page
