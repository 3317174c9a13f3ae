"""What alembic runs to bring a database to the newest form; the connection comes from `bulletin.log.postgres`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
