from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from loadtests.peers.auditing import Audit, Held, audit
from loadtests.peers.doors.visiting import Told
from loadtests.peers.scene import scene_of

NOW = datetime(2030, 9, 4, 15, 30, tzinfo=timezone(timedelta(hours=9)))
SCENE = scene_of(70, NOW)
FIRST = SCENE.slots[0]
SECOND = SCENE.slots[1]


def pair(reference: str) -> list[Held]:
    return [(reference, FIRST.starts_at), (reference, FIRST.second_starts_at)]


def test_tables_that_say_what_was_told_are_right() -> None:
    found = audit(SCENE, pair("a") + pair("b"), [Told("a", 0), Told("b", 0)])
    assert found == Audit(2, 0, 0, 0, 0)
    assert found.wrong == 0


def test_a_moment_is_the_same_in_every_zone() -> None:
    held = [(reference, moment.astimezone(UTC)) for reference, moment in pair("a")]
    assert audit(SCENE, held, [Told("a", 0)]).wrong == 0


def test_more_bookings_than_seats_are_oversold_in_both_doses() -> None:
    count = FIRST.capacity + 2
    references = [str(number) for number in range(count)]
    held = [line for reference in references for line in pair(reference)]
    told = [Told(reference, 0) for reference in references]
    assert audit(SCENE, held, told) == Audit(count, 4, 0, 0, 0)


def test_a_dose_at_a_moment_without_a_slot_is_oversold() -> None:
    held = [*pair("a"), ("b", NOW), ("b", FIRST.second_starts_at)]
    found = audit(SCENE, held, [Told("a", 0)])
    assert found.oversold_seats == 1
    assert found.half_pairs == 1


def test_one_dose_alone_is_a_half_pair_and_was_not_stored_as_told() -> None:
    found = audit(SCENE, pair("a")[:1], [Told("a", 0)])
    assert found == Audit(1, 0, 1, 1, 0)


def test_doses_of_two_slots_are_no_pair() -> None:
    held = [("a", FIRST.starts_at), ("a", SECOND.second_starts_at)]
    assert audit(SCENE, held, []).half_pairs == 1


def test_who_was_told_of_a_booking_that_is_not_there_is_found() -> None:
    assert audit(SCENE, pair("a"), [Told("a", 0), Told("b", 0)]).told_not_stored == 1
    assert audit(SCENE, pair("a"), [Told("a", 1)]).told_not_stored == 1


def test_two_people_told_of_one_booking_are_found() -> None:
    assert audit(SCENE, pair("a"), [Told("a", 0), Told("a", 0)]).told_not_stored == 1


def test_a_booking_of_which_nobody_was_told_is_found() -> None:
    found = audit(SCENE, pair("a") + pair("b"), [Told("a", 0)])
    assert found.stored_not_told == 1
    assert found.wrong == 1
