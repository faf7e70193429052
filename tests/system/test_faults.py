"""200 people book while parts of the system die: nothing confirmed is lost, nothing is double.

Each test hurts the stack in the middle of a rehearsal. The rehearsal repeats calls
that failed as a browser or a person would, and then compares all that it was told
with the tables (I1 to I5); afterwards every queue must run empty (I9).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest
from redis.exceptions import RedisError

from tests.system.stack import Stack
from tests.waiting import until

PEOPLE = 200
DRAINED_WITHIN_S = 60.0
BOOKED = "SELECT count(*) FROM booking"
UNSENT = "SELECT count(*) FROM outbox WHERE done_at IS NULL"


def finished(rehearsal: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for the rehearsal's end and return its report, which must be without a fault."""
    stdout, stderr = rehearsal.communicate(timeout=900)
    assert rehearsal.returncode == 0, (stdout, stderr)
    report: dict[str, Any] = json.loads(stdout)
    assert report["ok"], report
    assert set(report["audit"]) >= {"oversold_seats", "half_pairs", "missing_bookings"}
    assert not any(report["audit"].values())
    assert report["booked"] + report["left"] + sum(report["refused"].values()) == PEOPLE
    return report


def wait_for_bookings(stack: Stack, more: int) -> None:
    """Let the rehearsal come so far that there is something to lose."""
    before = stack.count(BOOKED)
    until(lambda: stack.count(BOOKED) >= before + more)


def kill_allocator_in_mid_batch(stack: Stack) -> None:
    """Three times, each at a moment when requests are undecided."""
    for _ in range(3):
        pid = stack.pid("allocator")
        until(lambda: stack.undecided() > 0)
        assert stack.kill("allocator") == pid
        until(partial(_runs_again, stack, pid))


def _runs_again(stack: Stack, dead: int) -> bool:
    return stack.pid("allocator") not in (0, dead)


def wipe_redis(stack: Stack) -> None:
    """All places, sessions and requests are gone at once."""
    stack.wipe_redis()


def kill_everything_of_ours(stack: Stack) -> None:
    """Gateways, waiting room, allocator and worker, one after the other."""
    for process in ("gateway_0", "gateway_1", "waiting_room", "allocator", "worker", "beat"):
        stack.kill(process)


def kill_postgres(stack: Stack) -> None:
    """The one truth itself: what was committed must be there again."""
    stack.kill("postgres")


FAULTS = [kill_allocator_in_mid_batch, wipe_redis, kill_everything_of_ours, kill_postgres]


@pytest.mark.parametrize("hurt", FAULTS, ids=lambda hurt: hurt.__name__)
def test_nothing_confirmed_is_lost_and_nothing_is_double(
    stack: Stack, hurt: Callable[[Stack], None]
) -> None:
    """I1 to I5 and I9, through the death of a part."""
    with stack.rehearsal(PEOPLE) as rehearsal:
        wait_for_bookings(stack, 20)
        hurt(stack)
        report = finished(rehearsal)
    assert report["booked"] > PEOPLE / 2
    until(lambda: _is_drained(stack), DRAINED_WITHIN_S)


def _is_drained(stack: Stack) -> bool:
    """Say whether inbox, pending entries and outbox are empty."""
    try:
        with stack.redis() as redis:
            groups: Any = redis.xinfo_groups("inbox")
            pending = sum(group["pending"] for group in groups)
        return stack.undecided() == int(pending) == stack.count(UNSENT) == 0
    except (RedisError, psycopg.Error):
        return False
