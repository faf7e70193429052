"""Look whether anybody on the roster may book in a release, where the roster's key is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allocator.finding import Finding
    from allocator.model import Release
    from seiriken.target import Target


def look_at_roster(target: Target, release: Release) -> list[Finding] | None:
    """Return what is wrong about a release's cohort; None where the roster cannot be opened.

    Raises:
        StoreAway: the database does not answer.
    """
    from allocator.beside_store import look_at_cohort
    from allocator.errors import SealBroken
    from monitoring.secrets import SecretError, read_secret

    try:
        roster_key = read_secret(target.secrets_dir, "roster.key")
        return look_at_cohort(target.database_url, roster_key, release)
    except (SecretError, SealBroken):
        return None
