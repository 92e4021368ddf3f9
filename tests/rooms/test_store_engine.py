"""The database as it is opened: what its errors say, which are logged and shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError
from support.databases import a_database

from switchbot_dashboard.store.schema import users


@pytest.mark.parametrize("in_file", [True, False])
def test_an_error_of_the_database_says_nothing_of_what_was_to_be_kept(tmp_path: Path, in_file: bool) -> None:
    with a_database(tmp_path if in_file else None) as engine:
        with pytest.raises(SQLAlchemyError) as caught, engine.begin() as connection:
            connection.execute(insert(users).values(name="anna", password_hash="scrypt:abc"))
        assert "INSERT INTO users" in str(caught.value)
        assert "scrypt:abc" not in str(caught.value)
