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

    if (key := roster_key_of(target)) is None:
        return None
    try:
        return look_at_cohort(target.database_url, key, release)
    except SealBroken:
        return None


def roster_key_of(target: Target) -> bytes | None:
    """Return the key of the roster; None where it cannot be read."""
    from monitoring.secrets import SecretError, read_secret

    try:
        return read_secret(target.secrets_dir, "roster.key")
    except SecretError:
        return None
