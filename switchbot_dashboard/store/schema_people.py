"""The tables about people: what they are told, by which way, what they promised, and what was done. See `schema`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text
from sqlalchemy import UniqueConstraint as Unique

from .schema import Instant, metadata

OPEN_ALERT = "state != 'resolved'"


def _user(*, required: bool) -> Column[int]:
    """A row about someone goes with them."""
    return Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=not required)


preferences = Table(
    "preferences",
    metadata,
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),  # Preferences as JSON
)

channels = Table(
    "channels",  # the ways to someone beside the dashboard itself
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _user(required=True),
    Column("kind", String(10), nullable=False),  # email, apprise
    Column("address", Text, nullable=False),  # sealed with SECRETS_KEY
    Column("hint", String(200), nullable=False),  # what is shown of it
    Column("enabled", Boolean, nullable=False),
    Column("problem", Text),  # a Sentence as JSON: why nothing is sent there until someone changes it
    Column("problem_at", Instant),
    Column("created_at", Instant, nullable=False),
    Index(None, "user_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(200), nullable=False),  # idempotency key: two messages of one key are one
    Column("recipient_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("author_id", Integer),  # of a user; None: a rule, or a program's token
    Column("author", String(100), nullable=False),  # how the author is called; empty for a rule
    Column("title", String(200), nullable=False),  # as a person wrote it, or in English
    Column("body", Text, nullable=False),
    Column("words", Text),  # the two Sentences of a rule as JSON
    Column("kind", String(40), nullable=False),
    Column("priority", String(10), nullable=False),
    Column("breaks_quiet", Boolean, nullable=False),
    Column("related_type", String(50), nullable=False),
    Column("related_id", String(100), nullable=False),
    Column("data", Text, nullable=False),  # JSON
    Column("scheduled_at", Instant, nullable=False),
    Column("status", String(10), nullable=False),  # what its deliveries add up to
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("read_at", Instant),
    Column("cancelled_at", Instant),
    Unique("key"),
    Index(None, "recipient_id", "scheduled_at"),
    Index(None, "recipient_id", "read_at"),
    Index(None, "author_id", "id"),
    Index(None, "related_type", "related_id"),
    Index(None, "status", "scheduled_at"),
)

parts = Table(
    "parts",  # of a mail beside its text: HTML, pictures
    metadata,
    Column("message_id", Integer, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(100), primary_key=True),  # html, or the content id of a picture
    Column("type", String(100), nullable=False),
    Column("body", LargeBinary, nullable=False),
)

deliveries = Table(
    "deliveries",  # one message by one way: what is claimed, tried, and tried again
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("message_id", Integer, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("channel_id", Integer, ForeignKey("channels.id", ondelete="SET NULL")),  # None: in the dashboard
    Column("channel", String(10), nullable=False),  # bell, email, apprise
    Column("key", String(100), nullable=False),  # names it to mail servers, the same at every try
    Column("status", String(10), nullable=False),
    Column("due_at", Instant, nullable=False),  # the next try
    Column("tries", Integer, nullable=False),
    Column("claimed_at", Instant),
    Column("resent", Boolean, nullable=False),  # once, after a try whose fate nobody knows
    Column("finished_at", Instant),
    Column("reason", Text),  # a Sentence as JSON: why it waits, failed or was skipped
    Unique("key"),
    Index(None, "status", "due_at"),
    Index(None, "message_id"),
    Index(None, "channel", "status"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("delivery_id", Integer, ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", Integer, nullable=False),
    Column("channel", String(10), nullable=False),
    Column("at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("result", String(10), nullable=False),  # started, sent, failed, refused, unknown, skipped
    Column("detail", Text),  # a Sentence as JSON
    Index(None, "message_id"),
    Index(None, "delivery_id"),
    Index(None, "at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(200), nullable=False),  # kind and subject; one that is not resolved exists once
    Column("kind", String(40), nullable=False),
    Column("subject", String(150), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("state", String(10), nullable=False),  # pending, active, resolved
    Column("sentence", Text, nullable=False),  # a Sentence as JSON
    Column("first_seen", Instant, nullable=False),
    Column("active_since", Instant),
    Column("last_seen", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("is_read", Boolean, nullable=False),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", String(100)),
    Column("silenced_until", Instant),
    Column("told_at", Instant),  # when it was last told to anyone
    Column("told_count", Integer, nullable=False),
    Column("escalated_at", Instant),  # when the administrators were told
    Index(None, "state", "id"),
    Index("ix_alerts_open", "key", unique=True, sqlite_where=text(OPEN_ALERT), postgresql_where=text(OPEN_ALERT)),
    Index(None, "resolved_at"),
    sqlite_autoincrement=True,  # an id given twice would take the keys of messages told before
)

reminders = Table(
    "reminders",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _user(required=True),  # who promised
    Column("author_id", Integer),
    Column("author", String(100), nullable=False),
    Column("title", String(200), nullable=False),
    Column("kind", String(20), nullable=False),  # maintenance, loan, other
    Column("object", String(200), nullable=False),
    Column("device_id", String(100), nullable=False),
    Column("zone", String(100), nullable=False),  # whose air conditioner's hours count
    Column("note", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("due_at", Instant),  # None while only hours of running make it due
    Column("every_days", Integer),
    Column("every_hours", Integer),  # of the air conditioner running
    Column("tell_created", Boolean, nullable=False),
    Column("tell_done", Boolean, nullable=False),
    Column("status", String(10), nullable=False),  # open, done, stopped
    Column("round", Integer, nullable=False),  # one more each time it comes back, is snoozed or gets another due
    Column("snoozed_until", Instant),
    Column("done_at", Instant),
    Column("done_by", String(100)),
    Column("created_at", Instant, nullable=False),
    Index(None, "user_id", "id"),
    Index(None, "status", "due_at"),
    sqlite_autoincrement=True,  # an id given twice would take the keys of messages told before
)

reminder_steps = Table(
    "reminder_steps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("reminder_id", Integer, ForeignKey("reminders.id", ondelete="CASCADE"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("number", Integer, nullable=False),  # of the overdue ones: 0 for the first
    Column("at", Instant, nullable=False),
    Column("status", String(10), nullable=False),  # pending, sent, skipped, cancelled
    Column("ended_at", Instant),
    Unique("reminder_id", "round", "kind", "number"),
    Index(None, "status", "at"),
)

weekly_reports = Table(
    "weekly_reports",  # never twice for one week
    metadata,
    Column("week", String(10), primary_key=True),  # 2026-W47, the week told about
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("state", String(10), nullable=False),  # sent, missed
    Column("at", Instant, nullable=False),
)

activity = Table(
    "activity",  # who did what
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("author_id", Integer),
    Column("author", String(100), nullable=False),  # empty: the service itself
    Column("object_type", String(50), nullable=False),  # message, reminder, alert, user, channel, mail
    Column("object_id", String(100), nullable=False),
    Column("sentence", Text, nullable=False),  # a Sentence as JSON
    Index(None, "at"),
    Index(None, "object_type", "object_id"),
)
