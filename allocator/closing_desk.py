"""What closing a day would come to, read from the tables and decided as the allocator would.

The command and the staff's page both come here: what one foresees, so does the other.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from allocator.closing import (
    Closing,
    Forecast,
    Unclosable,
    forecast,
    orders_of,
    preview_requests,
)
from allocator.commands import CloseSlots
from allocator.model import Refusal
from allocator.store import Store


class Foreseen(msgspec.Struct, frozen=True):
    """The orders that close a day, and what they would come to."""

    orders: tuple[CloseSlots, ...]
    forecast: Forecast


def foresee(
    database_url: str, roster_key: bytes, closing: Closing, now: datetime
) -> Foreseen | Unclosable | Refusal:
    """Read the ledger as the allocator does, and decide on it what is never written.

    Raises:
        StoreAway: PostgreSQL does not answer.
    """
    store = Store(database_url, roster_key=roster_key)
    try:
        ledger = store.ledger()
        if closing.venue_id not in ledger.catalogue.venues:
            return Unclosable.NO_SUCH_VENUE
        try:
            orders = orders_of(ledger.catalogue, closing, now)
        except ValueError:
            return Unclosable.TOO_MANY_SLOTS
        if not orders:
            is_of_all = closing.product_id is None
            return Unclosable.NO_SLOTS if is_of_all else Unclosable.NO_SLOTS_OF_PRODUCT
        facts = store.facts_of(preview_requests(orders))
    finally:
        store.close()
    found = forecast(ledger, facts, orders, now)
    return found if isinstance(found, Refusal) else Foreseen(orders, found)
