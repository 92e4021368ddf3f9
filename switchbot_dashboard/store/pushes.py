"""The last report of each meter, one row each: written by whichever process the cloud reached, read with each tick."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Engine, delete, select

from ..domain.push import Push
from .codec import PUSH
from .engine import reading, upsert
from .repository import MOVE_SERIAL
from .schema import pushes


class Pushes:
    """Reads and writes the reports; SQLAlchemyError when the database does not answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._put = upsert(engine, pushes)

    def all(self) -> Mapping[str, Push]:
        """The reports by plain id."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(pushes.c.device, pushes.c.body)).all()
        return {device: push for device, body in rows if (push := PUSH.read(device, body)) is not None}

    def keep(self, push: Push, known: Collection[str]) -> None:
        """Put a report in the place of the one before it; rows of devices that are not `known` any more go."""
        with self._engine.begin() as connection:
            connection.execute(self._put, {"device": push.device, "body": PUSH.write(push)})
            connection.execute(delete(pushes).where(pushes.c.device.not_in(sorted(known))))
            connection.execute(MOVE_SERIAL)
