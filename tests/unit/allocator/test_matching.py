"""Which first doses find a second one, and which slots are named when some do not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from allocator.matching import matched, short_findings
from allocator.model import SITE_TIMEZONE, Product, Slot

PRODUCT = Product("comirnaty", {"ja": "コミナティ"}, 21, 19, 23, 6, "添付文書")
PRODUCTS = {"comirnaty": PRODUCT}
DAY = date(2021, 5, 10)
STANDARD = timedelta(days=21)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SITE_TIMEZONE)


def slots(*those: tuple[date, int, tuple[int, int]], venue: str = "gym") -> list[Slot]:
    return [
        Slot(
            number,
            "spring",
            venue,
            "comirnaty",
            at(day, hour),
            at(day, hour) + timedelta(hours=1),
            capacities,
        )
        for number, (day, hour, capacities) in enumerate(those, 1)
    ]


def short(those: Iterable[Slot]) -> list[tuple[str, object]]:
    return [(one.message, one.values["slots"]) for one in short_findings([*those], PRODUCTS)]


def test_enough_second_doses_are_no_finding() -> None:
    made = slots((DAY, 9, (5, 0)), (DAY, 10, (5, 0)), (DAY + STANDARD, 9, (0, 10)))
    assert short(made) == []
    assert [(one.pairs, dict(one.short)) for one in matched(made, PRODUCTS)] == [(10, {})]


def test_slots_that_lack_second_doses_are_named_from_the_days_end_on() -> None:
    """Seven of fifteen have one: the first slot's five and two of the second."""
    made = slots(
        *((DAY, 11, (5, 0)), (DAY, 9, (5, 0)), (DAY, 10, (5, 0)), (DAY, 8, (0, 3))),
        (DAY + STANDARD, 9, (0, 7)),
    )
    ((message, lacking),) = short(made)
    assert lacking == [at(DAY, 10), at(DAY, 11)]
    assert "2021-05-10 (8)" in message
    assert message.endswith(
        "if each day fills from its first slot on, these lack them: "
        "2021-05-10 10:00, 2021-05-10 11:00"
    )


def test_only_slots_of_that_venue_are_named() -> None:
    other = slots((DAY, 9, (5, 0)), (DAY + STANDARD, 9, (0, 5)), venue="hall")
    ((message, lacking),) = short([*other, *slots((DAY, 9, (5, 0)))])
    assert message.startswith("comirnaty at gym: 5 first doses but second doses for 0")
    assert lacking == [at(DAY, 9)]


def test_of_many_days_and_slots_the_first_five_are_named() -> None:
    days = [DAY + timedelta(days=number) for number in range(7)]
    ((message, lacking),) = short(slots(*((day, 9, (1, 0)) for day in days)))
    assert "2021-05-14 (1) and 2 more days;" in message
    assert message.endswith("2021-05-14 09:00 and 2 more slots")
    assert isinstance(lacking, list)
    assert len(lacking) == 7
