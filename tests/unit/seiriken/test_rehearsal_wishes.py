from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

import msgspec

from allocator.model import SITE_TIMEZONE
from gateway.forms import BookingForm, parse_booking
from seiriken.rehearsal_client import Booking, Day, Dose, Offer, Slot
from seiriken.rehearsal_wishes import Wish, wish

FIRST = date(2021, 9, 3)


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 (made-up people's whims)


def slot(slot_id: int, day: date, hour: int, pairs: str = "many") -> Slot:
    return Slot(
        str(slot_id), datetime(day.year, day.month, day.day, hour, tzinfo=SITE_TIMEZONE), pairs
    )


def offer(days: int, pairs: str = "many") -> Offer:
    made = []
    for number in range(days):
        day = FIRST + timedelta(days=number)
        slots = tuple(slot(number * 10 + n, day, hour, pairs) for n, hour in enumerate((9, 14)))
        made.append(Day(day, slots))
    return Offer(tuple(made))


def booking(first: str, state: str = "booked", doses: tuple[int, ...] = (1, 2)) -> Booking:
    at = datetime(2021, 9, 3, 9, tzinfo=SITE_TIMEZONE)
    held = tuple(Dose(dose, first if dose == 1 else "999", at) for dose in doses)
    return Booking("AB12", state, "comirnaty", held, "receipt")


def test_every_wish_is_one_that_the_contract_takes() -> None:
    chance = dice(1)
    kinds = set()
    for number in range(300):
        wished = wish(offer(100), number, chance)
        assert wished is not None
        body = msgspec.json.decode(msgspec.json.encode(wished.body))
        assert isinstance(parse_booking(body, date(2021, 9, 1)), BookingForm)
        kinds.update(body.keys())
    assert kinds == {"contact", "choices", "flexible"}


def test_nothing_is_wished_for_when_nothing_is_left() -> None:
    assert wish(offer(3, pairs="none"), 1, dice(1)) is None
    assert wish(Offer(()), 1, dice(1)) is None


def test_wish_is_met_by_both_doses_the_first_as_asked_for() -> None:
    wished = Wish({}, frozenset({"1", "2"}))
    assert wished.is_met_by(booking("2"))
    assert not wished.is_met_by(booking("3"))
    assert not wished.is_met_by(booking("1", doses=(1,)))
    assert not wished.is_met_by(booking("1", state="first_only"))


def test_wish_for_a_morning_fits_no_afternoon() -> None:
    chance = dice(3)
    for number in range(100):
        wished = wish(offer(5), number, chance)
        assert wished is not None
        flexible = wished.body.get("flexible")
        if isinstance(flexible, dict) and "times" in flexible:
            assert all(slot_id.endswith("0") for slot_id in wished.slot_ids)
            return
    raise AssertionError("nobody wished for a morning")
