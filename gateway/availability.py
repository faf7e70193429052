"""What a release still has, as residents are shown it.

Rule 1: first doses and second doses are never in one list (L3): a query asks for
the first doses that have a second one (`doses=both`), or for second doses alone.
Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import msgspec

from allocator.model import SITE_TIMEZONE, Catalogue, Slot
from allocator.reads import Availability, OpenSlot
from gateway.forms import AvailabilityQuery
from gateway.problems import moment

KEPT_MAX = 256
"""Different answers kept at once; a resident's query is one of few."""


class KeptAnswers:
    """Answers that many residents get, made once for each view of the offer.

    A view names the offer's content and the query. Old views are dropped when
    KEPT_MAX is reached.
    """

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, view: str, make: Callable[[], bytes]) -> bytes:
        """Return the answer for a view, making it if it is new."""
        kept = self._kept.get(view)
        if kept is None:
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            kept = self._kept[view] = make()
        return kept


def availability_json(
    catalogue: Catalogue, availability: Availability, query: AvailabilityQuery
) -> bytes:
    """Return the days and slots that a query asks for, as the JSON contract has them."""
    found = sorted(
        _matching(catalogue, availability, query),
        key=lambda pair: (pair[0].starts_at, pair[0].slot_id),
    )
    days = [
        {"date": day, "slots": [_document(slot, open_slot, query) for slot, open_slot in slots]}
        for day, slots in groupby(found, key=lambda pair: _day(pair[0]))
    ]
    return msgspec.json.encode({"days": days, "as_of": moment(availability.as_of)})


def _matching(
    catalogue: Catalogue, availability: Availability, query: AvailabilityQuery
) -> Iterator[tuple[Slot, OpenSlot]]:
    listed = availability.slots if query.doses == "both" else availability.second_only
    for open_slot in listed:
        slot = catalogue.slots.get(open_slot.slot_id)
        if slot is not None and _matches(slot, query):
            yield slot, open_slot


def _matches(slot: Slot, query: AvailabilityQuery) -> bool:
    day = slot.starts_at.astimezone(SITE_TIMEZONE).date()
    return (
        query.venue_id in (None, slot.venue_id)
        and query.product_id in (None, slot.product_id)
        and (query.day_min is None or query.day_min <= day)
        and (query.day_max is None or day <= query.day_max)
    )


def _day(slot: Slot) -> str:
    return slot.starts_at.astimezone(SITE_TIMEZONE).date().isoformat()


def _document(slot: Slot, open_slot: OpenSlot, query: AvailabilityQuery) -> dict[str, object]:
    """Return one slot. Of second doses alone, the slot itself is the second dose."""
    document: dict[str, object] = {
        "slot_id": str(slot.slot_id),
        "starts_at": moment(slot.starts_at),
        "venue": slot.venue_id,
        "product": slot.product_id,
    }
    if query.doses == "second":
        return document | {"seats": open_slot.pairs}
    second = open_slot.second_dose_at
    return document | {
        "second_dose_at": None if second is None else moment(second),
        "pairs": open_slot.pairs,
    }
