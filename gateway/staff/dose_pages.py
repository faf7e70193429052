"""The supervisor's page of doses given: the table for the national record, by days."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway import fields as read
from gateway.answers import answer
from gateway.fields import Fields
from gateway.problems import Problem, field_text
from gateway.staff.guard import guarded, read_form
from gateway.staff.national_record import ENCODINGS, Days, Encoding, NotEncodable, as_record
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.venue_pages import note, today_at
from gateway.staff.words import language_of, said

_FIELDS = ("first_day", "last_day", "by_record", "encoding")
_CHARSETS: Mapping[Encoding, str] = {
    "utf-8": "utf-8",
    "utf-8-bom": "utf-8",
    "shift_jis": "shift_jis",
}


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/doses", doses_page),
        guarded("POST", "/doses.csv", exporting),
    ]


async def doses_page(request: Request) -> Response:
    """Ask for which days, and in which encoding."""
    today = today_at(parts_of(request)).isoformat()
    values = {"first_day": today, "last_day": today, "encoding": ENCODINGS[0]}
    return _page(request, values, {})


async def exporting(request: Request) -> Response:
    """Note it, and give the table out."""
    values = await read_form(request, _FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    language = language_of(request)
    fields = Fields(values, tuple(values))
    first, last = fields.required("first_day", read.day), fields.required("last_day", read.day)
    errors = {error.field: str(field_text(error, language)) for error in fields.errors}
    encoding = next((one for one in ENCODINGS if one == values.get("encoding")), None)
    if encoding is None:
        errors["encoding"] = said("doses.encoding_missing", language)
    if first is not None and last is not None and first > last:
        errors["last_day"] = said("doses.days_reversed", language)
    if errors or encoding is None:
        return _page(request, values, errors)
    days = Days(first, last, by_record=values.get("by_record") == "yes")
    await note(request, "doses_exported", None, str(days))
    doses = await parts_of(request).venue_desk.doses_given(days)
    try:
        table = as_record(doses, encoding)
    except NotEncodable:
        return _page(request, values, {"encoding": said("doses.not_encodable", language)})
    headers = {"content-disposition": f'attachment; filename="doses-{first}-{last}.csv"'}
    media_type = f"text/csv; charset={_CHARSETS[encoding]}"
    return Response(table, headers=headers, media_type=media_type)


def _page(request: Request, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    return render(
        request,
        "staff_doses.html",
        status=422 if errors else 200,
        values=values,
        errors=errors,
        encodings=ENCODINGS,
    )
