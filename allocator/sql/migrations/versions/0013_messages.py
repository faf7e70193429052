"""Messages: a queue for codes, turns at a provider, and what ended untold on a page."""

from __future__ import annotations

from alembic import op

from allocator.migrate import run_sql_beside

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    run_sql_beside(op, __file__)
