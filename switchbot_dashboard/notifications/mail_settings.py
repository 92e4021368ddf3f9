"""How mail leaves the house: the server, who writes, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from ..domain.channel import USUAL_PORTS, MailForm, MailView, Security
from ..domain.posted import Unfit
from ..domain.sentence import Sentence, say
from .addresses import BadAddress, Forbidden, Unresolved, checked, host_name, mail_address, named
from .secrets import KEY_CHANGED, KeyChanged, Secrets

LONGEST = 200


@dataclass(frozen=True, slots=True)
class MailSettings:
    """A server that takes mail. `user` is empty where it asks for none; the password is the plain one."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    sender: str
    sender_name: str = ""


def usable(form: MailForm, kept: str, allowed: Collection[str]) -> MailSettings:
    """The settings as entered, with the password `kept` where none was. Raises Unfit with every fault."""
    faults: dict[str, Sentence] = {}
    security = _security(form.security, faults)
    port = form.port if form.port is not None else USUAL_PORTS[security]
    if not 1 <= port <= 65535:
        faults["port"] = say("A port is a number from 1 to 65535; mail is usually taken at 587, 465 or 25.")
    host = _host(form.host, port, allowed, faults)
    sender = _sender(form.sender, faults)
    password = kept if form.password is None else form.password
    for name, text in (("user", form.user), ("password", password), ("sender_name", form.sender_name)):
        if len(text) > LONGEST or not text.isprintable():
            faults[name] = say("At most {most} characters on one line, please.", most=LONGEST)
    if form.user.strip() and not password:
        faults.setdefault("password", say("Enter the password that belongs to this user name."))
    if password and not form.user.strip():
        faults.setdefault("user", say("Enter the user name that belongs to this password."))
    if security is Security.NONE and password and not named(host, allowed):
        faults.setdefault(
            "security", say("Without encryption everyone on the way could read the password: choose STARTTLS or TLS.")
        )
    if faults:
        raise Unfit(faults)
    return MailSettings(host, port, security, form.user.strip(), password, sender, " ".join(form.sender_name.split()))


def written(settings: MailSettings, secrets: Secrets) -> str:
    """The settings as they are stored: the password sealed."""
    sealed = secrets.seal(settings.password) if settings.password else ""
    return json.dumps(
        {
            "host": settings.host,
            "port": settings.port,
            "security": settings.security,
            "user": settings.user,
            "password": sealed,
            "sender": settings.sender,
            "sender_name": settings.sender_name,
        }
    )


def read(text: str, secrets: Secrets) -> MailSettings:
    """The settings as they were stored. Raises KeyChanged where the password cannot be opened any more."""
    stored = json.loads(text)
    password = secrets.open(stored["password"]) if stored["password"] else ""
    return MailSettings(
        stored["host"],
        stored["port"],
        Security(stored["security"]),
        stored["user"],
        password,
        stored["sender"],
        stored["sender_name"],
    )


def shown(text: str, secrets: Secrets, problem: Sentence | None, problem_at: datetime | None) -> MailView:
    """What a page may show of stored settings."""
    stored = json.loads(text)
    try:
        if stored["password"]:
            secrets.open(stored["password"])
    except KeyChanged:
        problem, problem_at = KEY_CHANGED, None
    return MailView(
        stored["host"],
        stored["port"],
        Security(stored["security"]),
        stored["user"],
        bool(stored["password"]),
        stored["sender"],
        stored["sender_name"],
        problem,
        problem_at,
    )


def _security(text: str, faults: dict[str, Sentence]) -> Security:
    try:
        return Security(text)
    except ValueError:
        faults["security"] = say("Choose none, STARTTLS or TLS.")
        return Security.STARTTLS


def _host(text: str, port: int, allowed: Collection[str], faults: dict[str, Sentence]) -> str:
    if not text.strip():
        faults["host"] = say("Enter the name of the server that sends your mail, such as smtp.example.org.")
        return ""
    try:
        host = host_name(text)
        if "port" not in faults:
            checked(host, port, allowed)
        return host
    except Unresolved:
        return host  # the network may be down just now; whoever sends tells
    except (Forbidden, BadAddress) as error:
        faults["host"] = error.sentence
        return ""


def _sender(text: str, faults: dict[str, Sentence]) -> str:
    try:
        return mail_address(text)
    except BadAddress as error:
        faults["sender"] = error.sentence
        return ""
