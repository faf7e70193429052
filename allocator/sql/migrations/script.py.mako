"""${message}."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
