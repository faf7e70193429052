"""Codes of RFC 6238, each of which counts once."""

from __future__ import annotations

from base64 import b32encode

import pytest

from gateway.staff.codes import STEP_S, code_in, enrolment_uri, step_at, step_of

SECRET = b32encode(b"12345678901234567890").decode()
"""That of RFC 6238's appendix B, whose codes of eight digits end in ours."""


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_are_those_of_the_rfc(now: int, code: str) -> None:
    assert step_of(SECRET, code, now, 0) == step_at(now)


def test_clock_may_be_one_step_off_and_no_more() -> None:
    now = 1_234_567_890
    for steps, found in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        assert (step_of(SECRET, "005924", now + steps * STEP_S, 0) is not None) is found


def test_code_of_a_step_that_was_taken_is_none() -> None:
    now = 1_234_567_890
    assert step_of(SECRET, "005924", now, step_at(now) - 1) == step_at(now)
    assert step_of(SECRET, "005924", now, step_at(now)) is None


@pytest.mark.parametrize("code", ["", "005925", "５９２４", "005924 "])
def test_what_is_no_code_is_none(code: str) -> None:
    assert step_of(SECRET, code, 1_234_567_890, 0) is None


def test_authenticator_is_told_whose_secret_it_is() -> None:
    uri = enrolment_uri(SECRET, "mado1")
    assert uri == f"otpauth://totp/Seiriken:mado1?secret={SECRET}&issuer=Seiriken"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("１２３　４５６", "123456"),
        ("12345", ""),
        ("1234567", ""),
        ("12345x", ""),
        ("", ""),
    ],
)
def test_code_is_read_as_authenticators_and_keyboards_write_it(typed: str, code: str) -> None:
    assert code_in(typed) == code
