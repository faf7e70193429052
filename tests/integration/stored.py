"""Bookings and messages put straight into the tables, as the allocator would leave them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg

from allocator.release_store import Loaded, load_release
from allocator.sealing import Contact, seal_contact
from tests.integration.city import make_plan

CONTACT = Contact("試験 百合", "08098765432", "yuri.7@example.jp")
PERSONAL = ("試験", "百合", "08098765432", "yuri.7", "example.jp")


class StoredBooking(msgspec.Struct, frozen=True):
    """What was put in."""

    booking_id: UUID
    booking_number: str
    person_key: bytes
    slot_ids: tuple[int, int]


class Stored:
    """Puts bookings of one release ("spring") and their messages into a migrated database."""

    def __init__(self, database_url: str, contact_key: bytes) -> None:
        assert isinstance(load_release(database_url, make_plan()), Loaded)
        self.connection = psycopg.connect(database_url, autocommit=True)
        self.connection.execute("UPDATE seats SET capacity = 1000 WHERE capacity > 0")
        self.contact_key = contact_key
        self._seq = 0

    def close(self) -> None:
        self.connection.close()

    def slots(self) -> tuple[int, int]:
        """Return the first slot of dose 1 and the slot of dose 2 that goes with it."""
        row = self.one(
            "SELECT s1.slot_id, s2.slot_id FROM slot s1 JOIN seats a ON a.slot_id = s1.slot_id "
            "AND a.dose = 1 AND a.capacity > 0 JOIN slot s2 ON s2.venue_id = s1.venue_id "
            "AND s2.starts_at = s1.starts_at + interval '21 days' ORDER BY 1 LIMIT 1"
        )
        return int(row[0]), int(row[1])

    def book(
        self, contact: Contact = CONTACT, person_key: bytes | None = None, language: str = "ja"
    ) -> StoredBooking:
        """Store a booking of both doses, its journal entry, and the seats that it takes."""
        slot_ids = self.slots()
        booking_id = uuid4()
        booking = StoredBooking(
            booking_id, booking_id.hex[:8], person_key or uuid4().bytes, slot_ids
        )
        self.connection.execute(
            "INSERT INTO booking SELECT %s, %s, %s, 'c1', 'spring', 'comirnaty', s1.slot_id, "
            "s1.day, s2.slot_id, s2.day, 19, 42, 'booked', %s, %s, now() FROM slot s1, slot s2 "
            "WHERE s1.slot_id = %s AND s2.slot_id = %s",
            [
                booking_id,
                booking.booking_number,
                booking.person_key,
                seal_contact(self.contact_key, contact, booking_id),
                language,
                *slot_ids,
            ],
        )
        self.connection.execute(
            "UPDATE seats SET taken = taken + 1 WHERE (slot_id, dose) IN ((%s, 1), (%s, 2))",
            slot_ids,
        )
        self.journal(booking_id, "book")
        return booking

    def journal(self, booking_id: UUID, command: str, elsewhere: object = None) -> None:
        """Add an entry that granted a command."""
        self._seq += 1
        outcome = {"booking_id": booking_id, "first_dose_elsewhere": elsewhere}
        entry = msgspec.json.encode({"command": {"type": command}, "outcome": outcome}).decode()
        self.connection.execute(
            "INSERT INTO journal VALUES (%s, 1, now(), %s, %s)", [self._seq, entry, bytes(32)]
        )

    def cancel(self, booking: StoredBooking) -> None:
        """Store that both doses were given back."""
        self.connection.execute(
            "UPDATE booking SET state = 'cancelled', dose1_slot_id = NULL, dose2_slot_id = NULL, "
            "dose2_on = NULL WHERE booking_id = %s",
            [booking.booking_id],
        )
        self.connection.execute(
            "UPDATE seats SET taken = taken - 1 WHERE (slot_id, dose) IN ((%s, 1), (%s, 2))",
            booking.slot_ids,
        )
        self.journal(booking.booking_id, "cancel")

    def message(self, booking: StoredBooking, kind: str = "booked") -> int:
        """Store a message of the outbox and return its id."""
        row = self.one(
            "INSERT INTO outbox (kind, booking_id, journal_seq, created_at) "
            "VALUES (%s, %s, 1, now()) RETURNING outbox_id",
            [kind, booking.booking_id],
        )
        return int(row[0])

    def state(self, outbox_id: int) -> tuple[bool, str | None]:
        """Return whether a message is done, and its result."""
        row = self.one(
            "SELECT done_at IS NOT NULL, result FROM outbox WHERE outbox_id = %s", [outbox_id]
        )
        return bool(row[0]), row[1]

    def let_pass(self, seconds: float) -> None:
        """Let time pass for all messages."""
        self.connection.execute(
            "UPDATE outbox SET relayed_at = relayed_at - make_interval(secs => %s)", [seconds]
        )

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        row = self.connection.execute(sql.encode(), parameters).fetchone()
        assert row is not None
        return row
