"""Alembic's environment: the migration runs in the transaction that `migrate` holds open."""

from alembic import context

from switchbot_dashboard.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
