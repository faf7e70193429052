"""The walk-in page: somebody without a booking gets a dose that is free today.

Rule 1: who somebody is, is confirmed as a caller is: by ticket number and birth date, and
failures count alike. Whether they may have the dose, the allocator decides.
Rule 2: what it takes is said before it is taken: a free place of the dose, and for a first one a
place of dose 2, too. No place is added: a venue gives no more than it was planned for.
Rule 3: a page is about one venue, the one whose list somebody came from; what is usual there now
(the slot of now, the lot used last) stands in the form, and can be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.errors import InboxAway, InboxFull
from allocator.model import Booking, FirstDose, Slot
from allocator.reads import Contact, WalkIn
from gateway import fields as read
from gateway.answers import answer
from gateway.fields import Fields
from gateway.forms import SignInForm, parse_first_dose, parse_request_id
from gateway.identity import Credentials, credentials
from gateway.languages import LANGUAGES
from gateway.problems import Problem
from gateway.routes.way_in import date_from_parts
from gateway.staff import identity_fields
from gateway.staff.callers import NETWORK, device_of
from gateway.staff.day_list import lot_in, slot_of_now
from gateway.staff.guard import guarded, read_form, session_of
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.venue_desk import FreeSlot, booking_of, refusal_of
from gateway.staff.venue_pages import note, refused_word, today_at, venue_of, venues_of
from gateway.staff.words import language_of, said
from waiting_room.answers import SignedIn, TooManyAttempts

_FIELDS = (
    *identity_fields.FIELDS,
    *("name", "kana", "phone", "email", "language", "slot", "lot", "elsewhere"),
    *("first_year", "first_month", "first_day", "request_id", "venue"),
)
_ON_PAGE = {"birth_date": "birth_year", "date": "first_year", "product": "elsewhere"}


@dataclass(frozen=True)
class Arrival:
    """Who walked in, as the form says it: `language` is that of their mails.

    Printed without its content.
    """

    form: SignInForm
    contact: Contact
    language: str
    slot: Slot
    lot: str
    first_dose_elsewhere: FirstDose | None

    def __repr__(self) -> str:
        """Hide the content, so that a log or a traceback cannot show it."""
        return "Arrival(…)"


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/walk-in", walk_in_page),
        guarded("POST", "/walk-in", walking_in),
    ]


async def walk_in_page(request: Request) -> Response:
    """Ask who has come, and which of the free doses of a venue they get."""
    venue_id = venue_of(request, request.query_params.get("venue", ""))
    parts, login = parts_of(request), session_of(request).login
    values = {"venue": venue_id, "language": LANGUAGES[0]}
    free = await _free(request, venue_id)
    if (now := slot_of_now((one.slot for one in free), parts.clock())) is not None:
        values["slot"] = str(now.slot_id)
    if len({one.slot.product_id for one in free}) == 1:
        product_id = free[0].slot.product_id
        desk, today = parts.venue_desk, today_at(parts)
        values["lot"] = await desk.lot_used_last(venue_id, today, product_id, login)
    return await _page(request, values, {})


async def walking_in(request: Request) -> Response:
    """Confirm who has come, note the act, and hand it in."""
    values = await read_form(request, _FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    request_id = parse_request_id(values.get("request_id"))
    if not isinstance(request_id, UUID):
        return answer(request, Problem("bad_request"))
    arrival = _arrival(request, values)
    if not isinstance(arrival, Arrival):
        return await _page(request, values, arrival)
    who = credentials(parts_of(request).keys.identity, arrival.form)
    await note(request, "walked_in", who.person_key, "at_venue")
    refused = await _not_confirmed(request, who)
    if refused:
        await note(request, "not_confirmed", who.person_key, "at_venue")
        return await _page(request, values, {}, refused)
    return await _handed_in(request, values, request_id, who, arrival)


async def _handed_in(
    request: Request,
    values: Mapping[str, str],
    request_id: UUID,
    who: Credentials,
    arrival: Arrival,
) -> Response:
    by = session_of(request).login
    order = WalkIn(
        arrival.slot.release_id,
        arrival.slot.slot_id,
        b"",
        arrival.language,
        by,
        arrival.first_dose_elsewhere,
        arrival.lot,
    )
    desk = parts_of(request).venue_desk
    try:
        outcome = await desk.walk_in(request_id, who.person_key, order, arrival.contact)
    except (InboxAway, InboxFull):
        return await _page(request, values, {}, "away", request_id)
    refusal, booking = refusal_of(outcome), booking_of(outcome)
    if refusal is not None:
        return await _page(request, values, {}, refused_word(refusal.value))
    if booking is None:
        return await _page(request, values, {}, "undecided", request_id)
    return _done(request, booking, arrival.slot.venue_id)


async def _not_confirmed(request: Request, who: Credentials) -> str:
    """Return why somebody is not who they say they are, empty if they are."""
    parts = parts_of(request)
    found = await parts.line.confirm(
        *(who.person_key, who.birth_check, NETWORK, parts.clock().timestamp()),
        pin_check=who.pin_check,
        device=device_of(who),
    )
    if isinstance(found, TooManyAttempts):
        return "too_many"
    return "" if isinstance(found, SignedIn) else "not_confirmed"


def _arrival(request: Request, values: Mapping[str, str]) -> Arrival | dict[str, str]:
    """Read the form, or say what is wrong by the id of the field to mend."""
    parts, language = parts_of(request), language_of(request)
    today = today_at(parts)
    form = identity_fields.parse(values, parts.settings.municipality_code, today)
    fields = Fields(values, tuple(values))
    name = fields.required("name", read.name)
    kana = fields.optional("kana", read.kana) or ""
    phone = fields.required("phone", read.phone)
    email = fields.optional("email", read.email)
    if (wanted := values.get("language", "")) not in LANGUAGES:
        fields.add("language", "not_a_choice")
    faults = [*(form if isinstance(form, list) else ()), *fields.errors]
    elsewhere: FirstDose | None = None
    typed = {"product": values.get("elsewhere", ""), "date": date_from_parts(values, "first")}
    if any(typed.values()):
        first = parse_first_dose(typed, today)
        faults += first if isinstance(first, list) else ()
        elsewhere = first if isinstance(first, FirstDose) else None
    errors = identity_fields.words(faults, language, _ON_PAGE)
    slot, lot = _slot(request, values), lot_in(values.get("lot", ""))
    if slot is None:
        errors["slot"] = said("walk_in.slot_missing", language)
    if not lot:
        errors["lot"] = said("venue.lot_wrong", language)
    if errors or slot is None or not isinstance(form, SignInForm) or not name or not phone:
        return errors
    return Arrival(form, Contact(name, phone, email or "", kana), wanted, slot, lot, elsewhere)


def _slot(request: Request, values: Mapping[str, str]) -> Slot | None:
    """Return the slot that was chosen: one of today, at the venue that the page is about."""
    parts = parts_of(request)
    venue_id, chosen = venue_of(request, values.get("venue", "")), values.get("slot", "")
    slots = parts.venue_desk.slots(venue_id, today_at(parts))
    return next((slot for slot in slots if str(slot.slot_id) == chosen), None)


async def _free(request: Request, venue_id: str) -> list[FreeSlot]:
    """Return what is free at a venue today: what is still to come first, then what is over."""
    parts = parts_of(request)
    free = await parts.venue_desk.free(venue_id, today_at(parts))
    with_seats = [one for one in free if one.first or one.second]
    return sorted(with_seats, key=lambda one: one.slot.ends_at <= parts.clock())


async def _page(
    request: Request,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    refused: str = "",
    request_id: UUID | None = None,
) -> Response:
    """Show the form. With `request_id` what was typed is sent again as the same order."""
    parts = parts_of(request)
    venues, catalogue = venues_of(request), parts.reads.catalogue
    venue_id = venue_of(request, values.get("venue", ""))
    free = await _free(request, venue_id)
    return render(
        request,
        "staff_walk_in.html",
        status=422 if errors else 503 if request_id else 409 if refused else 200,
        venues=venues,
        venue_id=venue_id,
        free=free,
        products=catalogue.products,
        has_pins=parts.reads.has_pins,
        elsewhere=sorted({one.slot.product_id for one in free}),
        values=values,
        errors=errors,
        refused=refused,
        request_id=str(request_id or uuid4()),
    )


def _done(request: Request, booking: Booking, venue_id: str) -> Response:
    catalogue = parts_of(request).reads.catalogue
    doses = [(dose.dose, catalogue.slots[dose.slot_id]) for dose in booking.doses]
    return render(
        request,
        "staff_walked_in.html",
        booking=booking,
        venue_id=venue_id,
        doses=[(dose, slot, catalogue.venues[slot.venue_id]) for dose, slot in doses],
    )
