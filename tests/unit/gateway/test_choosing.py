"""What may be chosen: days and times with their second doses, and never the two mixed."""

from __future__ import annotations

from datetime import date, timedelta

from allocator import offer
from allocator.model import DAYS_SEARCHED_MAX, Catalogue, FirstDose, Flexible
from allocator.reads import Availability, OpenSlot
from gateway import choosing
from tests.unit.gateway.factories import NOW, make_catalogue, make_slot

FIRST = date(2021, 6, 10)
SECOND = FIRST + timedelta(days=21)


def availability(
    slots: tuple[OpenSlot, ...] = (), second_only: tuple[OpenSlot, ...] = ()
) -> Availability:
    return Availability("r1", NOW, "1", slots, second_only)


def city(*days: date) -> Catalogue:
    """A city with one slot a day, numbered from 1."""
    return make_catalogue(slots=tuple(make_slot(n, day) for n, day in enumerate(days, 1)))


def test_pair_is_offered_with_its_second_dose() -> None:
    catalogue = city(FIRST, SECOND)
    at = catalogue.slots[2].starts_at
    (found,) = choosing.pair_offers(catalogue, availability((OpenSlot(1, "few", 2, at),)))
    assert (found.key, found.second_dose_at) == ("1-2", at)
    (month,) = choosing.months_of([found])
    assert month.first_day == date(2021, 6, 1)
    assert month.days == (choosing.Day(FIRST, "few", (SECOND,)),)


def test_two_are_offered_only_where_both_find_room() -> None:
    catalogue = city(FIRST, SECOND, FIRST)
    at = catalogue.slots[2].starts_at
    shown = availability((OpenSlot(1, "many", 99, at, 2), OpenSlot(3, "many", 2, at)))
    both, one = choosing.together_offers(catalogue, shown)
    assert (both.key, both.second_dose_at, both.pairs) == ("1-2", at, "many")
    assert (one.slot.slot_id, one.pairs, one.second_dose_at) == (3, "none", None)
    kept = choosing.KeptOffers()
    assert kept.for_two(catalogue, shown) == [both, one]
    assert kept.for_two(catalogue, shown) is kept.for_two(catalogue, shown)
    assert kept.pairs(catalogue, shown) == choosing.pair_offers(catalogue, shown)
    assert kept.months(kept.for_two(catalogue, shown)) == choosing.months_of([both, one])


def test_list_is_made_once_for_each_state_of_the_offer() -> None:
    kept, catalogue = choosing.KeptOffers(), city(FIRST, SECOND)
    at = catalogue.slots[2].starts_at
    some, none = (availability((OpenSlot(1, "few", 2, at),)), availability((OpenSlot(1, "none"),)))
    shown = kept.pairs(catalogue, some)
    assert shown == choosing.pair_offers(catalogue, some)
    assert kept.pairs(catalogue, some) is shown
    assert kept.months(shown) == choosing.months_of(shown)
    assert kept.months(shown) is kept.months(shown)
    assert kept.pairs(catalogue, none) == choosing.pair_offers(catalogue, none)
    other = city(FIRST, SECOND)
    assert kept.pairs(other, none) is not kept.pairs(catalogue, none)
    assert kept.months(shown[:0]) == []


def test_offers_of_one_venue_leave_the_others_out() -> None:
    catalogue = city(FIRST, SECOND)
    offers = choosing.pair_offers(catalogue, availability((OpenSlot(1, "few"),)))
    assert choosing.at_venue(offers, "") is offers
    assert choosing.at_venue(offers, offers[0].venue.venue_id) == offers
    assert choosing.at_venue(offers, "elsewhere") == []


def test_when_all_is_taken_one_stands_by_for_any_of_it() -> None:
    catalogue = city(FIRST, SECOND)
    taken = choosing.pair_offers(
        catalogue, availability((OpenSlot(1, "none"), OpenSlot(2, "none")))
    )
    assert choosing.wish_when_sold_out(taken, FIRST) == Flexible(FIRST, SECOND)
    assert choosing.wish_when_sold_out(taken, SECOND) == Flexible(SECOND, SECOND)
    assert choosing.wish_when_sold_out(taken, SECOND + timedelta(days=1)) is None
    assert choosing.wish_when_sold_out([], FIRST) is None


def test_while_something_is_left_nobody_stands_by() -> None:
    open_slots = (OpenSlot(1, "none"), OpenSlot(2, "few"))
    offers = choosing.pair_offers(city(FIRST, SECOND), availability(open_slots))
    assert choosing.wish_when_sold_out(offers, FIRST) is None


def test_one_stands_by_for_as_many_days_as_fit_in_a_wish() -> None:
    far = FIRST + timedelta(days=DAYS_SEARCHED_MAX)
    open_slots = (OpenSlot(1, "none"), OpenSlot(2, "none"))
    taken = choosing.pair_offers(city(FIRST, far), availability(open_slots))
    wish = choosing.wish_when_sold_out(taken, FIRST)
    assert wish == Flexible(FIRST, far - timedelta(days=1))


def test_offers_are_in_order_of_time_then_venue() -> None:
    catalogue = make_catalogue(
        slots=(
            make_slot(1, SECOND),
            make_slot(2, FIRST, venue_id="school"),
            make_slot(3, FIRST),
            make_slot(4, FIRST, 9, venue_id="school"),
        )
    )
    open_slots = tuple(OpenSlot(slot_id, "many") for slot_id in (1, 2, 3, 4))
    offers = choosing.pair_offers(catalogue, availability(open_slots))
    assert [o.slot.slot_id for o in offers] == [4, 3, 2, 1]
    assert [v.venue_id for v in choosing.venues_of(offers)] == ["hall", "school"]
    assert [p.product_id for p in choosing.products_of(offers)] == ["comirnaty"]
    assert [o.slot.slot_id for o in choosing.at_venue(offers, "school")] == [4, 2]
    assert choosing.at_venue(offers, "") == offers
    places = choosing.places_of(choosing.on_day(offers, FIRST))
    assert [(p.venue.venue_id, [o.slot.slot_id for o in p.offers]) for p in places] == [
        ("hall", [3]),
        ("school", [4, 2]),
    ]


def test_slot_that_the_catalogue_does_not_know_yet_is_left_out() -> None:
    assert choosing.pair_offers(city(FIRST), availability((OpenSlot(99, "many"),))) == []


def test_day_is_full_only_when_every_slot_is() -> None:
    catalogue = make_catalogue(slots=(make_slot(1, FIRST), make_slot(2, FIRST, 11)))
    both_full = availability((OpenSlot(1, "none"), OpenSlot(2, "none")))
    one_left = availability((OpenSlot(1, "none"), OpenSlot(2, "few", 9, None)))
    one_many = availability((OpenSlot(1, "none"), OpenSlot(2, "many", 9, None)))
    found = [
        choosing.months_of(choosing.pair_offers(catalogue, given))[0].days[0].pairs
        for given in (both_full, one_left, one_many)
    ]
    assert found == ["none", "few", "many"]


def test_month_is_as_its_best_day() -> None:
    days = [FIRST + timedelta(days=number) for number in range(3)]
    catalogue = city(*days)

    def month_with(*pairs: choosing.Plenty) -> choosing.Month:
        open_slots = tuple(OpenSlot(n, one) for n, one in enumerate(pairs, 1))
        (month,) = choosing.months_of(choosing.pair_offers(catalogue, availability(open_slots)))
        return month

    assert month_with("none", "few", "many").pairs == "many"
    assert month_with("none", "few").pairs == "few"
    month = month_with("none", "none")
    assert month.pairs == "none"
    assert month.by_day == {day: choosing.Day(day, "none", ()) for day in days[:2]}


def test_day_with_many_first_doses_for_one_second_has_few_pairs() -> None:
    slots = tuple(make_slot(n, FIRST, 9 + n) for n in range(1, 9))
    catalogue = make_catalogue(slots=slots)
    same_second = tuple(OpenSlot(n, "few", 99) for n in range(1, 9))
    other_seconds = tuple(OpenSlot(n, "few", 90 + n) for n in range(1, 9))
    found = [
        choosing.months_of(choosing.pair_offers(catalogue, availability(given)))[0].days[0].pairs
        for given in (same_second, other_seconds)
    ]
    assert found == ["few", "many"]


def test_few_means_the_same_as_for_the_allocator() -> None:
    assert choosing.FEW_MAX == offer.FEW_MAX


def seconds_after(
    first_day: date, *intervals: int, today: date, product: str = "comirnaty"
) -> list[int]:
    """Return which of the intervals are offered for dose 2."""
    catalogue = city(*(first_day + timedelta(days=days) for days in intervals))
    open_slots = tuple(OpenSlot(slot_id, "many") for slot_id in catalogue.slots)
    found = choosing.second_offers(
        catalogue, availability(second_only=open_slots), FirstDose(product, first_day), today
    )
    return [(o.slot.day - first_day).days for o in found]


def test_second_dose_alone_keeps_the_products_interval() -> None:
    offered = seconds_after(FIRST, 18, 19, 21, 42, 43, today=FIRST + timedelta(days=10))
    assert offered == [19, 21, 42]


def test_overdue_second_dose_is_still_offered() -> None:
    assert seconds_after(FIRST, 18, 50, 90, today=FIRST + timedelta(days=42)) == []
    assert seconds_after(FIRST, 18, 50, 90, today=FIRST + timedelta(days=43)) == [50, 90]


def test_second_dose_is_of_the_same_product() -> None:
    assert seconds_after(FIRST, 21, today=FIRST, product="spikevax") == []
