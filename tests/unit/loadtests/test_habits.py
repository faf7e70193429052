from __future__ import annotations

from collections import Counter

from loadtests.habits import (
    LANGUAGES,
    LONGEST_FACTOR,
    MEDIAN_S,
    Habit,
    Thought,
    character_of,
    liked,
    nature_of,
    thinks_s,
)

PEOPLE = 20_000


def test_same_seed_and_number_give_the_same_person() -> None:
    assert character_of(7, nature_of(1, 7)) == character_of(7, nature_of(1, 7))
    others = {character_of(number, nature_of(2, number)).habit for number in range(500)}
    assert others == set(Habit)


def test_habits_are_as_frequent_as_they_are_said_to_be() -> None:
    habits = Counter(character_of(n, nature_of(1, n)).habit for n in range(PEOPLE))
    for habit, per_cent in ((Habit.DOUBLE_CLICK, 3), (Habit.LOST_CONNECTION, 2)):
        assert abs(habits[habit] / PEOPLE - per_cent / 100) < 0.005
    assert abs(habits[Habit.LEAVES] / PEOPLE - 0.05) < 0.01
    assert abs(habits[Habit.SECOND_DEVICE] / PEOPLE - 0.01) < 0.005


def test_all_five_languages_are_spoken() -> None:
    spoken = {character_of(n, nature_of(1, n)).language for n in range(2_000)}
    assert spoken == set(LANGUAGES)
    assert len(LANGUAGES) == 5


def test_contact_details_are_nobodys() -> None:
    contact = character_of(7, nature_of(1, 7)).contact
    assert contact["email"].endswith(".example")
    assert contact["name"].startswith("負荷")


def test_half_of_the_people_think_no_longer_than_the_median_and_none_for_ever() -> None:
    chance = nature_of(1, 1)
    times = sorted(thinks_s(Thought.DETAILS, 1.0, chance) for _ in range(2_001))
    median_s = MEDIAN_S[Thought.DETAILS]
    assert 0.9 * median_s < times[1_000] < 1.1 * median_s
    assert times[-1] <= LONGEST_FACTOR * median_s


def test_pace_makes_thinking_shorter() -> None:
    slow, fast = (thinks_s(Thought.DAY, pace, nature_of(1, 1)) for pace in (1.0, 4.0))
    assert slow == 4 * fast


def test_one_of_those_on_offer_is_liked_early_ones_more() -> None:
    chance = nature_of(1, 1)
    taken = Counter(liked(10, chance) for _ in range(5_000))
    assert set(taken) == set(range(10))
    assert taken[0] > taken[5] > taken[9]
