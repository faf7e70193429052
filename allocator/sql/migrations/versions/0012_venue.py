"""What became of each dose, and accounts of venues."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
