"""A role that a device was given can be taken back where it was given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.web_pages import a_home, client_of, text_of

SAID = {"Accept": "application/json"}


def test_a_role_is_taken_back_where_it_was_given() -> None:
    home = a_home()
    client = client_of(home)
    assert "Stop using it as meter" in text_of(client, "/devices")

    answer = client.post("/devices/stop", data={"zone": "home", "role": "meter", "id": "METER1"}, headers=SAID)

    words = "Living room is no longer the meter of Home. Nothing is switched there until another one is chosen."
    assert answer.json == {"message": words, "tone": "ok"}
    assert home.desk.document["meter_device_id"] == ""
    page = text_of(client, "/devices")
    assert "Stop using it as meter" not in page
    assert "Use as meter" in page


def test_one_zone_gives_back_and_the_others_keep_theirs() -> None:
    home = a_home(zones=[{"id": "up", "name": "Up"}, {"id": "down", "name": "Down"}])
    client = client_of(home)
    assert "Stop using it as meter (Up)" in text_of(client, "/devices")

    client.post("/devices/stop", data={"zone": "up", "role": "meter", "id": "METER1"})

    assert home.desk.document["zones"] == [
        {"id": "up", "name": "Up", "meter_device_id": ""},
        {"id": "down", "name": "Down"},
    ]
    assert home.desk.document["meter_device_id"] == "METER1"


def test_what_the_virtual_home_lends_is_not_there_to_be_given_back() -> None:
    home = a_home(meter_device_id="")
    client = client_of(home)
    lent = home.desk.current.with_devices(meter=lambda _: "METER1", aircon=lambda _: "AC1", outdoor=lambda _: "")  # type: ignore[union-attr]
    client.application.extensions["dashboard"] = replace(home.service(), furnished=lambda: lent)

    page = text_of(client, "/devices")
    assert "In use as meter" in page
    assert "Stop using it as meter" not in page
    assert client.post("/devices/stop", data={"zone": "home", "role": "meter", "id": "METER1"}).status_code == 422
    answer = client.post("/devices/stop", data={"zone": "home", "role": "aircon", "id": "AC1"}, headers=SAID)
    assert answer.json["message"].endswith("The virtual home lends it Salon.")


@pytest.mark.parametrize(
    "data",
    [
        {"zone": "home", "role": "meter", "id": "METER2"},
        {"zone": "home", "role": "meter", "id": ""},
        {"zone": "home", "role": "outdoor_meter", "id": ""},
        {"zone": "home", "role": "lamp", "id": "METER1"},
        {"zone": "cellar", "role": "meter", "id": "METER1"},
        {},
    ],
)
def test_what_is_not_in_use_cannot_be_given_back(data: dict[str, str]) -> None:
    home = a_home()
    before = home.desk.text
    assert client_of(home).post("/devices/stop", data=data).status_code == 422
    assert home.desk.text == before


@pytest.mark.parametrize(("language", "words"), [("en", "Off and stay off"), ("fr", "Arrêter durablement")])
def test_off_for_good_is_called_the_same_on_every_page(language: str, words: str) -> None:
    client = client_of(a_home())
    for path in ("/", "/actions"):
        assert words in text_of(client, path, Accept_Language=language)
