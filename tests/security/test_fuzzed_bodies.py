"""Bodies that nobody would write: no fault, no hang, nothing told.

One round; `make fuzz ARGS='--minutes 10'` goes on with other seeds, and says what was answered.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, seed, settings
from redis import Redis

from tests.integration.city import CONTACT, PHONE, City, ticket
from tests.security.fuzzing import ENDS_THE_SESSION, NUMBER, OTHER_THREADS_DRAW, Call, calls, send
from tests.security.site import INNER_WORDS

EXAMPLES = 400
VICTIM = 7
Search = Callable[[], None]
pytestmark = pytest.mark.filterwarnings(OTHER_THREADS_DRAW)
MINUTES = float(os.environ.get("FUZZ_MINUTES", "0"))


def test_any_call_is_answered_without_a_fault(city: City) -> None:
    assert city.inside(VICTIM).book().status_code == 201
    secrets = (CONTACT["name"], PHONE, CONTACT["email"], ticket(VICTIM))
    resident = city.inside(NUMBER)
    answered: Counter[int] = Counter()

    def is_harmless(call: Call) -> None:
        answer = send(resident, call)
        answered[answer.status_code] += 1
        assert answer.status_code < 500, call
        assert not [secret for secret in secrets if secret in answer.text], call
        assert INNER_WORDS.search(answer.text) is None, call

    tried = calls(city).filter(lambda call: call.path not in ENDS_THE_SESSION)
    for looking in rounds():
        forget_failures(city)
        looking(given(call=tried)(is_harmless))()
    assert resident.http.get("/api/v1/me").status_code == 200
    assert answered[200] > 0
    print(f"{answered.total()} calls: {dict(sorted(answered.items()))}")  # noqa: T201


def rounds() -> Iterator[Callable[[Search], Search]]:
    """Yield how to search: one round, and in `make fuzz` others until the time is over."""
    limits = settings(
        max_examples=EXAMPLES,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    yield limits
    others = settings(limits, derandomize=False, database=None)
    ends_at, number = time.monotonic() + 60 * MINUTES, int(os.environ.get("FUZZ_SEED", "1"))
    while time.monotonic() < ends_at:
        yield lambda search, number=number: seed(number)(others(search))  # type: ignore[misc]
        number += 1


def forget_failures(city: City) -> None:
    """Let failed sign-ins of earlier rounds count no more, so that more than 429 is seen."""
    with Redis.from_url(city.redis_url) as redis:
        for key in redis.scan_iter("failures:*"):
            redis.delete(key)
