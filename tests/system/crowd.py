"""A steady crowd at the allocator's inbox, who remember every answer they were given."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from redis import Redis

from allocator.commands import Book, Cancel, Command, Request
from allocator.inbox import INBOX_KEY, entries_of, reply_key
from allocator.model import Flexible
from allocator.reads import person_key
from allocator.release_store import Loaded, load_release
from allocator.roster import import_people, read_keys
from allocator.roster_file import Person
from allocator.sealing import Contact, content_digest, seal_contact
from monitoring.secrets import create_missing, read_secret
from tests.integration.city import BORN, DAYS, FIRST_DAY, MUNICIPALITY, make_plan, ticket

PEOPLE = 2_000
SEATS_PER_SLOT = 1_000
GATEWAY = "crowd"
CONTACT = Contact("試験 百合", "08098765432", "yuri.7@example.jp")
WISH = Flexible(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS - 1))
BURST_EVERY_S = 0.05
BURST_MAX = 15


class Crowd:
    """People who book, and in their next turn give back, for as long as they are let.

    `answers` holds, by the request's number, when it was first answered, and how.
    """

    def __init__(self, database_url: str, redis: Redis, secrets_dir: Path, seed: int) -> None:
        create_missing(secrets_dir)
        plan = make_plan()
        roomy = tuple(
            msgspec.structs.replace(
                slot, capacities=tuple(SEATS_PER_SLOT if count else 0 for count in slot.capacities)
            )
            for slot in plan.slots
        )
        loaded = load_release(database_url, msgspec.structs.replace(plan, slots=roomy))
        assert isinstance(loaded, Loaded)
        people = [Person(MUNICIPALITY, ticket(number), BORN) for number in range(PEOPLE)]
        import_people(database_url, read_keys(secrets_dir), people)
        keys = {name: read_secret(secrets_dir, f"{name}.key") for name in ("request", "contact")}
        identity_key = read_secret(secrets_dir, "identity.key")
        self._keys = keys
        self._people = [person_key(identity_key, MUNICIPALITY, ticket(n)) for n in range(PEOPLE)]
        self._redis: Any = redis
        self._random = random.Random(seed)  # noqa: S311, the same bursts for the same seed
        self._stop = threading.Event()
        self.handed_in = 0
        self.answers: dict[int, tuple[float, bytes]] = {}
        self.contradictions = 0

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Let them come while the block runs."""
        self._stop.clear()
        threads = [threading.Thread(target=work) for work in (self._hand_in, self._listen)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def unanswered(self) -> int:
        """Return how many wait for their answer."""
        return self.handed_in - len(self.answers)

    def answered_after(self, first: int) -> float | None:
        """Return when one of the requests from number `first` on was first answered."""
        told = [self.answers[n][0] for n in range(first, self.handed_in) if n in self.answers]
        return min(told, default=None)

    def _hand_in(self) -> None:
        while not self._stop.wait(BURST_EVERY_S):
            pipeline = self._redis.pipeline(transaction=False)
            burst = range(self.handed_in, self.handed_in + self._random.randint(1, BURST_MAX))
            for number in burst:
                raw = msgspec.msgpack.encode(self._request(number))
                pipeline.xadd(INBOX_KEY, {"r": raw, "g": GATEWAY, "h": str(number)})
            # Counted before it is sent: what has a higher number is sent later than this moment.
            self.handed_in = burst.stop
            pipeline.execute()

    def _listen(self) -> None:
        last_id = b"0"
        while not (self._stop.is_set() and self.unanswered() == 0):
            streams = self._redis.xread({reply_key(GATEWAY): last_id}, count=1_000, block=100)
            for entry_id, fields in entries_of(streams):
                last_id, number = entry_id, int(fields[b"h"])
                first = self.answers.setdefault(number, (time.monotonic(), fields[b"o"]))
                self.contradictions += first[1] != fields[b"o"]

    def _request(self, number: int) -> Request:
        request_id, turn = UUID(int=number + 1), number // PEOPLE
        command: Command = Cancel("c1", "both")
        digest = content_digest(self._keys["request"], command)
        if turn % 2 == 0:
            book = Book("spring", WISH, b"", "ja")
            digest = content_digest(self._keys["request"], book, CONTACT)
            sealed = seal_contact(self._keys["contact"], CONTACT, request_id)
            command = msgspec.structs.replace(book, contact=sealed)
        return Request(request_id, digest, self._people[number % PEOPLE], command)
