"""The checker finds each violation that is planted, and nothing in a clean history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from loadtests.chaos.checker import RULES, check, compared
from loadtests.chaos.history import (
    Answer,
    Booking,
    Call,
    Decision,
    Leading,
    Seats,
    Tables,
    Told,
)

PAIR = Answer("booked", "B-1", "11", "21")
MOVED = Answer("booked", "B-1", "12", "22")
NEXT_PAIR = Answer("booked", "B-2", "11", "21")
NONE_LEFT = Answer("no_first_dose")
WIPE = (50.0, 52.0)


def clean() -> tuple[Told, Tables]:
    """Two who book, one of whom changes; one who is refused; one request that never arrived."""
    calls = [
        Call(1, "sign_in", 10.0, 10.1, 200, "waiting", place=1),
        Call(2, "sign_in", 11.0, 11.1, 200, "waiting", place=2),
        Call(3, "sign_in", 12.0, 12.1, 200, "waiting", place=3),
        Call(2, "sign_in", 12.5, 12.6, 200, "waiting", place=2),
        Call(3, "enter", 12.7, 12.8, 409, "not_your_turn", place=3, serving=2),
        Call(1, "status", 13.0, 13.1, 200, serving=2),
        Call(1, "enter", 14.0, 14.1, 200),
        Call(2, "enter", 14.0, 14.1, 200),
        Call(1, "book", 15.0, 19.0, 0, request_id="r-1"),
        Call(1, "book", 20.0, 21.0, 202, request_id="r-1"),
        Call(1, "outcome", 22.0, 22.1, 200, request_id="r-1", answer=PAIR),
        Call(1, "change", 23.0, 23.1, 200, request_id="r-2", answer=MOVED),
        Call(2, "book", 24.0, 24.1, 201, request_id="r-3", answer=NEXT_PAIR),
        Call(2, "status", 33.0, 33.1, 200, serving=3),
        Call(3, "enter", 26.0, 26.1, 200),
        Call(2, "reuse", 26.5, 26.6, 409, request_id="r-3", answer=Answer("id_reused")),
        Call(2, "reuse", 26.7, 26.8, 503, "away", request_id="r-3"),
        Call(3, "book", 27.0, 27.1, 409, request_id="r-4", answer=NONE_LEFT),
        Call(3, "book", 28.0, 28.1, 503, "away", request_id="r-5"),
        Call(3, "outcome", 60.0, 60.1, 404, "not_found", request_id="r-5"),
        Call(4, "sign_in", 53.0, 53.1, 200, "waiting", place=4),
        Call(4, "status", 61.0, 61.1, 200, serving=3),
    ]
    leaders = [Leading(10.0, 1, "a"), Leading(20.0, 2, "b"), Leading(30.0, 2, "b")]
    decisions = [
        Decision(1, 1, "r-1", "p", PAIR, "B-1"),
        Decision(2, 1, "r-2", "p", MOVED, "B-1"),
        Decision(3, 2, "r-3", "q", NEXT_PAIR, "B-2"),
        Decision(4, 2, "r-4", "r", NONE_LEFT),
    ]
    bookings = [
        Booking("B-1", "p", "booked", "12", "22", 100, 121, 19, 42),
        Booking("B-2", "q", "booked", "11", "21", 100, 121, 19, 42),
        Booking("B-0", "p", "cancelled", "", "", None, None, 19, 42),
    ]
    decisions.insert(0, Decision(0, 1, "r-0", "p", Answer("cancelled"), "B-0"))
    calls.insert(0, Call(1, "cancel", 9.0, 9.1, 200, request_id="r-0", answer=Answer("cancelled")))
    seats = [Seats(slot, int(slot[0]), 1, 1) for slot in ("11", "12", "21", "22")]
    seats.append(Seats("13", 1, 5, 0))
    told = Told(calls, 5.0, [WIPE], leaders, drained_s=4.0)
    return told, Tables(decisions, bookings, seats)


Plant = Callable[[Told, Tables], tuple[Told, Tables]]


def told_also(*calls: Call) -> Plant:
    return lambda told, tables: (replace(told, calls=[*told.calls, *calls]), tables)


def without_decision(request_id: str) -> Plant:
    def plant(told: Told, tables: Tables) -> tuple[Told, Tables]:
        left = [one for one in tables.decisions if one.request_id != request_id]
        return told, replace(tables, decisions=left)

    return plant


def with_decision(decision: Decision) -> Plant:
    return lambda told, tables: (told, replace(tables, decisions=[*tables.decisions, decision]))


def with_booking(which: str, **changes: object) -> Plant:
    def plant(told: Told, tables: Tables) -> tuple[Told, Tables]:
        rows = [
            replace(row, **changes) if row.number == which else row  # type: ignore[arg-type]
            for row in tables.bookings
        ]
        return told, replace(tables, bookings=rows)

    return plant


def without_booking(number: str) -> Plant:
    def plant(told: Told, tables: Tables) -> tuple[Told, Tables]:
        return told, replace(
            tables, bookings=[row for row in tables.bookings if row.number != number]
        )

    return plant


def of_told(**changes: object) -> Plant:
    return lambda told, tables: (replace(told, **changes), tables)  # type: ignore[arg-type]


def with_seats(*seats: Seats) -> Plant:
    def plant(told: Told, tables: Tables) -> tuple[Told, Tables]:
        slots = {(one.slot, one.dose) for one in seats}
        left = [one for one in tables.seats if (one.slot, one.dose) not in slots]
        return told, replace(tables, seats=[*left, *seats])

    return plant


PLANTED: list[tuple[str, str, Plant]] = [
    (
        "one_answer_to_one_request",
        "two answers to a double click",
        told_also(Call(2, "book", 30.0, 30.1, 409, request_id="r-3", answer=NONE_LEFT)),
    ),
    (
        "reused_id_is_refused",
        "other content that is taken for the same",
        told_also(Call(2, "reuse", 30.0, 30.1, 201, request_id="r-3", answer=NEXT_PAIR)),
    ),
    ("told_as_it_is_stored", "a booking that is lost", without_decision("r-3")),
    (
        "told_as_it_is_stored",
        "other seats than were told",
        told_also(
            Call(2, "outcome", 30.0, 30.1, 200, request_id="r-3", answer=replace(PAIR, state="x"))
        ),
    ),
    (
        "unknown_requests_resolve",
        "a request that is undecided for ever",
        told_also(Call(3, "outcome", 70.0, 70.1, 202, request_id="r-5")),
    ),
    (
        "unknown_requests_resolve",
        "a request that was never asked for again",
        told_also(Call(3, "book", 70.0, 75.0, 0, request_id="r-6")),
    ),
    (
        "unknown_requests_resolve",
        "a request that is stored and denied",
        with_decision(Decision(5, 2, "r-5", "r", NONE_LEFT)),
    ),
    (
        "nobody_else_decides",
        "a decision on a request that nobody sent",
        with_decision(Decision(5, 2, "r-99", "r", NONE_LEFT)),
    ),
    (
        "nobody_else_decides",
        "two clients who are one person",
        with_decision(Decision(5, 2, "r-5", "q", NONE_LEFT)),
    ),
    ("bookings_are_as_last_decided", "a booking that vanished", without_booking("B-2")),
    (
        "bookings_are_as_last_decided",
        "a change that was lost",
        with_booking("B-1", dose1_slot="11", dose2_slot="21"),
    ),
    (
        "bookings_are_as_last_decided",
        "a booking out of nothing",
        with_booking("B-2", number="B-3"),
    ),
    ("no_seat_twice", "a seat given twice", with_booking("B-1", dose1_slot="11")),
    ("no_seat_twice", "a counter that is off", with_seats(Seats("13", 1, 5, 1))),
    ("no_seat_twice", "a slot that does not exist", with_booking("B-1", dose1_slot="77")),
    ("both_doses_or_neither", "half a pair", with_booking("B-1", dose2_slot="")),
    ("both_doses_or_neither", "seats of a cancelled booking", with_booking("B-0", dose1_slot="13")),
    ("both_doses_or_neither", "doses too close", with_booking("B-1", dose2_day=118)),
    ("both_doses_or_neither", "doses too far apart", with_booking("B-1", dose2_day=143)),
    ("one_booking_a_person", "two bookings of one person", with_booking("B-2", person="p")),
    (
        "one_leader_at_a_time",
        "an overtaken leader that commits",
        with_decision(Decision(5, 1, "r-5", "r", NONE_LEFT)),
    ),
    (
        "one_leader_at_a_time",
        "two leaders in one epoch",
        of_told(leaders=[Leading(1.0, 1, "a"), Leading(2.0, 1, "b")]),
    ),
    (
        "one_leader_at_a_time",
        "an epoch that falls",
        of_told(leaders=[Leading(1.0, 2, "a"), Leading(2.0, 1, "b")]),
    ),
    (
        "one_place_a_person",
        "another place on another device",
        told_also(Call(2, "sign_in", 30.0, 30.1, 200, "waiting", place=9)),
    ),
    (
        "first_come_first_placed",
        "one who overtakes",
        told_also(Call(5, "sign_in", 40.0, 40.1, 200, "waiting", place=2)),
    ),
    (
        "nobody_enters_early",
        "one who enters before being called",
        told_also(
            Call(5, "sign_in", 13.5, 13.6, 200, "waiting", place=8),
            Call(5, "enter", 13.7, 13.8, 200),
        ),
    ),
    (
        "nobody_enters_early",
        "one who enters before somebody ahead is told to wait",
        told_also(
            Call(5, "sign_in", 13.5, 13.6, 200, "waiting", place=8),
            Call(5, "enter", 13.7, 13.8, 200),
            Call(3, "enter", 13.9, 14.0, 409, "not_your_turn", place=3, serving=2),
        ),
    ),
    (
        "nobody_enters_early",
        "one who is let in by signing in",
        told_also(Call(5, "sign_in", 13.5, 13.6, 200, "inside", place=8)),
    ),
    ("queues_run_empty", "queues that take too long", of_told(drained_s=61.0)),
    ("queues_run_empty", "queues that never run empty", of_told(drained_s=None)),
]


def test_nothing_is_found_in_a_clean_history() -> None:
    assert check(*clean()) == []


@pytest.mark.parametrize(
    ("rule", "plant"),
    [(rule, plant) for rule, _, plant in PLANTED],
    ids=[name.replace(" ", "_") for _, name, _ in PLANTED],
)
def test_planted_violation_is_found_by_its_rule(rule: str, plant: Plant) -> None:
    findings = check(*plant(*clean()))
    assert rule in {finding.split(":")[0] for finding in findings}


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _, _ in PLANTED} == {rule.__name__ for rule in RULES}


def test_wipe_may_move_a_place_and_disturb_the_order() -> None:
    """Between two eras nothing is promised to whoever lost the token; within one, all is."""
    told, tables = clean()
    after_wipe = Call(1, "sign_in", 55.0, 55.1, 200, "waiting", place=9)
    during_wipe = Call(5, "sign_in", 51.0, 51.1, 200, "waiting", place=1)
    calls = [*told.calls, after_wipe, during_wipe]
    assert check(replace(told, calls=calls), tables) == []


def test_who_was_drawn_in_the_lobby_is_in_no_order_of_arrival() -> None:
    told, tables = clean()
    calls = [*told.calls, Call(5, "sign_in", 4.0, 4.1, 200, "lobby", place=70)]
    assert check(replace(told, calls=calls), tables) == []


def test_holder_of_a_booking_may_come_in_at_any_time() -> None:
    told, tables = clean()
    calls = [
        *told.calls,
        Call(2, "sign_in", 53.2, 53.3, 200, "waiting", place=9),
        Call(2, "enter", 53.4, 53.5, 200),
    ]
    assert check(replace(told, calls=calls), tables) == []


def test_old_copy_of_the_status_proves_nothing() -> None:
    """A gateway that is cut off from Redis answers from what it had before."""
    told, tables = clean()
    calls = [*told.calls, Call(4, "status", 27.0, 27.1, 200, serving=1)]
    assert check(replace(told, calls=calls), tables) == []


def test_it_is_said_how_much_was_compared() -> None:
    assert compared(clean()[0]) == {
        "requests": 6,
        "requests_repeated": 3,
        "requests_reused": 1,
        "places_told_again": 2,
        "arrivals_in_order": 4,
        "entrances": 2,
    }


def test_answers_are_told_apart_by_what_residents_see() -> None:
    assert Answer.of("cancelled", "B-1", "11", "21") == Answer("cancelled")
    assert str(PAIR) == "booked B-1 in slots 11 and 21"
    assert str(NONE_LEFT) == "no_first_dose"
