"""Codes: the same for the same challenge, another for any other, and always six digits."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from allocator.codes import CODE_DIGITS, code_for
from gateway import forms

KEY = bytes(range(32))
BOOKING = UUID(int=7)


@given(st.binary(min_size=32, max_size=32), st.uuids(), st.uuids())
def test_code_has_six_digits_and_is_always_the_same(
    key: bytes, challenge: UUID, booking_id: UUID
) -> None:
    code = code_for(key, challenge, booking_id)
    assert len(code) == CODE_DIGITS
    assert code.isascii()
    assert code.isdigit()
    assert code_for(key, challenge, booking_id) == code


def test_code_depends_on_key_challenge_and_booking() -> None:
    codes = {
        code_for(KEY, UUID(int=1), BOOKING),
        code_for(KEY, UUID(int=2), BOOKING),
        code_for(KEY, UUID(int=1), UUID(int=8)),
        code_for(bytes(32), UUID(int=1), BOOKING),
    }
    assert len(codes) == 4


def test_no_digit_is_likelier_than_another() -> None:
    codes = [code_for(KEY, UUID(int=number), BOOKING) for number in range(5_000)]
    for place in range(CODE_DIGITS):
        counts = Counter(code[place] for code in codes)
        assert len(counts) == 10
        assert all(400 < count < 600 for count in counts.values())


def test_form_wants_as_many_digits_as_a_code_has() -> None:
    assert forms.CODE_DIGITS == CODE_DIGITS
    assert forms.parse_code({"code": "０１２３４５"}) == "012345"
    assert isinstance(forms.parse_code({"code": "1"}), list)
    assert isinstance(forms.parse_code({"code": "012345", "other": ""}), list)
