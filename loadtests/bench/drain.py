"""A backlog of requests drained by the real allocator: inbox, PostgreSQL, answers.

The backlog is appended to another stream first, which then takes the inbox's name: it is
there all at once, and nothing of the benchmark runs while it is drained. The answers are
read afterwards; the time is that of Redis, whose ids of entries are milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from redis import Redis

from allocator.inbox import ALLOCATOR_GROUP, INBOX_KEY, REPLIES_KEPT, entries_of, reply_key
from allocator.model import Booking, Outcome
from loadtests.bench.allocator_process import ALLOCATOR, RunningAllocator, running_allocator
from loadtests.bench.costs import Costs, read_costs
from loadtests.bench.errors import BenchStopped
from loadtests.bench.servers import Servers
from loadtests.bench.towns import Town, check_books, read_messages
from loadtests.bench.waiting import until

_BACKLOG_KEY = "bench:backlog"
_DRAIN_S_MAX = 120.0
_APPENDED_AT_ONCE = 1_000


@dataclass(frozen=True)
class Drained:
    """One drained backlog: answers a second, where the allocator's time went, what it cost."""

    bookings: int
    bookings_per_s: float
    elapsed_s: float
    spent_s: Mapping[str, float]
    costs: Costs


def drain(
    servers: Servers,
    town: Town,
    *,
    backlog: int,
    batch_size_max: int | None,
    command: tuple[str, ...] = ALLOCATOR,
) -> Drained:
    """Drain the first requests of a town in a copy of it. Without a batch size: the default.

    Raises:
        BenchStopped: an answer is missing, or the tables do not hold what was answered.
    """
    messages = read_messages(town.requests_file, backlog)
    servers.settle()
    database = servers.cloned(town.database)
    with running_allocator(
        servers, database, batch_size_max=batch_size_max, command=command
    ) as allocator:
        drained = drain_into(servers, allocator, messages)
    check_books(servers.postgres.url(database), drained.bookings)
    servers.drop(database)
    return drained


def drain_into(servers: Servers, allocator: RunningAllocator, messages: Sequence[bytes]) -> Drained:
    """Let a running allocator drain a backlog."""
    # A gateway's replies are cut to the newest: so many gateways that nothing is cut.
    gateways = [f"bench{n}" for n in range(len(messages) // (REPLIES_KEPT // 2) + 1)]
    with Redis.from_url(servers.redis_url) as redis:
        _append(redis, messages, gateways)
        before, spent_before = read_costs(servers, allocator), allocator.seconds_spent()
        began_s = _redis_time_s(redis)
        redis.rename(_BACKLOG_KEY, INBOX_KEY)
        until("the backlog is drained", lambda: _is_drained(redis), _DRAIN_S_MAX)
        costs = read_costs(servers, allocator).since(before)
        spent = allocator.seconds_spent()
        bookings, ended_s = _read_answers(redis, gateways, len(messages))
    elapsed_s = ended_s - began_s
    return Drained(
        bookings=bookings,
        bookings_per_s=bookings / elapsed_s,
        elapsed_s=elapsed_s,
        spent_s={name: spent[name] - spent_before.get(name, 0.0) for name in spent},
        costs=costs,
    )


def _append(redis: Redis, messages: Sequence[bytes], gateways: Sequence[str]) -> None:
    for start in range(0, len(messages), _APPENDED_AT_ONCE):
        pipeline = redis.pipeline(transaction=False)
        for number in range(start, min(start + _APPENDED_AT_ONCE, len(messages))):
            fields: dict[Any, Any] = {
                "r": messages[number],
                "g": gateways[number % len(gateways)],
                "h": number.to_bytes(16, "big"),
            }
            pipeline.xadd(_BACKLOG_KEY, fields)
        pipeline.execute()
    redis.xgroup_create(_BACKLOG_KEY, ALLOCATOR_GROUP, id="0")


def _is_drained(redis: Redis) -> bool:
    return int(redis.xlen(INBOX_KEY)) == 0  # Decided requests are deleted when acknowledged.


def _redis_time_s(redis: Redis) -> float:
    seconds, microseconds = redis.time()
    return float(seconds + microseconds / 1e6)


def _read_answers(redis: Redis, gateways: Sequence[str], asked: int) -> tuple[int, float]:
    """Return how many of the answers are bookings, and when the last one came."""
    handles: set[bytes] = set()
    bookings, ended_s = 0, 0.0
    for gateway in gateways:
        for entry_id, fields in entries_of([[b"", redis.xrange(reply_key(gateway))]]):
            ended_s = max(ended_s, int(entry_id.split(b"-")[0]) / 1e3)
            handles.add(fields[b"h"])
            outcome = msgspec.msgpack.decode(fields[b"o"], type=Outcome)
            bookings += isinstance(outcome, Booking)
    if len(handles) != asked:
        raise BenchStopped(f"{asked} requests were handed in, {len(handles)} were answered")
    return bookings, ended_s
