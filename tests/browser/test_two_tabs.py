"""Two tabs of one person: what is sent is what the tab shows, and nothing is booked twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Person
from tests.browser.resident import SUBMIT, Resident

Tabs = tuple[Resident, Resident]


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def tabs(
    request: pytest.FixtureRequest, open_page: OpenPage, person: Person, screenshots: Path
) -> Tabs:
    """Two tabs of one browser; the first has come to the calendar."""
    folder = screenshots / "tabs" / request.node.name
    for name in ("first", "second"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    first = Resident(open_page(javascript=request.param), person, "ja", folder / "first")
    first.comes_to_choosing()
    second = Resident(first.page.context.new_page(), person, "ja", folder / "second")
    return first, second


def doses(resident: Resident) -> tuple[str, str]:
    facts = resident.facts()
    return facts[resident.reads("dose.1")], facts[resident.reads("dose.2")]


def test_choice_of_the_other_tab_is_shown_before_it_is_sent(tabs: Tabs) -> None:
    first, second = tabs
    first.chooses(day=1)
    shown = doses(first)
    second.page.goto("/choose")
    second.chooses(day=4, time=3)
    chosen = doses(second)
    assert shown != chosen

    first.presses("check.submit.book")
    first.arrives("/check", first.reads("check.title.book"))
    notice = first.page.locator(".notice-warning")
    expect(notice).to_contain_text(first.reads("check.changed"))
    expect(notice).to_be_focused()
    assert doses(first) == chosen
    first.presses("check.submit.book")
    first.arrives("/booked", first.reads("booked.title.book"))
    assert doses(first) == chosen
    number = first.page.locator(".big-number").inner_text()

    second.presses("check.submit.book")
    second.arrives("/my-booking", second.reads("my_booking.title"))
    expect(second.page.locator(".big-number")).to_have_text(number)
    assert doses(second) == chosen


def test_details_of_the_other_tab_are_shown_before_they_are_sent(tabs: Tabs) -> None:
    first, second = tabs
    first.chooses(day=2)
    second.page.goto("/details")
    second.gives_details("印西 太郎")
    first.presses("check.submit.book")
    first.arrives("/check", first.reads("check.title.book"))
    assert first.facts()[first.reads("fact.name")] == "印西 太郎"
    first.presses("check.submit.book")
    first.arrives("/booked", first.reads("booked.title.book"))


def test_lists_of_two_tabs_never_mix_first_and_second_doses(tabs: Tabs) -> None:
    first, second = tabs
    first.page.locator("a.day").nth(3).click()
    first.page.wait_for_url("**/choose/*")
    second.page.goto("/first-dose")
    second.page.select_option("#product", index=1)
    for part, typed in (("year", "2021"), ("month", "6"), ("day", "10")):
        second.page.fill(f"#first_dose_{part}", typed)
    second.presses("first_dose.submit")
    second.arrives("/choose", second.reads("choose.title.second_only"))

    first.page.locator("button.choice").nth(0).click()
    first.arrives("/choose", first.reads("choose.title.second_only"))
    first.page.locator("a.day").nth(0).click()
    first.page.wait_for_url("**/choose/*")
    second.presses("choose.not_elsewhere")
    second.arrives("/choose", second.reads("choose.title.book"))
    first.page.locator("button.choice").nth(0).click()
    first.arrives("/choose", first.reads("choose.title.book"))


def test_tab_left_open_after_stopping_in_the_other_sends_nothing(tabs: Tabs) -> None:
    first, second = tabs
    first.chooses(day=2)
    second.page.goto("/check")
    second.presses("sign_out.stop")
    second.arrives("/signed-out", second.reads("signed_out.title"))
    assert second.page.context.cookies() == []

    first.page.locator(SUBMIT).click()
    first.arrives("/sign-in?again=yes&back=check", first.reads("sign_in.title"))
    first.signs_in()
    first.arrives("/details", first.reads("details.title"))
    expect(first.page.locator("#name")).to_have_value("")


def test_change_in_a_tab_left_open_after_cancelling_in_the_other_books_nothing(tabs: Tabs) -> None:
    first, second = tabs
    first.chooses(day=2)
    first.presses("check.submit.book")
    first.arrives("/booked", first.reads("booked.title.book"))
    first.page.goto("/change")
    first.presses("change.both")
    first.chooses(day=5)
    first.sees(first.reads("check.title.change_both"))
    second.page.goto("/cancel")
    second.presses("cancel.both")
    second.arrives("/cancelled", second.reads("cancelled.title"))

    first.presses("check.submit.change_both")
    first.arrives("/details", first.reads("details.title"))
    first.page.goto("/my-booking")
    expect(first.page.get_by_text(first.reads("my_booking.none"))).to_be_visible()
