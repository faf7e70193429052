"""Reminders, and what a calendar must know of a booking that moved."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
