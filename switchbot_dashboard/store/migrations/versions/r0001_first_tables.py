"""The first tables: states, orders, records, calls, heart, catalogue, jobs, users, tokens.

Instants are epoch milliseconds in a BIGINT. A migration is history: it states its columns itself and does not follow
later changes of `schema`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _home()
    _records()
    _service()
    _people()


def _home() -> None:
    op.create_table(
        "zone_states",
        sa.Column("zone", sa.String(100), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("zone", name="pk_zone_states"),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("zone", sa.String(100), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
    )
    op.create_index("ix_orders_status", "orders", ["status"])
    op.create_table(
        "catalogue",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue"),
    )


def _records() -> None:
    op.create_table(
        "records",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("zone", sa.String(100), nullable=False),
        sa.Column("trigger", sa.String(50), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("mode", sa.String(40), nullable=False),
        sa.Column("pace", sa.String(20), nullable=False),
        sa.Column("inside_window", sa.Boolean, nullable=False),
        sa.Column("looked", sa.Boolean, nullable=False),
        sa.Column("temperature", sa.Integer),
        sa.Column("humidity", sa.Integer),
        sa.Column("power", sa.Boolean),
        sa.Column("ac_mode", sa.Integer),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("action", sa.String(10)),
        sa.Column("error", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_records"),
    )
    op.create_index("ix_records_zone_id", "records", ["zone", "id"])
    op.create_index("ix_records_at", "records", ["at"])


def _service() -> None:
    op.create_table(
        "calls",
        sa.Column("hour", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("endpoint", sa.String(20), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("hour", "purpose", "endpoint", name="pk_calls"),
    )
    heart = op.create_table(
        "heart",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last_tick_at", sa.BigInteger),
        sa.Column("last_tick_trigger", sa.String(50)),
        sa.Column("last_tick_duration_ms", sa.Integer),
        sa.Column("ticks_total", sa.Integer, nullable=False),
        sa.Column("ticks_failed", sa.Integer, nullable=False),
        sa.Column("serial", sa.BigInteger, nullable=False),
        sa.Column("driver", sa.String(200)),
        sa.Column("driver_since", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_heart"),
    )
    op.bulk_insert(heart, [{"id": 1, "ticks_total": 0, "ticks_failed": 0, "serial": 0}])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(50), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("last_run_at", sa.BigInteger),
        sa.Column("last_outcome", sa.String(200)),
        sa.Column("last_duration_ms", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.String(300)),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("session_version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("from_env_fingerprint", sa.String(300)),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("digest", sa.String(128), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_used_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tokens_user_id", ondelete="CASCADE"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    op.create_index("ix_tokens_user_id", "tokens", ["user_id"])
