"""Read what a plan is held against: the other releases with their slots, and the roster's cohort.

Rule 1: birth dates are sealed. They are opened one after another until one is of the cohort; what
comes of it is a yes or a no, and names nobody.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec
import psycopg

from allocator.errors import StoreAway
from allocator.finding import Finding
from allocator.held_against import Beside, cohort_findings
from allocator.limits import Limits
from allocator.model import PROBE_BORN, Release, Slot
from allocator.roster import count_people
from allocator.sealing import unseal_identity
from allocator.statements import statement
from allocator.store import Store

_PEOPLE_AT_ONCE = 1_000


def read_beside(database_url: str, release_id: str) -> list[Beside]:
    """Return every stored release but one, with slots and limits. Raises `StoreAway`."""
    limits = _limits(database_url)
    store = Store(database_url, roster_key=b"")
    try:
        catalogue = store.catalogue()
    finally:
        store.close()
    slots: defaultdict[str, list[Slot]] = defaultdict(list)
    for slot in catalogue.slots.values():
        slots[slot.release_id].append(slot)
    return [
        Beside(release, tuple(slots[name]), limits.get(name, Limits()))
        for name, release in catalogue.releases.items()
        if name != release_id
    ]


def _limits(database_url: str) -> dict[str, Limits]:
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            rows = connection.execute(statement("limits_of_releases").encode()).fetchall()
    except psycopg.OperationalError:
        raise StoreAway from None
    return {name: msgspec.convert(limits, Limits) for name, limits in rows}


def look_at_cohort(database_url: str, roster_key: bytes, release: Release) -> list[Finding]:
    """Say if nobody on the roster may book in a release.

    Takes 5 µs a person until one is found: half a second for 100,000 if there is none.

    Raises:
        StoreAway: the database does not answer.
        SealBroken: the roster was sealed with another key.
    """
    has_people = cohort_has_people(database_url, roster_key, release)
    if has_people is not False:
        return []
    return [*cohort_findings(release, count_people(database_url), has_people)]


def cohort_has_people(database_url: str, roster_key: bytes, release: Release) -> bool | None:
    """Return whether anybody on the roster is of the cohort; None where nobody is on it.

    The synthetic resident is not counted. Raises as `look_at_cohort`.
    """
    has_people: bool | None = None
    try:
        with (
            psycopg.connect(database_url, connect_timeout=10) as connection,
            connection.cursor("roster_sealed") as cursor,
        ):
            cursor.itersize = _PEOPLE_AT_ONCE
            for person, sealed in cursor.execute(statement("roster_sealed").encode()):
                born = unseal_identity(roster_key, sealed, person).birth_date
                if release.born_from <= born <= release.born_to:
                    return True
                has_people = False if born != PROBE_BORN else has_people
    except psycopg.OperationalError:
        raise StoreAway from None
    return has_people
