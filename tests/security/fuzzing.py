"""Bodies, queries and header lines that nobody would write, made of what somebody would.

A call is a route of the application's own table with a body: bytes at random, JSON at random, or a
valid body of that route of which parts are replaced, dropped or added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx2
import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gateway.app import create_app
from gateway.policies import PolicyRoute
from tests.integration.city import BORN, FIRST_DAY, PROGRAM, City, Resident, flexible, ticket

OTHER_THREADS_DRAW = "ignore:Do not use the `random` module inside strategies"
"""Hypothesis says so, too, if a thread of the city drew a number meanwhile, as psycopg's pool does
with each connection that it makes. A filter of warnings."""

ANSWERED_WITHIN_S = 60
FORM_KIND = "application/x-www-form-urlencoded"
ENDS_THE_SESSION = ("/sign-out", "/api/v1/sign-out")
NUMBER = 3
CONTACT = {"name": "F. Uzz", "phone": "0476001234", "email": "fuzz@example.jp"}

WHO: dict[str, object] = {"ticket_number": ticket(NUMBER), "birth_date": BORN.isoformat()}
BOOK: dict[str, object] = {"contact": CONTACT, "flexible": flexible()}
VALID: dict[str, dict[str, object]] = {
    "/api/v1/sign-in": WHO,
    "/api/v1/bookings": BOOK,
    "/api/v1/bookings/together": BOOK | {"companion": WHO | {"contact": CONTACT}},
    "/api/v1/booking": {"doses": "both", "choices": [{"slot_id": "1", "second_slot_id": "2"}]},
    "/api/v1/standby": BOOK,
}
FORM: dict[str, str] = {
    "ticket_number": ticket(NUMBER),
    "birth_era": "showa",
    "birth_year": "25",
    "birth_month": "1",
    "birth_day": "1",
    "back": "my-booking",
    "doses": "both",
    "slot": "1",
    "request_id": str(UUID(int=7)),
    "shown": "x",
    "product": "comirnaty",
    "date_year": "2026",
    "date_month": "1",
    "date_day": "1",
    "reminders": "1",
    "venue": "hall",
    "from": FIRST_DAY.isoformat(),
    "to": FIRST_DAY.isoformat(),
    **CONTACT,
}

TEXTS: SearchStrategy[str] = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789-/+ ０１２９年月日", max_size=14),
    st.sampled_from(
        ["", "0", "-1", "1e9", "NaN", "９" * 10, "2026-02-30", "0001-01-01", "'\"<>", "\0"]
    ),
    st.dates().map(str),
    st.uuids().map(str),
)
VALUES: SearchStrategy[object] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


def calls(city: City) -> SearchStrategy[Call]:
    """Return calls of every route of a city's gateway."""
    assert city.parts is not None
    routes = [
        (method, route.path)
        for route in create_app(city.parts).routes
        if isinstance(route, PolicyRoute)
        for method in sorted(route.methods or ())
        if method != "HEAD"
    ]
    return st.sampled_from(routes).flatmap(lambda route: _call(*route))


def send(resident: Resident, call: Call) -> httpx2.Response:
    """Make a call as somebody who is inside; a call that hangs raises a time-out."""
    query = f"?{call.query}" if call.query else ""
    cookies = "; ".join(f"{name}={value}" for name, value in resident.http.cookies.items())
    return httpx2.request(
        call.method,
        f"{resident.http.base_url}{call.path}{query}",
        content=call.body,
        headers=PROGRAM | {"Cookie": cookies} | call.headers,
        timeout=ANSWERED_WITHIN_S,
    )


def _call(method: str, path: str) -> SearchStrategy[Call]:
    parts = re.split(r"\{\w+[^}]*\}", path)
    ids = st.one_of(TEXTS, st.uuids().map(str)).map(lambda text: quote(text, safe="") or "x")
    filled = st.tuples(*[ids for _ in parts[1:]]).map(lambda found: _joined(parts, found))
    queries = st.dictionaries(
        st.sampled_from(["venue", "product", "from", "to", "doses", "back", "language", "again"]),
        TEXTS,
        max_size=3,
    ).map(lambda query: urlencode(query, errors="replace"))
    has_body = method not in ("GET", "DELETE")
    bodies = _bodies(path) if has_body else st.just((b"", "application/json"))
    keys = st.one_of(st.uuids().map(str), st.just("x"), st.just(str(UUID(int=7))))
    return st.builds(_made, st.just(method), filled, queries, bodies, keys)


def _made(method: str, path: str, query: str, body: tuple[bytes, str], key: str) -> Call:
    content, kind = body
    return Call(method, path, query, {"Content-Type": kind, "Idempotency-Key": key}, content)


def _joined(parts: Sequence[str], found: Sequence[str]) -> str:
    joined = parts[0]
    for text, part in zip(found, parts[1:], strict=True):
        joined += text + part
    return joined


def _bodies(path: str) -> SearchStrategy[tuple[bytes, str]]:
    """Return bodies with their kinds: of JSON for programs, forms for pages, and anything."""
    anything = st.binary(max_size=200)
    if path.startswith(("/api/", "/vwr/")):
        valid = VALID.get(path, {})
        json_bodies = st.one_of(_altered(valid), VALUES).map(_json)
        return st.tuples(st.one_of(json_bodies, json_bodies, anything), st.just("application/json"))
    forms = st.dictionaries(st.sampled_from(sorted(FORM)), st.none() | TEXTS, max_size=8)
    encoded = forms.map(_form)
    kinds = st.sampled_from(
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=a"]
    )
    return st.tuples(st.one_of(encoded, encoded, anything), kinds)


def _form(changes: dict[str, str | None]) -> bytes:
    """Return a form of these fields; None stands for what would be valid."""
    fields = {name: FORM[name] if text is None else text for name, text in changes.items()}
    return urlencode(fields, errors="replace").encode()


def _altered(valid: dict[str, Any]) -> SearchStrategy[object]:
    """Return a valid body of which some fields, at any depth, are others or are gone."""

    def of(value: Any) -> SearchStrategy[object]:
        match value:
            case dict():
                fields = {name: of(inner) for name, inner in value.items()}
                inside = st.fixed_dictionaries({}, optional=fields)
                return st.one_of(st.fixed_dictionaries(fields), inside, VALUES)
            case list():
                return st.one_of(st.tuples(*map(of, value)).map(list), st.lists(VALUES, max_size=7))
        return st.one_of(st.just(value), st.just(value), st.just(value), TEXTS, VALUES)

    return of(valid)


def _json(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, UnicodeEncodeError):
        return repr(value).encode("utf-8", "surrogatepass")
