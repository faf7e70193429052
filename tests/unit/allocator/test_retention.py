from __future__ import annotations

from datetime import date

import pytest

from allocator.retention import RetentionFacts, reasons_to_wait, removal_day

LAST = date(2021, 11, 30)
OVER = RetentionFacts(LAST)


def test_data_goes_when_so_many_days_are_over() -> None:
    assert removal_day(OVER, 90) == date(2022, 3, 1)
    assert reasons_to_wait(OVER, date(2022, 2, 28), 90) != []
    assert reasons_to_wait(OVER, date(2022, 3, 1), 90) == []
    assert reasons_to_wait(OVER, date(2021, 12, 1), 0) == []
    assert reasons_to_wait(OVER, LAST, 0) != []


def test_roster_of_a_city_that_has_not_begun_waits_for_its_first_campaign() -> None:
    assert removal_day(RetentionFacts(None), 90) is None
    (reason,) = reasons_to_wait(RetentionFacts(None), LAST, 90)
    assert "no campaign was ever loaded" in reason
    assert "--without-campaign" in reason


def test_roster_for_the_next_campaign_is_not_removed_by_the_last_ones_day() -> None:
    """The data of the last one went; a new roster is imported, and the command runs again."""
    facts = RetentionFacts(LAST, roster_waits=True)
    (reason,) = reasons_to_wait(facts, date(2030, 1, 1), 90)
    assert "nobody on the roster has booked" in reason
    assert reasons_to_wait(facts, date(2030, 1, 1), 90, without_campaign=True) == []


def test_who_says_that_no_campaign_is_to_come_is_believed_in_that_alone() -> None:
    assert reasons_to_wait(RetentionFacts(None), LAST, 90, without_campaign=True) == []
    open_yet = RetentionFacts(LAST, ("spring",), undecided=1, untold=1)
    assert len(reasons_to_wait(open_yet, LAST, 90, without_campaign=True)) == 4


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (RetentionFacts(LAST, ("spring", "summer")), "may still book: spring, summer"),
        (RetentionFacts(LAST, undecided=2), "2 requests are not decided"),
        (RetentionFacts(LAST, untold=1_000), "1,000 messages are not sent"),
    ],
)
def test_data_that_is_still_needed_stays(facts: RetentionFacts, said: str) -> None:
    (reason,) = reasons_to_wait(facts, date(2030, 1, 1), 90)
    assert said in reason


def test_every_reason_is_named() -> None:
    facts = RetentionFacts(LAST, ("spring",), undecided=1, untold=1, roster_waits=True)
    assert len(reasons_to_wait(facts, LAST, 90)) == 5
