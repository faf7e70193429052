"""The AWS-compatible line in Redis: a gateway's side of it, and the tick that serves it.

Rule 1: each step is one script, whole or not at all, and one round trip: one position and
one token for a request, whatever runs at the same moment.
Rule 2: Redis away, or no line there (after a wipe, or because the room does not serve this
event), means that nobody is given anything. A wipe of Redis loses the line: its visitors
hold nothing that could rebuild it, and ask for a new position.

What may be asked and when is decided in `waiting_room.vwr`; keys are named in `lua/vwr.lua`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from waiting_room import scripts
from waiting_room.errors import NotReady, room_away
from waiting_room.vwr import (
    LINE_KEPT_S,
    POSITION_KEPT_S,
    Counters,
    Facts,
    Inlet,
    InletRules,
    advance,
)

SPENT_CALLS_CLEARED_MAX = 1_000
"""In one tick; it holds Redis for about a millisecond."""

_NONE = -1


class VwrLine:
    """The line of one event, as a gateway sees it. `now` is in whole unix seconds.

    `token_validity_s` is how long a token lasts; beyond `waiting_max` people who wait,
    nobody else is given a position.
    """

    def __init__(
        self, redis: AsyncRedis, event_id: str, *, token_validity_s: int, waiting_max: int
    ) -> None:
        self._redis = redis
        self._event_id = event_id
        self._token_validity_s = token_validity_s
        self._waiting_max = waiting_max
        self._assign = redis.register_script(scripts.VWR_ASSIGN)
        self._position = redis.register_script(scripts.VWR_POSITION)
        self._grant = redis.register_script(scripts.VWR_GRANT)

    async def assign(self, request_id: str, now: int) -> int | None:
        """Give a request its position, and the same again if it is asked twice.

        Returns None when too many wait.

        Raises:
            RoomAway: Redis does not answer.
            NotReady: the room does not serve this event.
        """
        args: list[Any] = [self._event_id, request_id, now, POSITION_KEPT_S, self._waiting_max]
        with room_away():
            number = await self._assign(args=args)
        if number is None:
            raise NotReady
        return _or_none(number)

    async def look_up(self, request_id: str) -> Facts:
        """Return what is known of a request. Raises as `assign`."""
        with room_away():
            found = await self._position(args=[self._event_id, request_id])
        return _facts(found)

    async def grant(self, request_id: str, now: int) -> Facts:
        """Note a token for a request whose turn it is and that has none; return its facts.

        Raises as `assign`.
        """
        args: list[Any] = [self._event_id, request_id, now, self._token_validity_s]
        with room_away():
            found = await self._grant(args=args)
        return _facts(found)

    async def counters(self) -> Counters:
        """Return the counts of the line. Raises as `assign`."""
        fields = ["given", "serving", "tokens", "spent"]
        with room_away():
            found = await self._redis.hmget(_line_key(self._event_id), fields)
        if None in found:
            raise NotReady
        return Counters(*(int(cast("bytes", count)) for count in found))


class VwrInlet:
    """The tick's side: makes the line of one event, and serves it at a set rate."""

    def __init__(self, redis: Redis, event_id: str, rules: InletRules) -> None:
        self._redis = redis
        self._event_id = event_id
        self._rules = rules
        self._saved = 0.0
        self._ticked_at_s: float | None = None
        self._advance = redis.register_script(scripts.VWR_ADVANCE)

    def run(self, now: float, at_s: float) -> None:
        """Run one tick. `now` is in unix seconds, `at_s` on a clock that never jumps.

        Raises:
            RedisError: Redis does not answer; call again.
        """
        counts = cast(
            "list[bytes | None]",
            self._redis.hmget(_line_key(self._event_id), ["given", "serving"]),
        )
        given, serving = (int(count or 0) for count in counts)
        elapsed_s = 0.0 if self._ticked_at_s is None else at_s - self._ticked_at_s
        inlet = advance(
            Inlet(serving, self._saved),
            given=given,
            elapsed_s=elapsed_s,
            per_minute=self._rules.per_minute,
        )
        args: list[Any] = [self._event_id, inlet.serving, int(now), self._rules.expiry_s]
        self._advance(args=[*args, LINE_KEPT_S, SPENT_CALLS_CLEARED_MAX])
        self._saved, self._ticked_at_s = inlet.saved, at_s


def _line_key(event_id: str) -> str:
    return f"vwr:{event_id}:line"


def _or_none(number: int) -> int | None:
    return None if number == _NONE else number


def _facts(found: Sequence[int] | None) -> Facts:
    """Read the array of `lua/vwr.lua`."""
    if found is None:
        raise NotReady
    number, entered_at, serving, expiry_s, called_at, issued_at, expires_at = found
    return Facts(
        number=_or_none(number),
        entered_at=entered_at,
        serving=serving,
        expiry_s=expiry_s,
        called_at=_or_none(called_at),
        issued_at=_or_none(issued_at),
        expires_at=_or_none(expires_at),
    )
