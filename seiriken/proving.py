"""What `seiriken verify` finds in a database: in journal and tables, and in the invariants."""

from __future__ import annotations

from collections.abc import Sequence

from allocator.audit import Audit, audit
from allocator.verify import verify


def findings_in(database_url: str) -> list[str]:
    """Return all findings; in order when there is none.

    Raises:
        StoreAway: the database does not answer, or may not be read.
    """
    return [*verify(database_url).findings, *broken(audit(database_url))]


def broken(audited: Audit) -> Sequence[str]:
    """Return what an audit found, a line each."""
    return [f"{check}: {found}" for check, all_ in audited.findings.items() for found in all_]
