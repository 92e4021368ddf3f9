"""What is kept, table by table. A change here needs a migration beside the others and a new `HEAD` in `migrate`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from .packed import Packed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MARKED = "mark IS NOT NULL"


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as epoch milliseconds: it sorts, it compares, and every database has it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else epoch_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + MILLISECOND * value


def epoch_ms(value: datetime) -> int:
    """Whole milliseconds since 1970, rounded down. A naive instant is a mistake: TypeError."""
    return (value - EPOCH) // MILLISECOND


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

zone_states = Table(
    "zone_states",
    metadata,
    Column("zone", String(100), primary_key=True),
    Column("body", Text, nullable=False),  # a ZoneState as JSON
    Column("at", Instant, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("zone", String(100), nullable=False),
    Column("body", Text, nullable=False),  # an Order as JSON
    Column("decided_at", Instant, nullable=False),
    Column("status", String(10), nullable=False),  # open, or the Fate it came to
    Column("closed_at", Instant),
    Index(None, "status"),
)

records = Table(
    "records",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("zone", String(100), nullable=False),
    Column("trigger", String(50), nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("mode", String(40), nullable=False),  # how often the zone is looked at
    Column("pace", String(20), nullable=False),
    Column("inside_window", Boolean, nullable=False),
    Column("looked", Boolean, nullable=False),
    Column("temperature", Integer),  # tenths of a degree
    Column("humidity", Integer),
    Column("power", Boolean),  # of the air conditioner, as assumed
    Column("ac_mode", Integer),
    Column("calls", Integer, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("action", String(10)),  # the turn of an order that was tried
    Column("error", Text),  # why there was no reading, or why the order did not go through
    Column("body", Packed, nullable=False),  # the whole Record as JSON
    Column("holds_ms", Integer),  # how long its values stand by what it announced
    Column("fresh", Boolean),  # whether temperature and humidity are what the last look brought
    Column("low", Integer),  # the comfort band in force, in tenths, and how far beyond it something is switched
    Column("high", Integer),
    Column("slack", Integer),
    Column("doing", String(10)),  # heat, cool, fan, off
    Column("mark", String(10)),  # command, failed, error: what charts point out
    Index(None, "zone", "id"),
    Index(None, "at"),
    Index(None, "zone", "at"),
    Index("ix_records_marked", "zone", "at", sqlite_where=text(MARKED), postgresql_where=text(MARKED)),
)

rollups = Table(
    "rollups",
    metadata,
    Column("zone", String(100), primary_key=True),
    Column("size_ms", Integer, primary_key=True, autoincrement=False),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),  # milliseconds since 1970
    # From here on as `domain.history.Totals` has them, in its order. Sums outgrow 32 bits.
    Column("covered_ms", Integer, nullable=False),
    Column("temperature_sum", BigInteger, nullable=False),
    Column("temperature_ms", Integer, nullable=False),
    Column("temperature_min", Integer),
    Column("temperature_max", Integer),
    Column("humidity_sum", BigInteger, nullable=False),
    Column("humidity_ms", Integer, nullable=False),
    Column("humidity_min", Integer),
    Column("humidity_max", Integer),
    Column("band_ms", Integer, nullable=False),
    Column("in_band_ms", Integer, nullable=False),
    Column("heating_ms", Integer, nullable=False),
    Column("cooling_ms", Integer, nullable=False),
    Column("fan_ms", Integer, nullable=False),
    Column("starts", Integer, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("commands", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("low", Integer),
    Column("high", Integer),
    Column("slack", Integer),
    sqlite_with_rowid=False,
)

calls = Table(
    "calls",
    metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),  # epoch hours
    Column("purpose", String(20), primary_key=True),
    Column("endpoint", String(20), primary_key=True),
    Column("count", Integer, nullable=False),
)

pushes = Table(
    "pushes",  # one row for each meter that the settings name and that reports by itself
    metadata,
    Column("device", String(100), primary_key=True),
    Column("body", Text, nullable=False),  # a Push as JSON
)

heart = Table(
    "heart",  # one row, id 1, written by the first migration
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last_tick_at", Instant),
    Column("last_tick_trigger", String(50)),
    Column("last_tick_duration_ms", Integer),
    Column("ticks_total", Integer, nullable=False),
    Column("ticks_failed", Integer, nullable=False),
    Column("serial", BigInteger, nullable=False),  # moves with every write that a page could show
    Column("driver", String(200)),
    Column("driver_since", Instant),
)

catalogue = Table(
    "catalogue",  # one row, id 1
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False),  # one more with each listing: readers keep what they have parsed
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(50), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("last_run_at", Instant),
    Column("last_outcome", Text),  # a Sentence as JSON
    Column("last_duration_ms", Integer),
)

users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(100), nullable=False),
    Column("password_hash", String(300)),
    Column("role", String(20), nullable=False),  # admin, member
    Column("session_version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("from_env_fingerprint", String(300)),
    UniqueConstraint("name"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE")),
    Column("name", String(100), nullable=False),
    Column("digest", String(128), nullable=False),
    Column("role", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    UniqueConstraint("digest"),
    Index(None, "user_id"),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)
