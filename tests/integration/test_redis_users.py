"""Each process's user of Redis may use its own keys and commands, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError

from tests.integration.guarded_redis import OWNER, USERS, GuardedRedis, guarded_redis

FORBIDDEN_TO_ALL = (
    "FLUSHALL",
    "FLUSHDB",
    "SHUTDOWN",
    "CONFIG SET maxmemory 1",
    "CONFIG GET requirepass",
    "KEYS *",
    "SAVE",
    "REPLICAOF 127.0.0.1 1",
    "ACL LIST",
    "ACL SETUSER gateway +@all",
    "MONITOR",
    "CLIENT KILL 127.0.0.1:1",
    "MODULE LIST",
    "SCRIPT FLUSH",
    "SWAPDB 0 1",
    "MIGRATE 127.0.0.1 1 inbox 0 1",
)
FORBIDDEN = {
    "gateway": (
        "XDEL inbox 1-1",
        "XTRIM inbox MAXLEN 0",
        "XACK inbox allocator 1-1",
        "XGROUP DESTROY inbox allocator",
        "RENAME room:a:places room:b:places",
        "GET jobs:celery",
        "LPUSH jobs:celery task",
        "SET publisher me",
        "DEL anything",
        "EVAL return(redis.call('GET','jobs:celery')) 0",
    ),
    "staff": (
        "XDEL inbox 1-1",
        "XTRIM inbox MAXLEN 0",
        "XACK inbox allocator 1-1",
        "XGROUP DESTROY inbox allocator",
        "XREAD STREAMS reply:g0 0",
        "GET draft:1",
        "XRANGE step_up:asked - +",
        "GET jobs:celery",
        "SET anything 1",
    ),
    "allocator": (
        "HGETALL session:1",
        "GET draft:1",
        "HSET room:a:places p 1",
        "SET maintenance x",
        "LPUSH jobs:celery task",
    ),
    "room": (
        "XDEL inbox 1-1",
        "GET draft:1",
        "HGETALL session:1",
        "HGET roster p",
        "XREAD STREAMS reply:g0 0",
        "LPUSH jobs:celery task",
        "GET failures:ticket:1",
    ),
    "jobs": (
        "XRANGE inbox - +",
        "HGET roster p",
        "GET draft:1",
        "HGETALL session:1",
        "HGETALL room:a:places",
        "SET maintenance x",
    ),
    "backup": ("XRANGE inbox - +", "HGET roster p", "XRANGE room:records - +", "GET draft:1"),
    "herald": ("GET draft:1", "DEL maintenance", "XRANGE inbox - +", "LPUSH jobs:celery task"),
    "tools": (),
}
FILE_ANEW = "BGREWRITEAOF"
"""For `seiriken retention`, and so for the tools alone."""
READ_ONLY = {
    "gateway": (
        "HSET roster p c",
        "SADD holders:c p",
        "SET published 1",
        "SET catalogue x",
        "SET availability:a x",
        "SET maintenance x",
        "XADD reply:g0 * h 1",
    ),
    "staff": (
        "HSET roster p c",
        "SET published 1",
        "SET pins 1",
        "SET ended-for-all 1",
        "XADD reply:staff * h 1",
    ),
    "room": ("XADD inbox * r 1", "SET stock:a 1", "SET catalogue x", "SET maintenance x"),
}
ALLOWED = {
    "staff": (
        "HGET roster p",
        "HGETALL room:a:meta",
        "GET maintenance",
        "XADD inbox * r 1",
        "XLEN inbox",
        "XREAD STREAMS reply:staff 0",
        "SET call:1 x",
        "SET asked:1 x",
        "SET ended:p 1",
    ),
    "gateway": ("XADD inbox * r 1", "HGET roster p", "SET draft:1 x", "XLEN inbox"),
    "allocator": ("XDEL inbox 1-1", "HSET roster p c", "XADD reply:g0 * h 1"),
    "room": ("XLEN inbox", "HSET room:a:meta state open", "TIME"),
    "jobs": ("LPUSH jobs:celery task", "XRANGE room:records - +", "SET jobs:pace:sms 1", "TIME"),
    "backup": ("RPOP jobs:backups",),
    "herald": ("SET maintenance x", "PING"),
    "tools": ("XRANGE inbox - +", "HLEN room:a:places", FILE_ANEW),
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedRedis]:
    folder: Path = tmp_path_factory.mktemp("guarded")
    with guarded_redis(folder) as server:
        yield server


@pytest.mark.parametrize("user", USERS)
def test_user_tries_what_it_must_not_do(guarded: GuardedRedis, user: str) -> None:
    forbidden = [*FORBIDDEN_TO_ALL, *FORBIDDEN[user]]
    if user != "tools":
        forbidden.append(FILE_ANEW)
    if guarded.reads_only:
        forbidden += READ_ONLY.get(user, ())
    done = []
    with Redis.from_url(guarded.url(user), protocol=2) as redis:
        for command in forbidden:
            try:
                redis.execute_command(*command.split(" "))
            except NoPermissionError:
                continue
            except ResponseError as error:
                # Of a script, the refusal is the script's error.
                if "ACL failure in script" in str(error) or "can't access" in str(error):
                    continue
            done.append(command)
    assert done == []


@pytest.mark.parametrize("user", USERS)
def test_user_may_do_what_it_needs(guarded: GuardedRedis, user: str) -> None:
    with Redis.from_url(guarded.url(user), protocol=2) as redis:
        for command in ALLOWED[user]:
            redis.execute_command(*command.split(" "))
    with Redis.from_url(guarded.url(OWNER), protocol=2) as redis:
        redis.flushall()


def test_who_gives_no_password_may_only_ask_whether_it_is_there(guarded: GuardedRedis) -> None:
    with Redis(port=guarded.port, protocol=2) as redis:
        assert redis.ping()
        for command in ("GET catalogue", "XLEN inbox", "INFO", "ACL WHOAMI"):
            with pytest.raises(NoPermissionError):
                redis.execute_command(*command.split(" "))
    with (
        Redis(port=guarded.port, username="gateway", password="x", protocol=2) as redis,
        pytest.raises(AuthenticationError),
    ):
        redis.ping()
