"""Whoever signs in comes to the release that is meant for them."""

from __future__ import annotations

from datetime import date, timedelta

from gateway.cohorts import releases_for
from tests.unit.gateway.factories import NOW, make_catalogue, make_release

BORN = date(1950, 1, 1)


def test_release_for_other_birth_dates_is_left_out() -> None:
    old = make_release("old", born_to=date(1949, 12, 31))
    young = make_release("young", born_from=date(1950, 1, 2))
    ends = make_release("ends", born_from=BORN, born_to=BORN)
    assert releases_for(make_catalogue(old, young, ends), BORN, NOW) == ["ends"]


def test_release_that_opens_first_comes_first() -> None:
    later = make_release("later", opens_at=NOW + timedelta(days=1))
    sooner = make_release("sooner")
    assert releases_for(make_catalogue(later, sooner), BORN, NOW) == ["sooner", "later"]


def test_release_that_is_over_comes_last_and_the_latest_of_them_first() -> None:
    long_over = make_release("long-over", closes_at=NOW - timedelta(days=9))
    over = make_release("over", closes_at=NOW)
    by_hand = make_release("by-hand", state_by_hand="closed")
    live = make_release("live", opens_at=NOW + timedelta(days=2))
    found = releases_for(make_catalogue(long_over, over, by_hand, live), BORN, NOW)
    assert found == ["live", "by-hand", "over", "long-over"]


def test_nobody_is_given_a_release_that_is_not_there() -> None:
    assert releases_for(make_catalogue(), date(2020, 1, 1), NOW) == []
