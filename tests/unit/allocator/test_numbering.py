"""Booking numbers can be read out, and a slip of the tongue is noticed."""

from __future__ import annotations

import pytest

from allocator.numbering import booking_number


@pytest.mark.parametrize(
    ("sequence", "number"),
    [
        (572, "0000572-4"),
        (1, "0000001-3"),
        (43_881, "0043881-0"),
        (1_043_881, "1043881-4"),
        (9_999_999, "9999999-2"),
        (123_456_789, "123456789-4"),
    ],
)
def test_booking_number_has_a_check_digit(sequence: int, number: str) -> None:
    """The first is Damm's published example; the rest were worked out digit by digit."""
    assert booking_number(sequence) == number


def check_digit(sequence: int) -> str:
    return booking_number(sequence)[-1]


def test_no_single_wrong_digit_passes() -> None:
    for place in range(9):
        digits = {check_digit(123_456_789 // 10**place * 10**place + n * 10**place) for n in (0, 1)}
        assert len(digits) == 2
    assert len({check_digit(number) for number in range(10)}) == 10


def test_no_swap_of_neighbours_passes() -> None:
    for number in range(100):
        swapped = number % 10 * 10 + number // 10
        for rest in (1, 1_000, 1_000_000):
            pair = check_digit(number * rest), check_digit(swapped * rest)
            assert (pair[0] == pair[1]) is (number == swapped)
