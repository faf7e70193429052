"""Codes that open contact details, and word of attempts against a ticket."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
