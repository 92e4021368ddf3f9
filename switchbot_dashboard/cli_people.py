"""The commands about users and tokens."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict

import click

from .config import ConfigError, read_config
from .people import People, PeopleError, Role


@contextlib.contextmanager
def _people() -> Iterator[People]:
    """Who may come in, over the database of the environment; what they refuse is one line and exit status 1."""
    from .app import UNWELL, Dashboard, StoreTrouble

    try:
        dashboard = Dashboard(read_config(os.environ), role="command")
    except ConfigError as error:
        click.echo("\n".join(error.faults), err=True)
        raise SystemExit(2) from None
    try:
        yield dashboard.people
    except PeopleError as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None
    except StoreTrouble:
        click.echo(UNWELL, err=True)
        raise SystemExit(1) from None
    finally:
        dashboard.engine.dispose()


as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for machines.")


@click.group()
def user() -> None:
    """Add, list and remove those who may log in."""


@user.command("add")
@click.argument("name")
@click.option("--admin", is_flag=True, help="An administrator, who may change settings.")
def add_user(name: str, admin: bool) -> None:
    """Add a user; the password is asked for, or read from standard input when that is not a terminal."""
    password = _asked_password()
    with _people() as people:
        added = people.add(name, password, Role.ADMIN if admin else Role.MEMBER)
    click.echo(f"{added.name} can log in as {'an administrator' if admin else 'a member'}.")


@user.command("list")
@as_json
def list_users(as_json: bool) -> None:
    """List users and their roles."""
    with _people() as people:
        users = people.list()
    if as_json:
        shown = [{"id": one.id, "name": one.name, "role": one.role, "has_password": one.has_password} for one in users]
        click.echo(json.dumps(shown, indent=2))
        return
    for one in users:
        click.echo(f"{one.name}: {one.role}{'' if one.has_password else ', without a password'}")
    if not users:
        click.echo("There are no users yet. Add one: python -m switchbot_dashboard user add NAME --admin")


@user.command("password")
@click.argument("name")
def set_password(name: str) -> None:
    """Give a user a new password; it ends their sessions."""
    password = _asked_password()
    with _people() as people:
        people.set_password(name, password)
    click.echo(f"The password of {name} is changed; their sessions are ended.")


@user.command("remove")
@click.argument("name")
def remove_user(name: str) -> None:
    """Remove a user with their tokens."""
    with _people() as people:
        people.remove(name)
    click.echo(f"{name} is removed.")


@click.group()
def token() -> None:
    """Create, list and revoke the tokens of programs."""


@token.command("create")
@click.argument("name")
@click.option("--admin", is_flag=True, help="An administrator's token.")
@as_json
def create_token(name: str, admin: bool, as_json: bool) -> None:
    """Create a token; it is shown this once."""
    with _people() as people:
        made, text = people.create_token(name, Role.ADMIN if admin else Role.MEMBER)
    if as_json:
        click.echo(json.dumps({"id": made.id, "name": made.name, "role": made.role, "token": text}))
    else:
        click.echo(text)
        click.echo("This is shown only now. Send it as: Authorization: Bearer TOKEN", err=True)


@token.command("list")
@as_json
def list_tokens(as_json: bool) -> None:
    """List tokens, without their text."""
    with _people() as people:
        tokens = people.tokens()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in tokens], default=str, indent=2))
        return
    for one in tokens:
        state = "revoked" if one.revoked_at else "valid"
        click.echo(f"{one.id}: {one.name}, {one.role}, {state}")


@token.command("revoke")
@click.argument("token_id", type=int)
def revoke_token(token_id: int) -> None:
    """End a token by its number in the list."""
    with _people() as people:
        people.revoke_token(token_id)
    click.echo(f"Token {token_id} is revoked.")


def _asked_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password (12 characters or more)", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
