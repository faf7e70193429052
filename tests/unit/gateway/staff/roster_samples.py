"""The pages of a file for the roster, with something to show."""

from __future__ import annotations

from collections.abc import Mapping

from allocator.commands import Leave, TakeOver
from allocator.leaving_desk import Ending, Endings
from allocator.roster import Imported
from allocator.roster_changes import Marked
from allocator.roster_lines import fault
from gateway.staff.access import Role
from gateway.staff.roster_pages import fault_words, path_of
from gateway.staff.roster_runs import BUSY, Differing, Kind, RosterRun, Some, State

TICKETS = tuple(f"122319 *******{number}" for number in range(100, 120))
MANY, FEW = Some(1_234, TICKETS), Some(4, TICKETS[:4])
DIFFERENCE = Differing(12_345, 11_103, MANY, FEW, MANY, FEW)
IMPORTED = Imported(12_345, 30, 4, 12_311, 9)
MARKED = Marked((), {"moved_out": 12, "died": 3, "reissued": 2, "returned": 1}, 4)
LEAVE = Ending(b"p" * 16, Leave("spring", "moved_out", "kantoku1"), 2)
OVER = Ending(b"q" * 16, TakeOver("spring", b"p" * 16, "kantoku1"), 0)
ENDINGS = Endings([LEAVE] * 11 + [OVER])
CONFLICTS = Endings([LEAVE, OVER], ["7GQ4-XKQ2", "7GQ4-XKQ3"])
FAULTS = (
    fault(2, "ticket_number", "not_ten_digits", length=9),
    fault(3, "", "cells", count=2, expected=3),
    fault(12_345, "change", "unknown_change"),
    *(fault(line, "birth_date", "not_a_date") for line in range(20_000, 20_200)),
)


def _run(kind: Kind, state: State, **changes: object) -> RosterRun:
    run = RosterRun("0" * 32, kind, "kantoku1", state, 12_345, 6_000)
    for name, value in changes.items():
        vars(run)[name] = value
    return run


def _file(run: RosterRun | None) -> Mapping[str, object]:
    base = {"refresh_s": 2, "run": run}
    words = fault_words(run, "ja") if run else ()
    return {**base, "is_busy": run is not None and run.state in BUSY, "fault_words": words}


def _form(**changes: object) -> Mapping[str, object]:
    return {"errors": {}, "runs": [], "link": path_of, "megabytes": 8, **changes}


FORM, FILE = "staff_roster.html", "staff_roster_file.html"
RUNS = [_run("people", "reading"), _run("changes", "done")]
WITH_CONFLICTS = {"marked": MARKED, "foreseen": CONFLICTS, "carried_out": CONFLICTS}
SAMPLES: tuple[tuple[str, Role | None, str, Mapping[str, object]], ...] = (
    ("roster", "supervisor", FORM, _form(runs=RUNS)),
    ("roster-wrong", "supervisor", FORM, _form(errors={"file": "ファイルを選んでください。"})),
    ("roster-reading", "supervisor", FILE, _file(_run("people", "reading"))),
    ("roster-faults", "supervisor", FILE, _file(_run("people", "wrong", faults=FAULTS))),
    ("roster-people", "supervisor", FILE, _file(_run("people", "ready", difference=DIFFERENCE))),
    ("roster-imported", "supervisor", FILE, _file(_run("people", "done", imported=IMPORTED))),
    ("roster-changes", "supervisor", FILE, _file(_run("changes", "ready", **WITH_CONFLICTS))),
    ("roster-storing", "supervisor", FILE, _file(_run("changes", "storing", marked=MARKED))),
    (
        *("roster-done", "supervisor", FILE),
        _file(_run("changes", "done", marked=MARKED, carried_out=ENDINGS, sessions=7)),
    ),
    ("roster-left", "supervisor", FILE, _file(_run("changes", "unfinished", **WITH_CONFLICTS))),
    ("roster-failed", "supervisor", FILE, _file(_run("people", "failed"))),
    ("roster-unknown", "supervisor", FILE, _file(None)),
)
