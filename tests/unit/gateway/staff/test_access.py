"""The table of routes and roles, and what it says."""

from __future__ import annotations

import pytest

from gateway.staff.access import (
    FIRST_PAGES,
    GROUPS,
    RESET_BY_SUPERVISOR,
    ROLES,
    ROUTES,
    Decision,
    Held,
    decide,
    groups_of,
    may_open,
    page_above,
    page_at,
    section_of,
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
    desk, venue = ("/caller", "/messages"), ("/venue", "/walk-in")
    releases = ("/room", "/releases", "/plans", "/rehearsal", "/demand")
    city = ("/closing", "/roster", "/accounts", "/password")
    password = {"city": ("/password",)}
    assert groups_of("clerk") == {"desk": desk} | password
    assert groups_of("supervisor") == {
        "desk": desk,
        "venue": (*venue, "/doses"),
        "releases": releases,
        "city": city,
    }
    assert groups_of("venue") == {"venue": venue} | password
    assert groups_of("operator") == {"desk": ("/messages",), "releases": releases} | password
    assert groups_of("auditor") == {"city": ("/journal", "/password")}


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("/caller", "/caller"),
        ("/caller/call/letter", "/caller"),
        ("/plans/new-week/autumn/2", "/plans"),
        ("/walk-in", "/walk-in"),
        ("/walk", ""),
        ("/planses", ""),
        ("/", ""),
        ("/sign-in", ""),
    ],
)
def test_bar_knows_which_of_its_pages_a_path_lies_below(path: str, section: str) -> None:
    assert section_of(path) == section


def test_every_page_of_one_part_is_in_the_bar_once() -> None:
    pages = [page for group in GROUPS.values() for page in group]
    routes = (route.removeprefix("GET ") for route in ROUTES if route.startswith("GET /"))
    whole = {page for page in routes if page_at(page) and "/" not in page[1:]}
    assert sorted(pages) == sorted(whole)


def test_supervisor_can_become_nobody_who_watches_supervisors() -> None:
    assert not {"auditor", "supervisor", "operator"} & RESET_BY_SUPERVISOR


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/venue", "/venue"),
        ("/caller/call/details", "/caller/call/details"),
        ("/plans/days/town-1", "/plans/days/town-1"),
        ("/", ""),
        ("/sign-in", ""),
        ("/enrol", ""),
        ("/static", ""),
        ("/venue?venue=hall&day=2021-06-10", "/venue?venue=hall&day=2021-06-10"),
        ("/venue?", "/venue"),
        ("/venue?x=<script>", "/venue"),
        (f"/venue?{'x' * 301}", "/venue"),
        ("/venue/dose", ""),
        ("/venue/dose?venue=hall", ""),
        ("/plans/days", ""),
        ("/plans/days/", ""),
        ("/plans/days/a b", ""),
        ("/plans/days/..%2f", ""),
        ("//venue", ""),
        ("https://elsewhere.example/venue", ""),
        ("", ""),
    ],
)
def test_page_to_go_on_at_is_one_of_the_table_and_nothing_else(path: str, page: str) -> None:
    assert page_at(path) == page


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/venue/dose", "/venue"),
        ("/caller/call/end", "/caller/call"),
        ("/closing/run/stop", "/closing"),
        ("/a/b/c", "/"),
        ("/messages/told", "/messages"),
        ("/doses.csv", "/"),
        ("/sign-out", "/"),
    ],
)
def test_what_a_form_is_sent_to_lies_below_a_page(path: str, page: str) -> None:
    assert page_above(path) == page


def test_page_opens_to_the_roles_of_the_table() -> None:
    assert may_open("clerk", "/caller")
    assert may_open("supervisor", "/closing?venue=hall")
    assert not may_open("clerk", "/plans/days/town-1")
    assert may_open("operator", "/plans/days/town-1")
    assert not may_open("supervisor", "")
