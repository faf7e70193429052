"""The fields of a product, and what they mean for the plan.

Rule 1: forms have no rules of their own (`gateway.staff.plan_fields`): that an interval is not the
one of the product's information is found by the linter, with its source (`allocator.limits`).
Rule 2: nothing here does I/O, reads a clock or draws a random number.

Units: an interval is in days from dose 1 to dose 2; supply is in vials or doses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from allocator.finding import Finding
from gateway.staff.plan_fields import number_typed, places_below, put
from gateway.staff.plan_names import (
    field_of_place,
    name_fields,
    texts_in_fields,
    texts_of_fields,
)

SUPPLY_UNITS = ("vials", "doses")
_ENDS = ("standard", "min", "max")
_NAMES = "names"
PRODUCT_FIELDS = (
    *name_fields(_NAMES),
    *(f"interval_{end}" for end in _ENDS),
    *("source", "doses_per_vial", "supply", "supply_unit"),
)
_PLACES = {
    "": "id",
    "id": "id",
    "interval_days": "interval_standard",
    **{f"interval_days.{end}": f"interval_{end}" for end in _ENDS},
    "source": "source",
    "doses_per_vial": "doses_per_vial",
    "supply": "supply",
    **{f"supply.{unit}": "supply" for unit in SUPPLY_UNITS},
}


def product_fields(product: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands in the fields of a product; of none, for a new one."""
    interval, supply = product.get("interval_days", {}), product.get("supply", {})
    unit = next(iter(supply), SUPPLY_UNITS[0])
    return {
        **texts_in_fields(_NAMES, product.get(_NAMES, {})),
        **{f"interval_{end}": f"{interval.get(end, '')}" for end in _ENDS},
        "source": product.get("source", ""),
        "doses_per_vial": f"{product.get('doses_per_vial', '')}",
        "supply": f"{supply.get(unit, '')}",
        "supply_unit": unit,
    }


def product_as_typed(product: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return a product as its fields say."""
    changed = dict(product)
    changed[_NAMES] = texts_of_fields(_NAMES, product.get(_NAMES, {}), values)
    changed["interval_days"] = dict(product.get("interval_days", {}))
    for end in _ENDS:
        put(changed["interval_days"], end, number_typed(values.get(f"interval_{end}", "")))
    put(changed, "doses_per_vial", number_typed(values.get("doses_per_vial", "")))
    supply = number_typed(values.get("supply", ""))
    put(changed, "supply", None if supply is None else {values.get("supply_unit", ""): supply})
    source = values.get("source", "").replace("\r\n", "\n").strip()
    if source != product.get("source", "").strip():
        put(changed, "source", source or None)
    return changed


def fields_of_product(finding: Finding, index: int) -> Iterator[str]:
    """Yield the fields at which a finding stands, of those of a product."""
    for place in places_below(finding, f"products[{index}]"):
        if place.partition(".")[0] == _NAMES:
            yield field_of_place(_NAMES, place)
        elif finding.code in ("interval_too_short", "interval_out_of_order"):
            yield "interval_max" if _is_max_wrong(finding.values) else "interval_min"
        else:
            yield _PLACES.get(place, "id")


def _is_max_wrong(days: Mapping[str, Any]) -> bool:
    """Say whether of an interval's ends that are out of order the longest is."""
    return "max" in days and days["min"] <= days["standard"]
