"""Who may use what: every route of the staff gateway, called by everybody there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from allocator.plan_store import save
from gateway.staff.access import ROLES, ROUTES, decide
from gateway.staff.register import add_account
from tests.integration.city import City
from tests.integration.staff import Colleague, StaffDesk, desk_of

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
PLAN = Path(__file__).parents[2] / "examples/inzai/plan.yaml"
LASTS = "POST /sign-out"
"""Ends the session that is asked with; tried by the tests of signing in."""


@pytest.fixture(scope="module")
def desk(city: City) -> Iterator[StaffDesk]:
    """The staff gateway of the city."""
    with desk_of(city) as running:
        planner, text, url = (
            running.newcomer("operator"),
            PLAN.read_text("utf-8"),
            city.database_url,
        )
        save(url, "autumn", text, planner.login, "begun", None, now=running.now())
        yield running


@pytest.fixture(scope="module")
def everybody(desk: StaffDesk) -> Mapping[str, Colleague]:
    """One of each role, somebody who is enrolling, and somebody signed out."""
    enrolling = desk.newcomer("clerk")
    enrolling.sign_in()
    enrolling.get("/enrol")
    return {
        **{role: desk.colleague(role) for role in ROLES},
        "enrolling": enrolling,
        "signed_out": desk.returning("nobody", ""),
    }


@pytest.mark.parametrize("route", sorted(set(ROUTES) - {LASTS}))
@pytest.mark.parametrize("who", [*ROLES, "enrolling", "signed_out"])
def test_route_is_open_to_those_of_the_table_alone(
    desk: StaffDesk, everybody: Mapping[str, Colleague], who: str, route: str
) -> None:
    method, path = route.split()
    path = "/static/seiriken.css" if path == "/static" else path
    path = path.replace("{plan_id}", "autumn").replace("{number}", "1")
    entry = "chuo-health-centre" if "/venues/" in path else "comirnaty"
    path = path.replace("{entry_id}", entry)
    sent = {"login": desk.newcomer("clerk").login} if route == "POST /accounts/reset" else {}
    caller = everybody[who]
    answer = caller.get(path) if method == "GET" else caller.post(path, **sent)
    held = None if who == "signed_out" else who
    location = answer.headers.get("location", "")
    match decide(ROUTES[route], held):  # type: ignore[arg-type]
        case "admit":
            assert answer.status_code not in (403, 404, 405, 500)
            assert location not in ("/sign-in", "/enrol") or route == "GET /sign-in"
        case "sign_in" if method == "POST":
            assert (answer.status_code, location) == (401, "")
            assert "neither recorded nor passed on" in answer.text
        case "sign_in":
            assert (answer.status_code, location.partition("?")[0]) == (303, "/sign-in")
        case "enrol":
            assert (answer.status_code, location) == (303, "/enrol")
        case "forbid":
            assert answer.status_code == 403
            assert "not for your role" in answer.text
    for name, value in HEADERS.items():
        if name != "cache-control" or not path.startswith("/static"):
            assert answer.headers[name] == value


def test_no_role_may_do_anothers_work() -> None:
    """The table itself, once more in words: what must never be given to a role by mistake."""
    for route, allowed in ROUTES.items():
        if "/caller" in route:
            assert allowed == {"clerk", "supervisor"}, "nobody else looks anybody up"
        if "/journal" in route:
            assert allowed == {"auditor"}, "nobody reads of the looks but who makes none"
        if " /venue" in route or "/walk-in" in route:
            assert allowed == {"venue", "supervisor"}, "doses are recorded where they are given"
        if "/doses" in route:
            assert allowed == {"supervisor"}, "the list leaves the house"
        if "/accounts" in route:
            assert allowed == {"supervisor"}


def test_unknown_paths_and_methods_are_refused(everybody: Mapping[str, Colleague]) -> None:
    assert everybody["clerk"].get("/nothing").status_code == 404
    assert everybody["clerk"].http.put("/caller").status_code == 405
    assert everybody["signed_out"].get("/metrics").status_code == 404


def test_account_of_a_venue_is_made_for_venues_that_there_are(desk: StaffDesk) -> None:
    for role, venues, words in (
        ("venue", (), "names its venues"),
        ("clerk", ("hall",), "names its venues"),
        ("venue", ("attic",), "no venue attic"),
    ):
        with pytest.raises(ValueError, match=words):
            add_account(desk.database_url, "somebody", role, desk.now(), venues)  # type: ignore[arg-type]


def test_days_list_is_not_shown_when_the_look_cannot_be_noted(desk: StaffDesk) -> None:
    hall = desk.colleague("venue", "hall")
    with psycopg.connect(desk.database_url, autocommit=True) as connection:
        connection.execute("REVOKE INSERT ON staff_look FROM seiriken_staff")
        try:
            answer = hall.get("/venue")
        finally:
            connection.execute("GRANT INSERT ON staff_look TO seiriken_staff")
    assert answer.status_code == 503
    assert hall.get("/venue").status_code == 200


def test_account_of_a_venue_that_is_not_there_names_those_that_are(desk: StaffDesk) -> None:
    with pytest.raises(ValueError, match="no venue hal; known: hall"):
        add_account(desk.database_url, "hall-9", "venue", desk.now(), ["hal"])


def test_page_that_is_not_there_says_so_to_the_staff(desk: StaffDesk) -> None:
    page = desk.returning("nobody", "").get("/nowhere")
    assert (page.status_code, "Begin again at the first page" in page.text) == (404, True)
    assert "your booking" not in page.text
