"""A town to test the room with: people, releases, and time, in a real Redis.

`Town` publishes what the allocator would; `Gateway` uses the line as one gateway does.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime

import redis.asyncio
from redis import Redis

from waiting_room.admission import AdmissionRules
from waiting_room.answers import EnterAnswer, SignedIn, Standing
from waiting_room.line import Line
from waiting_room.memory import MemoryFile
from waiting_room.tick import Room
from waiting_room.tickets import PlaceToken

OPENS_AT = 1_800_000_000.0
"""The made-up opening time of every release here, in unix seconds."""

DRAW_KEY = b"d" * 32


class Town:
    """People with a ticket, and releases to come, in one Redis."""

    def __init__(self, redis: Redis, people: int = 50) -> None:
        self.redis = redis
        self.people = [hashlib.sha256(b"person%d" % n).digest()[:16] for n in range(people)]
        self.releases: dict[str, dict[str, object]] = {}
        self.rules = AdmissionRules()
        self.at_s = 0.0

    def publish(self) -> None:
        """Publish everything, as the allocator does when `published` is missing."""
        self.redis.hset("roster", mapping={p: birth_check(p) for p in self.people})
        catalogue = {"version": 1, "products": {}, "venues": {}, "slots": {}}
        self.redis.set("catalogue", json.dumps({**catalogue, "releases": self.releases}))
        self.redis.set("published", 1)

    def offer(
        self, release_id: str = "spring", *, lobby_s: float = 1_800, **changes: object
    ) -> None:
        """Put a release into the catalogue (opening time and length are those of all here)."""
        self.releases[release_id] = {
            "release_id": release_id,
            "campaign_id": f"campaign-of-{release_id}",
            "names": {"en": release_id},
            "lobby_at": iso(OPENS_AT - lobby_s),
            "opens_at": iso(OPENS_AT),
            "closes_at": iso(OPENS_AT + 36_000),
            **changes,
        }
        self.publish()

    def room(self, memory: MemoryFile | None = None) -> Room:
        """Return a new process's room."""
        return Room(
            self.redis,
            draw_key=DRAW_KEY,
            rules=self.rules,
            poll_budget_per_s=1_000.0,
            memory=memory or MemoryFile(None),
        )

    def tick(
        self, room: Room, now: float = OPENS_AT, times: int = 1, every_s: float = 1.0
    ) -> float:
        """Run ticks, `every_s` apart; return the moment of the last."""
        for number in range(times):
            self.at_s += every_s
            room.run(now + number * every_s, self.at_s)
        return now + (times - 1) * every_s

    def seat_held(self, person: bytes, release_id: str = "spring") -> bool:
        """Say whether a person holds a seat inside."""
        return self.redis.zscore(f"room:{release_id}:inside", person) is not None

    def meta(self, field: str, release_id: str = "spring") -> int:
        """Return a number of a release's line."""
        value = self.redis.hget(f"room:{release_id}:meta", field)
        assert isinstance(value, bytes)
        return int(float(value))


def town_with_a_release(redis: Redis, people: int) -> Town:
    """Return a town with one release of 500 pairs."""
    town = Town(redis, people)
    town.offer()
    redis.set("stock:spring", 500)
    return town


class Gateway:
    """The line as one gateway process uses it."""

    def __init__(self, redis_url: str, *, idle_s: int = 900, absolute_s: int = 3_600) -> None:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            redis_url, protocol=2, max_connections=50, timeout=60
        )
        self.redis = redis.asyncio.Redis.from_pool(pool)
        self.line = Line(self.redis, session_idle_s=idle_s, session_absolute_s=absolute_s)

    async def __aenter__(self) -> Gateway:
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.redis.aclose(close_connection_pool=True)

    async def stand(self, person: bytes, now: float, release_id: str = "spring") -> Standing:
        """Sign a person in rightly; return where they stand."""
        answer = await self.line.sign_in(person, birth_check(person), "net", [release_id], now)
        assert isinstance(answer, SignedIn)
        assert answer.standing is not None
        return answer.standing

    async def join(self, person: bytes, now: float, release_id: str = "spring") -> PlaceToken:
        """Sign a person in rightly; return the token for their place."""
        return token_of(person, await self.stand(person, now, release_id))

    async def join_all(self, people: list[bytes], now: float) -> list[PlaceToken]:
        """Sign people in, all at once."""
        return list(await asyncio.gather(*(self.join(p, now) for p in people)))

    async def enter(self, token: PlaceToken, now: float, device: int = 0) -> EnterAnswer:
        """Enter with a session of this device."""
        return await self.line.enter(token, session_of(token.person_key, device), now)


def token_of(person: bytes, standing: Standing) -> PlaceToken:
    """Return the token that a gateway would give out."""
    return PlaceToken(standing.release_id, standing.index, person, b"sealed", int(OPENS_AT))


def session_of(person: bytes, device: int = 0) -> bytes:
    """Return the digest of a session token."""
    return hashlib.sha256(person + bytes([device])).digest()


def birth_check(person: bytes) -> bytes:
    """Return what proves the birth date of a person here."""
    return hashlib.sha256(b"birth" + person).digest()[:16]


def iso(unix_s: float) -> str:
    """Return a moment as the catalogue writes it."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat()
