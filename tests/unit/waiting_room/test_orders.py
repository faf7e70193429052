"""The operator's rate as it is stored."""

from __future__ import annotations

import pytest

from waiting_room.orders import PER_MINUTE_MAX, rate_from


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
    assert rate_from(stored) == per_minute
