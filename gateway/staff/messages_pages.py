"""Messages that reached nobody: people to be rung or written to, and what a provider did not take.

Rule 1: the lists show nothing of a person but the booking's number. Whom to ring, and how, is shown
for one message at a time, and noted in the journal of looks before it is.
Rule 2: who has a message told once more, and who says that they told somebody, is noted, too.

What ended untold is asked for off the event loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.dead_letters import put_back, read_dead_letters
from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff.access import ROUTES
from gateway.staff.guard import came_from, guarded, read_form, session_of
from gateway.staff.journal import Act, Look
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.untold import UntoldPerson

SHOWN_MAX = 200
SHOWN_FOR = timedelta(days=30)
EVERY = "all"
PATH = "/messages"
PERSON_PATH, TOLD_PATH = f"{PATH}/person", f"{PATH}/told"
_DIGITS_MAX = 18


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", PATH, messages_page),
        guarded("POST", PATH, telling_again),
        guarded("POST", PERSON_PATH, person_page),
        guarded("POST", TOLD_PATH, was_told),
    ]


async def messages_page(request: Request) -> Response:
    """List whom the desk is to tell, and what ended untold within 30 days."""
    return await _page(request)


async def telling_again(request: Request) -> Response:
    """Let one message, or all of them, be told once more."""
    values = await read_form(request, ("message",))
    if isinstance(values, Problem):
        return answer(request, values)
    asked = values.get("message", "")
    if _number(values) is None and asked != EVERY:
        return answer(request, Problem("bad_request"))
    parts, by = parts_of(request), session_of(request)
    look = Look(by.login, by.role, "messages_put_back", None, asked, came_from(request))
    await parts.journal.note(look, parts.clock())
    since = parts.clock() - SHOWN_FOR
    ids = [] if asked == EVERY else [int(asked)]
    done = await run_in_threadpool(put_back, parts.settings.database_url, since, ids)
    return await _page(request, again=len(done))


async def person_page(request: Request) -> Response:
    """Show how to reach the person of one message, and what they are to be told."""
    found = await _noted(request, "untold_looked_at")
    if isinstance(found, Response):
        return found
    return render(request, "staff_untold.html", person=found)


async def was_told(request: Request) -> Response:
    """Take somebody off the list whom the desk has told."""
    found = await _noted(request, "told_by_desk")
    if isinstance(found, Response):
        return found
    is_done = await parts_of(request).untold.told(found.message.outbox_id)
    return await _page(request, told="done" if is_done else "before")


async def _noted(request: Request, act: Act) -> UntoldPerson | Response:
    """Read whose message a form names, and note the act; a page, where it is none to be told."""
    values = await read_form(request, ("message",))
    if isinstance(values, Problem):
        return answer(request, values)
    if (asked := _number(values)) is None:
        return answer(request, Problem("bad_request"))
    parts, by = parts_of(request), session_of(request)
    if (person := await parts.untold.person_of(asked)) is None:
        return await _page(request, told="before")
    look = Look(by.login, by.role, act, person.person_key, str(asked), came_from(request))
    await parts.journal.note(look, parts.clock())
    return person


def _number(values: Mapping[str, str]) -> int | None:
    """Return which message a form names."""
    asked = values.get("message", "")
    is_number = asked.isascii() and asked.isdecimal() and len(asked) <= _DIGITS_MAX
    return int(asked) if is_number else None


async def _page(request: Request, *, again: int | None = None, told: str = "") -> Response:
    parts, role = parts_of(request), session_of(request).role
    may_send = role in ROUTES[f"POST {PATH}"]
    since = parts.clock() - SHOWN_FOR
    url = parts.settings.database_url
    letters = await run_in_threadpool(read_dead_letters, url, since, SHOWN_MAX) if may_send else []
    return render(
        request,
        "staff_messages.html",
        untold=await parts.untold.messages(SHOWN_MAX),
        letters=letters,
        shown_max=SHOWN_MAX,
        days=SHOWN_FOR.days,
        may_send=may_send,
        may_tell=role in ROUTES[f"POST {TOLD_PATH}"],
        again=again,
        told=told,
    )
