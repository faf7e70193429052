"""A closed day: letters of its own, with what the city itself says of it."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
