from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from loadtests.peers.scene import (
    DAYS,
    HOT_SLOTS,
    INTERVAL_DAYS,
    STARTS,
    WARM_UP_PEOPLE,
    scene_of,
)

NOW = datetime(2030, 9, 4, 15, 30, tzinfo=timezone(timedelta(hours=9)))


def test_the_same_number_of_people_gives_the_same_scene() -> None:
    assert scene_of(200, NOW) == scene_of(200, NOW)


def test_everybody_has_a_ticket_of_their_own_and_wishes_for_every_slot_once() -> None:
    scene = scene_of(300, NOW)
    tickets = {person.ticket_number for person in scene.everybody}
    assert len(scene.people) == 300
    assert len(scene.warming_up) == WARM_UP_PEOPLE
    assert len(tickets) == len(scene.everybody)
    assert all(len(ticket) == 10 for ticket in tickets)
    for person in scene.everybody:
        assert sorted(person.wishes) == list(range(DAYS * STARTS))


@pytest.mark.parametrize("people", [300, 1_000, 5_000])
def test_there_are_fewer_pairs_than_people_and_half_of_them_are_hot(people: int) -> None:
    scene = scene_of(people, NOW)
    hot = sum(slot.capacity for slot in scene.slots[:HOT_SLOTS])
    assert 0.8 * people < scene.pairs < len(scene.everybody)
    assert hot == pytest.approx(scene.pairs / 2, rel=0.15)


def test_most_people_wish_for_a_hot_slot_first() -> None:
    people = scene_of(1_000, NOW).people
    hot = sum(person.wishes[0] < HOT_SLOTS for person in people)
    assert 0.65 * len(people) < hot < 0.75 * len(people)


def test_the_smallest_scene_has_a_seat_in_every_slot() -> None:
    assert all(slot.capacity == 1 for slot in scene_of(1, NOW).slots[HOT_SLOTS:])


def test_a_second_dose_is_three_weeks_after_the_first_and_on_no_day_of_first_doses() -> None:
    slots = scene_of(100, NOW).slots
    assert all(
        slot.second_starts_at - slot.starts_at == timedelta(days=INTERVAL_DAYS) for slot in slots
    )
    assert not {slot.starts_at for slot in slots} & {slot.second_starts_at for slot in slots}
    assert slots[0].starts_at.hour == 9
    assert slots[0].starts_at > NOW
