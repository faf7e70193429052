"""What a gateway process is made of, put together once.

Rule 1: making the parts connects to nothing: a gateway starts while Redis or
PostgreSQL are away, says so, and finds them again by itself.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from psycopg_pool import AsyncConnectionPool
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from starlette.requests import HTTPConnection

from allocator.inbox import Inbox
from allocator.reads import CODE_KEY, Pool, Reads, contact_keys_behind
from gateway.availability import KeptAnswers
from gateway.board import Board
from gateway.choosing import KeptOffers
from gateway.downtime import Downtime
from gateway.kept_pages import KeptPages
from gateway.proofs import Proofs
from gateway.readiness import Readiness
from gateway.receipts import ReceiptSigner
from gateway.sessions import Asked, Drafts, SignedOut
from gateway.settings import GatewaySettings
from gateway.vwr import Vwr, vwr_of
from monitoring.loop_lag import LoopLag
from monitoring.secrets import read_secret
from waiting_room.line import Line

_ASKED_KEPT_S = 3_600


@dataclass(frozen=True)
class Keys:
    """The secrets that the gateway itself works with. Printed without their content."""

    identity: bytes
    session: bytes
    place: bytes
    code: bytes

    def __repr__(self) -> str:
        """Hide the content."""
        return "Keys(…)"


@dataclass(frozen=True)
class Parts:
    """All that the acts and routes work with. `clock` gives the time, with its zone."""

    settings: GatewaySettings
    keys: Keys
    clock: Callable[[], datetime]
    redis: Redis
    pool: Pool
    line: Line
    inbox: Inbox
    reads: Reads
    offers: KeptAnswers
    kept_offers: KeptOffers
    kept_pages: KeptPages
    board: Board
    downtime: Downtime
    drafts: Drafts
    asked: Asked
    signed_out: SignedOut
    proofs: Proofs
    receipts: ReceiptSigner
    readiness: Readiness
    vwr: Vwr | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the tasks that keep the parts up to date, for the length of a block."""
        await self.pool.open(wait=False)
        lag = LoopLag()
        tasks = (self.reads, self.inbox, self.board, self.downtime, self.readiness, lag)
        for part in tasks:
            await part.start()
        try:
            yield
        finally:
            for part in reversed(tasks):
                await part.close()
            await self.pool.close()
            await self.redis.aclose()


def parts_of(connection: HTTPConnection) -> Parts:
    """Return the parts of the process that answers a request."""
    parts = connection.app.state.parts
    assert isinstance(parts, Parts), "create_app puts them there"
    return parts


def assemble(settings: GatewaySettings, clock: Callable[[], datetime] | None = None) -> Parts:
    """Put the parts together.

    Raises:
        SecretError: a secret is missing or malformed.
    """
    secrets_dir = settings.secrets_dir
    keys = _keys(secrets_dir)
    redis = _redis(settings)
    pool = _pool(settings)
    contact_key = contact_keys_behind(pool, secrets_dir)
    reads = Reads(pool, redis, contact_key=contact_key)
    line = Line(
        redis,
        session_idle_s=settings.session_idle_s,
        session_absolute_s=settings.session_absolute_s,
        limits=settings.sign_in_limits(),
    )
    board = Board(line, reads, time.monotonic)
    return Parts(
        settings=settings,
        keys=keys,
        clock=clock or _now,
        redis=redis,
        pool=pool,
        line=line,
        inbox=Inbox(
            redis,
            gateway_id=settings.gateway_id,
            contact_key=contact_key,
            request_key=read_secret(secrets_dir, "request.key"),
            length_max=settings.inbox_length_max,
            reply_wait_s=settings.reply_wait_s,
        ),
        reads=reads,
        offers=KeptAnswers(),
        kept_offers=KeptOffers(),
        kept_pages=KeptPages(),
        board=board,
        downtime=Downtime(redis, clock or _now),
        drafts=Drafts(line, keys.session),
        asked=Asked(redis, _ASKED_KEPT_S),
        signed_out=SignedOut(redis),
        proofs=_proofs(settings, redis, keys, clock or _now),
        receipts=ReceiptSigner(read_secret(secrets_dir, "receipt.key")),
        readiness=Readiness(line, reads, board, time.monotonic),
        vwr=vwr_of(settings, redis),
    )


def _proofs(
    settings: GatewaySettings, redis: Redis, keys: Keys, clock: Callable[[], datetime]
) -> Proofs:
    return Proofs(redis, keys.place, tries_max=settings.proof_tries_max, clock=clock)


def _now() -> datetime:
    return datetime.now(UTC)


def _keys(secrets_dir: Path) -> Keys:
    return Keys(
        identity=read_secret(secrets_dir, "identity.key"),
        session=read_secret(secrets_dir, "session.key"),
        place=read_secret(secrets_dir, "place.key"),
        code=read_secret(secrets_dir, CODE_KEY),
    )


def _redis(settings: GatewaySettings) -> Redis:
    """Make a client that waits for a free connection, and tries a broken one once more."""
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=settings.redis_connections_max,
        timeout=settings.redis_timeout_s,
        socket_timeout=settings.redis_timeout_s,
        socket_connect_timeout=1.0,
        retry=Retry(NoBackoff(), 1),
        protocol=2,
    )
    return Redis.from_pool(pool)


def _pool(settings: GatewaySettings) -> Pool:
    """Make a pool that opens its connections when they are needed."""
    return AsyncConnectionPool(
        settings.database_url,
        open=False,
        min_size=1,
        max_size=settings.database_connections_max,
        timeout=settings.database_timeout_s,
        reconnect_timeout=settings.database_timeout_s,
        check=AsyncConnectionPool.check_connection,
        kwargs={"autocommit": True, "connect_timeout": 2},
        name="gateway",
    )
