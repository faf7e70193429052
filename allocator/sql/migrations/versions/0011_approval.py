"""What is done to releases: proposals, who decided them, what was carried out; edits of plans."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
