"""What the staff's commands ask before they order: whom an order concerns, and who somebody is.

Rule 1: nothing here writes. Orders go through the inbox, like everything that is decided.
Rule 2: an error of PostgreSQL never leaves this module as it is (its text repeats rows).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from allocator.errors import StoreAway
from allocator.model import Booking, Outcome
from allocator.rows import booking_from_row
from allocator.sealing import unseal_identity
from allocator.statements import named_rows, statement


class Answered(msgspec.Struct, frozen=True):
    """The answer that a request got, and whom the request was about."""

    person_key: bytes
    outcome: Outcome


class Desk:
    """Looks things up for one command, over one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def people_in(self, slot_ids: Sequence[int]) -> int:
        """Return how many people have a dose in some slots that was not given yet."""
        row = self._one("people_in_slots", {"slot_ids": list(slot_ids)})
        return int(row.people)

    def seats_taken_in(self, slot_ids: Sequence[int]) -> int:
        """Return how many doses are booked in some slots, or were given there."""
        row = self._one("seats_taken_in_slots", {"slot_ids": list(slot_ids)})
        return int(row.seats)

    def people_waiting(self, release_id: str) -> int:
        """Return how many people wait on the standby list of a release without an offer."""
        return int(self._one("people_waiting", {"release_id": release_id}).people)

    def held_by(self, person: bytes, campaign_id: str) -> Booking | None:
        """Return what a person holds in a campaign, a place on the standby list included."""
        rows = self._connection.execute(
            statement("bookings_of_people").encode(), {"person_keys": [person]}
        ).fetchall()
        held = (booking_from_row(row) for row in rows if row.campaign_id == campaign_id)
        return next(held, None)

    def bookings_of(self, people: Sequence[bytes]) -> dict[tuple[str, bytes], Booking]:
        """Return what people hold, by campaign and person; places on the list included."""
        rows = self._connection.execute(
            statement("bookings_of_people").encode(), {"person_keys": list(people)}
        )
        return {(row.campaign_id, row.person_key): booking_from_row(row) for row in rows}

    def birth_date_of(self, person: bytes, roster_key: bytes) -> date | None:
        """Return the birth date that the roster has for a person, None if it has no such one.

        Raises:
            SealBroken: the roster was sealed with another key.
        """
        row = self._one("roster_of_people", {"person_keys": [person]})
        return None if row is None else unseal_identity(roster_key, row.sealed, person).birth_date

    def answer_to(self, request_id: UUID) -> Answered | None:
        """Return the answer that a request got, None while it has none."""
        row = self._one("outcome_of_request", {"request_id": request_id})
        if row is None:
            return None
        outcome: Outcome = msgspec.msgpack.decode(row.answer, type=Outcome)
        return Answered(row.person_key, outcome)

    def _one(self, name: str, parameters: dict[str, Any]) -> Any:
        return self._connection.execute(statement(name).encode(), parameters).fetchone()


@contextmanager
def open_desk(database_url: str) -> Iterator[Desk]:
    """Connect for the length of a block.

    Raises:
        StoreAway: PostgreSQL does not answer.
    """
    try:
        with psycopg.connect(
            database_url, connect_timeout=10, autocommit=True, row_factory=named_rows
        ) as connection:
            yield Desk(connection)
    except psycopg.Error:
        raise StoreAway from None
