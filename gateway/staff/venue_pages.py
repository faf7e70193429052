"""The venue's pages: the day's list, one person's dose, and what became of it.

Rule 1: nothing of a person stands in a URL: who is meant comes in a form, venue and day with it.
Rule 2: each form that orders something carries an id. To send it again, after the network dropped
or by a second press, gets the same answer and makes no second record.
Rule 3: whoever is shown, the look or the act was noted first, also where the form has a fault.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.errors import InboxAway, InboxFull
from allocator.model import SITE_TIMEZONE, Outcome, Refusal
from gateway import fields as read
from gateway.answers import answer
from gateway.fields import Fault
from gateway.forms import parse_request_id
from gateway.problems import Problem
from gateway.staff.day_list import (
    QUERY_LENGTH_MAX,
    UNDO_REASONS,
    DoseDue,
    days_after_first,
    found,
    is_too_soon,
    last_lot,
    lot_in,
    tally,
)
from gateway.staff.guard import came_from, guarded, read_form, session_of
from gateway.staff.journal import Act, Look
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.rendering import forbidden_page, render
from gateway.staff.venue_desk import refusal_of
from gateway.staff.words import language_of, said

_PLACE = ("venue", "day")
_PERSON = (*_PLACE, "booking_number", "dose")
FOUND_NOTED_MAX = 50
"""A search that so few are meant by is a look at each of them, and noted so."""
_ORDER = (*_PERSON, "request_id")

REFUSED = frozenset(
    {
        *("already_booked", "dose_given", "first_dose_not_given", "id_reused", "interval_not_met"),
        *("no_booking", "no_first_dose", "no_second_dose", "not_eligible", "not_the_day"),
        *("outside_release", "second_too_soon", "undecided", "away", "gone"),
    }
)
"""What the pages have words for when something could not be done; else `other`."""

Order = Callable[[UUID, DoseDue], Awaitable[Outcome | None]]


@dataclass(frozen=True)
class Place:
    """A venue and a day of it."""

    venue_id: str
    day: date


@dataclass(frozen=True)
class Opened:
    """One dose that a form is about, the list that it stands in, and what was typed."""

    place: Place
    rows: list[DoseDue]
    row: DoseDue
    values: Mapping[str, str]


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/venue", today_page),
        guarded("POST", "/venue", listing),
        guarded("POST", "/venue/dose", dose_page),
        guarded("POST", "/venue/given", giving),
        guarded("POST", "/venue/not-come", noting_absence),
        guarded("POST", "/venue/undo", undoing),
        guarded("POST", "/venue/came", coming_after_all),
    ]


def venues_of(request: Request) -> dict[str, dict[str, str]]:
    """Return the venues that the account may work at. Raises `CatalogueMissing`."""
    return parts_of(request).venue_desk.venues(session_of(request).venues)


def today_at(parts: StaffParts) -> date:
    """Return the day at the site."""
    return parts.clock().astimezone(SITE_TIMEZONE).date()


async def note(request: Request, act: Act, whose: bytes | None, reason: str) -> None:
    """Write a line of the journal. Raises `StoreAway`: then nothing is shown or done."""
    parts, by = parts_of(request), session_of(request)
    look = Look(by.login, by.role, act, whose, reason, came_from(request))
    await parts.journal.note(look, parts.clock())


def venue_of(request: Request, venue_id: str) -> str:
    """Return a venue if the account may work there, else its first one; empty if it has none."""
    venues = venues_of(request)
    return venue_id if venue_id in venues else next(iter(venues), "")


async def today_page(request: Request) -> Response:
    """Show today's list of a venue, the account's first unless another is named."""
    venue_id = venue_of(request, request.query_params.get("venue", ""))
    return await _list(request, Place(venue_id, today_at(parts_of(request))), "")


async def listing(request: Request) -> Response:
    """Show a venue's day, or those of it whom a name or a number means."""
    values = await read_form(request, (*_PLACE, "query"))
    if isinstance(values, Problem):
        return answer(request, values)
    place = _place(request, values)
    if isinstance(place, Response):
        return place
    return await _list(request, place, values.get("query", "")[:QUERY_LENGTH_MAX])


async def dose_page(request: Request) -> Response:
    """Show one person's dose, and what can be recorded of it."""
    opened = await _opened(request, _PERSON)
    if isinstance(opened, Response):
        return opened
    return await _looked_at(request, opened)


async def giving(request: Request) -> Response:
    """Record that the dose was given, with its lot."""
    opened = await _opened(request, (*_ORDER, "lot", "given_on", "too_soon"))
    if isinstance(opened, Response):
        return opened
    language, errors = language_of(request), {}
    lot, given_on = lot_in(opened.values.get("lot", "")), _given_on(request, opened)
    if not lot:
        errors["lot"] = said("venue.lot_wrong", language)
    if given_on is None:
        errors["given_on"] = said("venue.given_on_missing", language)
    errors |= _not_meant(request, opened, given_on or opened.place.day)
    if errors or given_on is None:
        return await _looked_at(request, opened, errors)
    desk, by = parts_of(request).venue_desk, session_of(request).login
    return await _ordered(
        *(request, opened, "dose_given", "given"),
        lambda request_id, row: desk.give(request_id, row, lot, given_on, by),
    )


def _not_meant(request: Request, opened: Opened, given_on: date) -> dict[str, str]:
    """Say that a dose 2 is too soon after dose 1, unless it is ticked that it was given so."""
    if opened.values.get("too_soon") == "yes" or not _is_too_soon(request, opened, given_on):
        return {}
    return {"too_soon": said("venue.too_soon_missing", language_of(request))}


def _is_too_soon(request: Request, opened: Opened, given_on: date) -> bool:
    product = parts_of(request).reads.catalogue.products[opened.row.product_id]
    return is_too_soon(opened.row, given_on, product.interval_days_min)


def _given_on(request: Request, opened: Opened) -> date | None:
    """Return the day a dose was given on: of an earlier day's list somebody must say which."""
    today = today_at(parts_of(request))
    if opened.place.day >= today:
        return opened.place.day
    return {"today": today, "then": opened.place.day}.get(opened.values.get("given_on", ""))


async def noting_absence(request: Request) -> Response:
    """Note that somebody did not come, once that is confirmed."""
    opened = await _opened(request, (*_ORDER, "sure"))
    if isinstance(opened, Response):
        return opened
    if opened.values.get("sure") != "yes":
        error = said("venue.sure_missing", language_of(request))
        return await _looked_at(request, opened, {"sure": error})
    desk, by = parts_of(request).venue_desk, session_of(request).login
    return await _ordered(
        *(request, opened, "dose_not_come", "not_come"),
        lambda request_id, row: desk.not_come(request_id, row, by),
    )


async def undoing(request: Request) -> Response:
    """Take back that a dose was given, with the reason."""
    opened = await _opened(request, (*_ORDER, "reason"))
    if isinstance(opened, Response):
        return opened
    reason = opened.values.get("reason", "")
    if reason not in UNDO_REASONS:
        error = said("venue.undo_reason_missing", language_of(request))
        return await _looked_at(request, opened, {"reason": error})
    desk, by = parts_of(request).venue_desk, session_of(request).login
    return await _ordered(
        *(request, opened, "dose_undone", "undone"),
        lambda request_id, row: desk.undo(request_id, row, reason, by),
        reason,
    )


async def coming_after_all(request: Request) -> Response:
    """Give the dose to somebody who had been noted as not come."""
    opened = await _opened(request, (*_ORDER, "lot", "too_soon"))
    if isinstance(opened, Response):
        return opened
    lot = lot_in(opened.values.get("lot", ""))
    errors = {} if lot else {"lot": said("venue.lot_wrong", language_of(request))}
    errors |= _not_meant(request, opened, today_at(parts_of(request)))
    if errors:
        return await _looked_at(request, opened, errors)
    desk, by = parts_of(request).venue_desk, session_of(request).login
    return await _ordered(
        *(request, opened, "walked_in", "came"),
        lambda request_id, row: desk.came(request_id, row, lot, by),
    )


def _place(request: Request, values: Mapping[str, str]) -> Place | Response:
    """Read a venue that is the account's, and a day; what to answer where they are not."""
    venue_id = values.get("venue", "")
    venues = venues_of(request)
    if venue_id not in venues:
        known = venue_id in parts_of(request).venue_desk.venues(())
        return forbidden_page(request) if known else answer(request, Problem("bad_request"))
    try:
        return Place(venue_id, read.day(values.get("day", "")))
    except Fault:
        error = said("venue.day_wrong", language_of(request))
        today = Place(venue_id, today_at(parts_of(request)))
        return _list_shown(request, today, [], dict(values), {"day": error})


async def _opened(request: Request, names: tuple[str, ...]) -> Opened | Response:
    """Read which dose a form is about, and open the list that it stands in."""
    values = await read_form(request, names)
    if isinstance(values, Problem):
        return answer(request, values)
    place = _place(request, values)
    if isinstance(place, Response):
        return place
    rows = await parts_of(request).venue_desk.day(place.venue_id, place.day)
    meant = (values.get("booking_number", ""), values.get("dose", ""))
    row = next((row for row in rows if (row.booking_number, str(row.dose)) == meant), None)
    if row is None:
        await note(request, "day_list_opened", None, _what(place))
        return _list_shown(request, place, rows, dict(values), {}, refused="gone")
    return Opened(place, rows, row, values)


async def _looked_at(
    request: Request, opened: Opened, errors: Mapping[str, str] | None = None
) -> Response:
    """Note the look, then show the dose; nothing is ordered, for want of what `errors` say."""
    await note(request, "dose_looked_at", opened.row.person_key, "at_venue")
    return _dose(request, opened, errors=errors)


async def _ordered(
    request: Request, opened: Opened, act: Act, done: str, order: Order, reason: str = "at_venue"
) -> Response:
    """Note an act, hand its order in, and show what became of the dose."""
    request_id = parse_request_id(opened.values.get("request_id"))
    if not isinstance(request_id, UUID):
        return answer(request, Problem("bad_request"))
    await note(request, act, opened.row.person_key, reason)
    try:
        outcome = await order(request_id, opened.row)
    except (InboxAway, InboxFull):
        return _dose(request, opened, refused="away", request_id=request_id)
    if outcome is None:
        return _dose(request, opened, refused="undecided", request_id=request_id)
    now, refusal = await _again(request, opened), refusal_of(outcome)
    if refusal is None:
        return _dose(request, now, done=done)
    is_first = refusal is Refusal.INTERVAL_NOT_MET and opened.row.dose == 1
    word = "second_too_soon" if is_first else refused_word(refusal.value)
    return _dose(request, replace(now, values=opened.values), refused=word)


def refused_word(refusal: str) -> str:
    """Return the word of a refusal that the pages have a text for."""
    return refusal if refusal in REFUSED else "other"


async def _again(request: Request, opened: Opened) -> Opened:
    """Read the list again: the same dose of the same person, by whatever booking."""
    place, was = opened.place, opened.row
    rows = await parts_of(request).venue_desk.day(place.venue_id, place.day)
    theirs = [r for r in rows if (r.person_key, r.dose) == (was.person_key, was.dose)]
    return Opened(place, rows, theirs[0] if theirs else was, {})


async def _list(request: Request, place: Place, query: str) -> Response:
    await note(request, "day_list_opened", None, _what(place))
    rows = await parts_of(request).venue_desk.day(place.venue_id, place.day)
    if query:
        for person in {row.person_key: None for row in found(rows, query)[:FOUND_NOTED_MAX]}:
            await note(request, "found_in_list", person, "at_venue")
    values = {"query": query, "day": place.day.isoformat()}
    return _list_shown(request, place, rows, values, {})


def _what(place: Place) -> str:
    return f"{place.venue_id} {place.day.isoformat()}"


def _list_shown(
    request: Request,
    place: Place,
    rows: list[DoseDue],
    values: dict[str, str],
    errors: dict[str, str],
    refused: str = "",
) -> Response:
    query = values.get("query", "")
    return render(
        request,
        "staff_venue.html",
        status=422 if errors else 404 if refused else 200,
        venues=venues_of(request),
        place=place,
        is_today=place.day == today_at(parts_of(request)),
        rows=found(rows, query),
        tally=tally(rows),
        products=parts_of(request).reads.catalogue.products,
        values=values,
        errors=errors,
        refused=refused,
        query=query,
        now=parts_of(request).clock(),
    )


def _dose(
    request: Request,
    opened: Opened,
    *,
    errors: Mapping[str, str] | None = None,
    done: str = "",
    refused: str = "",
    request_id: UUID | None = None,
) -> Response:
    """Show a dose whose look or act was noted.

    With `request_id` what was typed is sent again as the same order.
    """
    parts, row = parts_of(request), opened.row
    lot = last_lot(opened.rows, row.product_id, session_of(request).login)
    status = 422 if errors else 503 if request_id else 409 if refused else 200
    return render(
        request,
        "staff_dose.html",
        status=status,
        place=opened.place,
        venue=venues_of(request)[opened.place.venue_id],
        row=row,
        product=parts.reads.catalogue.products[row.product_id],
        may_mark=opened.place.day <= today_at(parts),
        has_begun=row.starts_at <= parts.clock(),
        is_today=opened.place.day == today_at(parts),
        today=today_at(parts),
        after_first=days_after_first(row, opened.place.day),
        is_too_soon=_is_too_soon(request, opened, opened.place.day),
        values={"lot": lot, **opened.values},
        errors=dict(errors or {}),
        done=done,
        refused=refused,
        reasons=UNDO_REASONS,
        request_id=str(request_id or uuid4()),
    )
