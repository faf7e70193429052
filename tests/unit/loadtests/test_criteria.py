from __future__ import annotations

import pytest

from loadtests.criteria import MISSED, PASSED, VOID, Limits, Verdict, judge
from loadtests.endings import Ending
from loadtests.tally import Book


def good_book(people: int = 100) -> Book:
    book = Book()
    for number in range(people):
        book.count_at("came", number, "ScriptResident")
        book.count_at("ended", number, Ending.BOOKED.value)
        book.note_duration("durations", number, "GET /booked", 20)
        book.set_at("generator cpu", number, "0", 0.3)
        book.note_duration("generator lag", number, "0", 2)
    return book


def missed(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if not check.is_met]


def test_run_in_order_passes() -> None:
    verdict = judge(good_book(), Limits(page_p99_ms_max=1_000), [])
    assert verdict.passed
    assert missed(verdict) == []
    assert verdict.exit_code == PASSED


def test_failed_requests_beyond_the_share_are_a_miss() -> None:
    book = good_book(1_000)
    book.count_at("failed", 1, "GET /booked")
    assert judge(book, Limits(error_share_max=0.001), []).passed
    book.count_at("failed", 1, "GET /booked")
    assert missed(judge(book, Limits(error_share_max=0.001), [])) == ["failed requests"]


@pytest.mark.parametrize("ending", [Ending.STILL_WAITING, Ending.WENT_WRONG])
def test_resident_without_a_clear_answer_is_a_miss(ending: Ending) -> None:
    book = good_book()
    book.count_at("came", 1, "ScriptResident")
    book.count_at("ended", 1, ending.value)
    assert "residents with a clear answer" in missed(judge(book, Limits(), []))


def test_resident_of_whom_nothing_more_was_heard_is_a_miss() -> None:
    book = good_book()
    book.count_at("came", 1, "ScriptResident")
    assert missed(judge(book, Limits(), [])) == ["residents with a clear answer"]


def test_finding_of_the_audit_is_a_miss_and_no_audit_is_no_criterion() -> None:
    verdict = judge(good_book(), Limits(), ["a seat twice"])
    assert missed(verdict) == ["findings of the audit"]
    assert verdict.exit_code == MISSED
    names = [check.name for check in judge(good_book(), Limits(), None).checks]
    assert "findings of the audit" not in names


def test_slow_pages_are_a_miss_only_when_a_limit_was_given() -> None:
    book = good_book(10)
    for _ in range(5):
        book.note_duration("durations", 1, "GET /booked", 2_000)
    assert judge(book, Limits(), []).passed
    assert missed(judge(book, Limits(page_p99_ms_max=1_000), [])) == ["page answers, p99"]


def test_roster_that_was_too_short_is_a_miss() -> None:
    book = good_book()
    book.count("faults", "the roster has too few people")
    assert missed(judge(book, Limits(), [])) == ["the roster has too few people"]


def test_nobody_came_is_a_miss() -> None:
    assert not judge(Book(), Limits(), []).passed


def test_run_is_void_when_the_generator_had_no_more_to_give() -> None:
    book = good_book()
    for second in range(40, 50):
        book.set_at("generator cpu", second, "0", 0.99)
    verdict = judge(book, Limits(), [])
    assert not verdict.passed
    assert "99% of a core" in verdict.void
    assert verdict.exit_code == VOID


def test_run_is_void_when_the_generator_woke_up_late() -> None:
    book = good_book()
    for second in range(10):
        book.note_duration("generator lag", second, "0", 400)
    assert "late" in judge(book, Limits(), []).void


def test_short_peak_of_the_generator_is_no_reason() -> None:
    book = good_book()
    book.set_at("generator cpu", 40, "0", 1.0)
    assert judge(book, Limits(), []).void == ""
