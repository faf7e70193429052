from __future__ import annotations

from html.parser import HTMLParser

import pytest

from loadtests.criteria import Check, Limits, Verdict, judge
from loadtests.endings import Ending
from loadtests.report import Facts, last_booking_s, origin_s, report
from loadtests.report_words import CHECKS_JA, ENDINGS_JA, WORDS
from tests.unit.loadtests.test_criteria import good_book

FACTS = Facts("opening", 4.0, 0.0, 200.0, 10.5, [])


class Outward(HTMLParser):
    """Collects everything that a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_report_begins_with_the_verdict_and_loads_nothing(language: str) -> None:
    book = good_book()
    page = report(book, FACTS, judge(book, Limits(), []), language)
    assert page.index(WORDS[language]["passed"]) < page.index("<table")
    reader = Outward()
    reader.feed(page)
    assert reader.loaded == []
    assert page.count("<svg") >= 3


def test_void_run_says_so_and_why() -> None:
    page = report(good_book(), FACTS, Verdict([], "it was <late>"), "en")
    assert "Void" in page
    assert "it was &lt;late&gt;" in page


def test_missed_criterion_and_findings_are_marked() -> None:
    verdict = Verdict([Check("findings of the audit", "1", "0", is_met=False)], "")
    page = report(good_book(), Facts("spike", 1, 0, 9, None, ["a seat <twice>"]), verdict, "en")
    assert "✗" in page
    assert "a seat &lt;twice&gt;" in page
    assert WORDS["en"]["missed"] in page


def test_run_without_an_audit_says_so() -> None:
    book = good_book()
    facts = Facts("steady", 1, 0, 9, None, None)
    assert WORDS["ja"]["no_audit"] in report(book, facts, judge(book, Limits(), None), "ja")


def test_every_ending_and_criterion_has_its_words_in_japanese() -> None:
    assert set(ENDINGS_JA) == set(Ending)
    names = {check.name for check in judge(good_book(), Limits(page_p99_ms_max=1), []).checks}
    assert names <= set(CHECKS_JA)
    assert set(WORDS["ja"]) == set(WORDS["en"])


def test_times_count_from_the_opening_only_if_it_was_in_the_run() -> None:
    assert origin_s(FACTS) == 10
    assert origin_s(Facts("steady", 1, 100, 200, 10.0, [])) == 100
    assert origin_s(Facts("steady", 1, 100, 200, None, [])) == 100


def test_last_booking_is_found() -> None:
    assert last_booking_s(good_book(50)) == 49
