"""The staff: accounts, sessions, and the journal of every look at personal data."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
