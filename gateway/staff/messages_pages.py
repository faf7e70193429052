"""Messages that ended untold: refused for good by a provider, or taken by none for days.

Rule 1: nothing of a person is shown but the booking's number.
Rule 2: who has a message told once more is noted in the journal of looks.

The tables are asked off the event loop.
"""

from __future__ import annotations

from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.dead_letters import put_back, read_dead_letters
from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff.guard import came_from, guarded, read_form, session_of
from gateway.staff.journal import Look
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render

SHOWN_MAX = 200
SHOWN_FOR = timedelta(days=30)
EVERY = "all"
_DIGITS_MAX = 18


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [guarded("GET", "/messages", messages_page), guarded("POST", "/messages", telling_again)]


async def messages_page(request: Request) -> Response:
    """List what ended untold within 30 days, the newest first."""
    return await _page(request)


async def telling_again(request: Request) -> Response:
    """Let one message, or all of them, be told once more."""
    values = await read_form(request, ("message",))
    if isinstance(values, Problem):
        return answer(request, values)
    asked = values.get("message", "")
    is_number = asked.isascii() and asked.isdecimal() and len(asked) <= _DIGITS_MAX
    if not is_number and asked != EVERY:
        return answer(request, Problem("bad_request"))
    parts, by = parts_of(request), session_of(request)
    look = Look(by.login, by.role, "messages_put_back", None, asked, came_from(request))
    await parts.journal.note(look, parts.clock())
    since = parts.clock() - SHOWN_FOR
    ids = [] if asked == EVERY else [int(asked)]
    done = await run_in_threadpool(put_back, parts.settings.database_url, since, ids)
    return await _page(request, len(done))


async def _page(request: Request, again: int | None = None) -> Response:
    parts = parts_of(request)
    since = parts.clock() - SHOWN_FOR
    url = parts.settings.database_url
    letters = await run_in_threadpool(read_dead_letters, url, since, SHOWN_MAX)
    return render(
        request,
        "staff_messages.html",
        letters=letters,
        shown_max=SHOWN_MAX,
        days=SHOWN_FOR.days,
        again=again,
    )
