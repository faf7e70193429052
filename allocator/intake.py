"""The allocator's side of the inbox: take what waits, answer, acknowledge.

Rule 1: an entry is acknowledged only after its answer was sent, and its answer is
sent only after COMMIT. Whatever is cut short is taken again.
Rule 2: an entry that cannot be read is set aside and counted; it never stops the
queue.

Redis: see `allocator.inbox`. Entries taken by a consumer that died are claimed
when a writer begins (its epoch makes sure that the dead one stays dead), and now and
then: a leader that hung and was overtaken may take some before it finds that out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from redis import Redis
from redis.exceptions import ResponseError

from allocator.commands import Request
from allocator.inbox import ALLOCATOR_GROUP, INBOX_KEY, REPLIES_KEPT, entries_of, reply_key
from allocator.model import Outcome
from monitoring.logs import get_logger

log = get_logger()

REPLIES_EXPIRE_S = 3_600
_CLAIMED_AT_ONCE = 1_000
_ANSWERED = (Path(__file__).parent / "lua" / "answered.lua").read_text(encoding="utf-8")
_decode = msgspec.msgpack.Decoder(Request).decode
_encode = msgspec.msgpack.Encoder().encode


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
        self._answered = redis.register_script(_ANSWERED)
        self._after: bytes | None = b"0"
        """Up to where our own unacknowledged entries were taken again; None: all of them."""

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
                INBOX_KEY, ALLOCATOR_GROUP, self._consumer, 0, cursor, count=_CLAIMED_AT_ONCE
            )
            cursor = claimed[0]
            if cursor == b"0-0":
                break
        self.again()

    def claim_left(self) -> None:
        """Take again what is unacknowledged while nothing is under way."""
        try:
            left: Any = self._redis.xpending(INBOX_KEY, ALLOCATOR_GROUP)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            self.begin()
            return
        if left["pending"] > 0:
            log.info("requests_claimed", count=left["pending"])
            self.begin()

    def take(self, wait_s: float) -> list[Handed]:
        """Return what waits, at most a batch, oldest first.

        Waits up to `wait_s` for the first, or not at all (0). What is taken is
        not given again before it is acknowledged, unless by `again`.
        """
        if self._after is not None:
            handed, self._after = self._read(self._after, None)
            if self._after is not None:
                return handed
        wait_ms = max(1, int(wait_s * 1_000)) if wait_s > 0 else None
        return self._read(b">", wait_ms)[0]

    def answer(self, answers: Sequence[tuple[Handed, Outcome]]) -> None:
        """Send each its answer, then acknowledge all: both or neither."""
        gateways = {handed.gateway_id for handed, _ in answers}
        numbers = {gateway_id: number for number, gateway_id in enumerate(gateways, start=2)}
        arguments: list[Any] = [ALLOCATOR_GROUP, REPLIES_KEPT, REPLIES_EXPIRE_S]
        for handed, outcome in answers:
            number = numbers[handed.gateway_id]
            arguments += (number, handed.handle, _encode(outcome), handed.entry_id)
        keys = [INBOX_KEY, *(reply_key(gateway_id.decode()) for gateway_id in numbers)]
        self._answered(keys=keys, args=arguments)

    def again(self) -> None:
        """Take again what was taken and not answered (after a fault)."""
        self._after = b"0"

    def _read(self, after: bytes, wait_ms: int | None) -> tuple[list[Handed], bytes | None]:
        """Return what can be read, and the id of the last entry, None if there was none."""
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
            return [], self._after
        handed, unreadable, last_id = [], [], None
        for entry_id, fields in entries_of(streams):
            last_id = entry_id
            try:
                handed.append(_handed(entry_id, fields))
            except (msgspec.DecodeError, KeyError, TypeError):
                unreadable.append(entry_id)
        if unreadable:
            log.error("requests_set_aside", count=len(unreadable))
            self._acknowledge(unreadable)
        return handed, last_id

    def _acknowledge(self, entry_ids: list[bytes]) -> None:
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.xack(INBOX_KEY, ALLOCATOR_GROUP, *entry_ids)
        pipeline.xdel(INBOX_KEY, *entry_ids)
        pipeline.execute()


def _handed(entry_id: bytes, fields: dict[bytes, bytes]) -> Handed:
    return Handed(entry_id, fields[b"g"], fields[b"h"], _decode(fields[b"r"]))
