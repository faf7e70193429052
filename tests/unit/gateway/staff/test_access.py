"""The table of routes and roles, and what it says."""

from __future__ import annotations

import pytest

from gateway.staff.access import (
    FIRST_PAGES,
    RESET_BY_SUPERVISOR,
    ROLES,
    ROUTES,
    Decision,
    Held,
    decide,
    pages_of,
)

DESK = frozenset({"clerk", "supervisor"})


@pytest.mark.parametrize(
    ("allowed", "held", "decision"),
    [
        (frozenset({"anybody"}), None, "admit"),
        (frozenset({"anybody"}), "auditor", "admit"),
        (DESK, "clerk", "admit"),
        (DESK, "auditor", "forbid"),
        (DESK, "enrolling", "enrol"),
        (DESK, None, "sign_in"),
        (frozenset({"enrolling"}), "enrolling", "admit"),
        (frozenset({"enrolling"}), "clerk", "forbid"),
        (frozenset[str](), "supervisor", "forbid"),
    ],
)
def test_decision(allowed: frozenset[str], held: Held, decision: Decision) -> None:
    assert decide(allowed, held) == decision


def test_table_names_roles_that_there_are() -> None:
    known = {*ROLES, "anybody", "enrolling"}
    assert all(allowed and allowed <= known for allowed in ROUTES.values())


def test_each_role_begins_at_a_page_of_its_own() -> None:
    assert set(FIRST_PAGES) == set(ROLES)
    for role, page in FIRST_PAGES.items():
        assert role in ROUTES[f"GET {page}"]


def test_pages_in_the_bar_are_those_that_open() -> None:
    assert pages_of("clerk") == ("/caller", "/password")
    releases = ("/room", "/releases", "/plans", "/rehearsal", "/demand", "/messages")
    venue = ("/venue", "/walk-in")
    at_the_desk = ("/caller", *venue, "/doses")
    assert pages_of("supervisor") == (
        *(*at_the_desk, *releases),
        *("/closing", "/accounts", "/password"),
    )
    assert pages_of("venue") == (*venue, "/password")
    assert pages_of("operator") == (*releases, "/password")
    assert pages_of("auditor") == ("/journal", "/password")


def test_supervisor_can_become_nobody_who_watches_supervisors() -> None:
    assert not {"auditor", "supervisor", "operator"} & RESET_BY_SUPERVISOR
