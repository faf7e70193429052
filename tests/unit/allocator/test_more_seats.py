from __future__ import annotations

from pathlib import Path

from allocator.finding import Finding
from allocator.more_seats import errors_made, errors_of_hour, with_seats
from allocator.release import ReleasePlan, findings_of
from allocator.release_file import read_release_file

CORRECT = Path(__file__).parent / "incidents" / "correct.yaml"


def plan() -> ReleasePlan:
    made = read_release_file(CORRECT.read_bytes())
    assert isinstance(made, ReleasePlan)
    return made


def made(before: ReleasePlan, slot_id: int, seats: tuple[int, int]) -> list[str]:
    after = with_seats(before, slot_id, seats)
    found: list[Finding] = errors_made(findings_of(before), findings_of(after), seats)
    return [one.code for one in found]


def test_slot_alone_has_more_seats() -> None:
    before = plan()
    after = with_seats(before, 2, (1, 2))
    assert [slot.capacities for slot in after.slots[:3]] == [(10, 0), (11, 2), (10, 0)]


def test_seats_within_the_limits_are_in_order() -> None:
    last = plan().slots[-1].slot_id
    assert made(plan(), last, (0, 5)) == []


def test_seats_beyond_the_venues_hour_and_the_supply_are_not() -> None:
    last = plan().slots[-1].slot_id
    assert made(plan(), last, (0, 1_000)) == [
        "more_seats_than_doses",
        "too_many_an_hour",
        "unusual_capacity",
    ]


def test_first_doses_without_second_ones_are_not() -> None:
    assert made(plan(), 1, (5, 0)) == ["second_doses_short"]


def test_what_is_wrong_already_stands_in_the_way_of_what_makes_it_worse_alone() -> None:
    short = with_seats(plan(), 1, (9, 0))
    last = plan().slots[-1].slot_id
    assert made(short, last, (0, 5)) == [], "some of the seats that lack"
    assert made(short, 1, (1, 0)) == ["second_doses_short"]
    crowded = with_seats(plan(), 1, (21, 21))
    assert made(crowded, last, (0, 5)) == []
    assert "too_many_an_hour" in made(crowded, 1, (0, 1))


def test_hour_of_a_slot_is_held_against_its_limit_beside_another_that_is_over_already() -> None:
    crowded = with_seats(plan(), 1, (21, 21))
    last = crowded.slots[-1].slot_id
    assert errors_of_hour(with_seats(crowded, last, (0, 20)), last) == []
    over = with_seats(with_seats(crowded, last, (0, 20)), last, (0, 1))
    (wrong,) = errors_of_hour(over, last)
    assert (wrong.code, wrong.values["count"]) == ("too_many_an_hour", 61)
