"""The outbox: what must be told to residents, from the deciding transaction to the post.

Rule 1: a message leaves the outbox only with the transaction that holds it, so that
however often its task runs, and in however many processes, it is told once.
Rule 2: a message that is not told comes back by itself: after its back-off when it
failed, after a while when nobody said what became of it. Celery's queue may be lost
at any time.
Rule 3: an error of PostgreSQL never leaves this module as it is (its text repeats rows).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import psycopg

from allocator.codes import code_for
from allocator.contact_keys import DATA_KEYS, KeyRing, stored_keys
from allocator.errors import SealBroken, StoreAway
from allocator.mail import Appointment, Letter
from allocator.model import PROBE_ID, SITE_TIMEZONE, StandbyPlace, Venue
from allocator.reminder_links import link_token
from allocator.reminding import DAYS_BEFORE, due
from allocator.sealing import Contact, SealingKey, unseal_contact
from allocator.statements import named_rows, statement

AGAIN_AFTER_S = 30
"""Seconds after which a message is handed out again: as long as a task may run at most."""

LOST_AFTER_S = 5
"""As above while Celery's queue is empty: then a message that nobody holds is lost."""

_SESSION = (
    "-c timezone=Asia/Tokyo -c statement_timeout=10s -c idle_in_transaction_session_timeout=60s"
)

Queue = Literal["notices", "reminders", "codes"]
"""News; reminders, which never keep news waiting; codes, for which nothing waits long."""

_DUE = statement("outbox_due").encode()
_HELD = statement("outbox_held").encode()
_NOTICE = statement("outbox_notice").encode()
_DONE = statement("outbox_done").encode()
_FAILED = statement("outbox_failed").encode()
_FAULTED = statement("outbox_faulted").encode()
_WAITS = statement("outbox_waits").encode()
_BACKLOG = statement("outbox_backlog").encode()
_PEOPLE_TO_TELL = statement("people_to_tell").encode()
_REMINDERS_MADE = statement("reminders_made").encode()
_CODES_MADE = statement("codes_made").encode()
_WARNINGS_MADE = statement("warnings_made").encode()

Wait = Literal["waiting", "resting", "unanswered", "postponed"]
Done = Literal["sent", "texted", "no_address", "overtaken", "refused", "given_up"]
"""How a message ends: told by mail or by short message; nobody to tell; a later one says otherwise,
or its reader has died; the provider refused it for good; it could not be told for days."""


class Backlog(msgspec.Struct, frozen=True):
    """News and codes not delivered yet, and the age of the oldest in seconds (0 without any).

    `untold`: messages that a provider refused or did not take, within a week. Those whose person
    left no address are not among them.
    """

    messages: int
    oldest_age_s: float
    untold: int


class ToBeTold(msgspec.Struct, frozen=True):
    """People whom only the desk can tell, and how many seconds the first of them has waited."""

    people: int
    oldest_age_s: float


class CodeAsked(msgspec.Struct, frozen=True):
    """A code that somebody asked for: its challenge, for which booking, and when."""

    challenge: UUID
    booking_id: UUID
    asked_at: datetime


class Outbox:
    """One connection, made when it is needed and dropped on any fault. Not for threads."""

    def __init__(self, database_url: str, contact_key: SealingKey, code_key: bytes = b"") -> None:
        self._database_url = database_url
        self._contact_key = contact_key
        self._code_key = code_key
        self._connection: psycopg.Connection[Any] | None = None

    def close(self) -> None:
        """Drop the connection; the next call makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def due(
        self, limit: int, again_after_s: int = AGAIN_AFTER_S, queue: Queue = "notices"
    ) -> list[int]:
        """Return messages to hand out, oldest first, each marked as handed out now.

        What was handed out, and is neither done nor failed `again_after_s` later, is
        among them again, unless somebody holds it.

        Raises:
            StoreAway: PostgreSQL does not answer.
        """
        with self._transaction() as connection:
            parameters = {"limit": limit, "again_after_s": again_after_s, "queue": queue}
            return sorted(row.outbox_id for row in connection.execute(_DUE, parameters))

    def remind(self, now: datetime, limit: int) -> int:
        """Put what residents are to be reminded of now into the outbox; return how many are new.

        However often and wherever it is called, a dose is reminded of once a kind.

        Raises:
            StoreAway: PostgreSQL does not answer.
        """
        found = list(due(now))
        parameters = {
            "now": now,
            "limit": limit,
            "probe": PROBE_ID,
            "kind": [one.kind for one in found],
            "day": [one.day for one in found],
            "due_at": [one.due_at for one in found],
        }
        with self._transaction() as connection:
            # Tens of thousands of rows came with the batch before, and the planner has not counted
            # them yet: it would look each booking up one by one, and run out of time.
            connection.execute("SET LOCAL enable_nestloop = off")
            return connection.execute(_REMINDERS_MADE, parameters).rowcount

    def ask_codes(self, asked: Sequence[CodeAsked]) -> int:
        """Put codes that were asked for into the outbox; return how many are new.

        Raises:
            StoreAway: PostgreSQL does not answer.
        """
        parameters = {
            "challenge": [one.challenge for one in asked],
            "booking_id": [one.booking_id for one in asked],
            "asked_at": [one.asked_at for one in asked],
        }
        with self._transaction() as connection:
            return connection.execute(_CODES_MADE, parameters).rowcount

    def warn(self, people: Sequence[bytes], now: datetime, limit: int) -> int:
        """Put word of attempts against people's tickets into the outbox; return how many are new.

        Nobody is told twice in 24 hours; who holds no booking is not told.

        Raises:
            StoreAway: PostgreSQL does not answer.
        """
        parameters = {"person_key": people, "now": now, "probe": PROBE_ID, "limit": limit}
        with self._transaction() as connection:
            return connection.execute(_WARNINGS_MADE, parameters).rowcount

    def backlog(self) -> Backlog:
        """Return how much waits. Raises `StoreAway`."""
        with self._transaction() as connection:
            row = connection.execute(_BACKLOG).fetchone()
        assert row is not None, "an aggregate has one row"
        return Backlog(row.messages, row.oldest_age_s, row.untold)

    def to_be_told(self) -> ToBeTold:
        """Return how many people the desk has to tell. Raises `StoreAway`."""
        with self._transaction() as connection:
            row = connection.execute(_PEOPLE_TO_TELL, {"probe": PROBE_ID}).fetchone()
        assert row is not None, "an aggregate has one row"
        return ToBeTold(row.people, row.oldest_age_s)

    @contextmanager
    def held(self, outbox_id: int) -> Iterator[Letter | None]:
        """Hold one message while a block tells it; None when it is done or held elsewhere.

        The block says how it went (`settle` or `put_back`) before it ends. An exception
        in it leaves the message as it was.

        Raises:
            StoreAway: PostgreSQL does not answer; the message stays.
            SealBroken: its contact details cannot be read.
        """
        with self._transaction() as connection:
            named = {"outbox_id": outbox_id}
            if connection.execute(_HELD, named).fetchone() is None:
                yield None
            else:
                row = connection.execute(_NOTICE, named).fetchone()
                assert row is not None, "a message tells of a booking that is there"
                yield self._letter(outbox_id, row)

    def settle(self, outbox_id: int, result: Done) -> None:
        """Say that the held message needs nothing more."""
        self._held_connection().execute(_DONE, {"outbox_id": outbox_id, "result": result})

    def wait(self, outbox_id: int, wait_s: float, why: Wait = "waiting") -> None:
        """Say that the held message is to be handed out in so many seconds.

        Its turn at the provider comes then ("waiting"); or it has to ask for one after that, as the
        provider rests ("resting"), got the message and did not say so ("unanswered"), or has said
        "later" for a while ("postponed").
        """
        parameters = {"outbox_id": outbox_id, "wait_s": wait_s, "why": why}
        self._held_connection().execute(_WAITS, parameters)

    def put_back(self, outbox_id: int) -> None:
        """Say that the held message could not be told now; it is tried again."""
        self._held_connection().execute(_FAILED, {"outbox_id": outbox_id})

    def fault(self, outbox_id: int, given_up_before: datetime) -> Literal["failed", "given_up"]:
        """Say that a fault of ours kept a message from being told; return what becomes of it.

        It is tried again, unless it was written (or put back) before a moment. A transaction of
        its own: that which held the message has ended with the fault.

        Raises:
            StoreAway: PostgreSQL does not answer.
        """
        parameters = {"outbox_id": outbox_id, "given_up_before": given_up_before}
        with self._transaction() as connection:
            row = connection.execute(_FAULTED, parameters).fetchone()
        # Without a row it is done, or in the hands of another, who says what becomes of it.
        return "given_up" if row is not None and row.result == "given_up" else "failed"

    def _held_connection(self) -> psycopg.Connection[Any]:
        assert self._connection is not None, "a message is held"
        return self._connection

    def _letter(self, outbox_id: int, row: Any) -> Letter:
        return Letter(
            outbox_id=outbox_id,
            kind=row.kind,
            written_at=row.created_at.astimezone(SITE_TIMEZONE),
            put_back_at=row.put_back_at,
            booking_id=row.booking_id,
            booking_number=row.booking_number,
            state=row.state,
            # Somebody on the standby list may get any product.
            product_names=row.product_names or {},
            appointments=tuple(_appointments(row)),
            contact=self._contact(row),
            language=row.language,
            standby=None if row.standby is None else msgspec.convert(row.standby, StandbyPlace),
            first_is_given=row.dose1_given,
            revision=row.revision,
            reminded_of=_reminded_of(row),
            code=self._code(row),
            queue=row.queue,
            has_waited=row.has_waited,
            words=row.words or "",
            left_why=row.left_why or "",
            is_parted=row.parted,
            stop_token=self._stop_token(row),
        )

    def _code(self, row: Any) -> str:
        """Work out the code that a message is to bring; nothing for all other messages."""
        if row.challenge is None:
            return ""
        return code_for(self._code_key, row.challenge, row.booking_id)

    def _stop_token(self, row: Any) -> str:
        """Work out what turns reminders off; nothing in what is no reminder."""
        return link_token(self._code_key, row.booking_id) if row.kind in DAYS_BEFORE else ""

    def _contact(self, row: Any) -> Contact:
        """Open a booking's contact details, with a key that was made since, too."""
        key = self._contact_key
        try:
            return unseal_contact(key, row.contact, row.booking_id)
        except SealBroken:
            if not isinstance(key, KeyRing):
                raise
            key.learn_masters()
            key.learn(stored_keys(self._held_connection().execute(DATA_KEYS).fetchall()))
            return unseal_contact(key, row.contact, row.booking_id)

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            if self._connection is None:
                self._connection = psycopg.connect(
                    self._database_url,
                    options=_SESSION,
                    connect_timeout=5,
                    row_factory=named_rows,
                )
            with self._connection.transaction():
                yield self._connection
        except psycopg.Error:
            self.close()
            raise StoreAway from None


def _appointments(row: Any) -> Iterator[Appointment]:
    if row.dose1_starts_at is not None:
        venue = Venue(row.dose1_venue_id, row.dose1_venue_names, row.dose1_venue_addresses)
        yield _appointment(1, row.dose1_starts_at, row.dose1_ends_at, venue)
    if row.dose2_starts_at is not None:
        venue = Venue(row.dose2_venue_id, row.dose2_venue_names, row.dose2_venue_addresses)
        yield _appointment(2, row.dose2_starts_at, row.dose2_ends_at, venue)


def _reminded_of(row: Any) -> Appointment | None:
    """Return the dose that a reminder is of, while it stands where it stood and is wanted."""
    held = {
        1: (row.dose1_slot_id, row.dose1_given),
        2: (row.dose2_slot_id, row.dose2_given),
    }
    if not row.reminders or held.get(row.reminded_dose) != (row.reminded_slot_id, False):
        return None
    return next(item for item in _appointments(row) if item.dose == row.reminded_dose)


def _appointment(
    dose: Literal[1, 2], starts_at: datetime, ends_at: datetime, venue: Venue
) -> Appointment:
    begin, end = starts_at.astimezone(SITE_TIMEZONE), ends_at.astimezone(SITE_TIMEZONE)
    return Appointment(dose, begin, end, venue)
