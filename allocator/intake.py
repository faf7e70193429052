"""The allocator's side of the inbox: take what waits, answer, acknowledge.

Rule 1: an entry is acknowledged only after its answer was sent, and its answer is
sent only after COMMIT. Whatever is cut short is taken again.
Rule 2: an entry that cannot be read is set aside and counted; it never stops the
queue.

Redis: see `allocator.inbox`. Entries taken by a consumer that died are claimed
when a writer begins (its epoch makes sure that the dead one stays dead).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from redis import Redis
from redis.exceptions import ResponseError

from allocator.inbox import ALLOCATOR_GROUP, INBOX_KEY, REPLIES_KEPT, entries_of, reply_key
from allocator.model import Outcome, Request
from monitoring.logs import get_logger

log = get_logger()

REPLIES_EXPIRE_S = 3_600


class Handed(msgspec.Struct, frozen=True):
    """A request as it was handed in, and where its answer must go."""

    entry_id: bytes
    gateway_id: bytes
    handle: bytes
    request: Request


class Intake:
    """The one consumer that decides. Redis errors pass through to the loop."""

    def __init__(self, redis: Redis, consumer: str, batch_size_max: int) -> None:
        self._redis = redis
        self._consumer = consumer
        self._batch_size_max = batch_size_max
        self._unfinished = True

    def begin(self) -> None:
        """Make the group if need be, and claim all that others left unacknowledged."""
        try:
            self._redis.xgroup_create(INBOX_KEY, ALLOCATOR_GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        cursor: Any = b"0-0"
        while True:
            claimed: Any = self._redis.xautoclaim(
                INBOX_KEY, ALLOCATOR_GROUP, self._consumer, 0, cursor, count=1_000
            )
            cursor = claimed[0]
            if cursor == b"0-0":
                break
        self._unfinished = True

    def take(self, wait_s: float) -> list[Handed]:
        """Return what waits, at most a batch, oldest first; wait up to `wait_s` for the first."""
        if self._unfinished:
            handed, read = self._read(b"0", None)
            self._unfinished = read > 0
            if self._unfinished:
                return handed
        return self._read(b">", max(1, int(wait_s * 1_000)))[0]

    def answer(self, answers: Sequence[tuple[Handed, Outcome]]) -> None:
        """Send each its answer, then acknowledge all."""
        pipeline = self._redis.pipeline(transaction=False)
        for handed, outcome in answers:
            fields: Any = {b"h": handed.handle, b"o": msgspec.msgpack.encode(outcome)}
            pipeline.xadd(
                reply_key(handed.gateway_id.decode()), fields, maxlen=REPLIES_KEPT, approximate=True
            )
        for gateway_id in {handed.gateway_id for handed, _ in answers}:
            pipeline.expire(reply_key(gateway_id.decode()), REPLIES_EXPIRE_S)
        pipeline.execute()
        self._acknowledge([handed.entry_id for handed, _ in answers])

    def again(self) -> None:
        """Take again what was taken and not answered (after a fault)."""
        self._unfinished = True

    def _read(self, after: bytes, wait_ms: int | None) -> tuple[list[Handed], int]:
        """Return what can be read, and how many entries there were."""
        try:
            streams = self._redis.xreadgroup(
                ALLOCATOR_GROUP,
                self._consumer,
                {INBOX_KEY: after},
                count=self._batch_size_max,
                block=wait_ms,
            )
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            self.begin()
            return [], 0
        handed, unreadable = [], []
        for entry_id, fields in entries_of(streams):
            try:
                handed.append(_handed(entry_id, fields))
            except (msgspec.DecodeError, KeyError, TypeError):
                unreadable.append(entry_id)
        if unreadable:
            log.error("requests_set_aside", count=len(unreadable))
            self._acknowledge(unreadable)
        return handed, len(handed) + len(unreadable)

    def _acknowledge(self, entry_ids: list[bytes]) -> None:
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.xack(INBOX_KEY, ALLOCATOR_GROUP, *entry_ids)
        pipeline.xdel(INBOX_KEY, *entry_ids)
        pipeline.execute()


def _handed(entry_id: bytes, fields: dict[bytes, bytes]) -> Handed:
    request = msgspec.msgpack.decode(fields[b"r"], type=Request)
    return Handed(entry_id, fields[b"g"], fields[b"h"], request)
