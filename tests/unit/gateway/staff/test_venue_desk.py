"""What a row of a dose given becomes for the national record."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from allocator.release_file import known_products
from gateway.staff.national_record import as_record
from gateway.staff.venue_desk import dose_given, makers_of

PRODUCTS = [
    ("p1", {"ja": "コミナティ", "en": "Comirnaty"}),
    ("Spikevax-2021", {"ja": "二"}),
    ("water", {"ja": "水"}),
]


def test_makers_follow_from_the_id_or_the_names() -> None:
    makers = makers_of(PRODUCTS, known_products())
    assert makers == {"p1": "ファイザー", "Spikevax-2021": "モデルナ", "water": ""}


def test_record_names_the_maker_of_a_product_known_by_its_name_alone() -> None:
    row = SimpleNamespace(
        sealed=None, dose=1, given_on=date(2021, 6, 1), product_id="p1", lot="EW4811"
    )
    given = dose_given(row, b"", "体育館", makers_of(PRODUCTS, known_products()))
    assert ",2021-06-01,体育館,ファイザー,p1,EW4811" in as_record([given], "utf-8").decode()
