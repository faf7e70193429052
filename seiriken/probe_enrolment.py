"""Put the synthetic resident into a city: one made-up person, and a release for them alone.

Rule 1: nobody else can book what is here (the cohort is one day on which nobody was born), and
the synthetic resident can book nothing else (no other release may reach that day:
`allocator.release`).
Rule 2: enrolling again changes nothing. The secret file is written first, so that an enrolment
that was broken off is finished by the next.

The municipality's code has a wrong check digit: no roster file can bring, or correct, this person.
The line has no queue: whoever waits in the city's lines, the probe is not among them.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from allocator.model import (
    PROBE_BORN,
    PROBE_ID,
    SITE_TIMEZONE,
    Catalogue,
    Product,
    Release,
    Slot,
    Venue,
)
from allocator.release import ReleasePlan
from allocator.release_store import Loaded, load_release, read_catalogue
from allocator.roster import import_people, read_keys
from allocator.roster_file import Person
from monitoring.probe_run import TestResident, read_resident
from seiriken.errors import CommandError
from seiriken.home import PROBE_FILE, write_private

MUNICIPALITY_CODE = "000000"
SEATS = 10
"""More than one: an earlier run's seat may not be given back yet."""

INTERVAL_DAYS = 21
OPENS_AT = datetime(2020, 1, 1, tzinfo=SITE_TIMEZONE)
CLOSES_AT = datetime(2098, 12, 1, tzinfo=SITE_TIMEZONE)
FIRST_DAY = date(2099, 1, 5)


class Enrolled(msgspec.Struct, frozen=True):
    """What there was to do. The ticket number stays in the file."""

    resident_file: str
    is_new: bool


def enrol(database_url: str, secrets_dir: Path) -> Enrolled:
    """Make whatever is missing: the secret file, the person, the release.

    Raises:
        StoreAway: the database does not answer.
        SecretError: the secret file is there and unreadable.
        CommandError: a release that is loaded stands against it.
    """
    catalogue = read_catalogue(database_url)
    if in_the_way := releases_in_the_way(catalogue):
        names = ", ".join(in_the_way)
        raise CommandError(
            f"these releases are for {PROBE_BORN}, too: {names}; let them begin later"
        )
    path = secrets_dir / PROBE_FILE
    is_new = not path.exists()
    if is_new:
        write_private(path, msgspec.json.encode(_made_up()))
    resident = read_resident(path)
    born = date.fromisoformat(resident.birth_date)
    person = Person(resident.municipality_code, resident.ticket_number, born)
    imported = import_people(database_url, read_keys(secrets_dir), [person])
    is_new = is_new or imported.added > 0
    if PROBE_ID not in catalogue.releases:
        loaded = load_release(database_url, release_plan())
        assert isinstance(loaded, Loaded), "the release is ours, and without error"
        is_new = True
    return Enrolled(str(path), is_new)


def releases_in_the_way(catalogue: Catalogue) -> list[str]:
    """Return the releases, loaded before the day was reserved, that reach it."""
    return sorted(
        release.release_id
        for release in catalogue.releases.values()
        if not release.is_for_probe and release.born_from <= PROBE_BORN <= release.born_to
    )


def release_plan() -> ReleasePlan:
    """Return the release: always open, one slot for each dose, in a year that nobody plans."""
    release = Release(
        release_id=PROBE_ID,
        campaign_id=PROBE_ID,
        names={"ja": "自動点検", "en": "Synthetic resident"},
        born_from=PROBE_BORN,
        born_to=PROBE_BORN,
        lobby_at=OPENS_AT,
        opens_at=OPENS_AT,
        closes_at=CLOSES_AT,
        cut_off_hours=0,
        queue="none",
        desk_share=0.0,
    )
    names = {"ja": "自動点検用", "en": "For the synthetic resident"}
    product = Product(
        product_id=PROBE_ID,
        names=names,
        interval_days_standard=INTERVAL_DAYS,
        interval_days_min=INTERVAL_DAYS,
        interval_days_max=INTERVAL_DAYS,
        doses_per_vial=1,
        source="no vaccine",
    )
    venue = Venue(PROBE_ID, names, names)
    slots = (_slot(1, FIRST_DAY), _slot(2, FIRST_DAY + timedelta(days=INTERVAL_DAYS)))
    return ReleasePlan(release, {PROBE_ID: product}, {PROBE_ID: venue}, slots)


def _slot(dose: int, day: date) -> Slot:
    starts_at = datetime(day.year, day.month, day.day, 9, tzinfo=SITE_TIMEZONE)
    capacities = (SEATS, 0) if dose == 1 else (0, SEATS)
    ends_at = starts_at + timedelta(minutes=30)
    return Slot(dose, PROBE_ID, PROBE_ID, PROBE_ID, starts_at, ends_at, capacities)


def _made_up() -> TestResident:
    ticket_number = f"{secrets.randbelow(10**10):010}"
    return TestResident(MUNICIPALITY_CODE, ticket_number, PROBE_BORN.isoformat())
