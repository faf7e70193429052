"""What the schema checks, under the names that it has there (`schema.sql`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from allocator.errors import StoreContradicts
from allocator.model import SITE_TIMEZONE, Slot

if TYPE_CHECKING:
    from tests.simulation.tables import Content, Row, Seat

_STATES = {"booked", "first_only", "standby", "offered", "cancelled"}
_NOTICES = {
    "booked",
    "changed",
    "cancelled",
    "joined",
    "offered",
    "offer_over",
    "moved",
    "listed",
    "closed_moved",
    "left_city",
    "closed_listed",
}
_DISPLACED = {"moved", "listed", "closed_moved", "closed_listed"}


def check_rows(
    old: Content,
    changed: Mapping[UUID, Row],
    inserted: Sequence[Row],
    seats: Mapping[tuple[int, int], Seat],
    journal: Sequence[Row],
    outcomes: Sequence[Row],
    outbox: Sequence[Row],
) -> None:
    """Check what a transaction would leave. Raises `StoreContradicts`, as the real store does."""
    rows = [*changed.values(), *inserted]
    for row in rows:
        _check_booking(row)
        _check_slots(row, old.catalogue.slots)
    _check_unique("booking_pkey", (row["booking_id"] for row in rows))
    _check_unique("booking_number_is_unique", (row["booking_number"] for row in rows))
    live = (row for row in rows if row["state"] != "cancelled")
    holders = ((row["campaign_id"], row["person_key"]) for row in live)
    _check_unique("booking_one_per_person_and_campaign", holders)
    for seat in seats.values():
        _check("seats_capacity_is_not_negative", seat.capacity >= 0)
        _check("seats_taken_within_capacity", 0 <= seat.taken <= seat.capacity)
    numbers = [row["journal_seq"] for row in (*old.journal, *journal)]
    _check_unique("journal_pkey", numbers)
    _check("journal_chain_hash_is_32_bytes", all(len(row["chain_hash"]) == 32 for row in journal))
    _check_unique("outcome_pkey", [*old.outcomes, *(row["request_id"] for row in outcomes)])
    digests_are_whole = all(len(row["content_digest"]) == 16 for row in outcomes)
    _check("outcome_content_digest_is_16_bytes", digests_are_whole)
    _check("outbox_kind_is_known", all(row["kind"] in _NOTICES for row in outbox))
    parted = (row["kind"] for row in outbox if row["parted"])
    _check("outbox_parted_are_displaced", all(kind in _DISPLACED for kind in parted))


def _check_booking(row: Row) -> None:
    """Check one row, as PostgreSQL does: in the order of the constraints' names."""
    state, first, second = row["state"], row["dose1_slot_id"], row["dose2_slot_id"]
    given = (not row["dose1_given"] or first is not None) and (
        not row["dose2_given"] or (state == "booked" and (row["dose1_given"] or first is None))
    )
    _check("booking_given_doses_are_held", given)
    both = (
        (state in {"booked", "offered"}) == (second is not None)
        and (second is None) == (row["dose2_on"] is None)
        and (state not in {"booked", "first_only", "offered"} or row["dose1_on"] is not None)
        and (state != "first_only" or first is not None)
        and (state != "standby" or first is None or row["dose1_given"])
        and (state != "cancelled" or first is None)
    )
    _check("booking_has_both_doses_or_neither", both)
    if row["dose2_on"] is not None:
        days = (row["dose2_on"] - row["dose1_on"]).days
        in_time = days <= row["interval_days_max"] or first is None or row["dose1_given"]
        _check("booking_interval_is_met", days >= row["interval_days_min"] and in_time)
    listed = state in {"standby", "offered"}
    _check("booking_standby_has_a_place", listed == (row["standby"] is not None))
    _check("booking_state_is_known", state in _STATES)


def _check_slots(row: Row, slots: Mapping[int, Slot]) -> None:
    for dose in ("dose1", "dose2"):
        slot_id, day = row[f"{dose}_slot_id"], row[f"{dose}_on"]
        if slot_id is None or day is None:
            continue  # A foreign key asks nothing of a row with a gap.
        slot = slots.get(slot_id)
        known = (
            slot is not None
            and slot.product_id == row["product_id"]
            and slot.starts_at.astimezone(SITE_TIMEZONE).date() == day
        )
        _check(f"booking_{dose}_slot_has_product_and_day", known)


def _check_unique(constraint: str, values: Iterable[Any]) -> None:
    every = list(values)
    _check(constraint, len(set(every)) == len(every))


def _check(constraint: str, holds: bool) -> None:
    if not holds:
        raise StoreContradicts(constraint)
