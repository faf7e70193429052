"""The standby list, doses that were given, and the staff's orders."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
