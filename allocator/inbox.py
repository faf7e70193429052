"""Hand requests to the allocator and wait for its answers (the gateway's side of the inbox).

Rule 1: a request that was handed in is kept until its answer comes. Should Redis
lose the entry (a wipe, a failover), it is handed in again: the allocator gives
an answered request the same answer, so that handing in twice is harmless.
Rule 2: contact details are sealed before they leave this process.

Redis: `inbox` is a stream of {r: Request (MessagePack), g: gateway id, h: handle};
`reply:{gateway_id}` is a stream of {h: the same handle, o: Outcome (MessagePack)}.
The handle tells apart two calls that carry the same request id. The inbox holds
undecided requests only (decided ones are deleted), so its length is the backlog.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from allocator.commands import (
    Accept,
    Book,
    BookTogether,
    Cancel,
    Change,
    Command,
    Companion,
    Join,
    Remind,
    Request,
    WalkIn,
    companion_id,
)
from allocator.contact_keys import fresh
from allocator.errors import InboxAway, InboxFull
from allocator.model import Choice as Choice
from allocator.model import FirstDose, Flexible, Outcome
from allocator.sealing import Contact as Contact
from allocator.sealing import SealingKey, content_digest, seal_contact
from monitoring import metrics
from monitoring.background import Background

INBOX_KEY = "inbox"
ALLOCATOR_GROUP = "allocator"
REPLIES_KEPT = 20_000
_PENDING_S_MAX = 600.0
_CHECK_EVERY_S = 1.0
_CHECK_AFTER_S = 2.0
_REPLIES_READ_MAX = 1_000
_APPEND = (Path(__file__).parent / "lua" / "append.lua").read_text(encoding="utf-8")


def reply_key(gateway_id: str) -> str:
    """Return the key of the stream on which a gateway gets its answers."""
    return f"reply:{gateway_id}"


class _Pending:
    """A request that was handed in and has no answer yet."""

    __slots__ = ("entry_id", "future", "handed_in_at", "message")

    def __init__(self, message: bytes, now: float) -> None:
        self.message = message
        self.entry_id = b""
        self.handed_in_at = now
        self.future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()


class Inbox:
    """One gateway's hatch to the allocator.

    `length_max` is in requests; `reply_wait_s` is how long a call waits for its
    answer before it returns None ("undecided").
    """

    def __init__(
        self,
        redis: Redis,
        *,
        gateway_id: str,
        contact_key: SealingKey,
        request_key: bytes,
        length_max: int,
        reply_wait_s: float,
    ) -> None:
        self._redis = redis
        self._gateway_id = gateway_id
        self._contact_key = contact_key
        self._request_key = request_key
        self._length_max = length_max
        self._reply_wait_s = reply_wait_s
        self._pending: dict[bytes, _Pending] = {}
        self._append = redis.register_script(_APPEND)
        self._background = Background(
            inbox_replies=self._read_replies, inbox_watch=self._watch_pending
        )

    async def start(self) -> None:
        """Begin to listen for answers. Redis may be away; it is waited for."""
        self._background.start()

    async def close(self) -> None:
        """Stop listening. Requests that were handed in are decided all the same."""
        await self._background.end()

    async def book(
        self,
        request_id: UUID,
        person_key: bytes,
        *,
        release_id: str,
        wish: tuple[Choice, ...] | Flexible,
        contact: Contact,
        language: str,
        first_dose_elsewhere: FirstDose | None = None,
        reminders: bool = True,
    ) -> Outcome | None:
        """Ask for both doses (or dose 2 alone); None while undecided.

        Raises:
            InboxFull: the inbox holds as many requests as it may.
            InboxAway: Redis does not answer.
        """
        unsealed = Book(release_id, wish, b"", language, first_dose_elsewhere, reminders)
        return await self._with_contact(request_id, person_key, unsealed, contact)

    async def change(
        self,
        request_id: UUID,
        person_key: bytes,
        *,
        campaign_id: str,
        doses: Literal["both", "second"],
        wish: tuple[Choice, ...] | Flexible,
    ) -> Outcome | None:
        """Ask to swap the pair, or dose 2; None while undecided. Raises as `book`."""
        return await self._plain(request_id, person_key, Change(campaign_id, doses, wish))

    async def cancel(
        self,
        request_id: UUID,
        person_key: bytes,
        *,
        campaign_id: str,
        doses: Literal["both", "second"],
    ) -> Outcome | None:
        """Give back both seats, or that of dose 2; None while undecided. Raises as `book`."""
        return await self._plain(request_id, person_key, Cancel(campaign_id, doses))

    async def remind(
        self, request_id: UUID, person_key: bytes, *, campaign_id: str, reminders: bool
    ) -> Outcome | None:
        """Ask for mails before each dose, or for none; None while undecided. Raises as `book`."""
        return await self._plain(request_id, person_key, Remind(campaign_id, reminders))

    async def book_together(
        self,
        request_id: UUID,
        person_key: bytes,
        *,
        release_id: str,
        wish: tuple[Choice, ...] | Flexible,
        contact: Contact,
        language: str,
        companion_key: bytes,
        companion_contact: Contact,
        reminders: bool = True,
    ) -> Outcome | None:
        """Ask for two pairs for two people; None while undecided. Raises as `book`.

        Each one's contact details are sealed for the booking that would be theirs.
        """
        bare = Companion(companion_key, msgspec.msgpack.encode(companion_contact))
        unsealed = BookTogether(release_id, wish, b"", language, bare, reminders)
        digest = content_digest(self._request_key, unsealed, contact)
        key = await fresh(self._contact_key)
        theirs = seal_contact(key, companion_contact, companion_id(request_id))
        command = msgspec.structs.replace(
            unsealed,
            contact=seal_contact(key, contact, request_id),
            companion=Companion(companion_key, theirs),
        )
        return await self._submit(Request(request_id, digest, person_key, command))

    async def join(
        self,
        request_id: UUID,
        person_key: bytes,
        *,
        release_id: str,
        wish: Flexible,
        contact: Contact,
        language: str,
        first_dose_elsewhere: FirstDose | None = None,
        reminders: bool = True,
    ) -> Outcome | None:
        """Ask for a place on the standby list; None while undecided. Raises as `book`."""
        unsealed = Join(release_id, wish, b"", language, first_dose_elsewhere, reminders)
        return await self._with_contact(request_id, person_key, unsealed, contact)

    async def accept(
        self, request_id: UUID, person_key: bytes, *, campaign_id: str
    ) -> Outcome | None:
        """Take the pair that was offered; None while undecided. Raises as `book`."""
        return await self._plain(request_id, person_key, Accept(campaign_id))

    async def order(self, request_id: UUID, person_key: bytes, command: Command) -> Outcome | None:
        """Hand in an order of the staff without contact details. Raises as `book`."""
        return await self._plain(request_id, person_key, command)

    async def walk_in(
        self, request_id: UUID, person_key: bytes, unsealed: WalkIn, contact: Contact
    ) -> Outcome | None:
        """Hand in who stands at the venue; `unsealed` has no contact. Raises as `book`."""
        return await self._with_contact(request_id, person_key, unsealed, contact)

    async def _with_contact(
        self, request_id: UUID, person_key: bytes, unsealed: Book | Join | WalkIn, contact: Contact
    ) -> Outcome | None:
        digest = content_digest(self._request_key, unsealed, contact)
        sealed = seal_contact(await fresh(self._contact_key), contact, request_id)
        command = msgspec.structs.replace(unsealed, contact=sealed)
        return await self._submit(Request(request_id, digest, person_key, command))

    async def _plain(self, request_id: UUID, person_key: bytes, command: Command) -> Outcome | None:
        digest = content_digest(self._request_key, command)
        return await self._submit(Request(request_id, digest, person_key, command))

    async def _submit(self, request: Request) -> Outcome | None:
        handle = uuid4().bytes
        pending = _Pending(msgspec.msgpack.encode(request), asyncio.get_running_loop().time())
        self._pending[handle] = pending
        try:
            pending.entry_id = await self._hand_in(pending.message, handle)
        except InboxFull:
            del self._pending[handle]
            raise
        except RedisError:
            del self._pending[handle]
            raise InboxAway from None
        done, _ = await asyncio.wait([pending.future], timeout=self._reply_wait_s)
        waited_s = asyncio.get_running_loop().time() - pending.handed_in_at
        metrics.REPLY_WAIT_SECONDS.observe(waited_s)
        return pending.future.result() if done else None

    async def _hand_in(self, message: bytes, handle: bytes) -> bytes:
        entry_id: Any = await self._append(
            keys=[INBOX_KEY], args=[self._length_max, message, self._gateway_id, handle]
        )
        if entry_id is None:
            raise InboxFull
        return bytes(entry_id)

    async def _read_replies(self) -> None:
        """Wake whoever waits for each answer, forever."""
        last_id: bytes | None = None
        while True:
            try:
                last_id = last_id or await self._last_reply_id()
                last_id = await self._read_replies_after(last_id)
            except RedisError:
                await asyncio.sleep(0.2)

    async def _last_reply_id(self) -> bytes:
        entries: Any = await self._redis.xrevrange(reply_key(self._gateway_id), count=1)
        return bytes(entries[0][0]) if entries else b"0-0"

    async def _read_replies_after(self, last_id: bytes) -> bytes:
        streams: Any = await self._redis.xread(
            {reply_key(self._gateway_id): last_id}, count=_REPLIES_READ_MAX, block=1_000
        )
        for entry_id, fields in entries_of(streams):
            last_id = entry_id
            pending = self._pending.pop(fields[b"h"], None)
            if pending is not None and not pending.future.done():
                outcome = msgspec.msgpack.decode(fields[b"o"], type=Outcome)
                pending.future.set_result(outcome)
        return last_id

    async def _watch_pending(self) -> None:
        """Hand in again what Redis has lost, and forget what is too old."""
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            try:
                await self._check_pending(asyncio.get_running_loop().time())
            except (RedisError, InboxFull):
                continue

    async def _check_pending(self, now: float) -> None:
        for handle, pending in list(self._pending.items()):
            age_s = now - pending.handed_in_at
            if age_s > _PENDING_S_MAX:
                del self._pending[handle]
            elif age_s > _CHECK_AFTER_S and not await self._is_waiting(pending.entry_id):
                pending.entry_id = await self._hand_in(pending.message, handle)

    async def _is_waiting(self, entry_id: bytes) -> bool:
        return bool(await self._redis.xrange(INBOX_KEY, entry_id, entry_id, count=1))


def entries_of(streams: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Flatten what XREAD returns for one stream (RESP2 a list, RESP3 a map)."""
    if not streams:
        return []
    batches = streams.values() if isinstance(streams, dict) else [s[1] for s in streams]
    return [(bytes(i), f) for batch in batches for i, f in _flat(batch)]


def _flat(batch: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """RESP3 wraps the entries of a stream in one more list."""
    if batch and isinstance(batch[0], list):
        return [entry for part in batch for entry in part]
    return list(batch)
