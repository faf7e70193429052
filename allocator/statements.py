"""The SQL statements of the allocator: one file each in `allocator/sql/`, read at import."""

from __future__ import annotations

from pathlib import Path

from psycopg.rows import namedtuple_row

_FOLDER = Path(__file__).parent / "sql"

named_rows = namedtuple_row


def statement(name: str) -> str:
    """Return the statement in `sql/{name}.sql`."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


# Asked by the gateway.
OUTCOME_OF_REQUEST = statement("outcome_of_request")
BOOKING_OF_PERSON = statement("booking_of_person")
BOOKING_HOLDER = statement("booking_holder")
STANDBY_OF_PERSON = statement("standby_of_person")
STORE_ANSWERS = statement("store_answers")

# The writer's lease.
LEASE_TAKEN = statement("lease_taken")
LEASE_KEPT = statement("lease_kept")
LEASE_HELD = statement("lease_held")
LEASE_GIVEN_UP = statement("lease_given_up")

# What the writer loads when it begins.
TRANSACTION_LIMITED = statement("transaction_limited")
WHOLE_TABLES_ALLOWED = statement("whole_tables_allowed")
CATALOGUE_VERSIONS = statement("catalogue_versions")
PRODUCTS = statement("products")
VENUES = statement("venues")
RELEASES = statement("releases")
SLOTS = statement("slots")
SEATS_TAKEN = statement("seats_taken")
BOOKINGS_ON_STANDBY = statement("bookings_on_standby")
BOOKINGS_MADE = statement("bookings_made")
JOURNAL_HEAD = statement("journal_head")

# What the writer reads and writes for one batch.
BATCH_HELD = statement("batch_held")
OUTCOMES_OF_REQUESTS = statement("outcomes_of_requests")
ROSTER_OF_PEOPLE = statement("roster_of_people")
BOOKINGS_OF_PEOPLE = statement("bookings_of_people")
SLOTS_OF_DAY = statement("slots_of_day")
BOOKINGS_IN_SLOTS = statement("bookings_in_slots")
BOOKINGS_INSERTED = statement("bookings_inserted")
BOOKINGS_CHANGED = statement("bookings_changed")
SEATS_MOVED = statement("seats_moved")
JOURNAL_INSERTED = statement("journal_inserted")
OUTCOMES_INSERTED = statement("outcomes_inserted")
OUTBOX_INSERTED = statement("outbox_inserted")
DOSES_RECORDED = statement("doses_recorded")
CATALOGUE_EDITED = statement("catalogue_edited")

# What the publisher copies to Redis.
ROSTER_AFTER = statement("roster_after")
HOLDERS_AFTER = statement("holders_after")

# What the proof reads.
JOURNAL_ENTRIES = statement("journal_entries")
ANSWERS_STORED = statement("answers_stored")
BOOKINGS_STORED = statement("bookings_stored")
