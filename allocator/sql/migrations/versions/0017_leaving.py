"""Letters for who moved out and for whom a closed place parts; none for the dead."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
