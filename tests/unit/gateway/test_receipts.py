"""A receipt proves what was booked, and nothing else passes for one."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from allocator.model import SITE_TIMEZONE
from gateway.receipts import (
    KeyMalformed,
    Receipt,
    ReceiptDose,
    ReceiptMalformed,
    ReceiptRefused,
    ReceiptSigner,
    ReceiptVersionUnknown,
    SignatureWrong,
    check,
    key_text,
    read,
    read_key,
)
from tests.unit.gateway.factories import make_booking, make_slot

SEED = bytes(range(32))
SIGNER = ReceiptSigner(SEED)
SLOTS = {1: make_slot(1, date(2021, 6, 10)), 2: make_slot(2, date(2021, 7, 1), venue_id="school")}
RECEIPT = SIGNER.receipt("122319", make_booking(), SLOTS)
KEY = SIGNER.public_key

IDS = st.from_regex("[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True)
DOSES = st.builds(
    lambda minutes, venue_id: ReceiptDose(
        datetime(2021, 1, 1, tzinfo=SITE_TIMEZONE) + timedelta(minutes=minutes), venue_id
    ),
    st.integers(0, 20 * 366 * 1_440),
    IDS,
)
UNSIGNED = st.builds(
    Receipt,
    municipality_code=st.from_regex("[0-9]{6}", fullmatch=True),
    booking_number=st.from_regex("[0-9]{7,9}-[0-9]", fullmatch=True),
    state=st.sampled_from(["booked", "first_only", "cancelled"]),
    product_id=IDS,
    first_dose=st.none() | DOSES,
    second_dose=st.none() | DOSES,
)


def signed(text: str) -> str:
    """Sign any text with the city's key, as the city itself never would."""
    signature = Ed25519PrivateKey.from_private_bytes(SEED).sign(text.encode())
    return f"{text}|{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


# Writing


def test_receipt_says_what_was_booked() -> None:
    assert RECEIPT.rpartition("|")[0] == (
        "SEIRIKEN1|122319|0000001-3|booked|comirnaty"
        "|2021-06-10T10:00+09:00@hall|2021-07-01T10:00+09:00@school"
    )


def test_receipt_of_the_same_booking_is_always_the_same() -> None:
    again = ReceiptSigner(SEED)
    assert again.receipt("122319", make_booking(), SLOTS) == RECEIPT


def test_receipt_leaves_a_missing_dose_empty() -> None:
    receipt = SIGNER.receipt("122319", make_booking(state="first_only"), {1: SLOTS[1]})
    assert "|first_only|comirnaty|2021-06-10T10:00+09:00@hall||" in receipt
    assert check(receipt, KEY).second_dose is None


def test_receipt_is_in_the_sites_time() -> None:
    slot = make_slot(1, date(2021, 6, 10), starts_at=datetime(2021, 6, 9, 16, 30, tzinfo=UTC))
    receipt = SIGNER.receipt("122319", make_booking(), {1: slot})
    assert "|2021-06-10T01:30+09:00@hall||" in receipt


# Reading


def test_genuine_receipt_tells_what_it_says() -> None:
    assert check(RECEIPT, KEY) == Receipt(
        municipality_code="122319",
        booking_number="0000001-3",
        state="booked",
        product_id="comirnaty",
        first_dose=ReceiptDose(SLOTS[1].starts_at, "hall"),
        second_dose=ReceiptDose(SLOTS[2].starts_at, "school"),
        signature=read(RECEIPT).signature,
    )


@given(UNSIGNED)
def test_every_receipt_is_read_as_it_was_written(unsigned: Receipt) -> None:
    text = signed(unsigned.signed_text)
    receipt = check(text, KEY)
    assert receipt.text == text
    assert msgspec.structs.replace(receipt, signature=b"") == unsigned


@given(st.text() | st.text(alphabet="SEIRKN1|@-_:+Tabc0123456789", max_size=300))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ReceiptRefused):
        check(text, KEY)


def test_every_single_changed_character_is_refused() -> None:
    alphabet = "".join(map(chr, range(33, 127))) + " \n\0é１"
    for place, was in enumerate(RECEIPT):
        for character in alphabet.replace(was, ""):
            with pytest.raises(ReceiptRefused):
                check(RECEIPT[:place] + character + RECEIPT[place + 1 :], KEY)


def test_every_character_left_out_added_or_swapped_is_refused() -> None:
    for place in range(len(RECEIPT) + 1):
        before, after = RECEIPT[:place], RECEIPT[place:]
        forged = {before + after[1:], *(before + more + after for more in "0A|@-= \n")}
        forged.add(before + after[1::-1] + after[2:])
        for text in forged - {RECEIPT}:
            with pytest.raises(ReceiptRefused):
                check(text, KEY)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ReceiptMalformed),
        ("0000001-3", ReceiptMalformed),
        (RECEIPT.rpartition("|")[0], ReceiptMalformed),
        (RECEIPT[:-4], ReceiptMalformed),
        (RECEIPT + "=", ReceiptMalformed),
        (RECEIPT * 3, ReceiptMalformed),
        (RECEIPT.replace("2021-06-10", "2021-06-31"), ReceiptMalformed),
        (RECEIPT.replace("2021-06-10", "0001-01-01"), ReceiptMalformed),
        (RECEIPT.replace("SEIRIKEN1", "SEIRIKEN2"), ReceiptVersionUnknown),
        (RECEIPT.replace("SEIRIKEN1", "SEIRIKEN10"), ReceiptVersionUnknown),
        (RECEIPT.replace("0000001-3", "0000002-7"), SignatureWrong),
        (RECEIPT.replace("|booked|", "|cancelled|"), SignatureWrong),
        (RECEIPT[:-86] + "A" * 86, SignatureWrong),
    ],
)
def test_reason_is_told_where_it_can_be_known(text: str, reason: type[ReceiptRefused]) -> None:
    with pytest.raises(ReceiptRefused) as refused:
        check(text, KEY)
    assert type(refused.value) is reason


def test_signature_has_one_spelling() -> None:
    """Four bits of its last character say nothing: only the spelling with zeros is taken."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    taken = []
    for character in alphabet:
        try:
            taken.append(read(RECEIPT[:-1] + character).text[-1])
        except ReceiptMalformed:
            continue
    assert taken == ["A", "Q", "g", "w"]


def test_receipt_of_another_city_is_not_genuine_here() -> None:
    other = ReceiptSigner(bytes(32))
    receipt = other.receipt("122319", make_booking(), SLOTS)
    assert check(receipt, other.public_key).municipality_code == "122319"
    with pytest.raises(SignatureWrong):
        check(receipt, KEY)


def test_signature_over_something_else_does_not_help() -> None:
    with pytest.raises(ReceiptMalformed):
        check(signed("SEIRIKEN1|122319|0000001-3|booked|comirnaty|tomorrow|"), KEY)


# The public key


def test_key_is_read_in_each_of_its_forms() -> None:
    written = key_text(KEY)
    assert len(written) == 43
    for text in (written, f"{written}=", KEY.hex(), KEY.hex().upper()):
        assert read_key(text) == KEY


@pytest.mark.parametrize(
    "text",
    ["", "key", key_text(KEY)[:-1], key_text(KEY) + "==", KEY.hex()[:-2], "A" * 42 + "B", "é" * 43],
)
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(KeyMalformed):
        read_key(text)


@given(st.binary(min_size=32, max_size=32))
def test_every_key_is_read_as_it_was_written(key: bytes) -> None:
    assert read_key(key_text(key)) == key
