"""Proofs of work at sign-in, through HTTP: asked for when risk rises, and each taken once."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import altcha
import httpx2
import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from gateway.proofs import PROOF_VALID_S, Proofs, in_a_form
from tests.integration.city import BORN, City, make_plan, ticket
from tests.integration.test_companion_pages import accompanied, chooses, identity, send

TRIES_MAX = 1_000
BIRTH_DATE = {"birth_year": "1950", "birth_month": "1", "birth_day": "1"}


@pytest.fixture
def city(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[City]:
    """A city that asks for a proof after two failures of a ticket, and locks it after four."""
    city = City(database_url, redis_url, tmp_path)
    city.load(make_plan())
    limits = {"ticket_failures_max": 4, "proof_ticket_from": 2, "proof_tries_max": TRIES_MAX}
    with city.allocator(), city.waiting_room(), city.gateway(**limits):
        city.wait_until_ready()
        yield city


def fail(city: City, number: int, times: int = 2) -> None:
    for _ in range(times):
        answer = city.resident(number).sign_in(birth_date="1950-01-02")
        assert answer.json()["code"] == "identity_not_confirmed"


def solved(challenge: dict[str, Any]) -> str:
    """Solve a challenge with the library's own solver; return the proof as it is sent."""
    made = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(made)
    assert solution is not None
    assert solution.counter < TRIES_MAX
    return altcha.Payload(made, solution).to_base64()


def challenge_in(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 429
    problem = answer.json()
    assert problem["code"] == "too_many_attempts"
    assert answer.headers["retry-after"] == "60"
    found: dict[str, Any] = problem["challenge"]
    return found


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("seiriken_proofs_total", {"result": result}) or 0.0


def test_proof_is_asked_for_after_failures_and_opens_the_door_once(city: City) -> None:
    fail(city, 1)
    resident = city.resident(1)
    asked, proved, invalid = counted("asked"), counted("proved"), counted("invalid")
    proof = solved(challenge_in(resident.sign_in()))
    assert resident.sign_in(proof=proof).json()["state"] == "inside"
    again = city.resident(1).sign_in(proof=proof)
    assert challenge_in(again)
    assert counted("asked") == asked + 2
    assert counted("proved") == proved + 1
    assert counted("invalid") == invalid + 1
    assert city.resident(2).sign_in().status_code == 200


def test_who_is_asked_does_not_depend_on_whether_the_ticket_exists(city: City) -> None:
    for number in (3, 900):
        fail(city, number)
    known, unknown = (city.resident(number).sign_in() for number in (3, 900))
    same = ("code", "title", "detail", "status", "minutes")
    assert [known.json()[name] for name in same] == [unknown.json()[name] for name in same]
    assert known.json()["challenge"].keys() == unknown.json()["challenge"].keys()
    wrong = city.resident(900).sign_in(proof=solved(unknown.json()["challenge"]))
    assert wrong.json()["code"] == "identity_not_confirmed"


def test_ticket_that_strangers_have_locked_is_open_to_its_owner_for_a_proof(city: City) -> None:
    fail(city, 4, times=2)
    for _ in range(2):
        proof = solved(challenge_in(city.resident(4).sign_in()))
        answer = city.resident(4).sign_in(birth_date="1950-01-02", proof=proof)
        assert answer.json()["code"] == "identity_not_confirmed"
    proof = solved(challenge_in(city.resident(4).sign_in()))
    assert city.resident(4).sign_in(proof=proof).json()["state"] == "inside"


FORGERIES = ("number", "key", "cost", "unsigned", "no_key", "text", "base64", "types", "deep")


def forged(challenge: dict[str, Any], how: str) -> str:
    """Return a proof that nobody has worked for."""
    solution: dict[str, Any] = {"counter": 5, "derivedKey": "00" * 32}
    parameters = dict(challenge["parameters"])
    signature: Any = challenge["signature"]
    match how:
        case "number":  # A key that follows from some number, but not from the one asked for.
            loose = altcha.ChallengeParameters.from_dict(parameters | {"keyPrefix": ""})
            found = altcha.solve_challenge(altcha.Challenge(loose))
            assert found is not None
            solution = found.to_dict()
        case "key":
            solution["derivedKey"] = "zz"
        case "cost":
            parameters["keyPrefix"] = ""
        case "unsigned":
            signature = ""
        case "no_key":
            del parameters["keySignature"]
        case "text":
            return "proof"
        case "base64":
            return b64encode(b"[1]").decode()
        case "types":
            signature = 7
        case "deep":
            return b64encode(b"[" * 1_400).decode()
    made = {"challenge": {"parameters": parameters, "signature": signature}, "solution": solution}
    return b64encode(json.dumps(made).encode()).decode()


@pytest.mark.parametrize("how", FORGERIES)
def test_proof_that_nobody_worked_for_is_none(city: City, how: str) -> None:
    fail(city, 5)
    challenge = challenge_in(city.resident(5).sign_in())
    assert challenge_in(city.resident(5).sign_in(proof=forged(challenge, how)))


def test_proof_is_a_text_of_bounded_length(city: City) -> None:
    resident = city.resident(6)
    for proof in ("x" * 2_001, "", None):
        answer = resident.http.post(
            "/api/v1/sign-in",
            json={"ticket_number": ticket(6), "birth_date": BORN.isoformat(), "proof": proof},
        )
        assert answer.status_code == (422 if proof else 200)
    wrong = resident.http.post("/api/v1/sign-in", json={"proof": 1})
    assert {error["field"] for error in wrong.json()["errors"]} == {
        *("proof", "ticket_number", "birth_date"),
    }


def page_after(resident: httpx2.Client, **fields: str) -> str:
    answer = resident.post("/sign-in", data={**BIRTH_DATE, **fields})
    assert answer.status_code == 429
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def hidden(page: str, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert match is not None
    return unescape(match[1])


def test_page_keeps_what_was_typed_and_takes_the_proof_of_its_script(city: City) -> None:
    fail(city, 7)
    resident = city.resident(7).http
    page = page_after(resident, ticket_number=ticket(7))
    assert f'value="{ticket(7)}"' in page
    assert "/static/proof.js" in page
    assert "Somebody is trying to sign in" in page
    challenge = hidden(page, "challenge")
    proof = solved(json.loads(b64decode(challenge)))
    sent = {"ticket_number": ticket(7), "challenge": challenge, "proof": proof, **BIRTH_DATE}
    assert resident.post("/sign-in", data=sent).headers["location"] == "/details"


def test_page_without_a_proof_asks_again_until_it_has_waited(city: City) -> None:
    fail(city, 8)
    resident = city.resident(8).http
    first = hidden(page_after(resident, ticket_number=ticket(8)), "challenge")
    again = page_after(resident, ticket_number=ticket(8), challenge=first, proof="")
    assert hidden(again, "challenge") != first


def test_companion_is_confirmed_with_one_proof(city: City) -> None:
    """Sending the booking asks for no second one: the device is known by then."""
    fail(city, 9)
    resident = accompanied(city, 10)
    page = resident.http.post("/companion", data=identity(9))
    assert page.status_code == 429
    assert f'value="{ticket(9)}"' in page.text
    assert "/static/proof.js" in page.text
    challenge = hidden(page.text, "challenge")
    proof = solved(json.loads(b64decode(challenge)))
    sent = identity(9) | {"challenge": challenge, "proof": proof}
    confirmed = resident.http.post("/companion", data=sent)
    assert confirmed.status_code == 303, confirmed.text
    assert confirmed.headers["location"] == "/companion/details"
    chooses(resident)
    assert send(resident).headers["location"].startswith("/booked/")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.anyio
async def test_challenge_that_has_waited_counts_once_and_for_its_network(redis_url: str) -> None:
    clock = Clock()
    async with Redis.from_url(redis_url) as redis:
        proofs = Proofs(redis, b"k" * 32, tries_max=TRIES_MAX, clock=clock)
        challenge = in_a_form(proofs.challenge("net"))
        assert await proofs.kind("net", "", challenge) == ""
        clock.now += timedelta(seconds=60)
        assert await proofs.kind("other", "", challenge) == ""
        assert await proofs.kind("net", "", challenge) == "waited"
        assert await proofs.kind("net", "", challenge) == ""
        late = in_a_form(proofs.challenge("net"))
        clock.now += timedelta(seconds=PROOF_VALID_S + 1)
        assert await proofs.kind("net", "", late) == ""
        assert await proofs.kind("net", "", "x") == ""
        assert await proofs.kind("net", "", "") == ""


@pytest.mark.anyio
async def test_proof_is_for_its_network_and_is_forgotten_when_it_would_have_expired(
    redis_url: str,
) -> None:
    async with Redis.from_url(redis_url) as redis:
        proofs = Proofs(redis, b"k" * 32, tries_max=TRIES_MAX, clock=Clock())
        proof = solved(dict(proofs.challenge("net")))
        assert await proofs.kind("other", proof) == ""
        assert await proofs.kind("net", proof) == "proved"
        assert await proofs.kind("net", proof) == ""
        (kept,) = [name async for name in redis.scan_iter("proof:*")]
        assert 0 < await redis.ttl(kept) <= PROOF_VALID_S
