"""Signed receipts: what was booked, provable without asking us.

A receipt is `SEIRIKEN1|municipality|booking number|state|product|dose 1|dose 2|signature`,
a dose as `start@venue` (RFC 3339, Asia/Tokyo; empty where there is none), the
signature base64url without padding over all that stands before its bar. Ed25519
(RFC 8032) is deterministic: the same booking has the same receipt, always. Nothing in
it names a person.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from allocator.model import SITE_TIMEZONE, Booking, Slot

_VERSION = "SEIRIKEN1"


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
        written = "|".join(
            (
                _VERSION,
                municipality_code,
                booking.booking_number,
                booking.state,
                booking.product_id,
                _dose(slots.get(1)),
                _dose(slots.get(2)),
            )
        )
        return f"{written}|{_text(self._key.sign(written.encode()))}"


def is_genuine(receipt: str, public_key: bytes) -> bool:
    """Say whether a receipt was signed with the key that belongs to `public_key`."""
    written, _, signature = receipt.rpartition("|")
    try:
        raw = urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        Ed25519PublicKey.from_public_bytes(public_key).verify(raw, written.encode())
    except (InvalidSignature, ValueError):
        return False
    # The decoder ignores what it does not know; one receipt has one spelling.
    return _text(raw) == signature


def _dose(slot: Slot | None) -> str:
    if slot is None:
        return ""
    start = slot.starts_at.astimezone(SITE_TIMEZONE).isoformat(timespec="minutes")
    return f"{start}@{slot.venue_id}"


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
