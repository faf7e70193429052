"""Values of the model are well formed, or are not built."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allocator.commands import Book
from allocator.model import CHOICES_MAX, DAYS_SEARCHED_MAX, Flexible
from tests.unit.allocator.offers import MONDAY, book, slot


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


def test_day_of_a_slot_is_the_sites() -> None:
    """09:00 at the site is still the day before in UTC, and that does not matter."""
    assert slot(1, MONDAY, 0, 30).day == MONDAY
