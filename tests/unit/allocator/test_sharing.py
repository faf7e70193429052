from __future__ import annotations

from datetime import date, datetime

import pytest
from msgspec.structs import replace

from allocator.finding import Finding
from allocator.model import SITE_TIMEZONE, Product, Release, Venue
from allocator.release import ReleasePlan
from allocator.sharing import Shared, User, shared_findings

NINE = datetime(2030, 9, 14, 9, tzinfo=SITE_TIMEZONE)
BORN = date(1900, 1, 1), date(2018, 4, 1)
SPRING = Release("spring", "covid", {"ja": "春"}, *BORN, NINE, NINE, NINE, 48)
PRODUCT = Product("comirnaty", {"ja": "コミナティ"}, 21, 19, 42, 6, "leaflet")
HALL = Venue("hall", {"ja": "会館"}, {"ja": "浦部275"})
AUTUMN = User("autumn", False, frozenset({"comirnaty"}), frozenset({"hall"}))
CLOSED = User("winter", True, frozenset({"comirnaty"}), frozenset({"hall"}))


def found(
    product: Product = PRODUCT, venue: Venue = HALL, users: tuple[User, ...] = (AUTUMN,)
) -> list[Finding]:
    stored = Shared({"comirnaty": PRODUCT}, {"hall": HALL}, users)
    plan = ReleasePlan(SPRING, {product.product_id: product}, {venue.venue_id: venue}, ())
    return [*shared_findings(plan, stored)]


def test_plan_with_the_same_products_and_venues_is_in_order() -> None:
    assert found() == []
    assert (
        found(replace(PRODUCT, product_id="new", doses_per_vial=5), replace(HALL, venue_id="new"))
        == []
    )
    assert found(replace(PRODUCT, source="a later edition")) == []


@pytest.mark.parametrize(
    "name", ["interval_days_standard", "interval_days_min", "interval_days_max"]
)
def test_interval_of_a_product_of_another_release_stays(name: str) -> None:
    (wrong,) = found(replace(PRODUCT, **{name: 20}))
    assert (wrong.code, wrong.severity, wrong.path) == (
        "product_differs",
        "error",
        "products[0].interval_days",
    )
    assert "autumn has comirnaty, too, with an interval of 21 (19-42) days" in wrong.message
    assert wrong.mend == "give it an id of its own, or close autumn before"


def test_vials_of_a_product_of_another_release_stay() -> None:
    (wrong,) = found(replace(PRODUCT, doses_per_vial=5), users=(AUTUMN, CLOSED))
    assert (wrong.severity, wrong.values["kind"], wrong.values["releases"]) == (
        "error",
        "vial",
        "autumn",
    )
    assert wrong.message.endswith("with 6 doses in a vial: it would be 5 there as well")


def test_of_a_release_that_is_closed_it_is_told_and_stops_nothing() -> None:
    (told,) = found(replace(PRODUCT, interval_days_max=21), users=(CLOSED,))
    assert (told.code, told.severity, told.values["releases"]) == (
        "product_differs",
        "warning",
        "winter",
    )


def test_other_names_and_addresses_are_told() -> None:
    renamed = replace(PRODUCT, names={"ja": "コミナティ筋注"})
    moved = replace(HALL, names={"ja": "会館", "en": "Hall"}, addresses={})
    told = found(renamed, moved, (AUTUMN, CLOSED))
    assert [(one.severity, one.path, one.values["kind"]) for one in told] == [
        ("warning", "products[0].names", "product"),
        ("warning", "venues[0].names", "venue"),
        ("warning", "venues[0].addresses", "address"),
    ]
    assert "will read コミナティ筋注 instead of コミナティ" in told[0].message
    assert "will read Hall instead of nothing" in told[1].message
    assert told[2].message == (
        "autumn, winter has hall, too: whoever has booked there "
        "will read nothing instead of 浦部275"
    )
