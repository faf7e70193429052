"""The rehearsal page: what an opening will be like, worked out in a moment.

It is `waiting_room.forecast`, as for `seiriken release rehearse`.
Nobody is asked and nothing is played. The forecast runs off the event loop; it takes well under a
second for a whole day, so the page answers with it and shows no progress.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from allocator.errors import CatalogueMissing
from allocator.release import ReleasePlan, pairs_possible
from allocator.release_store import read_plan
from gateway.answers import answer
from gateway.fields import normalised
from gateway.problems import Problem
from gateway.staff.charts import HEIGHT, WIDTH, points, thinned
from gateway.staff.guard import guarded, read_form
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.words import language_of, said
from waiting_room.forecast import Forecast, Opening, forecast

ROWS_MAX = 20
PEOPLE_MAX = 100_000_000
INSIDE_USUAL, INSIDE_MAX = 2_000, 1_000_000
_FIELDS = ("release_id", "people", "inside")


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", "/rehearsal", rehearsal_page),
        guarded("POST", "/rehearsal", rehearsing),
    ]


async def rehearsal_page(request: Request) -> Response:
    """Ask which release, and who comes."""
    return _shown(request, {"inside": f"{INSIDE_USUAL}"}, {}, None)


async def rehearsing(request: Request) -> Response:
    """Show what its opening will be like."""
    sent = await read_form(request, _FIELDS)
    if isinstance(sent, Problem):
        return answer(request, sent)
    values, language = dict(sent), language_of(request)
    planned = await run_in_threadpool(_planned, request, values.get("release_id", ""))
    if planned is None:
        errors = {"release_id": said("releases.choose", language)}
        return _shown(request, values, errors, None)
    pairs = pairs_possible(planned)
    if not pairs:
        return _shown(request, values, {"release_id": said("rehearsal.no_pair", language)}, None)
    people = _count(values.get("people") or f"{planned.limits.people or ''}", PEOPLE_MAX)
    inside = _count(values.get("inside", ""), INSIDE_MAX)
    counts = {"people": people, "inside": inside}
    if errors := {
        name: said("rehearsal.no_number", language)
        for name, count in counts.items()
        if count is None
    }:
        return _shown(request, values, errors, None)
    assert people is not None, "without errors there are both"
    assert inside is not None, "without errors there are both"
    opening = Opening(people=people, pairs=pairs, inside_max=inside)
    values["people"] = f"{people}"
    return _shown(request, values, {}, await run_in_threadpool(forecast, opening))


def _planned(request: Request, release_id: str) -> ReleasePlan | None:
    parts = parts_of(request)
    try:
        catalogue = parts.reads.catalogue
    except CatalogueMissing:
        return None
    if release_id not in catalogue.releases:
        return None
    return read_plan(parts.settings.database_url, catalogue, release_id)


def _count(typed: str, most: int) -> int | None:
    plain = normalised(typed).replace(",", "").strip()
    if not plain.isascii() or not plain.isdecimal() or len(plain) > len(f"{most}"):
        return None
    return int(plain) if 1 <= int(plain) <= most else None


def _release_ids(request: Request) -> list[str]:
    try:
        releases = parts_of(request).reads.catalogue.releases.values()
    except CatalogueMissing:
        return []
    real = [one for one in releases if not one.is_for_probe]
    return [one.release_id for one in sorted(real, key=lambda release: release.opens_at)]


def _shown(
    request: Request, values: dict[str, str], errors: dict[str, str], expected: Forecast | None
) -> Response:
    return render(
        request,
        "staff_rehearsal.html",
        status=422 if errors else 200,
        release_ids=_release_ids(request),
        values=values,
        errors=errors,
        expected=expected,
        drawn=None if expected is None else drawn(expected),
    )


def drawn(expected: Forecast) -> dict[str, object]:
    """Return the chart of a forecast: two lines of one height, and the rows of its table."""
    moments = [one.at_s for one in expected.moments]
    most = max(1, *(max(one.waiting, one.booked) for one in expected.moments))
    shown = thinned(len(moments), ROWS_MAX)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "waiting": points(moments, [one.waiting for one in expected.moments], most),
        "booked": points(moments, [one.booked for one in expected.moments], most),
        "most": most,
        "rows": [expected.moments[index] for index in shown],
    }
