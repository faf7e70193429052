"""The JSON contract, version 1 (ARCHITECTURE.md has it in full).

Every route reads its request, calls one act of `gateway.residents` and writes the
answer. Bodies are JSON objects of at most 64 KiB; unknown fields are refused.
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.errors import CatalogueMissing
from gateway import fields as read
from gateway import forms, i18n, residents
from gateway.answers import JSON, answer, json_answer
from gateway.attempting import attempt_of, remember_device
from gateway.availability import availability_json
from gateway.fields import PROOF_CHARS_MAX, Fields
from gateway.identity import held_token
from gateway.parts import Parts, parts_of
from gateway.policies import Policy, policy_route, visitor_of
from gateway.problems import Problem, detail, invalid, moment, title
from gateway.receipts import key_text
from gateway.residents import Inside, Whereabouts
from gateway.routes.json_calls import (
    BOOKINGS_PATH,
    errors_of,
    read_nothing,
    read_object,
    tell,
    today_of,
)
from gateway.routes.receipt_key import KEY_KEPT
from gateway.sessions import clear_cookies, place_token, set_place_cookie, set_session_cookie
from gateway.views import BookingView, StandbyView, me_document


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    public, identified, session = Policy.PUBLIC, Policy.IDENTIFIED, Policy.SESSION
    one, of_request = "/api/v1/booking", f"{BOOKINGS_PATH}/{{request_id}}"
    return [
        policy_route("/api/v1/sign-in", sign_in, methods=["POST"], policy=public),
        policy_route("/api/v1/receipt-key", receipt_key, methods=["GET"], policy=public),
        policy_route("/api/v1/me", me, methods=["GET"], policy=identified),
        policy_route("/api/v1/enter", enter, methods=["POST"], policy=identified),
        policy_route("/api/v1/sign-out", sign_out, methods=["POST"], policy=identified),
        policy_route("/api/v1/availability", availability, methods=["GET"], policy=session),
        policy_route(BOOKINGS_PATH, book, methods=["POST"], policy=session),
        policy_route(of_request, outcome, methods=["GET"], policy=session),
        policy_route(one, booking, methods=["GET"], policy=session),
        policy_route(one, change, methods=["PUT"], policy=session),
        policy_route(one, cancel, methods=["DELETE"], policy=session),
    ]


async def sign_in(request: Request) -> Response:
    """Confirm an identity; take a place, or come straight in."""
    parts = parts_of(request)
    data = await read_object(request)
    if isinstance(data, Problem):
        return answer(request, data)
    given = Fields({"proof": data.pop("proof", None)}, ("proof",))
    proof = given.optional("proof", lambda value: read.text(value, PROOF_CHARS_MAX))
    form = forms.parse_sign_in(data, parts.settings.municipality_code, today_of(parts))
    if isinstance(form, list) or given.errors:
        return answer(request, invalid(errors_of(given.errors, form)))
    attempt = await attempt_of(request, parts, proof or "")
    signed_in = await residents.sign_in(parts, form, attempt, held_token(request, parts))
    if isinstance(signed_in, Problem):
        return answer(request, signed_in)
    document: dict[str, object] = {"state": signed_in.state}
    if signed_in.place is not None:
        document["place"] = signed_in.place
    if signed_in.arrival is not None:
        document["arrival"] = signed_in.arrival
    response = json_answer(document | {"place_token": signed_in.place_token})
    remember_device(response, parts, attempt, signed_in.person_key)
    set_place_cookie(response, parts.settings, signed_in.place_token)
    if signed_in.session_token is not None:
        set_session_cookie(response, parts.settings, signed_in.session_token)
    return response


async def receipt_key(request: Request) -> Response:
    """Answer the public key with which anybody can check a receipt."""
    key = key_text(parts_of(request).receipts.public_key)
    headers = {"Cache-Control": KEY_KEPT}
    return json_answer({"algorithm": "Ed25519", "public_key": key}, headers=headers)


async def me(request: Request) -> Response:
    """Answer R4's fields, the state and the place."""
    parts = parts_of(request)
    where, document = await residents.me(parts, visitor_of(request))
    response = json_answer(me_document(document, i18n.language_of(request)))
    return _with_place(response, parts, where)


async def enter(request: Request) -> Response:
    """Come in, if it is one's turn."""
    parts = parts_of(request)
    problem = await read_nothing(request)
    entered = problem or await residents.enter(parts, visitor_of(request))
    if not isinstance(entered, Inside):
        return answer(request, entered)
    response = json_answer({"inside_until": moment(entered.inside_until)})
    if entered.session_token is not None:
        set_session_cookie(response, parts.settings, entered.session_token)
    return response


async def sign_out(request: Request) -> Response:
    """End the session; the browser forgets session and place."""
    parts = parts_of(request)
    if (problem := await read_nothing(request)) is not None:
        return answer(request, problem)
    held = place_token(request, parts.settings)
    await residents.sign_out(parts, visitor_of(request), held)
    response = Response(status_code=204)
    clear_cookies(response, parts.settings)
    return response


async def availability(request: Request) -> Response:
    """Answer what the visitor's release still has, from memory."""
    query = forms.parse_availability(request.query_params.multi_items())
    if isinstance(query, list):
        return answer(request, invalid(query))
    reads = parts_of(request).reads
    catalogue = reads.catalogue
    found = reads.availability(visitor_of(request).release_id)
    if found is None:
        raise CatalogueMissing
    view = hashlib.sha256(f"{found.release_id}|{found.etag}|{query}".encode()).hexdigest()[:32]
    headers = {"ETag": f'W/"{view}"', "Cache-Control": "private, no-cache"}
    if _has_already(request, view):
        return Response(status_code=304, headers=headers)
    body = parts_of(request).offers.get(view, lambda: availability_json(catalogue, found, query))
    return Response(body, headers=headers, media_type=JSON)


async def book(request: Request) -> Response:
    """Ask for both doses."""
    parts = parts_of(request)
    request_id = forms.parse_request_id(request.headers.get(forms.REQUEST_ID_FIELD))
    data = await read_object(request)
    if isinstance(data, Problem):
        return answer(request, data)
    form = forms.parse_booking(data, today_of(parts))
    if isinstance(request_id, list) or isinstance(form, list):
        return answer(request, invalid(errors_of(request_id, form)))
    language = i18n.language_of(request)
    answered = await residents.book(parts, visitor_of(request), request_id, form, language)
    return tell(request, answered, created=True)


async def change(request: Request) -> Response:
    """Ask to swap the pair, or dose 2 alone."""
    request_id = forms.parse_request_id(request.headers.get(forms.REQUEST_ID_FIELD))
    data = await read_object(request)
    if isinstance(data, Problem):
        return answer(request, data)
    form = forms.parse_change(data)
    if isinstance(request_id, list) or isinstance(form, list):
        return answer(request, invalid(errors_of(request_id, form)))
    parts = parts_of(request)
    return tell(request, await residents.change(parts, visitor_of(request), request_id, form))


async def cancel(request: Request) -> Response:
    """Ask to give back both doses, or dose 2 alone."""
    request_id = forms.parse_request_id(request.headers.get(forms.REQUEST_ID_FIELD))
    doses = forms.parse_cancel(request.query_params.multi_items())
    if (problem := await read_nothing(request)) is not None:
        return answer(request, problem)
    if isinstance(request_id, list) or isinstance(doses, list):
        return answer(request, invalid(errors_of(request_id, doses)))
    parts = parts_of(request)
    cancelled = await residents.cancel(parts, visitor_of(request), request_id, doses)
    if isinstance(cancelled, BookingView | StandbyView):
        return json_answer({"state": cancelled.booking.state})
    return tell(request, cancelled)


async def booking(request: Request) -> Response:
    """Answer the booking that the visitor holds."""
    return tell(request, await residents.held(parts_of(request), visitor_of(request)))


async def outcome(request: Request) -> Response:
    """Answer what became of a request: the booking, the refusal, or that it is undecided."""
    request_id = forms.parse_request_id(request.path_params["request_id"])
    if isinstance(request_id, list):
        return answer(request, Problem("not_found"))
    answered = await residents.outcome(parts_of(request), visitor_of(request), request_id)
    if isinstance(answered, Problem) and answered.code != "not_found":
        return _refusal(request, answered)
    return tell(request, answered)


def _refusal(request: Request, problem: Problem) -> Response:
    """Answer that a request was refused: to have been told so is no failure of this call."""
    language = i18n.language_of(request)
    return json_answer(
        {
            "state": "refused",
            "code": problem.code,
            "title": str(title(problem, language)),
            "detail": str(detail(problem, language)),
        }
    )


def _with_place(response: Response, parts: Parts, where: Whereabouts) -> Response:
    if where.place_token is not None:
        set_place_cookie(response, parts.settings, where.place_token)
    return response


def _has_already(request: Request, view: str) -> bool:
    """Say whether the caller holds this view (RFC 9110: weak comparison)."""
    given = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return f'"{view}"' in tags or "*" in tags
