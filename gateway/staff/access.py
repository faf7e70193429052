"""Who of the staff may use which route: one table, and what it says. Denied by default.

Rule 1: a route that is not in `ROUTES` cannot be served, and what is in it must be served:
the application does not start when the two differ.
Rule 2: nothing here does I/O, reads a clock or draws a random number.

A clerk answers callers, and tells whom no message reaches. A supervisor does, too, sees the room,
and lets a clerk begin anew who has lost the second factor. An operator sees the room and
works at releases and at messages that failed, and sees nobody's data. An auditor reads who looked
at what, and looks at nobody. A venue's people see the days of their own venues, and record doses
there; a supervisor may do so at every venue, and alone gives out the list of doses given, closes
a day and stores files for the roster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

Role = Literal["clerk", "supervisor", "operator", "auditor", "venue"]
ROLES: tuple[Role, ...] = ("clerk", "supervisor", "operator", "auditor", "venue")

Held = Role | Literal["enrolling"] | None
"""What a caller comes with: a role, a sign-in that is not complete yet, or nothing."""

_PART = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_QUERY = re.compile(r"[A-Za-z0-9._~%=&+-]{1,300}", re.ASCII)

Decision = Literal["admit", "sign_in", "enrol", "forbid"]

ANYBODY = frozenset({"anybody"})
ENROLLING = frozenset({"enrolling"})
EVERY_ROLE = frozenset(ROLES)
AT_THE_DESK = frozenset({"clerk", "supervisor"})
AT_THE_VENUE = frozenset({"venue", "supervisor"})
AT_THE_ROOM = frozenset({"operator", "supervisor"})

ROUTES: Mapping[str, frozenset[str]] = {
    "GET /healthz": ANYBODY,
    "GET /static": ANYBODY,
    "GET /sign-in": ANYBODY,
    "POST /sign-in": ANYBODY,
    "GET /enrol": ENROLLING,
    "POST /enrol": ENROLLING,
    "POST /sign-out": EVERY_ROLE | ENROLLING,
    "POST /stay": EVERY_ROLE,
    "GET /": EVERY_ROLE,
    "GET /caller": AT_THE_DESK,
    "POST /caller": AT_THE_DESK,
    "POST /caller/place": AT_THE_DESK,
    "POST /caller/begin": AT_THE_DESK,
    "GET /caller/call": AT_THE_DESK,
    "POST /caller/call/end": AT_THE_DESK,
    "GET /caller/call/details": AT_THE_DESK,
    "POST /caller/call/details": AT_THE_DESK,
    "GET /caller/call/companion": AT_THE_DESK,
    "POST /caller/call/companion": AT_THE_DESK,
    "GET /caller/call/companion/details": AT_THE_DESK,
    "POST /caller/call/companion/details": AT_THE_DESK,
    "GET /caller/call/choose": AT_THE_DESK,
    "POST /caller/call/choose": AT_THE_DESK,
    "GET /caller/call/check": AT_THE_DESK,
    "POST /caller/call/check": AT_THE_DESK,
    "GET /caller/call/checking/{request_id}": AT_THE_DESK,
    "POST /caller/call/change": AT_THE_DESK,
    "GET /caller/call/cancel": AT_THE_DESK,
    "POST /caller/call/cancel": AT_THE_DESK,
    "GET /caller/call/cancelling/{caller_id}/{companion_id}": AT_THE_DESK,
    "POST /caller/call/standby": AT_THE_DESK,
    "POST /caller/call/standby/accept": AT_THE_DESK,
    "POST /caller/call/standby/leave": AT_THE_DESK,
    "POST /caller/call/reminders": AT_THE_DESK,
    "GET /caller/call/letter": AT_THE_DESK,
    "GET /venue": AT_THE_VENUE,
    "POST /venue": AT_THE_VENUE,
    "POST /venue/dose": AT_THE_VENUE,
    "POST /venue/given": AT_THE_VENUE,
    "POST /venue/not-come": AT_THE_VENUE,
    "POST /venue/undo": AT_THE_VENUE,
    "POST /venue/came": AT_THE_VENUE,
    "GET /walk-in": AT_THE_VENUE,
    "POST /walk-in": AT_THE_VENUE,
    "GET /doses": frozenset({"supervisor"}),
    "POST /doses.csv": frozenset({"supervisor"}),
    "GET /room": AT_THE_ROOM,
    "GET /releases": AT_THE_ROOM,
    "POST /releases/order": AT_THE_ROOM,
    "POST /releases/decision": AT_THE_ROOM,
    "GET /plans": AT_THE_ROOM,
    "POST /plans": AT_THE_ROOM,
    "GET /plans/weeks/{plan_id}/{number}": AT_THE_ROOM,
    "POST /plans/weeks/{plan_id}/{number}": AT_THE_ROOM,
    "GET /plans/weeks/{plan_id}/{number}/remove": AT_THE_ROOM,
    "POST /plans/weeks/{plan_id}/{number}/remove": AT_THE_ROOM,
    "GET /plans/new-week/{plan_id}/{number}": AT_THE_ROOM,
    "POST /plans/new-week/{plan_id}/{number}": AT_THE_ROOM,
    "GET /plans/days/{plan_id}": AT_THE_ROOM,
    "POST /plans/days/{plan_id}": AT_THE_ROOM,
    "GET /plans/venues/{plan_id}/{entry_id}": AT_THE_ROOM,
    "POST /plans/venues/{plan_id}/{entry_id}": AT_THE_ROOM,
    "GET /plans/new-venue/{plan_id}": AT_THE_ROOM,
    "POST /plans/new-venue/{plan_id}": AT_THE_ROOM,
    "GET /plans/products/{plan_id}/{entry_id}": AT_THE_ROOM,
    "POST /plans/products/{plan_id}/{entry_id}": AT_THE_ROOM,
    "GET /plans/new-product/{plan_id}": AT_THE_ROOM,
    "POST /plans/new-product/{plan_id}": AT_THE_ROOM,
    "GET /rehearsal": AT_THE_ROOM,
    "POST /rehearsal": AT_THE_ROOM,
    "GET /demand": AT_THE_ROOM,
    "POST /demand": AT_THE_ROOM,
    "POST /demand.csv": AT_THE_ROOM,
    "GET /messages": AT_THE_DESK | AT_THE_ROOM,
    "POST /messages": AT_THE_ROOM,
    "POST /messages/person": AT_THE_DESK,
    "POST /messages/told": AT_THE_DESK,
    "GET /closing": frozenset({"supervisor"}),
    "POST /closing": frozenset({"supervisor"}),
    "GET /closing/progress": frozenset({"supervisor"}),
    "GET /roster": frozenset({"supervisor"}),
    "POST /roster": frozenset({"supervisor"}),
    "GET /roster/file": frozenset({"supervisor"}),
    "POST /roster/file": frozenset({"supervisor"}),
    "GET /accounts": frozenset({"supervisor"}),
    "POST /accounts/reset": frozenset({"supervisor"}),
    "GET /journal": frozenset({"auditor"}),
    "POST /journal": frozenset({"auditor"}),
    "POST /journal.csv": frozenset({"auditor"}),
    "GET /password": EVERY_ROLE,
    "POST /password": EVERY_ROLE,
}
"""A method and a path (HEAD comes with GET), and who may use them."""

FIRST_PAGES: Mapping[Role, str] = {
    "clerk": "/caller",
    "supervisor": "/caller",
    "operator": "/room",
    "auditor": "/journal",
    "venue": "/venue",
}
"""Where each role's work begins."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "desk": ("/caller", "/messages"),
    "venue": ("/venue", "/walk-in", "/doses"),
    "releases": ("/room", "/releases", "/plans", "/rehearsal", "/demand"),
    "city": ("/closing", "/roster", "/accounts", "/journal", "/password"),
}
"""The pages in the bar, by what they are for."""

RESET_BY_SUPERVISOR: frozenset[Role] = frozenset({"clerk", "venue"})
"""Whom a supervisor may let begin anew. A reset account is in the hands of who gets its first
password: so no supervisor can become an auditor. The others are reset by command."""


def decide(allowed: frozenset[str], held: Held) -> Decision:
    """Say what becomes of a call to a route with `allowed`, by what the caller holds."""
    if "anybody" in allowed or held in allowed:
        return "admit"
    if held is None:
        return "sign_in"
    return "enrol" if held == "enrolling" else "forbid"


def groups_of(role: Role) -> dict[str, tuple[str, ...]]:
    """Return the paths of the pages in a role's bar, by group.

    Those below another page are reached from it.
    """
    opened = {
        name: tuple(page for page in pages if role in ROUTES[f"GET {page}"])
        for name, pages in GROUPS.items()
    }
    return {name: pages for name, pages in opened.items() if pages}


def section_of(path: str) -> str:
    """Return the page of the bar that a path is, or lies below; empty if there is none."""
    pages = (page for pages in GROUPS.values() for page in pages)
    return next((page for page in pages if f"{path}/".startswith(f"{page}/")), "")


def page_at(address: str) -> str:
    """Return an address at which a page of the staff's work can be asked for; empty if none can.

    A query stays if it is a plain one.
    """
    path, _, query = address.partition("?")
    if not any(_leads_to(path, page) for page in _work_pages()):
        return ""
    return f"{path}?{query}" if _QUERY.fullmatch(query) else path


def page_above(path: str) -> str:
    """Return the page that a path without one lies below: what a form is sent to has none."""
    while path := path.rpartition("/")[0]:
        if page_at(path):
            return path
    return "/"


def may_open(role: Role, address: str) -> bool:
    """Say whether a role may open the page at an address."""
    path = address.partition("?")[0]
    pages = (page for page in _work_pages() if _leads_to(path, page))
    return any(role in ROUTES[f"GET {page}"] for page in pages)


def _work_pages() -> Iterator[str]:
    """Yield the patterns of the pages that ask for a role."""
    for route, allowed in ROUTES.items():
        method, _, page = route.partition(" ")
        if method == "GET" and page != "/" and not allowed & (ANYBODY | ENROLLING):
            yield page


def _leads_to(path: str, page: str) -> bool:
    """Say whether a path is of a pattern, in which `{name}` stands for one part."""
    parts, wanted = path.split("/"), page.split("/")
    return len(parts) == len(wanted) and all(
        _PART.fullmatch(part) if want.startswith("{") else part == want
        for part, want in zip(parts, wanted, strict=True)
    )
