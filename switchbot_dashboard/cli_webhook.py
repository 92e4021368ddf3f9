"""The command about the account's one webhook: set it up, look at it, remove it, give it a new secret."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import click

from .config import ConfigError, read_config
from .domain.push import rhythm_of
from .domain.sentence import english_span

if TYPE_CHECKING:
    from .app import Dashboard
    from .switchbot.hooks import Hook, Hooks

ROUTE = "/webhook/switchbot/"
HIDDEN = "…"
VIRTUAL = "The virtual home runs: it has no account and needs no webhook, so there is nothing to set up."
NO_ADDRESS = (
    "PUBLIC_URL is not set, so the cloud cannot be told where to send events. Set it to the https:// address under "
    "which this dashboard can be reached from the internet, and run this again."
)


@dataclass(frozen=True)
class Desk:
    """What the commands work with. `base` is our address up to the secret, empty without PUBLIC_URL."""

    dashboard: Dashboard
    hooks: Hooks
    base: str

    @property
    def ours(self) -> str | None:
        """Our address as it stands now; None while there is no secret."""
        secret = self.dashboard.webhook_secret.current
        return self.base + secret if secret and self.base else None

    def shown(self, url: str) -> str:
        """An address as it may be shown: the path of anybody's webhook may hold a secret."""
        if self.base and url.startswith(self.base):
            return self.base + HIDDEN
        try:
            parts = urlsplit(url)
        except ValueError:
            return HIDDEN
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{HIDDEN}"

    def is_ours(self, url: str) -> bool:
        """Whether an address leads here, with this secret or an older one."""
        return bool(self.base) and url.startswith(self.base)


as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")


@click.group()
def webhook() -> None:
    """Let the cloud tell of new readings by itself: the account's one webhook."""


@webhook.command()
@click.option("--take-over", is_flag=True, help="Replace the webhook of another program, which then hears nothing.")
@as_json
def setup(take_over: bool, as_json: bool) -> None:
    """Have the cloud send its events here; 2 to 4 calls."""
    with _desk(as_json) as desk:
        url = _address(desk)
        if url.startswith("http://"):
            click.echo("Note: PUBLIC_URL is not https, so the secret travels in the open.", err=True)
        found = desk.hooks.urls()
        foreign = [one for one in found if not desk.is_ours(one)]
        if foreign and not take_over:
            _failed(
                f"The account's one webhook belongs to another program: {', '.join(map(desk.shown, foreign))}. Nothing "
                "was changed. With --take-over it is replaced, and that program hears nothing any more."
            )
        if list(found) == [url]:
            again = desk.hooks.details(url).enabled is False
            if again:
                desk.hooks.enable(url)
            words = "was set but off; it is on again" if again else "is set up already"
            _say(as_json, f"The webhook {words}: {desk.shown(url)}", state="ours", changed=again)
            return
        desk.hooks.replace(found, url)
        _say(as_json, f"The cloud sends its events to {desk.shown(url)} now.", state="ours", changed=True)


@webhook.command()
@as_json
def status(as_json: bool) -> None:
    """Tell whose webhook the account has, and which meters report; 1 or 2 calls."""
    with _desk(as_json) as desk:
        found = desk.hooks.urls()
        hook = desk.hooks.details(found[0]) if found else None
        state = "none" if hook is None else "ours" if hook.url == desk.ours else "other"
        if state == "other" and hook is not None and desk.is_ours(hook.url):
            state = "outdated"
        if as_json:
            _print(_status(desk, state, hook))
            return
        click.echo(_told(desk, state, hook))
        for line in _meters(desk):
            click.echo(line)


@webhook.command()
@as_json
def remove(as_json: bool) -> None:
    """Have the cloud send nothing here any more; 1 or 2 calls. Another program's webhook stays."""
    with _desk(as_json) as desk:
        found = desk.hooks.urls()
        mine = [url for url in found if url == desk.ours or desk.is_ours(url)]
        if found and not mine:
            shown = ", ".join(map(desk.shown, found))
            _failed(f"The account's webhook is not this dashboard's: {shown}. Nothing was changed.")
        for url in mine:
            desk.hooks.delete(url)
        desk.dashboard.webhook_secret.forget()
        words = "The webhook is removed." if mine else "The account has no webhook; there is nothing to remove."
        _say(as_json, words, state="none", changed=bool(mine))


@webhook.command()
@as_json
def rotate(as_json: bool) -> None:
    """Give the webhook a new secret; up to 3 calls. The old address is closed."""
    from .store.webhook_secret import new_secret

    with _desk(as_json) as desk:
        _address(desk)
        secret, found = new_secret(), desk.hooks.urls()
        mine = [url for url in found if desk.is_ours(url)]
        if mine:
            desk.hooks.replace(mine, desk.base + secret)
        desk.dashboard.webhook_secret.put(secret)
        if mine:
            words = "The webhook has a new secret, and the cloud knows it."
        else:
            words = "The secret is new. The account's webhook is not set up to come here: run `webhook setup`."
        _say(as_json, words, state="ours" if mine else "other" if found else "none", changed=True)


@contextlib.contextmanager
def _desk(as_json: bool) -> Iterator[Desk]:
    """The account's webhook, over the environment; what the cloud or the disk refuses is one line and status 1."""
    from .app import UNWELL, Dashboard, StoreTrouble
    from .domain.errors import CloudError
    from .logs import set_up_logs

    try:
        config = read_config(os.environ)
    except ConfigError as error:
        click.echo("\n".join(error.faults), err=True)
        raise SystemExit(2) from None
    set_up_logs("error", config.log_format)
    dashboard = Dashboard(config, role="command")
    hooks = dashboard.source.hooks
    try:
        if hooks is None:
            _say(as_json, VIRTUAL, state="virtual_home", changed=False)
            raise SystemExit(0)
        try:
            yield Desk(dashboard, hooks, config.public_url + ROUTE if config.public_url else "")
        finally:
            dashboard.queries.add_calls(dashboard.source.devices.spent())
    except CloudError as error:
        _failed(str(error))
    except StoreTrouble:
        _failed(str(UNWELL))
    except OSError as error:
        _failed(f"The webhook's secret cannot be kept in {config.data_dir}: {error.strerror or error}.")
    finally:
        dashboard.engine.dispose()


def _address(desk: Desk) -> str:
    """Our address with its secret, made now if need be. Ends with status 2 where nobody knows what it is."""
    if not desk.base:
        click.echo(NO_ADDRESS, err=True)
        raise SystemExit(2)
    return desk.base + desk.dashboard.webhook_secret.ensured()


def _told(desk: Desk, state: str, hook: Hook | None) -> str:
    if hook is None:
        return "The account has no webhook. `webhook setup` has the cloud send its events here."
    shown = desk.shown(hook.url)
    if state == "other":
        if not desk.base:
            return (
                f"The account's webhook is {shown}. Whether it is this dashboard's cannot be told without PUBLIC_URL."
            )
        return f"The account's webhook belongs to another program: {shown}."
    if state == "outdated":
        return f"The webhook comes here, but with an older secret, so nothing is let in: {shown}. Run `webhook setup`."
    switched = "" if hook.enabled is not False else ", but it is switched off: run `webhook setup`"
    since = f", since {_moment(hook.created_at)}" if hook.created_at else ""
    return f"The webhook is this dashboard's: {shown}{since}{switched}."


def _status(desk: Desk, state: str, hook: Hook | None) -> dict[str, object]:
    pushes = desk.dashboard.memory.load(desk.dashboard.clock()).pushes
    return {
        "state": state,
        "url": desk.shown(hook.url) if hook else None,
        "enabled": hook.enabled if hook else None,
        "created_at": _moment(hook.created_at) if hook else None,
        "updated_at": _moment(hook.updated_at) if hook else None,
        "meters": [{"id": push.device, "reported_at": _moment(push.arrived_at)} for push in pushes.values()],
    }


def _meters(desk: Desk) -> Iterator[str]:
    now = desk.dashboard.clock()
    for push in desk.dashboard.memory.load(now).pushes.values():
        rhythm = rhythm_of(push)
        usual = f", about every {english_span(round(rhythm.usual.total_seconds()))}" if rhythm else ""
        ago = english_span(max(0, round((now - push.arrived_at).total_seconds())))
        yield f"{push.device} reports by itself{usual}; last {ago} ago."


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def _say(as_json: bool, words: str, **facts: object) -> None:
    if as_json:
        _print({**facts, "message": words})
    else:
        click.echo(words)


def _print(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _failed(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(1)
