"""Place tokens: what was signed comes back, and nothing else does."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from waiting_room.tickets import TOKEN_AGE_S_MAX, TOKEN_CHARS_MAX, PlaceToken, sign, verify

KEY = b"k" * 32
NOW = 1_800_000_000

tokens = st.builds(
    PlaceToken,
    release_id=st.text(max_size=40),
    index=st.none() | st.integers(0, 2**40),
    person_key=st.binary(min_size=16, max_size=16),
    identity=st.binary(max_size=200),
    issued_at=st.just(NOW),
)


def token(index: int = 7) -> PlaceToken:
    return PlaceToken("spring", index, b"p" * 16, b"sealed", NOW)


@given(tokens)
def test_a_token_comes_back_as_it_was_signed(signed: PlaceToken) -> None:
    text = sign(KEY, signed)
    assert verify(KEY, text, NOW) == signed
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(tokens, st.data())
def test_a_token_with_any_bit_changed_is_none(signed: PlaceToken, data: st.DataObject) -> None:
    raw = bytearray(urlsafe_b64decode(sign(KEY, signed) + "=="))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    assert verify(KEY, urlsafe_b64encode(bytes(raw)).decode().rstrip("="), NOW) is None


@given(st.text(max_size=200))
def test_any_other_text_is_no_token(text: str) -> None:
    assert verify(KEY, text, NOW) is None


def test_a_token_of_another_key_is_none() -> None:
    assert verify(b"j" * 32, sign(KEY, token()), NOW) is None


def test_a_token_has_one_spelling_only() -> None:
    """The last character holds spare bits, and padding could be added."""
    text = sign(KEY, token())
    assert verify(KEY, text + "=", NOW) is None
    assert verify(KEY, text + "\n", NOW) is None
    spellings = {
        text[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    }
    assert [s for s in spellings | {text} if verify(KEY, s, NOW)] == [text]


def test_a_token_longer_than_any_of_ours_is_not_even_read() -> None:
    assert verify(KEY, "A" * (TOKEN_CHARS_MAX + 1), NOW) is None


def test_a_token_ends_after_its_greatest_age_and_is_not_valid_before_it_was_issued() -> None:
    text = sign(KEY, token())
    assert verify(KEY, text, NOW + TOKEN_AGE_S_MAX) == token()
    assert verify(KEY, text, NOW + TOKEN_AGE_S_MAX + 1) is None
    assert verify(KEY, text, NOW - 61) is None


def test_a_token_of_another_version_is_none_even_when_it_is_signed() -> None:
    signed = b"\x02" + msgspec.msgpack.encode(token())
    tag = hmac.digest(KEY, signed, hashlib.sha256)
    assert verify(KEY, urlsafe_b64encode(signed + tag).decode().rstrip("="), NOW) is None


def test_a_token_does_not_print_what_it_holds() -> None:
    assert repr(token()) == "PlaceToken(…)"
