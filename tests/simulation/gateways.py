"""Simulated gateways: they hand requests in and wait for answers, as `allocator.inbox` does.

A request whose entry is lost is handed in again by its gateway; one whose gateway died,
or that takes too long, by its person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from allocator.inbox import INBOX_KEY, reply_key
from allocator.model import Outcome
from tests.simulation.clock import SimulatedClock
from tests.simulation.errands import Errand
from tests.simulation.history import History
from tests.simulation.redis_server import RedisServer, decoded

LOOKED_AFTER_S = 2.0
KEPT_S = 600.0

_decode = msgspec.msgpack.Decoder(Outcome).decode
_encode = msgspec.msgpack.Encoder().encode


@dataclass
class Pending:
    """A call that has no answer yet."""

    errand: Errand
    entry_id: bytes
    handed_in_at_s: float


class Gateway:
    """One gateway. `told` is called with each answer that comes."""

    def __init__(
        self,
        name: str,
        redis: RedisServer,
        clock: SimulatedClock,
        history: History,
        told: Callable[[Errand, Outcome], None],
        *,
        length_max: int,
    ) -> None:
        self.name = name
        self._redis = redis
        self._clock = clock
        self._history = history
        self._told = told
        self._length_max = length_max
        self._last_reply = b"0-0"
        self.pending: dict[bytes, Pending] = {}

    def hand_in(self, errand: Errand, handle: bytes, *, is_lost: bool = False) -> bool:
        """Append a request. False if the inbox is full; `is_lost` if nobody hears of it."""
        entry_id = self._append(errand, handle)
        if entry_id is None:
            return False
        if not is_lost:
            self.pending[handle] = Pending(errand, entry_id, self._clock.seconds)
        return True

    def _append(self, errand: Errand, handle: bytes) -> bytes | None:
        request = errand.request
        if self._redis.length(INBOX_KEY) >= self._length_max:
            self._history.add(self._clock.now, self.name, "inbox full", request.request_id.int)
            return None
        fields = {b"r": _encode(request), b"g": self.name.encode(), b"h": handle}
        entry_id = self._redis.append(INBOX_KEY, fields)
        command = type(request.command).__name__
        what = f"handed in {command} {handle.decode()} as {entry_id.decode()}"
        person = int.from_bytes(request.person_key)
        digest = request.content_digest.hex()
        self._history.add(
            self._clock.now, self.name, what, f"{request.request_id.int} of {person} {digest}"
        )
        return entry_id

    def read_replies(self) -> None:
        """Take the answers that came."""
        for entry_id, fields in self._redis.after(reply_key(self.name), self._last_reply):
            self._last_reply = entry_id
            pending = self.pending.pop(fields[b"h"], None)
            if pending is not None:
                outcome = _decode(fields[b"o"])
                self._history.add(self._clock.now, self.name, "heard", fields[b"h"])
                self._told(pending.errand, outcome)

    def watch(self) -> None:
        """Hand in again what Redis lost, and forget what is too old."""
        stream = self._redis.stream(INBOX_KEY)
        entries = stream.entries if stream is not None else {}
        for handle, pending in list(self.pending.items()):
            age_s = self._clock.seconds - pending.handed_in_at_s
            if age_s > KEPT_S:
                del self.pending[handle]
            elif age_s > LOOKED_AFTER_S and decoded(pending.entry_id) not in entries:
                pending.entry_id = self._append(pending.errand, handle) or pending.entry_id
