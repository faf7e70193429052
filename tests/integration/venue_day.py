"""A day at the venues: who walks in, what is recorded of a dose, and the list of the day."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from uuid import uuid4

import httpx2

from allocator.model import SITE_TIMEZONE
from allocator.release import ReleasePlan
from tests.integration.city import BORN, INTERVAL_DAYS, make_plan, make_slot, ticket
from tests.integration.staff import Colleague

LOT = "EW4811"
BEGUN, SCHOOL, SECOND = 1, 2, 3


@cache
def today() -> date:
    """Return the day on which all of this happens: the one of the first call."""
    return datetime.now(SITE_TIMEZONE).date()


def until_noon() -> timedelta:
    """Return how far a city's clock must be put ahead, or back, for it to be noon of that day.

    No midnight is near then, however slow the machine is and however far a desk's clock goes ahead.
    """
    return datetime.combine(today(), time(12), SITE_TIMEZONE) - datetime.now(SITE_TIMEZONE)


def arrival(number: int, **changes: str) -> dict[str, str]:
    """What is typed of somebody who walks in."""
    return {
        "ticket_number": ticket(number),
        "birth_year": str(BORN.year),
        "birth_month": str(BORN.month),
        "birth_day": str(BORN.day),
        "name": f"シケン ユリ{number}",
        "phone": "0476-00-0000",
        "email": "",
        "language": "ja",
        "slot": str(BEGUN),
        "lot": LOT,
        "request_id": str(uuid4()),
    } | changes


def walks_in(who: Colleague, number: int, **changes: str) -> httpx2.Response:
    """Send the form about somebody who walks in."""
    who.get("/walk-in")
    return who.post("/walk-in", **arrival(number, **changes))


def number_on(page: httpx2.Response) -> str:
    """Return the booking number that a page tells."""
    found = re.search(r"<dd>([^<]+)", page.text)
    assert found is not None
    return found[1].strip()


def booked(who: Colleague, number: int) -> str:
    """Walk somebody in; return the booking number."""
    page = walks_in(who, number)
    assert page.status_code == 200, page.text
    return number_on(page)


def about(number: str, dose: int = 1, **fields: str) -> dict[str, str]:
    """What each form about one dose carries."""
    place = {"venue": "hall", "day": today().isoformat()}
    named = {"booking_number": number, "dose": str(dose), "request_id": str(uuid4())}
    return place | named | fields


def not_given(who: Colleague, number: int) -> str:
    """Walk somebody in and take the mark back: a booking of today whose dose is open."""
    booking = booked(who, number)
    assert who.post("/venue/undo", **about(booking, reason="not_given")).status_code == 200
    return booking


def lists(who: Colleague, query: str = "", **changes: str) -> str:
    """Return the day's list, or who of it is meant."""
    who.get("/venue")
    fields = {"venue": "hall", "day": today().isoformat(), "query": query} | changes
    return who.post("/venue", **fields).text


def plan_of_today() -> ReleasePlan:
    """A hall and a school that give first doses today, and second ones when they are due."""
    later = today() + timedelta(days=INTERVAL_DAYS)
    slots = (
        make_slot(BEGUN, "hall", today(), 12, (14, 4)),
        make_slot(SCHOOL, "school", today(), 12, (2, 0)),
        make_slot(SECOND, "hall", later, 0, (0, 14)),
        make_slot(4, "school", later, 0, (0, 9)),
    )
    plan = make_plan()
    return ReleasePlan(plan.release, plan.products, plan.venues, slots)
