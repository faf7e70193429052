"""Data keys of contact details, each wrapped by a master key that is no part of the database."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
