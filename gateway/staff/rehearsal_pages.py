"""The rehearsal page: what an opening will be like, worked out in a moment.

It is `waiting_room.forecast`, as for `seiriken release rehearse`, of a release that is loaded or of
a plan that is kept (docs/releases.md).
A loaded release is reckoned with the seats that are free, a plan with all of its seats.
Nobody is asked and nothing is played. The forecast runs off the event loop; it takes well under a
second for a whole day, so the page answers with it and shows no progress.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.errors import CatalogueMissing
from allocator.plan_store import read_newest, read_plan_ids
from allocator.release import ReleasePlan, pairs_possible
from allocator.release_file import read_release_file
from allocator.release_store import read_free
from allocator.roster import count_people
from gateway.answers import answer
from gateway.i18n import number
from gateway.problems import Problem
from gateway.staff.charts import HEIGHT, WIDTH, points, thinned
from gateway.staff.guard import guarded, read_form
from gateway.staff.parts import parts_of
from gateway.staff.rehearsal_fields import FIELDS, Bounds, read_opening, usual_values, values_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said
from waiting_room.forecast import Forecast, Opening, forecast

ROWS_MAX = 20
PLAN_PREFIX = "plan:"
"""Before the id of a plan that is kept; a release's id has no colon."""


class Rehearsed(NamedTuple):
    """What is reckoned with; `taken` seats of a loaded release are not, None of a plan."""

    plan: ReleasePlan
    taken: int | None


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/rehearsal", rehearsal_page),
        guarded("POST", "/rehearsal", rehearsing),
    ]


async def rehearsal_page(request: Request) -> Response:
    """Ask which release or plan, who comes when, and how fast they book."""
    chosen = {"release_id": f"{PLAN_PREFIX}{request.query_params.get('plan', '')}"}
    return await _shown(request, usual_values() | chosen, {}, None)


async def rehearsing(request: Request) -> Response:
    """Show what its opening will be like."""
    sent = await read_form(request, ("release_id", *FIELDS))
    if isinstance(sent, Problem):
        return answer(request, sent)
    values, language = dict(sent), language_of(request)
    asked = values.get("release_id", "")
    rehearsed = await run_in_threadpool(_rehearsed, request, asked)
    if rehearsed is None:
        told = said("releases.choose", language)
        if asked.startswith(PLAN_PREFIX):
            told = said("rehearsal.plan_wrong", language)
        return await _shown(request, values, {"release_id": told}, None)
    opening = await run_in_threadpool(_opening, request, rehearsed.plan, values)
    if not isinstance(opening, Opening):
        return await _shown(request, values, _worded(opening, language), None)
    expected = await run_in_threadpool(forecast, opening)
    return await _shown(request, values | values_of(opening), {}, expected, rehearsed.taken)


def _rehearsed(request: Request, asked: str) -> Rehearsed | None:
    """Return the plan that is kept or the release that is loaded; None if there is none to read."""
    parts = parts_of(request)
    if asked.startswith(PLAN_PREFIX):
        kept = _kept_plan(parts.settings.database_url, asked.removeprefix(PLAN_PREFIX))
        return None if kept is None else Rehearsed(kept, None)
    try:
        catalogue = parts.reads.catalogue
    except CatalogueMissing:
        return None
    if asked not in catalogue.releases:
        return None
    left = read_free(parts.settings.database_url, catalogue, asked)
    return Rehearsed(left.planned, left.taken)


def _kept_plan(url: str, plan_id: str) -> ReleasePlan | None:
    newest = read_newest(url, plan_id) if plan_id in read_plan_ids(url) else None
    read = read_release_file(newest.text.encode()) if newest else None
    return read if isinstance(read, ReleasePlan) else None


def _opening(request: Request, plan: ReleasePlan, values: Mapping[str, str]) -> Opening | list[str]:
    pairs, people = pairs_possible(plan), plan.limits.people
    if not pairs:
        return ["release_id"]
    if not people and not values.get("people"):
        people = count_people(parts_of(request).settings.database_url)
    return read_opening(values, pairs, people or 0)


def _worded(wrong: list[str], language: str) -> dict[str, str]:
    """Return what is said at each field: the bounds of a number."""
    if "release_id" in wrong:
        return {"release_id": said("rehearsal.no_pair", language)}
    return {name: _bounds_told(FIELDS[name], language) for name in wrong}


def _bounds_told(bounds: Bounds, language: str) -> str:
    least, most = f"{bounds.least:g}", number(int(bounds.most), language)
    if bounds.is_whole:
        return said("rehearsal.whole_number", language, least=least, most=most)
    return said("rehearsal.number", language, least=least, most=most)


def _release_ids(request: Request) -> list[str]:
    try:
        releases = parts_of(request).reads.catalogue.releases.values()
    except CatalogueMissing:
        return []
    real = [one for one in releases if not one.is_for_probe]
    return [one.release_id for one in sorted(real, key=lambda release: release.opens_at)]


async def _shown(
    request: Request,
    values: dict[str, str],
    errors: dict[str, str],
    expected: Forecast | None,
    taken: int | None = None,
) -> Response:
    plan_ids = await run_in_threadpool(read_plan_ids, parts_of(request).settings.database_url)
    return render(
        request,
        "staff_rehearsal.html",
        status=422 if errors else 200,
        release_ids=_release_ids(request),
        plan_ids=plan_ids,
        plan_prefix=PLAN_PREFIX,
        usual=usual_values(),
        values=values,
        errors=errors,
        expected=expected,
        taken=taken,
        drawn=None if expected is None else drawn(expected),
    )


def drawn(expected: Forecast) -> dict[str, object]:
    """Return the chart of a forecast: three lines of one height, and the rows of its table."""
    moments = [one.at_s for one in expected.moments]
    most = max(1, *(max(one.came, one.booked) for one in expected.moments))
    shown = thinned(len(moments), ROWS_MAX)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "came": points(moments, [one.came for one in expected.moments], most),
        "waiting": points(moments, [one.waiting for one in expected.moments], most),
        "booked": points(moments, [one.booked for one in expected.moments], most),
        "most": most,
        "rows": [expected.moments[index] for index in shown],
    }
