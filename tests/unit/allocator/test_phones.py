from __future__ import annotations

import pytest

from allocator.phones import mobile_number, national_number


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("08098765432", "+818098765432"),
        ("06012345678", "+816012345678"),
        ("07012345678", "+817012345678"),
        ("+819012345678", "+819012345678"),
        ("0476000000", None),
        ("0312345678", None),
        ("05012345678", None),
        ("02012345678", None),
        ("0801234567", None),
        ("080123456789", None),
        ("+8408098765432", None),
        ("", None),
    ],
)
def test_only_mobile_numbers_take_short_messages(phone: str, number: str | None) -> None:
    assert mobile_number(phone) == number


def test_number_is_dialled_at_home_with_a_zero() -> None:
    assert national_number("+818098765432") == "08098765432"
