"""The forms that a shared database has had, one file a change, in the order in which alembic applies them."""
