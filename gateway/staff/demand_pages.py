"""The demand page (R7): doses and vials by day, venue and product, and the same as CSV.

Nobody's data. The tables are asked off the event loop.
"""

from __future__ import annotations

from datetime import date

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.demand import totals
from allocator.demand_report import DemandReport, as_csv, read_demand
from gateway import fields as read
from gateway.answers import answer
from gateway.fields import Fields
from gateway.problems import Problem, field_text
from gateway.routes.way_in import date_from_parts
from gateway.staff.guard import guarded, read_form
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said
from gateway.views import words_in

_DAYS = ("first", "last")
_FIELDS = tuple(f"{name}_{part}" for name in _DAYS for part in ("year", "month", "day"))


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/demand", demand_page),
        guarded("POST", "/demand", filtering),
        guarded("POST", "/demand.csv", exporting),
    ]


async def demand_page(request: Request) -> Response:
    """Show what every day needs."""
    return _shown(request, await _report(request, {}), {}, {})


async def filtering(request: Request) -> Response:
    """Show what the days from one to another need."""
    values = await read_form(request, _FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    days = _days(dict(values), language_of(request))
    errors = {name: said for name, said in days.items() if isinstance(said, str)}
    report = None if errors else await _report(request, days)
    return _shown(request, report, dict(values), errors)


async def exporting(request: Request) -> Response:
    """Give out the same as a table, with a byte order mark for Excel."""
    values = await read_form(request, _FIELDS)
    if isinstance(values, Problem):
        return answer(request, values)
    days = _days(dict(values), language_of(request))
    if errors := {name: said for name, said in days.items() if isinstance(said, str)}:
        return _shown(request, None, dict(values), errors)
    report = await _report(request, days)
    text = as_csv(report.needs, report.venues, report.products)
    headers = {"content-disposition": 'attachment; filename="demand.csv"'}
    content = text.encode("utf-8-sig")
    return Response(content, headers=headers, media_type="text/csv; charset=utf-8")


def _days(values: dict[str, str], language: str) -> dict[str, date | str | None]:
    """Read the days, or say what is wrong with them, by the id of the field."""
    given = {name: date_from_parts(values, name) for name in _DAYS}
    fields = Fields({name: value for name, value in given.items() if value}, tuple(given))
    days = {name: fields.optional(name, read.day) for name in _DAYS}
    if fields.errors:
        return {f"{one.field}_year": str(field_text(one, language)) for one in fields.errors}
    first, last = days["first"], days["last"]
    if first is not None and last is not None and first > last:
        return {"last_year": said("demand.reversed", language)}
    return {**days}


async def _report(request: Request, days: dict[str, date | str | None]) -> DemandReport:
    first, last = (day if isinstance(day := days.get(name), date) else None for name in _DAYS)
    url = parts_of(request).settings.database_url
    return await run_in_threadpool(read_demand, url, first_day=first, last_day=last)


def _shown(
    request: Request, report: DemandReport | None, values: dict[str, str], errors: dict[str, str]
) -> Response:
    language = language_of(request)
    named = {} if report is None else report.venues | report.products
    return render(
        request,
        "staff_demand.html",
        status=422 if errors else 200,
        needs=[] if report is None else report.needs,
        totals=[] if report is None else totals(report.needs),
        names={name: words_in(item.names, language) for name, item in named.items()},
        values=values,
        errors=errors,
    )
