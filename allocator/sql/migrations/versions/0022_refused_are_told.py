"""Whom a provider refuses for good is told by the desk, too, of what the city did."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
