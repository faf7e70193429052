"""The public API of the retired "Virtual Waiting Room on AWS", under /vwr/.

Request bodies, parameters, answers and status codes are those of its Developer Guide
("Public REST APIs"); the texts of its refusals are those that its functions sent. What
differs, and why, stands in docs/vwr.md.

Rule 1: the callers are anonymous visitors of other sites. No cookie is read or set here, so
that these paths may be called from any page (`gateway.middleware.SameSite`).
Rule 2: without GATEWAY_VWR_EVENT_ID there are no routes: every path is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import forms
from gateway.answers import json_answer
from gateway.parts import parts_of
from gateway.policies import Policy, policy_route
from gateway.routes.receipt_key import KEY_KEPT
from gateway.vwr import Vwr
from monitoring import metrics
from waiting_room.errors import WaitingRoomError
from waiting_room.vwr import (
    NotServed,
    Served,
    Spent,
    Unknown,
    grant_of,
    is_request_id,
    position_of,
    waiting,
)

ANONYMOUS_PATHS = ("/vwr/",)
"""The paths whose callers need not be our own pages."""

RESULTS = {
    200: "ok",
    202: "not_yet",
    400: "invalid",
    404: "unknown",
    410: "expired",
    429: "full",
    503: "away",
}
"""What a status is called in the metrics."""

SAME_FOR_ALL = {"Cache-Control": "public, max-age=1"}
"""A cache at the edge answers the crowd that watches the counters."""

ALLOWED_HEADERS = "Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token"
_STATUS_ENTERED = 1


@dataclass(frozen=True)
class Answer:
    """A status, a JSON document, and headers."""

    status: int
    document: dict[str, object]
    headers: dict[str, str] = field(default_factory=dict)


Call = Callable[[Vwr, Request, int], Awaitable[Answer]]

BAD_EVENT = Answer(400, {"error": "Invalid event ID"})
BAD_IDS = Answer(400, {"error": "Invalid event or request ID"})
REFUSALS = {
    Unknown: Answer(404, {"error": "Invalid request ID"}),
    NotServed: Answer(202, {"error": "Request ID not being served yet"}),
    Spent: Answer(410, {"error": "Queue position has expired"}),
}
FULL = Answer(429, {"message": "Too Many Requests"}, {"Retry-After": "60"})
AWAY = Answer(503, {"message": "Service Unavailable"}, {"Retry-After": "5"})


def routes(vwr: Vwr | None) -> list[BaseRoute]:
    """Return the routes of this module: none where the API is switched off."""
    if vwr is None:
        return []
    calls: list[tuple[str, Call]] = [
        ("POST", assign_queue_num),
        ("POST", generate_token),
        ("GET", queue_num),
        ("GET", queue_pos_expiry),
        ("GET", serving_num),
        ("GET", waiting_num),
        ("GET", public_key),
    ]
    built: list[BaseRoute] = []
    for method, call in calls:
        path = f"/vwr/{call.__name__}"
        public = Policy.PUBLIC
        built += [
            policy_route(path, _endpoint(vwr, call), methods=[method], policy=public),
            policy_route(path, _preflight(vwr, method), methods=["OPTIONS"], policy=public),
        ]
    return built


async def assign_queue_num(vwr: Vwr, request: Request, now: int) -> Answer:
    """Give out a request id and, at once, its position."""
    body = await _body(request)
    if body.get("event_id") != vwr.event_id:
        return BAD_EVENT
    request_id = str(uuid4())
    if await vwr.line.assign(request_id, now) is None:
        return FULL
    return Answer(200, {"api_request_id": request_id})


async def queue_num(vwr: Vwr, request: Request, now: int) -> Answer:
    """Answer the position of a request."""
    request_id = _asked_id(vwr, request)
    if request_id is None:
        return BAD_IDS
    facts = await vwr.line.look_up(request_id)
    if facts.number is None:
        return Answer(202, {"error": "Request ID not found"})
    return Answer(
        200,
        {
            "queue_number": facts.number,
            "entry_time": facts.entered_at,
            "event_id": vwr.event_id,
            "status": _STATUS_ENTERED,
        },
    )


async def serving_num(vwr: Vwr, request: Request, now: int) -> Answer:
    """Answer the last position that is served: as text, as the original did."""
    if request.query_params.get("event_id") != vwr.event_id:
        return BAD_EVENT
    counters = await vwr.line.counters()
    return Answer(200, {"serving_counter": str(counters.serving)}, SAME_FOR_ALL)


async def waiting_num(vwr: Vwr, request: Request, now: int) -> Answer:
    """Answer how many have a position and no token yet."""
    if request.query_params.get("event_id") != vwr.event_id:
        return BAD_EVENT
    counters = await vwr.line.counters()
    return Answer(200, {"waiting_num": waiting(counters)}, SAME_FOR_ALL)


async def queue_pos_expiry(vwr: Vwr, request: Request, now: int) -> Answer:
    """Answer for how many seconds a served position may still fetch its token."""
    request_id = _asked_id(vwr, request)
    if request_id is None:
        return BAD_IDS
    facts = await vwr.line.look_up(request_id)
    if facts.expiry_s == 0:
        return Answer(202, {"error": "Queue position expiration not enabled"})
    position = position_of(facts, now)
    if isinstance(position, Served):
        return Answer(200, {"expires_in": position.expires_in_s})
    return REFUSALS[type(position)]


async def generate_token(vwr: Vwr, request: Request, now: int) -> Answer:
    """Give a request its tokens if it is its turn; the same again if it has them."""
    body = await _body(request)
    request_id = body.get("request_id")
    if body.get("event_id") != vwr.event_id or not is_request_id(request_id):
        return BAD_IDS
    facts = await vwr.line.grant(request_id, now)
    if (grant := grant_of(facts)) is not None:
        tokens = await asyncio.to_thread(vwr.signer.tokens, request_id, grant)
        expires_in = max(0, grant.expires_at - now)
        return Answer(200, {**tokens, "token_type": "Bearer", "expires_in": expires_in})
    position = position_of(facts, now)
    assert not isinstance(position, Served), "whose turn it is has the token now"
    return REFUSALS[type(position)]


async def public_key(vwr: Vwr, request: Request, now: int) -> Answer:
    """Answer the key, as a JWK, with which anybody can verify a token."""
    asked = request.query_params.get("event_id")
    if asked is None:
        return Answer(404, BAD_EVENT.document)
    if asked != vwr.event_id:
        return BAD_EVENT
    return Answer(200, dict(vwr.signer.public_jwk), {"Cache-Control": KEY_KEPT})


def _endpoint(vwr: Vwr, call: Call) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a call: the time, the line's absence, the count, and who may read the answer."""

    async def endpoint(request: Request) -> Response:
        now = int(parts_of(request).clock().timestamp())
        try:
            answer = await call(vwr, request, now)
        except WaitingRoomError:
            answer = AWAY
        metrics.VWR_CALLS.labels(call.__name__, RESULTS[answer.status]).inc()
        return json_answer(answer.document, answer.status, answer.headers | _origin(vwr))

    return endpoint


def _preflight(vwr: Vwr, method: str) -> Callable[[Request], Awaitable[Response]]:
    """Answer what a browser asks before a page of another origin may call."""

    async def preflight(request: Request) -> Response:
        headers = _origin(vwr)
        if headers:
            headers["Access-Control-Allow-Methods"] = ",".join(sorted({method, "OPTIONS"}))
            headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        return json_answer({}, headers=headers)

    return preflight


def _origin(vwr: Vwr) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": vwr.allow_origin} if vwr.allow_origin else {}


async def _body(request: Request) -> dict[str, object]:
    """Read a body (64 KiB at most); whatever is no JSON object says nothing."""
    data = forms.decode_object(await request.body())
    return {} if isinstance(data, list) else data


def _asked_id(vwr: Vwr, request: Request) -> str | None:
    """Return the request id of a query; None if it or the event is not valid."""
    request_id = request.query_params.get("request_id")
    if request.query_params.get("event_id") != vwr.event_id or not is_request_id(request_id):
        return None
    return request_id
