"""The first schema."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
