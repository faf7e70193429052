"""What the staff closed by an order is not opened again by the next load of a plan."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import psycopg
import pytest

from allocator.finding import Finding
from allocator.release import ReleasePlan
from allocator.release_file import read_release_file
from allocator.release_store import Loaded, check_load, load_release, read_catalogue

CORRECT = Path(__file__).parents[1] / "unit" / "allocator" / "incidents" / "correct.yaml"
TEXT = CORRECT.read_text("utf-8")
DAY = date(2030, 9, 14)
ELSEWHERE = TEXT.replace("people: 24000", "people: 20000")
WITHOUT_THE_DAY = TEXT.replace("except: [2030-09-23]", f"except: [{DAY}, 2030-09-23]")


def planned(text: str) -> ReleasePlan:
    made = read_release_file(text.encode())
    assert isinstance(made, ReleasePlan)
    return made


def order(database_url: str, seats: int) -> None:
    """Set the seats of dose 1 on the day, as the allocator does when the staff order it."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE seats SET capacity = %s FROM slot "
            "WHERE slot.slot_id = seats.slot_id AND slot.day = %s AND seats.dose = 1",
            (seats, DAY),
        )


def firsts_on_the_day(database_url: str) -> set[int]:
    slots = read_catalogue(database_url).slots.values()
    return {slot.capacities[0] for slot in slots if slot.day == DAY}


def loads(database_url: str, text: str) -> None:
    done = load_release(database_url, planned(text))
    assert isinstance(done, Loaded), done


@pytest.fixture
def closed(database_url: str) -> str:
    """A city with a release that is loaded, and one day closed."""
    loads(database_url, TEXT)
    order(database_url, 0)
    return database_url


def test_closed_day_does_not_come_back_with_a_plan_that_changes_elsewhere(closed: str) -> None:
    for refused in (load_release(closed, planned(ELSEWHERE)), check_load(closed, planned(TEXT))):
        assert isinstance(refused, list)
        (wrong,) = refused
        assert (wrong.code, wrong.severity, wrong.values["days"]) == (
            "slot_closed_by_order",
            "error",
            [DAY],
        )
        assert "gym was closed by an order of the staff on 2030-09-14" in wrong.message
    assert firsts_on_the_day(closed) == {0}


def test_day_that_a_plan_has_left_out_may_come_back(closed: str) -> None:
    loads(closed, WITHOUT_THE_DAY)
    assert firsts_on_the_day(closed) == set()
    loads(closed, TEXT)
    assert firsts_on_the_day(closed) == {10}


def test_seats_that_are_given_back_by_an_order_are_the_plans_again(closed: str) -> None:
    order(closed, 10)
    assert check_load(closed, planned(ELSEWHERE)) == []


def test_plan_that_had_no_seats_may_have_some(database_url: str) -> None:
    empty = TEXT.replace("2030-10-18}", "2030-10-19}", 1)
    session = "\n".join(TEXT.splitlines()[-6:]).replace(
        "{from: 2030-10-05, to: 2030-10-18, except: [2030-10-14]}", "[2030-10-19]"
    )
    loads(database_url, f"{empty}\n{session.replace('dose_2: 10', 'dose_2: 0')}\n")
    assert check_load(database_url, planned(f"{empty}\n{session}\n")) == []


def test_what_was_loaded_before_anybody_kept_count_is_asked_about(closed: str) -> None:
    with psycopg.connect(closed) as connection:
        connection.execute("UPDATE slot SET dose1_planned = NULL, dose2_planned = NULL")
    assert [one.code for one in check_load(closed, planned(TEXT))] == ["slot_closed_by_order"]


def test_seats_that_were_cut_are_told_and_stop_nothing(closed: str) -> None:
    order(closed, 4)
    told: list[Finding] = check_load(closed, planned(ELSEWHERE))
    slots = len([slot for slot in planned(TEXT).slots if slot.day == DAY])
    assert [(one.code, one.severity, one.values["seats"]) for one in told] == [
        ("seats_cut_by_order", "warning", 6 * slots)
    ]
    loads(closed, ELSEWHERE)
