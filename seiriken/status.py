"""What runs, and how it goes: gathered from supervisord, PostgreSQL, Redis and the room.

Each part is asked by itself; one that is away leaves its fields None and the
others whole. Memory is that of all processes together, in MiB.
"""

from __future__ import annotations

from typing import Any

import msgspec

from allocator.errors import StoreAway
from allocator.release_store import read_writer
from seiriken.processes import is_alive, memory_bytes
from seiriken.supervision import ProcessState, Supervisor
from seiriken.target import Target


class QueueStatus(msgspec.Struct, frozen=True):
    """The release now open or next to open, in people; `inbox` in requests."""

    release_id: str
    state: str
    pairs_left: int | None
    serving: int | None
    waiting: int | None
    inside: int | None


class Status(msgspec.Struct, frozen=True):
    """All of it. `start_s` is how long the last start took, in seconds."""

    home: str | None
    url: str | None
    is_running: bool
    start_s: float | None
    memory_mib: float | None
    processes: list[ProcessState]
    epoch: int | None
    writer: str | None
    inbox: int | None
    queue: QueueStatus | None
    watch_urls: dict[str, str]


def gather(target: Target) -> Status:
    """Ask every part."""
    stack = target.home.read() if target.home is not None else None
    is_running = stack is not None and is_alive(stack.supervisor_pid)
    writer = _writer(target.database_url)
    inbox, queue = _redis(target.redis_url)
    return Status(
        home=str(target.home.path) if target.home is not None else None,
        url=stack.url if stack is not None else None,
        is_running=is_running,
        start_s=stack.start_s if stack is not None else None,
        memory_mib=_mib(stack.supervisor_pid) if stack is not None and is_running else None,
        processes=Supervisor(stack.supervisor_socket).states() if stack is not None else [],
        epoch=writer[0] if writer is not None else None,
        writer=writer[1] if writer is not None else None,
        inbox=inbox,
        queue=queue,
        watch_urls=stack.watch_urls if stack is not None else {},
    )


def _mib(pid: int) -> float:
    return round(memory_bytes(pid) / 2**20, 1)


def _writer(database_url: str) -> tuple[int, str] | None:
    try:
        return read_writer(database_url)
    except StoreAway:
        return None


def _redis(redis_url: str) -> tuple[int | None, QueueStatus | None]:
    from redis import Redis, RedisError

    from waiting_room import keys

    try:
        with Redis.from_url(redis_url, socket_timeout=2) as redis:
            inbox: Any = redis.xlen(keys.INBOX)
            release: Any = redis.get(keys.CURRENT)
            return int(inbox), _queue(redis, release.decode()) if release else None
    except (RedisError, OSError):
        return None, None


def _queue(redis: Any, release_id: str) -> QueueStatus | None:
    from waiting_room import keys

    raw, inside, stock = (
        redis.get(keys.status(release_id)),
        redis.zcard(keys.active(release_id)),
        redis.get(keys.stock(release_id)),
    )
    if raw is None:
        return None
    shown: dict[str, Any] = msgspec.json.decode(raw)
    return QueueStatus(
        release_id=release_id,
        state=str(shown["state"]),
        pairs_left=int(stock) if stock is not None else None,
        serving=shown.get("serving"),
        waiting=shown.get("waiting"),
        inside=int(inside),
    )
