"""Users and tokens over the store's tables. Passwords are kept as scrypt hashes, tokens as SHA-256 digests."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, Update, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from ..config import Config
from ..domain.sentence import Sentence, say
from ..store.engine import reading
from ..store.schema import tokens, users
from ..store.schema_people import activity, messages, reminders
from ..store.watch import Kept, Watch

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,49}")
PASSWORD_LENGTH = 12
LONGEST_PASSWORD = 1000  # beyond it, hashing would only cost time
ENVIRONMENT_USER = "admin"
WRITTEN = (messages, reminders, activity)
USED_EVERY = timedelta(hours=1)  # how exactly the last use of a token is kept
NOBODY = f"scrypt:32768:8:1$nobodyhasthisone${'0' * 128}"  # the same work for a name that does not exist
_OWNED = select(tokens, users.c.role.label("owners_role")).outerjoin(users, users.c.id == tokens.c.user_id)


class Role(StrEnum):
    """What someone may do: members look and press actions, administrators change everything."""

    ADMIN = "admin"
    MEMBER = "member"


class PeopleError(Exception):
    """What was asked for cannot be done; `sentence` is for whoever asked, `field` names what is wrong, if one is."""

    def __init__(self, said: Sentence, field: str = "") -> None:
        super().__init__(str(said))
        self.sentence, self.field = said, field


class NameTaken(PeopleError):
    """There is a user with this name."""


class UnknownUser(PeopleError):
    """There is no such user."""


class UnknownToken(PeopleError):
    """There is no such token."""


class Unusable(PeopleError):
    """A name or a password that cannot be used, or a step that would lock everyone out."""


@dataclass(frozen=True, slots=True)
class User:
    """Someone who can log in, once they have a password. A session is valid for one `session_version` only."""

    id: int
    name: str
    role: Role
    session_version: int
    created_at: datetime
    has_password: bool

    @property
    def admin(self) -> bool:
        """Whether they may change what concerns everyone."""
        return self.role is Role.ADMIN


@dataclass(frozen=True, slots=True)
class Token:
    """A program's way in. What was shown at its making is not kept. `id` is None for the environment's token."""

    id: int | None
    name: str
    role: Role
    user_id: int | None = None
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class People:
    """Who may come in. Safe to use from several threads and processes; `clock` is aware and in UTC.

    A user or token that was looked up is known until anything is written, by whomever: `watch` tells.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime], watch: Watch | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._known = Kept[Any](watch or Watch(engine))
        self._environment_digest = ""

    # Users

    def add(self, name: str, password: str | None, role: Role = Role.MEMBER) -> User:
        """A new user; without a password they cannot log in yet. Raises NameTaken or Unusable."""
        wanted = _usable_name(name)
        row = {
            "name": wanted,
            "password_hash": None if password is None else _hashed(password),
            "role": role.value,
            "session_version": 1 + secrets.randbelow(1 << 30),  # a database may give a removed user's id again
            "created_at": self._clock(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(users).values(row))
        except IntegrityError:
            raise NameTaken(say("There is already a user called {name}.", name=wanted), "name") from None
        return self.named(wanted)

    def list(self) -> tuple[User, ...]:
        """All users by name."""
        with reading(self._engine) as connection:
            return tuple(_user(row) for row in connection.execute(select(users).order_by(users.c.name)))

    def named(self, name: str) -> User:
        """The user of this name. Raises UnknownUser."""
        with reading(self._engine) as connection:
            row = connection.execute(select(users).where(users.c.name == _plain(name))).first()
        if row is None:
            raise UnknownUser(say("There is no user called {name}.", name=name.strip()[:50]))
        return _user(row)

    def user(self, user_id: int) -> User | None:
        """The user with this id, if they are still here."""
        found: User | None = self._known.get(user_id, lambda: self._user(user_id))
        return found

    def _user(self, user_id: int) -> User | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).first()
        return None if row is None else _user(row)

    def remove(self, name: str, *, keep_one: bool = False) -> None:
        """Removes a user with their tokens and what is on its way to them.

        Raises UnknownUser, or Unusable for the last administrator; the very last user may go unless `keep_one`.
        """
        user = self.named(name)
        with self._engine.begin() as connection:
            connection.execute(delete(tokens).where(tokens.c.user_id == user.id))
            for table in WRITTEN:  # their name stays; the id may one day be someone else's
                connection.execute(update(table).where(table.c.author_id == user.id).values(author_id=None))
            connection.execute(delete(users).where(users.c.id == user.id))
            self._keep_an_administrator(connection, user, even_alone=keep_one)

    def change(self, user_id: int, *, role: Role | None = None, password: str | None = None) -> User:
        """Another role, another password, or both at once; it ends their sessions.

        Raises UnknownUser, or Unusable for a bad password or the last administrator; then nothing is changed.
        """
        user = self.known(user_id)
        values = {} if password is None else {"password_hash": _hashed(password)}
        values |= {} if role is None else {"role": role.value}
        if values:
            with self._engine.begin() as connection:
                connection.execute(_ending_sessions(user).values(values))
                self._keep_an_administrator(connection, user)
        return self.known(user_id)

    def known(self, user_id: int) -> User:
        """The user with this id as the memory has them now. Raises UnknownUser."""
        found = self._user(user_id)
        if found is None:
            raise UnknownUser(say("There is no user with the number {number}.", number=str(user_id)))
        return found

    def set_role(self, name: str, role: Role) -> User:
        """Gives a user another role and ends their sessions. Raises UnknownUser, or Unusable as `remove` does."""
        return self.change(self.named(name).id, role=role)

    def set_password(self, name: str, password: str) -> User:
        """A new password ends all of the user's sessions. Raises UnknownUser or Unusable."""
        return self.change(self.named(name).id, password=password)

    def verify(self, name: str, password: str) -> User | None:
        """The user, if name and password belong together; it takes as long for a name that does not exist."""
        with reading(self._engine) as connection:
            row = connection.execute(select(users).where(users.c.name == _plain(name))).first()
        known = row is not None and bool(row.password_hash)
        fits = check_password_hash(row.password_hash if row and known else NOBODY, password[:LONGEST_PASSWORD])
        return _user(row) if row and known and fits else None

    # Tokens

    def create_token(self, name: str, role: Role = Role.MEMBER, user: str | None = None) -> tuple[Token, str]:
        """A new token and its text, which is shown this once. Raises UnknownUser or Unusable.

        A member's token is a member's, whatever `role` says, for as long as its owner is one.
        """
        label = name.strip()
        if not 1 <= len(label) <= 50 or not label.isprintable():
            raise Unusable(say("A token needs a name of 1 to 50 characters."), "name")
        owner, now = self.named(user).id if user else None, self._clock()
        text = secrets.token_urlsafe(32)
        row = {
            "user_id": owner,
            "name": label,
            "digest": _digest(text),
            "role": role.value,
            "created_at": now,
        }
        with self._engine.begin() as connection:
            key = connection.execute(insert(tokens).values(row)).inserted_primary_key
            assert key is not None  # a single insert always tells its key
            made = connection.execute(_OWNED.where(tokens.c.id == key[0])).one()
        return _token(made), text

    def tokens(self) -> tuple[Token, ...]:
        """All tokens, newest first, the revoked ones too."""
        with reading(self._engine) as connection:
            return tuple(_token(row) for row in connection.execute(_OWNED.order_by(tokens.c.id.desc())))

    def revoke_token(self, token_id: int) -> None:
        """From now on the token opens nothing. Raises UnknownToken when there is no such valid token."""
        mine = (tokens.c.id == token_id) & tokens.c.revoked_at.is_(None)
        with self._engine.begin() as connection:
            if connection.execute(update(tokens).where(mine).values(revoked_at=self._clock())).rowcount != 1:
                raise UnknownToken(say("There is no valid token with the number {number}.", number=str(token_id)))

    def bearer(self, text: str) -> Token | None:
        """The valid token with this text, the environment's included."""
        digest = _digest(text)
        if self._environment_digest and hmac.compare_digest(digest, self._environment_digest):
            return Token(None, "environment", Role.ADMIN)
        token: Token | None = self._known.get(digest, lambda: self._bearer(digest))
        if token is not None:
            self._note_use(token)
        return token

    def _bearer(self, digest: str) -> Token | None:
        valid = (tokens.c.digest == digest) & tokens.c.revoked_at.is_(None)
        with reading(self._engine) as connection:
            row = connection.execute(_OWNED.where(valid)).first()
        return None if row is None else _token(row)

    # The environment

    def apply_environment(self, config: Config) -> None:
        """DASHBOARD_PASSWORD makes the user admin, or changes that password when the variable has changed since.

        DASHBOARD_API_TOKEN becomes an administrator's token that is kept nowhere.
        """
        self._environment_digest = _digest(config.dashboard_api_token) if config.dashboard_api_token else ""
        password = config.dashboard_password
        if not password:
            return
        with reading(self._engine) as connection:
            row = connection.execute(select(users).where(users.c.name == ENVIRONMENT_USER)).first()
        if row is None:
            with contextlib.suppress(NameTaken):  # another worker that starts just now was faster, with this password
                self.add(ENVIRONMENT_USER, password, Role.ADMIN)
        elif row.from_env_fingerprint and check_password_hash(row.from_env_fingerprint, password):
            return
        else:
            self.set_password(ENVIRONMENT_USER, password)
        fingerprint = generate_password_hash(password)  # as slow to guess as the password itself
        with self._engine.begin() as connection:
            mine = users.c.name == ENVIRONMENT_USER
            connection.execute(update(users).where(mine).values(from_env_fingerprint=fingerprint))

    def has_password_or_token(self) -> bool:
        """Whether anyone can come in: some user has a password, or some token is valid."""
        if self._environment_digest:
            return True
        with reading(self._engine) as connection:
            some_password = select(users.c.id).where(users.c.password_hash.is_not(None)).limit(1)
            some_token = select(tokens.c.id).where(tokens.c.revoked_at.is_(None)).limit(1)
            return any(connection.execute(query).first() is not None for query in (some_password, some_token))

    def _note_use(self, token: Token) -> None:
        now = self._clock()
        if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
            with self._engine.begin() as connection:
                connection.execute(update(tokens).where(tokens.c.id == token.id).values(last_used_at=now))

    def _keep_an_administrator(self, connection: Connection, changed: User, *, even_alone: bool = False) -> None:
        """Inside the transaction of the change: undoes it where it would leave users but no administrator.

        `even_alone`: also where it would leave nobody at all.
        """
        if changed.role is not Role.ADMIN:
            return
        able = (users.c.role == Role.ADMIN.value) & users.c.password_hash.is_not(None)
        left = connection.execute(select(func.count()).select_from(users)).scalar_one()
        if (left or even_alone) and not connection.execute(
            select(func.count()).select_from(users).where(able)
        ).scalar_one():
            words = "{name} is the last administrator: make someone else one first."
            raise Unusable(say(words, name=changed.name), "role")


def _plain(name: str) -> str:
    return name.strip().lower()


def _usable_name(name: str) -> str:
    wanted = _plain(name)
    if not NAME.fullmatch(wanted):
        words = "A name has 1 to 50 letters (a to z), digits or . _ @ - and begins with a letter or digit."
        raise Unusable(say(words), "name")
    return wanted


def _hashed(password: str) -> str:
    if not PASSWORD_LENGTH <= len(password) <= LONGEST_PASSWORD:
        words = "A password needs {least} characters or more, and {most} at most."
        raise Unusable(say(words, least=PASSWORD_LENGTH, most=LONGEST_PASSWORD), "password")
    return generate_password_hash(password)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _ending_sessions(user: User) -> Update:
    return update(users).where(users.c.id == user.id).values(session_version=users.c.session_version + 1)


def _user(row: Row[Any]) -> User:
    role, has_password = Role(row.role), bool(row.password_hash)
    return User(row.id, row.name, role, row.session_version, row.created_at, has_password)


def _token(row: Row[Any]) -> Token:
    role = Role.MEMBER if row.owners_role == Role.MEMBER else Role(row.role)
    return Token(row.id, row.name, role, row.user_id, row.created_at, row.last_used_at, row.revoked_at)
