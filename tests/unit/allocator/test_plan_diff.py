from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from allocator.limits import Limits, Span, VenueLimits
from allocator.model import SITE_TIMEZONE, Catalogue, Product, Release, Slot, Venue
from allocator.plan_diff import (
    DayOfPlan,
    Difference,
    Term,
    base_of,
    days_of,
    differences,
    digest,
    overwritten,
    terms,
)
from allocator.release import ReleasePlan

NINE = datetime(2030, 9, 14, 9, tzinfo=SITE_TIMEZONE)
BORN = date(1900, 1, 1), date(2018, 4, 1)
RELEASE = Release("autumn", "covid", {"ja": "秋"}, *BORN, NINE, NINE, NINE, 48)

NO_LIMITS = Limits()


def slot(number: int, seats: tuple[int, int] = (5, 0), days: int = 0, venue: str = "gym") -> Slot:
    start = NINE + timedelta(days=days, minutes=15 * number)
    return Slot(number, "autumn", venue, "comirnaty", start, start + timedelta(minutes=15), seats)


def day(slots: int, dose_1: int, dose_2: int = 0, venue: str = "gym") -> DayOfPlan:
    return DayOfPlan(date(2030, 9, 14), venue, "comirnaty", slots, dose_1, dose_2)


def test_slots_are_added_up_by_day_venue_and_product() -> None:
    found = days_of([slot(1, venue="hall"), slot(2), slot(3, (1, 2)), slot(4, days=1)])
    assert found[:2] == [day(2, 6, 2), day(1, 5, venue="hall")]
    assert found[2].day == date(2030, 9, 15)


def test_same_slots_in_another_order_do_not_differ() -> None:
    assert differences([slot(1), slot(2)], [slot(2), slot(1)]) == []


def test_days_that_come_go_and_change_are_told() -> None:
    gone, changed, new = slot(1, venue="annex"), slot(2), slot(3, venue="hall")
    assert differences([gone, changed], [slot(2, (7, 0)), new]) == [
        Difference(day(1, 5, venue="annex"), None),
        Difference(day(1, 5), day(1, 7)),
        Difference(None, day(1, 5, venue="hall")),
    ]


def plan_with(limits: Limits = NO_LIMITS, release: Release = RELEASE) -> ReleasePlan:
    venues = {"gym": Venue("gym", {"ja": "体育館"}, {"ja": "平岡"})}
    products = {"comirnaty": Product("comirnaty", {"ja": "コミナティ"}, 21, 18, 42, 6, "4.2")}
    return ReleasePlan(release, products, venues, (slot(1),), limits)


def test_terms_that_change_come_and_go_are_told_at_their_place() -> None:
    held = plan_with()
    assert terms(held, replace(held, slots=(slot(2),))) == []
    younger = replace(RELEASE, born_to=date(1965, 4, 1), names={"ja": "秋", "en": "Autumn"})
    assert terms(held, replace(held, release=younger, venues={})) == [
        Term("release.cohort.born_to", date(2018, 4, 1), date(1965, 4, 1)),
        Term("venues.gym.names.ja", "体育館", None),
        Term("venues.gym.addresses.ja", "平岡", None),
        Term("release.names.en", None, "Autumn"),
    ]


def test_what_a_load_does_not_change_is_no_term() -> None:
    paused = replace(
        RELEASE, state_by_hand="paused", message="お待ちください", messages={"en": "Wait"}
    )
    assert terms(plan_with(release=paused), plan_with()) == []
    ordered = {"state_by_hand", "message", "messages", "beacon", "beacon_source"}
    for name in {*Release.__struct_fields__} - ordered - {"release_id"}:
        other = {"x": "y"} if name == "names" else "other"
        changed = replace(RELEASE, **{name: other})
        assert terms(plan_with(), plan_with(release=changed)), f"{name} is told"


def test_every_field_of_a_product_is_told() -> None:
    held = plan_with()
    for name in {*Product.__struct_fields__} - {"product_id"}:
        other = {"x": "y"} if name == "names" else 99
        product = replace(held.products["comirnaty"], **{name: other})
        assert terms(held, replace(held, products={"comirnaty": product})), f"{name} is told"


def test_limits_are_told_as_a_file_has_them() -> None:
    limits = Limits(
        people=24_000,
        days={"dose_1": Span(date(2030, 9, 14), date(2030, 10, 4))},
        supply={"comirnaty": 8_004},
        vials={"comirnaty": 1_334},
        venues={
            "gym": VenueLimits(((540, 720), (785, 1020)), (0, 6), (date(2030, 9, 16),), 120),
        },
    )
    assert terms(plan_with(), plan_with(limits)) == [
        Term("release.people", None, 24_000),
        Term("release.days.dose_1.from", None, date(2030, 9, 14)),
        Term("release.days.dose_1.to", None, date(2030, 10, 4)),
        Term("products.comirnaty.supply.vials", None, 1_334),
        Term("products.comirnaty.supply.doses", None, 8_004),
        Term("venues.gym.open.hours", None, ("09:00-12:00", "13:05-17:00")),
        Term("venues.gym.open.weekdays", None, ("mon", "sun")),
        Term("venues.gym.open.closed", None, (date(2030, 9, 16),)),
        Term("venues.gym.doses_per_hour_max", None, 120),
    ]


def test_closed_days_that_come_or_go_are_told_alone() -> None:
    def closed(*days: int) -> ReleasePlan:
        listed = tuple(date(2030, 9, day) for day in days)
        return plan_with(Limits(venues={"gym": VenueLimits(closed=listed)}))

    assert terms(closed(16, 23), closed(16, 24)) == [
        Term("venues.gym.open.closed", (date(2030, 9, 23),), (date(2030, 9, 24),))
    ]
    assert terms(closed(16, 23), closed(16)) == [
        Term("venues.gym.open.closed", (date(2030, 9, 23),), None)
    ]


def stored(plan: ReleasePlan) -> Catalogue:
    return Catalogue(1, plan.products, plan.venues, {}, {})


def test_new_release_overwrites_products_and_venues_that_others_use() -> None:
    planned = plan_with()
    gym = replace(planned.venues["gym"], addresses={"ja": "浦部"})
    hall = Venue("hall", {"ja": "会館"}, {})
    planned = replace(planned, venues={"gym": gym, "hall": hall})
    catalogue = stored(plan_with())
    base = base_of(catalogue, None, planned)
    assert base is not None
    assert overwritten(base, None, planned) == [Term("venues.gym.addresses.ja", "平岡", "浦部")]
    assert base_of(Catalogue(1, {}, {}, {}, {}), None, planned) is None


def test_release_overwrites_what_it_takes_over_from_others() -> None:
    catalogue = stored(plan_with())
    held = replace(plan_with(), venues={})
    planned = plan_with(Limits(people=9))
    base = base_of(catalogue, held, planned)
    assert base is not None
    assert overwritten(base, held, planned) == [Term("release.people", None, 9)]


def test_digest_is_another_as_soon_as_something_that_is_overwritten_is() -> None:
    held = plan_with()
    same = replace(held, slots=(replace(slot(1), slot_id=7),))
    utc = replace(RELEASE, opens_at=RELEASE.opens_at.astimezone(UTC))
    for one in (held, same, plan_with(release=utc)):
        assert digest(one, with_orders=False) == digest(held, with_orders=False)
    others = [
        None,
        plan_with(Limits(people=9)),
        replace(held, slots=(slot(1, (6, 0)),)),
        replace(held, slots=(slot(2),)),
        replace(held, venues={}),
    ]
    digests = {one and digest(one, with_orders=False) for one in [held, *others]}
    assert len(digests | {digest(None, with_orders=False)}) == len(others) + 2


def test_digest_of_an_order_knows_orders_by_hand() -> None:
    paused = plan_with(release=replace(RELEASE, state_by_hand="paused"))
    assert digest(paused, with_orders=False) == digest(plan_with(), with_orders=False)
    assert digest(paused, with_orders=True) != digest(plan_with(), with_orders=True)
