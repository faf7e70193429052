"""Closing a place for a day: who is affected, in counts; then the orders, and how far they are.

Rule 1: nothing of a person is shown; what is foreseen and ordered is what the command would
(`allocator.closing_desk`).
Rule 2: who orders it is noted in the journal of looks before it is ordered.
"""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Mapping
from datetime import date
from typing import Literal, get_args
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.closing import Closing, Unclosable, summary, words_of
from allocator.closing_desk import Foreseen, foresee
from allocator.errors import CatalogueMissing
from allocator.model import CLOSING_WORDS_MAX, PROBE_ID, SITE_TIMEZONE, Product, Refusal, Venue
from gateway import fields as read
from gateway.answers import answer
from gateway.fields import Fields
from gateway.problems import Problem, field_text
from gateway.routes.way_in import date_from_parts
from gateway.staff.guard import came_from, guarded, read_form, see_other, session_of
from gateway.staff.journal import Look
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said
from monitoring.secrets import read_secret

PATH = "/closing"
PROGRESS_PATH = f"{PATH}/progress"
Reason = Literal["slot_closed", "supply_cut"]
REASONS: tuple[Reason, ...] = get_args(Reason)
REFRESH_S = 3
UNTOLD_MAX = 2_000
_DAY = ("day_year", "day_month", "day_day")
_FIELDS = ("venue", "product", *_DAY, "reason", "words", "step")
_FIELD_OF: Mapping[Unclosable | Refusal, str] = {
    Unclosable.NO_SUCH_VENUE: "venue",
    Unclosable.NO_SLOTS_OF_PRODUCT: "product",
}
"""At which field it is said why there is nothing to order; else at the day."""

_one_at_a_time = Lock()
"""What is foreseen takes a copy of the ledger: never two of them in one process."""


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", PATH, closing_page),
        guarded("POST", PATH, closing),
        guarded("GET", PROGRESS_PATH, progress_page),
    ]


async def closing_page(request: Request) -> Response:
    """Ask which place is closed when and why; a link may bring place, vaccine and day."""
    asked = request.query_params
    values = {name: asked.get(name, "") for name in ("venue", "product")}
    if (day := _day_of(asked.get("day", ""))) is not None:
        values |= zip(_DAY, (str(day.year), str(day.month), str(day.day)), strict=True)
    return _form(request, values, {})


async def closing(request: Request) -> Response:
    """Show what it would come to; where that was seen, carry it out, or show the form again."""
    values = await read_form(request, _FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    if values.get("step") == "edit":
        return _form(request, values, {})
    asked = _asked(request, values)
    if isinstance(asked, dict):
        return _form(request, values, asked)
    parts = parts_of(request)
    run = parts.closings.find(asked.venue_id, asked.day, asked.product_id)
    if run is not None and run.state == "running":
        return see_other(_progress_of(asked))
    async with _one_at_a_time:
        found = await run_in_threadpool(_foreseen, parts, asked)
    if isinstance(found, (Unclosable, Refusal)):
        field = _FIELD_OF.get(found, "day_year")
        word = f"closing.cannot.{_why_not(found)}"
        return _form(request, values, {field: said(word, language_of(request))})
    if values.get("step") != "close":
        return _check(request, values, asked, found)
    by = session_of(request)
    what = " ".join((asked.venue_id, str(asked.day), *filter(None, (asked.product_id,))))
    look = Look(by.login, by.role, "day_closed", None, what, came_from(request))
    await parts.journal.note(look, parts.clock())
    people = found.forecast.moved + found.forecast.listed
    parts.closings.begin(asked, found.orders, people)
    return see_other(_progress_of(asked))


async def progress_page(request: Request) -> Response:
    """Show how far a closing is, or how it ended."""
    venue_id = request.query_params.get("venue", "")
    day = _day_of(request.query_params.get("day", ""))
    venue = _venues(parts_of(request)).get(venue_id)
    if venue is None or day is None:
        return see_other(PATH)
    product_id = request.query_params.get("product") or None
    run = parts_of(request).closings.find(venue_id, day, product_id)
    untold = parts_of(request).untold
    is_done = run is not None and run.state == "done"
    # Counted in this order: a message that ends in between is told of once, at least.
    on_their_way = await untold.being_told() if is_done else 0
    to_be_told = await untold.messages(UNTOLD_MAX) if is_done else []
    return render(
        request,
        "staff_closing_progress.html",
        venue=venue,
        day=day,
        product=_products(parts_of(request)).get(product_id or ""),
        run=run,
        on_their_way=on_their_way,
        untold=len(to_be_told),
        count_again=f"{PROGRESS_PATH}?{_place(venue_id, day, product_id)}",
        again=f"{PATH}?{_place(venue_id, day, product_id)}",
        refresh_s=REFRESH_S,
    )


def _asked(request: Request, values: Mapping[str, str]) -> Closing | dict[str, str]:
    """Read the form, or say what is wrong by the id of the field."""
    language, errors = language_of(request), {}
    if values.get("venue", "") not in _venues(parts_of(request)):
        errors["venue"] = said("closing.cannot.no_such_venue", language)
    product_id = values.get("product") or None
    if product_id is not None and product_id not in _products(parts_of(request)):
        errors["product"] = said("closing.choose_product", language)
    given = {"day": date_from_parts(dict(values), "day")}
    fields = Fields({name: value for name, value in given.items() if value}, ("day",))
    day = fields.required("day", read.day)
    for one in fields.errors:
        missing = said("closing.day_missing", language) if one.code == "required" else ""
        errors[f"{one.field}_year"] = missing or str(field_text(one, language))
    reason = values.get("reason", "")
    if reason not in REASONS:
        errors["reason"] = said("closing.choose_reason", language)
    words = words_of(values.get("words", ""))
    if not words:
        errors["words"] = said("closing.words_wrong", language, most=CLOSING_WORDS_MAX)
    if errors or day is None or words is None:
        return errors
    by, at_once = session_of(request).login, parts_of(request).closings.people_at_once
    why: Reason = "supply_cut" if reason == "supply_cut" else "slot_closed"
    return Closing(values["venue"], day, why, by, at_once, words, product_id)


def _foreseen(parts: StaffParts, asked: Closing) -> Foreseen | Unclosable | Refusal:
    settings = parts.settings
    roster_key = read_secret(settings.secrets_dir, "roster.key")
    now = parts.clock().astimezone(SITE_TIMEZONE)
    return foresee(settings.database_url, roster_key, asked, now)


def _why_not(found: Unclosable | Refusal) -> str:
    return found.value if isinstance(found, Unclosable) else "refused"


def _venues(parts: StaffParts) -> Mapping[str, Venue]:
    try:
        venues = parts.reads.catalogue.venues
    except CatalogueMissing:
        return {}
    return {name: venues[name] for name in sorted(venues) if name != PROBE_ID}


def _products(parts: StaffParts) -> Mapping[str, Product]:
    try:
        products = parts.reads.catalogue.products
    except CatalogueMissing:
        return {}
    return {name: products[name] for name in sorted(products) if name != PROBE_ID}


def _form(request: Request, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    parts = parts_of(request)
    return render(
        request,
        "staff_closing.html",
        status=422 if errors else 200,
        venues=_venues(parts),
        products=_products(parts),
        reasons=REASONS,
        words_max=CLOSING_WORDS_MAX,
        runs=parts.closings.runs,
        link=_progress_of,
        values=values,
        errors=errors,
    )


def _check(
    request: Request, values: Mapping[str, str], asked: Closing, found: Foreseen
) -> Response:
    return render(
        request,
        "staff_closing_check.html",
        venue=_venues(parts_of(request))[asked.venue_id],
        product=_products(parts_of(request)).get(asked.product_id or ""),
        closing=asked,
        forecast=found.forecast,
        sums=summary(found.forecast),
        values=values,
        fields=_FIELDS[:-1],
    )


def _progress_of(asked: Closing) -> str:
    return f"{PROGRESS_PATH}?{_place(asked.venue_id, asked.day, asked.product_id)}"


def _place(venue_id: str, day: date, product_id: str | None) -> str:
    """Write in a query what is closed."""
    product = {} if product_id is None else {"product": product_id}
    return urlencode({"venue": venue_id, "day": day.isoformat(), **product})


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
