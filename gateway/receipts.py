"""Signed receipts: what was booked, provable without asking us.

A receipt is `SEIRIKEN1|municipality|booking number|state|product|dose 1|dose 2|signature`,
a dose as `start@venue` (RFC 3339, Asia/Tokyo; empty where there is none), the
signature base64url without padding over all that stands before its bar. Ed25519
(RFC 8032) is deterministic: the same booking has the same receipt, always. Nothing in
it names a person.

Rule 1: one receipt has one spelling: what `read` takes, `Receipt.text` writes again.
Rule 2: a receipt says what was booked when it was signed. After a change the booking
has another receipt, and the old one stays genuine.
Nothing here does I/O or reads a clock.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from allocator.model import SITE_TIMEZONE, Booking, Slot

TEXT_LENGTH_MAX = 512
"""No receipt is longer: its ids have at most 64 characters each."""

_VERSION = "SEIRIKEN1"
_OTHER_VERSION = re.compile(r"SEIRIKEN[0-9]+\|")
_ID = "[a-z0-9-]{1,64}"
_START = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}\+09:00"
_DOSE = f"(?:{_START}@{_ID})?"
_FORM = re.compile(
    r"SEIRIKEN1\|([0-9]{6})\|([0-9]{7,12}-[0-9])\|([a-z_]{1,32})"
    rf"\|({_ID})\|({_DOSE})\|({_DOSE})\|([A-Za-z0-9_-]{{86}})"
)


class ReceiptRefused(Exception):
    """A text is no genuine receipt. `code` says to programs why, the docstring to people."""

    code = "refused"


class ReceiptMalformed(ReceiptRefused):
    """It is not a whole receipt: something is missing, changed, or not of a receipt's form."""

    code = "malformed"


class ReceiptVersionUnknown(ReceiptRefused):
    """It is of another version than SEIRIKEN1."""

    code = "other_version"


class SignatureWrong(ReceiptRefused):
    """It was changed, or another city's key signed it."""

    code = "wrong_signature"


class KeyMalformed(Exception):
    """Not a public key: it has 32 bytes, written as 43 characters of base64url or 64 of hex."""


class ReceiptDose(msgspec.Struct, frozen=True):
    """When a dose is given (Asia/Tokyo, to the minute), and the id of the venue."""

    starts_at: datetime
    venue_id: str

    @property
    def text(self) -> str:
        """Return the dose as it stands in a receipt."""
        start = self.starts_at.astimezone(SITE_TIMEZONE).isoformat(timespec="minutes")
        return f"{start}@{self.venue_id}"


class Receipt(msgspec.Struct, frozen=True):
    """What a receipt says, and the signature under it."""

    municipality_code: str
    booking_number: str
    state: str
    product_id: str
    first_dose: ReceiptDose | None
    second_dose: ReceiptDose | None
    signature: bytes = b""

    @property
    def signed_text(self) -> str:
        """Return what the signature is over."""
        doses = (self.first_dose, self.second_dose)
        return "|".join(
            (
                _VERSION,
                self.municipality_code,
                self.booking_number,
                self.state,
                self.product_id,
                *("" if dose is None else dose.text for dose in doses),
            )
        )

    @property
    def text(self) -> str:
        """Return the receipt as residents have it."""
        return f"{self.signed_text}|{_written(self.signature)}"


class ReceiptSigner:
    """Signs receipts with the city's key."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32 bytes of an Ed25519 private key."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes with which anybody can check a receipt."""
        return self._key.public_key().public_bytes_raw()

    def receipt(self, municipality_code: str, booking: Booking, slots: Mapping[int, Slot]) -> str:
        """Write and sign a receipt. `slots` has the slot of each dose by its number."""
        unsigned = Receipt(
            municipality_code=municipality_code,
            booking_number=booking.booking_number,
            state=booking.state,
            product_id=booking.product_id,
            first_dose=_dose_in(slots.get(1)),
            second_dose=_dose_in(slots.get(2)),
        )
        signature = self._key.sign(unsigned.signed_text.encode())
        return msgspec.structs.replace(unsigned, signature=signature).text


def read(text: str) -> Receipt:
    """Return what a receipt says. Whether it is genuine, `check` says.

    Raises:
        ReceiptMalformed: the text is no receipt.
        ReceiptVersionUnknown: it is a receipt of another version.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise ReceiptMalformed
    if _OTHER_VERSION.match(text) and not text.startswith(f"{_VERSION}|"):
        raise ReceiptVersionUnknown
    found = _FORM.fullmatch(text)
    if found is None:
        raise ReceiptMalformed
    municipality_code, booking_number, state, product_id, first, second, signature = found.groups()
    receipt = Receipt(
        municipality_code=municipality_code,
        booking_number=booking_number,
        state=state,
        product_id=product_id,
        first_dose=_read_dose(first),
        second_dose=_read_dose(second),
        signature=_read_base64url(signature),
    )
    # The last character of a signature has bits that say nothing.
    if receipt.text != text:
        raise ReceiptMalformed
    return receipt


def check(text: str, public_key: bytes) -> Receipt:
    """Return what a receipt says, when the key that belongs to `public_key` signed it.

    Raises:
        ReceiptRefused: it is not genuine; the subclass says why.
    """
    receipt = read(text)
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(receipt.signature, receipt.signed_text.encode())
    except InvalidSignature:
        raise SignatureWrong from None
    return receipt


def key_text(public_key: bytes) -> str:
    """Write a public key as it is published: base64url without padding."""
    return _written(public_key)


def read_key(text: str) -> bytes:
    """Return the 32 bytes of a public key, written as base64url or in hexadecimal.

    Raises:
        KeyMalformed: it is neither.
    """
    if re.fullmatch("[0-9A-Fa-f]{64}", text):
        return bytes.fromhex(text)
    bare = text.removesuffix("=")
    if re.fullmatch("[A-Za-z0-9_-]{43}", bare):
        key = _read_base64url(bare)
        if _written(key) == bare:
            return key
    raise KeyMalformed


def _dose_in(slot: Slot | None) -> ReceiptDose | None:
    return None if slot is None else ReceiptDose(slot.starts_at, slot.venue_id)


def _read_dose(text: str) -> ReceiptDose | None:
    if not text:
        return None
    start, _, venue_id = text.partition("@")
    try:
        starts_at = datetime.fromisoformat(start).astimezone(SITE_TIMEZONE)
    except (ValueError, OverflowError):
        raise ReceiptMalformed from None
    return ReceiptDose(starts_at, venue_id)


def _read_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
