"""The environment as Config: every variable, and what is said of one that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from switchbot_dashboard.config import Config, ConfigError, JobTime, is_loopback, read_config, start_refusal

KEY = "0123456789abcdef0123456789abcdef"


def fault_of(environ: Mapping[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        read_config(environ)
    return str(caught.value)


def test_an_empty_environment_is_the_virtual_home_on_loopback() -> None:
    config = read_config({})
    assert (config.source, config.host, config.port, config.web_threads) == ("virtual_home", "127.0.0.1", 8000, 8)
    assert config.database_url == "sqlite:///data/switchbot.db"
    assert (config.retry_attempts, config.retry_delay_seconds, config.timeout_seconds) == (2, 10.0, 15.0)
    assert config.weekly_report == JobTime()
    assert config.cleanup == JobTime()


def test_an_empty_variable_counts_as_absent() -> None:
    assert read_config({"SWITCHBOT_TOKEN": "", "PORT": " ", "DATABASE_URL": ""}) == read_config({})


def test_both_credentials_mean_the_cloud() -> None:
    config = read_config({"SWITCHBOT_TOKEN": "abc", "SWITCHBOT_SECRET": "def"})
    assert config.credentials
    assert config.source == "cloud"


@pytest.mark.parametrize(
    ("given", "missing"), [("SWITCHBOT_TOKEN", "SWITCHBOT_SECRET"), ("SWITCHBOT_SECRET", "SWITCHBOT_TOKEN")]
)
def test_half_the_credentials_are_refused(given: str, missing: str) -> None:
    fault = fault_of({given: "topsecret"})
    assert fault.startswith(missing)
    assert "accepted: both" in fault
    assert "topsecret" not in fault


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("PORT", "0", "1 to 65535"),
        ("PORT", "eighty", "1 to 65535"),
        ("PORT", "٣", "1 to 65535"),
        ("WEB_CONCURRENCY", "-1", "1 to 64"),
        ("SWITCHBOT_RETRY_ATTEMPTS", "0", "1 to 10"),
        ("SWITCHBOT_RETRY_DELAY_SECONDS", "nan", "0 to 300"),
        ("SWITCHBOT_TIMEOUT_SECONDS", "inf", "1 to 120"),
        ("SCHEDULER_ENABLED", "maybe", "true, 1, yes, on"),
        ("LOG_LEVEL", "loud", "debug, info"),
        ("LOG_FORMAT", "xml", "text, json"),
        ("PROXY_FIX_FOR", "eleven", "0 to 10"),
        ("SCHEDULER_CLEANUP_DAY", "someday", "mon, tue"),
        ("SCHEDULER_WEEKLY_REPORT_HOUR", "24", "0 to 23"),
        ("HOST", "not a host", "an address or name"),
        ("HOST", "127.0.0.1:8000", "without a port"),
        ("PUBLIC_URL", "home.example", "http:// or https://"),
    ],
)
def test_a_fault_names_variable_value_and_what_is_accepted(name: str, value: str, accepted: str) -> None:
    fault = fault_of({name: value})
    assert fault.startswith(f"{name} is {value!r}")
    assert accepted in fault
    assert "\n" not in fault


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DASHBOARD_PASSWORD", "hunter2"),
        ("DASHBOARD_API_TOKEN", "tooshortfortoken"),
        ("SECRETS_KEY", "shortkeyhere"),
        ("SWITCHBOT_TOKEN", "has a space"),
        ("DATABASE_URL", "mysql://root:pass@host/db"),
    ],
)
def test_a_secret_that_cannot_be_used_is_not_repeated(name: str, value: str) -> None:
    fault = fault_of({name: value})
    assert fault.startswith(f"{name} is ")
    assert value not in fault


def test_every_fault_is_kept_beside_the_first() -> None:
    with pytest.raises(ConfigError) as caught:
        read_config({"PORT": "x", "LOG_LEVEL": "y"})
    assert [line.split()[0] for line in caught.value.faults] == ["PORT", "LOG_LEVEL"]


@pytest.mark.parametrize("text", ["true", "1", "Yes", "ON"])
def test_a_switch_can_be_said_in_four_ways(text: str) -> None:
    assert read_config({"SCHEDULER_ENABLED": text}).scheduler_enabled


@pytest.mark.parametrize("text", ["false", "0", "No", "off"])
def test_a_switch_can_be_denied_in_four_ways(text: str) -> None:
    assert not read_config({"SCHEDULER_ENABLED": text}).scheduler_enabled


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:1/", "https://x.example/v"])
def test_plain_http_is_allowed_to_this_machine_alone(url: str) -> None:
    assert read_config({"SWITCHBOT_API_BASE_URL": url}).api_base_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://192.168.1.2", "http://127.0.0.1.example.com", "ftp://x", "https://u:p@x.example", "https://x:99999"]
)
def test_other_addresses_of_the_cloud_are_refused(url: str) -> None:
    assert fault_of({"SWITCHBOT_API_BASE_URL": url}).startswith("SWITCHBOT_API_BASE_URL is ")


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse battery\n")
    assert read_config({"DASHBOARD_PASSWORD_FILE": str(file)}).dashboard_password == "correct horse battery"


def test_a_missing_empty_or_doubled_secret_file_is_a_fault(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert "cannot be read" in fault_of({"SWITCHBOT_TOKEN_FILE": str(tmp_path / "none")})
    assert "is empty" in fault_of({"SECRETS_KEY_FILE": str(empty)})
    assert "together with" in fault_of({"SECRETS_KEY_FILE": str(empty), "SECRETS_KEY": KEY})


def test_the_key_is_read_under_its_older_name_and_two_that_differ_are_refused() -> None:
    assert read_config({"SMTP_ENCRYPTION_KEY": KEY}).secrets_key == KEY
    assert read_config({"SMTP_ENCRYPTION_KEY": KEY, "SECRETS_KEY": KEY}).secrets_key == KEY
    assert "differs from SMTP_ENCRYPTION_KEY" in fault_of({"SMTP_ENCRYPTION_KEY": KEY, "SECRETS_KEY": KEY + "x"})


def test_no_secret_shows_in_the_repr() -> None:
    secrets = {
        "SWITCHBOT_TOKEN": "tokentoken",
        "SWITCHBOT_SECRET": "secretsecret",
        "DASHBOARD_PASSWORD": "passwordpassword",
        "DASHBOARD_API_TOKEN": "a" * 40,
        "SECRETS_KEY": KEY,
        "DATABASE_URL": "postgresql://me:dbpass@host/db",
    }
    shown = repr(read_config(secrets))
    assert not any(value in shown for value in secrets.values())
    assert "dbpass" not in shown


def test_the_jobs_times_come_from_the_environment_where_it_states_them() -> None:
    config = read_config(
        {"SCHEDULER_WEEKLY_REPORT_ENABLED": "0", "SCHEDULER_CLEANUP_DAY": "*", "SCHEDULER_CLEANUP_MINUTE": "05"}
    )
    assert config.weekly_report == JobTime(enabled=False)
    assert config.cleanup == JobTime(day="*", minute=5)
    assert read_config({"SCHEDULER_CLEANUP_DAY": "Sunday"}).cleanup.day == "sun"


def test_the_virtual_home_on_loopback_needs_no_password() -> None:
    assert start_refusal(Config(), False) is None


def test_credentials_or_an_open_bind_need_someone_who_can_log_in() -> None:
    cloud = Config(token="a", secret="b")
    assert "DASHBOARD_PASSWORD" in (start_refusal(cloud, False) or "")
    assert "HOST is 0.0.0.0" in (start_refusal(Config(host="0.0.0.0"), False) or "")  # noqa: S104
    assert start_refusal(cloud, True) is None
    assert start_refusal(Config(host="::", dashboard_password="x" * 12), False) is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST", "::ffff:127.0.0.1"]
)
def test_these_hosts_are_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "localhost.example", "127.0.0.1.example", ""])  # noqa: S104
def test_these_hosts_are_not(host: str) -> None:
    assert not is_loopback(host)
