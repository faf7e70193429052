"""The way to a booking, as pages: details, first dose elsewhere, day, time.

The same pages choose a new day and time for a booking that is being changed. What was typed
stands in the draft; the last step, check and send, is in `sending_pages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.model import PROBE_ID, FirstDose
from gateway import choosing, drafting, forms, residents, standby
from gateway.answers import answer
from gateway.choosing import Offer
from gateway.fields import FieldError
from gateway.identity import Visitor
from gateway.parts import Parts, parts_of
from gateway.policies import Policy, visitor_of
from gateway.problems import Problem
from gateway.rendering import render, render_kept
from gateway.routes.html import error_words, page_route, read_form, see_other, wait_path
from gateway.routes.way_in import date_from_parts
from gateway.seeking import offers_for, sought_by, standby_wish, today_of
from gateway.together import may_bring
from gateway.views import StandbyView

CHOOSE_PATH = "/choose"
COMPANION_PATH = "/companion"
DETAILS_PATH = "/details"
FIRST_DOSE_PATH = "/first-dose"
MY_BOOKING_PATH = "/my-booking"
STANDBY_PATH = "/standby"

_CONTACT_FIELDS = ("name", "kana", "phone", "email")
_DATE_FIELDS = ("first_dose_year", "first_dose_month", "first_dose_day")
_ON_PAGE = {"date": "first_dose_year"}


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    session, identified = Policy.SESSION, Policy.IDENTIFIED
    return [
        page_route(DETAILS_PATH, details_page, methods=["GET"], policy=session),
        # What somebody typed for longer than their session lasted is kept, not thrown away:
        # if it was wrong it comes back to be mended, and what is right is kept before they wait.
        page_route(DETAILS_PATH, details, methods=["POST"], policy=identified),
        page_route(FIRST_DOSE_PATH, first_dose_page, methods=["GET"], policy=session),
        page_route(FIRST_DOSE_PATH, first_dose, methods=["POST"], policy=identified),
        page_route(CHOOSE_PATH, choose_day, methods=["GET"], policy=session),
        page_route(CHOOSE_PATH, choose, methods=["POST"], policy=identified),
        page_route(f"{CHOOSE_PATH}/{{day}}", choose_time, methods=["GET"], policy=session),
    ]


async def details_page(request: Request) -> Response:
    """Ask for name, phone and e-mail (R3: before the date)."""
    parts, visitor = parts_of(request), visitor_of(request)
    if await _holds_booking(parts, visitor):
        return see_other(MY_BOOKING_PATH)
    draft = await parts.drafts.load(visitor.person_key)
    begins = drafting.contact_of(draft) is None and "anew" not in request.query_params
    if begins and isinstance(await standby.on_list(parts, visitor), StandbyView):
        return see_other(STANDBY_PATH)
    return _details_page(request, draft, {})


async def details(request: Request) -> Response:
    """Keep name, phone and e-mail."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, (*_CONTACT_FIELDS, "reminders", "companion"))
    if isinstance(values, Problem):
        return answer(request, values)
    reminders = values.pop("reminders", "no")  # A box that is not ticked is not sent.
    companion = values.pop("companion", "no")
    contact = forms.parse_contact(values, may_be_texted=parts.settings.short_messages)
    if isinstance(contact, list):
        typed = values | {"reminders": reminders, "companion": companion}
        return _details_page(request, typed, error_words(request, contact), status=422)
    step = await _keep_contact(parts, visitor, contact, reminders, companion)
    return see_other(step if visitor.session else wait_path(step.removeprefix("/")))


async def _keep_contact(
    parts: Parts, visitor: Visitor, contact: forms.ContactForm, reminders: str, companion: str
) -> str:
    """Keep what was typed; return the page that asks what comes next."""
    draft = await parts.drafts.load(visitor.person_key)
    kept = drafting.with_contact(draft, contact, reminders=reminders == "yes")
    is_accompanied = companion == "yes"
    kept = drafting.accompanied(kept) if is_accompanied else drafting.alone(kept)
    await parts.drafts.save(visitor.person_key, kept)
    # Whoever has ticked the box, or come back to these details, sees who comes along once more.
    return COMPANION_PATH if is_accompanied else CHOOSE_PATH


def _details_page(
    request: Request, values: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> Response:
    return render(
        request,
        "details.html",
        status=status,
        resident=visitor_of(request).identity,
        may_bring=may_bring(visitor_of(request)),
        may_be_texted=parts_of(request).settings.short_messages,
        values=values,
        errors=errors,
    )


async def first_dose_page(request: Request) -> Response:
    """Ask about a first dose that was given elsewhere (R6)."""
    parts, visitor = parts_of(request), visitor_of(request)
    first = drafting.first_dose_of(await parts.drafts.load(visitor.person_key))
    values = {} if first is None else _first_dose_typed(first)
    return _first_dose_page(request, values, {})


async def first_dose(request: Request) -> Response:
    """Keep the first dose that was given elsewhere, or that there was none."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, ("product", *_DATE_FIELDS, "none"))
    if isinstance(values, Problem):
        return answer(request, values)
    draft = await parts.drafts.load(visitor.person_key)
    if "none" in values:
        await parts.drafts.save(visitor.person_key, drafting.with_first_dose(draft, None))
        return see_other(CHOOSE_PATH)
    first = _read_first_dose(parts, values)
    if isinstance(first, list):
        return _first_dose_page(request, values, error_words(request, first, _ON_PAGE), status=422)
    await parts.drafts.save(visitor.person_key, drafting.with_first_dose(draft, first))
    return see_other(CHOOSE_PATH)


def _read_first_dose(parts: Parts, values: Mapping[str, str]) -> FirstDose | list[FieldError]:
    given = {
        "product": values.get("product", ""),
        "date": date_from_parts(values, "first_dose"),
    }
    first = forms.parse_first_dose(given, today_of(parts))
    known = parts.reads.catalogue.products.keys() - {PROBE_ID}
    if isinstance(first, list) or first.product_id in known:
        return first
    return [FieldError("product", "not_a_choice")]


def _first_dose_typed(first: FirstDose) -> dict[str, str]:
    return {
        "product": first.product_id,
        "first_dose_year": str(first.day.year),
        "first_dose_month": str(first.day.month),
        "first_dose_day": str(first.day.day),
    }


def _first_dose_page(
    request: Request, values: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> Response:
    products = parts_of(request).reads.catalogue.products
    return render(
        request,
        "first_dose.html",
        status=status,
        products=[products[name] for name in sorted(products.keys() - {PROBE_ID})],
        values=values,
        errors=errors,
    )


async def choose_day(request: Request) -> Response:
    """Show the days that can be chosen, by month, each with its second dose."""
    parts, visitor = parts_of(request), visitor_of(request)
    draft = await parts.drafts.load(visitor.person_key)
    if (step := drafting.next_step(draft)) not in (CHOOSE_PATH, "/check"):
        return see_other(step)
    sought = await sought_by(parts, visitor, draft)
    if isinstance(sought, Problem):
        return answer(request, sought)
    offers = offers_for(parts, sought)
    chosen = _venue_chosen(request, offers)
    wish = standby_wish(parts, sought, offers)

    def shown(_language: str) -> dict[str, object]:
        narrowed = choosing.at_venue(offers, chosen)
        return {
            "purpose": sought.purpose,
            "pairs": drafting.books_pairs(sought.purpose),
            "back_link": _before_choosing(draft),
            "first_dose_day": None if sought.first is None else sought.first.day,
            "products": choosing.products_of(offers),
            "venues": choosing.venues_of(offers),
            "venue_chosen": chosen,
            "months": parts.kept_offers.months(narrowed),
            "any_left": any(offer.pairs != "none" for offer in narrowed),
            "standby_wish": wish,
            "request_id": str(uuid4()),
        }

    is_anybodys = sought.purpose == "book" and wish is None
    view = (chosen,) if is_anybodys else None
    return render_kept(request, "choose_day.html", view=view, state=(offers,), shown=shown)


def _before_choosing(draft: Mapping[str, str]) -> str:
    if "change" in draft:
        return "/change"
    return f"{COMPANION_PATH}/details" if drafting.is_accompanied(draft) else DETAILS_PATH


async def choose_time(request: Request) -> Response:
    """Show the times of one day, each with its second dose."""
    parts, visitor = parts_of(request), visitor_of(request)
    try:
        day = date.fromisoformat(request.path_params["day"])
    except ValueError:
        return answer(request, Problem("not_found"))
    sought = await sought_by(parts, visitor, await parts.drafts.load(visitor.person_key))
    if isinstance(sought, Problem):
        return answer(request, sought)
    offers = offers_for(parts, sought)
    chosen = _venue_chosen(request, offers)
    narrowed = choosing.on_day(choosing.at_venue(offers, chosen), day)
    if not narrowed:
        return see_other(CHOOSE_PATH)

    def shown(_language: str) -> dict[str, object]:
        return {
            "purpose": sought.purpose,
            "day": day,
            "venue_chosen": chosen,
            "groups": choosing.places_of(narrowed),
        }

    view = (chosen,) if sought.purpose == "book" else None
    return render_kept(request, "choose_time.html", view=view, state=(offers,), shown=shown)


async def choose(request: Request) -> Response:
    """Keep the time that was chosen."""
    parts, visitor = parts_of(request), visitor_of(request)
    values = await read_form(request, ("slot",))
    if isinstance(values, Problem):
        return answer(request, values)
    slot_id, _, second_slot_id = values.get("slot", "").partition("-")
    choice = forms.parse_choice({"slot_id": slot_id, "second_slot_id": second_slot_id})
    if isinstance(choice, list):
        return answer(request, Problem("bad_request"))
    draft = await parts.drafts.load(visitor.person_key)
    if (choice.second_slot_id is not None) is not drafting.books_pairs(drafting.purpose_of(draft)):
        # An old tab's list: another one has begun to look for something else.
        return see_other(CHOOSE_PATH)
    await parts.drafts.save(visitor.person_key, drafting.with_choice(draft, choice))
    return see_other("/check")


def _venue_chosen(request: Request, offers: list[Offer]) -> str:
    """Return the venue that the list is narrowed to; empty for all, or for one not on offer."""
    chosen = request.query_params.get("venue", "")
    return chosen if any(offer.venue.venue_id == chosen for offer in offers) else ""


async def _holds_booking(parts: Parts, visitor: Visitor) -> bool:
    """Say whether somebody with a booking's session still holds one."""
    if visitor.session is None or visitor.session.kind != "booked":
        return False
    return not isinstance(await residents.held(parts, visitor), Problem)
