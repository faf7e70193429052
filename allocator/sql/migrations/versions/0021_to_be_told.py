"""Whom only the desk can tell, as a view: listed by the staff, and counted by the worker."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
