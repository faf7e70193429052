"""The auditor's page: who looked at whom, by day and by person, and the same as CSV.

To read the journal is itself a line of it, written first. A person is asked for by ticket number,
in a form: their number stands in no URL, and the journal shows a keyed hash of it.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.reads import person_key
from gateway import fields as read
from gateway.answers import answer
from gateway.fields import Fields
from gateway.forms import MUNICIPALITY_DIGITS, TICKET_DIGITS
from gateway.problems import Problem
from gateway.routes.way_in import date_from_parts
from gateway.staff.day_list import UNDO_REASONS
from gateway.staff.guard import came_from, guarded, read_form, session_of
from gateway.staff.identity_fields import CODE, words
from gateway.staff.journal import (
    LINES_EXPORTED_MAX,
    LINES_SHOWN_MAX,
    REASONS,
    Filter,
    Look,
    NotedLook,
    as_csv,
)
from gateway.staff.parts import StaffParts, parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of

_FIELDS = ("day_year", "day_month", "day_day", "ticket_number", CODE, "login", "before")
_LOGIN_CHARS_MAX, _DIGITS_MAX = 64, 18
_ON_PAGE = {"day": "day_year"}


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/journal", journal_page),
        guarded("POST", "/journal", filtering),
        guarded("POST", "/journal.csv", exporting),
    ]


async def journal_page(request: Request) -> Response:
    """Show the newest lines."""
    return await _page(request, Filter(), {})


async def filtering(request: Request) -> Response:
    """Show the lines of a day, of a person, by an account, or older ones."""
    values = await read_form(request, _FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    wanted = _filter(parts_of(request), dict(values), language_of(request))
    if isinstance(wanted, Filter):
        return await _page(request, wanted, dict(values))
    return _shown(request, [], dict(values), wanted, status=422)


async def exporting(request: Request) -> Response:
    """Give out the same lines as a table."""
    values = await read_form(request, _FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    wanted = _filter(parts_of(request), dict(values), language_of(request))
    if not isinstance(wanted, Filter):
        return _shown(request, [], dict(values), wanted, status=422)
    lines = await _noted_and_found(request, wanted, LINES_EXPORTED_MAX)
    headers = {"content-disposition": 'attachment; filename="journal.csv"'}
    return Response(as_csv(lines), headers=headers, media_type="text/csv; charset=utf-8")


def _filter(parts: StaffParts, values: dict[str, str], language: str) -> Filter | dict[str, str]:
    """Read a filter, or say what is wrong with it, by the id of the field."""
    typed = date_from_parts(values, "day")
    given = {"day": typed, **{name: values.get(name, "") for name in ("ticket_number", CODE)}}
    fields = Fields({name: value for name, value in given.items() if value}, tuple(given))
    day = fields.optional("day", read.day)
    ticket = fields.optional("ticket_number", read.digits(TICKET_DIGITS))
    typed_code = fields.optional(CODE, read.digits(MUNICIPALITY_DIGITS))
    if typed_code and not fields.has("ticket_number"):
        fields.add("ticket_number", "required")
    if fields.errors:
        return words(fields.errors, language, _ON_PAGE)
    code = typed_code or parts.settings.municipality_code
    whose = None if ticket is None else person_key(parts.keys.identity, code, ticket)
    login, before = values.get("login", "").strip(), values.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) <= _DIGITS_MAX
    return Filter(day, whose, login[:_LOGIN_CHARS_MAX] or None, int(before) if is_number else None)


async def _page(request: Request, wanted: Filter, values: dict[str, str]) -> Response:
    lines = await _noted_and_found(request, wanted, LINES_SHOWN_MAX)
    return _shown(request, lines, values, {})


async def _noted_and_found(request: Request, wanted: Filter, most: int) -> list[NotedLook]:
    """Note that the journal is read, then find its lines (this one among them)."""
    parts, by = parts_of(request), session_of(request)
    reason = "all" if wanted.day is None else wanted.day.isoformat()
    look = Look(by.login, by.role, "journal_read", wanted.whose, reason, came_from(request))
    await parts.journal.note(look, parts.clock())
    return await parts.journal.find(wanted, most)


def _shown(
    request: Request,
    lines: list[NotedLook],
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
) -> Response:
    return render(
        request,
        "staff_journal.html",
        status=status,
        lines=lines,
        values=values,
        errors=errors,
        most=LINES_SHOWN_MAX,
        older=lines[-1].number if len(lines) == LINES_SHOWN_MAX else None,
        reasons=REASONS,
        undo_reasons=UNDO_REASONS,
    )
