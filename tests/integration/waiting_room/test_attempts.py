"""The script counts and decides as the pure rule says, whatever came before."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from redis import Redis

from tests.integration.waiting_room.town import OPENS_AT, Gateway, Town, birth_check
from waiting_room.answers import (
    NotConfirmed,
    ProofNeeded,
    SignedIn,
    SignInAnswer,
    TooManyAttempts,
)
from waiting_room.attempts import DAY_S, HOUR_S, Failures, Limits, Proof, verdict
from waiting_room.line import NO_PIN, Line

pytestmark = pytest.mark.anyio

WRONG, PIN_CHECK = b"?" * 16, b"p" * 16
SMALL = Limits(
    ticket_hour_max=3,
    ticket_day_max=5,
    network_hour_max=12,
    network_clean_max=4,
    device_hour_max=3,
    proofs=True,
    proof_ticket_from=2,
    proof_network_from=6,
    proof_city_from=9,
    slow_city_max=3,
)
PROOFS: tuple[Proof, ...] = ("", "proved", "waited")
SEEDS = range(30)
TRIES = 60


def line_with(gateway: Gateway, limits: Limits) -> Line:
    return Line(gateway.redis, session_idle_s=9, session_absolute_s=9, limits=limits)


class Buckets:
    """Failures as Redis holds them, by what they are of."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def of(self, person: bytes, network: str, device: str) -> Failures:
        names = (
            *(b"failures:ticket:" + person, b"failures:day:" + person, f"failures:net:{network}"),
            *(f"failures:device:{device}", "failures:city", f"slow:net:{network}", "slow:city"),
        )
        return Failures(*(int(self.redis.get(name) or 0) for name in names))


def words_for(answer: SignInAnswer) -> set[str]:
    """Return the verdicts that an answer can come from."""
    return {
        TooManyAttempts: {"wait"},
        ProofNeeded: {"prove"},
        NotConfirmed: {"check", "check_slowly"},
        SignedIn: {"check", "check_slowly"},
    }[type(answer)]


@pytest.mark.parametrize("seed", SEEDS)
async def test_script_decides_as_the_pure_rule_whatever_came_before(
    town: Town, gateway: Gateway, seed: int
) -> None:
    town.tick(town.room(), OPENS_AT)
    draw = random.Random(seed)  # noqa: S311, a history, not a secret
    line, buckets = line_with(gateway, SMALL), Buckets(town.redis)
    seen: set[str] = set()
    for _ in range(TRIES):
        person, network = draw.choice(town.people[:3]), f"net{draw.randrange(4)}"
        device, proof = draw.choice(("", "", "d1")), draw.choice(PROOFS)
        check = birth_check(person) if draw.random() < 0.2 else WRONG
        before = buckets.of(person, network, device)
        expected = verdict(before, SMALL, is_known=device != "", proof=proof)
        answer = await line.sign_in(
            person, check, network, ["spring"], OPENS_AT, device=device, proof=proof
        )
        assert expected in words_for(answer), (before, proof)
        seen.add(expected)
        after = buckets.of(person, network, device)
        failed = int(isinstance(answer, NotConfirmed))
        is_known = device != ""
        assert after.network - before.network == failed
        assert after.city - before.city == failed
        assert after.device - before.device == failed * is_known
        assert after.ticket_hour - before.ticket_hour == failed * (not is_known)
        assert after.ticket_day - before.ticket_day == failed * (not is_known)
        assert after.slow_city - before.slow_city == int(expected == "check_slowly")
    assert {"check", "wait"} <= seen


async def test_buckets_empty_themselves_after_their_windows(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), OPENS_AT)
    line, person = line_with(gateway, SMALL), town.people[0]
    for proof in ("", "", "waited"):
        await line.sign_in(person, WRONG, "net", ["spring"], OPENS_AT, proof=proof)
    windows: Mapping[bytes, int] = {
        b"failures:ticket:" + person: HOUR_S,
        b"failures:day:" + person: DAY_S,
        b"failures:net:net": HOUR_S,
        b"failures:city": 600,
        b"slow:net:net": 60,
        b"slow:city": 60,
    }
    for name, window_s in windows.items():
        left = town.redis.ttl(name)
        assert window_s - 10 < left <= window_s, name


async def test_who_must_wait_is_told_how_long(town: Town, gateway: Gateway) -> None:
    town.tick(town.room(), OPENS_AT)
    limits = Limits(ticket_hour_max=2, ticket_day_max=3)
    line, person = line_with(gateway, limits), town.people[0]
    for _ in range(2):
        await line.sign_in(person, WRONG, "net", ["spring"], OPENS_AT)
    answer = await line.sign_in(person, WRONG, "net", ["spring"], OPENS_AT)
    assert isinstance(answer, TooManyAttempts)
    assert HOUR_S - 10 < answer.retry_after_s <= HOUR_S
    town.redis.delete(b"failures:ticket:" + person)
    await line.sign_in(person, WRONG, "net", ["spring"], OPENS_AT)
    answer = await line.sign_in(person, WRONG, "net", ["spring"], OPENS_AT)
    assert isinstance(answer, TooManyAttempts)
    assert DAY_S - 10 < answer.retry_after_s <= DAY_S


@pytest.mark.parametrize(
    ("has_pin", "given", "gets_in"),
    [
        (False, NO_PIN, True),
        (False, PIN_CHECK, True),
        (True, PIN_CHECK, True),
        (True, NO_PIN, False),
        (True, WRONG, False),
    ],
)
async def test_pin_is_asked_of_those_who_have_one(
    town: Town, gateway: Gateway, has_pin: bool, given: bytes, gets_in: bool
) -> None:
    town.tick(town.room(), OPENS_AT)
    person = town.people[0]
    if has_pin:
        town.redis.hset("roster", mapping={person: birth_check(person) + PIN_CHECK})
    for check in (birth_check(person), WRONG):
        answer = await gateway.line.sign_in(
            person, check, "net", ["spring"], OPENS_AT, pin_check=given
        )
        assert isinstance(answer, SignedIn if gets_in and check != WRONG else NotConfirmed)
