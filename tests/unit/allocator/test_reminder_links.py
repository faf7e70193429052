"""Links that turn reminders off: ours alone count, and each has one spelling."""

from __future__ import annotations

import re
import string
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from allocator.reminder_links import TOKEN_LENGTH, booking_of_link, link_token

KEY = bytes(range(32))
BOOKING = UUID("11111111-1111-4111-8111-111111111111")
BASE64URL = string.ascii_letters + string.digits + "-_"


@given(st.binary(min_size=32, max_size=32), st.uuids())
def test_link_leads_to_its_booking_and_is_always_the_same(key: bytes, booking_id: UUID) -> None:
    token = link_token(key, booking_id)
    assert re.fullmatch(f"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}", token)
    assert link_token(key, booking_id) == token
    assert booking_of_link(key, token) == booking_id


@given(st.integers(min_value=0, max_value=TOKEN_LENGTH - 1), st.sampled_from(BASE64URL))
def test_one_other_character_makes_a_link_of_no_booking(place: int, other: str) -> None:
    token = link_token(KEY, BOOKING)
    changed = token[:place] + other + token[place + 1 :]
    assert booking_of_link(KEY, changed) == (BOOKING if changed == token else None)


@given(st.text(max_size=TOKEN_LENGTH + 2) | st.text(BASE64URL, min_size=43, max_size=43))
def test_what_we_never_wrote_leads_nowhere(text: str) -> None:
    assert booking_of_link(KEY, text) is None


def test_link_cut_off_or_of_another_city_leads_nowhere() -> None:
    token = link_token(KEY, BOOKING)
    for text in ("", token[:-1], f"{token}=", f"{token} ", "é" * TOKEN_LENGTH, "~" * TOKEN_LENGTH):
        assert booking_of_link(KEY, text) is None
    assert booking_of_link(bytes(32), token) is None
