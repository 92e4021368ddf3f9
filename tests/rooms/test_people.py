"""Users, passwords, sessions and tokens over the store's tables."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.pool import StaticPool

from switchbot_dashboard.config import Config
from switchbot_dashboard.people import NameTaken, People, Role, UnknownToken, UnknownUser, Unusable
from switchbot_dashboard.people.keys import derived_key, master_key
from switchbot_dashboard.store.schema import metadata, tokens, users
from switchbot_dashboard.store.schema_people import activity

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def people(engine: Engine, clock: Clock) -> People:
    return People(engine, clock)


def test_a_user_logs_in_with_name_and_password_in_any_case_of_the_name(people: People) -> None:
    people.add("Anna", PASSWORD)
    user = people.verify(" ANNA ", PASSWORD)
    assert user is not None
    assert (user.name, user.role, user.created_at) == ("anna", Role.MEMBER, NOON)
    assert people.verify("anna", PASSWORD + "x") is None


def test_nobody_logs_in_with_an_unknown_name_or_without_a_password(people: People) -> None:
    people.add("ben", None)
    assert people.verify("nobody", PASSWORD) is None
    assert people.verify("ben", "") is None
    assert not people.has_password_or_token()


def test_a_password_is_kept_as_a_hash(people: People, engine: Engine) -> None:
    people.add("anna", PASSWORD)
    with engine.connect() as connection:
        kept = connection.execute(select(users.c.password_hash)).scalar_one()
    assert kept.startswith("scrypt:")
    assert PASSWORD not in kept


def test_a_name_is_used_once(people: People) -> None:
    people.add("anna", PASSWORD)
    with pytest.raises(NameTaken, match="already a user called anna"):
        people.add("Anna", PASSWORD)


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "x" * 51, "a\nb", "é"])
def test_a_name_that_cannot_be_used_is_refused(people: People, name: str) -> None:
    with pytest.raises(Unusable, match="1 to 50 letters"):
        people.add(name, PASSWORD)


def test_a_short_password_is_refused(people: People) -> None:
    with pytest.raises(Unusable, match="12 characters or more"):
        people.add("anna", "elevenchars")


def test_a_new_password_or_role_ends_the_sessions(people: People) -> None:
    people.add("boss", PASSWORD, Role.ADMIN)
    first = people.add("anna", PASSWORD, Role.ADMIN).session_version
    second = people.set_password("anna", "another good one").session_version
    third = people.set_role("anna", Role.MEMBER).session_version
    assert len({first, second, third}) == 3
    assert people.verify("anna", PASSWORD) is None


def test_a_removed_user_is_gone_with_their_tokens(people: People) -> None:
    people.add("anna", PASSWORD)
    token, text = people.create_token("phone", user="anna")
    people.remove("anna")
    assert people.list() == ()
    assert people.bearer(text) is None
    assert token.user_id is not None
    with pytest.raises(UnknownUser):
        people.remove("anna")


def test_the_last_administrator_stays(people: People) -> None:
    people.add("anna", PASSWORD, Role.ADMIN)
    people.add("ben", PASSWORD)
    with pytest.raises(Unusable, match="last administrator"):
        people.remove("anna")
    with pytest.raises(Unusable, match="last administrator"):
        people.set_role("anna", Role.MEMBER)
    assert [user.role for user in people.list()] == [Role.ADMIN, Role.MEMBER]


def test_the_very_last_user_may_go_only_where_nobody_has_to_stay(people: People) -> None:
    people.add("anna", PASSWORD, Role.ADMIN)
    with pytest.raises(Unusable, match="last administrator"):
        people.remove("anna", keep_one=True)
    people.remove("anna")
    assert people.list() == ()


def test_a_change_that_cannot_be_made_whole_is_not_made_at_all(people: People) -> None:
    anna = people.add("anna", PASSWORD, Role.ADMIN)
    people.add("ben", None)
    for wished in ({"role": Role.MEMBER, "password": "another long password"}, {"role": None, "password": "short"}):
        with pytest.raises(Unusable):
            people.change(anna.id, **wished)
    assert people.known(anna.id) == anna
    assert people.verify("anna", PASSWORD)
    with pytest.raises(UnknownUser, match="number 99"):
        people.change(99, role=Role.ADMIN)


def test_what_a_removed_user_wrote_keeps_their_name_and_belongs_to_no_later_user(
    people: People, engine: Engine
) -> None:
    anna, ben = people.add("anna", PASSWORD), people.add("ben", None)
    done = {"at": NOON, "author_id": anna.id, "author": "anna", "object_type": "x", "object_id": "1", "sentence": "{}"}
    with engine.begin() as connection:
        connection.execute(insert(activity).values(done))
        connection.execute(insert(activity).values({**done, "author_id": ben.id, "author": "ben"}))
    people.remove("anna")
    with engine.connect() as connection:
        rows = connection.execute(select(activity.c.author_id, activity.c.author).order_by(activity.c.id)).all()
    assert [tuple(row) for row in rows] == [(None, "anna"), (ben.id, "ben")]


def test_a_token_is_shown_once_and_kept_as_a_digest(people: People, engine: Engine) -> None:
    token, text = people.create_token("cron", Role.ADMIN)
    assert len(text) >= 43
    with engine.connect() as connection:
        assert text not in str(connection.execute(select(tokens)).all())
    found = people.bearer(text)
    assert found is not None
    assert (found.id, found.role) == (token.id, Role.ADMIN)


def test_a_token_can_no_more_than_its_owner(people: People) -> None:
    people.add("root", PASSWORD, Role.ADMIN)
    anna = people.add("anna", PASSWORD, Role.ADMIN)
    _, text = people.create_token("cron", Role.ADMIN, "anna")
    found = people.bearer(text)
    assert found is not None
    assert found.role is Role.ADMIN
    people.change(anna.id, role=Role.MEMBER)
    found = people.bearer(text)
    assert found is not None
    assert found.role is Role.MEMBER
    made, _ = people.create_token("more", Role.ADMIN, "anna")
    assert (made.role, {token.role for token in people.tokens()}) == (Role.MEMBER, {Role.MEMBER})


def test_a_tokens_last_use_is_kept_to_the_hour(people: People, clock: Clock) -> None:
    _, text = people.create_token("cron")
    people.bearer(text)
    clock.now = NOON + timedelta(minutes=59)
    people.bearer(text)
    assert people.tokens()[0].last_used_at == NOON
    clock.now = NOON + timedelta(minutes=60)
    people.bearer(text)
    assert people.tokens()[0].last_used_at == clock.now


def test_a_revoked_token_opens_nothing(people: People) -> None:
    token, text = people.create_token("cron")
    assert token.id is not None
    people.revoke_token(token.id)
    assert people.bearer(text) is None
    assert not people.has_password_or_token()
    with pytest.raises(UnknownToken):
        people.revoke_token(token.id)


def test_the_environment_makes_the_administrator(people: People) -> None:
    people.apply_environment(Config(dashboard_password=PASSWORD))
    user = people.verify("admin", PASSWORD)
    assert user is not None
    assert user.role is Role.ADMIN
    assert people.has_password_or_token()


def test_the_environment_changes_that_password_only_when_its_value_has_changed(people: People) -> None:
    people.apply_environment(Config(dashboard_password=PASSWORD))
    people.set_password("admin", "chosen on the page")
    people.apply_environment(Config(dashboard_password=PASSWORD))
    assert people.verify("admin", "chosen on the page")
    people.apply_environment(Config(dashboard_password="a later variable"))
    assert people.verify("admin", "a later variable")


def test_the_environments_token_is_an_administrators_and_has_no_row(people: People) -> None:
    text = "t" * 32
    people.apply_environment(Config(dashboard_api_token=text))
    found = people.bearer(text)
    assert found is not None
    assert found.role is Role.ADMIN
    assert found.id is None
    assert people.tokens() == ()
    assert people.bearer("t" * 31) is None


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    key = master_key("", folder)
    assert len(key) >= 43
    assert master_key("", folder) == key
    assert stat.S_IMODE((folder / "secrets.key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secrets.key"]
    assert master_key("given", folder) == "given"


def test_a_folder_that_cannot_be_written_still_gives_a_key(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert len(master_key("", tmp_path / "file" / "data")) >= 43


def test_keys_of_two_purposes_differ() -> None:
    assert derived_key("k", "sessions") == derived_key("k", "sessions") != derived_key("k", "mail")
