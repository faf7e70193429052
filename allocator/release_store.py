"""Store releases, and look at them beside what is stored (orders: `allocator.release_orders`).

Rule 1: all of a release or nothing, in one transaction that also raises the
catalogue's version; the allocator hears of it on `catalogue_changed`.
Rule 2: a seat that is taken is never taken away: a file that would remove its
slot, or hold fewer seats than are taken, is refused.
Rule 3: what an order of the staff closed, no load opens again: a file must have left the slot
out, or without seats, before one has it with seats again.

A slot is the same slot when release, venue, product and start are the same, so
loading a changed file keeps the bookings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from allocator.beside_store import read_beside
from allocator.errors import StoreAway
from allocator.finding import error, warning
from allocator.held_against import clock_findings
from allocator.limits import Limits
from allocator.model import SITE_TIMEZONE, Catalogue, Product, Release, Venue
from allocator.release import Finding, ReleasePlan, findings_of, has_error
from allocator.release_file import known_products
from allocator.roster import CATALOGUE_CHANGED, count_people
from allocator.sharing import Shared, User, shared_findings
from allocator.statements import named_rows, statement
from allocator.store import Store

NO_LIMITS = Limits()


class Loaded(msgspec.Struct, frozen=True):
    """What a load did. Slots added and removed; `version` is the catalogue's after it."""

    release_id: str
    version: int
    slots: int
    slots_added: int
    slots_removed: int


class Overtaken(msgspec.Struct, frozen=True):
    """Somebody has changed what is on offer since it was read: nothing was stored."""


class FreeSeats(msgspec.Struct, frozen=True):
    """A stored release whose capacities are what is free, and how many seats are taken."""

    planned: ReleasePlan
    taken: int


def load_release(database_url: str, planned: ReleasePlan) -> Loaded | list[Finding]:
    """Store a release that has no error, or say what stands against it.

    Raises:
        StoreAway: the database does not answer; nothing was stored.
    """
    done = load_unchanged(database_url, planned, None)
    assert not isinstance(done, Overtaken), "no version was asked for"
    return done


def load_unchanged(
    database_url: str, planned: ReleasePlan, version: int | None
) -> Loaded | Overtaken | list[Finding]:
    """Store a release as `load_release` does, if the catalogue still has this version."""
    findings = check_release(database_url, planned)
    if has_error(findings):
        return findings
    with transaction(database_url) as connection:
        _send_slots(connection, planned)  # The longest part, before anybody must wait.
        held = connection.execute(_sql("catalogue_hold")).fetchone()
        assert held is not None
        if version not in (None, held.version):
            connection.rollback()
            return Overtaken()
        if has_error(against := _against(connection, planned)):
            connection.rollback()
            return against
        return _store(connection, planned)


def read_catalogue(database_url: str) -> Catalogue:
    """Return all that is stored. Raises `StoreAway`."""
    store = Store(database_url, roster_key=b"")
    try:
        return store.catalogue()
    finally:
        store.close()


def read_plan(database_url: str, catalogue: Catalogue, release_id: str) -> ReleasePlan:
    """Return a stored release as it was loaded, with its limits. Raises `StoreAway`."""
    with transaction(database_url) as connection:
        named = {"release_id": release_id}
        row = connection.execute(_sql("release_limits"), named).fetchone()
    assert row is not None
    return plan_of(catalogue, release_id, msgspec.convert(row.limits, Limits))


def read_free(database_url: str, catalogue: Catalogue, release_id: str) -> FreeSeats:
    """Return what is left of a stored release at this moment. Raises `StoreAway`."""
    planned, named = read_plan(database_url, catalogue, release_id), {"release_id": release_id}
    with transaction(database_url) as connection:
        rows = connection.execute(_sql("seats_of_release"), named).fetchall()
    free = {(row.slot_id, row.dose): row.free for row in rows}
    slots = tuple(
        msgspec.structs.replace(
            slot, capacities=(free.get((slot.slot_id, 1), 0), free.get((slot.slot_id, 2), 0))
        )
        for slot in planned.slots
    )
    left = msgspec.structs.replace(planned, slots=slots)
    return FreeSeats(left, sum(row.taken for row in rows))


def check_release(database_url: str, planned: ReleasePlan) -> list[Finding]:
    """Return what is wrong with a plan, beside what is known and what is loaded already.

    Raises:
        StoreAway: the database does not answer.
    """
    own = planned.release.release_id
    others = read_beside(database_url, own)
    with transaction(database_url) as connection:
        shared = [*shared_findings(planned, _shared(connection, own))]
    found = findings_of(planned, known_products(), others, count_people(database_url))
    return sorted([*found, *shared], key=lambda finding: finding.severity)


def check_load(database_url: str, planned: ReleasePlan) -> list[Finding]:
    """Return what `load_release` would say of a plan now, and what it would begin at once.

    Nothing is stored.

    Raises:
        StoreAway: the database does not answer.
    """
    findings = check_release(database_url, planned)
    findings += _at_once(database_url, planned.release)
    if has_error(findings):
        return findings
    with transaction(database_url) as connection:
        _send_slots(connection, planned)
        against = _against_seats(connection, planned)
        connection.rollback()
    return sorted([*against, *findings], key=lambda finding: finding.severity)


def _at_once(database_url: str, release: Release) -> list[Finding]:
    """Hold a release against the one that is stored, by the database's clock."""
    stored = {one.release_id: one for one in read_releases(database_url)}
    with transaction(database_url) as connection:
        row = connection.execute(_sql("catalogue_versions")).fetchone()
    assert row is not None
    return [*clock_findings(release, stored.get(release.release_id), row.now)]


def read_releases(database_url: str) -> list[Release]:
    """Return every stored release as it is now, by its opening. Raises `StoreAway`."""
    with transaction(database_url) as connection:
        rows = connection.execute(_sql("releases")).fetchall()
    loaded = (Release(**row._asdict()) for row in rows)
    return sorted(loaded, key=lambda release: (release.opens_at, release.release_id))


def read_writer(database_url: str) -> tuple[int, str]:
    """Return the epoch and the name of the last writer. Raises `StoreAway`."""
    with transaction(database_url) as connection:
        row = connection.execute(_sql("writer_now")).fetchone()
    assert row is not None
    return int(row.epoch), str(row.holder)


def plan_of(catalogue: Catalogue, release_id: str, limits: Limits = NO_LIMITS) -> ReleasePlan:
    """Return a stored release as a plan, so that the same linter can look at it."""
    slots = tuple(slot for slot in catalogue.slots.values() if slot.release_id == release_id)
    used = {name for slot in slots for name in (slot.product_id, slot.venue_id)}
    products = {name: item for name, item in catalogue.products.items() if name in used}
    venues = {name: item for name, item in catalogue.venues.items() if name in used}
    return ReleasePlan(catalogue.releases[release_id], products, venues, slots, limits)


@contextmanager
def transaction(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Open one transaction for the length of a block. Raises `StoreAway`."""
    try:
        with psycopg.connect(
            database_url, connect_timeout=10, row_factory=named_rows
        ) as connection:
            yield connection
    except psycopg.OperationalError:
        raise StoreAway from None


def _against(connection: psycopg.Connection[Any], planned: ReleasePlan) -> list[Finding]:
    """Look again at what others may have changed while a load was on its way."""
    shared = _shared(connection, planned.release.release_id)
    return [*shared_findings(planned, shared), *_against_seats(connection, planned)]


def _against_seats(connection: psycopg.Connection[Any], planned: ReleasePlan) -> list[Finding]:
    named = {"release_id": planned.release.release_id}
    in_use = [_in_use(row) for row in connection.execute(_sql("slots_in_use"), named)]
    coming_back = connection.execute(_sql("seats_coming_back"), named).fetchall()
    by_place = groupby(coming_back, key=lambda row: (bool(row.is_closed), str(row.venue_id)))
    return [*in_use, *(_coming_back(*place, [*rows]) for place, rows in by_place)]


def _shared(connection: psycopg.Connection[Any], release_id: str) -> Shared:
    products = (Product(**row._asdict()) for row in connection.execute(_sql("products")))
    venues = (Venue(**row._asdict()) for row in connection.execute(_sql("venues")))
    uses = connection.execute(_sql("shared_uses"), {"release_id": release_id}).fetchall()
    users = []
    for name, group in groupby(uses, key=lambda row: str(row.release_id)):
        rows = list(group)
        used = (frozenset(row.product_id for row in rows), frozenset(row.venue_id for row in rows))
        users.append(User(name, rows[0].state_by_hand == "closed", *used))
    return Shared(
        {one.product_id: one for one in products}, {one.venue_id: one for one in venues}, users
    )


def _store(connection: psycopg.Connection[Any], planned: ReleasePlan) -> Loaded:
    named = {"release_id": planned.release.release_id}
    _store_head(connection, planned)
    connection.execute(_sql("seats_removed"), named)
    removed = connection.execute(_sql("slots_removed"), named).rowcount
    added = connection.execute(_sql("slots_added"), named).rowcount
    connection.execute(_sql("seats_stored"), named)
    version = raise_version(connection)
    return Loaded(named["release_id"], version, len(planned.slots), added, removed)


def _store_head(connection: psycopg.Connection[Any], planned: ReleasePlan) -> None:
    for product in planned.products.values():
        row = msgspec.structs.asdict(product)
        connection.execute(_sql("product_stored"), row | {"names": Jsonb(product.names)})
    for venue in planned.venues.values():
        texts = {"names": Jsonb(venue.names), "addresses": Jsonb(venue.addresses)}
        connection.execute(_sql("venue_stored"), {"venue_id": venue.venue_id} | texts)
    row = msgspec.structs.asdict(planned.release)
    row |= {
        "names": Jsonb(planned.release.names),
        "limits": Jsonb(msgspec.to_builtins(planned.limits)),
    }
    connection.execute(_sql("release_stored"), row)


def _send_slots(connection: psycopg.Connection[Any], planned: ReleasePlan) -> None:
    connection.execute(_sql("slots_arriving"))
    with connection.cursor() as cursor, cursor.copy(_sql("slots_copy")) as copy:
        for slot in planned.slots:
            copy.write_row(
                (slot.venue_id, slot.product_id, slot.starts_at, slot.ends_at, *slot.capacities)
            )


def _in_use(row: Any) -> Finding:
    what = "is gone" if row.capacity is None else f"would have {row.capacity} seats"
    at = row.starts_at.astimezone(SITE_TIMEZONE)
    message = (
        f"{row.product_id} at {row.venue_id}, {at:%F %R}: the slot {what}, "
        f"but {row.taken} seats for dose {row.dose} are taken"
    )
    return error(
        *("slot_in_use", "sessions", message),
        kind="gone" if row.capacity is None else "fewer",
        product=row.product_id,
        venue=row.venue_id,
        at=at,
        seats=row.capacity or 0,
        taken=row.taken,
        dose=row.dose,
    )


def _coming_back(is_closed: bool, venue_id: str, rows: list[Any]) -> Finding:
    """Stop what would open a closed day again; tell what comes back to one that was cut."""
    days = [row.day for row in rows]
    seats = sum(int(row.seats) for row in rows)
    named = ", ".join(f"{day}" for day in days[:3])
    named += f" and {len(days) - 3:,} more days" if len(days) > 3 else ""
    if is_closed:
        message = f"{venue_id} was closed by an order of the staff on {named}, and would be open"
        values: dict[str, Any] = {"venue": venue_id, "days": days}
        return error("slot_closed_by_order", "sessions", message, **values)
    message = f"an order of the staff took seats away at {venue_id} on {named}: {seats:,} come back"
    return warning(
        *("seats_cut_by_order", "sessions", message), venue=venue_id, days=days, seats=seats
    )


def raise_version(connection: psycopg.Connection[Any]) -> int:
    """Give what is on offer its next version, and tell the allocator of it."""
    row = connection.execute(_sql("catalogue_raised")).fetchone()
    assert row is not None
    connection.execute(f"NOTIFY {CATALOGUE_CHANGED}".encode())
    return int(row.version)


def _sql(name: str) -> bytes:
    return statement(name).encode()
