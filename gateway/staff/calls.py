"""A call: a clerk acts for a caller whom the line has called, in a session of the caller's own.

Rule 1: the session is opened by the line as a resident's is, so that a caller gets in only once
they are called, for as long, and to do no more than on the pages.
Rule 2: what the browser holds opens it only together with the staff session that it was begun in,
for the reason that was noted.
Rule 3: each act is noted in the journal before it is sent.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, get_args

from starlette.requests import Request
from starlette.responses import Response

from allocator.errors import SealBroken
from allocator.model import Refusal
from allocator.reads import unseal_identity
from gateway.answers import FAULTS
from gateway.identity import Visitor
from gateway.problems import Problem, refused
from gateway.residents import Answered
from gateway.sessions import Draft, digest_of, new_token
from gateway.staff.callers import Asked, confirmed, standing_of, token_for
from gateway.staff.guard import came_from, mark_in_form, see_other, session_of
from gateway.staff.journal import REASONS, Act, Look
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.rendering import CALL_MARK, render
from gateway.staff.settings import StaffSettings
from gateway.staff.words import language_of, said
from waiting_room.answers import Entered, NotYourTurn

CALLER_PATH, CALL_PATH = "/caller", "/caller/call"
END_PATH = f"{CALL_PATH}/end"
_TEXT_CHARS_MAX = 100


@dataclass(frozen=True)
class Call:
    """A caller who is inside. `reason` is why the clerk acts for them."""

    visitor: Visitor
    digest: bytes
    reason: str

    async def draft(self, parts: StaffParts) -> Draft:
        """Return what was typed in this call. Raises `RoomAway`."""
        return await parts.drafts.load(self.digest)

    async def keep(self, parts: StaffParts, draft: Draft) -> None:
        """Keep what was typed in this call. Raises `RoomAway`."""
        await parts.drafts.save(self.digest, draft)


CallEndpoint = Callable[[Request, Call], Awaitable[Response]]
CallLost = Literal["over", "not_sent"]
CALLS_LOST: tuple[CallLost, ...] = get_args(CallLost)
"""What the page that asks who rings says of a call: it is over; besides, a form came too late."""


def in_call(endpoint: CallEndpoint) -> Callable[[Request], Awaitable[Response]]:
    """Run an endpoint with the call; without one lead to the page that asks who rings, and say so.

    An ended call that is to be ended loses nothing. A browser has one call. A form of another, from
    a window that was left open, is not sent: it would be done to whoever rings now.
    """

    async def run(request: Request) -> Response:
        call = await _find(request)
        if call is None:
            brings_work = request.method == "POST" and request.url.path != END_PATH
            lost: CallLost = "not_sent" if brings_work else "over"
            return see_other(f"{CALLER_PATH}?call={lost}")
        mark = request.scope[CALL_MARK] = _mark(request, call.digest)
        if request.method == "POST":
            sent = await mark_in_form(request)
            if not hmac.compare_digest(sent.encode(), mark.encode()):
                return _of_another_call(request)
        return await endpoint(request, call)

    return run


async def begin(request: Request, asked: Asked) -> str | Problem:
    """Note it, confirm the caller once more, and come in for them; return what the browser keeps.

    Raises as `callers.look_up`.
    """
    parts = parts_of(request)
    who = await confirmed(parts, asked, "call_begun")
    if isinstance(who, Problem):
        return who
    standing = await standing_of(parts, who, asked.form)
    if standing is None:
        return refused(Refusal.NOT_ELIGIBLE)
    text = f"{new_token()}.{asked.reason}"
    token = token_for(parts, who, asked.form, standing.release_id, standing.index)
    entered = await parts.line.enter(token, _digest(request, text), parts.clock().timestamp())
    match entered:
        case Entered():
            return text
        case NotYourTurn(place=place, serving=serving):
            return Problem("not_your_turn", {"place": place, "serving": serving})
    return Problem("release_closed")


async def end(request: Request, call: Call) -> None:
    """End a call: the session and what was typed. The caller's place and booking stay."""
    parts = parts_of(request)
    await call.keep(parts, {})
    await parts.line.leave(call.digest)


async def note(request: Request, call: Call, act: Act) -> None:
    """Write an act for the caller into the journal. Raises `StoreAway`."""
    parts, by = parts_of(request), session_of(request)
    whose = call.visitor.person_key
    look = Look(by.login, by.role, act, whose, call.reason, came_from(request))
    await parts.journal.note(look, parts.clock())


async def carried_out(
    request: Request, call: Call, act: Act, sending: Callable[[], Awaitable[Answered]]
) -> Answered:
    """Note an act, then send it; a fault of a part is a problem, so that nothing typed is lost."""
    try:
        await note(request, call, act)
        return await sending()
    except tuple(FAULTS) as fault:
        return Problem(FAULTS[type(fault)])


def set_cookie(response: Response, settings: StaffSettings, text: str) -> None:
    """Let the browser keep a call; an empty text takes it away."""
    response.set_cookie(
        _cookie_name(settings),
        text,
        max_age=settings.call_absolute_s if text else 0,
        path="/",
        secure=settings.cookie_secure,
        httponly=True,
        samesite="strict",
    )


async def _find(request: Request) -> Call | None:
    parts = parts_of(request)
    text = request.cookies.get(_cookie_name(parts.settings), "")
    reason = text.rpartition(".")[2]
    if len(text) > _TEXT_CHARS_MAX or reason not in REASONS:
        return None
    digest = _digest(request, text)
    session = await parts.line.touch(digest, parts.clock().timestamp())
    if session is None:
        return None
    try:
        identity = unseal_identity(parts.keys.session, session.identity, session.person_key)
    except SealBroken:
        return None
    visitor = Visitor(
        session.person_key, session.release_id, identity, None, session, session_digest=digest
    )
    return Call(visitor, digest, reason)


def _mark(request: Request, digest: bytes) -> str:
    """Return what tells a call's forms from those of another."""
    return hmac.digest(parts_of(request).keys.staff, b"call|" + digest, hashlib.sha256).hex()[:32]


def _of_another_call(request: Request) -> Response:
    language = language_of(request)
    return render(
        request,
        "staff_error.html",
        status=HTTPStatus.CONFLICT,
        title=said("call.other.title", language),
        detail=said("call.other.detail", language),
        sent=(),
    )


def _digest(request: Request, text: str) -> bytes:
    """Return what stands for a call in Redis: of this text within this staff session alone."""
    staff_token: str = request.scope["seiriken.staff_token"]
    return digest_of(hashlib.sha256(staff_token.encode()).hexdigest() + text)


def _cookie_name(settings: StaffSettings) -> str:
    return "__Host-call" if settings.cookie_secure else "call"
