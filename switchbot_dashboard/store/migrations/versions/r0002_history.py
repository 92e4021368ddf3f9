"""What the history is drawn from: more columns of a record, smaller bodies, and the roll-ups.

Records from before are filled in from their bodies; the comfort band that was in force then is not known.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

AT_ONCE = 2000


def upgrade() -> None:
    with op.batch_alter_table("records") as batch:
        batch.alter_column(
            "body",
            existing_type=sa.Text(),
            type_=sa.LargeBinary(),
            existing_nullable=False,
            postgresql_using="convert_to(body, 'UTF8')",
        )
        for name in ("holds_ms", "low", "high", "slack"):
            batch.add_column(sa.Column(name, sa.Integer))
        batch.add_column(sa.Column("fresh", sa.Boolean))
        batch.add_column(sa.Column("doing", sa.String(10)))
        batch.add_column(sa.Column("mark", sa.String(10)))
    _fill_in(op.get_bind())
    marked = sa.text("mark IS NOT NULL")
    op.create_index("ix_records_zone_at", "records", ["zone", "at"])
    op.create_index("ix_records_marked", "records", ["zone", "at"], sqlite_where=marked, postgresql_where=marked)
    _rollups()


def _rollups() -> None:
    op.create_table(
        "rollups",
        sa.Column("zone", sa.String(100), nullable=False),
        sa.Column("size_ms", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("start_ms", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("covered_ms", sa.Integer, nullable=False),
        sa.Column("temperature_sum", sa.BigInteger, nullable=False),
        sa.Column("temperature_ms", sa.Integer, nullable=False),
        sa.Column("temperature_min", sa.Integer),
        sa.Column("temperature_max", sa.Integer),
        sa.Column("humidity_sum", sa.BigInteger, nullable=False),
        sa.Column("humidity_ms", sa.Integer, nullable=False),
        sa.Column("humidity_min", sa.Integer),
        sa.Column("humidity_max", sa.Integer),
        sa.Column("band_ms", sa.Integer, nullable=False),
        sa.Column("in_band_ms", sa.Integer, nullable=False),
        sa.Column("heating_ms", sa.Integer, nullable=False),
        sa.Column("cooling_ms", sa.Integer, nullable=False),
        sa.Column("fan_ms", sa.Integer, nullable=False),
        sa.Column("starts", sa.Integer, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("commands", sa.Integer, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("low", sa.Integer),
        sa.Column("high", sa.Integer),
        sa.Column("slack", sa.Integer),
        sa.PrimaryKeyConstraint("zone", "size_ms", "start_ms", name="pk_rollups"),
        sqlite_with_rowid=False,
    )


def _fill_in(connection: sa.Connection) -> None:
    wanted = sa.text(
        "SELECT id, power, ac_mode, looked, action, error, body FROM records WHERE id > :last ORDER BY id LIMIT :most"
    )
    change = sa.text(
        "UPDATE records SET holds_ms = :holds_ms, fresh = :fresh, doing = :doing, mark = :mark WHERE id = :id"
    )
    last = 0
    while rows := connection.execute(wanted, {"last": last, "most": AT_ONCE}).all():
        connection.execute(change, [_filled(row) for row in rows])
        last = rows[-1].id


def _filled(row: Any) -> dict[str, Any]:
    try:
        body = json.loads(row.body)
        holds = datetime.fromisoformat(body["wake"]["at"]) - datetime.fromisoformat(body["at"])
        summer = body["season"] == "summer"
    except (ValueError, KeyError, TypeError):
        holds, summer = None, False
    by_mode = {2: "cool", 3: "cool", 4: "fan", 5: "heat"}
    running = by_mode.get(row.ac_mode, "cool" if summer else "heat")
    command = "failed" if row.error else "command"
    return {
        "id": row.id,
        "holds_ms": None if holds is None else max(0, round(holds.total_seconds() * 1000)),
        "fresh": not (row.looked and row.error and not row.action),
        "doing": None if row.power is None else running if row.power else "off",
        "mark": command if row.action else "error" if row.error else None,
    }
