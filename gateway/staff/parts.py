"""What a staff gateway is made of, put together once.

Its connections to PostgreSQL and Redis are its own: a crowd that takes all of the residents'
gateways' leaves it these.

Rule 1: making the parts connects to nothing, as in `gateway.parts`.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from psycopg_pool import AsyncConnectionPool
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from starlette.requests import HTTPConnection

from allocator.inbox import Inbox
from allocator.reads import Pool, Reads, SealingKey, contact_keys_behind
from gateway.board import Board
from gateway.choosing import KeptOffers
from gateway.readiness import Readiness
from gateway.receipts import ReceiptSigner
from gateway.sessions import Asked, Drafts
from gateway.staff.accounts import Accounts, Attempts, Limits, StaffSessions
from gateway.staff.call_drafts import CallDrafts
from gateway.staff.closings import Closings
from gateway.staff.journal import Journal
from gateway.staff.passwords import Checker
from gateway.staff.roster_runs import RosterRuns
from gateway.staff.settings import StaffSettings
from gateway.staff.statements import Statements
from gateway.staff.untold import Untold
from gateway.staff.venue_desk import VenueDesk
from monitoring.loop_lag import LoopLag
from monitoring.secrets import read_secret
from waiting_room.line import Line

STAFF_KEY = "staff.key"
"""Seals second factors, makes the keyed hashes of attempts and forms, and is half of what seals
callers."""

_ASKED_KEPT_S = 3_600


@dataclass(frozen=True)
class StaffKeys:
    """The secrets that the staff gateway itself works with. Printed without their content."""

    identity: bytes
    staff: bytes

    def __repr__(self) -> str:
        """Hide the content."""
        return "StaffKeys(…)"

    @property
    def session(self) -> bytes:
        """Return what seals who a caller is and what was typed for them.

        It is made of both keys: the residents' gateways have no `staff.key`, and `identity.key`
        goes with residents' data (`seiriken retention`), so that afterwards nothing opens what a
        disk may still hold.
        """
        return hmac.digest(self.staff, b"calls|" + self.identity, hashlib.sha256)


@dataclass(frozen=True)
class StaffParts:
    """All that the staff's routes work with. `clock` gives the time, with its zone."""

    settings: StaffSettings
    keys: StaffKeys
    clock: Callable[[], datetime]
    redis: Redis
    pool: Pool
    line: Line
    reads: Reads
    board: Board
    readiness: Readiness
    accounts: Accounts
    sessions: StaffSessions
    attempts: Attempts
    checker: Checker
    journal: Journal
    inbox: Inbox
    asked: Asked
    drafts: Drafts
    kept_offers: KeptOffers
    receipts: ReceiptSigner
    venue_desk: VenueDesk
    untold: Untold
    closings: Closings
    roster_runs: RosterRuns

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the tasks that keep the parts up to date, for the length of a block."""
        await self.pool.open(wait=False)
        tasks = (
            *(self.reads, self.inbox, self.board, self.readiness),
            *(self.closings, self.roster_runs, LoopLag()),
        )
        for part in tasks:
            await part.start()
        try:
            yield
        finally:
            for part in reversed(tasks):
                await part.close()
            await self.pool.close()
            await self.redis.aclose()


def parts_of(connection: HTTPConnection) -> StaffParts:
    """Return the parts of the process that answers a request."""
    parts = connection.app.state.parts
    assert isinstance(parts, StaffParts), "create_app puts them there"
    return parts


def assemble(settings: StaffSettings, clock: Callable[[], datetime] | None = None) -> StaffParts:
    """Put the parts together.

    Raises:
        SecretError: a secret is missing or malformed.
    """
    keys = StaffKeys(
        identity=read_secret(settings.secrets_dir, "identity.key"),
        staff=read_secret(settings.secrets_dir, STAFF_KEY),
    )
    redis, pool = _redis(settings), _pool(settings)
    contact_key = contact_keys_behind(pool, settings.secrets_dir)
    reads = Reads(pool, redis, contact_key=contact_key)
    inbox = _inbox(settings, redis, contact_key)
    line = _line(settings, redis)
    board = Board(line, reads, time.monotonic)
    statements = Statements(pool)
    roster_key = read_secret(settings.secrets_dir, "roster.key")
    limits = Limits(
        timedelta(seconds=settings.session_idle_s), timedelta(seconds=settings.session_absolute_s)
    )
    return StaffParts(
        settings=settings,
        keys=keys,
        clock=clock or _now,
        redis=redis,
        pool=pool,
        line=line,
        reads=reads,
        board=board,
        readiness=Readiness(line, reads, board, time.monotonic),
        accounts=Accounts(statements, keys.staff),
        sessions=StaffSessions(statements, limits),
        attempts=Attempts(statements, keys.staff),
        checker=Checker(),
        journal=Journal(statements),
        inbox=inbox,
        venue_desk=VenueDesk(statements, reads, inbox, roster_key),
        untold=Untold(statements, reads, roster_key),
        closings=Closings(inbox),
        roster_runs=RosterRuns(
            settings.database_url, settings.redis_url, settings.secrets_dir, inbox
        ),
        asked=Asked(redis, _ASKED_KEPT_S),
        drafts=Drafts(CallDrafts(redis, settings.call_absolute_s), keys.session),
        kept_offers=KeptOffers(),
        receipts=ReceiptSigner(read_secret(settings.secrets_dir, "receipt.key")),
    )


def _inbox(settings: StaffSettings, redis: Redis, contact_key: SealingKey) -> Inbox:
    return Inbox(
        redis,
        gateway_id=settings.gateway_id,
        contact_key=contact_key,
        request_key=read_secret(settings.secrets_dir, "request.key"),
        length_max=settings.inbox_length_max,
        reply_wait_s=settings.reply_wait_s,
    )


def _line(settings: StaffSettings, redis: Redis) -> Line:
    """Make the line; its sessions are those of callers."""
    return Line(
        redis, session_idle_s=settings.call_idle_s, session_absolute_s=settings.call_absolute_s
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _redis(settings: StaffSettings) -> Redis:
    return Redis.from_pool(
        BlockingConnectionPool.from_url(
            settings.redis_url,
            max_connections=settings.redis_connections_max,
            timeout=settings.redis_timeout_s,
            socket_timeout=settings.redis_timeout_s,
            socket_connect_timeout=1.0,
            retry=Retry(NoBackoff(), 1),
            protocol=2,
        )
    )


def _pool(settings: StaffSettings) -> Pool:
    return AsyncConnectionPool(
        settings.database_url,
        open=False,
        min_size=1,
        max_size=settings.database_connections_max,
        timeout=settings.database_timeout_s,
        reconnect_timeout=settings.database_timeout_s,
        check=AsyncConnectionPool.check_connection,
        kwargs={"autocommit": True, "connect_timeout": 2},
        name="staff",
    )
