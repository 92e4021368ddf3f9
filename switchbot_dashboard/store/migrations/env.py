"""Alembic's environment: the migration runs in the transaction that `migrate` holds open."""

from alembic import context

from switchbot_dashboard.store import schema, schema_people

assert schema_people.messages.metadata is schema.metadata  # its tables belong to what is compared

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=schema.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
