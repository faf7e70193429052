"""What the gateway may know: answers and bookings from PostgreSQL, the offer from memory.

Rule 1: nothing here writes. The database role behind the pool can only SELECT.
Rule 2: what every resident looks at (catalogue, availability) is fetched from
Redis a few times a second by one task, and served from memory (I11). What is shown as free
and is gone costs its resident another try: so the pause is as short as a share of the time
allows, and what has not changed is not read again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, Error
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from redis.asyncio import Redis
from redis.exceptions import RedisError

from allocator import statements
from allocator.calendar_file import CALENDAR_FILE as CALENDAR_FILE
from allocator.calendar_file import Appointment as Appointment
from allocator.calendar_file import Appointments as Appointments
from allocator.calendar_file import calendar_file as calendar_file
from allocator.codes import ASKED_STREAM as ASKED_STREAM
from allocator.codes import CODE_DIGITS as CODE_DIGITS
from allocator.codes import CODE_KEY as CODE_KEY
from allocator.codes import CODE_LIFE_S as CODE_LIFE_S
from allocator.codes import code_for as code_for
from allocator.commands import MarkDose as MarkDose
from allocator.commands import NotCome as NotCome
from allocator.commands import WalkIn as WalkIn
from allocator.contact_keys import DATA_KEYS, ContactKeys, WrappedKey, stored_keys
from allocator.errors import CatalogueMissing, NotYours, StoreAway
from allocator.model import Booking, Catalogue, Outcome
from allocator.offer import Availability as Availability
from allocator.offer import OpenSlot as OpenSlot
from allocator.reminder_links import STOP_PATH as STOP_PATH
from allocator.reminder_links import booking_of_link as booking_of_link
from allocator.rows import booking_from_row
from allocator.sealing import Contact as Contact
from allocator.sealing import Identity as Identity
from allocator.sealing import SealingKey as SealingKey
from allocator.sealing import birth_check as birth_check
from allocator.sealing import person_key as person_key
from allocator.sealing import pin_check as pin_check
from allocator.sealing import seal as seal
from allocator.sealing import seal_identity as seal_identity
from allocator.sealing import unseal as unseal
from allocator.sealing import unseal_contact
from allocator.sealing import unseal_identity as unseal_identity
from monitoring.background import Background

CATALOGUE_KEY = "catalogue"
PINS_KEY = "pins"
"""There while somebody on the roster has a PIN on the ticket."""
REFRESH_EVERY_S_MIN, REFRESH_EVERY_S_MAX = 0.25, 1.0
_COST_SHARE_MAX = 0.05
"""At most this share of the time goes into fetching, but for once in REFRESH_EVERY_S_MAX."""

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


def availability_key(release_id: str) -> str:
    """Return the Redis key of what a release still has."""
    return f"availability:{release_id}"


def contact_keys_behind(pool: Pool, secrets_dir: Path) -> ContactKeys:
    """Return the keys of contact details, wrapped ones from PostgreSQL. Raises `SecretError`."""

    async def fetch() -> list[WrappedKey]:
        try:
            async with pool.connection() as connection:
                cursor = connection.cursor(row_factory=statements.named_rows)
                return stored_keys(await (await cursor.execute(DATA_KEYS)).fetchall())
        except (Error, PoolTimeout):
            raise StoreAway from None

    return ContactKeys(secrets_dir, fetch)


class HeldBooking(msgspec.Struct, frozen=True):
    """A person's booking with the contact details that were given for it.

    `revision` counts how often its doses were moved, the last time at `arranged_at`.
    """

    booking: Booking
    contact: Contact
    booked_at: datetime
    revision: int = 0
    arranged_at: datetime | None = None


class OnStandby(msgspec.Struct, frozen=True):
    """A person's place on the standby list, or the offer that they have.

    `ahead` counts who is to be offered something before them; None with an offer.
    """

    booking: Booking
    ahead: int | None


class Reads:
    """One gateway's view of what the allocator wrote."""

    def __init__(self, pool: Pool, redis: Redis, *, contact_key: SealingKey) -> None:
        self._pool = pool
        self._redis = redis
        self._contact_key = contact_key
        self._catalogue: Catalogue | None = None
        self._catalogue_bytes = b""
        self._has_pins = False
        self._availability: dict[str, Availability] = {}
        self._availability_bytes: dict[str, bytes] = {}
        self._background = Background(reads_refresh=self._refresh_forever)

    async def start(self) -> None:
        """Begin to refresh what is kept in memory."""
        self._background.start()

    async def close(self) -> None:
        """Stop refreshing. The pool is its maker's to close."""
        await self._background.end()

    @property
    def catalogue(self) -> Catalogue:
        """Return what is on offer.

        Raises:
            CatalogueMissing: the allocator has not published it yet.
        """
        if self._catalogue is None:
            raise CatalogueMissing
        return self._catalogue

    @property
    def has_pins(self) -> bool:
        """Say whether somebody on the roster has a PIN, at most about a second old."""
        return self._has_pins

    def availability(self, release_id: str) -> Availability | None:
        """Return what a release still has, at most about a second old; None if unknown."""
        return self._availability.get(release_id)

    async def outcome(self, request_id: UUID, person: bytes) -> Outcome | None:
        """Return the answer that a request got, None while it has none.

        Raises:
            NotYours: another person's request.
            StoreAway: PostgreSQL does not answer.
        """
        row = await self._one(statements.OUTCOME_OF_REQUEST, {"request_id": request_id})
        if row is None:
            return None
        if row[0] != person:
            raise NotYours
        answer: Outcome = msgspec.msgpack.decode(row[1], type=Outcome)
        return answer

    async def booking_of(self, person: bytes, campaign_id: str) -> HeldBooking | None:
        """Return the booking that a person holds in a campaign. Raises `StoreAway`."""
        row = await self._one(
            statements.BOOKING_OF_PERSON, {"person_key": person, "campaign_id": campaign_id}
        )
        if row is None:
            return None
        booking = booking_from_row(row)
        contact = await self._contact(row.contact, booking.booking_id)
        return HeldBooking(booking, contact, row.booked_at, row.revision, row.arranged_at)

    async def reminded_of(self, booking_id: UUID) -> tuple[bytes, str] | None:
        """Return the person and the campaign of a booking that is reminded of, if it is.

        Raises:
            StoreAway: the database does not answer.
        """
        row = await self._one(statements.BOOKING_HOLDER, {"booking_id": booking_id})
        return (row.person_key, row.campaign_id) if row is not None and row.reminders else None

    async def standby_of(self, person: bytes, campaign_id: str) -> OnStandby | None:
        """Return where a person stands on the standby list of a campaign. Raises `StoreAway`."""
        row = await self._one(
            statements.STANDBY_OF_PERSON, {"person_key": person, "campaign_id": campaign_id}
        )
        if row is None:
            return None
        return OnStandby(booking_from_row(row), row.ahead if row.state == "standby" else None)

    async def contact_of(self, sealed: bytes, booking_id: UUID) -> Contact:
        """Return the contact details of a booking. Raises `SealBroken`, `StoreAway`."""
        return await self._contact(sealed, booking_id)

    async def ready(self) -> bool:
        """Say whether PostgreSQL answers."""
        try:
            return await self._one(statements.STORE_ANSWERS, {}) is not None
        except StoreAway:
            return False

    async def refresh(self) -> None:
        """Fetch catalogue and availability once. Redis errors pass through."""
        raw: Any = await self._redis.get(CATALOGUE_KEY)
        if raw is None:
            self._catalogue = None
            return
        if raw != self._catalogue_bytes or self._catalogue is None:
            self._catalogue = msgspec.json.decode(raw, type=Catalogue)
            self._catalogue_bytes = raw
        release_ids = list(self._catalogue.releases)
        if not release_ids:
            return
        asked = [PINS_KEY, *map(availability_key, release_ids)]
        found: Any = await self._redis.mget(asked)
        pins, *published = found
        self._has_pins = pins is not None
        for release_id, content in zip(release_ids, published, strict=True):
            if content is not None and content != self._availability_bytes.get(release_id):
                self._availability_bytes[release_id] = content
                self._availability[release_id] = msgspec.msgpack.decode(content, type=Availability)

    async def _contact(self, sealed: bytes, booking_id: UUID) -> Contact:
        if isinstance(self._contact_key, ContactKeys):
            return await self._contact_key.unseal_contact(sealed, booking_id)
        return unseal_contact(self._contact_key, sealed, booking_id)

    async def _refresh_forever(self) -> None:
        while True:
            began_s = time.monotonic()
            with contextlib.suppress(RedisError):
                await self.refresh()
            pause_s = (time.monotonic() - began_s) / _COST_SHARE_MAX
            await asyncio.sleep(min(max(pause_s, REFRESH_EVERY_S_MIN), REFRESH_EVERY_S_MAX))

    async def _one(self, sql: str, parameters: dict[str, Any]) -> Any:
        try:
            async with self._pool.connection() as connection:
                cursor = connection.cursor(row_factory=statements.named_rows)
                await cursor.execute(sql.encode(), parameters)
                return await cursor.fetchone()
        except (Error, PoolTimeout):
            raise StoreAway from None
