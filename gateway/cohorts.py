"""Which releases somebody is meant for, in the order in which they matter to them.

Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from datetime import date, datetime

from allocator.model import Catalogue, Release


def releases_for(catalogue: Catalogue, born: date, now: datetime) -> list[str]:
    """Return the ids of the releases for people born on a day.

    First those that are not over, the earliest to open first; then those that
    are over, the latest first (their bookings can still be looked at).
    """
    mine = [r for r in catalogue.releases.values() if r.born_from <= born <= r.born_to]
    ahead = sorted((r for r in mine if not _is_over(r, now)), key=lambda r: r.opens_at)
    over = sorted((r for r in mine if _is_over(r, now)), key=lambda r: r.closes_at, reverse=True)
    return [release.release_id for release in (*ahead, *over)]


def _is_over(release: Release, now: datetime) -> bool:
    return release.state_by_hand == "closed" or release.closes_at <= now
