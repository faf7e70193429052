"""The draw: the specification's own vectors, and that everybody has one place."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waiting_room import draw

SEED_A = bytes.fromhex("df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119")
SEED_B = bytes.fromhex("67abdd721024f0ff4e0b3f4c2fc13bc5bad42d0b7851d456d88d203d15aaa450")
SEED_C = bytes.fromhex("26b25d457597a7b0463f9620f666dd10aa2c4373a505967c7c8d70922a2d6ece")

VECTORS = [
    (SEED_A, [0], [0]),
    (SEED_A, [1, 0], [1, 0]),
    (SEED_A, [2, 1, 0], [1, 0, 2]),
    (SEED_A, [3, 1, 4, 2, 0], [2, 3, 1, 0, 4]),
    (SEED_A, [8, 7, 5, 9, 2, 3, 6, 1, 4, 0], [2, 6, 9, 5, 7, 3, 4, 8, 1, 0]),
    (SEED_B, [2, 1, 0], [2, 1, 0]),
    (SEED_B, [3, 1, 4, 2, 0], [0, 2, 4, 1, 3]),
    (SEED_B, [8, 7, 5, 9, 2, 3, 6, 1, 4, 0], [1, 6, 8, 7, 2, 3, 0, 5, 4, 9]),
    (SEED_C, [2, 1, 0], [0, 2, 1]),
    (SEED_C, [3, 1, 4, 2, 0], [0, 1, 3, 2, 4]),
    (SEED_C, [8, 7, 5, 9, 2, 3, 6, 1, 4, 0], [0, 8, 4, 9, 5, 7, 3, 1, 6, 2]),
]
"""Small rows of the public test vectors of the Ethereum consensus specification:
the element at index i of `before` stands afterwards at p(i)."""

seeds = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(("seed", "before", "after"), VECTORS)
def test_the_shuffle_is_that_of_the_specification(
    seed: bytes, before: list[int], after: list[int]
) -> None:
    shuffled = [-1] * len(before)
    for index, element in enumerate(before):
        shuffled[draw.shuffled_index(index, len(before), seed)] = element
    assert shuffled == after


@given(seeds, st.integers(1, 300))
@settings(max_examples=25)
def test_everybody_in_the_lobby_has_one_place_and_every_place_one_holder(
    seed: bytes, count: int
) -> None:
    places = sorted(draw.place_of(index, count, seed) for index in range(count))
    assert places == list(range(1, count + 1))


@given(seeds, st.integers(0, 1_000), st.integers(0, 1_000))
def test_late_comers_stand_behind_the_lobby_in_order_of_arrival(
    seed: bytes, lobby_count: int, late: int
) -> None:
    assert draw.place_of(lobby_count + late, lobby_count, seed) == lobby_count + late + 1


@pytest.mark.parametrize(
    ("index", "count", "seed"),
    [(-1, 5, SEED_A), (5, 5, SEED_A), (0, 2**40 + 1, SEED_A), (0, 5, SEED_A[:31])],
)
def test_an_index_that_cannot_be_is_our_mistake(index: int, count: int, seed: bytes) -> None:
    with pytest.raises(AssertionError):
        draw.shuffled_index(index, count, seed)


@pytest.mark.parametrize(("seed", "before", "after"), VECTORS)
def test_the_shuffle_can_be_undone(seed: bytes, before: list[int], after: list[int]) -> None:
    undone = [before[draw.unshuffled_index(p, len(after), seed)] for p in range(len(after))]
    assert undone == after
    with pytest.raises(AssertionError):
        draw.unshuffled_index(len(after), len(after), seed)


def test_places_of_the_lobby_are_drawn_and_later_ones_follow() -> None:
    assert [draw.place_of(index, 3, SEED_A) for index in range(5)] == [3, 1, 2, 4, 5]
    assert draw.place_of(0, 0, SEED_A) == 1


def test_the_shuffles_seed_mixes_seed_and_beacon() -> None:
    mixed = draw.shuffle_seed(SEED_A, "第1234回 0815")
    assert mixed == hashlib.sha256(SEED_A + b"\0" + "第1234回 0815".encode()).digest()
    assert mixed != draw.shuffle_seed(SEED_A, "第1234回 0816")
    with pytest.raises(AssertionError):
        draw.shuffle_seed(b"short", "0815")


def test_the_default_beacon_names_release_and_opening() -> None:
    beacon = draw.default_beacon("spring", "2026-12-01T09:00:00+09:00")
    assert beacon == "spring|2026-12-01T09:00:00+09:00"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("0815", None),
        ("宝くじ 第1234回", None),
        ("x" * 200, None),
        ("", "is empty"),
        ("   ", "is empty"),
        (" 0815", "begins or ends with a space"),
        ("08\n15", "cannot be printed"),
        ("08\u200b15", "cannot be printed"),
        ("x" * 201, "more than 200 characters"),
    ],
)
def test_a_beacon_is_one_line_that_can_be_read_and_typed(text: str, fault: str | None) -> None:
    found = draw.beacon_fault(text)
    assert found is None if fault is None else fault in (found or "")


def test_the_commitment_binds_seed_and_rules() -> None:
    published = draw.commitment(SEED_A)
    assert published == hashlib.sha256(SEED_A + draw.RULES.encode()).hexdigest()
    assert draw.commitment(SEED_B) != published
    assert draw.commitment(SEED_A, draw.RULES + " ") != published


def test_the_seed_of_a_release_is_the_same_after_a_wipe_and_differs_between_releases() -> None:
    key = bytes(32)
    assert draw.seed_of(key, "spring") == draw.seed_of(key, "spring")
    assert draw.seed_of(key, "spring") != draw.seed_of(key, "autumn")
    assert draw.seed_of(b"\x01" * 32, "spring") != draw.seed_of(key, "spring")
    assert len(draw.seed_of(key, "spring")) == draw.SEED_BYTES


def test_the_published_rules_name_what_the_code_does() -> None:
    assert f"with {draw.ROUNDS} rounds" in draw.RULES
    assert f"rules version {draw.RULES_VERSION} " in draw.RULES
    assert f"at most {draw.BEACON_CHARS_MAX} characters" in draw.RULES
    assert draw.RULES.isascii()
    assert "compute_shuffled_index" in draw.RULES
