"""What alembic runs: the connection and the list to fill come from `allocator.migrate`.

Each migration is a transaction of its own, under a lock time-out of 5 s and a
statement time-out of 60 s.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool


def _note(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """Note what was applied. Alembic calls this by these names."""
    del ctx, heads, run_args
    assert isinstance(step.up_revision, Script)
    context.config.attributes["applied"].append(Path(step.up_revision.path).stem)


def run() -> None:
    """Run the migrations on the connection that was handed over."""
    psycopg_connection = context.config.attributes["connection"]
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg_connection,
        poolclass=StaticPool,
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.exec_driver_sql("SET statement_timeout = '60s'")
        connection.commit()
        context.configure(
            connection=connection,
            transaction_per_migration=True,
            on_version_apply=_note,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
