"""Who makes backups, and may note what there is to compare with."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
