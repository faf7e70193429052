"""A loaded release and the parts of the allocator, on real servers, one step at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from redis import Redis
from redis.asyncio import BlockingConnectionPool
from redis.asyncio import Redis as AsyncRedis

from allocator.batch import Batch
from allocator.commands import Book, Request
from allocator.commits import ThreadedCommits
from allocator.inbox import Inbox
from allocator.intake import Intake
from allocator.model import SITE_TIMEZONE, Choice, Flexible, Outcome
from allocator.publish import Publisher
from allocator.reads import person_key
from allocator.release_store import Loaded, load_release
from allocator.roster import import_people, read_keys
from allocator.roster_file import Person
from allocator.sealing import Contact, content_digest, seal_contact
from allocator.store import Store
from allocator.writer import Writer
from monitoring.secrets import create_missing, read_secret
from tests.integration.city import BORN, FIRST_DAY, MUNICIPALITY, make_plan, ticket
from tests.waiting import until

Result = TypeVar("Result")
CONTACT = Contact("試験 百合", "08098765432", "yuri.7@example.jp")
ANY_PAIR = Flexible(FIRST_DAY, FIRST_DAY)
PEOPLE = 30


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(SITE_TIMEZONE)


def turn_until(writer: Writer, condition: Callable[[], bool]) -> None:
    """Let a writer do one step after another until a condition holds."""

    def turned() -> bool:
        writer.turn()
        return condition()

    until(turned)


class LateCommits:
    """Commits in `finish`, so that what is decided meanwhile cannot see it in the tables."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.started: tuple[Batch, int, datetime] | None = None

    def start(self, batch: Batch, epoch: int, decided_at: datetime) -> None:
        """Keep a batch."""
        assert self.started is None
        self.started = (batch, epoch, decided_at)

    def finish(self) -> None:
        """Commit it."""
        assert self.started is not None
        started, self.started = self.started, None
        self.store.write(*started)


class Books:
    """One campaign's tables and queue."""

    def __init__(self, database_url: str, redis_url: str, home: Path) -> None:
        self.database_url = database_url
        self.redis_url = redis_url
        self.secrets_dir = home / "secrets"
        create_missing(self.secrets_dir)
        assert isinstance(load_release(database_url, make_plan()), Loaded)
        people = [Person(MUNICIPALITY, ticket(number), BORN) for number in range(PEOPLE)]
        import_people(database_url, read_keys(self.secrets_dir), people)

    def secret(self, name: str) -> bytes:
        """Return one of the city's keys."""
        return read_secret(self.secrets_dir, name)

    def person(self, number: int) -> bytes:
        """Return the key of a person on the roster."""
        return person_key(self.secret("identity.key"), MUNICIPALITY, ticket(number))

    def request(
        self, number: int, wish: tuple[Choice, ...] | Flexible = ANY_PAIR, who: int | None = None
    ) -> Request:
        """Return request `number`, of the person of that number unless said otherwise."""
        request_id = UUID(int=number)
        unsealed = Book("spring", wish, b"", "ja")
        digest = content_digest(self.secret("request.key"), unsealed, CONTACT)
        sealed = seal_contact(self.secret("contact.key"), CONTACT, request_id)
        person = self.person(number if who is None else who)
        return Request(request_id, digest, person, Book("spring", wish, sealed, "ja"))

    @contextmanager
    def store(self, *, pipelined: bool = True) -> Iterator[Store]:
        """Give a connection of the allocator's."""
        key = self.secret("roster.key")
        with closing(Store(self.database_url, roster_key=key, pipelined=pipelined)) as store:
            yield store

    @contextmanager
    def redis(self) -> Iterator[Redis]:
        """Give a connection to Redis."""
        with Redis.from_url(self.redis_url) as redis:
            yield redis

    @contextmanager
    def writer(
        self,
        redis: Redis,
        *,
        stopped: Callable[[float], bool],
        clock: Callable[[], datetime] = now,
        monotonic: Callable[[], float] = time.monotonic,
        instance: str = "allocator-0",
        lease_s: float = 4.0,
        batch_size_max: int = 500,
        late: bool = False,
    ) -> Iterator[Writer]:
        """Put a writer together; a `late` one's commits begin when they must be over."""
        with self.store() as store, self.store() as another:
            threaded = ThreadedCommits(another)
            with closing(threaded):
                yield Writer(
                    store,
                    Intake(redis, instance, batch_size_max),
                    Publisher(redis, store, 0.05),
                    LateCommits(another) if late else threaded,
                    instance=instance,
                    lease_s=lease_s,
                    clock=clock,
                    stopped=stopped,
                    monotonic=monotonic,
                )

    def run_writer(
        self,
        enough: Callable[[Redis], bool],
        *,
        instance: str = "allocator-0",
        lease_s: float = 4.0,
    ) -> None:
        """Run a writer in this thread until a condition holds."""
        with (
            self.redis() as redis,
            self.writer(
                redis,
                stopped=lambda _wait_s: enough(redis),
                instance=instance,
                lease_s=lease_s,
            ) as writer,
        ):
            writer.run()

    def rows(self, statement: str) -> list[Any]:
        """Ask the tables."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement.encode()).fetchall()

    def ask(
        self,
        calls: Callable[[Inbox], Awaitable[Result]],
        *,
        length_max: int = 100,
        reply_wait_s: float = 20.0,
    ) -> Result:
        """Call a gateway's inbox."""

        async def run() -> Result:
            pool = BlockingConnectionPool.from_url(self.redis_url, max_connections=8)
            async with AsyncRedis(connection_pool=pool) as redis:
                inbox = Inbox(
                    redis,
                    gateway_id="g0",
                    contact_key=self.secret("contact.key"),
                    request_key=self.secret("request.key"),
                    length_max=length_max,
                    reply_wait_s=reply_wait_s,
                )
                await inbox.start()
                try:
                    return await calls(inbox)
                finally:
                    await inbox.close()
                    await pool.disconnect()

        return asyncio.run(run())

    async def book(self, inbox: Inbox, number: int, who: int | None = None) -> Outcome | None:
        """Hand in request `number`."""
        return await inbox.book(
            UUID(int=number),
            self.person(number if who is None else who),
            release_id="spring",
            wish=ANY_PAIR,
            contact=CONTACT,
            language="ja",
        )
