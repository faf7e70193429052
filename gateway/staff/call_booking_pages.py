"""The way to a booking for a caller, as pages: their details, then venue, day and time.

The same pages choose another time for a booking that is being changed. What was typed stands in
the call's draft; who comes along is asked for in `call_companion_pages`, check and send are in
`call_sending_pages`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.model import PROBE_ID
from gateway import choosing, drafting, forms
from gateway.answers import answer
from gateway.drafting import Draft
from gateway.fields import FieldError
from gateway.problems import Problem, field_text
from gateway.seeking import offers_for, sought_by, standby_wish, today_of
from gateway.staff import call_details
from gateway.staff.calls import CALL_PATH, Call, in_call
from gateway.staff.guard import guarded, read_form, see_other
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said
from gateway.together import may_bring

DETAILS_PATH = f"{CALL_PATH}/details"
CHOOSE_PATH = f"{CALL_PATH}/choose"
CHECK_PATH = f"{CALL_PATH}/check"
COMPANION_PATH = f"{CALL_PATH}/companion"


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", DETAILS_PATH, in_call(details_page)),
        guarded("POST", DETAILS_PATH, in_call(details)),
        guarded("GET", CHOOSE_PATH, in_call(choose_page)),
        guarded("POST", CHOOSE_PATH, in_call(choose)),
    ]


async def details_page(request: Request, call: Call) -> Response:
    """Ask how to reach the caller, and how they want to be told."""
    draft = await call.draft(parts_of(request))
    is_accompanied = {"companion": "yes"} if drafting.is_accompanied(draft) else {}
    return _details_page(request, call, call_details.typed(draft) | is_accompanied, {})


async def details(request: Request, call: Call) -> Response:
    """Keep the details and go on to the times, or to who comes along."""
    parts = parts_of(request)
    names = (*call_details.FIELDS, *call_details.FIRST_DOSE_FIELDS, "companion")
    values = await read_form(request, names)
    if isinstance(values, Problem):
        return answer(request, values)
    products = frozenset(parts.reads.catalogue.products) - {PROBE_ID}
    typed = call_details.parse(values, products, today_of(parts), _confirmations(request))
    if isinstance(typed, list):
        return _details_page(request, call, values, _words(request, typed))
    is_accompanied = values.get("companion") == "yes"
    if is_accompanied and typed.first_dose is not None:
        errors = {"companion": said("companion.first_dose", language_of(request))}
        return _details_page(request, call, values, errors)
    draft = call_details.kept(await call.draft(parts), typed)
    await call.keep(parts, (drafting.accompanied if is_accompanied else drafting.alone)(draft))
    return see_other(COMPANION_PATH if is_accompanied else CHOOSE_PATH)


def _confirmations(request: Request) -> tuple[str, ...]:
    """Return the ways to be told that the city has."""
    has_texts = parts_of(request).settings.short_messages
    return tuple(one for one in call_details.CONFIRMATIONS if one != "sms" or has_texts)


def _words(request: Request, errors: Sequence[FieldError]) -> dict[str, str]:
    """Return what is wrong by the id of the field to mend; of several faults the first."""
    words: dict[str, str] = {}
    for error in errors:
        words.setdefault(error.field, str(field_text(error, language_of(request))))
    return words


def _details_page(
    request: Request, call: Call, values: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    products = parts_of(request).reads.catalogue.products
    return render(
        request,
        "staff_call_details.html",
        status=422 if errors else 200,
        values=values,
        errors=errors,
        may_bring=may_bring(call.visitor),
        confirmations=_confirmations(request),
        products=[products[name] for name in sorted(products.keys() - {PROBE_ID})],
    )


async def choose_page(request: Request, call: Call) -> Response:
    """Show the days and venues that have something left, and the times of one day."""
    return await show_times(request, call)


async def show_times(request: Request, call: Call, *, nothing_chosen: bool = False) -> Response:
    """Show the same; say so where no time was chosen."""
    parts = parts_of(request)
    draft = await call.draft(parts)
    if (step := before_choosing(draft)) is not None:
        return see_other(step)
    sought = await sought_by(parts, call.visitor, draft)
    if isinstance(sought, Problem):
        return see_other(CALL_PATH)
    offers = offers_for(parts, sought)
    venue = request.query_params.get("venue", "")
    narrowed = choosing.at_venue(offers, venue) or offers
    days = [day for month in choosing.months_of(narrowed) for day in month.days]
    chosen = _day_chosen(request, [day.day for day in days if day.pairs != "none"])
    return render(
        request,
        "staff_call_choose.html",
        status=422 if nothing_chosen else 200,
        errors={"slot-1": True} if nothing_chosen else {},
        purpose=sought.purpose,
        back_link=_back_link(sought.purpose),
        venues=choosing.venues_of(offers),
        venue_chosen=venue,
        days=days,
        day_chosen=chosen,
        groups=[] if chosen is None else choosing.places_of(choosing.on_day(narrowed, chosen)),
        wish=standby_wish(parts, sought, offers),
        request_id=str(uuid4()),
    )


def _day_chosen(request: Request, days: Sequence[date]) -> date | None:
    """Return the day that was asked for, else the first with something left."""
    wanted = request.query_params.get("day", "")
    found = next((day for day in days if day.isoformat() == wanted), None)
    return found or next(iter(days), None)


def before_choosing(draft: Draft) -> str | None:
    """Return the page that is to be filled in before a time is chosen; None when none is."""
    if "change" in draft:
        return None
    if drafting.contact_of(draft) is None:
        return DETAILS_PATH
    if not drafting.is_accompanied(draft):
        return None
    if drafting.companion_identity_of(draft) is None:
        return COMPANION_PATH
    return f"{COMPANION_PATH}/details" if drafting.companion_of(draft) is None else None


def _back_link(purpose: str) -> str:
    if purpose.startswith("change"):
        return CALL_PATH
    return f"{COMPANION_PATH}/details" if purpose == "together" else DETAILS_PATH


async def choose(request: Request, call: Call) -> Response:
    """Keep the time that was chosen."""
    parts = parts_of(request)
    values = await read_form(request, ("slot",))
    if isinstance(values, Problem):
        return answer(request, values)
    if not values.get("slot"):
        return await show_times(request, call, nothing_chosen=True)
    slot_id, _, second_slot_id = values["slot"].partition("-")
    choice = forms.parse_choice({"slot_id": slot_id, "second_slot_id": second_slot_id})
    if isinstance(choice, list):
        return answer(request, Problem("bad_request"))
    draft = await call.draft(parts)
    if (choice.second_slot_id is not None) is not drafting.books_pairs(drafting.purpose_of(draft)):
        return see_other(CHOOSE_PATH)
    await call.keep(parts, drafting.with_choice(draft, choice))
    return see_other(CHECK_PATH)
