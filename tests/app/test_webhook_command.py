"""`webhook` on the command line, against a stand-in of the cloud: whose webhook it is, and what is never put out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.cloud_faults import METER, code
from support.standin import StandIn

from switchbot_dashboard.cli import main

PUBLIC = "https://home.example:8443"
ROUTE = "/webhook/switchbot/"
OTHER = "https://other.example/hooks/its-own-secret?key=1"


class Account:
    """A data folder with its environment, and the account behind it."""

    def __init__(self, folder: Path, cloud: StandIn) -> None:
        self.cloud, self.data = cloud, folder / "data"
        (folder / "settings.json").write_text(json.dumps({"meter_device_id": METER}), encoding="utf-8")
        self.env = {
            "SWITCHBOT_TOKEN": cloud.token,
            "SWITCHBOT_SECRET": cloud.secret,
            "SWITCHBOT_API_BASE_URL": cloud.url,
            "SWITCHBOT_DATA_DIR": str(self.data),
            "SWITCHBOT_SETTINGS_PATH": str(folder / "settings.json"),
            "PUBLIC_URL": PUBLIC,
        }

    def run(self, *arguments: str, **env: str) -> Result:
        """A `webhook` command."""
        result = CliRunner().invoke(main, ["webhook", *arguments], env={**self.env, **env})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        for said in (result.output, result.stderr):
            assert self.secret is None or self.secret not in said
            assert "its-own-secret" not in said
            assert self.cloud.token not in said
        return result

    def told(self, *arguments: str) -> dict[str, Any]:
        """What a command says in JSON."""
        found: dict[str, Any] = json.loads(self.run(*arguments, "--json").stdout)
        return found

    @property
    def secret(self) -> str | None:
        file = self.data / "webhook.secret"
        return file.read_text(encoding="ascii").strip() if file.exists() else None

    @property
    def url(self) -> str:
        return f"{PUBLIC}{ROUTE}{self.secret}"

    @property
    def asked(self) -> list[str]:
        """What the cloud was asked, by verb."""
        return [entry.target for entry in self.cloud.seen("webhook")]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with StandIn() as cloud:
        yield Account(tmp_path, cloud)


def test_setting_up_makes_a_secret_and_tells_the_cloud(account: Account):
    result = account.run("setup")
    assert result.exit_code == 0, result.output
    assert account.cloud.hooks == {account.url: True}
    assert account.asked == ["queryWebhook", "setupWebhook"]


def test_setting_up_again_changes_nothing(account: Account):
    account.run("setup")
    secret = account.secret
    assert account.told("setup")["changed"] is False
    assert account.secret == secret
    assert account.asked.count("setupWebhook") == 1


def test_another_programs_webhook_stays_without_take_over(account: Account):
    account.cloud.hooks = {OTHER: True}
    result = account.run("setup")
    assert result.exit_code == 1
    assert "other.example" in result.stderr
    assert "--take-over" in result.stderr
    assert account.cloud.hooks == {OTHER: True}
    assert set(account.asked) == {"queryWebhook"}


def test_take_over_replaces_another_programs_webhook(account: Account):
    account.cloud.hooks = {OTHER: True}
    assert account.run("setup", "--take-over").exit_code == 0
    assert account.cloud.hooks == {account.url: True}


def test_a_take_over_that_fails_gives_the_other_its_webhook_back(account: Account):
    account.cloud.hooks = {OTHER: True}
    account.cloud.misbehave("webhook", code(190, "internal"), times=1, device="setupWebhook")
    assert account.run("setup", "--take-over").exit_code == 1
    assert account.cloud.hooks == {OTHER: True}


def test_our_own_address_with_an_older_secret_is_replaced_without_asking(account: Account):
    account.cloud.hooks = {f"{PUBLIC}{ROUTE}older": True}
    assert account.told("status")["state"] == "outdated"
    assert account.run("setup").exit_code == 0
    assert account.cloud.hooks == {account.url: True}


def test_an_address_that_only_begins_like_ours_is_another_programs(account: Account):
    account.cloud.hooks = {f"{PUBLIC}.evil.example{ROUTE}x": True}
    assert account.run("setup").exit_code == 1


def test_one_that_is_off_is_switched_on(account: Account):
    account.run("setup")
    account.cloud.hooks[account.url] = False
    assert account.told("setup")["changed"] is True
    assert account.cloud.hooks == {account.url: True}


def test_a_webhook_that_someone_sets_in_between_is_not_put_out(account: Account):
    account.cloud.misbehave("webhook", code(190, "webhook is exist"), device="setupWebhook")
    result = account.run("setup")
    assert result.exit_code == 1
    assert "already has a webhook" in result.stderr


@pytest.mark.parametrize("verb", ["setup", "rotate"])
def test_without_a_public_address_it_says_what_to_set(account: Account, verb: str):
    result = account.run(verb, PUBLIC_URL="")
    assert result.exit_code == 2
    assert "PUBLIC_URL" in result.stderr
    assert account.asked == []


def test_status_tells_whose_webhook_it_is(account: Account):
    assert account.told("status")["state"] == "none"
    assert "no webhook" in account.run("status").stdout
    account.run("setup")
    told = account.told("status")
    assert (told["state"], told["enabled"], told["created_at"]) == ("ours", True, "2023-11-14T22:13:20Z")
    assert told["url"] == f"{PUBLIC}{ROUTE}…"
    account.cloud.hooks = {OTHER: True}
    assert account.told("status")["state"] == "other"
    assert "another program" in account.run("status").stdout


def test_removing_leaves_nothing_of_ours(account: Account):
    account.run("setup")
    assert account.run("remove").exit_code == 0
    assert account.cloud.hooks == {}
    assert account.secret is None
    assert account.told("remove")["changed"] is False


def test_removing_leaves_another_programs_webhook_alone(account: Account):
    account.cloud.hooks = {OTHER: True}
    assert account.run("remove").exit_code == 1
    assert account.cloud.hooks == {OTHER: True}


def test_a_new_secret_closes_the_old_address(account: Account):
    account.run("setup")
    old = account.url
    assert account.run("rotate").exit_code == 0
    assert account.url != old
    assert account.cloud.hooks == {account.url: True}


def test_a_new_secret_that_the_cloud_refuses_leaves_all_as_it_was(account: Account):
    account.run("setup")
    old = account.url
    account.cloud.misbehave("webhook", code(190, "internal"), times=1, device="setupWebhook")
    assert account.run("rotate").exit_code == 1
    assert account.url == old
    assert account.cloud.hooks == {old: True}


def test_a_new_secret_does_not_touch_another_programs_webhook(account: Account):
    account.cloud.hooks = {OTHER: True}
    assert account.told("rotate")["state"] == "other"
    assert account.cloud.hooks == {OTHER: True}


def test_a_plain_http_address_is_warned_about(account: Account):
    assert "not https" in account.run("setup", PUBLIC_URL="http://home.example").stderr


def test_what_the_cloud_refuses_is_one_sentence(account: Account):
    account.cloud.misbehave("webhook", code(190, "daily limit"))
    result = account.run("status")
    assert result.exit_code == 1
    assert "used up" in result.stderr


def test_each_call_is_written_into_the_ledger(account: Account):
    from switchbot_dashboard.app import Dashboard
    from switchbot_dashboard.config import read_config

    account.run("setup")
    dashboard = Dashboard(read_config(account.env), role="command")
    spent = dashboard.queries.calls_of_day(dashboard.clock())
    dashboard.engine.dispose()
    assert spent == {"catalogue": 2}


@pytest.mark.parametrize("verb", ["setup", "status", "remove", "rotate"])
def test_the_virtual_home_has_nothing_to_set_up(account: Account, verb: str):
    nothing = {"SWITCHBOT_TOKEN": "", "SWITCHBOT_SECRET": ""}
    result = account.run(verb, **nothing)
    assert result.exit_code == 0
    assert "nothing to set up" in result.stdout
    assert json.loads(account.run(verb, "--json", **nothing).stdout)["state"] == "virtual_home"
