"""Each kind of trouble through the real tick on a pretend clock: raised after its patience, over by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from support.alerting import ANNA, BEN, Watched, meter
from support.databases import a_database
from support.heated import taught
from support.pretend import Home, at, settings

from switchbot_dashboard.alerts.rules import FailingChannel, Upkeep
from switchbot_dashboard.domain.alert import Alert, Kind, Severity, State
from switchbot_dashboard.domain.record import Receipt
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.simulator.faults import error_of, spoil

MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with a_database() as found:
        yield found


@pytest.fixture
def watched(engine: Engine) -> Watched:
    """A home at noon with one good reading."""
    found = Watched(engine, Home("2026-01-05 12:00"))
    found.step()
    return found


def active(watched: Watched, kind: Kind) -> Alert:
    """The alert of a kind, which must be active."""
    found = watched.open(kind)
    assert found is not None, kind
    assert found.state is State.ACTIVE, found
    return found


def test_nothing_is_wrong_in_a_home_that_is_well(watched: Watched) -> None:
    watched.go_on(every=15, hours=26)
    assert watched.rows.standing() == []
    assert watched.post.handed == 0


def test_a_temperature_out_of_bounds_is_told_after_half_an_hour_and_ends_when_it_is_well_inside(
    watched: Watched,
) -> None:
    watched.home.cloud.temperature = meter(9.8)
    watched.step(minutes=5)
    pending = watched.open(Kind.TEMPERATURE)
    assert pending is not None
    assert pending.state is State.PENDING
    assert watched.told() == []
    watched.go_on(minutes=30)
    found = active(watched, Kind.TEMPERATURE)
    assert (found.severity, found.first_seen) == (Severity.WARNING, pending.first_seen)
    assert found.sentence.text().startswith("It is 9.8 °C (at 12:35): colder than the 10 °C")
    assert watched.told(BEN) == ["Temperature out of bounds"]

    watched.home.cloud.temperature = meter(4.9)
    watched.step(minutes=5)
    assert active(watched, Kind.TEMPERATURE).severity is Severity.CRITICAL
    assert [draft.breaks_quiet for draft in watched.post.kept.values() if draft.recipient == BEN.id] == [False, True]

    watched.home.cloud.temperature = meter(10.2)  # inside, but only just
    watched.go_on(minutes=60)
    assert active(watched, Kind.TEMPERATURE)
    watched.home.cloud.temperature = meter(10.5)
    assert watched.step(minutes=5).resolved == 1
    assert watched.told(BEN)[-1] == "Over: Temperature out of bounds"


def test_too_warm_is_told_with_the_upper_bound(watched: Watched) -> None:
    watched.home.cloud.temperature = meter(33.0)
    watched.go_on(minutes=35)
    assert "warmer than the 32 °C" in active(watched, Kind.TEMPERATURE).sentence.text()


def test_damp_air_is_told_and_ends_three_percent_inside(watched: Watched) -> None:
    watched.home.cloud.temperature = meter(humidity=80)
    watched.go_on(minutes=35)
    assert "80 % of humidity" in active(watched, Kind.HUMIDITY).sentence.text()
    watched.home.cloud.temperature = meter(humidity=73)
    watched.go_on(minutes=10)
    assert active(watched, Kind.HUMIDITY)
    watched.home.cloud.temperature = meter(humidity=72)
    watched.step(minutes=5)
    assert watched.open(Kind.HUMIDITY) is None


def test_a_value_that_was_out_of_bounds_for_less_than_its_patience_leaves_no_trace(watched: Watched) -> None:
    watched.home.cloud.temperature = meter(8.0)
    watched.go_on(minutes=25)
    watched.home.cloud.temperature = meter(21.0)
    watched.step(minutes=5)
    assert watched.rows.standing() == []
    assert watched.over(Kind.TEMPERATURE) == []


def test_a_silent_meter_is_told_once_its_reading_is_too_old_and_keeps_what_was_wrong_before(watched: Watched) -> None:
    watched.home.cloud.temperature = meter(8.0)
    watched.go_on(minutes=35)
    watched.home.cloud.temperature = error_of("timeout", watched.home.time, command=False)
    watched.go_on(minutes=60)
    assert watched.open(Kind.METER_STALE) is None
    watched.step(minutes=5)
    found = active(watched, Kind.METER_STALE)
    assert "The meter's last reading is from Mon 12:35, more than 60 min ago" in found.sentence.text()
    assert active(watched, Kind.TEMPERATURE)  # nobody knows that it is over
    watched.home.cloud.temperature = meter(21.0)
    watched.step(minutes=5)
    assert watched.open(Kind.METER_STALE) is None
    assert watched.open(Kind.TEMPERATURE) is None


@pytest.mark.parametrize(("fault", "words"), [("171", "The meter's hub"), ("offline", "The meter has not answered")])
def test_a_device_that_is_away_is_told_after_ten_minutes_and_not_when_it_comes_back_at_once(
    watched: Watched, fault: str, words: str
) -> None:
    away = error_of(fault, watched.home.time, command=False)
    watched.home.cloud.temperature = away
    watched.step(minutes=5)
    watched.home.cloud.temperature = meter()
    watched.step(minutes=5)
    assert watched.rows.standing() == []
    watched.home.cloud.temperature = away
    watched.go_on(minutes=15)
    assert words in active(watched, Kind.DEVICE_OFFLINE).sentence.text()
    assert watched.open(Kind.CLOUD_FAILING) is None  # one trouble, one alert
    watched.home.cloud.temperature = meter()
    watched.step(minutes=5)
    assert active(watched, Kind.DEVICE_OFFLINE)  # it may go again
    watched.step(minutes=5)
    assert watched.open(Kind.DEVICE_OFFLINE) is None


def test_a_weak_battery_is_shown_then_told_at_half_of_the_bound(watched: Watched) -> None:
    watched.home.cloud.temperature = meter(battery=20)
    watched.step(minutes=5)
    assert active(watched, Kind.BATTERY_LOW).severity is Severity.INFO
    assert watched.told() == []
    watched.home.cloud.temperature = meter(battery=10)
    watched.step(minutes=5)
    assert active(watched, Kind.BATTERY_LOW).severity is Severity.WARNING
    assert watched.told() == ["Battery low"]
    watched.home.cloud.temperature = meter(battery=24)
    watched.step(minutes=5)
    assert active(watched, Kind.BATTERY_LOW)
    watched.home.cloud.temperature = meter(battery=100)
    watched.step(minutes=5)
    assert watched.open(Kind.BATTERY_LOW) is None


def test_five_failed_looks_in_a_row_are_told_and_end_ten_minutes_after_the_last(watched: Watched) -> None:
    watched.home.cloud.temperature = error_of("500", watched.home.time, command=False)
    watched.go_on(minutes=20)
    assert watched.open(Kind.CLOUD_FAILING) is None
    watched.step(minutes=5)
    found = active(watched, Kind.CLOUD_FAILING)
    assert found.sentence.text().startswith("5 looks in a row have failed since Mon 12:05: The SwitchBot")
    watched.home.cloud.temperature = meter()
    watched.go_on(minutes=10)
    assert watched.open(Kind.CLOUD_FAILING) is None


def test_refused_credentials_are_critical_at_once(watched: Watched) -> None:
    watched.home.cloud.temperature = error_of("401", watched.home.time, command=False)
    watched.step(minutes=5)
    assert active(watched, Kind.CREDENTIALS_REFUSED).severity is Severity.CRITICAL
    watched.home.cloud.temperature = meter()
    watched.step(minutes=15)
    watched.step(minutes=5)
    assert watched.open(Kind.CREDENTIALS_REFUSED) is None


def test_figures_that_make_no_sense_end_in_a_silent_meter(watched: Watched) -> None:
    watched.home.cloud.temperature = spoil("zero", meter())
    watched.go_on(minutes=65)
    assert active(watched, Kind.METER_STALE)


def test_the_automation_is_told_when_it_has_been_off_for_a_day(watched: Watched) -> None:
    watched.home.settings = settings(automation_enabled=False)
    watched.go_on(every=30, hours=24)
    pending = watched.open(Kind.AUTOMATION_OFF)
    assert pending is not None
    assert pending.state is State.PENDING
    watched.step(minutes=30)
    assert "off for 24 h or more" in active(watched, Kind.AUTOMATION_OFF).sentence.text()
    watched.home.settings = settings()
    watched.step(minutes=5)
    assert watched.open(Kind.AUTOMATION_OFF) is None


def test_a_command_that_does_not_go_through_is_told_with_its_tries(engine: Engine) -> None:
    watched = Watched(engine, Home("2026-01-05 06:00"))
    watched.home.cloud.temperature = 18.0
    watched.home.cloud.refuse["setAll"] = Receipt(False, at("2026-01-05 06:30"), say("The hub is offline (171)"))
    watched.home.walk("2026-01-05 06:45")
    watched.alerts.generate()
    found = active(watched, Kind.COMMAND_WITHOUT_EFFECT)
    assert "did not go through in" in found.sentence.text()
    watched.home.cloud.refuse.clear()
    watched.home.walk("2026-01-05 07:30")
    watched.alerts.generate()
    assert watched.open(Kind.COMMAND_WITHOUT_EFFECT) is None


def test_a_unit_that_does_not_hear_is_told(engine: Engine) -> None:
    home = taught()
    watched = Watched(engine, home)
    home.cloud.deaf = True
    home.walk("2026-01-07 08:29")
    watched.alerts.generate()
    assert "The room does not get warmer" in active(watched, Kind.COMMAND_WITHOUT_EFFECT).sentence.text()
    home.cloud.deaf = False
    home.walk("2026-01-07 20:00")
    watched.alerts.generate()
    assert watched.open(Kind.COMMAND_WITHOUT_EFFECT) is None


def test_a_meter_that_stands_still_is_told(engine: Engine) -> None:
    home = taught()
    watched = Watched(engine, home)
    home.walk("2026-01-07 06:50")
    home.cloud.frozen_at = home.time
    home.walk("2026-01-07 09:00")
    watched.alerts.generate()
    assert "it is not believed" in active(watched, Kind.METER_FROZEN).sentence.text()
    home.cloud.thawed_at = home.time
    home.walk("2026-01-07 10:30")
    watched.alerts.generate()
    assert watched.open(Kind.METER_FROZEN) is None


def test_the_budget_is_one_alert_that_rises_and_ends_with_the_day(engine: Engine) -> None:
    keys = {"api_daily_limit": 200, "api_reserved_for_commands": 10, "api_quota_warning_threshold": 5}
    quiet = {"time_windows": [], "adaptive_polling_enabled": True, "idle_poll_interval_seconds": 86400}
    watched = Watched(engine, Home("2026-01-05 12:00", **keys, **quiet))
    severities: list[Severity] = []
    for _look in range(220):
        watched.step(minutes=1)
        found = watched.open(Kind.CALL_BUDGET)
        if found is not None and found.severity not in severities:
            severities.append(found.severity)
            assert found.state is State.ACTIVE
    assert severities == [Severity.INFO, Severity.WARNING, Severity.CRITICAL]
    assert watched.told(BEN) == []  # the settings are not his to change
    assert watched.told(ANNA)[:2] == ["The day's calls run short", "The day's calls run short"]
    assert len(watched.rows.standing()) == 1
    watched.home.time = at("2026-01-06 23:30")
    watched.step()
    assert watched.open(Kind.CALL_BUDGET) is None


def test_a_day_that_would_run_out_by_its_intervals_is_told_after_a_quarter_of_an_hour(engine: Engine) -> None:
    keys = {"api_daily_limit": 600, "api_reserved_for_commands": 100, "adaptive_polling_enabled": False}
    watched = Watched(engine, Home("2026-01-05 01:00", **keys))
    watched.go_on(minutes=20)
    found = active(watched, Kind.CALL_BUDGET)
    assert found.severity is Severity.WARNING
    assert "500 are allowed: readings are made less often" in found.sentence.text()


def test_maintenance_is_shown_a_week_ahead_and_told_by_its_reminder_alone(watched: Watched) -> None:
    watched.upkeep = [Upkeep(7, "Clean the filter", watched.home.time + timedelta(days=8))]
    watched.step()
    assert watched.open(Kind.MAINTENANCE_DUE) is None
    watched.step(days=1)
    assert active(watched, Kind.MAINTENANCE_DUE).severity is Severity.INFO
    watched.step(days=7)
    found = active(watched, Kind.MAINTENANCE_DUE)
    assert (found.severity, found.subject) == (Severity.WARNING, "reminder:7")
    assert watched.told() == []
    watched.upkeep = ()
    watched.step(minutes=5)
    assert watched.over(Kind.MAINTENANCE_DUE)


def test_a_channel_that_fails_and_the_mail_settings_are_told_to_administrators(watched: Watched) -> None:
    why = say("The server says that this address does not exist.")
    watched.channels = [FailingChannel(3, "Ben", why), FailingChannel(0, "", say("The password is refused."))]
    watched.step(minutes=5)
    told = {alert.subject: alert.sentence.text() for alert in watched.rows.standing()}
    assert told == {
        "channel:3": "Nothing is sent to a channel of Ben: The server says that this address does not exist.",
        "mail": "Mail cannot be sent to anyone: The password is refused.",
    }
    assert (watched.told(ANNA), watched.told(BEN)) == (["Messages do not arrive"] * 2, [])
    watched.channels = ()
    assert watched.step(minutes=5).resolved == 2


def test_a_mistake_in_the_settings_is_told_after_five_minutes_and_at_once_where_nothing_is_driven(
    watched: Watched,
) -> None:
    watched.home.cloud.temperature = meter(8.0)
    watched.go_on(minutes=35)
    watched.fault = say("mode is 'autumn'; it must be winter or summer.")
    watched.step(minutes=1)
    pending = watched.open(Kind.SETTINGS_INVALID)
    assert pending is not None
    assert pending.state is State.PENDING
    watched.step(minutes=5)
    assert active(watched, Kind.SETTINGS_INVALID).severity is Severity.WARNING
    watched.home.settings = None
    watched.step(minutes=5)
    assert active(watched, Kind.SETTINGS_INVALID).severity is Severity.CRITICAL
    assert active(watched, Kind.TEMPERATURE)  # the zones are unknown, so what is open stays open
    watched.home.settings, watched.fault = settings(), None
    watched.step(minutes=5)
    assert watched.open(Kind.SETTINGS_INVALID) is None


def test_a_zone_is_named_where_there_are_several_and_its_alerts_end_with_it(watched: Watched) -> None:
    zones = [{"id": "home", "name": "Salon"}, {"id": "attic", "name": "Attic"}]
    watched.home.settings = settings(zones=zones)
    watched.home.cloud.temperature = meter(8.0)
    watched.go_on(minutes=35)
    told = sorted(alert.sentence.text() for alert in watched.rows.standing())
    assert [text.partition(":")[0] for text in told] == ["Attic", "Salon"]
    watched.home.settings = settings(zones=zones[:1])
    watched.step(minutes=5)
    assert [alert.subject for alert in watched.rows.standing()] == ["home"]
