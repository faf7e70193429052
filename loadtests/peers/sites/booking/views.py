"""The pages of the booking site, as JSON: sign in, what is free, book, one's own booking."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps

from celery.result import AsyncResult
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from loadtests.peers.sites.booking.models import Booking, Person, Slot
from loadtests.peers.sites.booking.pairs import book_pair, shown
from loadtests.peers.sites.booking.tasks import app, book_pair_later

_PERSON = "person_id"

View = Callable[..., JsonResponse]


def signed_in(view: View) -> View:
    """Let nobody in who has not signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, **found: str) -> JsonResponse:
        if _PERSON not in request.session:
            return JsonResponse({"code": "not_signed_in"}, status=403)
        return view(request, **found)

    return guarded


@require_POST
def sign_in(request: HttpRequest) -> JsonResponse:
    """Confirm ticket number and birth date, and begin a session."""
    asked = json.loads(request.body)
    person = Person.objects.filter(
        ticket_number=asked["ticket_number"], birth_date=asked["birth_date"]
    ).first()
    if person is None:
        return JsonResponse({"code": "identity_not_confirmed"}, status=401)
    request.session.cycle_key()
    request.session[_PERSON] = person.pk
    return JsonResponse({"state": "inside"})


@require_GET
@signed_in
def availability(_request: HttpRequest) -> JsonResponse:
    """Show what is left of each first dose (second doses are as many)."""
    slots = Slot.objects.filter(dose=1).order_by("number")
    rows = slots.values("number", "starts_at", "capacity", "taken")
    left = [
        {
            "number": row["number"],
            "starts_at": row["starts_at"],
            "left": row["capacity"] - row["taken"],
        }
        for row in rows
    ]
    return JsonResponse({"slots": left})


@require_POST
@signed_in
def book(request: HttpRequest) -> JsonResponse:
    """Book both doses: at once, or (a Celery task each) later."""
    asked = json.loads(request.body)
    arguments = (request.session[_PERSON], asked["slot"], asked["contact"])
    if not settings.BOOKS_BY_TASK:
        return _decided(book_pair(*arguments))
    return JsonResponse({"request_id": book_pair_later.delay(*arguments).id}, status=202)


@require_GET
@signed_in
def outcome(_request: HttpRequest, request_id: str) -> JsonResponse:
    """Say what became of a task."""
    result: AsyncResult[dict[str, object]] = AsyncResult(request_id, app=app)
    if not result.ready():
        return JsonResponse({"request_id": request_id}, status=202)
    return _decided(result.get())


@require_GET
@signed_in
def own_booking(request: HttpRequest) -> JsonResponse:
    """Show the booking of the person who is signed in."""
    bookings = Booking.objects.select_related("first_slot")
    booking = bookings.filter(person_id=request.session[_PERSON]).first()
    if booking is None:
        return JsonResponse({"code": "no_booking"}, status=404)
    return JsonResponse(shown(booking, booking.first_slot.number))


def _decided(outcome: dict[str, object]) -> JsonResponse:
    return JsonResponse(outcome, status=409 if "code" in outcome else 201)
