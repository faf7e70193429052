"""A server of its own for backups (they copy all of it), and a city that books in it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest

from allocator.inbox import Inbox
from allocator.migrate import role_url
from allocator.model import Booking
from allocator.roster import import_people, read_keys
from allocator.roster_file import Person
from monitoring.secrets import create_missing
from seiriken.backup.catalogue import KEEP_USUAL, Backup
from seiriken.backup.programs import programs
from seiriken.backup.receiving import Receiver
from seiriken.backup.repository import Repository
from seiriken.backup.sealing import read_key
from seiriken.backup.taking import Source, take
from seiriken.backup.wheel import Wheel
from seiriken.database import create_database, prepare_database
from seiriken.embedded_postgres import EmbeddedPostgres, bin_dir
from tests.integration.allocator.books import PEOPLE, Books
from tests.integration.city import BORN, MUNICIPALITY, ticket
from tests.waiting import until

MORE_PEOPLE = 2_000
LATE_S = 240.0
"""Time for what a full machine does beside much else; usually it takes a second or two."""


class Answer(msgspec.Struct, frozen=True):
    """What somebody was told, and when that was known at the latest."""

    at: datetime
    request_id: UUID
    booking_number: str | None


class Town:
    """A city in a server of its own, its repository, and what backups need."""

    def __init__(self, server: EmbeddedPostgres, redis_url: str, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.owner_url = server.url("seiriken")
        self.secrets_dir = folder / "secrets"
        create_missing(self.secrets_dir, ["backup.key"])
        self.books = Books(self.owner_url, redis_url, folder)
        self._more_people_and_seats()
        self.engine = Wheel(programs(None))
        self.key_file = self.secrets_dir / "backup.key"
        (folder / "backups").mkdir()
        self.repository = Repository(folder / "backups", read_key(self.key_file))
        url = role_url(self.owner_url, "backup", "backup-password")
        self.source = Source(url, (self.secrets_dir,))
        self.answers: list[Answer] = []

    def _more_people_and_seats(self) -> None:
        people = [
            Person(MUNICIPALITY, ticket(number), BORN)
            for number in range(PEOPLE, PEOPLE + MORE_PEOPLE)
        ]
        import_people(self.owner_url, read_keys(self.secrets_dir), people)
        self.execute("UPDATE seats SET capacity = 100000 WHERE capacity > 0")

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.owner_url) as connection:
            connection.execute(statement.encode())

    def alone(self, statement: str) -> None:
        """Run what may not stand in a transaction."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def booking(self) -> Iterator[None]:
        """Let one person after the other book while the block runs; note what each was told."""
        ended = threading.Event()
        writing = threading.Thread(target=self.books.run_writer, args=(lambda _: ended.is_set(),))
        asking = threading.Thread(target=self.books.ask, args=(lambda i: self._ask(i, ended),))
        writing.start()
        asking.start()
        try:
            yield
        finally:
            ended.set()
            asking.join()
            writing.join()

    async def _ask(self, inbox: Inbox, ended: threading.Event) -> None:
        while not ended.is_set():
            number = len(self.answers) + 1
            outcome = await self.books.book(inbox, number)
            if outcome is not None:
                told = outcome.booking_number if isinstance(outcome, Booking) else None
                self.answers.append(Answer(datetime.now(UTC), UUID(int=number), told))

    def take(self) -> Backup:
        """Make a full backup and rotate, as the keeper does."""
        with self.repository.held(alone=True):
            made = take(self.repository, self.source, self.engine, is_urgent=True)
            self.repository.rotate(KEEP_USUAL)
        return made

    def wait_for_answers(self, more: int) -> None:
        """Return once so many more were answered."""
        before = len(self.answers)
        until(lambda: len(self.answers) >= before + more, LATE_S)

    @contextmanager
    def receiving(self) -> Iterator[Receiver]:
        """Keep the archive while the block runs."""
        receiver = Receiver(
            self.source.database_url,
            self.repository,
            self.folder / "spool",
            self.engine.tools,
            look_every_s=0.2,
            close_after_s=0.5,
        )
        receiver.start()
        try:
            until(lambda: receiver.is_receiving, LATE_S)
            yield receiver
        finally:
            receiver.close()

    def wait_until_archived(self, receiver: Receiver, moment: datetime) -> None:
        """Return once all that was committed before a moment is archived."""

        def is_archived() -> bool:
            return receiver.through is not None and receiver.through >= moment

        until(is_archived, LATE_S)


_IN_HASTE = "-c checkpoint_completion_target=0.01"


@contextmanager
def running(server: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """Run a server while the block runs, with quick checkpoints."""
    server.prepare()
    _pg_ctl(server, "start", "-o", _IN_HASTE, f"--log={server.data_dir / 'log'}")
    try:
        yield server
    finally:
        _pg_ctl(server, "stop", "--mode=immediate")


def _pg_ctl(server: EmbeddedPostgres, *arguments: str) -> None:
    subprocess.run(
        [str(bin_dir() / "pg_ctl"), "--silent", "--wait", "-D", str(server.data_dir), *arguments],
        check=True,
        cwd=server.data_dir,
        user=server.user,
        group=server.user,
        extra_groups=None if server.user is None else [],
    )


@pytest.fixture
def town(run_dir: Path, redis_url: str, request: pytest.FixtureRequest) -> Iterator[Town]:
    """A town with nothing booked yet."""
    folder = run_dir / f"town-{abs(hash(request.node.name)) % 10_000}"
    folder.mkdir()
    server = EmbeddedPostgres(folder / "postgres", folder / "pg", "owner-password")
    with running(server):
        create_database(server.url(), "seiriken")
        prepare_database(server.url("seiriken"), lambda purpose: f"{purpose}-password")
        yield Town(server, redis_url, folder)
    shutil.rmtree(folder)
