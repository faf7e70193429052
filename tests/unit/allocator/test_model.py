"""Values of the model are well formed, or are not built."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from allocator.model import (
    CHOICES_MAX,
    DAYS_SEARCHED_MAX,
    Book,
    Change,
    Choice,
    Flexible,
    Request,
)
from tests.unit.allocator.offers import CAMPAIGN, MONDAY, book, request, slot


@pytest.mark.parametrize("count", [0, CHOICES_MAX + 1])
def test_request_over_its_bounds_is_not_built(count: int) -> None:
    """One to CHOICES_MAX choices, in a booking and in a change."""
    wish = tuple(Choice(number) for number in range(count))
    with pytest.raises(ValueError, match="CHOICES_MAX"):
        Book("release", wish, b"", "ja")
    with pytest.raises(ValueError, match="CHOICES_MAX"):
        Change(CAMPAIGN, "both", wish)


@pytest.mark.parametrize("days", [-1, DAYS_SEARCHED_MAX])
def test_flexible_wish_over_its_bounds_is_not_built(days: int) -> None:
    """One to DAYS_SEARCHED_MAX days, in order."""
    with pytest.raises(ValueError, match="DAYS_SEARCHED_MAX"):
        Flexible(MONDAY, MONDAY + timedelta(days=days))


def test_widest_wishes_are_built() -> None:
    """The bounds themselves are allowed."""
    widest = Flexible(MONDAY, MONDAY + timedelta(days=DAYS_SEARCHED_MAX - 1))
    assert Book("release", widest, b"", "ja").wish == widest
    assert len(book(*range(CHOICES_MAX)).wish) == CHOICES_MAX  # type: ignore[arg-type]


def test_request_survives_the_stream() -> None:
    """What is encoded for the inbox decodes to the same request."""
    asked = request(1, book(1, 2))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(asked), type=Request) == asked


def test_request_over_its_bounds_is_not_decoded() -> None:
    """The allocator cannot be handed more work than the bounds allow."""
    raw = msgspec.msgpack.encode(request(1, book(1)))
    content = msgspec.msgpack.decode(raw)
    content["command"]["wish"] = []
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(content), type=Request)


def test_day_of_a_slot_is_the_sites() -> None:
    """09:00 at the site is still the day before in UTC, and that does not matter."""
    assert slot(1, MONDAY, 0, 30).day == MONDAY
