"""What is known of products, with its source, and where a plan says something else (L1).

The facts stand beside this module (`products.json`). What no source gives is not there, and is
not checked by it: of such a product's longest interval only what is unusual is said.

Rule 1: a product is known by words in its id or in its names, wherever that is asked.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: intervals are days from dose 1 to dose 2; a vial holds doses.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from allocator.finding import Finding, error, warning
from allocator.model import Product

LONG_FACTOR = 2
"""A longest interval of more than so many times the standard one: a digit too many."""


class KnownProduct(msgspec.Struct, frozen=True):
    """The interval in days that a product's information gives. `words` are in its id or names.

    `latest` is None and `vials` (how many doses one may hold) is empty where no source says it.
    """

    words: tuple[str, ...]
    standard: int
    source: str
    earliest: int = 1
    latest: int | None = None
    vials: tuple[int, ...] = ()
    vial_source: str = ""
    maker: str = ""


def known_as(texts: Iterable[str], known: Iterable[KnownProduct]) -> list[KnownProduct]:
    """Return the known products whose words stand in a product's id or names, of any width."""
    text = unicodedata.normalize("NFKC", " ".join(texts)).casefold()
    return [one for one in known if any(word.casefold() in text for word in one.words)]


def maker_of(texts: Iterable[str], known: Iterable[KnownProduct]) -> str:
    """Return the maker of a product by its id and names, empty if it is none of those known."""
    return next((one.maker for one in known_as(texts, known)), "")


def product_findings(
    products: Mapping[str, Product], known: Sequence[KnownProduct]
) -> Iterator[Finding]:
    """Say where an interval or a vial is not the one that the product's information gives."""
    for index, product in enumerate(products.values()):
        path = f"products[{index}]"
        its = known_as((product.product_id, *product.names.values()), known)
        for one in its:
            yield from _interval(product, one, f"{path}.interval_days")
            yield from _vial(product, one, f"{path}.doses_per_vial")
        if not any(one.latest for one in its):
            yield from _unusual(product, f"{path}.interval_days.max")


def _interval(product: Product, one: KnownProduct, path: str) -> Iterator[Finding]:
    if product.interval_days_standard != one.standard:
        message = f"standard is {product.interval_days_standard}, not {one.standard} days"
        yield error(
            *("interval_not_as_source", path, message),
            days=product.interval_days_standard,
            right=one.standard,
            source=one.source,
        )
    if product.interval_days_min < one.earliest:
        message = f"min is {product.interval_days_min}, earlier than {one.earliest} days"
        yield error(
            *("interval_too_short", path, message),
            days=product.interval_days_min,
            right=one.earliest,
            source=one.source,
        )
    if one.latest is not None and product.interval_days_max > one.latest:
        message = f"max is {product.interval_days_max}, later than {one.latest} days"
        yield error(
            *("interval_too_long", f"{path}.max", message),
            days=product.interval_days_max,
            right=one.latest,
            source=one.source,
        )


def _vial(product: Product, one: KnownProduct, path: str) -> Iterator[Finding]:
    if one.vials and product.doses_per_vial not in one.vials:
        right = [f"{doses}" for doses in one.vials]
        message = f"a vial holds {' or '.join(right)} doses, not {product.doses_per_vial}"
        yield error(
            *("vial_not_as_source", path, message),
            doses=product.doses_per_vial,
            right=right,
            source=one.vial_source,
        )


def _unusual(product: Product, path: str) -> Iterator[Finding]:
    longest, standard = product.interval_days_max, product.interval_days_standard
    if longest > LONG_FACTOR * standard:
        message = f"max is {longest}, more than {LONG_FACTOR} times the standard {standard} days"
        yield warning(
            *("interval_unusual", path, message),
            days=longest,
            factor=LONG_FACTOR,
            standard=standard,
        )
