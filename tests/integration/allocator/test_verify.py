"""The tables follow from the journal; whatever was altered behind its back is named."""

from __future__ import annotations

import psycopg
import pytest

from allocator.verify import verify
from tests.integration.allocator.books import Books
from tests.integration.allocator.test_writer import hand_in, inbox_is_empty

DECISIONS = 12


@pytest.fixture
def decided(books: Books) -> Books:
    """Books in which ten people booked, one was refused as another, and one changed nothing."""
    with books.redis() as redis:
        hand_in(redis, *[books.request(number) for number in range(1, 11)])
        hand_in(redis, books.request(101, who=1), books.request(102, who=2))
        books.run_writer(inbox_is_empty)
    return books


def test_untouched_tables_are_in_order(decided: Books) -> None:
    """Bookings and refusals alike are decisions."""
    told: list[int] = []
    proof = verify(decided.database_url, told.append)
    assert (proof.findings, proof.entries) == ([], DECISIONS)


def test_empty_tables_are_in_order(books: Books) -> None:
    """Nothing decided, nothing to find."""
    assert verify(books.database_url).in_order


ALTERED = [
    ("UPDATE journal SET entry = entry || ' ' WHERE journal_seq = 3", "chain breaks at entry 3"),
    ("DELETE FROM journal WHERE journal_seq = 5", "entry 5 is missing"),
    ("DELETE FROM booking WHERE booking_number LIKE '0000004%'", "in the journal and not stored"),
    ("UPDATE booking SET campaign_id = 'x' WHERE booking_number LIKE '0000002%'", "is not as"),
    ("UPDATE seats SET taken = 0 WHERE taken > 0", "has 0 taken, not"),
    ("DELETE FROM outcome WHERE journal_seq = 1", "11 are stored for 12 decisions"),
    ("UPDATE booking SET person_key = 'x' WHERE booking_number = '0000001-3'", "0000001-3 is not"),
]


@pytest.mark.parametrize(("statement", "finding"), ALTERED, ids=[a[1] for a in ALTERED])
def test_what_was_altered_is_named(decided: Books, statement: str, finding: str) -> None:
    """Each by its entry, booking number or slot, and never by person."""
    with psycopg.connect(decided.database_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode())
    findings = verify(decided.database_url).findings
    assert any(finding in found for found in findings), findings
    assert not any(decided.person(1).hex() in found for found in findings)
