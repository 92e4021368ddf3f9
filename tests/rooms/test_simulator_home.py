"""The virtual home behind the cloud's port: what it answers, when, and what it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import process_time

import pytest
from support.simulated import HEAT, OFF, Stage

from switchbot_dashboard.domain.errors import Refused, Unreachable
from switchbot_dashboard.domain.record import Call, Catalogue, Step
from switchbot_dashboard.simulator import (
    AIRCON_ID,
    DIY_AIRCON_ID,
    METER_ID,
    OUTDOOR_METER_ID,
    PLUG_ID,
    Kind,
    MemoryWorld,
    RoomSpec,
    VirtualHome,
    aircon_id_for,
    meter_id_for,
)
from switchbot_dashboard.tick.ports import Devices, Dispatch


def test_the_home_fits_the_port_of_the_cloud() -> None:
    devices: Devices = Stage().home
    assert devices.spent() == []


def test_a_meter_answers_in_the_shape_of_the_cloud() -> None:
    body = Stage().body()
    assert set(body) == {"deviceId", "deviceType", "hubDeviceId", "temperature", "humidity", "battery", "version"}
    assert (body["deviceId"], body["deviceType"]) == (METER_ID, "Meter")
    assert body["temperature"] == round(body["temperature"], 1)
    assert isinstance(body["humidity"], int)
    assert 1 <= body["humidity"] <= 99


def test_the_copy_in_the_cloud_moves_every_one_to_four_minutes() -> None:
    stage, moved = Stage(), []
    stage.sure()
    stage.home.open_window("home", stage.now + timedelta(days=1))  # fast enough to move with every upload
    before = stage.body()["temperature"]
    for _ in range(1200):
        stage.later(seconds=5)
        if (shown := stage.body()["temperature"]) != before:
            moved.append(stage.now)
            before = shown
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(moved)]
    assert min(gaps) >= 55
    assert sorted(gaps)[len(gaps) // 2] <= 240


def test_the_meter_lags_and_rounds_and_errs_a_little() -> None:
    stage, errors = Stage(), []
    for _ in range(300):
        true = stage.later(minutes=3).home.room("home").temperature
        errors.append(abs(stage.body()["temperature"] - true))
    assert 0.01 < max(errors) < 0.3
    assert sum(errors) / len(errors) < 0.08


def test_the_battery_falls_in_steps_and_is_changed_in_time() -> None:
    stage = Stage()
    seen = {stage.later(days=20).body()["battery"] for _ in range(40)}
    assert seen == {100, 60}


def test_looking_more_often_changes_nothing() -> None:
    often, seldom = Stage(), Stage()
    for stage in (often, seldom):
        stage.body()
        stage.order()
    for _ in range(360):
        often.later(seconds=20).body()
    seldom.later(hours=2)
    assert often.body() == seldom.body()


def test_the_same_seed_lives_the_same_days_and_another_seed_others() -> None:
    def days(seed: int) -> list[object]:
        stage = Stage(seed=seed)
        return [stage.later(minutes=20).body()["temperature"] for _ in range(144)]

    assert days(4) == days(4)
    assert days(4) != days(5)


def test_an_order_to_heat_warms_the_room_and_off_lets_it_cool() -> None:
    stage = Stage()
    start = stage.body()["temperature"]
    stage.sure(HEAT)
    warm = stage.later(hours=1).body()["temperature"]
    stage.sure(OFF)
    assert warm > start + 1
    assert stage.later(hours=2).body()["temperature"] < warm - 1


def test_some_infrared_is_lost_and_most_is_not() -> None:
    stage, heard = Stage(), 0
    for turn in range(600):
        stage.later(minutes=1).order(OFF if turn % 2 else HEAT)
        heard += stage.home.room("home").unit.power is (turn % 2 == 0)
    assert 570 <= heard < 600


def test_an_infrared_remote_has_no_status_and_an_unknown_id_no_device() -> None:
    stage = Stage()
    for device, code in ((AIRCON_ID, "190"), ("NOBODY", "152")):
        answer = stage.look(device)
        assert isinstance(answer, Refused)
        assert answer.code == code
    assert stage.step(Step(device="NOBODY", command="turnOn")).code == "152"


def test_commands_that_a_device_does_not_know_are_refused() -> None:
    stage = Stage(zones=[("home", "Home", METER_ID, DIY_AIRCON_ID)])
    assert stage.order(device=DIY_AIRCON_ID).code == "160"
    assert stage.step(Step(device=METER_ID, command="turnOn")).code == "160"
    assert stage.step(Step(device=PLUG_ID, command="setAll", parameter=HEAT)).code == "160"
    assert Stage().order("23,5,3").code == "190"


def test_a_diy_remote_changes_the_power_over_whatever_was_meant() -> None:
    stage = Stage(zones=[("home", "Home", METER_ID, DIY_AIRCON_ID)], faults="infrared_loss=0")
    seen = []
    for command in ("turnOn", "turnOn", "turnOff"):
        stage.step(Step(device=DIY_AIRCON_ID, command=command))
        seen.append(stage.home.room("home").unit.power)
    assert seen == [True, False, True]


def test_a_plug_tells_power_and_minutes_of_the_day() -> None:
    stage = Stage(zones=[("home", "Home", METER_ID, PLUG_ID)])
    stage.step(Step(device=PLUG_ID, command="turnOn"))
    body = stage.later(minutes=30).body(PLUG_ID)
    assert (body["power"], body["weight"], body["electricityOfDay"]) == ("on", 800.0, 30)
    stage.step(Step(device=PLUG_ID, command="turnOff"))
    body = stage.later(minutes=30).body(PLUG_ID)
    assert (body["power"], body["weight"], body["electricityOfDay"]) == ("off", 0.0, 30)


def test_scenes_do_what_they_say_and_unknown_ones_are_accepted_in_silence() -> None:
    stage = Stage(faults="infrared_loss=0")
    scenes = {name: scene for scene, name in stage.home.catalogue(stage.until).scenes.items()}
    assert stage.step(Step(scene=scenes["Home summer"])).ok
    assert (stage.home.room("home").unit.mode, stage.home.room("home").unit.set_point) == (2, 24.0)
    assert stage.step(Step(scene=scenes["Home off"])).ok
    before = stage.home.room("home").unit
    assert not before.power
    assert stage.step(Step(scene="T02-of-nobody")).ok
    assert stage.home.room("home").unit == before


def test_scene_ids_of_the_settings_can_be_given_to_a_room() -> None:
    room = RoomSpec("home", "Home", METER_ID, AIRCON_ID, scenes={"winter": "T02-MINE", "fan": ""})
    stage = Stage()
    home = VirtualHome([room], lambda: stage.now, infrared_loss=0)
    assert list(home.catalogue(stage.until).scenes) == ["T02-MINE"]
    assert home.send([Dispatch(Step(scene="T02-MINE"), stage.now)], stage.until)[0].ok
    assert home.room("home").unit.power


def test_the_catalogue_lists_the_house_in_the_terms_of_the_cloud() -> None:
    stage = Stage(zones=[("home", "Home", "AABBCC", "02-2020"), ("attic", "Attic", "DDEEFF", "02-2021")])
    found = stage.home.catalogue(stage.until)
    assert isinstance(found, Catalogue)
    meter, remote, plug = found.device("AABBCC"), found.device("02-2021"), found.device(PLUG_ID)
    assert None not in (meter, remote, plug)
    assert (meter.type, meter.infrared, meter.raw["deviceType"]) == ("Meter", False, "Meter")
    assert (remote.type, remote.infrared, remote.raw["remoteType"]) == ("Air Conditioner", True, "Air Conditioner")
    assert "deviceType" not in remote.raw
    assert plug.type.startswith("Plug")
    assert found.fetched_at == stage.now
    assert all(not isinstance(stage.look(device.id), Refused) for device in found.devices if not device.infrared)


def test_every_call_is_counted_once_and_handed_over_once() -> None:
    stage = Stage()
    hour = int(stage.now.timestamp() // 3600)
    stage.home.read([METER_ID, OUTDOOR_METER_ID, AIRCON_ID], stage.until)
    stage.order()
    stage.step(Step(scene="T02-of-nobody"))
    stage.home.catalogue(stage.until)
    assert set(stage.home.spent()) == {
        Call(hour, "read", "status", 3),
        Call(hour, "command", "commands", 1),
        Call(hour, "command", "scene", 1),
        Call(hour, "catalogue", "devices", 1),
        Call(hour, "catalogue", "scenes", 1),
    }
    assert stage.home.spent() == []


def test_a_step_leaves_at_its_instant_and_not_before() -> None:
    stage = Stage(faults="infrared_loss=0")
    edge = stage.now + timedelta(seconds=10)
    (receipt,) = stage.home.send([Dispatch(Step(device=AIRCON_ID, command="turnOn"), edge)], stage.until)
    assert receipt.sent_at == edge


def test_a_home_in_real_time_waits_for_the_instant() -> None:
    stage = Stage()
    stage.home = VirtualHome.for_zones(stage.zones, lambda: stage.now, sleep=lambda s: stage.later(seconds=s))
    edge, until = stage.now + timedelta(seconds=10), stage.until
    (receipt,) = stage.home.send([Dispatch(Step(device=AIRCON_ID, command="turnOn"), edge)], until)
    assert receipt.sent_at == stage.now == edge


def test_a_wait_that_is_broken_off_sends_nothing() -> None:
    stage = Stage(sleep=lambda seconds: None)
    edge = stage.now + timedelta(seconds=10)
    (receipt,) = stage.home.send([Dispatch(Step(device=AIRCON_ID, command="turnOn"), edge)], stage.until)
    assert (receipt.ok, receipt.unknown) == (False, False)
    assert stage.home.spent() == []


def test_what_cannot_be_asked_in_time_is_unreachable_and_costs_nothing() -> None:
    stage = Stage()
    assert isinstance(stage.home.read([METER_ID], stage.now)[METER_ID], Unreachable)
    assert isinstance(stage.home.catalogue(stage.now), Unreachable)
    late = Dispatch(Step(device=AIRCON_ID, command="turnOn"), stage.now + timedelta(minutes=1))
    assert not stage.home.send([late], stage.until)[0].ok
    assert stage.home.spent() == []


def test_an_open_window_is_felt_until_it_closes() -> None:
    stage, quiet = Stage(), Stage()
    stage.home.open_window("home", stage.now + timedelta(minutes=20))
    aired, left = (each.later(minutes=20).home.room("home").temperature for each in (stage, quiet))
    assert aired < left - 3
    with pytest.raises(KeyError):
        stage.home.open_window("cellar", stage.now)


def test_every_zone_has_its_own_room_whatever_its_ids() -> None:
    zones = [(zone, zone, meter_id_for(zone), aircon_id_for(zone)) for zone in ("home", "Büro", "büro", "b ro")]
    stage = Stage(zones=zones, faults="infrared_loss=0")
    assert len({meter for _, _, meter, _ in zones}) == len({aircon for *_, aircon in zones}) == 4
    assert all(len(name) <= 50 and all(c.isalnum() or c in ":-" for c in name) for *_, m, a in zones for name in (m, a))
    stage.order(device=zones[1][3])
    assert [stage.home.room(zone).unit.power for zone, *_ in zones] == [False, True, False, False]


def test_a_zone_without_devices_has_none_in_the_account() -> None:
    stage = Stage(zones=[("home", "Home", "", "")])
    assert {device.id for device in stage.home.catalogue(stage.until).devices} >= {PLUG_ID, OUTDOOR_METER_ID}
    assert isinstance(stage.look(""), Refused)


def test_a_room_keeps_its_state_when_the_house_is_furnished_anew() -> None:
    stage = Stage()
    stage.sure()
    stage.home.furnish([RoomSpec("home", "Home", "AABBCC", PLUG_ID, Kind.PLUG)])
    assert stage.home.room("home").unit.power
    assert stage.body("AABBCC")["deviceId"] == "AABBCC"
    assert isinstance(stage.look(METER_ID), Refused)


def test_the_house_keeps_its_state_in_the_world_it_was_given() -> None:
    worlds = MemoryWorld()
    first = Stage(worlds=worlds)
    first.sure()
    assert Stage(worlds=worlds, start=first.now).home.room("home").unit.power


def test_the_outdoor_meter_shows_the_weather() -> None:
    stage = Stage(weather=lambda at: (-7.25, 91.4), start=datetime(2026, 7, 1, tzinfo=UTC))
    body = stage.body(OUTDOOR_METER_ID)
    assert body["deviceType"] == "WoIOSensor"
    assert body["temperature"] == pytest.approx(-7.25, abs=0.16)
    assert body["humidity"] == 91


def test_a_week_on_a_pretend_clock_takes_less_than_a_second() -> None:
    stage = Stage()
    began = process_time()
    for _ in range(7 * 144):
        stage.later(minutes=10).home.read([METER_ID, OUTDOOR_METER_ID], stage.until)
    assert process_time() - began < 1.0
