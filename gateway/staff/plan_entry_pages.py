"""The forms of what a plan lists by id: venues and products. One is changed, or added.

Their rules are those of every form of a plan (`gateway.staff.plan_working`). An id is chosen once:
patterns, bookings and the staff's accounts name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.finding import Finding
from allocator.plan_texts import WEEKDAYS
from allocator.product_source import KnownProduct, known_as
from allocator.release_file import known_products
from gateway.answers import answer
from gateway.fields import normalised
from gateway.problems import Problem
from gateway.staff.finding_words import worded
from gateway.staff.guard import guarded, read_form, see_other
from gateway.staff.plan_fields import with_item
from gateway.staff.plan_names import name_fields
from gateway.staff.plan_product_fields import (
    PRODUCT_FIELDS,
    SUPPLY_UNITS,
    fields_of_product,
    product_as_typed,
    product_fields,
)
from gateway.staff.plan_venue_fields import (
    VENUE_FIELDS,
    fields_of_venue,
    venue_as_typed,
    venue_fields,
)
from gateway.staff.plan_working import (
    ACTS,
    Base,
    OvertakenBy,
    Worked,
    base_of,
    theirs,
    unworked,
    work,
)
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said

_SENT = ("follows", "act", "reason")

Item = Mapping[str, Any]
Values = dict[str, str]


class Kind(msgspec.Struct, frozen=True):
    """A kind of what a plan lists by id: its list, its page, what its fields mean."""

    key: Literal["venues", "products"]
    template: str
    fields: tuple[str, ...]
    shown: Callable[[Item], Values]
    as_typed: Callable[[Item, Mapping[str, str]], dict[str, Any]]
    placed: Callable[[Finding, int], Iterator[str]]
    beside: Callable[[str, Values], Mapping[str, Any]]
    """What else its page shows, by its id and its values."""


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    paths = {
        "/plans/venues/{plan_id}/{entry_id}": VENUE,
        "/plans/new-venue/{plan_id}": VENUE,
        "/plans/products/{plan_id}/{entry_id}": PRODUCT,
        "/plans/new-product/{plan_id}": PRODUCT,
    }
    return [
        guarded(method, path, partial(endpoint, kind=kind))
        for path, kind in paths.items()
        for method, endpoint in (("GET", entry_page), ("POST", working_at_entry))
    ]


async def entry_page(request: Request, kind: Kind) -> Response:
    """Show a venue or a product in fields, those of a new one empty."""
    base = await run_in_threadpool(base_of, request, None)
    found = None if base is None else _found(request, base, kind)
    if base is None or found is None:
        return answer(request, Problem("not_found"))
    values = kind.shown(found[1]) | {"follows": f"{base.edit.edit_id}"}
    return await run_in_threadpool(_page, request, kind, values, unworked(base))


async def working_at_entry(request: Request, kind: Kind) -> Response:
    """Check a venue or a product, or save the plan with it."""
    new = () if "entry_id" in request.path_params else ("id",)
    sent = await read_form(request, (*kind.fields, *new, *_SENT))
    if isinstance(sent, Problem):
        return answer(request, sent)
    values = dict(sent)
    base = await run_in_threadpool(base_of, request, values.get("follows", ""))
    found = None if base is None else _found(request, base, kind)
    if base is None or found is None or values.get("act") not in ACTS:
        return answer(request, Problem("bad_request"))
    index, item = found
    begun = item or {"id": normalised(values.get("id", ""))}
    wanted = with_item(base.document, kind.key, index, kind.as_typed(begun, values))
    placed = partial(_placed, kind=kind, index=index, entry_id=begun["id"])
    reason = values.get("reason", "") if values["act"] == "save" else None
    worked = await run_in_threadpool(work, request, base, wanted, placed, reason)
    if worked.is_saved:
        return see_other(f"/plans?plan={base.edit.plan_id}")
    if isinstance(worked, OvertakenBy):
        worked = _with_theirs(request, kind, worked, item, values)
    return await run_in_threadpool(_page, request, kind, values, worked)


def _found(request: Request, base: Base, kind: Kind) -> tuple[int, Item] | None:
    """Return what was asked for and its index; for a new one nothing, behind the others."""
    items = base.document[kind.key]
    entry_id = request.path_params.get("entry_id")
    if entry_id is None:
        return len(items), {}
    return next((one for one in enumerate(items) if one[1]["id"] == entry_id), None)


def _placed(finding: Finding, kind: Kind, index: int, entry_id: str) -> Iterator[str]:
    """Yield the fields at which a finding stands; an id that is kept for others at its own."""
    yield from kind.placed(finding, index)
    if finding.code == "reserved" and finding.values.get("id") == entry_id:
        yield "id"


def _with_theirs(
    request: Request, kind: Kind, worked: OvertakenBy, item: Item, values: Values
) -> Worked:
    """Say at each field what somebody else has saved there."""
    language = language_of(request)
    found = _found(request, worked.newest, kind)
    if found is None:
        return Worked(worked.text, worked.looked, {"reason": said("plan_form.gone", language)})
    values["follows"] = f"{worked.newest.edit.edit_id}"
    told = theirs(kind.shown(item), kind.shown(found[1]), values, language)
    return Worked(worked.text, worked.looked, told | worked.errors)


def _page(request: Request, kind: Kind, values: Values, worked: Worked) -> Response:
    entry_id = request.path_params.get("entry_id", "")
    return render(
        request,
        kind.template,
        status=422 if worked.errors else 200,
        plan_id=request.path_params["plan_id"],
        entry_id=entry_id,
        values=values,
        errors=worked.errors,
        findings=worded(worked.looked.findings, language_of(request), worked.text),
        **kind.beside(entry_id, values),
    )


def _beside_venue(entry_id: str, values: Values) -> Mapping[str, Any]:
    return {"weekdays": WEEKDAYS}


def _beside_product(entry_id: str, values: Values) -> Mapping[str, Any]:
    """Return the units, and the intervals with their sources: its own, or all that are known."""
    known = known_products()
    names = (values.get(field, "") for field in name_fields("names"))
    its = known_as((entry_id or values.get("id", ""), *names), known)
    officials: list[KnownProduct] = its or known
    return {"units": SUPPLY_UNITS, "officials": officials, "is_known": bool(its)}


VENUE = Kind(
    "venues",
    "staff_plan_venue.html",
    VENUE_FIELDS,
    venue_fields,
    venue_as_typed,
    fields_of_venue,
    _beside_venue,
)
PRODUCT = Kind(
    "products",
    "staff_plan_product.html",
    PRODUCT_FIELDS,
    product_fields,
    product_as_typed,
    fields_of_product,
    _beside_product,
)
