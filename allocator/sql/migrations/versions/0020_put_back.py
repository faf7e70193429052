"""A message that was put back is tried as long as a new one."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
