"""The staff's page of the roster stores files of people, and who left."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
