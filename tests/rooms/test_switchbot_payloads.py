"""The cloud's lists as values."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchbot_dashboard.domain.errors import NotUnderstood
from switchbot_dashboard.switchbot.payloads import catalogue

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_devices_and_remotes_are_told_apart():
    meter = {
        "deviceId": "M1",
        "deviceName": "Salon",
        "deviceType": "Meter",
        "hubDeviceId": "H1",
        "enableCloudService": True,
    }
    remote = {"deviceId": "02-1", "deviceName": "Clim", "remoteType": "DIY Air Conditioner", "hubDeviceId": "H1"}
    found = catalogue({"deviceList": [meter], "infraredRemoteList": [remote]}, [], NOW)
    assert [(one.id, one.name, one.type, one.infrared, one.hub, one.cloud_enabled) for one in found.devices] == [
        ("M1", "Salon", "Meter", False, "H1", True),
        ("02-1", "Clim", "DIY Air Conditioner", True, "H1", None),
    ]
    assert found.device("M1").raw == meter
    assert found.fetched_at == NOW


@pytest.mark.parametrize("hub", ["000000000000", "", None])
def test_a_device_without_a_hub_has_none_however_it_is_worded(hub):
    found = catalogue({"deviceList": [{"deviceId": "M1", "hubDeviceId": hub}]}, [], NOW)
    assert (found.devices[0].hub, found.devices[0].type, found.devices[0].name) == ("", "", "M1")


def test_bad_items_are_passed_over_and_the_rest_is_kept():
    devices = {
        "deviceList": [None, 7, {}, {"deviceId": 5}, {"deviceId": "M1"}, {"deviceId": "M1"}],
        "infraredRemoteList": None,
    }
    scenes = [None, {"sceneName": "x"}, {"sceneId": "T1", "sceneName": "Evening"}, {"sceneId": "T2"}]
    found = catalogue(devices, scenes, NOW)
    assert [one.id for one in found.devices] == ["M1"]
    assert found.scenes == {"T1": "Evening", "T2": "T2"}


def test_an_answer_without_any_list_is_not_an_empty_account():
    with pytest.raises(NotUnderstood):
        catalogue({}, [], NOW)
    assert catalogue({"deviceList": [], "infraredRemoteList": []}, [], NOW).devices == ()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["deviceId", "sceneId", "hubDeviceId"]), inner)
    ),
    max_leaves=8,
)


@given(st.lists(ANYTHING, max_size=5), st.lists(ANYTHING, max_size=5))
def test_no_list_whatever_breaks_the_catalogue(devices, scenes):
    catalogue({"deviceList": devices, "infraredRemoteList": devices}, scenes, NOW)
