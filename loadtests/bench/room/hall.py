"""Redis as the allocator and a crowd leave it: roster, catalogue, and places in the line.

People who are to sign in have the keys of a real roster; everybody else has numbers that
look like them, which cost less to make.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any, cast

import msgspec
from redis import Redis

from allocator.publish import PUBLISHED_KEY, ROSTER_KEY
from allocator.reads import CATALOGUE_KEY
from allocator.sealing import birth_check, person_key
from loadtests.bench.releases import BORN, catalogue_of, now, plan_of
from loadtests.bench.room.talking import request
from loadtests.bench.servers import Servers
from loadtests.bench.towns import spread
from loadtests.bench.waiting import until
from monitoring.secrets import read_secret
from waiting_room import keys

MUNICIPALITY = "122319"
_PIECE_PEOPLE = 5_000
_LINE_S_MAX = 120.0
_SLOTS = 20
_PROGRAM = {"Content-Type": "application/json", "X-Requested-With": "seiriken"}


@dataclass(frozen=True)
class Person:
    """Somebody on the roster who can sign in."""

    ticket_number: str
    person_key: bytes
    birth_check: bytes

    @property
    def sign_in(self) -> bytes:
        """Return their request to sign in."""
        body = {"ticket_number": self.ticket_number, "birth_date": BORN.isoformat()}
        return request("POST", "/api/v1/sign-in", _PROGRAM, msgspec.json.encode(body))


class Hall:
    """The waiting room's Redis."""

    def __init__(self, servers: Servers) -> None:
        self._redis = Redis.from_url(servers.redis_url, protocol=2)
        self._published = 0
        self._identity_key = read_secret(servers.secrets_dir, "identity.key")

    def clear(self) -> None:
        """Begin with an empty Redis, in which everybody may know that all is published."""
        self._redis.flushall()
        self._published = 0
        self._redis.set(PUBLISHED_KEY, b"bench")

    def people(self, count: int) -> list[Person]:
        """Return the first people of the roster."""
        made = []
        for number in range(count):
            ticket = f"{number:010d}"
            person = person_key(self._identity_key, MUNICIPALITY, ticket)
            made.append(Person(ticket, person, birth_check(self._identity_key, person, BORN)))
        return made

    def enrol(self, people: Sequence[Person], roster: int) -> None:
        """Make a roster that has these people, and others until it holds so many; put it aside."""
        known = ((one.person_key, one.birth_check) for one in people)
        others = ((spread(n), spread(n + roster)) for n in range(roster - len(people)))
        self._fill(_aside(roster), chain(known, others))

    def publish(self, roster: int) -> None:
        """Publish a roster of so many that was put aside, in place of another one."""
        if self._published:
            self._redis.rename(ROSTER_KEY, _aside(self._published))
        self._redis.rename(_aside(roster), ROSTER_KEY)
        self._published = roster

    def offer(self, release_id: str, *, opens_in_s: float) -> datetime:
        """Publish a catalogue of one release, whose lobby has begun; return when it opens."""
        catalogue = catalogue_of(plan_of(_SLOTS, 1))
        (release,) = catalogue.releases.values()
        opens_at = now() + timedelta(seconds=opens_in_s)
        offered = msgspec.structs.replace(
            release,
            release_id=release_id,
            lobby_at=opens_at - timedelta(days=1),
            opens_at=opens_at,
            closes_at=opens_at + timedelta(days=1),
        )
        published = msgspec.structs.replace(catalogue, releases={release_id: offered})
        self._redis.set(CATALOGUE_KEY, msgspec.json.encode(published))
        return opens_at

    def wait_for_line(self, release_id: str) -> None:
        """Wait until the room has made the line."""
        meta = keys.meta(release_id)
        until("the room makes the line", lambda: self._redis.exists(meta), _LINE_S_MAX)

    def fill_line(self, release_id: str, people: int, *, after: int = 0) -> None:
        """Put people into a line that is there, behind the `after` people who are in it."""
        self._fill(keys.places(release_id), ((spread(n), after + n) for n in range(people)))
        self._redis.hset(keys.meta(release_id), "next_index", after + people)

    def empty_line(self, release_id: str) -> None:
        """Forget everybody's place, so that people who sign in again join like new ones."""
        self._redis.delete(keys.places(release_id))

    def let_in(self, release_id: str, people: int, now_s: float) -> None:
        """Put the first people of the line inside, too."""
        held = {spread(n): now_s + 3_600 for n in range(people)}
        came = {spread(n): n + 1 for n in range(people)}
        self._redis.zadd(keys.inside(release_id), cast("Any", held))
        self._redis.zadd(keys.active(release_id), dict.fromkeys(cast("Any", held), now_s))
        self._redis.zadd(keys.entered(release_id), cast("Any", came))
        self._redis.hset(keys.meta(release_id), "entered", people)

    def memory_bytes(self) -> int:
        """Return what Redis has allocated."""
        info: Any = self._redis.info("memory")
        return int(info["used_memory"])

    def close(self) -> None:
        """Leave Redis."""
        self._redis.close()

    def _fill(self, key: str, entries: Iterable[tuple[bytes, bytes | int]]) -> None:
        left = iter(entries)
        while piece := dict(islice(left, _PIECE_PEOPLE)):
            self._redis.hset(key, mapping=cast("Any", piece))


def _aside(roster: int) -> str:
    return f"bench:roster:{roster}"
