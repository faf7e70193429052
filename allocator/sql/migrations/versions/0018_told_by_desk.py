"""Whom only the desk can tell is found without reading every message."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
