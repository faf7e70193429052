"""The roster by page: a file is sent in, what it comes to is shown, then it is stored or set aside.

Rule 1: the checks and the work are those of `seiriken roster` (`gateway.staff.roster_runs`).
Rule 2: tickets are shown masked. Who sent a file in, and who had it stored, is noted in the
journal of looks before it is done.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.answers import answer
from gateway.problems import Problem
from gateway.staff.body_limits import FILE_BYTES_MAX, MEBIBYTE, ROSTER_PATH
from gateway.staff.guard import (
    came_from,
    guarded,
    read_form,
    read_upload,
    see_other,
    session_of,
)
from gateway.staff.journal import Act, Look
from gateway.staff.parts import parts_of
from gateway.staff.rendering import render
from gateway.staff.roster_runs import BUSY, RosterRun
from gateway.staff.words import language_of, said

PATH = ROSTER_PATH
FILE_PATH = f"{PATH}/file"
REFRESH_S = 2
FAULTS_SHOWN_MAX = 100
_STEPS = ("store", "set_aside")


def routes() -> list[BaseRoute]:
    """Return the routes of this module."""
    return [
        guarded("GET", PATH, roster_page),
        guarded("POST", PATH, sending_in, takes_file=True),
        guarded("GET", FILE_PATH, file_page),
        guarded("POST", FILE_PATH, deciding),
    ]


async def roster_page(request: Request) -> Response:
    """Ask for a file."""
    return _form(request)


async def sending_in(request: Request) -> Response:
    """Begin to read a file, and lead to the page that tells how far it is."""
    raw = await read_upload(request, "file")
    if isinstance(raw, Problem):
        return answer(request, raw)
    language = language_of(request)
    if not raw:
        return _form(request, said("roster.choose_file", language))
    await _note(request, "roster_read", "")
    run = parts_of(request).roster_runs.begin(raw, session_of(request).login)
    if run is None:
        return _form(request, said("roster.busy", language))
    return see_other(path_of(run))


async def file_page(request: Request) -> Response:
    """Show how far a file is, what it would come to, or what it came to."""
    run = parts_of(request).roster_runs.find(request.query_params.get("file", ""))
    return render(
        request,
        "staff_roster_file.html",
        run=run,
        is_busy=run is not None and run.state in BUSY,
        refresh_s=REFRESH_S,
        fault_words=fault_words(run, language_of(request)) if run else (),
    )


async def deciding(request: Request) -> Response:
    """Have a file stored that was looked at, or set it aside."""
    values = await read_form(request, ("file", "step", "end_old"))
    if isinstance(values, Problem):
        return answer(request, values)
    runs = parts_of(request).roster_runs
    run = runs.find(values.get("file", ""))
    if run is None or values.get("step") not in _STEPS:
        return see_other(PATH if run is None else path_of(run))
    if values["step"] == "set_aside":
        runs.set_aside(run)
        return see_other(PATH)
    if run.may_be_stored:
        before, run.state = run.state, "storing"  # A second press finds it under way.
        try:
            await _note(request, "roster_stored", f"{run.kind} {run.lines}")
        except BaseException:
            run.state = before
            raise
        runs.store(run, session_of(request).login, end_old="end_old" in values)
    return see_other(path_of(run))


def path_of(run: RosterRun) -> str:
    """Return where the page of a file is."""
    return f"{FILE_PATH}?{urlencode({'file': run.run_id})}"


def fault_words(run: RosterRun, language: str) -> list[tuple[int, str, str]]:
    """Return the first faults of a file: line, column, and what is wrong there."""
    return [
        (one.line, one.column, said(f"roster.fault.{one.code}", language, **one.facts))
        for one in run.faults[:FAULTS_SHOWN_MAX]
    ]


async def _note(request: Request, act: Act, what: str) -> None:
    parts, by = parts_of(request), session_of(request)
    look = Look(by.login, by.role, act, None, what, came_from(request))
    await parts.journal.note(look, parts.clock())


def _form(request: Request, error: str = "") -> Response:
    errors = {"file": error} if error else {}
    return render(
        request,
        "staff_roster.html",
        status=422 if errors else 200,
        errors=errors,
        runs=parts_of(request).roster_runs.runs,
        link=path_of,
        megabytes=FILE_BYTES_MAX // MEBIBYTE,
    )
