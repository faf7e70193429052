"""What a resident may choose from: days and times, each with the second dose that goes with it.

Rule 1: what is on offer comes from the allocator's published availability; nothing is decided
here. A choice that is gone by the time it is sent is refused by the allocator.
Rule 2: first and second doses never stand in one list (L3).
Rule 3: nothing here does I/O or reads a clock.

Shapes: an `Offer` is one slot that can be chosen; for a pair it names the slot of dose 2. Days
and months group offers for the pages. A day is plentiful when an offer of it is, or when more
than FEW_MAX different seats of dose 2 are on offer: each is a pair that can still be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Literal

from allocator.model import (
    DAYS_SEARCHED_MAX,
    SITE_TIMEZONE,
    Catalogue,
    FirstDose,
    Flexible,
    Product,
    Slot,
    Venue,
)
from allocator.reads import Availability, OpenSlot

Plenty = Literal["many", "few", "none"]

FEW_MAX = 5
"""As the allocator has it for one slot (`allocator.offer`)."""


@dataclass(frozen=True)
class Offer:
    """One slot on offer. `second_slot_id` and `second_dose_at` are None for a second dose alone."""

    slot: Slot
    venue: Venue
    product: Product
    pairs: Plenty
    second_slot_id: int | None
    second_dose_at: datetime | None

    @cached_property
    def day(self) -> date:
        """Return the day at the site: asked for on every page, and costly to find."""
        return _day(self.slot.starts_at)

    @property
    def key(self) -> str:
        """Return what a form sends for this offer: `slot` or `slot-second_slot`."""
        if self.second_slot_id is None:
            return str(self.slot.slot_id)
        return f"{self.slot.slot_id}-{self.second_slot_id}"


@dataclass(frozen=True)
class Day:
    """A day with something to show, and the days on which its second doses would be."""

    day: date
    pairs: Plenty
    second_days: tuple[date, ...]


@dataclass(frozen=True)
class Month:
    """A calendar month of days."""

    first_day: date
    days: tuple[Day, ...]

    @cached_property
    def by_day(self) -> dict[date, Day]:
        """Return the days by their date."""
        return {day.day: day for day in self.days}

    @property
    def pairs(self) -> Plenty:
        """Return how it is with the month's best days."""
        plenties = {day.pairs for day in self.days}
        if "many" in plenties:
            return "many"
        return "few" if "few" in plenties else "none"


@dataclass(frozen=True)
class PlaceOffers:
    """The offers of one day at one venue with one product, by time."""

    venue: Venue
    product: Product
    offers: tuple[Offer, ...]


def pair_offers(catalogue: Catalogue, availability: Availability) -> list[Offer]:
    """Return the first doses on offer, each with its second, by time and venue."""
    return _offers(catalogue, availability.slots)


_Making = Callable[[Catalogue, Availability], list[Offer]]
_Kept = tuple[Catalogue, Availability, list[Offer], list[Month]]


class KeptOffers:
    """The pairs on offer, sorted and grouped once for each state of the offer.

    Hundreds of residents see the same state; only who gives a first dose of elsewhere sees
    another list. For each release the latest state is kept.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, _Making], _Kept] = {}

    def pairs(self, catalogue: Catalogue, availability: Availability) -> list[Offer]:
        """Return what `pair_offers` gives. The list is shared: it must not be changed."""
        return self._of(catalogue, availability, pair_offers)[2]

    def for_two(self, catalogue: Catalogue, availability: Availability) -> list[Offer]:
        """Return what `together_offers` gives. The list is shared: it must not be changed."""
        return self._of(catalogue, availability, together_offers)[2]

    def months(self, offers: list[Offer]) -> list[Month]:
        """Return what `months_of` gives, at once if the offers are ones that are kept."""
        kept = next((entry[3] for entry in self._kept.values() if entry[2] is offers), None)
        return months_of(offers) if kept is None else kept

    def _of(self, catalogue: Catalogue, availability: Availability, making: _Making) -> _Kept:
        key = availability.release_id, making
        kept = self._kept.get(key)
        if kept is None or kept[0] is not catalogue or kept[1] is not availability:
            offers = making(catalogue, availability)
            kept = (catalogue, availability, offers, months_of(offers))
            self._kept[key] = kept
        return kept


def second_offers(
    catalogue: Catalogue, availability: Availability, first: FirstDose, today: date
) -> list[Offer]:
    """Return the second doses that go with a first dose of that product on that day.

    Those before the product's least interval are left out, and those after its greatest, unless
    that has passed already: an overdue second dose is still given.
    """
    product = catalogue.products.get(first.product_id)
    if product is None:
        return []
    overdue = (today - first.day).days > product.interval_days_max

    def fits(offer: Offer) -> bool:
        interval = (offer.day - first.day).days
        return (
            offer.product.product_id == first.product_id
            and interval >= product.interval_days_min
            and (overdue or interval <= product.interval_days_max)
        )

    return [offer for offer in _offers(catalogue, availability.second_only) if fits(offer)]


def together_offers(catalogue: Catalogue, availability: Availability) -> list[Offer]:
    """Return the first doses with which two can begin, each with the second of who asks."""
    return _offers(catalogue, [_for_two(catalogue, slot) for slot in availability.slots])


def _for_two(catalogue: Catalogue, open_slot: OpenSlot) -> OpenSlot:
    second = catalogue.slots.get(open_slot.together_slot_id or 0)
    if second is None:
        return OpenSlot(open_slot.slot_id, "none")
    return OpenSlot(open_slot.slot_id, open_slot.pairs, second.slot_id, second.starts_at)


def at_venue(offers: list[Offer], venue_id: str) -> list[Offer]:
    """Keep the offers of one venue, or the very same list when no venue is named."""
    if not venue_id:
        return offers
    return [offer for offer in offers if venue_id == offer.venue.venue_id]


def on_day(offers: Iterable[Offer], day: date) -> list[Offer]:
    """Keep the offers of one day."""
    return [offer for offer in offers if offer.day == day]


def wish_when_sold_out(offers: Sequence[Offer], today: date) -> Flexible | None:
    """Return what somebody stands by for when all is taken: any of it, or what fits in a wish.

    None while something is left, or when there is nothing that could be given back.
    """
    days = [offer.day for offer in offers if offer.day >= today]
    if not days or any(offer.pairs != "none" for offer in offers):
        return None
    farthest = min(days) + timedelta(days=DAYS_SEARCHED_MAX - 1)
    return Flexible(min(days), min(max(days), farthest))


def venues_of(offers: Iterable[Offer]) -> list[Venue]:
    """Return the venues of some offers, each once, in the order of their ids."""
    found = {offer.venue.venue_id: offer.venue for offer in offers}
    return [found[venue_id] for venue_id in sorted(found)]


def products_of(offers: Iterable[Offer]) -> list[Product]:
    """Return the products of some offers, each once, in the order of their ids."""
    found = {offer.product.product_id: offer.product for offer in offers}
    return [found[product_id] for product_id in sorted(found)]


def months_of(offers: Sequence[Offer]) -> list[Month]:
    """Group offers (by time) into days, and days into months."""
    days = [
        _day_of(day, list(offers_of_day))
        for day, offers_of_day in groupby(offers, key=lambda offer: offer.day)
    ]
    return [
        Month(first_day, tuple(days_of_month))
        for first_day, days_of_month in groupby(days, key=lambda day: day.day.replace(day=1))
    ]


def places_of(offers: Sequence[Offer]) -> list[PlaceOffers]:
    """Group the offers of a day by venue and product."""
    ordered = sorted(offers, key=_place_key)
    grouped = [list(group) for _, group in groupby(ordered, key=_place_key)]
    return [PlaceOffers(group[0].venue, group[0].product, tuple(group)) for group in grouped]


def _offers(catalogue: Catalogue, open_slots: Iterable[OpenSlot]) -> list[Offer]:
    offers = []
    for open_slot in open_slots:
        slot = catalogue.slots.get(open_slot.slot_id)
        if slot is None:
            # The catalogue in memory may be a second older than the availability.
            continue
        offers.append(
            Offer(
                slot,
                catalogue.venues[slot.venue_id],
                catalogue.products[slot.product_id],
                open_slot.pairs,
                open_slot.second_slot_id,
                open_slot.second_dose_at,
            )
        )
    return sorted(offers, key=lambda offer: (offer.slot.starts_at, _place_key(offer)))


def _place_key(offer: Offer) -> tuple[str, str]:
    return offer.venue.venue_id, offer.product.product_id


def _day_of(day: date, offers: Sequence[Offer]) -> Day:
    left = [offer for offer in offers if offer.pairs != "none"]
    different = {offer.second_slot_id or offer.slot.slot_id for offer in left}
    pairs: Plenty = "few" if left else "none"
    if len(different) > FEW_MAX or any(offer.pairs == "many" for offer in left):
        pairs = "many"
    seconds = {_day(offer.second_dose_at) for offer in offers if offer.second_dose_at is not None}
    return Day(day, pairs, tuple(sorted(seconds)))


def _day(moment: datetime) -> date:
    return moment.astimezone(SITE_TIMEZONE).date()
