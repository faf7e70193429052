"""A receipt proves what was booked, and nothing else passes for one."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.receipts import ReceiptSigner, is_genuine
from tests.unit.gateway.factories import make_booking, make_slot

SIGNER = ReceiptSigner(bytes(range(32)))
SLOTS = {1: make_slot(1, date(2021, 6, 10)), 2: make_slot(2, date(2021, 7, 1), venue_id="school")}


def test_receipt_says_what_was_booked() -> None:
    receipt = SIGNER.receipt("122319", make_booking(), SLOTS)
    assert receipt.rpartition("|")[0] == (
        "SEIRIKEN1|122319|0000001-3|booked|comirnaty"
        "|2021-06-10T10:00+09:00@hall|2021-07-01T10:00+09:00@school"
    )


def test_receipt_of_the_same_booking_is_always_the_same() -> None:
    again = ReceiptSigner(bytes(range(32)))
    booking = make_booking()
    assert SIGNER.receipt("122319", booking, SLOTS) == again.receipt("122319", booking, SLOTS)


def test_receipt_leaves_a_missing_dose_empty() -> None:
    receipt = SIGNER.receipt("122319", make_booking(state="first_only"), {1: SLOTS[1]})
    assert "|first_only|comirnaty|2021-06-10T10:00+09:00@hall||" in receipt


def test_genuine_receipt_is_recognised() -> None:
    assert is_genuine(SIGNER.receipt("122319", make_booking(), SLOTS), SIGNER.public_key)


@pytest.mark.parametrize(
    "forge",
    [
        lambda receipt: receipt.replace("0000001-3", "0000002-7"),
        lambda receipt: receipt[:-4] + "AAAA",
        lambda receipt: receipt.rpartition("|")[0],
        lambda receipt: receipt + "=",
        lambda _: "",
    ],
)
def test_forged_receipt_is_not(forge: object) -> None:
    assert callable(forge)
    receipt = SIGNER.receipt("122319", make_booking(), SLOTS)
    assert not is_genuine(forge(receipt), SIGNER.public_key)


def test_receipt_of_another_city_is_not_genuine_here() -> None:
    other = ReceiptSigner(bytes(32))
    receipt = other.receipt("122319", make_booking(), SLOTS)
    assert not is_genuine(receipt, SIGNER.public_key)
