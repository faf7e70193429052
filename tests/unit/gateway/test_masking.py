from __future__ import annotations

import pytest

from allocator.reads import Contact
from gateway.masking import masked


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("09012345678", "****678"), ("+819012345678", "****678"), ("123456", "****"), ("", "****")],
)
def test_phone_number_keeps_its_last_digits(phone: str, shown: str) -> None:
    assert masked(Contact("印西 花子", phone, "")).phone == shown


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("hanako@example.jp", "h****@example.jp"),
        ("ha@example.jp", "h****@example.jp"),
        ("h@example.jp", "****@example.jp"),
        ("a..b.@carrier.example", "a****@carrier.example"),
        ('"a@b"@example.jp', '"****@example.jp'),
        ("", ""),
    ],
)
def test_address_keeps_its_first_letter_and_its_domain(email: str, shown: str) -> None:
    assert masked(Contact("印西 花子", "09012345678", email)).email == shown


def test_name_stays_so_that_its_owner_knows_it() -> None:
    assert masked(Contact("印西 花子", "09012345678", "")).name == "印西 花子"
