"""What the fields of a product say, and what they make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.finding import Finding, error
from allocator.release_file import read_document
from gateway.staff.plan_product_fields import (
    PRODUCT_FIELDS,
    fields_of_product,
    product_as_typed,
    product_fields,
)

EXAMPLE = (Path(__file__).parents[4] / "examples/inzai/plan.yaml").read_bytes()
PATH = "products[0].interval_days"


@pytest.fixture
def product() -> dict[str, Any]:
    """The product of the example plan."""
    document = read_document(EXAMPLE)
    assert not isinstance(document, list)
    return dict(document["products"][0])


def test_fields_that_are_sent_back_as_they_were_change_nothing(product: dict[str, Any]) -> None:
    by_doses = {**product, "supply": {"doses": 300}, "source": "sheet\nof paper\n"}
    unsupplied = {name: value for name, value in product.items() if name != "supply"}
    for one in (product, by_doses, unsupplied):
        fields = product_fields(one)
        assert fields.keys() == set(PRODUCT_FIELDS)
        typed = fields | {"source": fields["source"].replace("\n", "\r\n")}
        assert product_as_typed(one, typed) == one


def test_product_becomes_what_was_typed(product: dict[str, Any]) -> None:
    typed = product_fields(product) | {
        "names_vi": "Comirnaty",
        "interval_min": "２０",
        "interval_max": "",
        "source": "another",
        "supply": "1,200",
        "supply_unit": "doses",
    }
    changed = product_as_typed(product, typed)
    assert changed["names"]["vi"] == "Comirnaty"
    assert changed["interval_days"] == {"standard": 21, "min": 20}
    assert (changed["source"], changed["supply"]) == ("another", {"doses": 1200})
    assert product["interval_days"]["min"] == 19, "the plan itself is not touched"


def test_new_product_says_what_was_typed() -> None:
    assert product_fields({}) == dict.fromkeys(PRODUCT_FIELDS, "") | {"supply_unit": "vials"}
    emptied = product_as_typed({"id": "water", "source": "old"}, {})
    assert emptied == {"id": "water", "names": {}, "interval_days": {}}


@pytest.mark.parametrize(
    ("finding", "fields"),
    [
        (
            error("interval_not_as_source", PATH, "", days=28, right=21, source=""),
            ["interval_standard"],
        ),
        (error("interval_too_short", PATH, "", days=1, right=19, source=""), ["interval_min"]),
        (
            error("interval_too_long", f"{PATH}.max", "", days=365, right=42, source=""),
            ["interval_max"],
        ),
        (
            error(
                *("vial_not_as_source", "products[0].doses_per_vial", ""),
                doses=60,
                right=["6"],
                source="",
            ),
            ["doses_per_vial"],
        ),
        (error("interval_out_of_order", PATH, "", min=22, standard=21, max=42), ["interval_min"]),
        (error("interval_out_of_order", PATH, "", min=19, standard=21, max=20), ["interval_max"]),
        (
            error("not_as_schema", PATH, "", kind="missing", keys=["min", "max"]),
            ["interval_min", "interval_max"],
        ),
        (error("not_as_schema", "products[0].supply.vials", "", kind="type"), ["supply"]),
        (
            error("not_as_schema", "products[0]", "", kind="missing", keys=["source"]),
            ["source"],
        ),
        (error("not_as_schema", "products[0].names.ko", "", kind="too_many"), ["names_ko"]),
        (error("not_as_schema", "products[0].unheard", "", kind="other", said=""), ["id"]),
        (error("not_as_schema", "products[1].source", "", kind="too_many"), []),
    ],
)
def test_finding_stands_at_its_field_of_the_product(finding: Finding, fields: list[str]) -> None:
    assert [*fields_of_product(finding, 0)] == fields
