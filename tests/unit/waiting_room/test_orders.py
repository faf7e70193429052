"""The operator's orders as they are stored."""

from __future__ import annotations

import pytest

from waiting_room.orders import CAP_MAX, PER_MINUTE_MAX, Orders, orders_from


@pytest.mark.parametrize(
    ("stored", "per_minute"),
    [
        (None, None),
        (b"auto", None),
        (b"0", 0),
        (b"120", 120),
        (b"-5", None),
        (b"9999999999", PER_MINUTE_MAX),
    ],
)
def test_a_stored_rate_is_a_number_or_automatic(
    stored: bytes | None, per_minute: int | None
) -> None:
    assert orders_from(stored, None) == Orders(per_minute, None)


def test_a_cap_is_stored_like_a_rate() -> None:
    assert orders_from(b"auto", b"300") == Orders(None, 300)
    assert orders_from(None, b"9999999999") == Orders(None, CAP_MAX)
