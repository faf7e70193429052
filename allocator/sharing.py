"""What a plan would change for the people of another release: products and venues are shared.

Rule 1: a product and a venue are stored once, for every release that uses them. So a plan may not
give a product of another release another interval or other vials, unless that one is closed.
Rule 2: other names and addresses are a warning: who has booked there reads the new ones.

Nothing here does I/O or reads a clock. Units: days; doses of a vial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from allocator.finding import Finding, error, warning
from allocator.model import Product, Venue
from allocator.release import ReleasePlan


class User(msgspec.Struct, frozen=True):
    """Another release that is stored, and what it uses."""

    release_id: str
    is_closed: bool
    product_ids: frozenset[str] = frozenset()
    venue_ids: frozenset[str] = frozenset()


class Shared(msgspec.Struct, frozen=True):
    """Products and venues as they are stored, and the other releases that use them."""

    products: Mapping[str, Product] = {}
    venues: Mapping[str, Venue] = {}
    users: Sequence[User] = ()


def shared_findings(planned: ReleasePlan, shared: Shared) -> Iterator[Finding]:
    """Say what a plan has otherwise than it is stored for other releases."""
    for index, product in enumerate(planned.products.values()):
        users = [one for one in shared.users if product.product_id in one.product_ids]
        if users:
            stored = shared.products[product.product_id]
            yield from _product(f"products[{index}]", stored, product, users)
    for index, venue in enumerate(planned.venues.values()):
        users = [one for one in shared.users if venue.venue_id in one.venue_ids]
        if users:
            yield from _venue(f"venues[{index}]", shared.venues[venue.venue_id], venue, users)


def _product(
    path: str, stored: Product, product: Product, users: Sequence[User]
) -> Iterator[Finding]:
    if (theirs := _interval(stored)) != (ours := _interval(product)):
        yield _differs(f"{path}.interval_days", "interval", product, (theirs, ours), users)
    if stored.doses_per_vial != product.doses_per_vial:
        vials = f"{stored.doses_per_vial}", f"{product.doses_per_vial}"
        yield _differs(f"{path}.doses_per_vial", "vial", product, vials, users)
    yield from _named(f"{path}.names", "product", product.product_id, stored.names, product, users)


def _venue(path: str, stored: Venue, venue: Venue, users: Sequence[User]) -> Iterator[Finding]:
    yield from _named(f"{path}.names", "venue", venue.venue_id, stored.names, venue, users)
    if stored.addresses != venue.addresses:
        told = _first_other(stored.addresses, venue.addresses)
        yield _reads_otherwise(f"{path}.addresses", "address", venue.venue_id, told, users)


def _named(
    path: str,
    kind: str,
    name: str,
    stored: Mapping[str, str],
    item: Product | Venue,
    users: Sequence[User],
) -> Iterator[Finding]:
    if stored != item.names:
        yield _reads_otherwise(path, kind, name, _first_other(stored, item.names), users)


def _differs(
    path: str, kind: str, product: Product, sides: tuple[str, str], users: Sequence[User]
) -> Finding:
    """Refuse what another release would lose by; of those that are closed it is told only."""
    live = [one.release_id for one in users if not one.is_closed]
    releases = live or [one.release_id for one in users]
    theirs, ours = sides
    what = "an interval of {} days" if kind == "interval" else "{} doses in a vial"
    message = (
        f"{', '.join(releases)} has {product.product_id}, too, with {what.format(theirs)}: "
        f"it would be {ours} there as well"
    )
    found = error(
        *("product_differs", path, message),
        kind=kind,
        product=product.product_id,
        releases=", ".join(releases),
        theirs=theirs,
        ours=ours,
    )
    return found if live else msgspec.structs.replace(found, severity="warning")


def _reads_otherwise(
    path: str, kind: str, name: str, sides: tuple[str, str], users: Sequence[User]
) -> Finding:
    releases = [one.release_id for one in users]
    theirs, ours = sides
    message = (
        f"{', '.join(releases)} has {name}, too: whoever has booked there "
        f"will read {ours or 'nothing'} instead of {theirs or 'nothing'}"
    )
    return warning(
        *("names_differ", path, message),
        kind=kind,
        id=name,
        releases=", ".join(releases),
        theirs=theirs or "-",
        ours=ours or "-",
    )


def _first_other(stored: Mapping[str, str], texts: Mapping[str, str]) -> tuple[str, str]:
    """Return the first text that is not the same, before and after."""
    return next(
        (stored.get(language, ""), texts.get(language, ""))
        for language in [*stored, *texts]
        if stored.get(language) != texts.get(language)
    )


def _interval(product: Product) -> str:
    """Write an interval: the standard, and in brackets what is allowed."""
    shortest, longest = product.interval_days_min, product.interval_days_max
    return f"{product.interval_days_standard} ({shortest}-{longest})"
