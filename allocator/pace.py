"""How fast messages go out: at most so many a second to each provider, from all workers together.

Rule 1: news take their turns in the order in which they ask, ahead of time if need be.
Rule 2: reminders take a turn only while no news wait for one, so that a batch of 100,000 of them
keeps no confirmation waiting.
Rule 3: a code never waits; those behind it do.
`lua/turn.lua` decides, in Redis. What a lost Redis forgets is a burst of a few seconds at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from redis import Redis, RedisError

from allocator.errors import PaceAway
from allocator.resting import Channel, Lane

BURST_S = 2
"""Turns of so many seconds may be made up for: messages are handed out once a second."""

KEY_PREFIX = "jobs:pace:"

_TURN = (Path(__file__).parent / "lua" / "turn.lua").read_text(encoding="utf-8")


class Pace:
    """The turns of every provider. A provider that is not in `per_s` takes all at once."""

    def __init__(self, redis: Redis, per_s: Mapping[Channel, float]) -> None:
        self._redis = redis
        self._turn = redis.register_script(_TURN)
        self._per_s = per_s

    def close(self) -> None:
        """Drop the connections; the next question makes another."""
        self._redis.close()

    def wait_s(self, channel: Channel, lane: Lane, *, has_waited: bool) -> float:
        """Return how many seconds a message has to wait for its turn; 0 means to send it now.

        `has_waited` is of a message that was told to wait, and comes back after that.

        Raises:
            PaceAway: Redis does not answer.
        """
        per_s = self._per_s.get(channel)
        if per_s is None:
            return 0.0
        keys = [f"{KEY_PREFIX}{channel}", f"{KEY_PREFIX}{channel}:reminders"]
        step_us = round(1_000_000 / per_s)
        try:
            wait_us = self._turn(
                keys, [step_us, BURST_S * 1_000_000, lane, "1" if has_waited else "0"]
            )
        except RedisError:
            raise PaceAway from None
        return float(wait_us) / 1_000_000
