"""What people and staff ask for: drawn from the seed, and by what they hold, so that much meets.

A new command is one more function and one more line in a table of weights.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Literal

from allocator.commands import (
    STAFF_KEY,
    Accept,
    AddSeats,
    Book,
    BookTogether,
    Cancel,
    Change,
    CloseSlots,
    Command,
    Companion,
    CutSupply,
    Join,
    Leave,
    MarkDose,
    NotCome,
    Remind,
    TakeOver,
    WalkIn,
)
from allocator.model import SITE_TIMEZONE, Choice, DoseNumber, FirstDose, Flexible, Slot, Wish
from tests.simulation.city import DAYS, PRODUCTS, City
from tests.simulation.clock import SimulatedClock
from tests.simulation.tables import Row, Tables

Maker = Callable[[bytes, Row | None], Command]
STAFF = "staff"
REASONS: tuple[Literal["slot_closed", "supply_cut"], ...] = ("slot_closed", "supply_cut")
LEFT_WHY: tuple[Literal["moved_out", "died", "reissued"], ...] = ("moved_out", "died", "reissued")
DOSES: tuple[Literal["both", "second"], ...] = ("both", "both", "second")
TIMES: tuple[tuple[Literal["morning", "afternoon", "evening"], ...], ...] = (
    (),
    (),
    (),
    ("morning",),
    ("afternoon", "evening"),
)
FIRST_MOSTLY: tuple[DoseNumber, ...] = (1, 1, 1, 2)
SECOND_MOSTLY: tuple[DoseNumber, ...] = (1, 2, 2, 2)


class Wishes:
    """Draws the next command of anybody."""

    def __init__(self, rng: Random, city: City, tables: Tables, clock: SimulatedClock) -> None:
        self._rng = rng
        self._city = city
        self._tables = tables
        self._clock = clock
        self._of_people = self._by_state()
        for table in self._of_people.values():
            table[self._leave] = 1
        self._of_staff: dict[Callable[[], Command], int] = {
            self._close_slots: 3,
            self._add_seats: 4,
            self._cut_supply: 3,
        }

    def _by_state(self) -> dict[str, dict[Maker, int]]:
        """Return how often who holds what asks for what, and is asked for by the staff."""
        return {
            "nothing": {
                self._book: 12,
                self._book_together: 4,
                self._join: 7,
                self._walk_in: 3,
                self._cancel: 1,
                self._accept: 1,
                self._take_over: 3,
            },
            "booked": {
                self._change: 6,
                self._cancel: 9,
                self._mark_dose: 9,
                self._book: 2,
                self._join: 1,
                self._book_together: 1,
                self._remind: 2,
                self._take_over: 1,
            },
            "standby": {
                self._book: 3,
                self._cancel: 2,
                self._join: 1,
                self._accept: 1,
                self._change: 2,
                self._walk_in: 2,
                self._mark_dose: 1,
                self._book_together: 1,
                self._remind: 1,
            },
            "offered": {
                self._accept: 8,
                self._cancel: 2,
                self._book: 2,
                self._change: 1,
                self._mark_dose: 1,
            },
            "first_only": {self._change: 6, self._cancel: 2, self._mark_dose: 3},
        }

    def of_somebody(self) -> tuple[bytes, Command]:
        """Draw a person and what they ask for."""
        person = self._rng.choice(self._city.people)
        offered = [row for row in self._tables.live() if row["state"] == "offered"]
        if offered and self._rng.random() < 0.2:
            person = self._rng.choice(offered)["person_key"]
        held = [row for row in self._tables.live() if row["person_key"] == person]
        row = self._rng.choice(held) if held else None
        table = self._of_people["nothing" if row is None else row["state"]]
        if self._rng.random() < 0.04:
            table = self._of_people[self._rng.choice(list(self._of_people))]
        maker = self._rng.choices(list(table), list(table.values()))[0]
        return person, maker(person, row)

    def of_staff(self) -> tuple[bytes, Command]:
        """Draw an order that is about no one person."""
        orders = self._of_staff
        return STAFF_KEY, self._rng.choices(list(orders), list(orders.values()))[0]()

    # Residents

    def _book(self, _person: bytes, _row: Row | None) -> Command:
        slot = self._slot()
        return Book(self._release_of(slot), self._wish(slot), b"", "ja", self._elsewhere(slot))

    def _book_together(self, person: bytes, _row: Row | None) -> Command:
        others = self._city.people
        companion = self._rng.choice(others) if self._rng.random() < 0.9 else person
        slot = self._slot()
        two = Companion(companion, b"")
        return BookTogether(self._release_of(slot), self._wish(slot), b"", "ja", two)

    def _join(self, _person: bytes, _row: Row | None) -> Command:
        slot = self._slot()
        wish = self._flexible(slot)
        if self._rng.random() < 0.5:
            wish = Flexible(self._today(), self._today() + timedelta(days=2 * DAYS))
        return Join(self._release_of(slot), wish, b"", "ja", self._elsewhere(slot))

    def _change(self, _person: bytes, row: Row | None) -> Command:
        doses = self._rng.choice(DOSES)
        return Change(self._campaign_id(row), doses, self._wish(self._slot()))

    def _cancel(self, _person: bytes, row: Row | None) -> Command:
        doses = self._rng.choice(DOSES)
        return Cancel(self._campaign_id(row), doses)

    def _accept(self, _person: bytes, row: Row | None) -> Command:
        return Accept(self._campaign_id(row))

    def _remind(self, _person: bytes, row: Row | None) -> Command:
        return Remind(self._campaign_id(row), self._rng.random() < 0.5)

    # The staff, about one person

    def _mark_dose(self, person: bytes, row: Row | None) -> Command:
        first_is_due = row is not None and row["dose1_slot_id"] and not row["dose1_given"]
        dose = self._rng.choice(FIRST_MOSTLY if first_is_due else SECOND_MOSTLY)
        day = row[f"dose{dose}_on"] if row is not None else None
        if day is not None and day > self._today() and self._rng.random() < 0.7:
            return self._rng.choice((self._change, self._cancel))(person, row)
        if self._rng.random() < 0.15:
            return NotCome(self._campaign_id(row), dose, STAFF)
        return MarkDose(self._campaign_id(row), dose, self._rng.random() < 0.85, STAFF)

    def _walk_in(self, _person: bytes, _row: Row | None) -> Command:
        slot = self._slot(today=self._rng.random() < 0.9)
        elsewhere = self._elsewhere(slot)
        return WalkIn(slot.release_id, slot.slot_id, b"", "ja", STAFF, elsewhere)

    def _leave(self, _person: bytes, row: Row | None) -> Command:
        return Leave(self._campaign_id(row), self._rng.choice(LEFT_WHY), STAFF)

    def _take_over(self, _person: bytes, row: Row | None) -> Command:
        """Take over what another ticket holds, as a rule; the person asked for is the new one."""
        held = self._tables.live()
        if not held or self._rng.random() < 0.1:
            return TakeOver(self._campaign_id(row), self._rng.choice(self._city.people), STAFF)
        former = self._rng.choice(held)
        return TakeOver(self._campaign_id(former), former["person_key"], STAFF)

    # The staff, about slots

    def _close_slots(self) -> Command:
        slot = self._slot_in_use()
        slot_ids = {slot.slot_id: None}
        for _ in range(self._rng.choice((0, 0, 1, 2))):
            slot_ids[self._slot_in_use().slot_id] = None
        reason = self._rng.choice(REASONS)
        people_max = self._rng.choice((None, None, 1, 2))
        return CloseSlots(slot.release_id, tuple(slot_ids), STAFF, reason, people_max)

    def _add_seats(self) -> Command:
        slot, seats = self._slot(), self._rng.choice(((1, 0), (0, 1), (1, 1), (2, 2)))
        return AddSeats(slot.release_id, slot.slot_id, seats, STAFF)

    def _cut_supply(self) -> Command:
        slot = self._slot_in_use()
        return CutSupply(
            slot.release_id,
            slot.venue_id,
            slot.product_id,
            slot.starts_at.astimezone(SITE_TIMEZONE).date(),
            self._rng.choice((0, 1, 1, 2, 3)),
            STAFF,
        )

    # Parts of commands

    def _today(self) -> date:
        return self._clock.now.astimezone(SITE_TIMEZONE).date()

    def _release_of(self, slot: Slot) -> str:
        """Return the release of the slot that is wished for, as a rule."""
        kind = self._rng.random()
        if kind < 0.95:
            return slot.release_id
        return "unknown" if kind < 0.96 else self._rng.choice(list(self._city.catalogue.releases))

    def _campaign_id(self, row: Row | None) -> str:
        if row is not None and self._rng.random() < 0.95:
            return str(row["campaign_id"])
        return self._rng.choice([r.campaign_id for r in self._city.catalogue.releases.values()])

    def _slot(self, *, today: bool = False) -> Slot:
        """Draw a slot, mostly one that lies ahead."""
        slots = list(self._city.catalogue.slots.values())
        now = self._clock.now.astimezone(SITE_TIMEZONE)
        if today:
            wanted = [slot for slot in slots if slot.starts_at.date() == now.date()]
        else:
            wanted = [slot for slot in slots if slot.starts_at > now]
        return self._rng.choice(wanted if wanted and self._rng.random() < 0.95 else slots)

    def _slot_in_use(self) -> Slot:
        """Draw a slot in which somebody has a dose, as a rule."""
        taken = sorted(self._tables.taken())
        if not taken or self._rng.random() < 0.3:
            return self._slot()
        return self._city.catalogue.slots[self._rng.choice(taken)[0]]

    def _wish(self, slot: Slot) -> Wish:
        """Wish for a slot, a few ranked ones, or anything like it."""
        if self._rng.random() < 0.5:
            return self._flexible(slot)
        others = [self._slot() for _ in range(self._rng.choice((0, 0, 1, 2)))]
        return tuple(self._choice(one) for one in (slot, *others))

    def _choice(self, slot: Slot) -> Choice:
        if self._rng.random() < 0.01:
            return Choice(slot.slot_id + 100)
        if self._rng.random() < 0.7:
            return Choice(slot.slot_id)
        return Choice(slot.slot_id, self._second_of(slot))

    def _second_of(self, slot: Slot) -> int:
        """Name a second slot, often one of the same product at an end of the interval."""
        product = self._city.catalogue.products[slot.product_id]
        limits = {product.interval_days_min, product.interval_days_max}
        limits |= {product.interval_days_min - 1, product.interval_days_max + 1}
        at_an_end = [
            other
            for other in self._city.catalogue.slots.values()
            if other.product_id == slot.product_id
            and (other.starts_at.date() - slot.starts_at.date()).days in limits
        ]
        if at_an_end and self._rng.random() < 0.7:
            return self._rng.choice(at_an_end).slot_id
        return self._slot().slot_id

    def _flexible(self, slot: Slot) -> Flexible:
        begin = slot.starts_at.date() - timedelta(days=self._rng.choice((0, 0, 1, 3)))
        end = begin + timedelta(days=self._rng.choice((0, 1, 3, DAYS, DAYS)))
        venue = slot.venue_id if self._rng.random() < 0.3 else None
        product = slot.product_id if self._rng.random() < 0.3 else None
        times = self._rng.choice(TIMES)
        return Flexible(begin, end, venue, product, times)

    def _elsewhere(self, slot: Slot) -> FirstDose | None:
        """Perhaps a first dose elsewhere, mostly of the product of the slot."""
        if self._rng.random() < 0.75:
            return None
        product_id = slot.product_id
        if self._rng.random() < 0.2:
            product_id = self._rng.choice(("unknown", *(p.product_id for p in PRODUCTS)))
        on = self._rng.choice((slot.starts_at.date(), self._today()))
        return FirstDose(product_id, on - timedelta(days=self._rng.randint(-1, 8)))
