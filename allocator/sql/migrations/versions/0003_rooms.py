"""How a release's line works, what its draw mixes in, and what the room did."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
