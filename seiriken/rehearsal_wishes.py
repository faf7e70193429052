"""What made-up residents ask for: contact details, and slots that they see on offer.

Early days are liked best. Three in ten say only from when on, and half of those that
it must be a morning; the others name one to five slots. Nothing here is about real
people: names are numbers, addresses end in `.example`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from seiriken.rehearsal_client import Booking, Offer, Slot

CHOICES_MAX = 5
DAYS_MAX = 62
_FLEXIBLE_SHARE = 0.3


@dataclass(frozen=True)
class Wish:
    """The body of a booking, and the first-dose slots that would be in keeping with it."""

    body: dict[str, object]
    slot_ids: frozenset[str]

    def is_met_by(self, booking: Booking) -> bool:
        """Say whether a booking has both doses, and the first in a slot that was asked for."""
        doses = {dose.dose: dose for dose in booking.doses}
        in_order = booking.state == "booked" and doses.keys() == {1, 2}
        return in_order and doses[1].slot_id in self.slot_ids


def wish(offer: Offer, number: int, chance: Random) -> Wish | None:
    """Return what a resident wishes for of what is on offer; None if there is nothing."""
    left = [slot for day in offer.days for slot in day.slots if slot.pairs != "none"]
    if not left:
        return None
    contact = {
        "name": f"演習 {number}番",
        "phone": f"090{number:08}"[:11],
        "email": f"rehearsal-{number}@resident.example",
    }
    if chance.random() < _FLEXIBLE_SHARE:
        return _flexible(contact, offer, chance)
    wanted = chance.randint(1, CHOICES_MAX)
    chosen = dict.fromkeys(_liked(left, chance).slot_id for _ in range(wanted))
    choices = [{"slot_id": slot_id} for slot_id in chosen]
    return Wish({"contact": contact, "choices": choices}, frozenset(chosen))


def _liked(slots: list[Slot], chance: Random) -> Slot:
    """Return a slot, an early one more likely."""
    return slots[int(chance.betavariate(1, 2) * len(slots))]


def _flexible(contact: dict[str, str], offer: Offer, chance: Random) -> Wish:
    """Return a wish for any slot from some day on, at any time or in the morning."""
    days = [day for day in offer.days if any(slot.pairs != "none" for slot in day.slots)]
    first = days[int(chance.betavariate(1, 4) * len(days))].date
    last = min(days[-1].date, first + timedelta(days=DAYS_MAX - 1))
    flexible: dict[str, object] = {"from": first, "to": last}
    hour_end = 24
    if chance.random() < 0.5:
        flexible["times"] = ["morning"]
        hour_end = 12
    fitting = frozenset(
        slot.slot_id
        for day in offer.days
        for slot in day.slots
        if first <= day.date <= last and slot.starts_at.hour < hour_end
    )
    return Wish({"contact": contact, "flexible": flexible}, fitting)
